//! Events of authorizers.

use gatelet_model::{MethodKey, PayloadFormat};
use serde_json::{Value, json};

use super::captures::{http_request, rebuild, rest_request, text};
use super::{http, request, rest};

const ARN: &str = "arn:aws:execute-api:us-east-1:123456789012:abc123/dev/GET/pets/7";

#[test]
fn a_token_event_has_three_members() {
    let event = super::super::event::authorizer::token("Bearer \"a\"\u{1}", ARN);
    assert_eq!(
        serde_json::from_slice::<Value>(&event).unwrap(),
        json!({"type": "TOKEN", "authorizationToken": "Bearer \"a\"\u{1}", "methodArn": ARN})
    );
}

#[test]
fn a_rest_authorizer_hears_of_the_request_as_the_proxy_does_but_for_the_body() {
    let mut setup = rest("/pets/{id}");
    setup.method = MethodKey::parse("GET").unwrap();
    let sent = || request("GET /pets/a%2fb?q=1", &[("Authorization", "x"), ("Content-Length", "3")], "abc");
    let mut expected = setup.event(sent());
    let object = expected.as_object_mut().unwrap();
    for name in ["body", "isBase64Encoded"] {
        object.remove(name).unwrap();
    }
    object.insert("type".to_owned(), json!("REQUEST"));
    object.insert("methodArn".to_owned(), json!(ARN));
    object.insert("stageVariables".to_owned(), json!({}));
    let event = setup.authorizer_event(sent(), "GET /pets/{id}", PayloadFormat::One, ARN, &["x"]);
    assert_eq!(event, expected);
}

#[test]
fn http_authorizers_hear_of_their_identity_sources_and_of_the_length_that_the_client_tells() {
    let mut setup = http("/pets/{id}", PayloadFormat::Two);
    setup.method = MethodKey::parse("GET").unwrap();
    setup.variables = vec![("a".to_owned(), "b".to_owned())];
    let sent = || request("GET /pets/7", &[("Authorization", "x")], "");
    let long = || request("GET /pets/7", &[("Content-Length", "7")], "");
    let mut expected = setup.event(sent());
    let object = expected.as_object_mut().unwrap();
    object.remove("isBase64Encoded").unwrap();
    object["headers"].as_object_mut().unwrap().remove("content-length").unwrap();
    object.insert("type".to_owned(), json!("REQUEST"));
    object.insert("routeArn".to_owned(), json!(ARN));
    object.insert("identitySource".to_owned(), json!(["x", "a,b"]));
    let event = |request, format, identity: &[&str]| {
        setup.authorizer_event(request, "GET /pets/{id}", format, ARN, identity)
    };
    assert_eq!(event(sent(), PayloadFormat::Two, &["x", "a,b"]), expected);
    assert_eq!(event(long(), PayloadFormat::Two, &[])["headers"]["content-length"], "7");
    assert!(event(sent(), PayloadFormat::Two, &[]).get("identitySource").is_none());

    let one = event(sent(), PayloadFormat::One, &["x", "y"]);
    for (name, value) in [("version", "1.0"), ("type", "REQUEST"), ("methodArn", ARN)] {
        assert_eq!(one[name], value);
    }
    assert_eq!((&one["identitySource"], &one["authorizationToken"]), (&json!("x,y"), &json!("x,y")));
    assert_eq!((&one["resource"], &one["path"]), (&json!("/pets/{id}"), &json!("/pets/7")));
    assert_eq!(one["requestContext"]["resourceId"], "GET /pets/{id}");
    let bare = event(sent(), PayloadFormat::One, &[]);
    assert!(bare.get("identitySource").is_none() && bare.get("authorizationToken").is_none());
}

const REST: &str = "example-apigw-custom-auth-request-type-request.json";
const HTTP_ONE: &str = "example-apigw-v2-custom-authorizer-v1-request.json";
const HTTP_TWO: [&str; 3] = [
    "example-apigw-v2-custom-authorizer-v2-request.json",
    "example-apigw-v2-custom-authorizer-v2-request-without-cookies.json",
    "example-apigw-v2-custom-authorizer-v2-request-without-identity-source.json",
];

/// As in `captures.rs`. All of these are from AWS's manual, which no request ever was.
const REASONS: &[(&str, &str, &str)] = &[
    ("requestContext.identity.apiKey", "", "an API key is looked at after the authorizer"),
    ("requestContext.identity.*", "", "the manual leaves out what is null"),
    ("requestContext.deploymentId", "custom-auth-request", "the manual leaves it out"),
    ("requestContext.domain*", "auth-request-type|authorizer-v1", "the same"),
    ("requestContext.extendedRequestId", "auth-request-type|authorizer-v1", "the same"),
    ("requestContext.protocol", "auth-request-type|authorizer-v1", "the same"),
    ("requestContext.requestTime*", "auth-request-type|authorizer-v1", "the same"),
    ("requestContext.path", "auth-request-type|authorizer-v1", "made up: the stage's name belongs in front"),
    ("headers.X-*", "auth-request-type|authorizer-v1", "the addresses and the trace are left out"),
    ("multiValueHeaders.X-*", "auth-request-type", "the same"),
    ("multiValueHeaders", "authorizer-v1", "left out"),
    ("multiValueQueryStringParameters", "authorizer-v1", "left out"),
    ("headers.Host", "authorizer-v1", "the same"),
    ("path", "authorizer-v1", "made up: the stage's name belongs in front"),
    ("requestContext.http*", "authorizer-v1", "made up: members of both formats are mixed"),
    ("requestContext.routeKey", "authorizer-v1", "the same"),
    ("requestContext.time*", "authorizer-v1", "the same"),
    ("requestContext.requestId", "authorizer-v1", "the same: HTTP APIs have only the other id"),
    ("requestContext.resourceId", "authorizer-v1", "the same: it is the route's key"),
    ("headers.*", "authorizer-v2", "made up: names are in lower case, and host and agent are always there"),
    ("pathParameters", "authorizer-v2", "made up: `$default` has no parameters"),
    ("requestContext.apiId", "authorizer-v2", "made up: ids have no hyphen"),
    ("requestContext.http.sourceIp", "authorizer-v2", "made up: no address"),
    ("requestContext.http.userAgent", "authorizer-v2", "made up: it is not the User-Agent header's"),
    ("requestContext.time", "authorizer-v2", "made up: the two times differ"),
];

#[test]
fn events_of_authorizers_are_aws_s_member_for_member() {
    let names: Vec<&str> = [REST, HTTP_ONE].into_iter().chain(HTTP_TWO).collect();
    rebuild(&names, REASONS, |name, theirs| {
        let arn = text(theirs, "/methodArn").or_else(|| text(theirs, "/routeArn")).unwrap();
        if HTTP_TWO.contains(&name) {
            let identity: Vec<&str> =
                theirs["identitySource"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let (setup, sent) = http_request(theirs);
            return setup.authorizer_event(sent, "$default", PayloadFormat::Two, arn, &identity);
        }
        let (mut setup, sent) = rest_request(theirs);
        if name == REST {
            return setup.authorizer_event(sent, "GET /request", PayloadFormat::One, arn, &[]);
        }
        let own = http(&setup.path, PayloadFormat::One);
        setup.kind = own.kind;
        setup.authorizer_event(sent, "GET /request", PayloadFormat::One, arn, &["user1", "123"])
    });
}
