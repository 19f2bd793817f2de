//! Integrations with AWS services: what would answer 500 with every call is told beforehand.

use gatelet_languages::parameters::http::{Message, Value};
use gatelet_languages::uri::{ServiceUri, UriPart, UriTemplate};
use gatelet_model::v2::ServiceAction;
use gatelet_model::{Integration, IntegrationType, Problem};

use super::super::reader::Reader;
use crate::document::{Mapping, Node};

/// The role that stands for the caller's own credentials.
const CALLERS_OWN: &str = "arn:aws:iam::*:user/*";

/// What stands for a stage variable, whose value is not known yet.
const UNKNOWN: &str = "v";

/// Whose credentials an integration uses.
pub(super) fn check_credentials(
    reader: &mut Reader<'_>,
    mapping: &Mapping,
    credentials: Option<&str>,
    kind: IntegrationType,
) {
    let Some(entry) = mapping.entry("credentials").filter(|_| credentials.is_some()) else { return };
    if matches!(kind, IntegrationType::Http | IntegrationType::HttpProxy) {
        let message =
            "`credentials` of an HTTP integration have no meaning: requests to HTTP backends are not signed";
        reader.warn(entry.key_span, message, "remove it");
    } else if credentials == Some(CALLERS_OWN) && kind != IntegrationType::Mock {
        let message = format!("`{CALLERS_OWN}` cannot be used: a caller's secret never reaches the gateway");
        reader.warn(entry.value.span, message, "calls answer 500; name a role that the gateway may assume");
    }
}

/// The URI of an integration of type `AWS`.
pub(super) fn check_uri(reader: &mut Reader<'_>, node: &Node, uri: &str) {
    let Ok(template) = UriTemplate::parse(uri) else { return };
    let mut text = String::with_capacity(uri.len());
    for part in template.parts() {
        match part {
            UriPart::Text(part) => text.push_str(part),
            UriPart::StageVariable(_) => text.push_str(UNKNOWN),
            UriPart::Placeholder(name) => {
                text.push('{');
                text.push_str(name);
                text.push('}');
            }
        }
    }
    // AWS takes it (recorded) and fails when it is used.
    if let Err(error) = ServiceUri::parse(&text) {
        reader.warn(node.span, error.message, "calls answer 500");
    }
}

/// Whether a REST integration has what is told here already.
pub(in crate::import) fn is_told(integration: &Integration) -> bool {
    let is_wrong = |uri: &str| ServiceUri::parse(uri).is_err();
    integration.credentials.as_deref() == Some(CALLERS_OWN)
        || integration.kind == IntegrationType::Aws && integration.uri.as_deref().is_some_and(is_wrong)
}

/// A service action of an HTTP API, its parameters and its role.
pub(super) fn check_action<'d>(
    reader: &mut Reader<'d>,
    node: &'d Node,
    mapping: &'d Mapping,
    subtype: &str,
    has_role: bool,
) {
    let span = mapping.get("integrationSubtype").map_or(node.span, |subtype| subtype.span);
    let Some(action) = reader.keep(span, ServiceAction::parse(subtype)) else { return };
    let parameters = mapping.get("requestParameters").and_then(Node::as_mapping);
    let names = || parameters.into_iter().flat_map(Mapping::iter).map(|entry| &*entry.key);
    for problem in action.problems(names(), has_role) {
        reader.report(span, problem);
    }
    for entry in parameters.into_iter().flat_map(Mapping::iter) {
        if let Some(text) = entry.value.as_str()
            && let Err(error) = Value::parse(text, Message::Request)
        {
            reader.report(entry.value.span, Problem::error(error.message));
        }
    }
}
