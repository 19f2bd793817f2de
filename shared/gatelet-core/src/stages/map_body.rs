//! From the client's body to the one that an integration is given
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings.html>).

use gatelet_languages::vtl::Overrides;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::map_request::{ClientRequest, collected};
use crate::integrations::Call;
use crate::integrations::way::shown_payload;
use crate::payload::{Body, Query, headers, push_pair};
use crate::record::Record;
use crate::record::execution_log::shown_body;
use crate::refusal::Refusal;
use crate::snapshot::{Conversion, Message, RestMethod};

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
    let content_type = headers::last_value(of_client, "content-type");
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
    let message = Message { sources: &sources, names: client.names(), body };
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
/// [`Refusal::Configuration`] for a parameter that is overridden twice, and for a header that none may set.
pub fn override_request<'a>(
    method: &RestMethod,
    call: &mut Call<'a>,
    overrides: &'a Overrides,
) -> Result<(), Refusal> {
    let request = &overrides.request;
    for pairs in [&request.path, &request.query_string, &request.header] {
        check_once(pairs)?;
    }
    for (name, value) in &request.path {
        call.path_values.retain(|(other, _)| other != name);
        call.path_values.push((name, utf8_percent_encode(value, PATH_TEXT).to_string()));
    }
    for (name, value) in &request.query_string {
        let mut kept = String::with_capacity(call.query.len() + name.len() + value.len());
        for (other, value) in Query::new(&call.query).pairs().filter(|(other, _)| other != name) {
            push_pair(&mut kept, &other, &value);
        }
        push_pair(&mut kept, name, value);
        call.query = kept;
    }
    for (name, value) in &request.header {
        let (name, value) = method.mapping.overridden(name, value)?;
        call.headers.insert(name, value);
    }
    Ok(())
}

/// Checks that nothing is overridden twice.
pub(super) fn check_once(pairs: &[(String, String)]) -> Result<(), Refusal> {
    let twice = pairs
        .iter()
        .enumerate()
        .find(|(at, (name, _))| pairs.iter().take(*at).any(|(earlier, _)| earlier == name));
    match twice {
        None => Ok(()),
        Some((_, (name, _))) => Err(Refusal::Configuration(format!(
            "the template overrides `{name}` twice: AWS lets it be overridden once"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_overridden_once() {
        let pairs = |names: &[&str]| -> Vec<_> {
            names.iter().map(|name| ((*name).to_owned(), "x".to_owned())).collect()
        };
        assert_eq!(check_once(&pairs(&["a", "b", "A"])), Ok(()));
        assert!(matches!(check_once(&pairs(&["a", "b", "a"])), Err(Refusal::Configuration(_))));
    }

    #[test]
    fn a_path_that_a_template_writes_stays_a_path() {
        let written = |text: &str| utf8_percent_encode(text, PATH_TEXT).to_string();
        assert_eq!(written("a/b%20c;d=e@f"), "a/b%20c;d=e@f");
        assert_eq!(written("a b?c#d\u{e9}\\"), "a%20b%3Fc%23d%C3%A9%5C");
    }
}
