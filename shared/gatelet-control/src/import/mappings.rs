//! What is wrong with mappings: AWS takes them and fails when they are used, and so does the gateway, but their author hears it now.

use std::sync::Arc;

use gatelet_core::snapshot::{AnswerMapping, Integration as Compiled, MediaTypes, RestContext, RestMapping};
use gatelet_languages::LanguageError;
use gatelet_languages::parameters::BodyPaths;
use gatelet_languages::parameters::rest::{
    RequestSource, ResponseSource, parse_request_source, parse_request_target, parse_response_source,
    parse_response_target,
};
use gatelet_languages::selection::SelectionPattern;
use gatelet_languages::uri::{UriPart, UriTemplate};
use gatelet_languages::vtl::Template;
use gatelet_model::rest::RestApi;
use gatelet_model::{Connection, Integration, IntegrationType, StageVariables};
use indexmap::IndexMap;

use super::openapi::services;
use super::reader::Reader;
use crate::document::{Mapping, Node, Span};

/// What a reference to a stage variable begins with.
const STAGE_VARIABLE: &str = "stageVariables.";

/// Warns of a template that cannot be compiled, and of paths and patterns in it that will fail, with their places in the template.
pub(super) fn check_template(reader: &mut Reader<'_>, node: &Node, text: &str) {
    match Template::parse(text) {
        Err(error) => {
            let place = place_in(text, &error);
            let message = format!("the mapping template cannot be compiled, at its {place}: {error}");
            reader.warn(node.span, message, "correct it: calls that need it answer 500");
        }
        Ok(template) => {
            for problem in template.problems() {
                let place = place_in(text, problem);
                let message = format!("the mapping template will fail at its {place}: {problem}");
                reader.warn(node.span, message, "correct it: calls that come to this place answer 500");
            }
        }
    }
}

fn place_in(text: &str, error: &LanguageError) -> String {
    let before = text.get(..text.floor_char_boundary(error.offset)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("line {line}, column {column}")
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
        let checked = request_mapping(target, source);
        told(reader, span_of(mapping, "requestParameters", target), (target, source), checked);
    }
}

fn request_mapping(target: &str, source: &str) -> Result<(), LanguageError> {
    parse_request_target(target).and_then(|_| match parse_request_source(source)? {
        RequestSource::Body(path) => BodyPaths::default().add(&path).map(drop),
        _ => Ok(()),
    })
}

/// Warns of mappings of an integration response that mean nothing.
pub(super) fn check_response(
    reader: &mut Reader<'_>,
    mapping: &Mapping,
    parameters: &IndexMap<String, String>,
) {
    for (target, source) in parameters {
        let checked = response_mapping(target, source);
        told(reader, span_of(mapping, "responseParameters", target), (target, source), checked);
    }
}

fn response_mapping(target: &str, source: &str) -> Result<(), LanguageError> {
    parse_response_target(target).and_then(|_| match parse_response_source(source)? {
        ResponseSource::Body(path) => BodyPaths::default().add(&path).map(drop),
        _ => Ok(()),
    })
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

/// Warns of every integration of an API that fails whatever the request is, as far as this is known before a stage is; `place_of` tells where the
/// integration of `GET /pets` stands.
pub(super) fn check_integrations(
    reader: &mut Reader<'_>,
    api: &RestApi,
    place_of: impl Fn(&str) -> Option<Span>,
) {
    let binary = Arc::new(MediaTypes::new(&api.binary_media_types));
    for resource in &api.resources {
        for (key, method) in &resource.methods {
            let about = format!("{key} {}", resource.path);
            let (Some(integration), Some(span)) = (&method.integration, place_of(&about)) else { continue };
            let context = RestContext {
                api_id: &api.id,
                resource,
                method,
                binary: &binary,
                variables: &StageVariables::default(),
                certificate: None,
            };
            reader.about(about);
            for defect in defects(integration, &context) {
                reader.warn(span, defect, "correct it: calls of this method answer 500");
            }
        }
    }
    reader.about("");
}

/// Why an integration cannot work, without what its other checks have told at a better place.
fn defects(integration: &Integration, context: &RestContext<'_>) -> Vec<String> {
    let mut defects = Vec::new();
    let requests = integration.request_parameters.iter();
    if { requests }.all(|(target, source)| request_mapping(target, source).is_ok()) {
        defects.extend(RestMapping::compile(integration).err());
    }
    let answers = integration.responses.iter().flat_map(|response| &response.response_parameters);
    if { answers }.all(|(target, source)| response_mapping(target, source).is_ok()) {
        defects.extend(AnswerMapping::compile(integration, context.binary).err());
    }
    let texts = [integration.uri.as_deref(), integration.credentials.as_deref(), link_of(integration)];
    // The values of stage variables are not known yet.
    let is_known = !texts.into_iter().flatten().any(|text| text.contains(STAGE_VARIABLE));
    let is_told = services::is_told(integration);
    if is_known && !is_told {
        let compiled = Compiled::compile_rest(integration, context);
        defects.extend(compiled.defect().map(str::to_owned));
    }
    let unfilled = unfilled(integration).filter(|_| !is_told);
    defects.extend(unfilled.map(|name| {
        format!("nothing fills `{{{name}}}` of the integration's URI: map `integration.request.path.{name}`")
    }));
    defects
}

fn link_of(integration: &Integration) -> Option<&str> {
    match &integration.connection {
        Connection::Internet => None,
        Connection::VpcLink { id, .. } => Some(id),
    }
}

/// The placeholder of a URI that no mapping fills. A template may fill any.
fn unfilled(integration: &Integration) -> Option<String> {
    let has_request =
        matches!(integration.kind, IntegrationType::Http | IntegrationType::HttpProxy | IntegrationType::Aws);
    let overrides =
        integration.request_templates.values().any(|template| template.contains("requestOverride"));
    let uri = integration.uri.as_deref().filter(|_| has_request && !overrides)?;
    let template = UriTemplate::parse(uri).ok()?;
    let mapped = |name: &str| {
        let mut targets = integration.request_parameters.keys();
        targets.any(|target| target.strip_prefix("integration.request.path.") == Some(name))
    };
    template.parts().iter().find_map(|part| match part {
        UriPart::Placeholder(name) if !mapped(name) => Some(name.to_string()),
        _ => None,
    })
}
