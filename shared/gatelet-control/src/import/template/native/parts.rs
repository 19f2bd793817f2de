//! What the methods of a REST API may name: authorizers, models, validators; and its gateway responses.

use super::super::assembly::Assembly;
use super::super::resources::Resolved;
use super::super::tree::{self, Definition, Object};
use crate::document::{self, Node, Source};

const AUTHORIZER: &str = "x-amazon-apigateway-authorizer";

/// The models that every REST API has.
const BUILT_IN: [&str; 2] = ["Empty", "Error"];

pub(super) fn add<'d>(assembly: &mut Assembly<'d>, definition: &mut Definition, pieces: &[&'d Resolved]) {
    for piece in pieces {
        assembly.reader.about(piece.logical_id.as_str());
        match piece.kind.as_str() {
            "AWS::ApiGateway::Authorizer" => authorizer(definition, piece),
            "AWS::ApiGateway::Model" => model(assembly, definition, piece),
            "AWS::ApiGateway::RequestValidator" => validator(definition, piece),
            "AWS::ApiGateway::GatewayResponse" => gateway_response(assembly, definition, piece),
            _ => {}
        }
    }
}

/// The name of an authorizer or validator.
pub(super) fn name(piece: &Resolved) -> &str {
    piece.get("Name").and_then(Node::scalar_text).unwrap_or(&piece.logical_id)
}

fn authorizer(definition: &mut Definition, piece: &Resolved) {
    let span = piece.key_span;
    let kind = piece.get("Type").and_then(Node::scalar_text).unwrap_or_default();
    let source = piece.get("IdentitySource").and_then(Node::scalar_text);
    let header = source.and_then(|source| source.strip_prefix("method.request.header."));
    let mut inner = Object::new(piece.properties.span);
    inner.rename(
        &piece.properties,
        &[
            ("AuthorizerUri", "authorizerUri"),
            ("AuthorizerCredentials", "authorizerCredentials"),
            ("AuthorizerResultTtlInSeconds", "authorizerResultTtlInSeconds"),
            ("IdentitySource", "identitySource"),
            ("IdentityValidationExpression", "identityValidationExpression"),
            ("ProviderARNs", "providerARNs"),
            ("Type", "type"),
        ],
    );
    // ASSUMPTION: the property is called as that of HTTP APIs is.
    if let Some(configuration) = piece.get("JwtConfiguration") {
        inner.set("jwtConfiguration", tree::jwt_configuration(configuration));
    }
    let mut scheme = Object::new(span);
    scheme.set_text("type", span, "apiKey");
    let is_request = kind.eq_ignore_ascii_case("REQUEST");
    let header = if is_request { "Unused" } else { header.unwrap_or("Authorization") };
    scheme.set_text("name", span, header);
    scheme.set_text("in", span, "header");
    if let Some(node) = piece.get("AuthType") {
        scheme.set("x-amazon-apigateway-authtype", node.clone());
    }
    scheme.set(AUTHORIZER, inner.node());
    definition.schemes.set_at(span, name(piece), scheme.node());
}

fn model(assembly: &mut Assembly<'_>, definition: &mut Definition, piece: &Resolved) {
    let Some(schema) = piece.get("Schema") else { return };
    let schema = match schema.as_str() {
        // The schema may stand as JSON in a text.
        Some(text) => match document::parse(&Source::new(assembly.reader.source.file().as_ref(), text)) {
            Ok(parsed) => tree::respanned(&parsed, schema.span),
            Err(_) => {
                let help = "write the schema as a mapping";
                assembly.reader.error(schema.span, "the schema is not JSON", help);
                return;
            }
        },
        None => schema.clone(),
    };
    definition.schemas.set_at(piece.key_span, piece.physical_id.as_str(), schema);
}

/// A reference to a model; those that every API has are made when they are first named.
pub(super) fn model_reference(definition: &mut Definition, node: &Node) -> Option<Node> {
    let name = node.scalar_text()?;
    if BUILT_IN.contains(&name) && definition.schemas.get(name).is_none() {
        let mut schema = Object::new(node.span);
        schema.set_text("type", node.span, "object");
        definition.schemas.set(name, schema.node());
    }
    let mut reference = Object::new(node.span);
    let pointer = if definition.is_swagger { "#/definitions/" } else { "#/components/schemas/" };
    reference.set_text("$ref", node.span, format!("{pointer}{name}"));
    Some(reference.node())
}

fn validator(definition: &mut Definition, piece: &Resolved) {
    const KEY: &str = "x-amazon-apigateway-request-validators";
    let mut all = definition.top.get(KEY).map_or_else(|| Object::new(piece.key_span), Object::of);
    let mut one = Object::new(piece.properties.span);
    one.rename(
        &piece.properties,
        &[
            ("ValidateRequestBody", "validateRequestBody"),
            ("ValidateRequestParameters", "validateRequestParameters"),
        ],
    );
    all.set_at(piece.key_span, name(piece), one.node());
    definition.top.set_at(piece.key_span, KEY, all.node());
}

fn gateway_response(assembly: &mut Assembly<'_>, definition: &mut Definition, piece: &Resolved) {
    const KEY: &str = "x-amazon-apigateway-gateway-responses";
    let Some((node, kind)) = piece.get("ResponseType").and_then(|node| Some((node, node.scalar_text()?)))
    else {
        let help = "add `ResponseType`, such as DEFAULT_4XX";
        assembly.reader.error(piece.key_span, "the gateway response names no type", help);
        return;
    };
    let mut all = definition.top.get(KEY).map_or_else(|| Object::new(piece.key_span), Object::of);
    let mut one = Object::new(piece.properties.span);
    one.rename(
        &piece.properties,
        &[
            ("StatusCode", "statusCode"),
            ("ResponseParameters", "responseParameters"),
            ("ResponseTemplates", "responseTemplates"),
        ],
    );
    all.set_at(node.span, kind, one.node());
    definition.top.set_at(piece.key_span, KEY, all.node());
}
