//! `AWS::ApiGateway::Method` as an operation
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-method.html>).

use std::collections::BTreeMap;

use super::super::assembly::Assembly;
use super::super::resources::Resolved;
use super::super::tree::{self, Definition, INTEGRATION, Object};
use super::parts;
use crate::document::{Node, Span};

const INTEGRATION_MEMBERS: &[(&str, &str)] = &[
    ("CacheKeyParameters", "cacheKeyParameters"),
    ("CacheNamespace", "cacheNamespace"),
    ("ConnectionId", "connectionId"),
    ("ConnectionType", "connectionType"),
    ("ContentHandling", "contentHandling"),
    ("Credentials", "credentials"),
    ("IntegrationHttpMethod", "httpMethod"),
    ("IntegrationTarget", "integrationTarget"),
    ("PassthroughBehavior", "passthroughBehavior"),
    ("RequestParameters", "requestParameters"),
    ("RequestTemplates", "requestTemplates"),
    ("ResponseTransferMode", "responseTransferMode"),
    ("TimeoutInMillis", "timeoutInMillis"),
    ("Type", "type"),
    ("Uri", "uri"),
];

const RESPONSE_MEMBERS: &[(&str, &str)] = &[
    ("ContentHandling", "contentHandling"),
    ("ResponseParameters", "responseParameters"),
    ("ResponseTemplates", "responseTemplates"),
    ("StatusCode", "statusCode"),
];

/// Schemes for what is no authorizer.
const AWS_IAM: &str = "AWS_IAM";
const API_KEY: &str = "api_key";

pub(super) fn add<'d>(
    assembly: &mut Assembly<'d>,
    definition: &mut Definition,
    method: &'d Resolved,
    paths: &BTreeMap<String, String>,
) {
    let span = method.key_span;
    assembly.reader.about(method.logical_id.as_str());
    let path = method.get("ResourceId").and_then(Node::scalar_text).and_then(|id| paths.get(id));
    let Some(path) = path else {
        let span = method.get("ResourceId").map_or(span, |node| node.span);
        let help = "write `!Ref` a resource of the same API, or `!GetAtt Api.RootResourceId`";
        assembly.reader.error(span, "`ResourceId` names no resource of this API", help);
        return;
    };
    let path = if path.is_empty() { "/" } else { path.as_str() };
    let Some(verb) = method.get("HttpMethod").and_then(Node::scalar_text) else {
        assembly.reader.error(span, "the method has no `HttpMethod`", "add it, such as `HttpMethod: GET`");
        return;
    };
    let key = tree::method_key(verb);
    if !tree::OPERATIONS.contains(&key.as_str()) {
        let help = "one of: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, ANY";
        assembly.reader.error(span, format!("`{verb}` is no method"), help);
        return;
    }
    if definition.operation(path, &key).is_some() {
        let message = format!("`{} {path}` is defined twice", verb.to_uppercase());
        assembly.reader.error(span, message, "remove one of the two");
        return;
    }
    let mut operation = Object::new(method.properties.span);
    operation.set_some("operationId", method.get("OperationName").cloned());
    security(assembly, definition, &mut operation, method);
    request(assembly, definition, &mut operation, method);
    responses(definition, &mut operation, method);
    if let Some(node) = method.get("Integration").filter(|node| !node.is_null()) {
        operation.set(INTEGRATION, integration(node));
    }
    definition.set_operation(span, path, &key, operation.node());
}

fn requirement(operation: &mut Object, name: &str, span: Span, scopes: Option<&Node>) {
    let known = operation.get("security").and_then(Node::as_sequence).unwrap_or_default();
    let mut all = known.to_vec();
    let mut one = Object::new(span);
    one.set_at(span, name, scopes.cloned().unwrap_or_else(|| tree::list(span, Vec::new())));
    all.push(one.node());
    operation.set("security", tree::list(span, all));
}

fn scheme(definition: &mut Definition, name: &str, header: &str, is_iam: bool, span: Span) {
    if definition.schemes.get(name).is_none() {
        let mut scheme = Object::new(span);
        scheme.set_text("type", span, "apiKey");
        scheme.set_text("name", span, header);
        scheme.set_text("in", span, "header");
        if is_iam {
            scheme.set_text("x-amazon-apigateway-authtype", span, "awsSigv4");
        }
        definition.schemes.set(name, scheme.node());
    }
}

fn security<'d>(
    assembly: &mut Assembly<'d>,
    definition: &mut Definition,
    operation: &mut Object,
    method: &'d Resolved,
) {
    if let Some(node) = method.get("AuthorizationType") {
        match node.scalar_text().unwrap_or_default() {
            "NONE" | "" => {}
            AWS_IAM => {
                scheme(definition, AWS_IAM, "Authorization", true, node.span);
                requirement(operation, AWS_IAM, node.span, None);
            }
            // ASSUMPTION: `JWT`, as routes of HTTP APIs have it.
            "CUSTOM" | "COGNITO_USER_POOLS" | "JWT" => {
                let id = method.get("AuthorizerId");
                let found = id.and_then(|id| assembly.referred(id, &["AWS::ApiGateway::Authorizer"]));
                match found {
                    Some(authorizer) => {
                        let scopes = method.get("AuthorizationScopes");
                        requirement(operation, parts::name(authorizer), node.span, scopes);
                    }
                    None => {
                        let span = id.map_or(node.span, |id| id.span);
                        let help = "write `AuthorizerId: !Ref` an authorizer of this template";
                        assembly.reader.error(span, "the method's authorizer is not defined", help);
                    }
                }
            }
            word => {
                let message = format!("`AuthorizationType` cannot be `{word}`");
                assembly.reader.error(
                    node.span,
                    message,
                    "one of: NONE, AWS_IAM, CUSTOM, COGNITO_USER_POOLS, JWT",
                );
            }
        }
    }
    if let Some(node) = method.get("ApiKeyRequired")
        && assembly.reader.boolean(node, "ApiKeyRequired") == Some(true)
    {
        scheme(definition, API_KEY, "x-api-key", false, node.span);
        requirement(operation, API_KEY, node.span, None);
    }
}

fn request<'d>(
    assembly: &mut Assembly<'d>,
    definition: &mut Definition,
    operation: &mut Object,
    method: &'d Resolved,
) {
    let mut parameters = Vec::new();
    let declared = method.get("RequestParameters").and_then(Node::as_mapping);
    for entry in declared.into_iter().flatten() {
        let place = entry.key.strip_prefix("method.request.").and_then(|rest| rest.split_once('.'));
        let (place, name) = match place {
            Some(("querystring" | "multivaluequerystring", name)) => ("query", name),
            Some(("header" | "multivalueheader", name)) => ("header", name),
            Some(("path", name)) => ("path", name),
            _ => {
                let message = format!("`{}` names no request parameter", entry.key);
                let help = "write `method.request.querystring.page`, `.header.` or `.path.`";
                assembly.reader.error(entry.key_span, message, help);
                continue;
            }
        };
        let mut one = Object::new(entry.key_span);
        one.set_text("name", entry.key_span, name);
        one.set_text("in", entry.key_span, place);
        one.set("required", entry.value.clone());
        parameters.push(one.node());
    }
    if let Some(first) = parameters.first() {
        operation.set("parameters", tree::list(first.span, parameters));
    }
    let models = method.get("RequestModels").and_then(Node::as_mapping);
    let mut content = Object::new(method.properties.span);
    for entry in models.into_iter().flatten() {
        if let Some(reference) = parts::model_reference(definition, &entry.value) {
            let mut media = Object::new(entry.value.span);
            media.set("schema", reference);
            content.set_at(entry.key_span, entry.key.as_ref(), media.node());
        }
    }
    if !content.is_empty() {
        let mut body = Object::new(content.span());
        body.set("content", content.node());
        operation.set("requestBody", body.node());
    }
    if let Some(node) = method.get("RequestValidatorId") {
        match assembly.referred(node, &["AWS::ApiGateway::RequestValidator"]) {
            Some(validator) => {
                operation.set_text("x-amazon-apigateway-request-validator", node.span, parts::name(validator))
            }
            None => {
                let help = "write `!Ref` an `AWS::ApiGateway::RequestValidator` of this template";
                assembly.reader.error(node.span, "the method's validator is not defined", help);
            }
        }
    }
}

fn responses(definition: &mut Definition, operation: &mut Object, method: &Resolved) {
    let Some(list) = method.get("MethodResponses") else { return };
    let mut responses = Object::new(list.span);
    for item in list.as_sequence().unwrap_or_default() {
        let Some(status) = item.get("StatusCode").and_then(Node::scalar_text) else { continue };
        let mut response = Object::new(item.span);
        response.set_text("description", item.span, "");
        let mut headers = Object::new(item.span);
        for entry in item.get("ResponseParameters").and_then(Node::as_mapping).into_iter().flatten() {
            if let Some(header) = entry.key.strip_prefix("method.response.header.") {
                headers.set_at(entry.key_span, header, Object::new(entry.value.span).node());
            }
        }
        if !headers.is_empty() {
            response.set("headers", headers.node());
        }
        let mut content = Object::new(item.span);
        for entry in item.get("ResponseModels").and_then(Node::as_mapping).into_iter().flatten() {
            if let Some(reference) = parts::model_reference(definition, &entry.value) {
                let mut media = Object::new(entry.value.span);
                media.set("schema", reference);
                content.set_at(entry.key_span, entry.key.as_ref(), media.node());
            }
        }
        if !content.is_empty() {
            response.set("content", content.node());
        }
        let span = item.get("StatusCode").map_or(item.span, |node| node.span);
        responses.set_at(span, status, response.node());
    }
    operation.set("responses", responses.node());
}

fn integration(node: &Node) -> Node {
    let mut integration = Object::new(node.span);
    integration.rename(node, INTEGRATION_MEMBERS);
    if let Some(list) = node.get("IntegrationResponses") {
        let mut responses = Object::new(list.span);
        for item in list.as_sequence().unwrap_or_default() {
            let mut response = Object::new(item.span);
            response.rename(item, RESPONSE_MEMBERS);
            let pattern = item.get("SelectionPattern").and_then(Node::scalar_text);
            let key = pattern.filter(|pattern| !pattern.is_empty()).unwrap_or("default");
            if responses.get(key).is_none() {
                responses.set_at(item.span, key, response.node());
            }
        }
        integration.set("responses", responses.node());
    }
    integration.node()
}
