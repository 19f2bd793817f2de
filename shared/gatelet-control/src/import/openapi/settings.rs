//! What a definition says of the API as a whole, apart from its paths.

use gatelet_core::snapshot::{gateway_response_header, gateway_response_type};
use gatelet_languages::iam_policy::{Policy, PolicyKind};
use gatelet_model::rest::{
    ApiKeySource, EndpointAccessMode, EndpointType, GatewayResponse, GatewayResponseType, IpAddressType,
    RequestValidator, RestApiParts,
};
use gatelet_model::v2::Cors;
use gatelet_model::{JsonText, Problem, StatusCode, limits};
use indexmap::IndexMap;

use super::super::extensions;
use super::super::intrinsics::{self, Purpose};
use super::super::not_yet::NotYet;
use super::super::reader::Reader;
use super::{ApiKind, Document, Version};
use crate::document::{Entry, Mapping, Node, Value};

/// Fills in what stands at the top of a REST API's definition.
pub(super) fn rest<'d>(reader: &mut Reader<'d>, document: Document<'d>, parts: &mut RestApiParts) {
    let top = document.mapping;
    if let Some(entry) = reader.extension(top, extensions::BINARY_MEDIA_TYPES) {
        parts.binary_media_types = reader.texts(&entry.value, extensions::BINARY_MEDIA_TYPES, Purpose::Text);
    }
    if let Some(entry) = reader.extension(top, extensions::MINIMUM_COMPRESSION_SIZE) {
        let bytes = reader.number(&entry.value, extensions::MINIMUM_COMPRESSION_SIZE);
        parts.minimum_compression_bytes =
            bytes.filter(|bytes| *bytes <= limits::MINIMUM_COMPRESSION_BYTES_MAX);
        if bytes != parts.minimum_compression_bytes {
            let help = format!("give 0 to {} bytes", limits::MINIMUM_COMPRESSION_BYTES_MAX);
            reader.error(entry.value.span, "the minimum compression size is too large", help);
        }
    }
    if let Some(entry) = reader.extension(top, extensions::API_KEY_SOURCE)
        && let Some(source) = reader.word(&entry.value, extensions::API_KEY_SOURCE, ApiKeySource::parse)
    {
        parts.api_key_source = source;
    }
    if let Some(entry) = reader.extension(top, extensions::POLICY) {
        parts.policy = json(reader, &entry.value, extensions::POLICY);
        let length = parts.policy.as_ref().map_or(0, |policy| policy.as_str().chars().count());
        if length > limits::POLICY_CHARACTERS_MAX {
            let help = format!("shorten it to {} characters", limits::POLICY_CHARACTERS_MAX);
            reader.error(entry.key_span, format!("the resource policy has {length} characters"), help);
            parts.policy = None;
        }
        if let Some(policy) = &parts.policy
            && let Err(error) = Policy::parse(policy.as_str(), PolicyKind::Resource)
        {
            let help = "what is not understood might be what forbids: correct it";
            reader.error(entry.value.span, format!("the resource policy: {error}"), help);
        }
    }
    if let Some(entry) = reader.extension(top, extensions::DOCUMENTATION)
        && reader.mapping(&entry.value, extensions::DOCUMENTATION).is_some()
    {
        parts.documentation = json(reader, &entry.value, extensions::DOCUMENTATION);
        reader.not_yet(entry.key_span, NotYet::Documentation);
    }
    if let Some(entry) = reader.extension(top, extensions::SECURITY_POLICY) {
        parts.security_policy = reader.text(&entry.value, extensions::SECURITY_POLICY, Purpose::Text);
        reader.not_yet(entry.key_span, NotYet::SecurityPolicy);
    }
    if let Some(entry) = reader.extension(top, extensions::ENDPOINT_ACCESS_MODE) {
        parts.endpoint_access_mode =
            reader.word(&entry.value, extensions::ENDPOINT_ACCESS_MODE, EndpointAccessMode::parse);
        reader.not_yet(entry.key_span, NotYet::EndpointAccessMode);
    }
    let endpoint = endpoint(reader, document);
    parts.disable_execute_api_endpoint = endpoint.is_disabled;
    parts.ip_address_type = endpoint.ip_address_type;
    if !endpoint.types.is_empty() {
        parts.endpoint_types = endpoint.types;
    } else if !endpoint.vpc_endpoint_ids.is_empty() {
        parts.endpoint_types = vec![EndpointType::Private];
    }
    parts.vpc_endpoint_ids = endpoint.vpc_endpoint_ids;
    parts.tags = tags(reader, document, ApiKind::Rest);
    parts.request_validators = request_validators(reader, top);
    parts.gateway_responses = gateway_responses(reader, top);
    ignore(
        reader,
        top,
        &[extensions::CORS],
        "a REST API",
        "add an OPTIONS method with a `MOCK` integration to each path",
    );
}

/// Marks the extensions that the other kind of API alone has, and says so.
pub(super) fn ignore<'d>(reader: &mut Reader<'d>, top: &'d Mapping, names: &[&str], kind: &str, help: &str) {
    for name in names {
        if let Some(entry) = top.entry(name) {
            reader.extension(top, name);
            reader.warn(entry.key_span, format!("`{name}` has no meaning on {kind} and is ignored"), help);
        }
    }
}

/// Where clients reach an API.
#[derive(Debug, Default)]
pub(super) struct Endpoint {
    pub(super) is_disabled: bool,
    pub(super) types: Vec<EndpointType>,
    pub(super) vpc_endpoint_ids: Vec<String>,
    pub(super) ip_address_type: Option<IpAddressType>,
}

/// `x-amazon-apigateway-endpoint-configuration`, at the top in 2.0 and at a server in 3.x; both places are read in both
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-endpoint-configuration.html>).
pub(super) fn endpoint<'d>(reader: &mut Reader<'d>, document: Document<'d>) -> Endpoint {
    const NAME: &str = extensions::ENDPOINT_CONFIGURATION;
    const MEMBERS: &[&str] = &["disableExecuteApiEndpoint", "ipAddressType", "types", "vpcEndpointIds"];
    let mut endpoint = Endpoint::default();
    for holder in std::iter::once(document.mapping).chain(servers(document)) {
        let Some(entry) = reader.extension(holder, NAME) else { continue };
        let Some(mapping) = reader.mapping(&entry.value, NAME) else { continue };
        reader.check_members(mapping, NAME, MEMBERS);
        for key in ["ipAddressType", "types", "vpcEndpointIds"] {
            if let Some(entry) = mapping.entry(key) {
                reader.not_yet(entry.key_span, NotYet::EndpointConfiguration);
            }
        }
        endpoint.is_disabled |= reader.boolean_of(mapping, "disableExecuteApiEndpoint").unwrap_or_default();
        endpoint.vpc_endpoint_ids.extend(reader.texts_of(mapping, "vpcEndpointIds", Purpose::Text));
        if let Some(types) = mapping.get("types") {
            for word in reader.texts(types, "types", Purpose::Text) {
                endpoint
                    .types
                    .extend(reader.keep(types.span, EndpointType::parse(&word.to_ascii_uppercase())));
            }
        }
        if let Some(node) = mapping.get("ipAddressType")
            && let Some(word) = reader.text(node, "ipAddressType", Purpose::Text)
        {
            endpoint.ip_address_type = reader.keep(node.span, IpAddressType::parse(&word));
        }
    }
    endpoint
}

/// The servers; a single one in place of the list is met in the wild and taken too.
fn servers<'d>(document: Document<'d>) -> impl Iterator<Item = &'d Mapping> {
    let servers = document.mapping.get("servers");
    let list = servers.and_then(Node::as_sequence).unwrap_or_default().iter();
    list.filter_map(Node::as_mapping).chain(servers.and_then(Node::as_mapping))
}

/// `basePath` of 2.0, `variables.basePath` of a 3.x server, or the path of its URL.
pub(super) fn base_path<'d>(reader: &mut Reader<'d>, document: Document<'d>) -> Option<String> {
    if document.version == Version::V2 {
        return reader.text_of(document.mapping, "basePath", Purpose::Text);
    }
    let server = servers(document).next()?;
    let variable = server
        .get("variables")
        .and_then(|variables| variables.get("basePath")?.get("default")?.scalar_text());
    if let Some(path) = variable {
        return Some(path.to_owned());
    }
    let url = server.get("url")?.as_str()?;
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?.1,
        None => url,
    };
    let path = path.trim_matches('/');
    (!path.is_empty()).then(|| format!("/{path}"))
}

/// Labels: tags with `x-amazon-apigateway-tag-value`; on HTTP APIs every tag is one, without a value if it has none
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-openapi-extensions-x-amazon-apigateway-tag-value.html>).
pub(super) fn tags<'d>(
    reader: &mut Reader<'d>,
    document: Document<'d>,
    kind: ApiKind,
) -> IndexMap<String, String> {
    let mut tags = IndexMap::new();
    let Some(list) = document.mapping.get("tags") else { return tags };
    for tag in reader.sequence(list, "tags").unwrap_or_default() {
        let Some(tag) = reader.mapping(tag, "tags") else { continue };
        let value = reader
            .extension(tag, extensions::TAG_VALUE)
            .and_then(|entry| reader.text(&entry.value, extensions::TAG_VALUE, Purpose::Text));
        if value.is_none() && kind == ApiKind::Rest {
            continue;
        }
        if let Some(name) = reader.text_of(tag, "name", Purpose::Text) {
            tags.insert(name, value.unwrap_or_default());
        }
    }
    tags
}

fn request_validators<'d>(reader: &mut Reader<'d>, top: &'d Mapping) -> Vec<RequestValidator> {
    const NAME: &str = extensions::REQUEST_VALIDATORS;
    const MEMBERS: &[&str] = &["validateRequestBody", "validateRequestParameters"];
    let Some(extension) = reader.extension(top, NAME) else { return Vec::new() };
    let mut validators = Vec::new();
    for entry in reader.mapping(&extension.value, NAME).into_iter().flatten() {
        let Some(mapping) = reader.mapping(&entry.value, &entry.key) else { continue };
        reader.check_members(mapping, NAME, MEMBERS);
        validators.push(RequestValidator {
            name: entry.key.to_string(),
            validate_request_body: reader.boolean_of(mapping, "validateRequestBody").unwrap_or_default(),
            validate_request_parameters: reader
                .boolean_of(mapping, "validateRequestParameters")
                .unwrap_or_default(),
        });
    }
    validators
}

/// The name in `x-amazon-apigateway-request-validator`, at the top or at an operation.
pub(super) fn request_validator<'d>(
    reader: &mut Reader<'d>,
    holder: &'d Mapping,
    validators: &[RequestValidator],
) -> Option<String> {
    const NAME: &str = extensions::REQUEST_VALIDATOR;
    let entry = reader.extension(holder, NAME)?;
    let name = reader.text(&entry.value, NAME, Purpose::Text)?;
    let names = validators.iter().map(|validator| validator.name.as_str());
    if !names.clone().any(|known| known == name) {
        let help = match reader.nearest(&name, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("define it under `{}`", extensions::REQUEST_VALIDATORS),
        };
        reader.error(entry.value.span, format!("the request validator `{name}` is not defined"), help);
        return None;
    }
    Some(name)
}

/// `x-amazon-apigateway-gateway-responses`
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-gateway-responses.html>).
fn gateway_responses<'d>(reader: &mut Reader<'d>, top: &'d Mapping) -> Vec<GatewayResponse> {
    const NAME: &str = extensions::GATEWAY_RESPONSES;
    let Some(extension) = reader.extension(top, NAME) else { return Vec::new() };
    let Some(entries) = reader.mapping(&extension.value, NAME) else { return Vec::new() };
    entries.iter().filter_map(|entry| gateway_response(reader, entry)).collect()
}

fn gateway_response<'d>(reader: &mut Reader<'d>, entry: &'d Entry) -> Option<GatewayResponse> {
    const MEMBERS: &[&str] = &["statusCode", "responseParameters", "responseTemplates"];
    let kind = GatewayResponseType::parse(&entry.key).map_err(|problem| {
        let names = GatewayResponseType::ALL.iter().map(|kind| kind.as_str());
        let near = reader.nearest(&entry.key, names);
        let help = near.map_or(problem.help, |near| Some(format!("did you mean `{near}`?")));
        Problem { message: format!("`{}` is not a type of gateway response", entry.key), help, ..problem }
    });
    let kind = reader.keep(entry.key_span, kind)?;
    let mapping = reader.mapping(&entry.value, &entry.key)?;
    reader.check_members(mapping, &entry.key, MEMBERS);
    let status_code = mapping.get("statusCode").and_then(|node| {
        let text = reader.text(node, "statusCode", Purpose::Text)?;
        reader.keep(node.span, StatusCode::parse(&text))
    });
    let response_parameters = expressions(reader, mapping, "responseParameters");
    let place = mapping.entry("responseParameters").map_or(entry.key_span, |entry| entry.key_span);
    for (target, source) in &response_parameters {
        if let Err(error) = gateway_response_header(target, source) {
            let message = format!("the mapping `{target}` from `{source}` is left out: {error}");
            reader.warn(place, message, "map headers, such as `gatewayresponse.header.x-a: \"'text'\"`");
        }
    }
    let response_templates = expressions(reader, mapping, "responseTemplates");
    let place = mapping.entry("responseTemplates").map_or(entry.key_span, |entry| entry.key_span);
    for kind in response_templates.keys() {
        if let Err(error) = gateway_response_type(kind) {
            let message = format!("the body of the type {kind:?} is left out: {error}");
            reader.warn(place, message, "name it by its content type, such as `application/json`");
        }
    }
    Some(GatewayResponse { kind, status_code, response_parameters, response_templates })
}

fn expressions<'d>(reader: &mut Reader<'d>, mapping: &'d Mapping, key: &str) -> IndexMap<String, String> {
    let entries = mapping.get(key).and_then(|node| reader.mapping(node, key));
    let text = |entry: &'d Entry| {
        Some((entry.key.to_string(), reader.text(&entry.value, &entry.key, Purpose::Expression)?))
    };
    entries.into_iter().flatten().filter_map(text).collect()
}

/// `x-amazon-apigateway-cors`
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-cors-configuration.html>).
pub(super) fn cors<'d>(reader: &mut Reader<'d>, top: &'d Mapping) -> Option<Cors> {
    const NAME: &str = extensions::CORS;
    const MEMBERS: &[&str] =
        &["allowCredentials", "allowHeaders", "allowMethods", "allowOrigins", "exposeHeaders", "maxAge"];
    let extension = reader.extension(top, NAME)?;
    let mapping = reader.mapping(&extension.value, NAME)?;
    reader.check_members(mapping, NAME, MEMBERS);
    let cors = Cors {
        allow_credentials: reader.boolean_of(mapping, "allowCredentials").unwrap_or_default(),
        allow_headers: reader.texts_of(mapping, "allowHeaders", Purpose::Text),
        allow_methods: reader.texts_of(mapping, "allowMethods", Purpose::Text),
        allow_origins: reader.texts_of(mapping, "allowOrigins", Purpose::Text),
        expose_headers: reader.texts_of(mapping, "exposeHeaders", Purpose::Text),
        max_age_seconds: reader.number_of(mapping, "maxAge"),
    };
    reader.keep(extension.key_span, cors.check())?;
    Some(cors)
}

/// A value kept as JSON text, with the intrinsics in it resolved as texts are. JSON inside a string is taken as well.
fn json<'d>(reader: &mut Reader<'d>, node: &'d Node, what: &str) -> Option<JsonText> {
    let mut text = String::new();
    match node.as_str() {
        Some(json) => text.push_str(json),
        None => write_json(reader, node, what, &mut text),
    }
    let parsed =
        JsonText::parse(&text).map_err(|problem| problem.help("write a mapping, or JSON in a string"));
    reader.keep(node.span, parsed)
}

/// Recursion ends: no document is deeper than [`MAX_DEPTH`](crate::document::MAX_DEPTH).
fn write_json<'d>(reader: &mut Reader<'d>, node: &'d Node, what: &str, json: &mut String) {
    match &node.value {
        Value::Mapping(mapping) if !intrinsics::is_intrinsic(node) => {
            json.push('{');
            for (index, entry) in mapping.iter().enumerate() {
                json.push_str(if index == 0 { "" } else { "," });
                json.push_str(&serde_json::Value::from(entry.key.as_ref()).to_string());
                json.push(':');
                write_json(reader, &entry.value, what, json);
            }
            json.push('}');
        }
        Value::Sequence(items) => {
            json.push('[');
            for (index, item) in items.iter().enumerate() {
                json.push_str(if index == 0 { "" } else { "," });
                write_json(reader, item, what, json);
            }
            json.push(']');
        }
        Value::Mapping(_) | Value::String(_) => {
            let text = reader.text(node, what, Purpose::Expression);
            json.push_str(
                &text.map_or_else(|| "null".to_owned(), |text| serde_json::Value::from(text).to_string()),
            );
        }
        _ => json.push_str(&node.to_json()),
    }
}
