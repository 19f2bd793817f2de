//! What a mapping template sees of a message.

use std::borrow::Cow;
use std::cell::OnceCell;

use gatelet_languages::vtl::{ContextValue, Parameters, Scope};
use indexmap::IndexMap;

use super::Sources;
use crate::payload::{HeaderNames, Spelling, headers};
use crate::snapshot::routes;

/// A message as templates see it: the body is the request's or the answer's, the parameters are always the request's
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html>).
#[derive(Debug)]
pub struct Message<'a> {
    sources: &'a Sources<'a>,
    names: Option<&'a HeaderNames>,
    body: &'a str,
    /// The parameters of each place, gathered when the first is asked for: a template may ask for many.
    gathered: [OnceCell<Named<'a>>; Parameters::ALL.len()],
}

/// Names in their order, and the last value of each.
type Named<'a> = IndexMap<Cow<'a, str>, Cow<'a, str>>;

impl<'a> Message<'a> {
    /// A message with this body; `names` are the spellings of the request's headers, where the edge has seen them.
    #[must_use]
    pub fn new(sources: &'a Sources<'a>, names: Option<&'a HeaderNames>, body: &'a str) -> Self {
        Self { sources, names, body, gathered: Default::default() }
    }

    fn named(&self, of: Parameters) -> Option<&Named<'a>> {
        Some(self.gathered.get(of as usize)?.get_or_init(|| match of {
            Parameters::Path => {
                let template = self.sources.template.into_iter();
                template
                    .flat_map(|template| routes::parameters(template, self.sources.path, self.sources.rules))
                    .map(|(name, value)| (Cow::Borrowed(name.as_str()), Cow::Borrowed(value)))
                    .collect()
            }
            Parameters::QueryString => self.sources.query.pairs().collect(),
            Parameters::Header => {
                let mut spelling = Spelling::of(self.names, self.sources.record.version);
                let names = self.sources.headers.keys().map(|name| name.as_str());
                names
                    .filter_map(|name| Some((name, headers::last_value(self.sources.headers, name)?)))
                    .map(|(name, value)| (spelling.spelled(name), Cow::Borrowed(value)))
                    .collect()
            }
        }))
    }
}

impl Scope for Message<'_> {
    fn body(&self) -> &str {
        self.body
    }

    fn parameter(&self, of: Parameters, name: &str) -> Option<Cow<'_, str>> {
        // Where nobody knows how a client wrote its headers, any spelling will do.
        if of == Parameters::Header && self.names.is_none() {
            return headers::last_value(self.sources.headers, name).map(Cow::Borrowed);
        }
        self.named(of)?.get(name).map(|value| Cow::Borrowed(&**value))
    }

    fn each_parameter(&self, of: Parameters, see: &mut dyn FnMut(&str, &str)) {
        self.named(of).into_iter().flatten().for_each(|(name, value)| see(name, value));
    }

    fn context(&self, name: &str) -> Option<ContextValue<'_>> {
        let value = self.sources.record.context(name)?;
        Some(match name {
            "requestTimeEpoch" => value.parse().map_or(ContextValue::Text(value), ContextValue::Integer),
            "isCanaryRequest" => ContextValue::Boolean(value == "true"),
            _ => ContextValue::Text(value),
        })
    }

    fn each_context(&self, see: &mut dyn FnMut(&str, ContextValue<'_>)) {
        self.sources.record.each_context_name(&mut |name| {
            if let Some(value) = self.context(name) {
                see(name, value);
            }
        });
    }

    fn stage_variable(&self, name: &str) -> Option<&str> {
        self.sources.variable(name)
    }

    fn each_stage_variable(&self, see: &mut dyn FnMut(&str, &str)) {
        for (name, value) in self.sources.variables.iter() {
            see(name.as_str(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use gatelet_model::{PathTemplate, StageVariables};
    use http::header::{HeaderMap, HeaderValue};

    use super::*;
    use crate::payload::{CanonicalPath, Query};
    use crate::record::Record;
    use crate::snapshot::routes::Rules;
    use crate::{Arrival, Timestamp};

    /// Looks at a message of a request with these headers, whose names were spelled so.
    fn look<T>(
        names: Option<&[&str]>,
        headers: &[(&'static str, &'static str)],
        look: impl Fn(&Message<'_>) -> T,
    ) -> T {
        let path = CanonicalPath::parse("/pets/a%2Fb").unwrap();
        let template = PathTemplate::parse("/pets/{id}").unwrap();
        let variables = StageVariables::new([("v".to_owned(), "1".to_owned())]).unwrap();
        let arrival = Arrival::in_tests(Timestamp::from_milliseconds(7));
        let record = Record::open(&arrival, http::Method::GET, http::Version::HTTP_11);
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        let sources = Sources {
            path: &path,
            template: Some(&template),
            rules: Rules::Rest,
            query: Query::new("q=1&r=%20&q=2"),
            headers: &map,
            variables: &variables,
            record: &record,
        };
        let names = names.map(|names| names.iter().copied().collect::<HeaderNames>());
        look(&Message::new(&sources, names.as_ref(), ""))
    }

    fn each(message: &Message<'_>, of: Parameters) -> Vec<String> {
        let mut all = Vec::new();
        message.each_parameter(of, &mut |name, value| all.push(format!("{name}={value}")));
        all
    }

    #[test]
    fn headers_are_told_apart_as_they_were_sent() {
        let headers = [("x-own", "1"), ("x-own", "2"), ("user-agent", "curl")];
        let found = |names: Option<&[&str]>, name: &str| {
            look(names, &headers, |message| message.parameter(Parameters::Header, name).map(Cow::into_owned))
        };
        let sent: Option<&[&str]> = Some(&["x-OWN", "x-own", "user-agent"]);
        assert_eq!(found(sent, "x-OWN").as_deref(), Some("2"));
        assert_eq!(found(sent, "X-Own"), None);
        // AWS writes it in its own way.
        assert_eq!(found(sent, "User-Agent").as_deref(), Some("curl"));
        assert_eq!(found(None, "X-oWn").as_deref(), Some("2"));
        assert_eq!(found(None, "X-None"), None);
        let all = look(sent, &headers, |message| each(message, Parameters::Header));
        assert_eq!(all, ["x-OWN=2", "User-Agent=curl"]);
    }

    #[test]
    fn of_several_values_the_last_counts() {
        let all = look(None, &[], |message| each(message, Parameters::QueryString));
        assert_eq!(all, ["q=2", "r= "]);
        let found = |name: &str| {
            let look_up =
                |message: &Message<'_>| message.parameter(Parameters::QueryString, name).map(Cow::into_owned);
            look(None, &[], look_up)
        };
        assert_eq!((found("q").as_deref(), found("r").as_deref(), found("Q")), (Some("2"), Some(" "), None));
        let path = look(None, &[], |message| each(message, Parameters::Path));
        assert_eq!(path, ["id=a%2Fb"]);
    }

    #[test]
    fn what_is_listed_of_the_context_has_a_value() {
        let listed = look(None, &[], |message| {
            let mut all = Vec::new();
            message.each_context(&mut |name, value| all.push((name.to_owned(), format!("{value:?}"))));
            all
        });
        let of = |name: &str| listed.iter().find(|(other, _)| other == name).map(|(_, value)| &**value);
        assert_eq!(of("requestTimeEpoch"), Some("Integer(7)"));
        assert_eq!(of("identity.sourceIp"), Some("Text(\"127.0.0.1\")"));
        assert_eq!(of("authorizer.principalId"), None);
    }
}
