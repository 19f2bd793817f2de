//! The ways into the gateway: into the data plane itself, through the local server's socket, and as the events of the function's
//! doors.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gatelet_aws::edge::arrival;
use gatelet_aws::environment::Environment;
use gatelet_core::Scheme;
use gatelet_core::payload::{Body, Response};
use gatelet_core::pipeline::{self, Front};
use gatelet_core::ports::Clock as _;
use gatelet_core::record::{End, Record, SealedRecord};
use gatelet_local::doors::Gateway;
use gatelet_local::server::Server;
use gatelet_local::server::limits::Patience;
use gatelet_tests::doors::{
    Answer, FUNCTION_URL_HOST, INVOCATION, PEER, Records, SharedWorld, function_url, invoke, load_balancer,
};
use gatelet_world::{SeenCall, SeenInvocation, SeenServiceCall};
use http::header::HOST;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use router::Router;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};

use crate::case::Way;
use crate::world::NOW;

const BODY_BYTES_MAX: usize = 1 << 20;
const PATIENCE: Duration = Duration::from_secs(20);
/// By which the edge in front of the Function URL proves itself.
const SECRET: &str = "0123456789abcdef0123";
/// What the function behind that URL is told.
const AT_URL: [(&str, &str); 2] =
    [("GATELET_ORIGIN_SECRETS", SECRET), ("GATELET_RESPONSE_STREAMING", "true")];
/// The edge in front.
const EDGE: IpAddr = IpAddr::V4(Ipv4Addr::new(64, 252, 1, 2));

impl Way {
    /// What a request on this way has in place of what stands in a case.
    pub(crate) fn own(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let own: &[_] = match self {
            Self::LocalServer => &[("203.0.113.7", "127.0.0.1"), ("proto=https", "proto=http")],
            _ => &[],
        };
        own.iter().copied()
    }
}

/// What came of a request.
pub(crate) struct Happened {
    pub(crate) way: Way,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) record: Arc<SealedRecord>,
    pub(crate) calls: Vec<SeenCall>,
    pub(crate) invocations: Vec<SeenInvocation>,
    pub(crate) service_calls: Vec<SeenServiceCall>,
}

/// Sends a request into a world.
pub(crate) async fn go(way: Way, world: SharedWorld, request: Request<Bytes>) -> Result<Happened, String> {
    let (status, headers, body, record) = match way {
        Way::DataPlane => data_plane(&world, request).await,
        Way::LocalServer => local_server(&world, request).await.map_err(|error| error.to_string())?,
        Way::FunctionUrl => through(&world, &AT_URL, at_url(request)).await,
        Way::LoadBalancer => through(&world, &[], load_balancer(&request, PEER)).await,
    };
    let (calls, invocations) = (world.world.backends.seen(), world.world.functions.seen());
    let service_calls = world.world.services.seen();
    Ok(Happened { way, status, headers, body, record, calls, invocations, service_calls })
}

type Heard = (StatusCode, HeaderMap, Bytes, Arc<SealedRecord>);

/// The pipeline and nothing in front of it.
async fn data_plane(world: &SharedWorld, request: Request<Bytes>) -> Heard {
    let now = world.world.clock.now();
    let arrival = arrival(now, PEER, Scheme::Https, now.after(INVOCATION));
    let request = request.map(Body::from);
    let record = Record::open(&arrival, request.method().clone(), request.version());
    let mut record = record.traced(Arc::new(|| NOW));
    let front = Front::default();
    let response: Response = pipeline::serve(world, &front, &arrival, request, &mut record).await;
    let (head, body) = response.into_parts();
    let body = body.collect_up_to(BODY_BYTES_MAX).await.unwrap_or_default();
    let record = record.seal(End::Complete, body.len() as u64, Duration::ZERO);
    (head.status, head.headers, body, Arc::new(record))
}

/// A connection to the server on one machine.
async fn local_server(
    world: &SharedWorld,
    request: Request<Bytes>,
) -> Result<Heard, Box<dyn std::error::Error>> {
    let records = Records::default();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let gateway = Gateway::new(world.clone(), Front::default());
    let server = Server::start(listener, gateway, Arc::new(records.clone()), Patience::default())?;
    let exchange = async {
        let stream = TokioIo::new(TcpStream::connect(server.address()).await?);
        // As browsers and most clients spell names, and as the gateway writes them where it is not told.
        let mut client = hyper::client::conn::http1::Builder::new();
        let (mut sender, connection) = client.title_case_headers(true).handshake(stream).await?;
        let serving = tokio::spawn(connection);
        let (head, body) = sender.send_request(request.map(Full::new)).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        serving.abort();
        Ok::<_, Box<dyn std::error::Error>>((head, body))
    };
    let (mut head, body) = tokio::time::timeout(PATIENCE, exchange).await??;
    // The connection's own, whatever was answered.
    for name in [http::header::DATE, http::header::CONNECTION] {
        head.headers.remove(name);
    }
    Ok((head.status, head.headers, body, records.first().await))
}

/// The router function, invoked with an event.
async fn through(world: &SharedWorld, variables: &[(&str, &str)], event: Value) -> Heard {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let settings = Environment::parse(variables).expect("the variables are understood").router().clone();
    let records = Records::default();
    let router = Router::serving(world.clone(), Front::default(), settings, Arc::new(records.clone()));
    let reply = invoke(&router, &event, NOW).await.expect("it is a request");
    let answer = Answer::of(reply).await;
    (answer.status, answer.headers, answer.body, records.only())
}

/// What CloudFront makes of a request before a Function URL: it calls the URL by its own name, and tells the client's.
fn at_url(mut request: Request<Bytes>) -> Value {
    let headers = request.headers_mut();
    let host = headers.get(HOST).cloned().expect("a request has a host");
    headers.insert("x-gatelet-host", host);
    for (name, value) in [
        ("host", FUNCTION_URL_HOST.to_owned()),
        ("x-gatelet-origin-secret", SECRET.to_owned()),
        ("x-gatelet-client", PEER.to_string()),
    ] {
        headers.insert(name, value.parse().expect("a value"));
    }
    headers.append("x-forwarded-for", PEER.to_string().parse().expect("a value"));
    function_url(&request, EDGE)
}
