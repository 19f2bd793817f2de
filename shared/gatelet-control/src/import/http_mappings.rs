//! What is wrong with the mappings of HTTP APIs: calls answer 500, and their author hears it now.

use gatelet_languages::LanguageError;
use gatelet_languages::parameters::BodyPaths;
use gatelet_languages::parameters::http::{
    Message, Part, Value, Variable, parse_request_target, parse_response_target,
};

use super::reader::Reader;
use crate::document::{Mapping, Node};

/// Warns of mappings of an integration, of requests and answers, that mean nothing.
pub(super) fn check(reader: &mut Reader<'_>, integration: &Mapping) {
    check_each(reader, integration.get("requestParameters"), |target, source| {
        parse_request_target(target)?;
        check_value(source, Message::Request)
    });
    let by_status = integration.get("responseParameters").and_then(Node::as_mapping);
    for entry in by_status.into_iter().flat_map(Mapping::iter) {
        check_each(reader, Some(&entry.value), |target, source| {
            parse_response_target(target)?;
            check_value(source, Message::Response)
        });
    }
}

fn check_each(
    reader: &mut Reader<'_>,
    mappings: Option<&Node>,
    check: impl Fn(&str, &str) -> Result<(), LanguageError>,
) {
    for entry in mappings.and_then(Node::as_mapping).into_iter().flat_map(Mapping::iter) {
        // What is no text is told by whoever reads it.
        let Some(source) = entry.value.as_str() else { continue };
        if let Err(error) = check(&entry.key, source) {
            let target = &entry.key;
            let message = format!("the mapping `{target}` from `{source}` means nothing: {error}");
            reader.warn(entry.value.span, message, "correct it: calls of this route answer 500");
        }
    }
}

/// Checks a value and the places of a body in it.
fn check_value(source: &str, message: Message) -> Result<(), LanguageError> {
    let value = Value::parse(source, message)?;
    let mut paths = BodyPaths::default();
    for part in value.parts() {
        if let Part::Variable(Variable::RequestBody(path) | Variable::ResponseBody(path)) = part {
            paths.add(path)?;
        }
    }
    Ok(())
}
