//! Answers as they come.

use gatelet_core::payload::{Body, BodyError};
use http_body_util::BodyExt;
use serde_json::json;

use crate::fixture::Fixture;
use crate::soon;

/// Writes a piece, then waits until the test has made a file before it writes the next.
const STEPS: &str = r#"
import { existsSync } from "node:fs";
const until = async (file) => { while (!existsSync(file)) await new Promise((next) => setTimeout(next, 2)); };
export const handler = awslambda.streamifyResponse(async (event, stream, context) => {
    if (event.prelude) {
        stream = awslambda.HttpResponseStream.from(stream, { statusCode: 201, headers: { a: "b" } });
    }
    if (event.fail === "first") throw new TypeError("before anything");
    for (const piece of event.pieces ?? []) {
        stream.write(piece);
        if (event.steps) await until(piece);
    }
    if (event.fail === "later") throw new TypeError("in the middle");
    if (event.fail === "exit") { await new Promise((next) => stream.write("!", next)); process.exit(1); }
    if (!event.open) stream.end();
});
"#;

async fn next(body: &mut Body) -> String {
    let frame = soon(body.frame()).await.unwrap().unwrap();
    String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap()
}

async fn whole(body: Body) -> String {
    let bytes = soon(body.collect_up_to(1 << 24)).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn a_stream_comes_piece_by_piece() {
    let Some(fixture) = Fixture::node(&[("index.mjs", STEPS)], "index.handler").await else { return };
    let pieces = ["one", "two", "three"];
    let mut body = fixture.stream(json!({ "pieces": pieces, "steps": true })).await;
    for piece in pieces {
        // The next one is not written before this one was seen.
        assert_eq!(next(&mut body).await, piece);
        std::fs::write(fixture.path(piece), "").unwrap();
    }
    assert!(soon(body.frame()).await.is_none());
}

#[tokio::test]
async fn a_prelude_stands_before_the_stream() {
    let Some(fixture) = Fixture::node(&[("index.mjs", STEPS)], "index.handler").await else { return };
    let prelude = "{\"statusCode\":201,\"headers\":{\"a\":\"b\"}}\0\0\0\0\0\0\0\0";
    let body = fixture.stream(json!({ "prelude": true, "pieces": ["one"] })).await;
    assert_eq!(whole(body).await, format!("{prelude}one"));
    let empty = fixture.stream(json!({ "prelude": true })).await;
    assert_eq!(whole(empty).await, prelude);
    // A function that streams may also be asked for its whole answer.
    let answer = fixture.invoke(json!({ "prelude": true, "pieces": ["one", "two"] })).await;
    assert_eq!(answer.payload, format!("{prelude}onetwo"));
    assert_eq!(answer.function_error, None);
}

#[tokio::test]
async fn a_stream_that_is_never_written_ends_with_its_handler() {
    let Some(fixture) = Fixture::node(&[("index.mjs", STEPS)], "index.handler").await else { return };
    let body = fixture.stream(json!({ "open": true })).await;
    assert_eq!(whole(body).await, "");
}

#[tokio::test]
async fn a_stream_that_fails_breaks_off_and_the_next_is_served() {
    let Some(fixture) = Fixture::node(&[("index.mjs", STEPS)], "index.handler").await else { return };
    let (kind, message) = fixture.invoke(json!({ "fail": "first" })).await.failed();
    assert_eq!((kind.as_str(), message.as_str()), ("TypeError", "before anything"));
    for fail in ["later", "exit"] {
        let mut body = fixture.stream(json!({ "pieces": ["one"], "fail": fail })).await;
        assert_eq!(next(&mut body).await, "one", "{fail}");
        let rest = soon(body.collect_up_to(100)).await;
        assert_eq!(rest, Err(BodyError::BrokenOff), "{fail}");
        let body = fixture.stream(json!({ "pieces": ["whole"] })).await;
        assert_eq!(whole(body).await, "whole", "after {fail}");
    }
    fixture.said.with("TypeError: in the middle").await;
}

#[tokio::test]
async fn a_large_stream_comes_through() {
    let text = "export const handler = awslambda.streamifyResponse(async (event, stream) => {
        const { pipeline } = await import('node:stream/promises');
        const { Readable } = await import('node:stream');
        await pipeline(Readable.from(Array(100).fill('x'.repeat(100000))), stream);
    });";
    let Some(fixture) = Fixture::node(&[("index.mjs", text)], "index.handler").await else { return };
    let body = fixture.stream(json!({})).await;
    assert_eq!(whole(body).await.len(), 10_000_000);
    // As a whole it is larger than Lambda takes.
    let (kind, _) = fixture.invoke(json!({})).await.failed();
    assert_eq!(kind, "Function.ResponseSizeTooLarge");
}

#[tokio::test]
async fn a_function_that_does_not_stream_may_be_asked_to() {
    let text = "export const handler = async (event) => ({ event });";
    let Some(fixture) = Fixture::node(&[("index.mjs", text)], "index.handler").await else { return };
    let body = fixture.stream(json!("x")).await;
    assert_eq!(whole(body).await, r#"{"event":"x"}"#);
}
