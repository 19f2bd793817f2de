//! The event of format 1.0, in which all REST APIs and some HTTP APIs tell a function of a request
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format>,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>).
//! What is not there is `null`.

use std::borrow::Cow;
use std::sync::Arc;

use gatelet_model::PathTemplate;

use super::event::{Field, Source, groups, write_path_parameters};
use super::json::Json;
use super::media_types::{MediaTypes, is_text_to_http_apis};
use crate::payload::{HeaderNames, Spellings};
use crate::record::request_time;
use crate::snapshot::routes::Rules;

/// What an event says of the route, apart from the request.
#[derive(Debug)]
pub(super) struct Route {
    /// The resource's path, or `$default`.
    pub(super) resource: Box<str>,
    /// The resource's id; on HTTP APIs the route's key.
    pub(super) resource_id: Box<str>,
    /// None on `$default`.
    pub(super) template: Option<PathTemplate>,
    pub(super) dialect: Dialect,
}

/// Where the two kinds of API differ.
#[derive(Debug)]
pub(super) enum Dialect {
    Rest { binary: Arc<MediaTypes>, operation_name: Option<Box<str>> },
    Http,
}

impl Dialect {
    const fn rules(&self) -> Rules {
        match self {
            Self::Rest { .. } => Rules::Rest,
            Self::Http => Rules::Http,
        }
    }

    /// Whether a body of this type is passed on in base64. ASSUMPTION: one of no type is JSON to a REST API.
    fn is_binary(&self, content_type: Option<&str>) -> bool {
        match self {
            Self::Rest { binary, .. } => binary.contain(content_type.unwrap_or("application/json")),
            Self::Http => !is_text_to_http_apis(content_type),
        }
    }
}

/// Writes the event.
pub(super) fn write(source: &Source<'_>, route: &Route, stage_variables: Option<&str>) -> Vec<u8> {
    let mut json = Json::with_capacity(source.size_hint());
    let is_http = matches!(route.dialect, Dialect::Http);
    // Only on a custom domain does a REST API's path show what led to the stage.
    let path = match is_http || source.call.located.custom_domain {
        true => source.whole_path(),
        false => Cow::Borrowed(&*source.call.path),
    };
    json.open();
    if is_http {
        json.text("version", "1.0");
    }
    json.text("resource", &route.resource);
    json.text("path", &path);
    json.text("httpMethod", source.call.method.as_str());
    write_headers(&mut json, source, is_http);
    write_query(&mut json, source);
    write_context(&mut json, source, route, &path);
    if !write_path_parameters(&mut json, source, route.template.as_ref(), route.dialect.rules()) {
        json.raw("pathParameters", "null");
    }
    json.raw("stageVariables", stage_variables.unwrap_or("null"));
    if source.body.is_empty() {
        json.raw("body", "null");
        source.write_flag(&mut json, false);
    } else {
        source.write_body(&mut json, route.dialect.is_binary(source.content_type()));
    }
    json.close();
    json.into_bytes()
}

/// Single values are the last of each name, as recorded.
fn write_headers(json: &mut Json, source: &Source<'_>, with_length: bool) {
    let mut fields = source.fields();
    if with_length {
        let length = Cow::Owned(source.body.len().to_string());
        fields.push(Field { name: "content-length", value: length });
    }
    let mut names = Names::of(source);
    let spelled: Vec<(Cow<'_, str>, &[Field<'_>])> = groups(&fields, |one, other| one.name == other.name)
        .filter_map(|group| group.first().map(|field| (names.spelling(field.name), group)))
        .collect();
    json.object("headers");
    for (name, group) in &spelled {
        json.any_key(name);
        json.push_text(group.last().map_or("", |field| &*field.value));
    }
    json.close();
    json.object("multiValueHeaders");
    for (name, group) in &spelled {
        json.any_key(name);
        json.push_texts(group.iter().map(|field| &*field.value));
    }
    json.close();
}

fn write_query(json: &mut Json, source: &Source<'_>) {
    let pairs = source.query();
    if pairs.is_empty() {
        json.raw("queryStringParameters", "null");
        json.raw("multiValueQueryStringParameters", "null");
        return;
    }
    json.object("queryStringParameters");
    for group in groups(&pairs, |(one, _), (other, _)| one == other) {
        if let Some((name, value)) = group.last() {
            json.any_key(name);
            json.push_text(value);
        }
    }
    json.close();
    json.object("multiValueQueryStringParameters");
    for group in groups(&pairs, |(one, _), (other, _)| one == other) {
        if let Some((name, _)) = group.first() {
            json.any_key(name);
            json.push_texts(group.iter().map(|(_, value)| &**value));
        }
    }
    json.close();
}

fn write_context(json: &mut Json, source: &Source<'_>, route: &Route, path: &str) {
    let Source { arrival, call, record, .. } = source;
    let stage = &call.located.stage;
    json.object("requestContext");
    json.text("accountId", stage.account_id());
    json.text("apiId", stage.api_id());
    if let Dialect::Rest { operation_name, .. } = &route.dialect {
        json.text("deploymentId", stage.deployment_id().as_str());
        if let Some(name) = operation_name {
            json.text("operationName", name);
        }
    }
    json.text("domainName", &call.located.host);
    json.text("domainPrefix", source.domain_prefix());
    json.text("extendedRequestId", record.extended_request_id());
    json.text("httpMethod", call.method.as_str());
    write_identity(json, source, &route.dialect);
    match route.dialect {
        // As the client wrote it; `path` has only one slash at its front.
        Dialect::Rest { .. } => {
            let raw = [call.located.base(), call.located.raw_path()].concat();
            json.text("path", if raw.is_empty() { "/" } else { &raw });
        }
        Dialect::Http => json.text("path", path),
    }
    json.text("protocol", source.protocol());
    json.text("requestId", record.request_id());
    json.text("requestTime", &request_time(arrival.now));
    json.number("requestTimeEpoch", arrival.now.milliseconds());
    json.text("resourceId", &route.resource_id);
    json.text("resourcePath", &route.resource);
    json.text("stage", stage.name().as_str());
    json.close();
}

/// Who calls. Members of callers that sign or come through Cognito are null: such routes are closed in this version.
fn write_identity(json: &mut Json, source: &Source<'_>, dialect: &Dialect) {
    json.object("identity");
    json.raw("accessKey", "null");
    json.raw("accountId", "null");
    json.raw("caller", "null");
    if matches!(dialect, Dialect::Http) {
        json.raw("cognitoAmr", "null");
    }
    for name in [
        "cognitoAuthenticationProvider",
        "cognitoAuthenticationType",
        "cognitoIdentityId",
        "cognitoIdentityPoolId",
        "principalOrgId",
    ] {
        json.raw(name, "null");
    }
    json.text("sourceIp", &source.arrival.peer.to_string());
    json.raw("user", "null");
    json.optional("userAgent", source.user_agent());
    json.raw("userArn", "null");
    json.close();
}

/// How header names are spelled: as the client sent them, where the edge has seen it.
struct Names<'a> {
    sent: Option<Spellings<'a>>,
    /// Clients of HTTP/1 commonly begin each word with a capital; HTTP/2 knows lower case alone.
    capitals: bool,
}

impl<'a> Names<'a> {
    fn of(source: &Source<'a>) -> Self {
        Self {
            sent: source.call.extensions.get::<HeaderNames>().map(HeaderNames::spellings),
            capitals: source.record.version != http::Version::HTTP_2,
        }
    }

    fn spelling(&mut self, name: &'a str) -> Cow<'a, str> {
        if is_capital_on_aws(name) {
            return Cow::Owned(capitalised(name));
        }
        match self.sent.as_mut().and_then(|sent| sent.of(name)) {
            Some(sent) => Cow::Borrowed(sent),
            None if self.capitals => Cow::Owned(capitalised(name)),
            None => Cow::Borrowed(name),
        }
    }
}

/// Names that AWS writes in its own way, whatever the client sent (recorded).
fn is_capital_on_aws(name: &str) -> bool {
    matches!(name, "authorization" | "content-length" | "host" | "user-agent" | "x-amzn-trace-id")
        || name.starts_with("x-forwarded-")
}

/// The name with a capital at the beginning of each word.
fn capitalised(name: &str) -> String {
    let mut text = name.to_owned();
    let starts = std::iter::once(0).chain(name.match_indices('-').map(|(at, _)| at + 1));
    for start in starts {
        if let Some(first) = text.get_mut(start..start + 1) {
            first.make_ascii_uppercase();
        }
    }
    text
}
