//! APIs that a template defines piece by piece: `AWS::ApiGateway::*` and `AWS::ApiGatewayV2::*`. The pieces of one API are
//! put together to a definition, which the importer of definitions reads; those of WebSockets are read directly.

mod http;
mod methods;
mod parts;
mod rest;
mod websocket;

use gatelet_model::Stage;

use super::assembly::Assembly;
use super::resources::Resolved;
use super::tree::{self, Definition};
use crate::document::{Mapping, Node};
use crate::import::ApiKind;

/// What a definition that is put together says of itself.
const OPENAPI_VERSION: &str = "3.0.1";

/// Adds the pieces that stand in the template on their own to an API, SAM's or not.
pub(super) fn add_pieces<'d>(
    assembly: &mut Assembly<'d>,
    definition: &mut Definition,
    api: &'d Resolved,
    kind: ApiKind,
) {
    match kind {
        ApiKind::Rest => rest::add_pieces(assembly, definition, api),
        ApiKind::Http => http::add_pieces(assembly, definition, api),
    }
    assembly.reader.about(api.logical_id.as_str());
}

/// Adds the stages that stand in the template on their own.
pub(super) fn add_stages<'d>(
    assembly: &mut Assembly<'d>,
    api: &'d Resolved,
    kind: ApiKind,
    stages: &mut Vec<Stage>,
) {
    match kind {
        ApiKind::Rest => rest::add_stages(assembly, api, stages),
        ApiKind::Http => assembly.v2_stages(api, stages),
    }
}

/// Reads all APIs of both versions.
pub(super) fn read(assembly: &mut Assembly<'_>) {
    rest::read(assembly);
    http::read(assembly);
    websocket::read(assembly);
}

/// What an API's pieces are added to.
enum Body {
    Definition(Box<Definition>),
    /// Not a definition, which the importer tells.
    Fixed(Node),
}

/// `Body`, or nothing yet; none where the definition cannot be had, which is told.
fn body<'d>(assembly: &mut Assembly<'d>, resource: &'d Resolved, properties: &'d Mapping) -> Option<Body> {
    if let Some(entry) = properties.entry("BodyS3Location") {
        let help = "put the definition into the template under `Body`";
        assembly.reader.warn(entry.key_span, "a definition in S3 is not fetched and not served", help);
        return None;
    }
    let name = properties.get("Name").and_then(|node| Some((node, node.scalar_text()?)));
    let title = match name {
        Some((node, name)) => tree::text(node.span, name),
        None => tree::text(resource.key_span, resource.logical_id.as_str()),
    };
    if let Some(entry) = properties.entry("Body") {
        if entry.value.is_null() {
            let help = "write it, or mend what it is taken from";
            assembly.reader.warn(entry.key_span, "the API has no definition and is not served", help);
            return None;
        }
        let Some(mut definition) = Definition::of(&entry.value) else {
            return Some(Body::Fixed(entry.value.clone()));
        };
        definition.entitle(title);
        return Some(Body::Definition(Box::new(definition)));
    }
    if name.is_none() {
        let help = "add it, such as `Name: pets`";
        assembly.reader.error(resource.key_span, "the API has no `Name`", help);
    }
    Some(Body::Definition(Box::new(Definition::new(resource.key_span, OPENAPI_VERSION, title))))
}

/// Moves the description to where definitions have it.
fn describe(definition: &mut Definition, properties: &Mapping) {
    if let (Some(text), Some(info)) = (properties.get("Description"), definition.top.get("info")) {
        let mut info = tree::Object::of(info);
        info.set("description", text.clone());
        definition.top.set("info", info.node());
    }
}
