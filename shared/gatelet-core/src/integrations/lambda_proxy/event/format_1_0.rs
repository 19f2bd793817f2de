//! The event of format 1.0, in which all REST APIs and some HTTP APIs tell a function of a request
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format>,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>).
//! What is not there is `null`.

use std::borrow::Cow;

use super::callers;
use super::json::Json;
use super::{Field, Purpose, Route, Source, groups, write_path_parameters};
use crate::payload::{HeaderNames, Spelling};
use crate::record::request_time;
use crate::snapshot::routes::Rules;

/// Writes the event. To authorizers, what is not there is `{}` instead (recorded).
pub(in super::super) fn write(
    source: &Source<'_>,
    route: &Route<'_>,
    stage_variables: Option<&str>,
) -> Vec<u8> {
    let mut json = Json::with_capacity(source.size_hint());
    let is_http = route.rules == Rules::Http;
    let nothing = match source.purpose {
        Purpose::Integration { .. } => "null",
        Purpose::Authorizer { .. } => "{}",
    };
    // Only on a custom domain does a REST API's path show what led to the stage.
    let path = match is_http || source.located.custom_domain {
        true => source.whole_path(),
        false => Cow::Borrowed(source.path),
    };
    json.open();
    if is_http {
        json.text("version", "1.0");
    }
    if let Purpose::Authorizer { arn, identity } = source.purpose {
        json.text("type", "REQUEST");
        json.text("methodArn", arn);
        if is_http && !identity.is_empty() {
            for name in ["identitySource", "authorizationToken"] {
                json.key(name);
                json.push_joined(identity.iter().map(|value| &**value));
            }
        }
    }
    json.text("resource", route.resource);
    json.text("path", &path);
    json.text("httpMethod", source.method.as_str());
    write_headers(&mut json, source, is_http);
    write_query(&mut json, source, nothing);
    write_context(&mut json, source, route, &path);
    if !write_path_parameters(&mut json, source, route) {
        json.raw("pathParameters", nothing);
    }
    json.raw("stageVariables", stage_variables.unwrap_or(nothing));
    source.write_body(&mut json, Some("null"));
    json.close();
    json.into_bytes()
}

/// Single values are the last of each name, as recorded.
fn write_headers(json: &mut Json, source: &Source<'_>, with_length: bool) {
    let mut fields = source.fields();
    if let Some(value) = source.content_length().filter(|_| with_length) {
        fields.push(Field { name: "content-length", value });
    }
    let mut names = Spelling::of(source.extensions.get::<HeaderNames>(), source.record.version);
    let spelled: Vec<(Cow<'_, str>, &[Field<'_>])> = groups(&fields, |one, other| one.name == other.name)
        .filter_map(|group| group.first().map(|field| (names.spelled(field.name), group)))
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

fn write_query(json: &mut Json, source: &Source<'_>, nothing: &str) {
    let pairs = source.query();
    if pairs.is_empty() {
        json.raw("queryStringParameters", nothing);
        json.raw("multiValueQueryStringParameters", nothing);
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

fn write_context(json: &mut Json, source: &Source<'_>, route: &Route<'_>, path: &str) {
    let Source { arrival, located, record, .. } = source;
    let stage = &located.stage;
    json.object("requestContext");
    json.text("accountId", stage.account_id());
    json.text("apiId", stage.api_id());
    callers::write_authorizer_1_0(json, record.caller(), route.rules);
    if route.rules == Rules::Rest {
        json.text("deploymentId", stage.deployment_id().as_str());
        if let Some(name) = route.operation_name {
            json.text("operationName", name);
        }
    }
    json.text("domainName", &located.host);
    json.text("domainPrefix", source.domain_prefix());
    json.text("extendedRequestId", record.extended_request_id());
    json.text("httpMethod", source.method.as_str());
    write_identity(json, source, route.rules);
    match route.rules {
        // As the client wrote it; `path` has only one slash at its front.
        Rules::Rest => {
            let raw = [located.base(), located.raw_path()].concat();
            json.text("path", if raw.is_empty() { "/" } else { &raw });
        }
        Rules::Http => json.text("path", path),
    }
    json.text("protocol", source.protocol());
    json.text("requestId", record.request_id());
    json.text("requestTime", &request_time(arrival.now));
    json.number("requestTimeEpoch", arrival.now.milliseconds());
    json.text("resourceId", route.resource_id);
    json.text("resourcePath", route.resource);
    json.text("stage", stage.name().as_str());
    json.close();
}

/// Who calls, as far as AWS credentials, API keys and certificates tell. Members of callers that come through a Cognito identity pool
/// are null: nobody vouches for them.
fn write_identity(json: &mut Json, source: &Source<'_>, rules: Rules) {
    let iam = source.record.caller().and_then(|caller| caller.iam());
    json.object("identity");
    json.optional("accessKey", iam.and_then(|identity| identity.access_key.as_deref()));
    json.optional("accountId", iam.map(|identity| &*identity.account_id));
    if let (Some(key), Some(client)) = (source.record.api_key(), source.record.client()) {
        json.text("apiKey", key.reveal());
        json.text("apiKeyId", client.key.id.as_str());
    }
    json.optional("caller", iam.map(|identity| &*identity.user_id));
    if let Some(certificate) = source.record.certificate() {
        callers::write_certificate(json, certificate);
    }
    if rules == Rules::Http {
        json.raw("cognitoAmr", "null");
    }
    for name in [
        "cognitoAuthenticationProvider",
        "cognitoAuthenticationType",
        "cognitoIdentityId",
        "cognitoIdentityPoolId",
    ] {
        json.raw(name, "null");
    }
    json.optional("principalOrgId", iam.and_then(|identity| identity.principal_org_id.as_deref()));
    json.text("sourceIp", &source.arrival.peer.to_string());
    json.optional("user", iam.map(|identity| &*identity.user_id));
    json.optional("userAgent", source.user_agent());
    json.optional("userArn", iam.map(|identity| &*identity.user_arn));
    json.close();
}
