//! Whether a request has what its method asks for: parameters that must be there, and a body that fits the model of its content type
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html>).
//!
//! What is judged is what is passed on: a body in which a member stands twice is refused, because whoever reads it next could take the other one; and so is one whose
//! content type could be understood in two ways.

use gatelet_languages::json;

use super::map_request::collected;
use crate::payload::{CanonicalPath, JSON, Query, Request, content_type, essence, headers, is_ambiguous};
use crate::record::Record;
use crate::refusal::Refusal;
use crate::snapshot::routes::{self, Rules};
use crate::snapshot::{BodyModel, RequiredPlace, RestMethod};

/// What is wrong with a body of more than one type.
const AMBIGUOUS: &str = "Request body cannot be validated: its content type could be understood in two ways";

/// Judges a request. Its body is read only where a model takes it, and stays in its place.
///
/// # Errors
/// [`Refusal::MissingParameters`], [`Refusal::InvalidBody`], [`Refusal::RequestTooLarge`] where the body is larger than a payload may be, and
/// [`Refusal::Configuration`] where the model cannot be held against anything.
pub async fn rest(
    path: &CanonicalPath,
    method: &RestMethod,
    mut request: Request,
    record: &mut Record,
) -> Result<Request, Refusal> {
    let validation = &method.validation;
    let missing = missing_parameters(path, method, &request);
    if !missing.is_empty() {
        let missing = missing.join(", ");
        let text = format!("Missing required request parameters: [{missing}]");
        record.trace(|| text.clone());
        record.note_validation_error(&text);
        return Err(Refusal::MissingParameters(missing));
    }
    if !validation.looks_at_bodies() {
        return Ok(request);
    }
    // ASSUMPTION: what AWS makes of two types is not known; whoever reads the body behind could take the other one than is judged here.
    if is_ambiguous(request.headers()) {
        record.trace(|| AMBIGUOUS.to_owned());
        record.note_validation_error(AMBIGUOUS);
        return Err(Refusal::InvalidBody);
    }
    let content_type = essence(content_type(request.headers()).unwrap_or(JSON)).to_ascii_lowercase();
    let Some(model) = validation.model(&content_type) else { return Ok(request) };
    let body = collected(request.body_mut()).await?;
    if let Err(why) = judge(model, &body)? {
        let why = escaped(&why);
        record.trace(|| {
            format!("Request body does not match model schema for content type {content_type}: {why}")
        });
        record.note_validation_error(&why);
        return Err(Refusal::InvalidBody);
    }
    Ok(request)
}

/// The names of required parameters that are not there, or are blank.
fn missing_parameters<'m>(path: &CanonicalPath, method: &'m RestMethod, request: &Request) -> Vec<&'m str> {
    let query = Query::new(request.uri().query().unwrap_or_default());
    let is_there = |place: RequiredPlace, name: &str| match place {
        RequiredPlace::Header => {
            headers::last_value(request.headers(), name).is_some_and(|value| !value.trim().is_empty())
        }
        RequiredPlace::Path => routes::parameters(&method.path, path, Rules::Rest)
            .any(|(parameter, value)| parameter.as_str() == name && !value.trim().is_empty()),
        RequiredPlace::QueryString => query.last_value(name).is_some_and(|value| !value.trim().is_empty()),
    };
    let required = method.validation.required.iter();
    required.filter(|(place, name)| !is_there(*place, name)).map(|(_, name)| &**name).collect()
}

/// Holds a body against a model: an empty one as `{}` (recorded). Nothing where it fits, else what is wrong with it.
fn judge(model: &BodyModel, body: &[u8]) -> Result<Result<(), String>, Refusal> {
    let configuration = |error: &gatelet_languages::LanguageError| Refusal::Configuration(error.to_string());
    let schema = model.schema().map_err(configuration)?;
    let text = match std::str::from_utf8(body) {
        Ok("") => "{}",
        Ok(text) => text,
        Err(_) => return Ok(Err("[the body is not UTF-8]".to_owned())),
    };
    let violations = schema.validate_document(text).map_err(|error| configuration(&error))?;
    Ok(violations.map_err(|violations| violations.shown()))
}

/// As it may stand in a text of JSON, which is how the service tells it, in its log too
/// (<https://github.com/RafPe/serverless-reqvalidator-plugin/issues/1>).
fn escaped(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 2);
    json::write_text(text, &mut written);
    written.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or_default().to_owned()
}
