//! Events of a Function URL, and what must come back
//! (<https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads>).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::definitions::STAGE;
use crate::runtime_api::Answer;

/// Of the 6 MB that an invocation takes and gives (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>),
/// what is left for a body.
const BODY_CHARACTERS: usize = 6 * 1024 * 1024 - 16 * 1024;

/// What separates a streamed answer's head from its body
/// (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming>).
const STREAM_DELIMITER: [u8; 8] = [0; 8];
/// How much of an answer is shown that is none.
const SHOWN_BYTES: usize = 300;

/// A request without a body. Of the pet store it asks for the page, a mock.
pub(crate) fn small() -> Bytes {
    event("GET", None)
}

/// A body as large as can be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Large {
    /// Text, which events and answers hold as it is.
    Text,
    /// Bytes that are no text, which they hold in base64.
    Bytes,
}

impl Large {
    /// Its length.
    pub(crate) const fn bytes(self) -> usize {
        match self {
            Self::Text => BODY_CHARACTERS,
            Self::Bytes => BODY_CHARACTERS / 4 * 3,
        }
    }

    fn event_body(self) -> String {
        match self {
            Self::Text => "All pets are alike. ".chars().cycle().take(self.bytes()).collect(),
            Self::Bytes => {
                STANDARD.encode((0..=u8::MAX).rev().cycle().take(self.bytes()).collect::<Vec<_>>())
            }
        }
    }
}

/// An event with a large body.
pub(crate) fn large(body: Large) -> Bytes {
    event("POST", Some(body))
}

fn event(method: &str, body: Option<Large>) -> Bytes {
    let path = format!("/{STAGE}/");
    let domain_name = "dqi3b5sgfl2n3i4kxq7qjzqkfi0abcde.lambda-url.eu-west-1.on.aws";
    let is_base64 = body == Some(Large::Bytes);
    let content_type = if is_base64 { "application/octet-stream" } else { "application/json" };
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "accept": content_type,
            "accept-encoding": "gzip, deflate, br",
            "content-type": content_type,
            "host": domain_name,
            "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
            "x-amzn-tls-cipher-suite": "TLS_AES_128_GCM_SHA256",
            "x-amzn-tls-version": "TLSv1.3",
            "x-amzn-trace-id": "Self=1-691f3f7c-0d1c0e3a5c1c1d5a6c0e2b34;Root=1-691f3f7c-2b1c0e3a5c1c1d5a6c0e2b34",
            "x-forwarded-for": "203.0.113.7",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        },
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "dqi3b5sgfl2n3i4kxq7qjzqkfi0abcde",
            "domainName": domain_name,
            "domainPrefix": "dqi3b5sgfl2n3i4kxq7qjzqkfi0abcde",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
            },
            "requestId": "d9a2a9a5-2f0c-4c5c-9d0a-3f7c2b1c0e3a",
            "routeKey": "$default",
            "stage": "$default",
            "time": "20/Nov/2026:16:20:28 +0000",
            "timeEpoch": 1_795_191_628_000_u64,
        },
        "isBase64Encoded": is_base64,
    });
    if let (Some(body), Some(event)) = (body, event.as_object_mut()) {
        event.insert("body".to_owned(), Value::String(body.event_body()));
    }
    Bytes::from(event.to_string())
}

/// The status that an answer says.
///
/// # Errors
/// What it is instead of an answer.
pub(crate) fn status(answer: &Answer) -> Result<u64, String> {
    let head = head(answer)?;
    head.get("statusCode").and_then(Value::as_u64).ok_or_else(|| beginning(answer))
}

/// How long the body is that an answer brings.
///
/// # Errors
/// What it is instead of an answer.
pub(crate) fn body_bytes(answer: &Answer) -> Result<usize, String> {
    if answer.streamed {
        return Ok(parts(answer).1.len());
    }
    let head = head(answer)?;
    let body = head.get("body").and_then(Value::as_str).unwrap_or_default();
    if head.get("isBase64Encoded") == Some(&Value::Bool(true)) {
        return STANDARD.decode(body).map(|bytes| bytes.len()).map_err(|error| error.to_string());
    }
    Ok(body.len())
}

fn head(answer: &Answer) -> Result<Value, String> {
    serde_json::from_slice(parts(answer).0).map_err(|error| format!("{error} in {}", beginning(answer)))
}

/// The JSON of an answer, and what comes behind it where it is streamed.
fn parts(answer: &Answer) -> (&[u8], &[u8]) {
    let delimiter =
        answer.streamed.then(|| answer.body.windows(8).position(|bytes| bytes == STREAM_DELIMITER));
    let (head, rest) = answer.body.split_at(delimiter.flatten().unwrap_or(answer.body.len()));
    (head, rest.strip_prefix(&STREAM_DELIMITER).unwrap_or(rest))
}

fn beginning(answer: &Answer) -> String {
    String::from_utf8_lossy(answer.body.get(..SHOWN_BYTES).unwrap_or(&answer.body)).into_owned()
}
