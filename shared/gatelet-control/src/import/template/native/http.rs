//! HTTP APIs of `AWS::ApiGatewayV2::Api` and what belongs to one
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ApiGatewayV2.html>).

use gatelet_model::{Stage, StageName};

use super::super::assembly::Assembly;
use super::super::resources::Resolved;
use super::super::sam::cors;
use super::super::stages::tags;
use super::super::tree::{self, ANY_METHOD, Definition, INTEGRATION, Object};
use super::{Body, body, describe};
use crate::document::{Entry, Mapping, Node};
use crate::import::ApiKind;

const INTEGRATIONS: &str = "x-amazon-apigateway-integrations";

const INTEGRATION_MEMBERS: &[(&str, &str)] = &[
    ("ConnectionId", "connectionId"),
    ("ConnectionType", "connectionType"),
    ("CredentialsArn", "credentials"),
    ("IntegrationMethod", "httpMethod"),
    ("IntegrationSubtype", "integrationSubtype"),
    ("IntegrationType", "type"),
    ("IntegrationUri", "uri"),
    ("PayloadFormatVersion", "payloadFormatVersion"),
    ("RequestParameters", "requestParameters"),
    ("TimeoutInMillis", "timeoutInMillis"),
];

const AUTHORIZER_MEMBERS: &[(&str, &str)] = &[
    ("AuthorizerCredentialsArn", "authorizerCredentials"),
    ("AuthorizerPayloadFormatVersion", "authorizerPayloadFormatVersion"),
    ("AuthorizerResultTtlInSeconds", "authorizerResultTtlInSeconds"),
    ("AuthorizerUri", "authorizerUri"),
    ("EnableSimpleResponses", "enableSimpleResponses"),
    ("IdentitySource", "identitySource"),
];

pub(super) fn read(assembly: &mut Assembly<'_>) {
    for resource in assembly.of_kind("AWS::ApiGatewayV2::Api") {
        let Some(properties) = resource.mapping() else { continue };
        assembly.reader.about(resource.logical_id.as_str());
        let protocol = properties.get("ProtocolType").and_then(Node::scalar_text);
        match protocol {
            Some("WEBSOCKET") => continue,
            Some("HTTP") => {}
            None if properties.get("Body").or_else(|| properties.get("BodyS3Location")).is_some() => {}
            _ => {
                let span = properties.get("ProtocolType").map_or(resource.key_span, |node| node.span);
                let help = "write `ProtocolType: HTTP` or `WEBSOCKET`";
                assembly.reader.error(span, "the API does not say which kind it is", help);
                continue;
            }
        }
        let Some(body) = body(assembly, resource, properties) else { continue };
        let mut stages = Vec::new();
        let node = match body {
            Body::Fixed(node) => node,
            Body::Definition(mut definition) => {
                settings(assembly, &mut definition, properties);
                quick_create(assembly, &mut definition, resource, properties, &mut stages);
                add_pieces(assembly, &mut definition, resource);
                definition.node()
            }
        };
        assembly.v2_stages(resource, &mut stages);
        assembly.add_definition(resource, ApiKind::Http, &node, stages);
    }
}

pub(super) fn add_pieces<'d>(assembly: &mut Assembly<'d>, definition: &mut Definition, api: &'d Resolved) {
    integrations(assembly, definition, api);
    authorizers(assembly, definition, api);
    routes(assembly, definition, api);
}

impl<'d> Assembly<'d> {
    /// The pieces of one type that belong to an API of the second version.
    pub(in super::super) fn v2_pieces(&self, kind: &str, api: &Resolved) -> Vec<&'d Resolved> {
        self.pieces(api).into_iter().filter(|piece| piece.kind == kind).collect()
    }

    /// Adds the stages that are resources of their own.
    pub(in super::super) fn v2_stages(&mut self, api: &'d Resolved, stages: &mut Vec<Stage>) {
        for piece in self.v2_pieces("AWS::ApiGatewayV2::Stage", api) {
            let Some(properties) = piece.mapping() else { continue };
            self.reader.about(piece.logical_id.as_str());
            let Some(name) = properties.get("StageName").and_then(|node| self.stage_name(node)) else {
                self.reader.error(piece.key_span, "the stage has no `StageName`", "add it");
                continue;
            };
            let stage = self.v2_stage(name, properties, false);
            stages.retain(|known| *known.name() != stage.name);
            stages.push(Stage::V2(stage));
        }
        self.reader.about(api.logical_id.as_str());
    }
}

fn settings<'d>(assembly: &mut Assembly<'d>, definition: &mut Definition, properties: &'d Mapping) {
    describe(definition, properties);
    let cors = cors::http(assembly, properties);
    definition.top.set_some("x-amazon-apigateway-cors", cors);
    if let Some(entry) = properties.entry("DisableExecuteApiEndpoint") {
        let mut endpoint = Object::new(entry.value.span);
        endpoint.set("disableExecuteApiEndpoint", entry.value.clone());
        let key = "x-amazon-apigateway-endpoint-configuration";
        definition.top.set_at(entry.key_span, key, endpoint.node());
    }
    if let Some(entry) = properties.entry("Tags") {
        let labels = tags(Some(&entry.value)).into_iter().map(|(name, value)| {
            let mut tag = Object::new(entry.value.span);
            tag.set_text("name", entry.value.span, name);
            tag.set_text("x-amazon-apigateway-tag-value", entry.value.span, value);
            tag.node()
        });
        definition.top.set("tags", tree::list(entry.value.span, labels.collect()));
    }
}

/// `Target` alone makes an integration, a route and the stage `$default`
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop.html>, "quick create").
fn quick_create<'d>(
    assembly: &mut Assembly<'d>,
    definition: &mut Definition,
    resource: &'d Resolved,
    properties: &'d Mapping,
    stages: &mut Vec<Stage>,
) {
    let Some((node, target)) = properties.get("Target").and_then(|node| Some((node, node.scalar_text()?)))
    else {
        return;
    };
    let mut integration = Object::new(node.span);
    if target.starts_with("arn:") {
        integration.set_text("type", node.span, "AWS_PROXY");
        integration.set_text("httpMethod", node.span, "POST");
        integration.set_text("uri", node.span, uri(assembly, target));
        integration.set_text("payloadFormatVersion", node.span, "2.0");
        integration.set_some("credentials", properties.get("CredentialsArn").cloned());
    } else {
        integration.set_text("type", node.span, "HTTP_PROXY");
        integration.set_text("httpMethod", node.span, "ANY");
        integration.set_text("uri", node.span, target);
    }
    let mut operation = Object::new(node.span);
    operation.set(INTEGRATION, integration.node());
    let key = properties.get("RouteKey").and_then(Node::scalar_text).unwrap_or("$default");
    let (path, method) = route(key);
    definition.set_operation(resource.key_span, path, &method, operation.node());
    if let Ok(name) = StageName::parse(StageName::DEFAULT) {
        stages.push(Stage::V2(gatelet_model::v2::V2Stage::new(name)));
    }
}

/// `GET /pets` → `/pets`, `get`.
fn route(key: &str) -> (&str, String) {
    match key.trim().split_once(' ') {
        Some((method, path)) => (path.trim(), tree::method_key(method)),
        None => (key.trim(), ANY_METHOD.to_owned()),
    }
}

/// A function's ARN may stand for its invocation.
fn uri(assembly: &Assembly<'_>, uri: &str) -> String {
    let is_function = uri.starts_with("arn:") && uri.split(':').nth(2) == Some("lambda");
    if is_function { assembly.invocation(uri) } else { uri.to_owned() }
}

fn integrations<'d>(assembly: &mut Assembly<'d>, definition: &mut Definition, api: &'d Resolved) {
    let pieces = assembly.v2_pieces("AWS::ApiGatewayV2::Integration", api);
    let mut shared = Object::new(api.key_span);
    for piece in pieces {
        let mut integration = Object::new(piece.properties.span);
        integration.rename(&piece.properties, INTEGRATION_MEMBERS);
        if let Some((node, text)) = piece.get("IntegrationUri").and_then(|n| Some((n, n.scalar_text()?))) {
            integration.set_text("uri", node.span, uri(assembly, text));
        }
        if let Some(tls) = piece.get("TlsConfig") {
            let mut members = Object::new(tls.span);
            members.rename(tls, &[("ServerNameToVerify", "serverNameToVerify")]);
            integration.set("tlsConfig", members.node());
        }
        if let Some(node) = piece.get("ResponseParameters") {
            integration.set("responseParameters", response_parameters(node));
        }
        shared.set_at(piece.key_span, piece.logical_id.as_str(), integration.node());
    }
    if !shared.is_empty() {
        definition.set_component(INTEGRATIONS, shared.node());
    }
}

/// CloudFormation lists `Destination` and `Source` where definitions have a mapping.
fn response_parameters(node: &Node) -> Node {
    let mut by_status = Object::new(node.span);
    for entry in node.as_mapping().into_iter().flatten() {
        let mut parameters = Object::new(entry.value.span);
        let list = entry.value.get("ResponseParameters").and_then(Node::as_sequence);
        for item in list.unwrap_or_default() {
            if let (Some(destination), Some(source)) =
                (item.get("Destination").and_then(Node::scalar_text), item.get("Source"))
            {
                parameters.set(destination, source.clone());
            }
        }
        by_status.set_at(entry.key_span, entry.key.as_ref(), parameters.node());
    }
    by_status.node()
}

fn authorizer_name(piece: &Resolved) -> &str {
    piece.get("Name").and_then(Node::scalar_text).unwrap_or(&piece.logical_id)
}

fn authorizers<'d>(assembly: &mut Assembly<'d>, definition: &mut Definition, api: &'d Resolved) {
    for piece in assembly.v2_pieces("AWS::ApiGatewayV2::Authorizer", api) {
        let span = piece.key_span;
        let mut inner = Object::new(piece.properties.span);
        inner.rename(&piece.properties, AUTHORIZER_MEMBERS);
        let kind = piece.get("AuthorizerType").and_then(Node::scalar_text).unwrap_or_default();
        inner.set_text("type", span, kind.to_lowercase());
        if let Some(configuration) = piece.get("JwtConfiguration") {
            inner.set("jwtConfiguration", tree::jwt_configuration(configuration));
        }
        let mut scheme = Object::new(span);
        let is_jwt = kind.eq_ignore_ascii_case("JWT");
        scheme.set_text("type", span, if is_jwt { "oauth2" } else { "apiKey" });
        if !is_jwt {
            scheme.set_text("name", span, "Unused");
            scheme.set_text("in", span, "header");
        }
        scheme.set("x-amazon-apigateway-authorizer", inner.node());
        definition.schemes.set_at(span, authorizer_name(piece), scheme.node());
    }
}

fn routes<'d>(assembly: &mut Assembly<'d>, definition: &mut Definition, api: &'d Resolved) {
    for piece in assembly.v2_pieces("AWS::ApiGatewayV2::Route", api) {
        assembly.reader.about(piece.logical_id.as_str());
        let Some(key) = piece.mapping().and_then(|properties| properties.entry("RouteKey")) else {
            let help = "add it, such as `RouteKey: GET /pets`";
            assembly.reader.error(piece.key_span, "the route has no `RouteKey`", help);
            continue;
        };
        add_route(assembly, definition, piece, key);
    }
    assembly.reader.about(api.logical_id.as_str());
}

fn add_route<'d>(
    assembly: &mut Assembly<'d>,
    definition: &mut Definition,
    piece: &'d Resolved,
    key: &'d Entry,
) {
    let text = key.value.scalar_text().unwrap_or_default();
    let (path, method) = route(text);
    if !tree::OPERATIONS.contains(&method.as_str()) {
        let help = "write a method and a path, such as `GET /pets`, or `$default`";
        assembly.reader.error(key.value.span, format!("`{text}` is no route key"), help);
        return;
    }
    if definition.operation(path, &method).is_some() {
        let message = format!("the route `{text}` is defined twice");
        assembly.reader.error(key.value.span, message, "remove one of the two");
        return;
    }
    let mut operation = Object::new(piece.properties.span);
    operation.set_some("operationId", piece.get("OperationName").cloned());
    if let Some(node) = piece.get("Target") {
        match assembly.v2_integration(node) {
            Some(integration) => {
                let mut reference = Object::new(node.span);
                let pointer = format!("#/components/{INTEGRATIONS}/{}", integration.logical_id);
                reference.set_text("$ref", node.span, pointer);
                operation.set(INTEGRATION, reference.node());
            }
            None => {
                let help = "write `!Sub integrations/${Integration}`";
                assembly.reader.error(node.span, "`Target` names no integration of this template", help);
            }
        }
    }
    security(assembly, definition, &mut operation, piece);
    definition.set_operation(key.value.span, path, &method, operation.node());
}

impl<'d> Assembly<'d> {
    /// The integration that `integrations/{id}` names.
    pub(in super::super) fn v2_integration(&self, target: &Node) -> Option<&'d Resolved> {
        let id = target.scalar_text()?.trim().strip_prefix("integrations/")?;
        let node = tree::text(target.span, id);
        self.referred(&node, &["AWS::ApiGatewayV2::Integration"])
    }
}

fn security<'d>(
    assembly: &mut Assembly<'d>,
    definition: &mut Definition,
    operation: &mut Object,
    piece: &'d Resolved,
) {
    let Some(node) = piece.get("AuthorizationType") else { return };
    let name = match node.scalar_text().unwrap_or_default() {
        "NONE" | "" => return,
        "AWS_IAM" => {
            if definition.schemes.get("AWS_IAM").is_none() {
                let mut scheme = Object::new(node.span);
                scheme.set_text("type", node.span, "apiKey");
                scheme.set_text("name", node.span, "Authorization");
                scheme.set_text("in", node.span, "header");
                scheme.set_text("x-amazon-apigateway-authtype", node.span, "awsSigv4");
                definition.schemes.set("AWS_IAM", scheme.node());
            }
            "AWS_IAM".to_owned()
        }
        _ => {
            let id = piece.get("AuthorizerId");
            match id.and_then(|id| assembly.referred(id, &["AWS::ApiGatewayV2::Authorizer"])) {
                Some(authorizer) => authorizer_name(authorizer).to_owned(),
                None => {
                    let span = id.map_or(node.span, |id| id.span);
                    let help = "write `AuthorizerId: !Ref` an authorizer of this template";
                    assembly.reader.error(span, "the route's authorizer is not defined", help);
                    return;
                }
            }
        }
    };
    let mut requirement = Object::new(node.span);
    let scopes = piece.get("AuthorizationScopes").filter(|_| name != "AWS_IAM").cloned();
    requirement.set_at(node.span, name, scopes.unwrap_or_else(|| tree::list(node.span, Vec::new())));
    operation.set("security", tree::list(node.span, vec![requirement.node()]));
}
