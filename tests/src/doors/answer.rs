//! Answers as their door reads them.

use std::future::poll_fn;
use std::pin::Pin;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use futures_core::Stream as _;
use gatelet_aws::events::Prelude;
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use router::{AnswerBody, Reply};
use serde_json::Value;

/// What a client hears of a reply.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers, cookies among them.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// The JSON of a buffered answer.
    pub json: Option<Value>,
}

impl Answer {
    /// Reads a reply to its end.
    pub async fn of(reply: Reply) -> Self {
        match reply {
            Reply::Buffered(answer) => {
                let json = serde_json::to_string(&answer).unwrap();
                Self::parse(serde_json::from_str(&json).unwrap())
            }
            Reply::Streamed(prelude, mut body) => {
                let mut answer = Self::begin(prelude);
                let mut whole = BytesMut::new();
                while let Some(chunk) = chunk(&mut body).await {
                    whole.extend_from_slice(&chunk);
                }
                answer.body = whole.freeze();
                answer
            }
        }
    }

    /// The beginning of a streamed one.
    #[must_use]
    pub fn begin(prelude: Prelude) -> Self {
        let Prelude { status, mut headers, cookies } = prelude;
        for cookie in cookies {
            headers.append(SET_COOKIE, HeaderValue::from_bytes(cookie.as_bytes()).unwrap());
        }
        Self { status, headers, body: Bytes::new(), json: None }
    }

    fn parse(json: Value) -> Self {
        let mut headers = HeaderMap::new();
        let mut add = |name: &str, value: &Value| {
            let value = HeaderValue::from_bytes(value.as_str().unwrap().as_bytes()).unwrap();
            headers.append(name.parse::<HeaderName>().unwrap(), value);
        };
        for (name, value) in json["headers"].as_object().into_iter().flatten() {
            add(name, value);
        }
        for (name, values) in json["multiValueHeaders"].as_object().into_iter().flatten() {
            values.as_array().unwrap().iter().for_each(|value| add(name, value));
        }
        json["cookies"].as_array().into_iter().flatten().for_each(|cookie| add("set-cookie", cookie));
        let text = json["body"].as_str().unwrap().to_owned();
        let body = match json["isBase64Encoded"].as_bool().unwrap() {
            true => STANDARD.decode(text).unwrap(),
            false => text.into_bytes(),
        };
        let status = u16::try_from(json["statusCode"].as_u64().unwrap()).unwrap();
        Self { status: StatusCode::from_u16(status).unwrap(), headers, body: body.into(), json: Some(json) }
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// All values of a header, with line breaks between.
    #[must_use]
    pub fn header(&self, name: &str) -> String {
        let values = self.headers.get_all(name).iter();
        values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect::<Vec<_>>().join("\n")
    }
}

/// The next chunk of a streamed answer.
pub async fn chunk(body: &mut AnswerBody) -> Option<Bytes> {
    poll_fn(|context| Pin::new(&mut *body).poll_next(context)).await.map(|chunk| match chunk {
        Ok(chunk) => chunk,
        Err(never) => match never {},
    })
}
