//! Which addresses are called: the resolved ones are judged, and only the judged ones are connected to.

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gatelet_aws::backends::{
    AddressPolicy, BackendLimits, BackendSettings, HostAndPort, HttpBackends, Resolve, Resolving,
};
use gatelet_aws::environment::Environment;
use gatelet_core::ports::BackendError;
use gatelet_tests::backend::{Backend, answers};

use crate::{failure, get, local, text, with};

/// Every way to write 127.0.0.1 that some resolver or URL parser understands, and its namesakes.
const SPELLINGS: [&str; 11] = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "0x7f.1",
    "0x7f000001",
    "017700000001",
    "2130706433",
    "127.0.0.1.",
    "localhost",
    "LOCALHOST.",
    "pets.execute-api.localhost",
];

fn in_lambda() -> HttpBackends {
    with(BackendSettings::new(AddressPolicy::on_lambda(true)))
}

fn is_forbidden(failure: &BackendError) -> bool {
    matches!(failure, BackendError::ForbiddenAddress(_))
}

/// Gives the answers it was made with, one after the other.
#[derive(Clone)]
struct Scripted(Arc<Mutex<VecDeque<Vec<IpAddr>>>>);

impl Scripted {
    fn new(answers: &[&[&str]]) -> Self {
        let parse = |answer: &&[&str]| answer.iter().map(|address| address.parse().unwrap()).collect();
        Self(Arc::new(Mutex::new(answers.iter().map(parse).collect())))
    }

    fn left(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl Resolve for Scripted {
    fn resolve(&self, _name: &str) -> Resolving {
        let answer = self.0.lock().unwrap().pop_front();
        Box::pin(std::future::ready(answer.ok_or_else(|| io::ErrorKind::NotFound.into())))
    }
}

#[tokio::test]
async fn every_spelling_of_loopback_is_the_same_backend_or_forbidden() {
    let backend = Backend::start(answers::echo).await;
    for spelling in SPELLINGS {
        let url = backend.url_by_name(spelling, "/");
        let failed = failure(&in_lambda(), get(&url)).await;
        assert!(is_forbidden(&failed), "{spelling}: {failed:?}");
        assert_eq!(backend.connections(), 0, "{spelling}");
    }
    let mapped = failure(&in_lambda(), get(&backend.url_by_name("[::ffff:127.0.0.1]", "/"))).await;
    assert!(is_forbidden(&mapped), "{mapped:?}");
    for spelling in SPELLINGS {
        assert_eq!(text(&local(), get(&backend.url_by_name(spelling, "/"))).await.0, 200, "{spelling}");
    }
}

#[tokio::test]
async fn all_spellings_of_an_address_share_its_connection_and_its_host_header() {
    let backend = Backend::start(answers::echo).await;
    let backends = local();
    for spelling in ["127.0.0.1", "127.1", "0x7f.1", "017700000001"] {
        text(&backends, get(&backend.url_by_name(spelling, "/"))).await;
    }
    assert_eq!(backend.connections(), 1);
    let expected = backend.address().to_string();
    assert!(backend.requests().iter().all(|request| request.header("host") == Some(&expected)));
}

#[tokio::test]
async fn metadata_is_forbidden_everywhere() {
    for host in [
        "169.254.169.254",
        "0xa9fea9fe",
        "2852039166",
        "[::ffff:169.254.169.254]",
        "[fd00:ec2::254]",
        "[64:ff9b::169.254.169.254]",
        "[fe80::1]",
        "0.0.0.0",
        "[::]",
        "255.255.255.255",
    ] {
        for backends in [local(), in_lambda()] {
            let failed = failure(&backends, get(&format!("http://{host}/latest/meta-data/"))).await;
            assert!(is_forbidden(&failed), "{host}: {failed:?}");
        }
    }
}

#[tokio::test]
async fn a_name_is_judged_by_what_it_resolves_to() {
    let resolver = Scripted::new(&[&["169.254.169.254"], &["10.0.0.7"], &[]]);
    let settings = BackendSettings::new(AddressPolicy::on_lambda(false)).with_resolver(resolver);
    let backends = with(settings);
    let url = "http://metadata.example/";
    let failed = failure(&backends, get(url)).await;
    let expected = "`metadata.example` resolves to `169.254.169.254`, which is a link-local address, where \
                    metadata services live";
    assert_eq!(failed, BackendError::ForbiddenAddress(expected.to_owned()));
    assert!(is_forbidden(&failure(&backends, get(url)).await));
    assert!(matches!(failure(&backends, get(url)).await, BackendError::Network(_)));
}

#[tokio::test]
async fn a_name_that_changes_its_mind_is_judged_again_for_each_connection() {
    let backend = Backend::start(answers::echo).await;
    let resolver = Scripted::new(&[&["127.0.0.1"], &["169.254.169.254"]]);
    let limits = BackendLimits { unused_connection: Duration::from_millis(50), ..BackendLimits::default() };
    let settings =
        BackendSettings::new(AddressPolicy::local()).with_resolver(resolver.clone()).with_limits(limits);
    let backends = with(settings);
    let url = backend.url_by_name("rebinding.example", "/");
    assert_eq!(text(&backends, get(&url)).await.0, 200);
    // The judged address was connected to without asking again.
    assert_eq!(resolver.left(), 1);
    backend.until_open_connections(0).await;
    assert!(is_forbidden(&failure(&backends, get(&url)).await));
    assert_eq!(backend.connections(), 1);
}

#[tokio::test]
async fn of_several_addresses_only_the_allowed_are_connected_to() {
    let backend = Backend::start(answers::echo).await;
    let resolver = Scripted::new(&[&["169.254.169.254", "fe80::1", "127.0.0.1"]]);
    let backends = with(BackendSettings::new(AddressPolicy::local()).with_resolver(resolver));
    assert_eq!(text(&backends, get(&backend.url_by_name("mixed.example", "/"))).await.0, 200);
}

#[tokio::test]
async fn the_gateway_s_own_surroundings_are_no_backends() {
    let control = Backend::start(answers::echo).await;
    let backend = Backend::start(answers::echo).await;
    let backends =
        with(BackendSettings::new(AddressPolicy::local()).forbidding(HostAndPort::from(control.address())));
    for spelling in SPELLINGS.iter().chain(&["[::1]", "127.0.0.2", "[::ffff:127.0.0.1]"]) {
        let failed = failure(&backends, get(&control.url_by_name(spelling, "/"))).await;
        assert!(is_forbidden(&failed), "{spelling}: {failed:?}");
    }
    assert_eq!(control.connections(), 0);
    assert_eq!(text(&backends, get(&backend.url("/"))).await.0, 200);
}

#[tokio::test]
async fn in_lambda_the_runtime_api_is_no_backend_whatever_else_is_allowed() {
    let runtime_api = Backend::start(answers::echo).await;
    for spelled in [runtime_api.address().to_string(), format!("localhost:{}", runtime_api.address().port())]
    {
        let variables = [("AWS_LAMBDA_RUNTIME_API".to_owned(), spelled.clone())];
        let environment = Environment::parse(variables).unwrap();
        let failed = failure(&with(environment.backends()), get(&runtime_api.url("/"))).await;
        assert!(is_forbidden(&failed), "{failed:?}");
        // Also where loopback is allowed, as under an emulator.
        let settings = BackendSettings::new(AddressPolicy::local()).forbidding(spelled.parse().unwrap());
        assert!(is_forbidden(&failure(&with(settings), get(&runtime_api.url("/"))).await));
    }
    assert_eq!(runtime_api.connections(), 0);
}
