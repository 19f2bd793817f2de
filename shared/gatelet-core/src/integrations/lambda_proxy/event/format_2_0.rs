//! The event of format 2.0, in which HTTP APIs tell a function of a request
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>).
//! What is not there is left out.

use super::json::{Json, decoded};
use super::{Field, Purpose, Route, Source, callers, groups, write_path_parameters};
use crate::record::request_time;

/// Writes the event.
pub(in super::super) fn write(
    source: &Source<'_>,
    route: &Route<'_>,
    stage_variables: Option<&str>,
) -> Vec<u8> {
    let mut json = Json::with_capacity(source.size_hint());
    let path = source.whole_path();
    let path = decoded(&path);
    let fields = source.fields();
    json.open();
    json.text("version", "2.0");
    if let Purpose::Authorizer { arn, identity } = source.purpose {
        json.text("type", "REQUEST");
        json.text("routeArn", arn);
        // ASSUMPTION: left out where there are no sources, as all that is not there.
        if !identity.is_empty() {
            json.texts("identitySource", identity.iter().map(|value| &**value));
        }
    }
    json.text("routeKey", route.key);
    json.text("rawPath", &path);
    json.text("rawQueryString", source.query);
    let cookies = || fields.iter().filter(|field| field.name == COOKIE).flat_map(cookies_of);
    if cookies().next().is_some() {
        json.texts("cookies", cookies());
    }
    json.object("headers");
    for group in groups(&fields, |one, other| one.name == other.name) {
        if let Some(Field { name, .. }) = group.first().filter(|field| field.name != COOKIE) {
            json.any_key(name);
            json.push_joined(group.iter().map(|field| &*field.value));
        }
    }
    if let Some(length) = source.content_length() {
        json.text("content-length", &length);
    }
    json.close();
    write_query(&mut json, source);
    write_context(&mut json, source, route, &path);
    write_path_parameters(&mut json, source, route);
    if let Some(variables) = stage_variables {
        json.raw("stageVariables", variables);
    }
    source.write_body(&mut json, None);
    json.close();
    json.into_bytes()
}

const COOKIE: &str = "cookie";

/// The cookies in a `Cookie` header: they are told apart from the other headers.
fn cookies_of<'a>(field: &'a Field<'_>) -> impl Iterator<Item = &'a str> {
    field.value.split(';').map(str::trim).filter(|cookie| !cookie.is_empty())
}

fn write_query(json: &mut Json, source: &Source<'_>) {
    let pairs = source.query();
    if pairs.is_empty() {
        return;
    }
    json.object("queryStringParameters");
    for group in groups(&pairs, |(one, _), (other, _)| one == other) {
        if let Some((name, _)) = group.first() {
            json.any_key(name);
            json.push_joined(group.iter().map(|(_, value)| &**value));
        }
    }
    json.close();
}

fn write_context(json: &mut Json, source: &Source<'_>, route: &Route<'_>, path: &str) {
    let Source { arrival, located, record, .. } = source;
    let stage = &located.stage;
    json.object("requestContext");
    json.text("accountId", stage.account_id());
    json.text("apiId", stage.api_id());
    if let Some(certificate) = record.certificate() {
        json.object("authentication");
        callers::write_certificate(json, certificate);
        json.close();
    }
    callers::write_authorizer_2_0(json, record.caller());
    json.text("domainName", &located.host);
    json.text("domainPrefix", source.domain_prefix());
    json.object("http");
    json.text("method", source.method.as_str());
    json.text("path", path);
    json.text("protocol", source.protocol());
    json.text("sourceIp", &arrival.peer.to_string());
    json.text("userAgent", source.user_agent().unwrap_or_default());
    json.close();
    json.text("requestId", record.request_id());
    json.text("routeKey", route.key);
    json.text("stage", stage.name().as_str());
    json.text("time", &request_time(arrival.now));
    json.number("timeEpoch", arrival.now.milliseconds());
    json.close();
}
