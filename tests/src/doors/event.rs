//! Requests as AWS's doors send them.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, COOKIE};
use http::{HeaderMap, Request};
use serde_json::{Map, Value, json};

/// A Function URL's own name.
pub const FUNCTION_URL_HOST: &str = "ilqxz6k2gxfyqdt3vnd4zm5rqe0aaaaa.lambda-url.us-east-1.on.aws";

/// A request as a Function URL sends it
/// (<https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads>).
#[must_use]
pub fn function_url(request: &Request<Bytes>, peer: IpAddr) -> Value {
    let mut sent = with_way(request.headers(), peer);
    let cookies: Vec<String> = sent
        .get_all(COOKIE)
        .iter()
        .flat_map(|value| text(value).split("; ").map(str::to_owned).collect::<Vec<_>>())
        .collect();
    sent.remove(COOKIE);
    let headers: Map<String, Value> = sent
        .keys()
        .map(|name| {
            let values: Vec<_> = sent.get_all(name).iter().map(text).collect();
            (name.to_string(), values.join(",").into())
        })
        .collect();
    let (body, is_base64) = body(request);
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.uri().path(),
        "rawQueryString": request.uri().query().unwrap_or_default(),
        "headers": headers,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "ilqxz6k2gxfyqdt3vnd4zm5rqe0aaaaa",
            "domainName": FUNCTION_URL_HOST,
            "domainPrefix": "ilqxz6k2gxfyqdt3vnd4zm5rqe0aaaaa",
            "http": {
                "method": request.method().as_str(),
                "path": request.uri().path(),
                "protocol": "HTTP/1.1",
                "sourceIp": peer.to_string(),
                "userAgent": request.headers().get("user-agent").map(text),
            },
            "requestId": "0c5a0f0e-6f7f-4c77-9a0c-2d1f3b6a9e11",
            "routeKey": "$default",
            "stage": "$default",
            "time": "20/Nov/2026:16:00:00 +0000",
            "timeEpoch": 1_795_190_400_123_u64,
        },
        "isBase64Encoded": is_base64,
    });
    if !cookies.is_empty() {
        event["cookies"] = cookies.into();
    }
    if !request.body().is_empty() {
        event["body"] = body.into();
    }
    event
}

/// A request as a load balancer sends it, to a target group with multi-value headers
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#receive-event-from-load-balancer>).
#[must_use]
pub fn load_balancer(request: &Request<Bytes>, peer: IpAddr) -> Value {
    let sent = with_way(request.headers(), peer);
    let headers: Map<String, Value> =
        sent.keys().map(|name| (name.to_string(), sent.get_all(name).iter().map(text).collect())).collect();
    let mut query = Map::new();
    for parameter in request.uri().query().unwrap_or_default().split('&').filter(|text| !text.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let values = query.entry(name).or_insert_with(|| json!([]));
        values.as_array_mut().unwrap().push(value.into());
    }
    let (body, is_base64) = body(request);
    json!({
        "requestContext": { "elb": {
            "targetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/gatelet-router/73e2d6bc24d8a067",
        } },
        "httpMethod": request.method().as_str(),
        "path": request.uri().path(),
        "multiValueQueryStringParameters": query,
        "multiValueHeaders": headers,
        "body": body,
        "isBase64Encoded": is_base64,
    })
}

/// What both doors add: the client at the end of `X-Forwarded-For`, its protocol, a trace of their own.
fn with_way(headers: &HeaderMap, peer: IpAddr) -> HeaderMap {
    let mut headers = headers.clone();
    let mut way: Vec<String> = headers.get_all("x-forwarded-for").iter().map(text).collect();
    way.push(peer.to_string());
    let set = [
        ("x-forwarded-for", way.join(", ").as_str()),
        ("x-forwarded-port", "443"),
        ("x-forwarded-proto", "https"),
        ("x-amzn-trace-id", "Root=1-6b006e80-1f0c7d2a4b3e5f6071829304"),
    ]
    .map(|(name, value)| (name, value.parse().unwrap()));
    for (name, value) in set {
        headers.insert(name, value);
    }
    headers
}

/// Text where the content type says so, else base64.
fn body(request: &Request<Bytes>) -> (String, bool) {
    let content_type = request.headers().get(CONTENT_TYPE).map(text).unwrap_or_default();
    let media = content_type.split(';').next().unwrap_or_default().trim();
    let is_text = media.starts_with("text/")
        || ["application/json", "application/javascript", "application/xml"].contains(&media);
    if request.body().is_empty() || is_text && !request.headers().contains_key(CONTENT_ENCODING) {
        return (String::from_utf8(request.body().to_vec()).unwrap(), false);
    }
    (STANDARD.encode(request.body()), true)
}

fn text(value: &http::HeaderValue) -> String {
    String::from_utf8(value.as_bytes().to_vec()).unwrap()
}
