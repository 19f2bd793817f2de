//! From the client's body to the one that an integration is given
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings.html>).

use std::collections::BTreeSet;

use gatelet_languages::vtl::Overrides;
use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::map_request::{ClientRequest, collected};
use crate::integrations::Call;
use crate::integrations::way::shown_payload;
use crate::payload::{Body, Query, content_type, push_pair};
use crate::record::Record;
use crate::record::execution_log::shown_body;
use crate::refusal::Refusal;
use crate::snapshot::{Conversion, Message, RestMethod};

/// How many parameters of a kind a template overrides at most: AWS's loops have as many rounds, and no backend takes as many headers.
pub const OVERRIDES_MAX: usize = 1_000;

/// What is escaped in a path that a template writes: what no path holds bare. Escapes and slashes are the template's own.
const PATH_TEXT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Makes the body of an integration's request; returns what the template overrides beside it.
///
/// # Errors
/// [`Refusal::UnsupportedMediaType`] where no template takes the body's type and it may not pass, [`Refusal::Configuration`]
/// where a template fails or a body is not what `contentHandling` says.
pub async fn rest(
    method: &RestMethod,
    call: &mut Call<'_>,
    client: &ClientRequest<'_>,
    record: &Record,
) -> Result<Overrides, Refusal> {
    let passes = |body: &Body| {
        record.trace(|| format!("Method request body before transformations: {}", shown_payload(body)));
        Ok(Overrides::default())
    };
    let Some(mapping) = &method.body else { return passes(&call.body) };
    // A proxy's headers are on their way already.
    let of_client = if method.answers.is_some() { client.headers() } else { &call.headers };
    let content_type = content_type(of_client);
    let template = mapping.template(content_type)?;
    if let Some(template) = template
        && let Some(text) = template.as_static()?
    {
        let body = std::mem::replace(&mut call.body, Body::from(text.clone()));
        return passes(&body);
    }
    let conversion = mapping.conversion(content_type);
    if template.is_none() && conversion == Conversion::AsItIs {
        return passes(&call.body);
    }
    let payload = collected(&mut call.body).await?;
    record.trace(|| format!("Method request body before transformations: {}", shown_body(&payload)));
    let payload = conversion.apply(payload)?;
    let Some(template) = template else {
        call.body = payload.into();
        return Ok(Overrides::default());
    };
    let body = text(&payload)?;
    let sources = client.sources(record);
    let message = Message::new(&sources, client.names(), body);
    let (rendered, overrides) = template.render(&message, Overrides::default())?;
    call.body = rendered.into();
    Ok(overrides)
}

/// A payload that a template looks at: it must be text, or base64 that stands for it (recorded).
pub(super) fn text(payload: &[u8]) -> Result<&str, Refusal> {
    std::str::from_utf8(payload).map_err(|_| {
        let why = "the body is binary, which no mapping template can see: let `contentHandling` be `CONVERT_TO_TEXT`";
        Refusal::Configuration(why.to_owned())
    })
}

/// Puts what a template overrides into the request. An override goes before a mapping
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html>).
///
/// # Errors
/// [`Refusal::Configuration`] for more than [`OVERRIDES_MAX`] of a kind, and for a header that none may set or that is overridden twice.
pub fn override_request<'a>(
    method: &RestMethod,
    call: &mut Call<'a>,
    overrides: &'a Overrides,
) -> Result<(), Refusal> {
    let request = &overrides.request;
    let headers = own_headers(&request.header, |name, value| method.mapping.overridden(name, value))?;
    call.headers.extend(headers);
    if !request.path.is_empty() {
        let own = names(&request.path)?;
        call.path_values.retain(|(name, _)| !own.contains(name));
        let own = request.path.iter();
        let own = own.map(|(name, value)| (&**name, utf8_percent_encode(value, PATH_TEXT).to_string()));
        call.path_values.extend(own);
    }
    if !request.query_string.is_empty() {
        let own = names(&request.query_string)?;
        call.query = overridden_query(&call.query, &own, &request.query_string);
    }
    Ok(())
}

/// A query without the names that are overridden, and behind it what they are overridden with.
fn overridden_query(query: &str, own: &BTreeSet<&str>, pairs: &[(String, String)]) -> String {
    let mut kept = String::with_capacity(query.len());
    for (name, value) in Query::new(query).pairs().filter(|(name, _)| !own.contains(&**name)) {
        push_pair(&mut kept, &name, &value);
    }
    pairs.iter().for_each(|(name, value)| push_pair(&mut kept, name, value));
    kept
}

/// The names of what a template overrides.
fn names(pairs: &[(String, String)]) -> Result<BTreeSet<&str>, Refusal> {
    check_count(pairs)?;
    Ok(pairs.iter().map(|(name, _)| &**name).collect())
}

fn check_count(pairs: &[(String, String)]) -> Result<(), Refusal> {
    match pairs.len() > OVERRIDES_MAX {
        false => Ok(()),
        true => Err(Refusal::Configuration(format!(
            "the template overrides {} parameters of a kind: at most {OVERRIDES_MAX} can be",
            pairs.len()
        ))),
    }
}

/// The headers that a template overrides, each once whatever the case of its name.
///
/// # Errors
/// [`Refusal::Configuration`] for a header that is overridden twice, for too many of them, and whatever `read` says of one.
pub(super) fn own_headers(
    pairs: &[(String, String)],
    read: impl Fn(&str, &str) -> Result<(HeaderName, HeaderValue), Refusal>,
) -> Result<HeaderMap, Refusal> {
    check_count(pairs)?;
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let (header, value) = read(name, value)?;
        if headers.insert(header, value).is_some() {
            return Err(Refusal::Configuration(format!(
                "the template overrides the header `{name}` twice: AWS lets it be overridden once"
            )));
        }
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn pairs(names: &[&str]) -> Vec<(String, String)> {
        names.iter().map(|name| ((*name).to_owned(), "x".to_owned())).collect()
    }

    #[test]
    fn a_header_is_overridden_once_whatever_its_case() {
        let own = |names: &[&str]| {
            own_headers(&pairs(names), |name, value| Ok((name.parse().unwrap(), value.parse().unwrap())))
        };
        assert_eq!(own(&["a", "B"]).unwrap().len(), 2);
        assert!(
            matches!(own(&["x-a", "b", "X-A"]), Err(Refusal::Configuration(why)) if why.contains("`X-A` twice"))
        );
    }

    #[test]
    fn overrides_are_few() {
        let many: Vec<String> = (0..=OVERRIDES_MAX).map(|at| format!("x{at}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(names(&pairs(&many[1..])).is_ok());
        assert!(matches!(names(&pairs(&many)), Err(Refusal::Configuration(_))));
    }

    #[test]
    fn what_is_overridden_stands_once_and_at_the_end() {
        let own = pairs(&["b", "a&"]);
        let query = overridden_query("a=1&b=2&c=x+y&b=3&a%26=4", &names(&own).unwrap(), &own);
        assert_eq!(query, "a=1&c=x%20y&b=x&a%26=x");
    }

    #[test]
    fn a_path_that_a_template_writes_stays_a_path() {
        let written = |text: &str| utf8_percent_encode(text, PATH_TEXT).to_string();
        assert_eq!(written("a/b%20c;d=e@f"), "a/b%20c;d=e@f");
        assert_eq!(written("a b?c#d\u{e9}\\"), "a%20b%3Fc%23d%C3%A9%5C");
    }
}
