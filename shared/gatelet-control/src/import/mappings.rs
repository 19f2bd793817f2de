//! What is wrong with mappings: AWS takes them and fails when they are used, and so does the gateway, but their author hears it now.

use gatelet_languages::LanguageError;
use gatelet_languages::parameters::BodyPaths;
use gatelet_languages::parameters::rest::{
    RequestSource, ResponseSource, parse_request_source, parse_request_target, parse_response_source,
    parse_response_target,
};
use gatelet_languages::selection::SelectionPattern;
use gatelet_languages::vtl::Template;
use gatelet_model::IntegrationType;
use indexmap::IndexMap;

use super::reader::Reader;
use crate::document::{Mapping, Node, Span};

/// Warns of a template that cannot be compiled, with its place in the template.
pub(super) fn check_template(reader: &mut Reader<'_>, node: &Node, text: &str) {
    let Err(error) = Template::parse(text) else { return };
    let before = text.get(..text.floor_char_boundary(error.offset)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let message =
        format!("the mapping template cannot be compiled, at its line {line}, column {column}: {error}");
    reader.warn(node.span, message, "correct it: calls that need it answer 500");
}

/// Warns of a selection pattern that cannot be run.
pub(super) fn check_pattern(reader: &mut Reader<'_>, span: Span, pattern: &str) {
    if let Some(error) = SelectionPattern::compile(Some(pattern)).error() {
        let help = "correct it: where no other pattern matches, calls answer 500";
        reader.warn(span, error.to_string(), help);
    }
}

/// Whether integrations of a type map bodies and answers at all.
pub(super) const fn are_used(kind: IntegrationType) -> bool {
    matches!(kind, IntegrationType::Aws | IntegrationType::Http | IntegrationType::Mock)
}

/// Warns of mappings of a REST integration's request that mean nothing.
pub(super) fn check_request(
    reader: &mut Reader<'_>,
    mapping: &Mapping,
    parameters: &IndexMap<String, String>,
) {
    for (target, source) in parameters {
        let checked = parse_request_target(target).and_then(|_| match parse_request_source(source)? {
            RequestSource::Body(path) => BodyPaths::default().add(&path).map(drop),
            _ => Ok(()),
        });
        told(reader, span_of(mapping, "requestParameters", target), (target, source), checked);
    }
}

/// Warns of mappings of an integration response that mean nothing.
pub(super) fn check_response(
    reader: &mut Reader<'_>,
    mapping: &Mapping,
    parameters: &IndexMap<String, String>,
) {
    for (target, source) in parameters {
        let checked = parse_response_target(target).and_then(|_| match parse_response_source(source)? {
            ResponseSource::Body(path) => BodyPaths::default().add(&path).map(drop),
            _ => Ok(()),
        });
        told(reader, span_of(mapping, "responseParameters", target), (target, source), checked);
    }
}

fn span_of(mapping: &Mapping, key: &str, target: &str) -> Option<Span> {
    Some(mapping.get(key)?.as_mapping()?.get(target)?.span)
}

fn told(
    reader: &mut Reader<'_>,
    span: Option<Span>,
    (target, source): (&str, &str),
    checked: Result<(), LanguageError>,
) {
    if let (Some(span), Err(error)) = (span, checked) {
        let message = format!("the mapping `{target}` from `{source}` means nothing: {error}");
        reader.warn(span, message, "correct it: calls of this method answer 500");
    }
}
