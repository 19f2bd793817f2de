//! One request and its answer.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use gatelet_aws::edge::{
    OpenRecord, Outbound, Sink, arrival, check_head, refuse_unseen, remove_certificate_headers,
    unless_panicking,
};
use gatelet_core::authorizers::ClientCertificate;
use gatelet_core::payload::{Body, Response};
use gatelet_core::pipeline;
use gatelet_core::ports::{BackendError, Clock};
use gatelet_core::record::Record;
use gatelet_core::refusal::Refusal;
use gatelet_core::{Arrival, Scheme, Vouched, payload};
use http::request;
use http_body::Body as _;
use hyper::body::Incoming;
use tokio::time::timeout;

use super::Handler;
use super::activity::Activity;
use super::in_flight::{InFlight, UnderWay};
use super::inbound::Inbound;
use super::limits::Patience;
use super::tls::Tls;

/// What all connections of a server share.
pub(super) struct Edge<H> {
    pub(super) handler: H,
    pub(super) sink: Arc<dyn Sink>,
    pub(super) patience: Patience,
    pub(super) in_flight: InFlight,
    /// None where nothing is encrypted.
    pub(super) tls: Option<Tls>,
}

/// Who is at the other end of a connection.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) address: IpAddr,
    pub(super) scheme: Scheme,
    /// What it showed in the handshake, verified.
    pub(super) certificate: Option<Arc<ClientCertificate>>,
}

/// Answers one request. Its record is sealed when the answer's body has ended, or when this future or that body
/// is dropped because the client has gone.
pub(super) async fn exchange<H: Handler>(
    edge: Arc<Edge<H>>,
    connection: Arc<Activity>,
    client: Client,
    request: http::Request<Incoming>,
) -> Result<http::Response<Outbound<UnderWay>>, Infallible> {
    let now = edge.handler.clock().now();
    let mut arrival = arrival(now, client.address, client.scheme, now.after(edge.patience.answer));
    arrival.vouched = Vouched { identity: None, certificate: client.certificate };
    let (mut head, incoming) = request.into_parts();
    let record = Record::open(&arrival, head.method.clone(), head.version);
    let under_way = edge.in_flight.begin(&head, connection);
    let refused = under_way.refusal();
    if let Some(names) = under_way.header_names() {
        head.extensions.insert(names);
    }
    let mut open = OpenRecord::new(record, Arc::clone(&edge.sink), under_way);
    let method = head.method.clone();
    let response = match open.record() {
        Some(record) => match refused {
            Some(refusal) => refuse_unseen(refusal, &head.uri, &head.headers, record),
            None => answer(&edge, &arrival, head, incoming, record).await,
        },
        None => Response::default(),
    };
    Ok(open.answer(&method, response))
}

async fn answer<H: Handler>(
    edge: &Edge<H>,
    arrival: &Arrival,
    mut head: request::Parts,
    incoming: Incoming,
    record: &mut Record,
) -> Response {
    let body_bytes_max = edge.handler.body_bytes_max();
    if let Err(refusal) = check_head(&head.uri, &head.headers, body_bytes_max) {
        return refuse_unseen(refusal, &head.uri, &head.headers, record);
    }
    let body = match incoming.is_end_stream() {
        true => Body::Empty,
        false => Body::stream(Inbound::new(incoming, body_bytes_max, edge.patience.body)),
    };
    remove_certificate_headers(&mut head.headers);
    let request = payload::Request::from_parts(head, body);
    let answering = unless_panicking(edge.handler.answer(arrival, request, record));
    let refusal = match timeout(edge.patience.answer, answering).await {
        Ok(Some(response)) => return response,
        Ok(None) => Refusal::Internal,
        Err(_) => Refusal::Integration(BackendError::Timeout(edge.patience.answer)),
    };
    pipeline::refuse(refusal, record)
}
