//! `Auth: {Authorizers: ...}` as security schemes
//! (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-controlling-access-to-apis.html>).

use super::super::tree::{self, Definition, Object};
use crate::document::{Entry, Mapping, Node, Span};
use crate::import::intrinsics::Purpose;
use crate::import::reader::Reader;

const AUTHORIZER: &str = "x-amazon-apigateway-authorizer";

/// Where a request authorizer finds what it judges: SAM's lists, and what stands before each name.
const REST_SOURCES: [(&str, &str); 4] = [
    ("Headers", "method.request.header."),
    ("QueryStrings", "method.request.querystring."),
    ("StageVariables", "stageVariables."),
    ("Context", "context."),
];

const HTTP_SOURCES: [(&str, &str); 4] = [
    ("Headers", "$request.header."),
    ("QueryStrings", "$request.querystring."),
    ("StageVariables", "$stageVariables."),
    ("Context", "$context."),
];

/// A scheme with its credential in a header.
pub(super) fn header_scheme(span: Span, header: &str) -> Object {
    let mut scheme = Object::new(span);
    scheme.set_text("type", span, "apiKey");
    scheme.set_text("name", span, header);
    scheme.set_text("in", span, "header");
    scheme
}

fn entries<'d>(reader: &mut Reader<'d>, auth: &'d Mapping) -> Vec<(&'d Entry, &'d Mapping)> {
    let Some(node) = auth.get("Authorizers").filter(|node| !node.is_null()) else { return Vec::new() };
    let Some(authorizers) = reader.mapping(node, "Authorizers") else { return Vec::new() };
    let one = |entry: &'d Entry| Some((entry, reader.mapping(&entry.value, &entry.key)?));
    authorizers.iter().filter_map(one).collect()
}

/// Those of a REST API.
pub(super) fn rest<'d>(
    reader: &mut Reader<'d>,
    definition: &mut Definition,
    auth: &'d Mapping,
    invocation: impl Fn(&str) -> String,
) {
    const MEMBERS: &[&str] = &[
        "AuthorizationScopes",
        "DisableFunctionDefaultPermissions",
        "FunctionArn",
        "FunctionInvokeRole",
        "FunctionPayloadType",
        "Identity",
        "UserPoolArn",
    ];
    for (entry, authorizer) in entries(reader, auth) {
        reader.check_members(authorizer, "an authorizer", MEMBERS);
        let span = entry.key_span;
        let identity = authorizer.get("Identity").filter(|node| !node.is_null());
        let header = identity.and_then(|node| node.get("Header")).and_then(Node::scalar_text);
        let mut inner = Object::new(span);
        let kind;
        let is_request = authorizer.get("FunctionPayloadType").and_then(Node::as_str) == Some("REQUEST");
        if let Some(pools) = authorizer.get("UserPoolArn") {
            kind = "cognito_user_pools";
            let pools = match pools.as_sequence() {
                Some(_) => pools.clone(),
                None => tree::list(pools.span, vec![pools.clone()]),
            };
            inner.set("providerARNs", pools);
        } else if let Some(function) = authorizer.get("FunctionArn") {
            kind = if is_request { "request" } else { "token" };
            function_members(reader, &mut inner, authorizer, function, identity, &invocation);
            if is_request {
                let sources = sources(reader, identity, &REST_SOURCES);
                if !sources.is_empty() {
                    inner.set_text("identitySource", span, sources.join(", "));
                }
            }
        } else {
            reader.error(
                span,
                "the authorizer names neither a function nor a user pool",
                "add `FunctionArn` or `UserPoolArn`",
            );
            continue;
        }
        inner.set_text("type", span, kind);
        if !is_request {
            inner.set_some(
                "identityValidationExpression",
                identity.and_then(|node| node.get("ValidationExpression")).cloned(),
            );
        }
        let mut scheme =
            header_scheme(span, if is_request { "Unused" } else { header.unwrap_or("Authorization") });
        let auth_type = if kind == "cognito_user_pools" { kind } else { "custom" };
        scheme.set_text("x-amazon-apigateway-authtype", span, auth_type);
        scheme.set(AUTHORIZER, inner.node());
        definition.schemes.set_at(span, entry.key.as_ref(), scheme.node());
    }
}

/// Those of an HTTP API.
pub(super) fn http<'d>(reader: &mut Reader<'d>, definition: &mut Definition, auth: &'d Mapping) {
    const MEMBERS: &[&str] = &[
        "AuthorizationScopes",
        "AuthorizerPayloadFormatVersion",
        "EnableFunctionDefaultPermissions",
        "EnableSimpleResponses",
        "FunctionArn",
        "FunctionInvokeRole",
        "Identity",
        "IdentitySource",
        "JwtConfiguration",
    ];
    let (partition, region) = partition_and_region(reader);
    let invocation = |arn: &str| {
        format!("arn:{partition}:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations")
    };
    for (entry, authorizer) in entries(reader, auth) {
        reader.check_members(authorizer, "an authorizer", MEMBERS);
        let span = entry.key_span;
        let mut inner = Object::new(span);
        let mut scheme;
        if let Some(configuration) = authorizer.get("JwtConfiguration") {
            inner.set_text("type", span, "jwt");
            if reader.mapping(configuration, "JwtConfiguration").is_some() {
                inner.set("jwtConfiguration", tree::jwt_configuration(configuration));
            }
            inner.set_some("identitySource", authorizer.get("IdentitySource").cloned());
            scheme = Object::new(span);
            scheme.set_text("type", span, "oauth2");
        } else if let Some(function) = authorizer.get("FunctionArn") {
            inner.set_text("type", span, "request");
            let identity = authorizer.get("Identity").filter(|node| !node.is_null());
            function_members(reader, &mut inner, authorizer, function, identity, &invocation);
            let sources = sources(reader, identity, &HTTP_SOURCES);
            if !sources.is_empty() {
                let sources = sources.into_iter().map(|source| tree::text(span, source)).collect();
                inner.set("identitySource", tree::list(span, sources));
            }
            inner.rename(
                &Node { span, value: crate::document::Value::Mapping(authorizer.clone()) },
                &[
                    ("AuthorizerPayloadFormatVersion", "authorizerPayloadFormatVersion"),
                    ("EnableSimpleResponses", "enableSimpleResponses"),
                ],
            );
            scheme = header_scheme(span, "Unused");
        } else {
            reader.error(
                span,
                "the authorizer names neither an issuer nor a function",
                "add `JwtConfiguration` or `FunctionArn`",
            );
            continue;
        }
        scheme.set(AUTHORIZER, inner.node());
        definition.schemes.set_at(span, entry.key.as_ref(), scheme.node());
    }
}

fn partition_and_region(reader: &Reader<'_>) -> (&'static str, String) {
    let region = reader.options.region.as_str();
    (crate::import::intrinsics::partition(region), region.to_owned())
}

fn function_members<'d>(
    reader: &mut Reader<'d>,
    inner: &mut Object,
    authorizer: &'d Mapping,
    function: &'d Node,
    identity: Option<&'d Node>,
    invocation: &impl Fn(&str) -> String,
) {
    if let Some(arn) = reader.text(function, "FunctionArn", Purpose::Expression) {
        inner.set_text("authorizerUri", function.span, invocation(&arn));
    }
    if let Some(role) = authorizer.get("FunctionInvokeRole")
        && role.as_str() != Some("NONE")
    {
        inner.set("authorizerCredentials", role.clone());
    }
    let seconds = identity.and_then(|node| node.get("ReauthorizeEvery"));
    inner.set_some("authorizerResultTtlInSeconds", seconds.cloned());
}

fn sources<'d>(reader: &mut Reader<'d>, identity: Option<&'d Node>, lists: &[(&str, &str)]) -> Vec<String> {
    let Some(identity) = identity.and_then(|node| reader.mapping(node, "Identity")) else {
        return Vec::new();
    };
    let mut sources = Vec::new();
    for (key, prefix) in lists {
        let names = reader.texts_of(identity, key, Purpose::Expression);
        sources.extend(names.into_iter().map(|name| format!("{prefix}{name}")));
    }
    sources
}
