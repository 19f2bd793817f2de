//! The `Api` and `HttpApi` events of functions, each an operation of an API
//! (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-api.html>,
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-httpapi.html>).

use indexmap::IndexMap;

use super::super::assembly::Assembly;
use super::super::resources::Resolved;
use super::super::stages::route_settings;
use super::super::tree::{self, ANY_METHOD, Definition, INTEGRATION, Object};
use super::{Body, SamApi, security};
use crate::document::{Entry, Mapping, Node, Span};
use crate::import::ApiKind;
use crate::import::intrinsics::Purpose;

/// The route of an HTTP API that takes what no other takes.
const DEFAULT_PATH: &str = "$default";

/// The validators that SAM makes, by what they look at: body, parameters.
const VALIDATORS: [(bool, bool, &str); 4] = [
    (true, true, "body-and-params"),
    (true, false, "body-only"),
    (false, true, "params-only"),
    (false, false, "no-validation"),
];

/// What the two kinds of event have.
const API_MEMBERS: &[&str] = &[
    "Auth",
    "Method",
    "Path",
    "RequestModel",
    "RequestParameters",
    "ResponseTransferMode",
    "RestApiId",
    "Stage",
    "TimeoutInMillis",
];

const HTTP_API_MEMBERS: &[&str] =
    &["ApiId", "Auth", "Method", "Path", "PayloadFormatVersion", "RouteSettings", "Stage", "TimeoutInMillis"];

/// One event of a function.
struct Event<'d> {
    function_id: &'d str,
    /// What the route invokes.
    function_arn: String,
    entry: &'d Entry,
    properties: Option<&'d Mapping>,
}

impl<'d> Event<'d> {
    const fn span(&self) -> Span {
        self.entry.key_span
    }

    fn get(&self, key: &str) -> Option<&'d Node> {
        self.properties?.get(key)
    }
}

/// Adds every event to the API that it names, or to the one that SAM implies.
pub(super) fn add<'d>(assembly: &mut Assembly<'d>, apis: &mut IndexMap<&'d str, SamApi<'d>>) {
    for resource in assembly.of_kind("AWS::Serverless::Function") {
        let Some(events) = resource.get("Events").filter(|node| !node.is_null()) else { continue };
        assembly.reader.about(resource.logical_id.as_str());
        let Some(function_arn) = invoked(assembly, resource) else { continue };
        for entry in assembly.reader.mapping(events, "Events").into_iter().flatten() {
            assembly.reader.about(format!("{} {}", resource.logical_id, entry.key));
            let kind = entry.value.get("Type").and_then(Node::as_str);
            let (kind, key, implicit) = match kind {
                Some("Api") => (ApiKind::Rest, "RestApiId", "ServerlessRestApi"),
                Some("HttpApi") => (ApiKind::Http, "ApiId", "ServerlessHttpApi"),
                Some(_) => continue,
                None => {
                    let message = format!("the event `{}` has no `Type`", entry.key);
                    assembly.reader.error(entry.key_span, message, "such as `Type: HttpApi`");
                    continue;
                }
            };
            let properties = entry.value.get("Properties").filter(|node| !node.is_null());
            let properties = properties.and_then(|node| assembly.reader.mapping(node, "Properties"));
            if let Some(mapping) = properties {
                let known = if kind == ApiKind::Rest { API_MEMBERS } else { HTTP_API_MEMBERS };
                assembly.reader.check_members(mapping, "an event", known);
            }
            let function_arn = function_arn.clone();
            let event = Event { function_id: &resource.logical_id, function_arn, entry, properties };
            let Some(name) = owner(assembly, apis, &event, kind, key, implicit) else { continue };
            let Some(api) = apis.get_mut(name) else { continue };
            match kind {
                ApiKind::Rest => rest(assembly, api, &event),
                ApiKind::Http => http(assembly, api, &event),
            }
        }
    }
    for resource in assembly.of_kind("AWS::Serverless::StateMachine") {
        assembly.reader.about(resource.logical_id.as_str());
        for entry in resource.get("Events").and_then(Node::as_mapping).into_iter().flatten() {
            if matches!(entry.value.get("Type").and_then(Node::as_str), Some("Api" | "HttpApi")) {
                let help =
                    "define the route in the API's `DefinitionBody`, with an integration of type `aws`";
                assembly.reader.warn(entry.key_span, "an event of a state machine adds no route", help);
            }
        }
    }
    assembly.reader.about("");
}

fn invoked(assembly: &Assembly<'_>, resource: &Resolved) -> Option<String> {
    let function = assembly.functions.iter().find(|one| one.logical_id == resource.logical_id)?;
    Some(function.invoked_arn())
}

/// The API that an event names.
fn owner<'d>(
    assembly: &mut Assembly<'d>,
    apis: &IndexMap<&'d str, SamApi<'d>>,
    event: &Event<'d>,
    kind: ApiKind,
    key: &str,
    implicit: &'static str,
) -> Option<&'d str> {
    let Some(node) = event.get(key) else {
        return apis.get_key_value(implicit).map(|(name, _)| *name);
    };
    let types: &[&str] = match kind {
        ApiKind::Rest => &["AWS::Serverless::Api", "AWS::ApiGateway::RestApi"],
        ApiKind::Http => &["AWS::Serverless::HttpApi", "AWS::ApiGatewayV2::Api"],
    };
    let found = assembly.referred(node, types);
    match found.and_then(|resource| apis.get_key_value(resource.logical_id.as_str())) {
        Some((name, _)) => Some(name),
        None if found.is_some() => {
            let help = "SAM adds nothing to an API that it does not make; define the route with the API";
            assembly.reader.warn(node.span, "the event adds no route to this API", help);
            None
        }
        None => {
            let message = format!("`{key}` names no API of this template");
            let help = format!("write `!Ref` and the name of an `{}`", types.first().unwrap_or(&""));
            assembly.reader.error(node.span, message, help);
            None
        }
    }
}

fn path_and_method<'d>(
    assembly: &mut Assembly<'d>,
    event: &Event<'d>,
    kind: ApiKind,
) -> Option<(String, String)> {
    let properties = event.properties;
    let mut text = |key: &str| properties.and_then(|mapping| assembly.member(mapping, key));
    let (path, method) = (text("Path"), text("Method"));
    match (path, method) {
        (Some(path), Some(method)) => {
            let key = tree::method_key(&method);
            if !tree::OPERATIONS.contains(&key.as_str()) {
                let help = "one of: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, ANY";
                assembly.reader.error(event.span(), format!("`{method}` is no method"), help);
                return None;
            }
            Some((path, key))
        }
        (None, None) if kind == ApiKind::Http => Some((DEFAULT_PATH.to_owned(), ANY_METHOD.to_owned())),
        (path, _) => {
            let missing = if path.is_none() { "Path" } else { "Method" };
            let message = format!("the event `{}` has no `{missing}`", event.entry.key);
            assembly.reader.error(event.span(), message, "add `Path: /pets` and `Method: get`");
            None
        }
    }
}

fn integration(assembly: &Assembly<'_>, event: &Event<'_>) -> Object {
    let span = event.span();
    let mut integration = Object::new(span);
    integration.set_text("type", span, "aws_proxy");
    integration.set_text("httpMethod", span, "POST");
    integration.set_text("uri", span, assembly.invocation(&event.function_arn));
    integration.set_some("timeoutInMillis", event.get("TimeoutInMillis").cloned());
    integration
}

fn defined_twice(assembly: &mut Assembly<'_>, event: &Event<'_>, path: &str, method: &str) {
    let method = if method == ANY_METHOD { "ANY".to_owned() } else { method.to_uppercase() };
    let message = format!("`{method} {path}` is the route of two events");
    assembly.reader.error(event.span(), message, "remove one of them, or give it another path");
}

/// The route of an HTTP API: `GET /pets`, or `$default`.
fn route_key(path: &str, method: &str) -> String {
    match (path, method) {
        (DEFAULT_PATH, _) => DEFAULT_PATH.to_owned(),
        (_, ANY_METHOD) => format!("ANY {path}"),
        _ => format!("{} {path}", method.to_uppercase()),
    }
}

fn http<'d>(assembly: &mut Assembly<'d>, api: &mut SamApi<'d>, event: &Event<'d>) {
    let Some((path, method)) = path_and_method(assembly, event, ApiKind::Http) else { return };
    let is_managed = matches!(api.body, Body::Managed(_));
    let Ok(api_auth) = security::auth(assembly, api.properties).ok_or(()) else { return };
    let mut integration = integration(assembly, event);
    let version = event.get("PayloadFormatVersion").cloned();
    integration.set("payloadFormatVersion", version.unwrap_or_else(|| tree::text(event.span(), "2.0")));
    let api_id = api.resource.logical_id.as_str();
    let Some(definition) = api.definition() else { return };
    let existing = definition.operation(&path, &method);
    if existing.is_some_and(|operation| operation.get(INTEGRATION).is_some()) {
        // SAM leaves a route alone that the author has defined.
        if is_managed {
            defined_twice(assembly, event, &path, &method);
        }
        return;
    }
    let mut operation = existing.map_or_else(|| Object::new(event.span()), Object::of);
    operation.set(INTEGRATION, integration.node());
    if let Some(auth) = event.get("Auth").and_then(|node| assembly.reader.mapping(node, "Auth")) {
        security::event(&mut assembly.reader, definition, &mut operation, auth, api_auth, ApiKind::Http);
    }
    definition.set_operation(event.span(), &path, &method, operation.node());
    if let Some(node) = event.get("RouteSettings") {
        let settings = route_settings(&mut assembly.reader, node);
        api.route_settings.push((route_key(&path, &method), settings));
    }
    assembly.uses(api_id, event.function_id, event.span());
}

fn rest<'d>(assembly: &mut Assembly<'d>, api: &mut SamApi<'d>, event: &Event<'d>) {
    let Some((path, method)) = path_and_method(assembly, event, ApiKind::Rest) else { return };
    let is_managed = matches!(api.body, Body::Managed(_));
    let merges = api.properties.get("MergeDefinitions").and_then(Node::as_bool) == Some(true);
    let auth = event.get("Auth").and_then(|node| assembly.reader.mapping(node, "Auth"));
    let Ok(api_auth) = security::auth(assembly, api.properties).ok_or(()) else { return };
    let (api_id, properties) = (api.resource.logical_id.as_str(), api.properties);
    let overrides = auth.and_then(|auth| auth.get("OverrideApiAuth")).and_then(Node::as_bool) == Some(true);
    let Some(definition) = api.definition() else { return };
    if !is_managed && !merges {
        let Some(node) = definition.operation(&path, &method) else {
            let message = format!("the API's `DefinitionBody` has no `{path}`, so this event adds no route");
            let help = "define it there, or set `MergeDefinitions: true`";
            assembly.reader.warn(event.span(), message, help);
            return;
        };
        if let Some(auth) = auth.filter(|_| overrides) {
            let mut operation = Object::of(node);
            security::event(&mut assembly.reader, definition, &mut operation, auth, api_auth, ApiKind::Rest);
            definition.set_operation(event.span(), &path, &method, operation.node());
        }
        return;
    }
    let existing = definition.operation(&path, &method);
    if is_managed && existing.is_some() {
        defined_twice(assembly, event, &path, &method);
        return;
    }
    let mut operation = existing.map_or_else(|| Object::new(event.span()), Object::of);
    let mut integration = integration(assembly, event);
    if event.get("ResponseTransferMode").and_then(Node::as_str) == Some("RESPONSE_STREAM") {
        let (partition, region) = (assembly.partition, assembly.reader.options.region.as_str());
        let arn = &event.function_arn;
        let uri = format!(
            "arn:{partition}:apigateway:{region}:lambda:path/2021-11-15/functions/{arn}/response-streaming-invocations"
        );
        integration.set_text("uri", event.span(), uri);
        integration.set_text("responseTransferMode", event.span(), "STREAM");
    }
    parameters(assembly, event, &mut operation, &mut integration);
    operation.set(INTEGRATION, integration.node());
    if let Some(model) = event.get("RequestModel") {
        request_model(assembly, definition, &mut operation, model, properties);
    }
    if let Some(auth) = auth {
        security::event(&mut assembly.reader, definition, &mut operation, auth, api_auth, ApiKind::Rest);
    }
    definition.set_operation(event.span(), &path, &method, operation.node());
    assembly.uses(api_id, event.function_id, event.span());
}

/// `RequestParameters`: names, or mappings of one name to `{Required, Caching}`.
fn parameters<'d>(
    assembly: &mut Assembly<'d>,
    event: &Event<'d>,
    operation: &mut Object,
    integration: &mut Object,
) {
    let Some(node) = event.get("RequestParameters") else { return };
    let mut declared: Vec<Node> =
        operation.get("parameters").and_then(Node::as_sequence).unwrap_or_default().to_vec();
    let mut keys = Vec::new();
    for item in assembly.reader.sequence(node, "RequestParameters").unwrap_or_default() {
        let (name, settings) = match item.as_mapping().and_then(|mapping| mapping.iter().next()) {
            Some(entry) => (entry.key.as_ref(), Some(&entry.value)),
            None => (item.scalar_text().unwrap_or_default(), None),
        };
        let place = name.strip_prefix("method.request.").and_then(|rest| rest.split_once('.'));
        let Some((place @ ("querystring" | "path" | "header"), parameter)) = place else {
            let help = "write `method.request.querystring.page`, `.header.` or `.path.`";
            assembly.reader.error(item.span, format!("`{name}` names no request parameter"), help);
            continue;
        };
        let is = |key: &str| settings.and_then(|settings| settings.get(key)).and_then(Node::as_bool);
        let mut one = Object::new(item.span);
        one.set_text("in", item.span, if place == "querystring" { "query" } else { place });
        one.set_text("name", item.span, parameter);
        one.set("required", tree::flag(item.span, is("Required").unwrap_or_default()));
        declared.push(one.node());
        if is("Caching") == Some(true) {
            keys.push(tree::text(item.span, name));
        }
    }
    operation.set("parameters", tree::list(node.span, declared));
    if !keys.is_empty() {
        integration.set("cacheKeyParameters", tree::list(node.span, keys));
    }
}

/// `RequestModel`: a model of the API by its name, and what is held against it.
fn request_model<'d>(
    assembly: &mut Assembly<'d>,
    definition: &mut Definition,
    operation: &mut Object,
    node: &'d Node,
    properties: &'d Mapping,
) {
    let reader = &mut assembly.reader;
    let Some(model) = reader.mapping(node, "RequestModel") else { return };
    let Some(name) = reader.text_of(model, "Model", Purpose::Expression) else { return };
    if properties.get("Models").is_none_or(|models| models.get(&name).is_none()) {
        let help = "define it under `Models` of the API";
        reader.error(node.span, format!("the model `{name}` is not defined"), help);
        return;
    }
    // SAM writes the names of models in lower case.
    let name = name.to_lowercase();
    let pointer = if definition.is_swagger { "#/definitions/" } else { "#/components/schemas/" };
    let mut schema = Object::new(node.span);
    schema.set_text("$ref", node.span, format!("{pointer}{name}"));
    if definition.is_swagger {
        let mut body = Object::new(node.span);
        body.set_text("in", node.span, "body");
        body.set_text("name", node.span, name);
        body.set("schema", schema.node());
        let mut all = operation.get("parameters").and_then(Node::as_sequence).unwrap_or_default().to_vec();
        all.push(body.node());
        operation.set("parameters", tree::list(node.span, all));
    } else {
        let mut media = Object::new(node.span);
        media.set("schema", schema.node());
        let mut content = Object::new(node.span);
        content.set("application/json", media.node());
        let mut body = Object::new(node.span);
        body.set("content", content.node());
        operation.set("requestBody", body.node());
    }
    let has = model.get("ValidateBody").is_some() || model.get("ValidateParameters").is_some();
    let body = reader.boolean_of(model, "ValidateBody").unwrap_or_default();
    let parameters = reader.boolean_of(model, "ValidateParameters").unwrap_or_default();
    let validator =
        VALIDATORS.iter().find(|(of_body, of_rest, _)| (*of_body, *of_rest) == (body, parameters));
    if let Some((_, _, validator)) = validator.filter(|_| has) {
        const KEY: &str = "x-amazon-apigateway-request-validators";
        let mut all = definition.top.get(KEY).map_or_else(|| Object::new(node.span), Object::of);
        let mut one = Object::new(node.span);
        one.set("validateRequestBody", tree::flag(node.span, body));
        one.set("validateRequestParameters", tree::flag(node.span, parameters));
        all.set(*validator, one.node());
        definition.top.set(KEY, all.node());
        operation.set_text("x-amazon-apigateway-request-validator", node.span, *validator);
    }
}
