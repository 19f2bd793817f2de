//! `x-amazon-apigateway-integration`
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html>).

use gatelet_model::v2::HttpIntegration;
use gatelet_model::{
    Connection, ContentHandling, Integration, IntegrationResponse, IntegrationType, PartId,
    PassthroughBehavior, PayloadFormat, Problem, ResponseTransferMode, StatusCode, Timeout, TlsConfig,
    limits,
};
use indexmap::IndexMap;

use super::super::intrinsics::{self, Purpose};
use super::super::not_yet::NotYet;
use super::super::reader::Reader;
use super::super::{http_mappings, mappings};
use super::services;
use crate::document::{Entry, Mapping, Node};

/// Every member that the extension has, for both kinds of API.
const MEMBERS: &[&str] = &[
    "$ref",
    "cacheKeyParameters",
    "cacheNamespace",
    "connectionId",
    "connectionType",
    "contentHandling",
    "credentials",
    "description",
    "httpMethod",
    "integrationSubtype",
    "integrationTarget",
    "isDefaultRoute",
    "passthroughBehavior",
    "payloadFormatVersion",
    "requestParameters",
    "requestTemplates",
    "responseParameters",
    "responseTransferMode",
    "responses",
    "timeoutInMillis",
    "tlsConfig",
    "type",
    "uri",
];

/// Members that only REST APIs act on.
const REST_ONLY: &[&str] = &[
    "cacheKeyParameters",
    "cacheNamespace",
    "contentHandling",
    "integrationTarget",
    "requestTemplates",
    "responseTransferMode",
    "responses",
];

/// Members that only HTTP APIs act on. `payloadFormatVersion` is not among them: AWS takes it everywhere.
const HTTP_ONLY: &[&str] = &["integrationSubtype", "responseParameters"];

/// What both kinds of API read alike.
struct Common {
    kind: IntegrationType,
    method: Option<String>,
    uri: Option<String>,
    connection: Connection,
    credentials: Option<String>,
    timeout: Option<Timeout>,
    tls: TlsConfig,
}

/// The integration of a REST method.
pub(super) fn rest<'d>(reader: &mut Reader<'d>, node: &'d Node) -> Option<Integration> {
    let node = reader.follow(node)?;
    let mapping = reader.mapping(node, "x-amazon-apigateway-integration")?;
    reader.check_members(mapping, "x-amazon-apigateway-integration", MEMBERS);
    warn_of_others(reader, mapping, HTTP_ONLY, "a REST API");
    let common = common(reader, node, mapping, true)?;
    let is_mock = common.kind == IntegrationType::Mock;
    let uri = common.uri.filter(|_| !is_mock);
    if !is_mock && mapping.get("httpMethod").is_none() {
        reader.error(
            node.span,
            "the integration does not say which method the backend sees",
            "add `httpMethod`: `POST` for Lambda and AWS services, `ANY` to pass on the client's own",
        );
    }
    let request_templates = templates(reader, mapping, "requestTemplates", mappings::are_used(common.kind));
    let request_parameters = parameters(reader, mapping, "requestParameters", true);
    if common.kind == IntegrationType::HttpProxy || mappings::are_used(common.kind) && !is_mock {
        mappings::check_request(reader, mapping, &request_parameters);
    }
    let cache_key_parameters = reader.texts_of(mapping, "cacheKeyParameters", Purpose::Expression);
    let cache_namespace = reader.text_of(mapping, "cacheNamespace", Purpose::Text);
    if let Some(entry) = mapping.entry("cacheKeyParameters").filter(|_| !cache_key_parameters.is_empty()) {
        reader.not_yet(entry.key_span, NotYet::Caching);
    }
    let content_handling = content_handling(reader, mapping);
    let leads_nowhere = !is_mock && uri.is_none();
    let integration = Integration {
        http_method: common.method.filter(|_| !is_mock),
        uri,
        connection: common.connection,
        credentials: common.credentials,
        request_parameters,
        request_templates,
        passthrough_behavior: reader.word_of(mapping, "passthroughBehavior", PassthroughBehavior::parse),
        content_handling,
        timeout: common.timeout.unwrap_or(Timeout::REST_DEFAULT),
        cache_namespace,
        cache_key_parameters,
        tls: common.tls,
        response_transfer_mode: reader
            .word_of(mapping, "responseTransferMode", ResponseTransferMode::parse)
            .unwrap_or(ResponseTransferMode::Buffered),
        responses: responses(reader, node, mapping, common.kind),
        ..Integration::new(common.kind)
    };
    if leads_nowhere {
        return no_uri(reader, node, mapping);
    }
    Some(integration)
}

/// The integration of an HTTP API.
pub(super) fn http<'d>(reader: &mut Reader<'d>, node: &'d Node, id: PartId) -> Option<HttpIntegration> {
    let mapping = reader.mapping(node, "x-amazon-apigateway-integration")?;
    reader.check_members(mapping, "x-amazon-apigateway-integration", MEMBERS);
    warn_of_others(reader, mapping, REST_ONLY, "an HTTP API");
    let common = common(reader, node, mapping, false)?;
    let subtype = reader.text_of(mapping, "integrationSubtype", Purpose::Text);
    if let Some(subtype) = &subtype
        && common.kind == IntegrationType::AwsProxy
    {
        services::check_action(reader, node, mapping, subtype, common.credentials.is_some());
    }
    if !matches!(common.kind, IntegrationType::AwsProxy | IntegrationType::HttpProxy) {
        let span = mapping.get("type").map_or(node.span, |kind| kind.span);
        let message = format!("HTTP APIs have no {} integrations", common.kind);
        reader.error(span, message, "use AWS_PROXY or HTTP_PROXY, or make it a REST API with `--rest`");
        return None;
    }
    // A service action's parameters are its arguments.
    if subtype.is_none() {
        http_mappings::check(reader, mapping);
    }
    let leads_nowhere =
        common.uri.is_none() && (subtype.is_none() || common.kind == IntegrationType::HttpProxy);
    let integration = HttpIntegration {
        id,
        kind: common.kind,
        payload_format: payload_format(reader, node, mapping, common.kind, subtype.is_some()),
        subtype,
        method: common.method,
        uri: common.uri,
        connection: common.connection,
        credentials: common.credentials,
        request_parameters: parameters(reader, mapping, "requestParameters", false),
        response_parameters: response_parameters(reader, mapping),
        timeout: common.timeout.unwrap_or(Timeout::HTTP_DEFAULT),
        tls: common.tls,
    };
    if leads_nowhere {
        return no_uri(reader, node, mapping);
    }
    Some(integration)
}

/// An integration that leads nowhere; where the URI is there but cannot be read, that is reported already.
fn no_uri<T>(reader: &mut Reader<'_>, node: &Node, mapping: &Mapping) -> Option<T> {
    if mapping.get("uri").is_none_or(Node::is_null) {
        let help = "add `uri`: the backend's address, or the ARN that invokes the function";
        reader.error(node.span, "the integration has no `uri`", help);
    }
    None
}

fn common<'d>(
    reader: &mut Reader<'d>,
    node: &'d Node,
    mapping: &'d Mapping,
    is_rest: bool,
) -> Option<Common> {
    let Some(kind_node) = mapping.get("type") else {
        let help = "add `type`: HTTP_PROXY, MOCK, AWS_PROXY, AWS or HTTP";
        reader.error(node.span, "the integration has no `type`", help);
        return None;
    };
    let kind = reader.word(kind_node, "type", IntegrationType::parse)?;
    let is_http = matches!(kind, IntegrationType::Http | IntegrationType::HttpProxy);
    let connection = connection(reader, node, mapping);
    let purpose = if is_http { Purpose::Url } else { Purpose::Function };
    let uri = reader.text_of(mapping, "uri", purpose);
    if let (Some(uri), Some(uri_node)) = (&uri, mapping.get("uri")) {
        let is_direct = is_rest || connection == Connection::Internet;
        check_uri(reader, uri_node, uri, is_http && is_direct);
        if kind == IntegrationType::Aws {
            services::check_uri(reader, uri_node, uri);
        }
        if is_http && !is_direct && !uri.starts_with("arn:") && !uri.starts_with('$') {
            reader.report(uri_node.span, Problem::warning(format!("`{uri}` does not lead through a VPC link: calls answer 500")).help(
                "name what stands at its end: the ARN of a load balancer's listener or of a Cloud Map service",
            ));
        }
    }
    let credentials = reader.text_of(mapping, "credentials", Purpose::Role).filter(|role| !role.is_empty());
    services::check_credentials(reader, mapping, credentials.as_deref(), kind);
    Some(Common {
        kind,
        method: method(reader, mapping),
        uri,
        connection,
        credentials,
        timeout: timeout(reader, mapping),
        tls: tls(reader, mapping, is_rest),
    })
}

fn check_uri(reader: &mut Reader<'_>, node: &Node, uri: &str, is_direct: bool) {
    if uri.chars().count() > limits::URI_CHARACTERS_MAX {
        let message = format!("the URI is longer than {} characters", limits::URI_CHARACTERS_MAX);
        reader.error(node.span, message, "shorten it");
    }
    let lower = uri.to_ascii_lowercase();
    let has_scheme =
        ["http://", "https://", "${stagevariables."].iter().any(|start| lower.starts_with(start));
    if is_direct && !has_scheme {
        reader.error(
            node.span,
            format!("`{uri}` is not an address of an HTTP backend"),
            "begin with `http://`, `https://` or a stage variable such as `${stageVariables.url}`",
        );
    }
}

/// The backend's method; `ANY` is the client's own.
fn method<'d>(reader: &mut Reader<'d>, mapping: &'d Mapping) -> Option<String> {
    let node = mapping.get("httpMethod")?;
    let method = reader.text(node, "httpMethod", Purpose::Text)?.to_ascii_uppercase();
    if method == "ANY" {
        return None;
    }
    let parsed = gatelet_model::Method::parse(&method)
        .map_err(|problem| Problem { message: format!("`httpMethod` cannot be `{method}`"), ..problem });
    reader.keep(node.span, parsed).map(|method| method.as_str().to_owned())
}

fn connection<'d>(reader: &mut Reader<'d>, node: &'d Node, mapping: &'d Mapping) -> Connection {
    let id = reader.text_of(mapping, "connectionId", Purpose::Text);
    let target = reader.text_of(mapping, "integrationTarget", Purpose::Text);
    let Some(kind) = mapping.entry("connectionType") else { return Connection::Internet };
    let word = reader.text(&kind.value, "connectionType", Purpose::Text).unwrap_or_default();
    match word.to_ascii_uppercase().as_str() {
        "INTERNET" | "" => Connection::Internet,
        "VPC_LINK" => {
            let Some(id) = id else {
                reader.error(node.span, "the VPC link is not named", "add `connectionId`: the link's id");
                return Connection::Internet;
            };
            Connection::VpcLink { id, target }
        }
        _ => {
            let message = format!("`connectionType` cannot be `{word}`");
            reader.error(kind.value.span, message, "one of: INTERNET, VPC_LINK");
            Connection::Internet
        }
    }
}

fn timeout<'d>(reader: &mut Reader<'d>, mapping: &'d Mapping) -> Option<Timeout> {
    let node = mapping.get("timeoutInMillis")?;
    let milliseconds = reader.number(node, "timeoutInMillis")?;
    reader.keep(node.span, Timeout::from_milliseconds(milliseconds))
}

fn tls<'d>(reader: &mut Reader<'d>, mapping: &'d Mapping, is_rest: bool) -> TlsConfig {
    let Some(entry) = mapping.entry("tlsConfig") else { return TlsConfig::default() };
    let Some(tls) = reader.mapping(&entry.value, "tlsConfig") else { return TlsConfig::default() };
    reader.check_members(tls, "tlsConfig", &["insecureSkipVerification", "serverNameToVerify"]);
    match is_rest {
        true => warn_of_others(reader, tls, &["serverNameToVerify"], "a REST API"),
        false => warn_of_others(reader, tls, &["insecureSkipVerification"], "an HTTP API"),
    }
    TlsConfig {
        insecure_skip_verification: reader.boolean_of(tls, "insecureSkipVerification").unwrap_or_default(),
        server_name_to_verify: reader.text_of(tls, "serverNameToVerify", Purpose::Text),
    }
}

fn content_handling<'d>(reader: &mut Reader<'d>, mapping: &'d Mapping) -> Option<ContentHandling> {
    reader.word_of(mapping, "contentHandling", ContentHandling::parse)
}

/// The event format of a Lambda integration; all others know `1.0` alone.
fn payload_format<'d>(
    reader: &mut Reader<'d>,
    node: &'d Node,
    mapping: &'d Mapping,
    kind: IntegrationType,
    is_service: bool,
) -> PayloadFormat {
    let Some(version) = mapping.get("payloadFormatVersion") else {
        if kind == IntegrationType::AwsProxy && !is_service {
            let help = "add `payloadFormatVersion: \"2.0\"`, or \"1.0\" for a function written for REST APIs";
            reader.warn(node.span, "the function's event format is not given and taken to be 1.0", help);
        }
        return PayloadFormat::One;
    };
    let text = reader.text(version, "payloadFormatVersion", Purpose::Text).unwrap_or_default();
    match text.as_str() {
        "1.0" | "1" => PayloadFormat::One,
        "2.0" | "2" => PayloadFormat::Two,
        _ => {
            let message = format!("`payloadFormatVersion` cannot be `{text}`");
            reader.error(version.span, message, "one of: \"1.0\", \"2.0\"");
            PayloadFormat::One
        }
    }
}

/// Parameter mappings. AWS warns of a value that is no text on a REST API and leaves it out.
fn parameters<'d>(
    reader: &mut Reader<'d>,
    mapping: &'d Mapping,
    key: &str,
    is_text_alone: bool,
) -> IndexMap<String, String> {
    let Some(node) = mapping.get(key) else { return IndexMap::new() };
    let Some(entries) = reader.mapping(node, key) else { return IndexMap::new() };
    let mut result = IndexMap::with_capacity(entries.len());
    for Entry { key: name, value, .. } in entries {
        let is_text = value.as_str().is_some() || intrinsics::is_intrinsic(value);
        if is_text_alone && !is_text {
            let found = value.type_name();
            let message = format!("`{key}` maps `{name}` to a {found}, not to text; it is left out");
            reader.warn(value.span, message, "a static value is text in single quotes: `\"'true'\"`");
            continue;
        }
        if let Some(text) = reader.text(value, name, Purpose::Expression) {
            result.insert(name.to_string(), text);
        }
    }
    result
}

/// Body templates by content type. One that is null is as if it were not there.
fn templates<'d>(
    reader: &mut Reader<'d>,
    mapping: &'d Mapping,
    key: &str,
    is_used: bool,
) -> IndexMap<String, String> {
    let Some(node) = mapping.get(key).filter(|node| !node.is_null()) else { return IndexMap::new() };
    let Some(entries) = reader.mapping(node, key) else { return IndexMap::new() };
    let mut result = IndexMap::with_capacity(entries.len());
    for Entry { key: content_type, value, .. } in entries {
        if value.as_mapping().is_some() && !intrinsics::is_intrinsic(value) {
            let help = "quote the JSON, as in `'{\"statusCode\": 200}'`";
            reader.wrong_type(value, content_type, "a template as text", help);
            continue;
        }
        if let Some(template) = reader.text(value, content_type, Purpose::Expression) {
            if is_used {
                mappings::check_template(reader, value, &template);
            }
            result.insert(content_type.to_string(), template);
        }
    }
    result
}

/// The answers of a REST integration: `default`, or a pattern on the backend's status or error.
fn responses<'d>(
    reader: &mut Reader<'d>,
    owner: &'d Node,
    mapping: &'d Mapping,
    kind: IntegrationType,
) -> Vec<IntegrationResponse> {
    let is_proxy = matches!(kind, IntegrationType::AwsProxy | IntegrationType::HttpProxy);
    let Some(node) = mapping.get("responses") else {
        if !is_proxy {
            let message = format!("the {kind} integration has no `responses`: every call ends as 500");
            reader.warn(owner.span, message, "add `responses: {default: {statusCode: \"200\"}}`");
        }
        return Vec::new();
    };
    let Some(entries) = reader.mapping(node, "responses") else { return Vec::new() };
    let is_used = mappings::are_used(kind);
    entries.iter().filter_map(|entry| response(reader, entry, is_used)).collect()
}

fn response<'d>(reader: &mut Reader<'d>, entry: &'d Entry, is_used: bool) -> Option<IntegrationResponse> {
    const MEMBERS: &[&str] = &["statusCode", "responseParameters", "responseTemplates", "contentHandling"];
    let response = reader.mapping(&entry.value, &entry.key)?;
    reader.check_members(response, "responses", MEMBERS);
    let Some(status) = response.get("statusCode") else {
        let message = format!("the integration response `{}` has no `statusCode`", entry.key);
        reader.error(entry.key_span, message, "add the status that the client sees: `statusCode: \"200\"`");
        return None;
    };
    let status = reader
        .text(status, "statusCode", Purpose::Text)
        .and_then(|text| reader.keep(status.span, StatusCode::parse(&text)))?;
    let response_parameters = parameters(reader, response, "responseParameters", true);
    if is_used {
        mappings::check_response(reader, response, &response_parameters);
        mappings::check_pattern(reader, entry.key_span, &entry.key);
    }
    Some(IntegrationResponse {
        selection_pattern: (entry.key.as_ref() != "default").then(|| entry.key.to_string()),
        status_code: Some(status),
        response_parameters,
        response_templates: templates(reader, response, "responseTemplates", is_used),
        content_handling: content_handling(reader, response),
    })
}

/// Response mappings of an HTTP API, by status.
fn response_parameters<'d>(
    reader: &mut Reader<'d>,
    mapping: &'d Mapping,
) -> IndexMap<StatusCode, IndexMap<String, String>> {
    let Some(node) = mapping.get("responseParameters") else { return IndexMap::new() };
    let Some(by_status) = reader.mapping(node, "responseParameters") else { return IndexMap::new() };
    let mut result = IndexMap::new();
    for entry in by_status {
        if let Some(status) = reader.keep(entry.key_span, StatusCode::parse(&entry.key)) {
            result.insert(status, parameters(reader, by_status, &entry.key, false));
        }
    }
    result
}

fn warn_of_others(reader: &mut Reader<'_>, mapping: &Mapping, others: &[&str], kind: &str) {
    for key in others {
        if let Some(entry) = mapping.entry(key) {
            let message = format!("`{key}` of an integration has no meaning on {kind} and is ignored");
            reader.warn(
                entry.key_span,
                message,
                "remove it, or choose the kind of API with `--rest` or `--http`",
            );
        }
    }
}
