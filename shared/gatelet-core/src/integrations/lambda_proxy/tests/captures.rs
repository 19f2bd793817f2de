//! Events that AWS built: the request of each is sent again, and what differs must have its reason here.
#![allow(clippy::disallowed_methods, reason = "the captures are foreign test data, read in place")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gatelet_model::{MethodKey, PayloadFormat};
use serde_json::{Map, Value, json};

use super::{Setup, http, request, rest};
use crate::authorizers::iam::IamIdentity;
use crate::authorizers::{Caller, ClientCertificate, Finding};
use crate::payload::{HeaderNames, Request};
use crate::ports::Timestamp;
use crate::snapshot::routes::Rules;

/// Captures of what integrations are told. Others of the folder are WebSocket's, and authorizers' own.
const REST: [&str; 6] = [
    "example-apigw-console-request.json",
    "example-apigw-console-test-request.json",
    "example-apigw-request.json",
    "example-apigw-request-multi-value-parameters.json",
    "example-apigw-restapi-openapi-request.json",
    "example-apigw-sam-rest-request.json",
];
const HTTP: [&str; 6] = [
    "example-apigw-sam-http-request.json",
    "example-apigw-v2-request-iam.json",
    "example-apigw-v2-request-jwt-authorizer.json",
    "example-apigw-v2-request-lambda-authorizer.json",
    "example-apigw-v2-request-multi-value-parameters.json",
    "example-apigw-v2-request-no-authorizer.json",
];

/// The 2.0 events of AWS's manual, which no request ever was; the capture without an authorizer is a real one.
const INVENTED: &str = "request-iam|request-jwt|request-lambda|v2-request-multi";

/// Why a member may differ: its path (a last `*` stands for whatever follows), what the files' names hold (nothing is
/// all), and the reason.
const REASONS: &[(&str, &str, &str)] = &[
    // What this version does not know.
    (
        "requestContext.identity.*",
        "",
        "nobody comes through Cognito's identity pools or shows an API key in this version",
    ),
    ("requestContext.authorizer.iam.cognitoIdentity", "request-iam", "the same"),
    ("requestContext.authorizer.iam.callerId", "request-iam", "the same: such a caller has two ids"),
    ("requestContext.authorizer.jwt.claims.scope", "request-jwt", "made up: scopes come from a claim"),
    ("requestContext.authorizer.integrationLatency", "apigw-", "the captures leave it out"),
    ("requestContext.authorizer.clientId", "apigw-", "made up: values are text on REST APIs"),
    // What the captures lack or made up; newer ones have it (section 6 and 10 of the recorded facts).
    ("requestContext.deploymentId", "apigw-", "the captures are older than the member"),
    ("requestContext.extendedRequestId", "apigw-", "the same, and the local tools' is null"),
    ("requestContext.requestTime*", "apigw-console-request", "this one is older still"),
    ("requestContext.path", "apigw-console-request", "the same"),
    ("requestContext.protocol", "apigw-console-request", "the same"),
    ("requestContext.domainName", "apigw-console-request", "the same"),
    ("multiValueHeaders*", "apigw-console-request", "the same"),
    ("multiValueQueryStringParameters*", "apigw-console-request", "the same"),
    ("requestContext.accountId", "apigw-", "made up: accounts have twelve digits"),
    ("requestContext.apiId", INVENTED, "made up: ids have no hyphen"),
    ("requestContext.http.sourceIp", INVENTED, "made up: no address"),
    ("isBase64Encoded", "apigw-", "the hand-shortened captures leave it out"),
    ("requestContext.domainPrefix", "apigw-", "made up: it is not what the domain begins with, or left out"),
    (
        "requestContext.domainName",
        "apigw-",
        "made up: it is not the Host header's, or has the port behind it",
    ),
    ("requestContext.path", "apigw-request", "made up: the stage's name belongs in front"),
    ("requestContext.path", "apigw-restapi", "the same"),
    ("requestContext.path", "apigw-console-test", "the console's test knows no stage"),
    ("requestContext.path", "apigw-sam-rest", "the local tool leaves the stage out"),
    ("queryStringParameters.name", "multi-value", "made up: the single value is the last one, not the first"),
    ("headers", "apigw-console-test", "the console's test sends no headers, HTTP always some"),
    ("multiValueHeaders", "apigw-console-test", "the same"),
    ("headers.X-Amzn-Trace-Id", "", "left out of the captures"),
    ("multiValueHeaders.X-Amzn-Trace-Id", "", "the same"),
    ("headers.x-amzn-trace-id", "", "the same, or another trace"),
    (
        "headers.X-Forwarded*",
        "",
        "the addresses on the way, and the port and scheme of the front door, are others",
    ),
    ("multiValueHeaders.X-Forwarded*", "", "the same"),
    ("headers.x-forwarded*", "", "the same"),
    ("headers.Connection", "sam-", "the local tool shows what AWS takes off every request"),
    ("multiValueHeaders.Connection", "sam-", "the same"),
    ("version", "sam-rest", "the local tool adds it; AWS does so on HTTP APIs alone"),
    ("requestContext.requestTimeEpoch", "sam-rest", "the local tool counts in seconds"),
    ("requestContext.timeEpoch", "sam-http", "the same"),
    ("cookies", "sam-http", "the local tool shows an empty list; AWS leaves it out"),
    ("pathParameters", "sam-http", "the same"),
    ("stageVariables", "sam-http", "the same"),
    ("body", "sam-http", "the same"),
    ("headers.*", "sam-http", "the local tool keeps the case of names; AWS's 2.0 has none"),
    ("headers.Header*", INVENTED, "made up: names are in lower case"),
    ("headers.*", INVENTED, "made up: host, length and agent are always there"),
    ("requestContext.time", INVENTED, "made up: a space stands before the zone, and the two times differ"),
    ("pathParameters", INVENTED, "made up: `$default` has no parameters"),
    ("requestContext.http.userAgent", INVENTED, "made up: it is not the User-Agent header's"),
    ("requestContext.http.userAgent", "sam-http", "the same"),
];

fn folder() -> Option<PathBuf> {
    let root = match std::env::var_os("GATELET_VECTORS") {
        Some(root) => PathBuf::from(root),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
    };
    let folder = root.join("events");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: {} is not there; GATELET_VECTORS may name another place", folder.display());
    None
}

#[test]
fn events_are_aws_s_member_for_member() {
    let names: Vec<_> = REST.into_iter().chain(HTTP).collect();
    rebuild(&names, REASONS, |name, theirs| {
        let (setup, sent) = if REST.contains(&name) { rest_request(theirs) } else { http_request(theirs) };
        setup.event(sent)
    });
}

/// Builds each capture again, and holds every difference against the reasons.
pub(super) fn rebuild(names: &[&str], reasons: &[(&str, &str, &str)], ours: impl Fn(&str, &Value) -> Value) {
    let Some(folder) = folder() else { return };
    let mut unused: BTreeSet<usize> = (0..reasons.len()).collect();
    let mut unexplained = Vec::new();
    for name in names {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        let theirs: Value = serde_json::from_str(&text).unwrap();
        let mut differences = Vec::new();
        compare("", &theirs, &ours(name, &theirs), &mut differences);
        for (path, why) in differences {
            let explains = |(at, file, _): &(&str, &str, &str)| {
                explains(at, &path) && file.split('|').any(|file| name.contains(file))
            };
            let found: Vec<usize> = (0..reasons.len()).filter(|reason| explains(&reasons[*reason])).collect();
            if found.is_empty() {
                unexplained.push(format!("{name}: {path}: {why}"));
            }
            found.iter().for_each(|reason| {
                unused.remove(reason);
            });
        }
    }
    assert!(unexplained.is_empty(), "differences without a reason:\n{}", unexplained.join("\n"));
    let unused: Vec<_> = unused.iter().map(|reason| reasons[*reason]).collect();
    assert!(unused.is_empty(), "reasons without a difference: {unused:#?}");
}

fn explains(at: &str, path: &str) -> bool {
    match at.strip_suffix('*') {
        Some(start) => path.starts_with(start),
        None => path == at,
    }
}

/// Every member that only one of them has, or whose type or value differs.
fn compare(path: &str, theirs: &Value, ours: &Value, differences: &mut Vec<(String, String)>) {
    match (theirs, ours) {
        (Value::Object(theirs), Value::Object(ours)) => {
            let names: BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
            for name in names {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                match (theirs.get(name), ours.get(name)) {
                    (Some(theirs), Some(ours)) => compare(&path, theirs, ours, differences),
                    (theirs, ours) => {
                        differences.push((path, format!("AWS has {theirs:?}, we have {ours:?}")));
                    }
                }
            }
        }
        (theirs, ours) if theirs == ours => {}
        (theirs, ours) => differences.push((path.to_owned(), format!("AWS has {theirs}, we have {ours}"))),
    }
}

pub(super) fn text<'v>(event: &'v Value, path: &str) -> Option<&'v str> {
    event.pointer(path).and_then(Value::as_str)
}

fn pairs(value: Option<&Value>) -> Vec<(String, String)> {
    let object = value.and_then(Value::as_object).cloned().unwrap_or_else(Map::new);
    object.into_iter().map(|(name, value)| (name, value.as_str().unwrap_or_default().to_owned())).collect()
}

/// Names with all their values, of the map that has several or the one that has single ones.
fn all(event: &Value, multiple: &str, single: &str) -> Vec<(String, String)> {
    match event.get(multiple).and_then(Value::as_object) {
        Some(lists) => {
            let values = |(name, list): (&String, &Value)| {
                let list = list.as_array().cloned().unwrap_or_default();
                let name = name.clone();
                list.into_iter()
                    .map(move |value| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
            };
            lists.iter().flat_map(values).collect::<Vec<_>>()
        }
        None => pairs(event.get(single)),
    }
}

/// What a capture says of API, stage and arrival.
fn facts(mut setup: Setup, event: &Value, time: &str) -> Setup {
    let digits = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    // The captures with an account of other than twelve digits made it up.
    if let Some(account) = text(event, "/requestContext/accountId").filter(|account| digits(account)) {
        setup.account = account.to_owned();
    }
    let is_id = |id: &str| id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if let Some(id) = text(event, "/requestContext/apiId").filter(|id| is_id(id)) {
        setup.api_id = id.to_owned();
    }
    if let Some(stage) = text(event, "/requestContext/stage") {
        setup.stage = stage.to_owned();
    }
    setup.variables = pairs(event.get("stageVariables"));
    if let Some(id) = text(event, "/requestContext/requestId") {
        setup.arrival.request_id = id.into();
    }
    setup.arrival.vouched.certificate = certificate(event);
    setup.caller = event.pointer("/requestContext/authorizer").map(caller);
    if let Some(time) = event.pointer(time).and_then(Value::as_u64) {
        // The local tools count in seconds.
        let unit = if time < 100_000_000_000 { 1_000 } else { 1 };
        setup.arrival.now = Timestamp::from_milliseconds(time * unit);
    }
    setup
}

fn certificate(event: &Value) -> Option<Arc<ClientCertificate>> {
    let context = event.get("requestContext")?;
    let told =
        ["/authentication/clientCert", "/identity/clientCert"].iter().find_map(|at| context.pointer(at))?;
    let field = |at: &str| text(told, at).unwrap().into();
    Some(Arc::new(ClientCertificate {
        pem: field("/clientCertPem"),
        subject: field("/subjectDN"),
        issuer: field("/issuerDN"),
        serial_number: field("/serialNumber"),
        not_before: field("/validity/notBefore"),
        not_after: field("/validity/notAfter"),
    }))
}

/// Who is told to call, as the access stage would have found out.
fn caller(authorizer: &Value) -> Caller {
    let finding = if let Some(iam) = authorizer.get("iam") {
        let field = |name: &str| text(iam, name).unwrap().into();
        Finding::Iam(Arc::new(IamIdentity {
            account_id: field("/accountId"),
            user_arn: field("/userArn"),
            user_id: field("/userId"),
            access_key: Some(field("/accessKey")),
            principal_org_id: Some(field("/principalOrgId")),
        }))
    } else if let Some(context) = authorizer.get("lambda") {
        let answer = json!({"isAuthorized": true, "context": context});
        super::callers::judged(&answer, Rules::Http, true)
    } else if let Some(claims) = authorizer.pointer("/jwt/claims") {
        // A token has its scopes in a claim; the manual's own are not among its claims.
        let mut claims = claims.clone();
        claims["scope"] = json!("scope1 scope2");
        super::callers::verified(&claims)
    } else {
        let answer = json!({
            "principalId": authorizer.get("principalId"),
            "policyDocument": super::callers::policy(),
            "context": authorizer
        });
        super::callers::judged(&answer, Rules::Rest, false)
    };
    Caller { finding, authorizer_latency_milliseconds: None }
}

fn host(headers: &[(String, String)]) -> Option<String> {
    let (_, host) = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host"))?;
    Some(host.split(':').next().unwrap_or_default().to_owned())
}

pub(super) fn rest_request(event: &Value) -> (Setup, Request) {
    let mut setup = facts(rest(text(event, "/resource").unwrap()), event, "/requestContext/requestTimeEpoch");
    setup.base = format!("/{}", setup.stage);
    setup.resource_id = text(event, "/requestContext/resourceId").unwrap().to_owned();
    setup.operation_name = text(event, "/requestContext/operationName").map(str::to_owned);
    if let Some(id) = text(event, "/requestContext/extendedRequestId") {
        setup.arrival.extended_request_id = id.into();
    }
    if let Some(peer) = text(event, "/requestContext/identity/sourceIp").and_then(|peer| peer.parse().ok()) {
        setup.arrival.peer = peer;
    }
    // The edge shows names as they were sent.
    let headers = all(event, "multiValueHeaders", "headers");
    setup.host = host(&headers).unwrap_or(setup.host);
    let query = all(event, "multiValueQueryStringParameters", "queryStringParameters");
    (setup, sent(event, text(event, "/httpMethod").unwrap(), text(event, "/path").unwrap(), &headers, &query))
}

pub(super) fn http_request(event: &Value) -> (Setup, Request) {
    let key = text(event, "/routeKey").unwrap();
    let (method, path) = key.split_once(' ').unwrap_or(("ANY", key));
    let mut setup = facts(http(path, PayloadFormat::Two), event, "/requestContext/timeEpoch");
    setup.method = MethodKey::parse(method).unwrap();
    if let Some(id) = text(event, "/requestContext/requestId") {
        setup.arrival.extended_request_id = id.into();
    }
    if let Some(peer) = text(event, "/requestContext/http/sourceIp").and_then(|peer| peer.parse().ok()) {
        setup.arrival.peer = peer;
    }
    let mut headers = pairs(event.get("headers"));
    setup.host = host(&headers)
        .or_else(|| text(event, "/requestContext/domainName").map(str::to_owned))
        .unwrap_or(setup.host);
    let cookies: Vec<_> =
        event["cookies"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !cookies.is_empty() {
        headers.push(("cookie".to_owned(), cookies.join("; ")));
    }
    if event.get("body").is_some() {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    let method = text(event, "/requestContext/http/method").unwrap();
    let path = text(event, "/rawPath").unwrap();
    let raw_query = text(event, "/rawQueryString").unwrap();
    let query: Vec<_> = raw_query
        .split('&')
        .filter_map(|part| part.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    (setup, sent(event, method, path, &headers, &query))
}

fn sent(
    event: &Value,
    method: &str,
    path: &str,
    headers: &[(String, String)],
    query: &[(String, String)],
) -> Request {
    let query: Vec<_> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let line = match query.is_empty() {
        true => format!("{method} {path}"),
        false => format!("{method} {path}?{}", query.join("&")),
    };
    let body = text(event, "/body").unwrap_or_default().to_owned();
    // What the gateway writes itself is not sent.
    let is_theirs = |name: &str| {
        let name = name.to_ascii_lowercase();
        !name.starts_with("x-forwarded-")
            && name != "x-amzn-trace-id"
            && name != "content-length"
            && name != "connection"
    };
    let headers: Vec<(&str, &str)> = headers
        .iter()
        .filter(|(name, _)| is_theirs(name))
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let mut request = request(&line, &headers, body);
    request.extensions_mut().insert(headers.iter().map(|(name, _)| *name).collect::<HeaderNames>());
    request
}
