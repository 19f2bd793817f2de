//! The event of format 2.0, in which HTTP APIs tell a function of a request
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>).
//! What is not there is left out.

use gatelet_model::PathTemplate;

use super::event::{Field, Source, groups, write_path_parameters};
use super::json::{Json, decoded};
use super::media_types::is_text_to_http_apis;
use crate::record::request_time;
use crate::snapshot::routes::Rules;

/// What an event says of the route, apart from the request.
#[derive(Debug)]
pub(super) struct Route {
    /// `GET /pets/{id}` or `$default`.
    pub(super) key: Box<str>,
    /// None on `$default`.
    pub(super) template: Option<PathTemplate>,
}

/// Writes the event.
pub(super) fn write(source: &Source<'_>, route: &Route, stage_variables: Option<&str>) -> Vec<u8> {
    let mut json = Json::with_capacity(source.size_hint());
    let path = source.whole_path();
    let path = decoded(&path);
    let fields = source.fields();
    json.open();
    json.text("version", "2.0");
    json.text("routeKey", &route.key);
    json.text("rawPath", &path);
    json.text("rawQueryString", &source.call.query);
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
    json.text("content-length", itoa::Buffer::new().format(source.body.len()));
    json.close();
    write_query(&mut json, source);
    write_context(&mut json, source, route, &path);
    write_path_parameters(&mut json, source, route.template.as_ref(), Rules::Http);
    if let Some(variables) = stage_variables {
        json.raw("stageVariables", variables);
    }
    if source.body.is_empty() {
        source.write_flag(&mut json, false);
    } else {
        source.write_body(&mut json, !is_text_to_http_apis(source.content_type()));
    }
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

fn write_context(json: &mut Json, source: &Source<'_>, route: &Route, path: &str) {
    let Source { arrival, call, .. } = source;
    let stage = &call.located.stage;
    json.object("requestContext");
    json.text("accountId", stage.account_id());
    json.text("apiId", stage.api_id());
    json.text("domainName", &call.located.host);
    json.text("domainPrefix", source.domain_prefix());
    json.object("http");
    json.text("method", call.method.as_str());
    json.text("path", path);
    json.text("protocol", source.protocol());
    json.text("sourceIp", &arrival.peer.to_string());
    json.text("userAgent", source.user_agent().unwrap_or_default());
    json.close();
    json.text("requestId", source.record.request_id());
    json.text("routeKey", &route.key);
    json.text("stage", stage.name().as_str());
    json.text("time", &request_time(arrival.now));
    json.number("timeEpoch", arrival.now.milliseconds());
    json.close();
}
