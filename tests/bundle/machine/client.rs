//! A client that asks once and reads the whole answer.

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Sends a request on a connection of its own.
pub(crate) async fn send(
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Answer {
    let client: Client<HttpConnector, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = client.request(request.body(Full::new(body.into())).unwrap()).await;
    let (parts, body) = answer.unwrap_or_else(|error| panic!("{url}: {error:?}")).into_parts();
    let body = body.collect().await.unwrap_or_else(|error| panic!("{url}: {error:?}")).to_bytes();
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

/// Invokes a function as Lambda's own API has it.
pub(crate) async fn invoke(endpoint: &str, function: &str, event: impl Into<Bytes>) -> Answer {
    let url = format!("{endpoint}/2015-03-31/functions/{function}/invocations");
    send(Method::POST, &url, &[], event).await
}
