//! What services are sent, byte by byte, and what becomes of calls whose role cannot be had.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::time::Duration;

use bytes::Bytes;
use gatelet_core::ports::{BackendError, Clock, ServiceAddress, ServiceCall, Services};
use gatelet_core::signature::{Claim, Credential, PathForm, PayloadHash, Service, SignedRequest, SigningKey};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{AwsServices, ServiceSettings};
use crate::environment::Environment;
use crate::process::SystemClock;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const ROLE: &str = "arn:aws:iam::123456789012:role/orders";
const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// A request as it came.
struct Raw {
    method: String,
    target: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Raw {
    /// Judges the signature as the service would.
    fn verify(&self, service: &str) {
        let (path, query) = self.target.split_once('?').unwrap_or((&self.target, ""));
        let decoded = percent_decode_str(path).decode_utf8().unwrap();
        let mut known = Service::new(service, "eu-west-1");
        let mut signed = SignedRequest {
            method: &self.method,
            host: self.headers["host"].to_str().unwrap(),
            path,
            query,
            headers: &self.headers,
        };
        if service == "s3" {
            // It encodes a path once, as it is, where others encode it once more than it was sent.
            known.path_form = PathForm::AsSent;
            signed.path = &decoded;
        }
        let claim = Claim::read(signed, known, SystemClock::new().now()).unwrap();
        assert_eq!((claim.access_key_id(), claim.session_token()), ("AKIDEXAMPLE", Some("token")));
        let signing_key = SigningKey::derive(SECRET, &claim.scope());
        let credential =
            Credential { signing_key: &signing_key, session_token: Some("token"), expires: None };
        claim
            .verify(&PayloadHash::of(&self.body), Some(&credential))
            .unwrap_or_else(|error| panic!("{service} {}: {error:?}", self.target));
    }
}

/// A server on this machine, for one connection.
async fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

/// Takes one request and answers it.
async fn take(listener: &TcpListener, answer: &str) -> Raw {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut bytes = Vec::new();
    let end = loop {
        assert!(stream.read_buf(&mut bytes).await.unwrap() > 0, "the head does not end");
        if let Some(end) = bytes.windows(4).position(|it| it == b"\r\n\r\n") {
            break end;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap().split(' ').map(str::to_owned);
    let headers: HeaderMap = lines
        .map(|line| {
            let (name, value) = line.split_once(':').unwrap();
            (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value.trim()).unwrap())
        })
        .collect();
    let length = headers.get("content-length").map_or(0, |it| it.to_str().unwrap().parse().unwrap());
    let mut body = bytes.split_off(end + 4);
    while body.len() < length {
        assert!(stream.read_buf(&mut body).await.unwrap() > 0, "the body does not end");
    }
    stream.write_all(answer.as_bytes()).await.unwrap();
    Raw { method: first.next().unwrap(), target: first.next().unwrap(), headers, body }
}

fn services(variables: &[(&str, &str)]) -> AwsServices {
    let own = [
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("AWS_SESSION_TOKEN", "token"),
    ];
    let variables = own.iter().chain(variables);
    let environment =
        Environment::parse(variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    AwsServices::new(ServiceSettings::of(&environment.unwrap())).unwrap()
}

fn call(service: &str, request: Request<Bytes>, role: Option<&str>, timeout: Duration) -> ServiceCall {
    let address = ServiceAddress {
        endpoint_name: service.into(),
        signing_name: service.into(),
        region: "eu-west-1".into(),
        host: format!("{service}.eu-west-1.amazonaws.com").into(),
        subdomain: None,
    };
    ServiceCall { address: address.into(), role: role.map(Into::into), timeout, request }
}

fn request(method: Method, target: &str, body: &'static [u8]) -> Request<Bytes> {
    let request = Request::builder().method(method).uri(target).header("content-type", "application/json");
    request.header("accept", "*/*").body(Bytes::from_static(body)).unwrap()
}

/// Far longer than anything here takes.
const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_service_can_verify_what_it_is_sent() {
    for (service, method, target, body) in [
        ("dynamodb", Method::POST, "/", &b"{\"TableName\":\"pets\"}"[..]),
        ("sqs", Method::POST, "/?Action=SendMessage&MessageBody=a%20%26%20b&B=%C3%A9", b""),
        ("lambda", Method::GET, "/2015-03-31/functions/f%3Alive/configuration", b""),
        ("s3", Method::PUT, "/pets/a%20b/c%281%29%2B%C3%A9.png", b"picture"),
        ("s3", Method::GET, "/pets//a/./b%25?prefix=a%2Fb", b""),
        ("s3", Method::PUT, "/pets/nothing", b""),
    ] {
        let (listener, url) = listener().await;
        let services = services(&[("AWS_ENDPOINT_URL", &url)]);
        let request = request(method, target, body);
        let (raw, answer) =
            tokio::join!(take(&listener, ANSWER), services.call(call(service, request, None, LONG)));
        assert_eq!((answer.unwrap().status().as_u16(), raw.body.as_slice()), (200, body));
        raw.verify(service);
    }
}

#[tokio::test]
async fn an_empty_body_is_announced_where_one_is_expected() {
    for (method, announced) in [
        (Method::PUT, Some("0")),
        (Method::POST, Some("0")),
        (Method::PATCH, Some("0")),
        (Method::GET, None),
        (Method::DELETE, None),
    ] {
        let (listener, url) = listener().await;
        let services = services(&[("AWS_ENDPOINT_URL", &url)]);
        let request = request(method.clone(), "/pets/cat", b"");
        let (raw, answer) =
            tokio::join!(take(&listener, ANSWER), services.call(call("s3", request, None, LONG)));
        answer.unwrap();
        let length = raw.headers.get("content-length").map(|length| length.to_str().unwrap());
        assert_eq!(length, announced, "{method}");
        assert!(!raw.headers.contains_key("transfer-encoding"), "{method}");
    }
}

/// An answer of the token service.
fn assumed() -> String {
    let body = "<Credentials><AccessKeyId>ASIAORDERS</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>\
                <SessionToken>session</SessionToken></Credentials>";
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn a_call_without_the_time_leaves_the_role_behind_for_the_next() {
    let (sts, sts_url) = listener().await;
    let (orders, url) = listener().await;
    let services = services(&[("AWS_ENDPOINT_URL", &url), ("AWS_ENDPOINT_URL_STS", &sts_url)]);
    let request = || request(Method::POST, "/", b"{}");
    let short = Duration::from_millis(20);
    let hurried = services.call(call("dynamodb", request(), Some(ROLE), short)).await.unwrap_err();
    assert_eq!(hurried, BackendError::Timeout(short));
    let asked = async {
        let asked = take(&sts, &assumed()).await;
        asked.verify("sts");
        take(&orders, ANSWER).await
    };
    let (raw, answer) = tokio::join!(asked, services.call(call("dynamodb", request(), Some(ROLE), LONG)));
    answer.unwrap();
    assert!(raw.headers["authorization"].to_str().unwrap().contains("Credential=ASIAORDERS/"));
    assert_eq!(raw.headers["x-amz-security-token"], "session");
}

#[tokio::test]
async fn a_token_service_that_cannot_be_reached_is_the_network_s_fault() {
    let (gone, sts_url) = listener().await;
    drop(gone);
    let services = services(&[("AWS_ENDPOINT_URL", &sts_url)]);
    let request = request(Method::POST, "/", b"{}");
    let failure = services.call(call("dynamodb", request, Some(ROLE), LONG)).await.unwrap_err();
    let BackendError::Refused(why) = failure else { panic!("{failure:?}") };
    assert!(why.starts_with(&format!("while assuming the role `{ROLE}`: ")), "{why}");

    let (sts, sts_url) = listener().await;
    let services = self::services(&[("AWS_ENDPOINT_URL", &sts_url)]);
    let request = self::request(Method::POST, "/", b"{}");
    let broken = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let (_, failure) =
        tokio::join!(take(&sts, broken), services.call(call("dynamodb", request, Some(ROLE), LONG)));
    assert!(matches!(failure, Err(BackendError::BadAnswer(_))), "{failure:?}");
}

#[tokio::test]
async fn who_names_no_role_is_the_one_for_integrations() {
    let request = || request(Method::POST, "/", b"{}");
    let (aws, url) = listener().await;
    let services = services(&[("AWS_ENDPOINT_URL", &url), ("GATELET_INTEGRATION_ROLE", ROLE)]);
    let taken = async {
        let asked = take(&aws, &assumed()).await;
        assert!(String::from_utf8_lossy(&asked.body).contains("role%2Forders"));
        take(&aws, ANSWER).await
    };
    let (raw, answer) = tokio::join!(taken, services.call(call("dynamodb", request(), None, LONG)));
    answer.unwrap();
    assert!(raw.headers["authorization"].to_str().unwrap().contains("Credential=ASIAORDERS/"));

    let nobody = self::services(&[("AWS_ENDPOINT_URL", &url), ("GATELET_INTEGRATION_ROLE", "none")]);
    let refused = nobody.call(call("dynamodb", request(), None, LONG)).await.unwrap_err();
    let BackendError::Unsigned(why) = refused else { panic!("{refused:?}") };
    assert!(why.contains("`credentials`") && why.contains("`IntegrationPolicies`"), "{why}");
}
