//! One request and its answer.

use std::convert::Infallible;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use gatelet_core::payload::{Body, Response};
use gatelet_core::pipeline;
use gatelet_core::ports::{BackendError, Clock};
use gatelet_core::record::Record;
use gatelet_core::refusal::Refusal;
use gatelet_core::{Arrival, payload};
use http::{Method, StatusCode, request};
use http_body::Body as _;
use hyper::body::Incoming;
use tokio::time::timeout;

use super::activity::Activity;
use super::in_flight::InFlight;
use super::inbound::Inbound;
use super::limits::Patience;
use super::outbound::{Open, Outbound, Sink};
use super::{Handler, head, identity};

/// What all connections of a server share.
pub(super) struct Edge<H> {
    pub(super) handler: H,
    pub(super) sink: Arc<dyn Sink>,
    pub(super) patience: Patience,
    pub(super) in_flight: InFlight,
}

/// Answers one request. Its record is sealed when the answer's body has ended, or when this future or that body
/// is dropped because the client has gone.
pub(super) async fn exchange<H: Handler>(
    edge: Arc<Edge<H>>,
    connection: Arc<Activity>,
    peer: IpAddr,
    request: http::Request<Incoming>,
) -> Result<http::Response<Outbound>, Infallible> {
    let arrival = identity::arrival(edge.handler.clock().now(), peer, edge.patience.answer);
    let (head, incoming) = request.into_parts();
    let record = Record::open(&arrival, head.method.clone(), head.version);
    let under_way = edge.in_flight.begin(&head, connection);
    let refused = under_way.refusal();
    let mut open = Open::new(record, Arc::clone(&edge.sink), under_way);
    let is_head = head.method == Method::HEAD;
    let response = match open.record() {
        Some(record) => match refused {
            Some(refusal) => refuse_at_the_door(refusal, &head, &arrival, record),
            None => answer(&edge, &arrival, head, incoming, record).await,
        },
        None => Response::default(),
    };
    let (head, body) = response.into_parts();
    let has_body = !is_head && !matches!(head.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    let outbound = if has_body { Outbound::new(body, open) } else { Outbound::none(open) };
    Ok(http::Response::from_parts(head, outbound))
}

async fn answer<H: Handler>(
    edge: &Edge<H>,
    arrival: &Arrival,
    head: request::Parts,
    incoming: Incoming,
    record: &mut Record,
) -> Response {
    if let Err(refusal) = head::check(&head) {
        return refuse_at_the_door(refusal, &head, arrival, record);
    }
    let body = match incoming.is_end_stream() {
        true => Body::Empty,
        false => Body::stream(Inbound::new(incoming, edge.patience.body)),
    };
    let request = payload::Request::from_parts(head, body);
    let answering = unless_panicking(edge.handler.answer(arrival, request, record));
    let refusal = match timeout(edge.patience.answer, answering).await {
        Ok(Some(response)) => return response,
        Ok(None) => Refusal::Internal,
        Err(_) => Refusal::Integration(BackendError::Timeout(edge.patience.answer)),
    };
    pipeline::refuse(refusal, arrival, record)
}

/// Refuses a request that no handler has seen.
fn refuse_at_the_door(
    refusal: Refusal,
    head: &request::Parts,
    arrival: &Arrival,
    record: &mut Record,
) -> Response {
    let user_agent = payload::headers::last_value(&head.headers, "user-agent");
    record.note_request(head.uri.path(), user_agent);
    pipeline::refuse(refusal, arrival, record)
}

/// Runs a future to its end, or to nothing where it panics: the fault of one request is that request's alone.
async fn unless_panicking<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    std::future::poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(polled) => polled.map(Some),
        Err(_) => Poll::Ready(None),
    })
    .await
}
