//! The adapter for backends over HTTP against backends that behave and backends that do not, over sockets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod addresses;
mod failures;
mod providers;
mod request_body;
mod reuse;
mod streaming;
mod tls;
mod ways;
mod wire;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use gatelet_aws::backends::{AddressPolicy, BackendSettings, HttpBackends};
use gatelet_core::payload::{Body, BodyError, Response};
use gatelet_core::ports::{BackendCall, BackendError, Backends};
use gatelet_tests::backend::PATIENCE;
use http::Request;
use http_body::Frame;
use http_body_util::BodyExt;
use tokio::sync::mpsc;

/// Longer than any answer in these tests.
const BODY_BYTES_MAX: usize = 64 << 20;

/// What `gatelet dev` uses.
fn local() -> HttpBackends {
    with(BackendSettings::new(AddressPolicy::local()))
}

fn with(settings: BackendSettings) -> HttpBackends {
    HttpBackends::new(settings).unwrap()
}

fn call(method: &str, url: &str, body: impl Into<Body>) -> BackendCall {
    to(Request::builder().method(method).uri(url).body(body.into()).unwrap())
}

fn to(request: Request<Body>) -> BackendCall {
    BackendCall { request, timeout: PATIENCE, way: Arc::default() }
}

fn get(url: &str) -> BackendCall {
    call("GET", url, Body::Empty)
}

fn within(limit: Duration, call: BackendCall) -> BackendCall {
    BackendCall { timeout: limit, ..call }
}

/// The answer, or why there is none.
async fn answer(backends: &HttpBackends, call: BackendCall) -> Result<Response, BackendError> {
    soon(backends.call(call)).await
}

async fn failure(backends: &HttpBackends, call: BackendCall) -> BackendError {
    let answer = answer(backends, call).await;
    answer.expect_err("the call fails")
}

async fn whole(answer: Response) -> Result<Bytes, BodyError> {
    soon(answer.into_body().collect_up_to(BODY_BYTES_MAX)).await
}

/// The answer's status and whole body.
async fn text(backends: &HttpBackends, call: BackendCall) -> (u16, String) {
    let answer = answer(backends, call).await.unwrap();
    let status = answer.status().as_u16();
    (status, String::from_utf8(whole(answer).await.unwrap().to_vec()).unwrap())
}

/// The next piece of a body that is still on its way.
async fn next(body: &mut Body) -> Option<Result<Bytes, BodyError>> {
    soon(body.frame()).await.map(|frame| frame.map(|it| it.into_data().unwrap_or_default()))
}

async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it does not hang")
}

/// A body that is fed by the test, piece by piece.
struct Fed(mpsc::Receiver<Result<Bytes, BodyError>>);

fn fed() -> (mpsc::Sender<Result<Bytes, BodyError>>, Body) {
    let (sender, receiver) = mpsc::channel(1);
    (sender, Body::stream(Fed(receiver)))
}

impl http_body::Body for Fed {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|it| it.map(Frame::data)))
    }
}
