//! Each door's answer, to the letter, and read by the types that others made for it.

use aws_lambda_events::alb::AlbTargetGroupResponse;
use aws_lambda_events::apigw::{ApiGatewayProxyResponse, ApiGatewayV2httpResponse};
use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlResponse;
use bytes::Bytes;
use http::{HeaderValue, response};
use serde_json::json;

use super::*;

const BALANCER: Door = Door::LoadBalancer { multi_value: false };
const BALANCER_OF_MANY: Door = Door::LoadBalancer { multi_value: true };

fn head() -> response::Parts {
    let response = http::Response::builder()
        .status(201)
        .header("content-type", "text/plain")
        .header("x-list", "1")
        .header("x-list", "2")
        .header("set-cookie", "a=1; Path=/, x")
        .header("set-cookie", "b=2")
        .header("content-length", "999")
        .header("transfer-encoding", "chunked")
        .header("connection", "close");
    response.body(()).unwrap().into_parts().0
}

fn answer(door: Door, body: &'static [u8]) -> Value {
    json_of(&Buffered::new(door, head(), Bytes::from_static(body)))
}

fn json_of(answer: &Buffered) -> Value {
    serde_json::from_str(&serde_json::to_string(answer).unwrap()).unwrap()
}

#[test]
fn doors_of_format_2_take_each_header_once_and_cookies_apart() {
    for door in [Door::FunctionUrl, Door::HttpApi] {
        let expected = json!({
            "statusCode": 201,
            "headers": { "content-type": "text/plain", "x-list": "1,2" },
            "cookies": ["a=1; Path=/, x", "b=2"],
            "body": "made",
            "isBase64Encoded": false,
        });
        assert_eq!(answer(door, b"made"), expected);
    }
}

#[test]
fn doors_of_format_1_take_every_value() {
    for door in [Door::RestApi, Door::Invoke] {
        let expected = json!({
            "statusCode": 201,
            "multiValueHeaders": {
                "content-type": ["text/plain"], "x-list": ["1", "2"], "set-cookie": ["a=1; Path=/, x", "b=2"],
            },
            "body": "made",
            "isBase64Encoded": false,
        });
        assert_eq!(answer(door, b"made"), expected);
    }
}

#[test]
fn a_load_balancer_takes_what_its_target_group_says() {
    let of_many = json!({
        "statusCode": 201,
        "statusDescription": "201 Created",
        "multiValueHeaders": {
            "content-type": ["text/plain"], "x-list": ["1", "2"], "set-cookie": ["a=1; Path=/, x", "b=2"],
        },
        "body": "made",
        "isBase64Encoded": false,
    });
    assert_eq!(answer(BALANCER_OF_MANY, b"made"), of_many);
    let of_one = json!({
        "statusCode": 201,
        "statusDescription": "201 Created",
        "headers": { "content-type": "text/plain", "x-list": "1,2", "set-cookie": "b=2" },
        "body": "made",
        "isBase64Encoded": false,
    });
    assert_eq!(answer(BALANCER, b"made"), of_one);
}

#[test]
fn a_body_is_text_where_it_is_and_base64_elsewhere() {
    for door in [Door::FunctionUrl, BALANCER, BALANCER_OF_MANY, Door::RestApi, Door::HttpApi, Door::Invoke] {
        let told = |body| {
            let answer = answer(door, body);
            (answer["body"].as_str().unwrap().to_owned(), answer["isBase64Encoded"].as_bool().unwrap())
        };
        assert_eq!(told(b"\"a\\\n\x00"), ("\"a\\\n\0".to_owned(), false));
        assert_eq!(told("\u{fc}".as_bytes()), ("\u{fc}".to_owned(), false));
        assert_eq!(told(b""), (String::new(), false));
        assert_eq!(told(b"\xFF\x00"), ("/wA=".to_owned(), true));
    }
}

#[test]
fn what_others_made_for_each_door_reads_it() {
    let text = |door| answer(door, b"\xFFmade").to_string();
    let url: LambdaFunctionUrlResponse = serde_json::from_str(&text(Door::FunctionUrl)).unwrap();
    assert_eq!((url.status_code, url.cookies.len(), url.is_base64_encoded), (201, 2, true));
    assert_eq!(url.headers["x-list"], "1,2");
    let http: ApiGatewayV2httpResponse = serde_json::from_str(&text(Door::HttpApi)).unwrap();
    assert_eq!((http.status_code, http.cookies.len()), (201, 2));
    let rest: ApiGatewayProxyResponse = serde_json::from_str(&text(Door::RestApi)).unwrap();
    assert_eq!(rest.multi_value_headers.get_all("set-cookie").iter().count(), 2);
    assert_eq!((rest.status_code, rest.is_base64_encoded), (201, true));
    let balancer: AlbTargetGroupResponse = serde_json::from_str(&text(BALANCER_OF_MANY)).unwrap();
    assert_eq!(balancer.multi_value_headers.get_all("x-list").iter().count(), 2);
    assert_eq!(balancer.status_description.as_deref(), Some("201 Created"));
    let single: AlbTargetGroupResponse = serde_json::from_str(&text(BALANCER)).unwrap();
    assert_eq!(single.headers["set-cookie"], "b=2");
}

#[test]
fn an_answer_fits_to_the_byte_and_every_escape_counts() {
    const MIB: usize = 1024 * 1024;
    for door in [Door::RestApi, Door::HttpApi, Door::FunctionUrl, Door::Invoke] {
        assert_eq!(door.answer_bytes_max(), 6 * MIB);
    }
    for (piece, written) in [("a", 1), ("\"", 2), ("\n", 2), ("\u{1}", 6), ("\u{fc}", 2)] {
        assert_fits_to_the_byte(BALANCER, MIB, piece, written);
    }
    assert_fits_to_the_byte(BALANCER_OF_MANY, MIB, "\"", 2);
    assert_fits_to_the_byte(Door::RestApi, 6 * MIB, "\"", 2);
}

fn assert_fits_to_the_byte(door: Door, limit: usize, piece: &str, written: usize) {
    let frame = json_of(&Buffered::new(door, head(), Bytes::new())).to_string().len();
    let count = (limit - frame) / written;
    let fits = |count: usize| {
        let answer = Buffered::new(door, head(), piece.repeat(count).into());
        let length = serde_json::to_string(&answer).unwrap().len();
        assert_eq!(answer.fits(), length <= limit, "{door:?} {piece:?} {length}");
        answer.fits()
    };
    assert!(fits(count) && !fits(count + 1), "{door:?} {piece:?}");
}

#[test]
fn a_header_that_is_no_text_is_told_as_far_as_json_can() {
    let mut head = head();
    head.headers.insert("x-bytes", HeaderValue::from_bytes(b"a\xFFb").unwrap());
    let answer = Buffered::new(Door::RestApi, head, Bytes::new());
    assert_eq!(json_of(&answer)["multiValueHeaders"]["x-bytes"], json!(["a\u{fffd}b"]));
}

#[test]
fn a_prelude_has_each_header_once_and_the_cookies_apart() {
    let mut parts = head();
    parts.headers.append("x-name", HeaderValue::from_bytes("M\u{fc}ller".as_bytes()).unwrap());
    let prelude = Prelude::from(parts);
    assert_eq!(
        (prelude.status.as_u16(), &prelude.cookies[..]),
        (201, &["a=1; Path=/, x".into(), "b=2".into()][..])
    );
    let mut headers: Vec<_> =
        prelude.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    headers.sort();
    assert_eq!(headers, ["content-type: text/plain", "x-list: 1,2", "x-name: Mller"]);
}
