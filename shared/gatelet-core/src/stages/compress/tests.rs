#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::VecDeque;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use gatelet_model::ApiId;
use gatelet_model::rest::RestApiParts;
use http_body::{Body as HttpBody, Frame};

use super::*;

/// A body on its way, whose length nobody knows.
struct Pieces(VecDeque<Result<Bytes, BodyError>>);

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        Poll::Ready(self.0.pop_front().map(|piece| piece.map(Frame::data)))
    }
}

fn stream(pieces: &[&'static str]) -> Body {
    Body::stream(Pieces(pieces.iter().map(|piece| Ok(Bytes::from_static(piece.as_bytes()))).collect()))
}

fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("there is nothing to wait for"),
    }
}

fn compression(minimum: u32, tag: &str) -> Compression {
    let mut parts = RestApiParts::new(ApiId::parse("a1b2c3d4e5").unwrap(), "a");
    parts.minimum_compression_bytes = Some(minimum);
    parts.tags.insert("gatelet:compression".to_owned(), tag.to_owned());
    Compression::compile(&RestApi::new(parts).unwrap()).unwrap()
}

/// The coding, `Vary`, `ETag` and body of what becomes of an answer, for a client that takes gzip and Brotli alike.
fn answered(
    compression: &Compression,
    body: Body,
    headers: &[(&'static str, &'static str)],
    status: u16,
) -> [String; 4] {
    let request = http::Request::builder().header("accept-encoding", "gzip, br").body(Body::Empty).unwrap();
    let mut response = http::Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    let response = response.body(body).unwrap();
    let response = at_once(compress(compression.wanted(&request), response)).unwrap();
    let (head, body) = response.into_parts();
    let header = |name: &str| headers::joined_values(&head.headers, name).unwrap_or_default();
    let body = at_once(body.collect_up_to(1 << 20)).unwrap();
    let text = match header("content-encoding").as_str() {
        "gzip" => coding::decode(&body, Coding::Gzip, 1 << 20).unwrap(),
        "br" => "coded".into(),
        _ => body,
    };
    let text = String::from_utf8(text.to_vec()).unwrap();
    [header("content-encoding"), header("vary"), header("etag"), text]
}

#[test]
fn answers_are_coded_from_the_minimum_size_on() {
    let from_five = compression(5, "");
    let coded = |text: &str| ["gzip", "", "", text].map(str::to_owned);
    let plain = |text: &str| ["", "", "", text].map(str::to_owned);
    for (body, expected) in [
        (Body::from("12345"), coded("12345")),
        (Body::from("1234"), plain("1234")),
        (Body::Empty, plain("")),
        (stream(&["12", "345"]), coded("12345")),
        (stream(&["123456", "7"]), coded("1234567")),
        (stream(&["12", "34"]), plain("1234")),
        (stream(&[]), plain("")),
    ] {
        let shown = format!("{body:?}");
        assert_eq!(answered(&from_five, body, &[], 200), expected, "{shown}");
    }
    let from_nothing = compression(0, "");
    assert_eq!(answered(&from_nothing, "1".into(), &[], 404), coded("1"));
    assert_eq!(answered(&from_nothing, Body::Empty, &[], 200), plain(""));
    assert_eq!(answered(&from_nothing, stream(&[]), &[], 200), plain(""));
}

#[test]
fn what_may_not_be_coded_is_left() {
    let all = compression(0, "br");
    for (status, headers, coding) in [
        (200, &[("content-encoding", "br")][..], "br"),
        (200, &[("content-encoding", "identity")], "identity"),
        (200, &[("cache-control", "max-age=3, No-Transform")], ""),
        (206, &[], ""),
    ] {
        let [told, vary, ..] = answered(&all, "text".into(), headers, status);
        assert_eq!((told.as_str(), vary.as_str()), (coding, ""), "{status} {headers:?}");
    }
    let head =
        http::Request::builder().method("HEAD").header("accept-encoding", "gzip").body(Body::Empty).unwrap();
    assert!(all.wanted(&head).is_none());
}

#[test]
fn codings_of_ours_tell_caches_of_themselves() {
    let both = compression(0, "zstd br");
    let text =
        |coding: &str, vary: &str, etag: &str, body: &str| [coding, vary, etag, body].map(str::to_owned);
    let tagged = &[("etag", "\"a\""), ("content-length", "4")];
    assert_eq!(
        answered(&both, "text".into(), tagged, 200),
        text("br", "Accept-Encoding", "W/\"a\"", "coded")
    );
    assert_eq!(
        answered(&both, "text".into(), &[("etag", "W/\"a\"")], 200),
        text("br", "Accept-Encoding", "W/\"a\"", "coded")
    );
    assert_eq!(
        answered(&compression(5, "br"), "text".into(), tagged, 200),
        text("", "Accept-Encoding", "\"a\"", "text")
    );
    assert_eq!(answered(&compression(0, ""), "text".into(), tagged, 200), text("gzip", "", "\"a\"", "text"));
}

#[test]
fn a_backend_that_breaks_off_at_once_is_refused() {
    let pieces = [Ok(Bytes::from_static(b"12")), Err(BodyError::BrokenOff)];
    let response = Response::new(Body::stream(Pieces(pieces.into())));
    let request = http::Request::builder().header("accept-encoding", "gzip").body(Body::Empty).unwrap();
    let refused = at_once(compress(compression(5, "").wanted(&request), response)).unwrap_err();
    assert!(matches!(refused, Refusal::Integration(BackendError::BadAnswer(_))), "{refused:?}");
}

fn decompressed(coding: &str, body: Body) -> Result<(bool, Bytes), Refusal> {
    let request = http::Request::builder().header("content-encoding", coding).header("content-length", "9");
    let request = at_once(decompress(request.body(body).unwrap()))?;
    let is_told = request.headers().contains_key("content-encoding");
    Ok((is_told, at_once(request.into_body().collect_up_to(1 << 24)).unwrap()))
}

#[test]
fn requests_are_taken_out_of_their_coding() {
    let coded = |coding| coding::encode(b"text", coding).unwrap();
    let text = Ok((false, Bytes::from_static(b"text")));
    assert_eq!(decompressed("gzip", coded(Coding::Gzip).into()), text);
    assert_eq!(decompressed(" GZip", coded(Coding::Gzip).into()), text);
    assert_eq!(decompressed("deflate", coded(Coding::Deflate).into()), text);
    assert_eq!(decompressed("identity", "text".into()), text);
    assert_eq!(decompressed("br", Body::Empty), Ok((false, Bytes::new())));
    let piece = coded(Coding::Gzip);
    let pieces = Body::stream(Pieces(piece.chunks(3).map(|it| Ok(Bytes::copy_from_slice(it))).collect()));
    assert_eq!(decompressed("gzip", pieces), text);
}

#[test]
fn bodies_that_cannot_be_are_refused() {
    for (coding, body) in [
        ("gzip", Body::from("text")),
        ("deflate", "text".into()),
        ("gzip", coding::encode(b"text", Coding::Deflate).unwrap().into()),
        ("br", coding::encode(b"text", Coding::Brotli).unwrap().into()),
        ("zstd", "text".into()),
        ("gzip, gzip", "text".into()),
        ("aws-chunked", "text".into()),
        ("", "text".into()),
    ] {
        assert_eq!(decompressed(coding, body), Err(Refusal::UnsupportedMediaType), "{coding}");
    }
    let bomb = coding::encode(&vec![0; PAYLOAD_BYTES_MAX + 1], Coding::Gzip).unwrap();
    assert_eq!(decompressed("gzip", bomb.into()), Err(Refusal::RequestTooLarge));
    let most = coding::encode(&vec![0; PAYLOAD_BYTES_MAX], Coding::Gzip).unwrap();
    assert_eq!(decompressed("gzip", most.into()).unwrap().1.len(), PAYLOAD_BYTES_MAX);
    let long = Bytes::from(vec![0; PAYLOAD_BYTES_MAX + 1]);
    let refused = decompressed("gzip", long.into()).unwrap_err();
    assert_eq!(refused.rest_form().status, StatusCode::PAYLOAD_TOO_LARGE);
}
