//! Events of Lambda authorizers
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html>,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html>): the request as an
//! integration would hear of it, without its body, or one header of it.

use std::borrow::Cow;

use gatelet_model::PayloadFormat;

use super::json::Json;
use super::{Purpose, Route, Source};
use crate::authorizers::Asked;

/// The event of a `TOKEN` authorizer.
pub(crate) fn token(value: &str, arn: &str) -> Vec<u8> {
    const FIXED: usize = 64;
    let mut json = Json::with_capacity(FIXED + value.len() + arn.len());
    json.open();
    json.text("type", "TOKEN");
    json.text("authorizationToken", value);
    json.text("methodArn", &quotable(arn));
    json.close();
    json.into_bytes()
}

/// An ARN that a function can allow just as it is told: a star that a client put into the path stands for itself, as policies write
/// it (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars>). Otherwise a
/// remembered answer to `GET /users/*` would open every user. No path has the other marks of patterns and variables, `?` and `{`,
/// without an escape.
///
/// ASSUMPTION: AWS tells nothing of such paths.
fn quotable(arn: &str) -> Cow<'_, str> {
    if arn.contains('*') { Cow::Owned(arn.replace('*', "${*}")) } else { Cow::Borrowed(arn) }
}

/// The event of a `REQUEST` authorizer, with the values of its identity sources and the stage's variables as JSON.
pub(crate) fn request(
    asked: &Asked<'_>,
    format: PayloadFormat,
    identity: &[Cow<'_, str>],
    stage_variables: Option<&str>,
) -> Vec<u8> {
    let Asked { arrival, located, path, route, head, record, arn } = *asked;
    let arn = &quotable(arn);
    let source = Source {
        arrival,
        record,
        located,
        method: &head.method,
        headers: &head.headers,
        extensions: &head.extensions,
        query: head.uri.query().unwrap_or_default(),
        path: path.as_str(),
        path_is_mapped: false,
        canonical: path,
        purpose: Purpose::Authorizer { arn, identity },
    };
    let route = Route {
        key: route.key,
        resource: route.key.split_once(' ').map_or(route.key, |(_, resource)| resource),
        resource_id: route.resource_id,
        template: route.template,
        rules: route.rules,
        operation_name: None,
    };
    match format {
        PayloadFormat::One => super::write_1_0(&source, &route, stage_variables),
        PayloadFormat::Two => super::write_2_0(&source, &route, stage_variables),
    }
}
