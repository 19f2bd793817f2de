//! The function's events: whatever the JSON is, what is received is a request that HTTP knows, without the edge's own headers, and
//! what is answered through its door is read as it was.
//!
//! The samples are good seeds: `cargo +nightly fuzz run event --features aws CORPUS events/*`.

#![no_main]

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use gatelet_aws::events::{Buffered, HttpEvent, Origin, OriginSecrets, Prelude, Received, Trust};
use gatelet_core::payload::Body;
use http::{HeaderMap, StatusCode, response};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const SECRET: &str = "0123456789abcdef0123";
const BODY_BYTES_MAX: usize = 1 << 24;

fuzz_target!(|bytes: &[u8]| {
    for secrets in ["", SECRET] {
        let origin_secrets = OriginSecrets::parse(secrets).expect("they are plain");
        let trust = Trust { origin_secrets, load_balancer_certificates: true };
        let Ok(event) = serde_json::from_slice::<HttpEvent>(bytes) else { return };
        let Ok(received) = event.receive(&trust) else { return };
        check(received, bytes);
    }
});

fn check(received: Received, bytes: &[u8]) {
    let Received { door, request, origin, refusal, .. } = received;
    let (head, body) = request.into_parts();
    assert!(head.uri.authority().is_none() && head.uri.scheme().is_none(), "{}", head.uri);
    assert!(head.uri.path().starts_with('/'), "{}", head.uri);
    for name in [
        "x-gatelet-origin-secret",
        "x-gatelet-host",
        "x-gatelet-client-certificate",
        "x-amzn-mtls-clientcert-leaf",
    ] {
        assert!(!head.headers.contains_key(name), "{name} is left");
    }
    assert!(origin != Origin::Proven || contains(bytes, SECRET.as_bytes()) || contains(bytes, b"\\u"));
    if refusal.is_none() {
        assert!(head.uri.to_string().len() <= usize::from(u16::MAX));
    }

    let body = whole(body);
    let parts = || {
        let mut parts: response::Parts = http::Response::new(()).into_parts().0;
        parts.headers = head.headers.clone();
        parts.status = StatusCode::from_u16(100 + bytes.len() as u16 % 900).expect("three digits");
        parts
    };
    let prelude = Prelude::from(parts());
    assert_eq!(prelude.headers.keys_len(), prelude.headers.len(), "each header once");
    assert!(prelude.headers.values().all(|value| value.to_str().is_ok()), "each a text");

    let answer = Buffered::new(door, parts(), body.clone());
    let json = serde_json::to_string(&answer).expect("an answer has its JSON");
    assert_eq!(answer.fits(), json.len() <= door.answer_bytes_max());
    let told: Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(told["statusCode"], parts().status.as_u16());
    assert_eq!(told["isBase64Encoded"], std::str::from_utf8(&body).is_err());
    if told["isBase64Encoded"] == false {
        assert_eq!(told["body"].as_str().map(str::as_bytes), Some(&*body));
    }
    check_headers(&told, &parts().headers);
}

/// Each header of the answer is told, and none more than once where the door takes one.
fn check_headers(told: &Value, headers: &HeaderMap) {
    let framing = ["content-length", "transfer-encoding", "connection"];
    for name in headers.keys().map(http::HeaderName::as_str).filter(|name| !framing.contains(name)) {
        let single = told["headers"].get(name).is_some();
        let several = told["multiValueHeaders"].get(name).is_some();
        let cookie = name == "set-cookie" && told.get("cookies").is_some();
        assert!(single || several || cookie, "{name} is lost");
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn whole(body: Body) -> Bytes {
    match pin!(body.collect_up_to(BODY_BYTES_MAX)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(body) => body.expect("the body of an event is whole"),
        Poll::Pending => panic!("the body of an event is there"),
    }
}
