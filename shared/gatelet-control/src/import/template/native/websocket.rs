//! WebSocket APIs: `AWS::ApiGatewayV2::Api` with `ProtocolType: WEBSOCKET` and what belongs to one. They have no form as an
//! OpenAPI definition, so they are read into the vocabulary directly.

use gatelet_model::rest::{Model, ModelName};
use gatelet_model::v2::{WebSocketApi, WebSocketApiParts, WebSocketRoute, WebSocketRouteKey};
use gatelet_model::{
    Api, Authorization, Authorizer, AuthorizerFunction, AuthorizerKind, Connection, ContentHandling,
    Integration, IntegrationResponse, IntegrationType, JsonText, PassthroughBehavior, PayloadFormat, Problem,
    ResultTtl, Timeout,
};
use indexmap::IndexMap;

use super::super::assembly::Assembly;
use super::super::resources::Resolved;
use super::super::stages::tags;
use crate::document::{Mapping, Node};
use crate::import::intrinsics::Purpose;
use crate::import::not_yet::NotYet;

/// What yields the route of a message where nothing is said, as the console proposes it.
const SELECTION_DEFAULT: &str = "$request.body.action";

pub(super) fn read(assembly: &mut Assembly<'_>) {
    for resource in assembly.of_kind("AWS::ApiGatewayV2::Api") {
        if resource.get("ProtocolType").and_then(Node::scalar_text) == Some("WEBSOCKET")
            && let Some(properties) = resource.mapping()
        {
            assembly.reader.about(resource.logical_id.as_str());
            assembly.reader.not_yet(resource.key_span, NotYet::WebSocket);
            api(assembly, resource, properties);
        }
    }
}

fn api<'d>(assembly: &mut Assembly<'d>, resource: &'d Resolved, properties: &'d Mapping) {
    let name = assembly.text(resource, "Name").unwrap_or_else(|| resource.logical_id.clone());
    let expression = assembly.text(resource, "RouteSelectionExpression");
    let mut parts = WebSocketApiParts {
        id: assembly.api_id(&resource.logical_id),
        name,
        description: assembly.text(resource, "Description"),
        version: assembly.text(resource, "Version"),
        route_selection_expression: expression.unwrap_or_else(|| {
            let help = format!("add it, such as `{SELECTION_DEFAULT}`");
            assembly.reader.error(resource.key_span, "the API has no `RouteSelectionExpression`", help);
            SELECTION_DEFAULT.to_owned()
        }),
        api_key_selection_expression: assembly.text(resource, "ApiKeySelectionExpression"),
        disable_execute_api_endpoint: assembly
            .reader
            .boolean_of(properties, "DisableExecuteApiEndpoint")
            .unwrap_or_default(),
        tags: tags(properties.get("Tags")),
        routes: Vec::new(),
        authorizers: Vec::new(),
        models: Vec::new(),
    };
    for piece in assembly.v2_pieces("AWS::ApiGatewayV2::Authorizer", resource) {
        assembly.reader.about(piece.logical_id.as_str());
        parts.authorizers.extend(authorizer(assembly, piece));
    }
    for piece in assembly.v2_pieces("AWS::ApiGatewayV2::Model", resource) {
        assembly.reader.about(piece.logical_id.as_str());
        parts.models.extend(model(assembly, piece));
    }
    let routes = assembly.v2_pieces("AWS::ApiGatewayV2::Route", resource);
    for piece in &routes {
        assembly.reader.about(piece.logical_id.as_str());
        parts.routes.extend(route(assembly, piece));
    }
    let mut stages = Vec::new();
    assembly.v2_stages(resource, &mut stages);
    match WebSocketApi::new(parts) {
        Ok(api) => assembly.add_api(resource, Api::WebSocket(api), stages),
        Err(problems) => {
            for problem in problems {
                let route = routes.iter().find(|piece| {
                    piece.get("RouteKey").and_then(Node::scalar_text) == Some(problem.about.as_str())
                });
                assembly.reader.report(route.map_or(resource.key_span, |route| route.key_span), problem);
            }
        }
    }
}

fn authorizer<'d>(assembly: &mut Assembly<'d>, piece: &'d Resolved) -> Option<Authorizer> {
    let properties = piece.mapping()?;
    let Some(uri) = assembly.text(piece, "AuthorizerUri") else {
        let help = "add `AuthorizerUri`: the function's invocation ARN";
        assembly.reader.error(piece.key_span, "the authorizer names no function", help);
        return None;
    };
    let name = assembly.text(piece, "Name").unwrap_or_else(|| piece.logical_id.clone());
    Some(Authorizer {
        id: assembly.part_id(&piece.logical_id),
        name,
        auth_type: None,
        kind: AuthorizerKind::Request {
            function: AuthorizerFunction {
                uri,
                credentials: assembly.text(piece, "AuthorizerCredentialsArn"),
                result_ttl: ResultTtl::NONE,
                payload_format: PayloadFormat::One,
                simple_responses: false,
            },
            identity_sources: assembly.reader.texts_of(properties, "IdentitySource", Purpose::Expression),
        },
    })
}

fn model<'d>(assembly: &mut Assembly<'d>, piece: &'d Resolved) -> Option<Model> {
    let schema = piece.get("Schema")?;
    let json = schema.as_str().map_or_else(|| schema.to_json(), str::to_owned);
    Some(Model {
        name: assembly.reader.keep(piece.key_span, ModelName::parse(&piece.physical_id))?,
        description: assembly.text(piece, "Description"),
        content_type: assembly.text(piece, "ContentType").unwrap_or_else(|| "application/json".to_owned()),
        schema: assembly.reader.keep(schema.span, JsonText::parse(&json))?,
    })
}

fn route<'d>(assembly: &mut Assembly<'d>, piece: &'d Resolved) -> Option<WebSocketRoute> {
    let properties = piece.mapping()?;
    let Some(key) = assembly.text(piece, "RouteKey") else {
        let help = "add it, such as `RouteKey: $connect`";
        assembly.reader.error(piece.key_span, "the route has no `RouteKey`", help);
        return None;
    };
    let integration = match piece.get("Target") {
        Some(node) => match assembly.v2_integration(node) {
            Some(target) => integration(assembly, target),
            None => {
                let help = "write `!Sub integrations/${Integration}`";
                assembly.reader.error(node.span, "`Target` names no integration of this template", help);
                None
            }
        },
        None => None,
    };
    let mut request_models = IndexMap::new();
    for entry in properties.get("RequestModels").and_then(Node::as_mapping).into_iter().flatten() {
        let name = entry.value.scalar_text().unwrap_or_default();
        request_models.insert(entry.key.to_string(), name.to_owned());
    }
    let mut request_parameters = IndexMap::new();
    for entry in properties.get("RequestParameters").and_then(Node::as_mapping).into_iter().flatten() {
        let is_required = entry.value.get("Required").and_then(Node::as_bool).unwrap_or_default();
        request_parameters.insert(entry.key.to_string(), is_required);
    }
    Some(WebSocketRoute {
        id: assembly.part_id(&piece.logical_id),
        key: WebSocketRouteKey::from(key),
        authorization: authorization(assembly, piece),
        api_key_required: assembly.reader.boolean_of(properties, "ApiKeyRequired").unwrap_or_default(),
        operation_name: assembly.text(piece, "OperationName"),
        model_selection_expression: assembly.text(piece, "ModelSelectionExpression"),
        request_models,
        request_parameters,
        response_selection_expression: assembly.text(piece, "RouteResponseSelectionExpression"),
        integration,
    })
}

fn authorization<'d>(assembly: &mut Assembly<'d>, piece: &'d Resolved) -> Authorization {
    let Some(node) = piece.get("AuthorizationType") else { return Authorization::None };
    match node.scalar_text().unwrap_or_default() {
        "NONE" | "" => Authorization::None,
        "AWS_IAM" => Authorization::AwsIam,
        _ => {
            let id = piece.get("AuthorizerId");
            match id.and_then(|id| assembly.referred(id, &["AWS::ApiGatewayV2::Authorizer"])) {
                Some(authorizer) => Authorization::Authorizer {
                    id: assembly.part_id(&authorizer.logical_id),
                    scopes: Vec::new(),
                },
                None => {
                    let help = "write `AuthorizerId: !Ref` an authorizer of this template";
                    assembly.reader.error(node.span, "the route's authorizer is not defined", help);
                    Authorization::None
                }
            }
        }
    }
}

fn integration<'d>(assembly: &mut Assembly<'d>, piece: &'d Resolved) -> Option<Integration> {
    let properties = piece.mapping()?;
    assembly.reader.about(piece.logical_id.as_str());
    let Some(kind) = assembly.reader.word_of(properties, "IntegrationType", IntegrationType::parse) else {
        let help = "add `IntegrationType`: AWS_PROXY, AWS, HTTP_PROXY, HTTP or MOCK";
        assembly.reader.error(piece.key_span, "the integration has no type", help);
        return None;
    };
    let uri = assembly.text(piece, "IntegrationUri");
    if uri.is_none() && kind != IntegrationType::Mock {
        let help = "add `IntegrationUri`";
        assembly.reader.error(piece.key_span, format!("the {kind} integration has no URI"), help);
        return None;
    }
    let connection_id = assembly.text(piece, "ConnectionId");
    let is_link = assembly.text(piece, "ConnectionType").as_deref() == Some("VPC_LINK");
    let timeout: Option<u32> = assembly.reader.number_of(properties, "TimeoutInMillis");
    let timeout = timeout.and_then(|milliseconds| {
        assembly.reader.keep(piece.key_span, Timeout::from_milliseconds(milliseconds))
    });
    Some(Integration {
        http_method: assembly.text(piece, "IntegrationMethod").filter(|method| method != "ANY"),
        uri,
        connection: match connection_id {
            Some(id) if is_link => Connection::VpcLink { id, target: None },
            _ => Connection::Internet,
        },
        credentials: assembly.text(piece, "CredentialsArn"),
        request_parameters: texts(assembly, properties, "RequestParameters"),
        request_templates: texts(assembly, properties, "RequestTemplates"),
        passthrough_behavior: word(assembly, properties, "PassthroughBehavior", PassthroughBehavior::parse),
        content_handling: word(assembly, properties, "ContentHandlingStrategy", ContentHandling::parse),
        timeout: timeout.unwrap_or(Timeout::REST_DEFAULT),
        template_selection_expression: assembly.text(piece, "TemplateSelectionExpression"),
        responses: responses(assembly, piece),
        ..Integration::new(kind)
    })
}

fn word<'d, T>(
    assembly: &mut Assembly<'d>,
    properties: &'d Mapping,
    key: &str,
    parse: fn(&str) -> Result<T, Problem>,
) -> Option<T> {
    assembly.reader.word_of(properties, key, parse)
}

fn texts<'d>(assembly: &mut Assembly<'d>, properties: &'d Mapping, key: &str) -> IndexMap<String, String> {
    let mut texts = IndexMap::new();
    let Some(node) = properties.get(key) else { return texts };
    for entry in assembly.reader.mapping(node, key).into_iter().flatten() {
        if let Some(text) = assembly.reader.text(&entry.value, &entry.key, Purpose::Expression) {
            texts.insert(entry.key.to_string(), text);
        }
    }
    texts
}

/// `AWS::ApiGatewayV2::IntegrationResponse`, by the integration that each names.
fn responses<'d>(assembly: &mut Assembly<'d>, integration: &'d Resolved) -> Vec<IntegrationResponse> {
    let mut responses = Vec::new();
    for piece in assembly.of_kind("AWS::ApiGatewayV2::IntegrationResponse") {
        let owner = piece.get("IntegrationId");
        let owner = owner.and_then(|node| assembly.referred(node, &["AWS::ApiGatewayV2::Integration"]));
        if owner.is_none_or(|owner| owner.logical_id != integration.logical_id) {
            continue;
        }
        let Some(properties) = piece.mapping() else { continue };
        let key = assembly.text(piece, "IntegrationResponseKey");
        responses.push(IntegrationResponse {
            selection_pattern: key.filter(|key| key != "$default"),
            status_code: None,
            response_parameters: texts(assembly, properties, "ResponseParameters"),
            response_templates: texts(assembly, properties, "ResponseTemplates"),
            content_handling: word(assembly, properties, "ContentHandlingStrategy", ContentHandling::parse),
        });
    }
    responses
}
