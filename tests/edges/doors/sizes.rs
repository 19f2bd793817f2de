//! Answers that are too large for their door.

use gatelet_core::payload::Body;
use gatelet_tests::doors::{function_url, load_balancer};
use http::StatusCode;
use serde_json::{Value, json};

use crate::fixture::{Function, STREAMING, answer, at_balancer, at_url, peer, request};

const MIB: usize = 1024 * 1024;

fn invoke_event() -> Value {
    json!({ "httpMethod": "GET", "path": "/dev/a" })
}

/// The status that the door gets for a body, and why in the record.
async fn asked(variables: &[(&str, &str)], event: Value, body: Vec<u8>) -> (StatusCode, usize, String) {
    let length = body.len();
    let function = Function::new(variables, move |_| answer(bytes::Bytes::from(body.clone())));
    let answer = function.ask(&event).await;
    if answer.status.is_success() {
        assert_eq!(answer.body.len(), length, "nothing of it is lost");
    } else {
        assert_eq!(answer.text(), r#"{"message": "Internal server error"}"#);
    }
    let record = function.record();
    assert_eq!(record.status(), Some(answer.status.as_u16()));
    assert_eq!(record.response_bytes, answer.body.len() as u64);
    let size = answer.json.map_or(0, |json| json.to_string().len());
    (answer.status, size, record.refusal().and_then(|refusal| refusal.cause()).unwrap_or_default())
}

#[tokio::test]
async fn what_a_door_does_not_take_is_502_and_the_record_says_why() {
    let text = |bytes: usize| vec![b'a'; bytes];
    // Each escaped byte takes two in JSON; bytes that are no text take four thirds.
    let quotes = |bytes: usize| vec![b'"'; bytes];
    let binary = |bytes: usize| vec![0xFF; bytes];
    let cases = [
        (at_balancer("/dev/a"), text(MIB - 1_024), true),
        (at_balancer("/dev/a"), text(MIB), false),
        (at_balancer("/dev/a"), text(8 * MIB), false),
        (at_balancer("/dev/a"), quotes(MIB / 2 - 1_024), true),
        (at_balancer("/dev/a"), quotes(MIB / 2), false),
        (at_balancer("/dev/a"), binary(MIB / 4 * 3 - 1_024), true),
        (at_balancer("/dev/a"), binary(MIB / 4 * 3), false),
        (invoke_event(), text(6 * MIB - 1_024), true),
        (invoke_event(), text(6 * MIB), false),
        (at_url("/dev/a"), text(6 * MIB - 1_024), true),
        (at_url("/dev/a"), text(6 * MIB), false),
    ];
    for (number, (event, body, fits)) in cases.into_iter().enumerate() {
        let (status, size, why) = asked(&[], event, body).await;
        let limit = if number < 7 { MIB } else { 6 * MIB };
        assert_eq!(status == StatusCode::OK, fits, "{number}: {status}");
        assert!(size <= limit, "{number}: {size}");
        if !fits {
            assert_eq!(status, StatusCode::BAD_GATEWAY, "{number}");
            assert!(why.contains(&format!("larger than the {limit} bytes")), "{number}: {why}");
        }
    }
}

#[tokio::test]
async fn what_streams_has_no_such_limit() {
    let (status, _, why) = asked(&[STREAMING], at_url("/dev/a"), vec![b'a'; 12 * MIB]).await;
    assert_eq!((status, why.as_str()), (StatusCode::OK, ""));
}

#[tokio::test]
async fn headers_count_too() {
    let function = Function::new(&[], |_| {
        let response = http::Response::builder().header("x-large", "\"".repeat(20_000));
        Ok(response.body(Body::from("a".repeat(MIB - 30_000))).unwrap())
    });
    assert_eq!(function.ask(&at_balancer("/dev/a")).await.status, StatusCode::BAD_GATEWAY);
}

#[tokio::test]
async fn six_megabytes_come_in() {
    for body in [vec![b'a'; 4 * MIB], vec![0xFF; 4 * MIB]] {
        let function = Function::new(&[], |call| answer(call.body.len().to_string()));
        let mut sent = request("PUT", "/dev/a", "content-type: text/plain");
        if body[0] == 0xFF {
            sent.headers_mut().remove("content-type");
        }
        *sent.body_mut() = body.clone().into();
        for event in [function_url(&sent, peer()), load_balancer(&sent, peer())] {
            assert_eq!(function.ask(&event).await.text(), (4 * MIB).to_string());
        }
        assert!(function.seen().iter().all(|call| call.body == body));
    }
}
