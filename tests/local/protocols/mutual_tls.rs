//! Clients that show certificates: who is let in, what a function hears of it, and what nobody can only say of himself.

use gatelet_local::server::tls::{ClientTrust, ServerIdentity, Tls, TlsProblem};
use gatelet_tests::backend::{Backend, answers};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{ExtendedKeyUsagePurpose, date_time_ymd};
use serde_json::{Value, json};

use super::authority::{Authority, Files, Shown, ask, client, connect, get};
use crate::fixture::{Local, patience};
use crate::soon;

const FUNCTION_ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n{\"statusCode\":200}";

/// Whether a client gets an answer; where it gets none, no request has come in.
async fn is_let_in(local: &Local, files: &Files, shown: Option<&Shown>) -> bool {
    let before = local.records.count();
    let mut outcomes = Vec::new();
    for versions in [&[&rustls::version::TLS12][..], &[&rustls::version::TLS13]] {
        let client = files.client_of(shown, &["http/1.1"], versions);
        outcomes.push(match ask(local.address, &client, &get("/dev/mock", "")).await {
            Ok(answer) => {
                assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
                true
            }
            Err(_) => false,
        });
    }
    assert_eq!(outcomes[0], outcomes[1], "both versions of TLS agree");
    if !outcomes[0] {
        assert_eq!(local.records.count(), before, "no request came in");
    }
    outcomes[0]
}

#[tokio::test]
async fn a_good_certificate_lets_in_and_is_told() {
    let (files, root) = (Files::new(), Authority::root("Root"));
    let backend = Backend::start(answers::fixed(FUNCTION_ANSWER)).await;
    let local = Local::start_tls(Some(backend.address()), files.mutual_tls(&[&root], None), patience()).await;
    let shown = root.sign(&client());
    let answer =
        ask(local.address, &files.client(Some(&shown), &["http/1.1"]), &get("/dev/function", "")).await;
    assert!(answer.unwrap().starts_with("HTTP/1.1 200 "));
    let stream = connect(local.address, &files.client(Some(&shown), &["h2"])).await.unwrap();
    let (mut sender, connection) =
        http2::handshake::<_, _, Empty<bytes::Bytes>>(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
    tokio::spawn(connection);
    for _ in 0..2 {
        let request = http::Request::get("https://localhost/dev/function").body(Empty::new()).unwrap();
        let answer = soon(sender.send_request(request)).await.unwrap();
        assert_eq!(answer.status(), 200);
        soon(answer.into_body().collect()).await.unwrap();
    }
    let records = local.records.until(3).await;
    let certificate = records[0].certificate().unwrap();
    assert_eq!(&*certificate.subject, "C=US,CN=My Client");
    assert!(certificate.pem.starts_with("-----BEGIN CERTIFICATE-----\n"));
    assert!(records.iter().all(|record| record.certificate() == Some(certificate)));
    for request in backend.until_requests(3).await {
        let event: Value = serde_json::from_slice(&request.body).unwrap();
        let told = json!({
            "clientCertPem": &*certificate.pem,
            "subjectDN": "C=US,CN=My Client",
            "issuerDN": "CN=Root",
            "serialNumber": "7",
            "validity": { "notBefore": "Aug  9 00:00:00 2020 GMT", "notAfter": "Dec 31 00:00:00 2120 GMT" },
        });
        assert_eq!(event["requestContext"]["identity"]["clientCert"], told);
    }
}

#[tokio::test]
async fn whoever_shows_no_good_certificate_is_cut_off_in_the_handshake() {
    let (files, root, other) = (Files::new(), Authority::root("Root"), Authority::root("Other"));
    let namesake = Authority::root("Root");
    let local = Local::start_tls(None, files.mutual_tls(&[&root], None), patience()).await;
    let with = |change: fn(&mut rcgen::CertificateParams)| {
        let mut params = client();
        change(&mut params);
        root.sign(&params)
    };
    let cases = [
        ("none", None, false),
        ("good", Some(root.sign(&client())), true),
        ("with the root sent", Some(root.sign(&client()).with(&[&root])), true),
        ("of anybody's use", Some(with(|params| params.extended_key_usages.clear())), true),
        ("expired", Some(with(|params| params.not_after = date_time_ymd(2021, 1, 1))), false),
        ("not yet valid", Some(with(|params| params.not_before = date_time_ymd(2100, 1, 1))), false),
        (
            "a server's",
            Some(with(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth])),
            false,
        ),
        ("of another authority", Some(other.sign(&client()).with(&[&other])), false),
        ("of one with the same name", Some(namesake.sign(&client()).with(&[&namesake])), false),
    ];
    for (what, shown, expected) in cases {
        assert_eq!(is_let_in(&local, &files, shown.as_ref()).await, expected, "{what}");
    }
}

#[tokio::test]
async fn a_chain_has_four_certificates_at_most() {
    let files = Files::new();
    let root = Authority::root("Root");
    let (one, two, three) = {
        let one = root.below("One");
        let two = one.below("Two");
        let three = two.below("Three");
        (one, two, three)
    };
    let only_root = Local::start_tls(None, files.mutual_tls(&[&root], None), patience()).await;
    let of_two = || two.sign(&client());
    let of_three = || three.sign(&client());
    assert!(is_let_in(&only_root, &files, Some(&of_two().with(&[&two, &one]))).await, "four");
    assert!(is_let_in(&only_root, &files, Some(&of_two().with(&[&one, &two, &root]))).await, "in any order");
    assert!(!is_let_in(&only_root, &files, Some(&of_two().with(&[&two]))).await, "one is missing");
    assert!(!is_let_in(&only_root, &files, Some(&of_three().with(&[&three, &two, &one]))).await, "five");
    // Authorities in the trust store need not be sent, and count all the same.
    let all = Local::start_tls(None, files.mutual_tls(&[&three, &two, &one, &root], None), patience()).await;
    assert!(is_let_in(&all, &files, Some(&of_two())).await);
    assert!(!is_let_in(&all, &files, Some(&of_three())).await);
}

#[tokio::test]
async fn what_is_revoked_is_refused_and_what_it_signed_too() {
    let (files, root) = (Files::new(), Authority::root("Root"));
    let below = root.below("Below");
    let numbered = |serial: u8| {
        let mut params = client();
        params.serial_number = Some(rcgen::SerialNumber::from_slice(&[serial]));
        params
    };
    let lists = root.revokes(&[7]) + &below.revokes(&[9]);
    let lists = files.write("revoked.pem", &lists);
    let local = Local::start_tls(None, files.mutual_tls(&[&root, &below], Some(&lists)), patience()).await;
    for (authority, serial, expected) in
        [(&root, 7, false), (&root, 8, true), (&root, 9, true), (&below, 9, false), (&below, 7, true)]
    {
        let shown = authority.sign(&numbered(serial));
        assert_eq!(is_let_in(&local, &files, Some(&shown)).await, expected, "{serial}");
    }
    // A list counts by the name of its issuer, and then its signature must be right.
    let list = files.write("others.pem", &Authority::root("Root").revokes(&[7]));
    let trust = ClientTrust::read(&files.truststore(&[&root]), Some(&list)).unwrap();
    let identity = ServerIdentity::read(&files.path("server.pem"), &files.path("server-key.pem")).unwrap();
    let forged = Local::start_tls(None, Tls::new(identity, Some(trust)).unwrap(), patience()).await;
    assert!(
        !is_let_in(&forged, &files, Some(&root.sign(&numbered(7)))).await,
        "a list that its issuer has not signed lets nobody in"
    );
}

#[tokio::test]
async fn nobody_tells_of_a_certificate_in_headers() {
    let (files, root) = (Files::new(), Authority::root("Root"));
    let forgeries = "X-Amzn-Mtls-Clientcert-Leaf: 1\r\nX-Amzn-Mtls-Clientcert-Subject: CN=admin\r\n\
                     CloudFront-Viewer-Cert-Pem: 1\r\nClient-Cert: :AA==:\r\nX-Gatelet-Client-Certificate: 1\r\nX-Own: 1\r\n";
    let backend = Backend::start(answers::echo).await;
    let plain = Local::start(Some(backend.address())).await;
    let mut client_of_plain = crate::client::Client::connect(plain.address).await;
    client_of_plain.send(get("/dev/to/x", forgeries)).await;
    assert_eq!(client_of_plain.answer().await.status, 200);
    assert!(plain.records.only().await.certificate().is_none());
    let tls = Local::start_tls(Some(backend.address()), files.mutual_tls(&[&root], None), patience()).await;
    let shown = root.sign(&client());
    ask(tls.address, &files.client(Some(&shown), &[]), &get("/dev/to/x", forgeries)).await.unwrap();
    assert_eq!(&*tls.records.only().await.certificate().unwrap().subject, "C=US,CN=My Client");
    for request in backend.until_requests(2).await {
        assert_eq!(request.header("x-own"), Some("1"));
        let told = request.header_names().into_iter().filter(|name| name.to_lowercase().contains("cert"));
        assert_eq!(told.count(), 0, "{:?}", request.header_names());
    }
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let (files, root) = (Files::new(), Authority::root("Root"));
    let said = |problem: TlsProblem| problem.to_string();
    let trust = |name: &str, text: &str| ClientTrust::read(&files.write(name, text), None);
    assert!(said(trust("empty.pem", "").unwrap_err()).contains("empty.pem` holds no certificate in PEM"));
    assert!(
        said(ClientTrust::read(&files.path("none.pem"), None).unwrap_err())
            .contains("none.pem` cannot be read")
    );
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n";
    assert!(said(trust("broken.pem", broken).unwrap_err()).contains("broken.pem` holds PEM that cannot"));
    let below = root.below("Below");
    let identity = || ServerIdentity::read(&files.path("server.pem"), &files.path("server-key.pem")).unwrap();
    let trust = ClientTrust::read(&files.truststore(&[&below]), None).unwrap();
    let rootless = Tls::new(identity(), Some(trust)).err().unwrap();
    assert!(said(rootless).contains("has no root"));
    let list = files.write("lists.pem", &(root.revokes(&[7]) + &Authority::root("Other").revokes(&[7])));
    let trust = ClientTrust::read(&files.truststore(&[&root, &below]), Some(&list)).unwrap();
    let stray = Tls::new(identity(), Some(trust)).err().unwrap();
    assert!(said(stray).starts_with("revocation list 2 is of an authority that is not in the trust store"));
    let not_a_list = ClientTrust::read(&files.truststore(&[&root]), Some(&files.path("server.pem")));
    assert!(said(not_a_list.unwrap_err()).contains("server.pem` holds no revocation list"));
    let swapped = ServerIdentity::read(&files.path("server-key.pem"), &files.path("server.pem"));
    assert!(said(swapped.unwrap_err()).contains("server-key.pem` holds no certificate"));
    let other = Files::new();
    let unfit = ServerIdentity::read(&files.path("server.pem"), &other.path("server-key.pem")).unwrap();
    assert!(said(Tls::new(unfit, None).err().unwrap()).contains("belongs to the key"));
}
