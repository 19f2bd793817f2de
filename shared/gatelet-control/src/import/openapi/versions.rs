//! Which OpenAPI a document is written in, and which kind of API it describes.

use super::super::extensions;
use super::super::reader::Reader;
use super::ApiKind;
use super::paths::OPERATIONS;
use crate::document::{Mapping, Node, Span};

/// A version of OpenAPI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// Swagger 2.0.
    V2,
    /// OpenAPI 3.0.
    V30,
    /// OpenAPI 3.1.
    V31,
}

const VERSIONS: &str = "write `swagger: \"2.0\"`, `openapi: 3.0.1` or `openapi: 3.1.0`";

/// The version, or a problem: another version, or no OpenAPI at all.
pub(super) fn version<'d>(reader: &mut Reader<'d>, document: &'d Mapping) -> Option<Version> {
    let (swagger, openapi) = (document.entry("swagger"), document.entry("openapi"));
    let span = document.iter().next().map_or(reader.root.span, |first| first.key_span);
    let Some(entry) = openapi.or(swagger) else {
        let is_template =
            ["Resources", "AWSTemplateFormatVersion"].iter().any(|key| document.get(key).is_some());
        if is_template {
            reader.error(
                span,
                "this is a CloudFormation or SAM template, not an OpenAPI definition",
                "give the OpenAPI file that the template names, in `DefinitionUri` or `Body`",
            );
        } else {
            reader.error(
                span,
                "this is not an OpenAPI definition: it has neither `openapi` nor `swagger`",
                VERSIONS,
            );
        }
        return None;
    };
    if let (Some(swagger), Some(_)) = (swagger, openapi) {
        reader.error(
            swagger.key_span,
            "the definition has both `openapi` and `swagger`",
            "remove one of them",
        );
    }
    let Some(text) = entry.value.scalar_text() else {
        reader.wrong_type(&entry.value, &entry.key, "a version", VERSIONS);
        return None;
    };
    let is_3 = |minor: &str| text == minor || text.starts_with(&format!("{minor}."));
    match entry.key.as_ref() {
        "swagger" if matches!(text, "2.0" | "2") => Some(Version::V2),
        "openapi" if is_3("3.0") => Some(Version::V30),
        "openapi" if is_3("3.1") => Some(Version::V31),
        key => {
            reader.error(
                entry.value.span,
                format!("`{key}: {text}` is not a version that can be imported"),
                VERSIONS,
            );
            None
        }
    }
}

/// The kind of API, and why.
#[derive(Debug)]
pub(super) struct Decision {
    pub(super) kind: ApiKind,
    pub(super) text: String,
}

/// Something in a document that only one kind of API has.
struct Mark {
    what: String,
    span: Span,
}

/// An HTTP API has one of its marks; anything else is a REST API. A document with marks of an HTTP API that also has
/// an integration or authorizer which only REST APIs know could not be imported as an HTTP API, so it is a REST API.
pub(super) fn decide(reader: &mut Reader<'_>, document: &Mapping, version: Version) -> Decision {
    let say = |kind, text: String| Decision { kind, text };
    match reader.options.kind {
        Some(ApiKind::Rest) => return say(ApiKind::Rest, "REST API, because `--rest` says so".into()),
        Some(ApiKind::Http) => {
            if version == Version::V2 {
                let span = document.entry("swagger").map_or(reader.root.span, |entry| entry.value.span);
                reader.error(
                    span,
                    "a Swagger 2.0 definition cannot be an HTTP API",
                    "convert it to OpenAPI 3, or import it without `--http`",
                );
            }
            return say(ApiKind::Http, "HTTP API, because `--http` says so".into());
        }
        None => {}
    }
    let Some(mark) = http_mark(document) else {
        return say(ApiKind::Rest, "REST API, because it has no mark of an HTTP API".into());
    };
    let line = |mark: &Mark| reader.source.place(mark.span).line;
    let (marked, marked_line) = (&mark.what, line(&mark));
    if version == Version::V2 {
        let text = format!(
            "REST API, because Swagger 2.0 describes no other, in spite of {marked} (line {marked_line})"
        );
        return say(ApiKind::Rest, text);
    }
    if let Some(other) = rest_mark(document) {
        let (what, line) = (&other.what, line(&other));
        let text = format!(
            "REST API, because only a REST API has {what} (line {line}), in spite of {marked} (line {marked_line})"
        );
        return say(ApiKind::Rest, text);
    }
    say(ApiKind::Http, format!("HTTP API, because it has {marked} (line {marked_line})"))
}

fn http_mark(document: &Mapping) -> Option<Mark> {
    let top = [extensions::CORS, extensions::IMPORTEXPORT_VERSION]
        .iter()
        .find_map(|name| Some(Mark { what: format!("`{name}`"), span: document.entry(name)?.key_span }));
    let default_path = || {
        let paths = document.get("paths")?.as_mapping()?;
        let entry = paths.entry("$default").or_else(|| paths.entry("/$default"))?;
        Some(Mark { what: "the path `$default`".into(), span: entry.key_span })
    };
    let jwt = || {
        authorizer_types(document)
            .find(|(name, _)| *name == "jwt")
            .map(|(_, node)| Mark { what: "a `jwt` authorizer".into(), span: node.span })
    };
    let payload = || {
        integrations(document).find_map(|integration| {
            let entry = integration.entry("payloadFormatVersion")?;
            Some(Mark { what: "`payloadFormatVersion`".into(), span: entry.key_span })
        })
    };
    top.or_else(default_path).or_else(jwt).or_else(payload)
}

fn rest_mark(document: &Mapping) -> Option<Mark> {
    let integration = integrations(document).find_map(|integration| {
        let node = integration.get("type")?;
        let word = node.as_str()?.to_ascii_lowercase();
        matches!(word.as_str(), "aws" | "http")
            .then(|| Mark { what: format!("an integration of type `{word}`"), span: node.span })
    });
    integration.or_else(|| {
        authorizer_types(document)
            .find(|(name, _)| matches!(*name, "token" | "cognito_user_pools"))
            .map(|(name, node)| Mark { what: format!("a `{name}` authorizer"), span: node.span })
    })
}

fn authorizer_types(document: &Mapping) -> impl Iterator<Item = (&str, &Node)> {
    let schemes = [
        document.get("components").and_then(|components| components.get("securitySchemes")),
        document.get("securityDefinitions"),
    ];
    schemes
        .into_iter()
        .flatten()
        .filter_map(Node::as_mapping)
        .flat_map(Mapping::iter)
        .filter_map(|scheme| scheme.value.get(extensions::AUTHORIZER)?.get("type"))
        .filter_map(|node| Some((node.as_str()?, node)))
}

/// Every integration that stands at an operation or under `components`.
fn integrations(document: &Mapping) -> impl Iterator<Item = &Mapping> {
    let items = document.get("paths").and_then(Node::as_mapping).into_iter().flat_map(Mapping::iter);
    let inline = items
        .filter_map(|item| item.value.as_mapping())
        .flat_map(Mapping::iter)
        .filter(|entry| OPERATIONS.contains(&entry.key.as_ref()))
        .filter_map(|operation| operation.value.get(extensions::INTEGRATION)?.as_mapping());
    let shared = document
        .get("components")
        .and_then(|components| components.get(extensions::INTEGRATIONS)?.as_mapping())
        .into_iter()
        .flat_map(Mapping::iter)
        .filter_map(|entry| entry.value.as_mapping());
    inline.chain(shared)
}
