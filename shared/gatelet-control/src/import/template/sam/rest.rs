//! What `AWS::Serverless::Api` says beside its routes
//! (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-api.html>).

use super::super::assembly::Assembly;
use super::super::tree::{self, Definition, Object};
use super::{SamApi, authorizers, cors, describe, policy, security};
use crate::document::{Mapping, Node};
use crate::import::ApiKind;

/// Properties that a definition has as extensions of the same meaning.
const EXTENSIONS: &[(&str, &str)] = &[
    ("ApiKeySourceType", "x-amazon-apigateway-api-key-source"),
    ("EndpointAccessMode", "x-amazon-apigateway-endpoint-access-mode"),
    ("MinimumCompressionSize", "x-amazon-apigateway-minimum-compression-size"),
    ("Policy", "x-amazon-apigateway-policy"),
    ("SecurityPolicy", "x-amazon-apigateway-security-policy"),
];

pub(super) fn settings<'d>(assembly: &mut Assembly<'d>, api: &mut SamApi<'d>) {
    let (properties, span) = (api.properties, api.span());
    let Some(auth) = security::auth(assembly, properties) else { return };
    let stage = properties.get("StageName").and_then(Node::scalar_text).unwrap_or("*").to_owned();
    let Some(definition) = api.definition() else { return };
    let source = Node { span, value: crate::document::Value::Mapping(properties.clone()) };
    definition.top.rename(&source, EXTENSIONS);
    describe(definition, properties);
    cors::rest(assembly, definition, properties);
    if let Some(auth) = auth {
        const MEMBERS: &[&str] = &[
            "AddApiKeyRequiredToCorsPreflight",
            "AddDefaultAuthorizerToCorsPreflight",
            "ApiKeyRequired",
            "Authorizers",
            "DefaultAuthorizer",
            "InvokeRole",
            "ResourcePolicy",
            "UsagePlan",
        ];
        assembly.reader.check_members(auth, "Auth", MEMBERS);
        let (partition, region) = (assembly.partition, assembly.reader.options.region.to_string());
        let invocation = |arn: &str| {
            format!("arn:{partition}:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations")
        };
        authorizers::rest(&mut assembly.reader, definition, auth, invocation);
        security::default_authorizer(&mut assembly.reader, definition, auth, ApiKind::Rest);
        if let Some(node) = auth.get("ResourcePolicy").filter(|node| !node.is_null()) {
            policy::add(assembly, definition, node, &stage);
        }
    }
    security::default_api_key(&mut assembly.reader, definition, auth);
    gateway_responses(assembly, definition, properties);
    if let Some(entry) = properties.entry("BinaryMediaTypes") {
        let types = assembly.reader.sequence(&entry.value, "BinaryMediaTypes").unwrap_or_default();
        let slashed =
            |node: &Node| tree::text(node.span, node.scalar_text().unwrap_or_default().replace("~1", "/"));
        let types = tree::list(entry.value.span, types.iter().map(slashed).collect());
        definition.top.set_at(entry.key_span, "x-amazon-apigateway-binary-media-types", types);
    }
    let models = properties.get("Models").filter(|node| !node.is_null());
    for entry in models.and_then(|node| assembly.reader.mapping(node, "Models")).into_iter().flatten() {
        definition.schemas.set_at(entry.key_span, entry.key.to_lowercase(), entry.value.clone());
    }
    endpoint(definition, properties);
}

/// `EndpointConfiguration` is a type or a mapping of it.
fn endpoint(definition: &mut Definition, properties: &Mapping) {
    const KEY: &str = "x-amazon-apigateway-endpoint-configuration";
    let configuration = properties.entry("EndpointConfiguration").filter(|entry| !entry.value.is_null());
    let disable = properties.entry("DisableExecuteApiEndpoint");
    let Some(place) = configuration.or(disable) else { return };
    let mut endpoint = definition.top.get(KEY).map_or_else(|| Object::new(place.value.span), Object::of);
    if let Some(entry) = configuration {
        let node = &entry.value;
        let kind = if node.as_mapping().is_some() { node.get("Type") } else { Some(node) };
        if let Some(kind) = kind {
            endpoint.set("types", tree::list(kind.span, vec![kind.clone()]));
        } else if let Some(types) = node.get("Types") {
            endpoint.set("types", types.clone());
        }
        for key in ["VPCEndpointIds", "VpcEndpointIds"] {
            endpoint.set_some_renamed("vpcEndpointIds", node.get(key));
        }
        endpoint.set_some_renamed("ipAddressType", node.get("IpAddressType"));
    }
    if let Some(entry) = disable {
        endpoint.set("disableExecuteApiEndpoint", entry.value.clone());
    }
    definition.top.set_at(place.key_span, KEY, endpoint.node());
}

impl Object {
    fn set_some_renamed(&mut self, key: &str, value: Option<&Node>) {
        self.set_some(key, value.cloned());
    }
}

/// `GatewayResponses`, whose parameters are grouped by where they go.
fn gateway_responses<'d>(assembly: &mut Assembly<'d>, definition: &mut Definition, properties: &'d Mapping) {
    const KEY: &str = "x-amazon-apigateway-gateway-responses";
    const GROUPS: [(&str, &str); 3] =
        [("Headers", "header"), ("Paths", "path"), ("QueryStrings", "querystring")];
    let Some(entry) = properties.entry("GatewayResponses").filter(|entry| !entry.value.is_null()) else {
        return;
    };
    let mut all = definition.top.get(KEY).map_or_else(|| Object::new(entry.value.span), Object::of);
    for response in assembly.reader.mapping(&entry.value, "GatewayResponses").into_iter().flatten() {
        let Some(members) = assembly.reader.mapping(&response.value, &response.key) else { continue };
        let known = ["ResponseParameters", "ResponseTemplates", "StatusCode"];
        assembly.reader.check_members(members, "a gateway response", &known);
        let mut one = Object::new(response.value.span);
        one.rename(
            &response.value,
            &[("StatusCode", "statusCode"), ("ResponseTemplates", "responseTemplates")],
        );
        if let Some(groups) = members.get("ResponseParameters") {
            let mut parameters = Object::new(groups.span);
            for (group, place) in GROUPS {
                for member in groups.get(group).and_then(Node::as_mapping).into_iter().flatten() {
                    let name = format!("gatewayresponse.{place}.{}", member.key);
                    parameters.set_at(member.key_span, name, member.value.clone());
                }
            }
            one.set("responseParameters", parameters.node());
        }
        all.set_at(response.key_span, response.key.as_ref(), one.node());
    }
    definition.top.set_at(entry.key_span, KEY, all.node());
}
