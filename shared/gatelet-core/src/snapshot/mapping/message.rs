//! What a mapping template sees of a message.

use std::borrow::Cow;

use gatelet_languages::vtl::{ContextValue, Parameters, Scope};

use super::Sources;
use crate::payload::{HeaderNames, Spelling, headers};
use crate::snapshot::routes;

/// A message as templates see it: the body is the request's or the answer's, the parameters are always the request's
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html>).
#[derive(Debug)]
pub struct Message<'a> {
    /// The request.
    pub sources: &'a Sources<'a>,
    /// How the client spelled its headers, where the edge has seen it.
    pub names: Option<&'a HeaderNames>,
    /// The body.
    pub body: &'a str,
}

impl Message<'_> {
    /// A header by its name as the client wrote it; where nobody knows how it did, any spelling will do.
    fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        let value = headers::last_value(self.sources.headers, name)?;
        if self.names.is_some() {
            let lower = name.to_ascii_lowercase();
            if Spelling::of(self.names, self.sources.record.version).spelled(&lower) != name {
                return None;
            }
        }
        Some(Cow::Borrowed(value))
    }
}

impl Scope for Message<'_> {
    fn body(&self) -> &str {
        self.body
    }

    fn parameter(&self, of: Parameters, name: &str) -> Option<Cow<'_, str>> {
        match of {
            Parameters::Path => self.sources.path_parameter(name).map(Cow::Borrowed),
            Parameters::QueryString => self.sources.query.last_value(name),
            Parameters::Header => self.header(name),
        }
    }

    fn each_parameter(&self, of: Parameters, see: &mut dyn FnMut(&str, &str)) {
        match of {
            Parameters::Path => {
                let Some(template) = self.sources.template else { return };
                for (name, value) in routes::parameters(template, self.sources.path, self.sources.rules) {
                    see(name.as_str(), value);
                }
            }
            Parameters::QueryString => {
                let pairs: Vec<_> = self.sources.query.pairs().collect();
                for (at, (name, _)) in pairs.iter().enumerate() {
                    if pairs.iter().take(at).all(|(earlier, _)| earlier != name) {
                        let last = pairs.iter().rev().find(|(other, _)| other == name);
                        see(name, last.map_or("", |(_, value)| value));
                    }
                }
            }
            Parameters::Header => {
                let mut spelling = Spelling::of(self.names, self.sources.record.version);
                for name in self.sources.headers.keys() {
                    if let Some(value) = headers::last_value(self.sources.headers, name.as_str()) {
                        see(&spelling.spelled(name.as_str()), value);
                    }
                }
            }
        }
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
        look(&Message { sources: &sources, names: names.as_ref(), body: "" })
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
