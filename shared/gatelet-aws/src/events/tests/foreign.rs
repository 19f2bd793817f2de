//! Events that AWS built, and the types that others made for them.
#![allow(clippy::disallowed_methods, reason = "the captures are foreign test data, read in place")]

use std::path::{Path, PathBuf};

use aws_lambda_events::alb::AlbTargetGroupRequest;
use aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayV2httpRequest};
use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;

use super::*;

/// The captures, or nothing where they are absent, which is said.
fn captures() -> Option<PathBuf> {
    let root = std::env::var_os("GATELET_VECTORS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"), PathBuf::from);
    let folder = root.join("events");
    if !folder.is_dir() {
        eprintln!("skipped: {} is not there; GATELET_VECTORS may name another place", folder.display());
        return None;
    }
    Some(folder)
}

#[test]
fn our_samples_are_what_others_read() {
    let read = |name: &str| sample(name).to_string();
    for name in ["page", "preflight", "upload"] {
        let event = read(&format!("function-url/{name}.json"));
        let event: LambdaFunctionUrlRequest = serde_json::from_str(&event).unwrap();
        assert_eq!(event.raw_path, event.request_context.http.path, "{name}");
        assert_eq!(
            event.request_context.domain_name.as_deref(),
            event.headers["host"].to_str().ok(),
            "{name}"
        );
    }
    for name in ["page", "page-multi-value", "preflight-multi-value", "health-check"] {
        let event: AlbTargetGroupRequest = serde_json::from_str(&read(&format!("alb/{name}.json"))).unwrap();
        assert!(event.headers.is_empty() != event.multi_value_headers.is_empty(), "one of both: {name}");
    }
    for name in ["page", "upload"] {
        let event: ApiGatewayProxyRequest =
            serde_json::from_str(&read(&format!("rest/{name}.json"))).unwrap();
        assert!(event.request_context.path.unwrap().ends_with(&event.path.unwrap()), "{name}");
    }
    for name in ["page", "preflight"] {
        let event: ApiGatewayV2httpRequest =
            serde_json::from_str(&read(&format!("http/{name}.json"))).unwrap();
        assert_eq!(event.raw_path, event.request_context.http.path, "{name}");
    }
}

#[test]
fn captured_requests_are_received_and_nothing_else() {
    let Some(folder) = captures() else { return };
    let (mut requests, mut others) = (0, 0);
    for path in folder.read_dir().unwrap().map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.ends_with("request.json") && !name.contains("-request-") {
            continue;
        }
        let event: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let read: HttpEvent = serde_json::from_str(&event.to_string()).unwrap();
        let received = read.receive(&Trust::default());
        if name.contains("custom-auth") || name.contains("websocket") {
            others += 1;
            assert!(received.is_err(), "{name}");
            continue;
        }
        requests += 1;
        let received = received.unwrap();
        let is_v2 = event.get("version").is_some_and(|version| version == "2.0");
        // A local tool plays a Function URL as well as an HTTP API: both are told in one shape.
        let door = match event["requestContext"]["domainName"].as_str() {
            Some("localhost") if is_v2 => Door::FunctionUrl,
            _ if is_v2 => Door::HttpApi,
            _ => Door::RestApi,
        };
        assert_eq!(received.door, door, "{name}");
        assert_eq!(received.refusal, None, "{name}");
        let path = if is_v2 { &event["rawPath"] } else { &event["path"] };
        assert_eq!(received.request.uri().path(), path.as_str().unwrap(), "{name}");
        let body = event["body"].as_str().unwrap_or_default().as_bytes().to_owned();
        assert_eq!(whole(received.request.into_body()), body, "{name}");
    }
    assert!(requests >= 10 && others >= 8, "{requests} requests and {others} others");
}
