//! A backend that speaks HTTP/2.

use std::convert::Infallible;
use std::io;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::answers::echoed;
use super::connection::Stream;
use super::log::{Log, Received};

pub(super) async fn echo(stream: Stream, number: usize, log: Log) -> io::Result<()> {
    let answer = service_fn(|request| answer(request, number, log.clone()));
    let serving = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
    serving.serve_connection(TokioIo::new(stream), answer).await.map_err(io::Error::other)
}

async fn answer(
    request: Request<Incoming>,
    connection: usize,
    log: Log,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map(|whole| whole.to_bytes().to_vec()).unwrap_or_default();
    let authority = parts.uri.authority().map(|it| (":authority".to_owned(), it.to_string()));
    let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let received = Received {
        connection,
        version: format!("{:?}", parts.version),
        method: parts.method.to_string(),
        target: parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        headers: authority.into_iter().chain(parts.headers.iter().map(header)).collect(),
        body,
    };
    let echoed = echoed(&received).to_string();
    log.note_request(received);
    Ok(Response::new(Full::from(echoed)))
}
