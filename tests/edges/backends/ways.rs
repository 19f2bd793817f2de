//! Other ways to a backend than its URI: VPC links, other judgements of its certificate, a certificate that it is shown.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatelet_aws::backends::{
    AddressPolicy, BackendSettings, HttpBackends, ShownCertificate, ShownCertificates, VpcLinks,
};
use gatelet_aws::environment::Environment;
use gatelet_core::ports::{BackendCall, BackendError, BackendWay, VpcLink};
use gatelet_model::TlsConfig;
use gatelet_tests::backend::{Backend, Tls, answers};
use rustls::pki_types::CertificateDer;

use crate::{failure, get, local, text, with};

const DAY: Duration = Duration::from_hours(24);

fn by(way: BackendWay, url: &str) -> BackendCall {
    BackendCall { way: Arc::new(way), ..get(url) }
}

fn judged(insecure_skip_verification: bool, name: Option<&str>) -> BackendWay {
    let server_name_to_verify = name.map(str::to_owned);
    BackendWay {
        tls: TlsConfig { insecure_skip_verification, server_name_to_verify },
        ..BackendWay::default()
    }
}

fn through(target: Option<&str>, names_host: bool) -> BackendWay {
    let link = VpcLink { id: "abc123".into(), target: target.map(Into::into), names_host };
    BackendWay { link: Some(link), ..BackendWay::default() }
}

fn knowing(links: &str) -> BackendSettings {
    BackendSettings::new(AddressPolicy::local()).with_links(VpcLinks::parse(links).unwrap())
}

#[tokio::test]
async fn a_certificate_of_any_issuer_is_taken_where_it_is_asked_for_and_nowhere_else() {
    let protocols = &["http/1.1"];
    let itself = Tls::new(&["backend.localhost"], protocols);
    let authority = Tls::made(&["backend.localhost"], protocols, None, |parameters| {
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    });
    let backends = local();
    for tls in [itself, authority] {
        let backend = Backend::start_tls(&tls, answers::echo).await;
        let url = backend.url_by_name("backend.localhost", "/");
        let refused = failure(&backends, get(&url)).await;
        assert!(matches!(&refused, BackendError::Network(_)), "{refused:?}");
        assert_eq!(text(&backends, by(judged(true, None), &url)).await.0, 200);
        // The connection that came about in this way is no one else's.
        let refused = failure(&backends, get(&url)).await;
        assert!(matches!(&refused, BackendError::Network(_)), "{refused:?}");
        assert_eq!(backend.requests().len(), 1);
    }
}

#[tokio::test]
async fn names_dates_and_keys_are_judged_whoever_the_issuer_is() {
    let backend = Backend::start_tls(&Tls::new(&["backend.localhost"], &[]), answers::echo).await;
    let misnamed = by(judged(true, None), &backend.url_by_name("other.localhost", "/"));
    let misnamed = failure(&local(), misnamed).await;
    assert!(matches!(&misnamed, BackendError::Network(why) if why.contains("not valid for")), "{misnamed:?}");
    for is_authority in [false, true] {
        let expired = Tls::made(&["127.0.0.1"], &[], None, |parameters| {
            parameters.not_after = (SystemTime::now() - DAY).into();
            if is_authority {
                parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
            }
        });
        let backend = Backend::start_tls(&expired, answers::echo).await;
        let failed = failure(&local(), by(judged(true, None), &backend.url("/"))).await;
        assert!(matches!(&failed, BackendError::Network(why) if why.contains("xpired")), "{failed:?}");
    }
}

#[tokio::test]
async fn a_certificate_bears_the_name_that_was_asked_for() {
    let tls = Tls::new(&["inner.example"], &["http/1.1"]);
    let backend = Backend::start_tls(&tls, answers::echo).await;
    let backends = with(BackendSettings::new(AddressPolicy::local()).trusting(tls.certificate()));
    assert_eq!(text(&backends, by(judged(false, Some("inner.example")), &backend.url("/"))).await.0, 200);
    let refused = failure(&backends, by(judged(false, Some("other.example")), &backend.url("/"))).await;
    assert!(matches!(&refused, BackendError::Network(why) if why.contains("not valid for")), "{refused:?}");
    let failed = failure(&backends, by(judged(false, Some("no name")), &backend.url("/"))).await;
    assert!(matches!(&failed, BackendError::BadAddress(why) if why.contains("`no name`")), "{failed:?}");
}

#[tokio::test]
async fn a_link_leads_to_its_address_and_the_backend_sees_whom_it_was_meant_for() {
    let backend = Backend::start(answers::echo).await;
    let backends = with(knowing(&format!("abc123={}", backend.address())));
    let call = by(through(None, true), "http://orders.internal:8443/a?b=c");
    assert_eq!(text(&backends, call).await.0, 200);
    let call = by(through(Some("arn:aws:elasticloadbalancing:listener"), false), "http://api.example/dev/x");
    assert_eq!(text(&backends, call).await.0, 200);
    let seen: Vec<_> = backend
        .requests()
        .iter()
        .map(|seen| (seen.target.clone(), seen.header("host").unwrap_or_default().to_owned()))
        .collect();
    let expected = [("/a?b=c", "orders.internal:8443"), ("/dev/x", "api.example")];
    assert_eq!(seen, expected.map(|(target, host)| (target.to_owned(), host.to_owned())));
}

#[tokio::test]
async fn behind_a_link_a_certificate_bears_the_name_in_the_uri() {
    let tls = Tls::new(&["orders.internal"], &["http/1.1"]);
    let backend = Backend::start_tls(&tls, answers::echo).await;
    let backends = with(knowing(&format!("abc123={}", backend.address())).trusting(tls.certificate()));
    assert_eq!(text(&backends, by(through(None, true), "https://orders.internal/")).await.0, 200);
    assert_eq!(backend.requests()[0].header("host"), Some("orders.internal"));
    let misnamed = failure(&backends, by(through(None, true), "https://other.internal/")).await;
    assert!(matches!(&misnamed, BackendError::Network(why) if why.contains("not valid for")), "{misnamed:?}");
}

#[tokio::test]
async fn a_link_that_nobody_knows_is_called_by_its_own_host_or_not_at_all() {
    let backend = Backend::start(answers::echo).await;
    assert_eq!(text(&local(), by(through(Some("arn:x"), true), &backend.url("/"))).await.0, 200);
    let failed = failure(&local(), by(through(Some("arn:x"), false), &backend.url("/"))).await;
    let says =
        |why: &str| why.contains("`abc123`") && why.contains("`arn:x`") && why.contains("GATELET_VPC_LINKS");
    assert!(matches!(&failed, BackendError::BadAddress(why) if says(why)), "{failed:?}");
    assert_eq!(backend.connections(), 1);
}

#[tokio::test]
async fn in_lambda_a_link_leads_to_no_address_that_is_refused_everywhere() {
    let environment = |links: &str| {
        let variables = [("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"), ("GATELET_VPC_LINKS", links)];
        Environment::parse(variables.map(|(name, value)| (name.to_owned(), value.to_owned()))).unwrap()
    };
    let call = || by(through(None, true), "http://10.0.0.1/");
    let unlisted = failure(&with(environment("other").backends()), call()).await;
    assert!(matches!(unlisted, BackendError::ForbiddenAddress(_)), "{unlisted:?}");
    let leading = failure(&with(environment("abc123=169.254.169.254").backends()), call()).await;
    assert!(matches!(leading, BackendError::ForbiddenAddress(_)), "{leading:?}");
    let runtime = failure(&with(environment("abc123=127.0.0.1:9001").backends()), call()).await;
    assert!(matches!(runtime, BackendError::ForbiddenAddress(_)), "{runtime:?}");
}

/// A certificate as an operator gives it, and what a backend trusts.
fn client_certificate() -> (String, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(Vec::<String>::new()).unwrap();
    let pem = |label: &str, bytes: &[u8]| {
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(bytes))
    };
    let certificate = made.cert.der().clone();
    (pem("PRIVATE KEY", &made.signing_key.serialize_der()) + &pem("CERTIFICATE", &certificate), certificate)
}

fn showing(id: &str) -> BackendWay {
    BackendWay { certificate: Some(id.into()), ..BackendWay::default() }
}

#[tokio::test]
async fn a_backend_is_shown_the_certificate_of_the_stage_and_nobody_else_s() {
    let (pem, certificate) = client_certificate();
    let tls = Tls::made(&["127.0.0.1"], &["http/1.1"], Some(certificate), |_| {});
    let backend = Backend::start_tls(&tls, answers::echo).await;
    let variables =
        [("GATELET_CLIENT_CERTIFICATES".to_owned(), serde_json::json!({ "a1b2c3": pem }).to_string())];
    let settings = Environment::parse(variables).unwrap().backends().trusting(tls.certificate());
    let backends = with(settings);
    assert_eq!(text(&backends, by(showing("a1b2c3"), &backend.url("/"))).await.0, 200);
    let refused = failure(&backends, get(&backend.url("/"))).await;
    assert!(matches!(refused, BackendError::Network(_)), "{refused:?}");
    let unknown = failure(&backends, by(showing("d4"), &backend.url("/"))).await;
    let says = |why: &str| why.contains("`d4`") && why.contains("GATELET_CLIENT_CERTIFICATES");
    assert!(matches!(&unknown, BackendError::BadAddress(why) if says(why)), "{unknown:?}");
    // In the clear there is nothing to show, and nothing that could be missing.
    let plain = Backend::start(answers::echo).await;
    assert_eq!(text(&backends, by(showing("d4"), &plain.url("/"))).await.0, 200);
}

#[tokio::test]
async fn what_is_no_certificate_is_said_and_never_repeated() {
    let (pem, _) = client_certificate();
    let (key, certificate) = pem.split_at(pem.find("-----BEGIN CERT").unwrap());
    for (text, said) in [(key, "no certificate"), (certificate, "no private key"), ("x", "no certificate")] {
        let why = ShownCertificate::from_pem(text).unwrap_err();
        assert!(why.contains(said), "{why}");
    }
    let (other, _) = client_certificate();
    let why = ShownCertificate::from_pem(&format!(
        "{key}{}",
        other.split_once("KEY-----\n-----BEGIN C").map(|(_, rest)| format!("-----BEGIN C{rest}")).unwrap()
    ))
    .unwrap_err();
    assert!(why.contains("cannot be used"), "{why}");
    let backends: HttpBackends =
        with(BackendSettings::new(AddressPolicy::local()).showing(ShownCertificates::default()));
    let failed = failure(&backends, by(showing("a"), "https://127.0.0.1:9/")).await;
    assert!(matches!(&failed, BackendError::BadAddress(_)), "{failed:?}");
}
