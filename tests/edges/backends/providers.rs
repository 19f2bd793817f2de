//! Identity providers that redirect, drip, never end, or are where no provider may be.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use gatelet_aws::access::{HttpIdentityProviders, ProviderSettings};
use gatelet_aws::backends::{AddressPolicy, HostAndPort};
use gatelet_aws::environment::Environment;
use gatelet_core::ports::{IdentityProviders, PortError};
use gatelet_tests::backend::{Backend, PATIENCE, Tls, answers};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::soon;

const ISSUER: &str = "https://id.example";
const BYTES_MAX: usize = 64 * 1024;

fn settings(variables: &[(&str, &str)]) -> ProviderSettings {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    ProviderSettings::of(&Environment::parse(variables).unwrap())
}

/// Providers of which the operator gave one URL.
fn mapped(url: &str) -> HttpIdentityProviders {
    HttpIdentityProviders::new(settings(&[]).with_key_set_urls([(ISSUER.to_owned(), url.to_owned())]))
}

async fn document(providers: &HttpIdentityProviders, url: &str) -> Result<Bytes, PortError> {
    soon(providers.document(url, BYTES_MAX, PATIENCE)).await
}

async fn refusal(providers: &HttpIdentityProviders, url: &str) -> String {
    document(providers, url).await.unwrap_err().to_string()
}

fn answer(head: &str, body: &str) -> String {
    format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn a_document_is_read_over_tls_from_a_stranger_and_in_the_clear_from_the_operator_s_url() {
    let tls = Tls::new(&["id.localhost"], &["http/1.1"]);
    let stranger = Backend::start_tls(&tls, answers::fixed(answer("200 OK", "{}"))).await;
    let providers = HttpIdentityProviders::new(settings(&[]).trusting(tls.certificate()));
    let url = stranger.url_by_name("id.localhost", "/.well-known/openid-configuration?a=b");
    assert_eq!(document(&providers, &url).await.unwrap(), "{}");
    let request = &stranger.requests()[0];
    assert_eq!((&*request.method, &*request.target), ("GET", "/.well-known/openid-configuration?a=b"));
    assert_eq!(request.header("accept"), Some("application/json"));

    let own = Backend::start(answers::fixed(answer("200 OK", r#"{"keys":[]}"#))).await;
    let providers = mapped(&own.url("/jwks"));
    assert_eq!(providers.key_set_url(ISSUER), Some(&*own.url("/jwks")));
    assert_eq!(providers.key_set_url("https://another.example"), None);
    assert_eq!(document(&providers, &own.url("/jwks")).await.unwrap(), r#"{"keys":[]}"#);
}

#[tokio::test]
async fn what_the_operator_did_not_give_must_be_https_at_an_allowed_address() {
    let tls = Tls::new(&["127.0.0.1"], &[]);
    let secure = Backend::start_tls(&tls, answers::echo).await;
    let plain = Backend::start(answers::echo).await;
    let providers = mapped(&plain.url("/jwks"));
    for path in ["/", "/jwks?", "/jwks/", "/jwks?a=b"] {
        let why = refusal(&providers, &plain.url(path)).await;
        assert!(why.ends_with("does not begin with `https://`"), "{path}: {why}");
    }
    for url in ["ftp://id.example/", "id.example/", "/jwks", "", "http s://"] {
        document(&providers, url).await.unwrap_err();
    }
    assert_eq!(plain.connections(), 0);

    let in_lambda = [("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")];
    let providers = HttpIdentityProviders::new(settings(&in_lambda).trusting(tls.certificate()));
    for (url, what) in [
        (secure.url("/"), "a loopback address"),
        (secure.url_by_name("id.localhost", "/"), "a loopback address"),
        ("https://169.254.169.254/".to_owned(), "a link-local address"),
        ("https://10.0.0.1/".to_owned(), "a private address"),
    ] {
        let why = refusal(&providers, &url).await;
        assert!(why.contains("not allowed") && why.contains(what), "{url}: {why}");
    }
    let nobody = AddressPolicy { allow_loopback: false, allow_private: false };
    let settings = settings(&[]).with_addresses(nobody).trusting(tls.certificate());
    assert!(
        refusal(&HttpIdentityProviders::new(settings), &secure.url("/")).await.contains("a loopback address")
    );
    assert_eq!(secure.connections(), 0);
}

#[tokio::test]
async fn no_url_of_the_operator_s_leads_to_the_gateway_s_own_surroundings() {
    let runtime_api = Backend::start(answers::echo).await;
    let place = runtime_api.address().to_string();
    let variables = [("AWS_LAMBDA_RUNTIME_API", place.as_str())];
    let urls = [
        runtime_api.url("/"),
        runtime_api.url_by_name("localhost", "/"),
        "http://169.254.169.254/".to_owned(),
    ];
    for url in urls {
        let given = || [(ISSUER.to_owned(), url.clone())];
        let in_lambda = settings(&variables).with_key_set_urls(given());
        let here =
            settings(&[]).with_key_set_urls(given()).forbidding(&HostAndPort::from(runtime_api.address()));
        for settings in [in_lambda, here] {
            let why = refusal(&HttpIdentityProviders::new(settings), &url).await;
            assert!(why.contains("not allowed"), "{url}: {why}");
        }
    }
    assert_eq!(runtime_api.connections(), 0);
}

#[tokio::test]
async fn only_200_is_an_answer_and_no_redirect_is_followed() {
    let target = Backend::start(answers::fixed(answer("200 OK", "{}"))).await;
    for code in [301, 302, 303, 307, 308] {
        let head = format!("{code} Elsewhere\r\nLocation: {}", target.url("/jwks"));
        let provider = Backend::start(answers::fixed(answer(&head, ""))).await;
        let why = refusal(&mapped(&provider.url("/")), &provider.url("/")).await;
        assert!(why.contains(&code.to_string()) && why.ends_with("redirects are not followed"), "{why}");
        assert_eq!(provider.requests().len(), 1);
    }
    assert_eq!(target.connections(), 0);
    for head in [
        "201 Created",
        "204 No Content",
        "206 Partial Content",
        "401 Unauthorized",
        "404 Not Found",
        "500 Oh No",
    ] {
        let provider = Backend::start(answers::fixed(answer(head, "{}"))).await;
        let why = refusal(&mapped(&provider.url("/")), &provider.url("/")).await;
        assert!(why.contains(&head[..3]), "{why}");
    }
}

#[tokio::test]
async fn a_provider_that_drips_or_is_silent_is_cut_off() {
    let limit = Duration::from_millis(300);
    let dripping =
        Backend::start(answers::drip(answer("200 OK", &"x".repeat(9_000)), Duration::from_millis(5))).await;
    let body_drips = Backend::start(|mut connection| async move {
        connection.request().await?;
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n").await?;
        loop {
            connection.send("x").await?;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    let silent = Backend::start(answers::silence).await;
    for provider in [&dripping, &body_drips, &silent] {
        let began = Instant::now();
        let providers = mapped(&provider.url("/"));
        let cut = soon(providers.document(&provider.url("/"), BYTES_MAX, limit)).await;
        assert_eq!(cut, Err(PortError::Timeout { what: "the document" }));
        assert!(began.elapsed() >= limit, "{:?}", began.elapsed());
        assert_eq!(provider.connections(), 1);
    }
}

#[tokio::test]
async fn no_more_is_read_than_may_be_there() {
    /// What the sockets of both sides hold at most, and then some.
    const UNDER_WAY_MAX: usize = 32 << 20;
    const WHOLE: usize = 100 << 20;
    for head in ["Transfer-Encoding: chunked", "Connection: close", "Content-Length: 104857600"] {
        let sent = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&sent);
        let is_chunked = head.starts_with("Transfer");
        let provider = Backend::start(move |mut connection| {
            let sent = Arc::clone(&counter);
            async move {
                connection.request().await?;
                connection.send(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n")).await?;
                let piece = vec![b'x'; 64 << 10];
                while sent.load(Ordering::Relaxed) < WHOLE {
                    if is_chunked {
                        connection.send(format!("{:x}\r\n", piece.len())).await?;
                    }
                    connection.send(&piece).await?;
                    if is_chunked {
                        connection.send("\r\n").await?;
                    }
                    sent.fetch_add(piece.len(), Ordering::Relaxed);
                }
                Ok(())
            }
        })
        .await;
        let why = refusal(&mapped(&provider.url("/")), &provider.url("/")).await;
        assert_eq!(why, "the document cannot be read: it has more than 65536 bytes", "{head}");
        provider.until_open_connections(0).await;
        assert!(sent.load(Ordering::Relaxed) < UNDER_WAY_MAX, "{head}: {sent:?}");
    }
    let exact = Backend::start(answers::fixed(answer("200 OK", &"x".repeat(BYTES_MAX)))).await;
    assert_eq!(document(&mapped(&exact.url("/")), &exact.url("/")).await.unwrap().len(), BYTES_MAX);
}

#[tokio::test]
async fn the_token_service_is_asked_with_what_the_caller_signed() {
    let identity = r#"{"GetCallerIdentityResponse":{}}"#;
    let service = Backend::start(answers::fixed(answer("200 OK", identity))).await;
    let providers = HttpIdentityProviders::new(settings(&[("AWS_ENDPOINT_URL_STS", &service.url("/sts/"))]));
    let query = "Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Signature=0%2F1";
    let mut headers = HeaderMap::new();
    headers.insert("x-gatelet-request-path", HeaderValue::from_static("/pets"));
    headers.insert("content-length", HeaderValue::from_static("100"));
    headers.insert("connection", HeaderValue::from_static("x-gatelet-request-path"));
    let said = soon(providers.caller_identity(query, &headers, PATIENCE)).await.unwrap();
    assert_eq!(said, Ok(Bytes::from(identity)));
    let request = &service.requests()[0];
    assert_eq!((&*request.method, &*request.target), ("GET", &*format!("/sts/?{query}")));
    assert_eq!(request.header("x-gatelet-request-path"), Some("/pets"));
    assert_eq!(request.header("accept"), Some("application/json"));
    assert!(request.header("connection").is_none() && request.header("content-length").is_none());

    let unsendable = soon(providers.caller_identity("a b\r\nx: y", &headers, PATIENCE)).await.unwrap();
    assert_eq!((unsendable, service.requests().len()), (Err(StatusCode::BAD_REQUEST), 1));
}

#[tokio::test]
async fn what_the_token_service_refuses_is_its_status_and_what_it_does_not_say_an_error() {
    let asked = async |answer: String| {
        let service = Backend::start(answers::fixed(answer)).await;
        let providers = HttpIdentityProviders::new(settings(&[("AWS_ENDPOINT_URL", &service.url(""))]));
        soon(providers.caller_identity("a=b", &HeaderMap::new(), PATIENCE)).await
    };
    for (head, status) in [("403 Forbidden", 403), ("302 Found\r\nLocation: /x", 302), ("503 Busy", 503)] {
        assert_eq!(asked(answer(head, "no")).await, Ok(Err(StatusCode::from_u16(status).unwrap())));
    }
    let long = asked(answer("200 OK", &"x".repeat(64 * 1024 + 1))).await.unwrap_err().to_string();
    assert_eq!(long, "AWS's token service cannot be read: it has more than 65536 bytes");

    let silent = Backend::start(answers::silence).await;
    let providers = HttpIdentityProviders::new(settings(&[("AWS_ENDPOINT_URL_STS", &silent.url(""))]));
    let cut = soon(providers.caller_identity("a=b", &HeaderMap::new(), Duration::from_millis(200))).await;
    assert_eq!(cut, Err(PortError::Timeout { what: "AWS's token service" }));
    let address = silent.url("");
    drop(silent);
    let providers = HttpIdentityProviders::new(settings(&[("AWS_ENDPOINT_URL_STS", &address)]));
    let gone = soon(providers.caller_identity("a=b", &HeaderMap::new(), PATIENCE)).await.unwrap_err();
    assert!(matches!(gone, PortError::Unavailable { .. }), "{gone}");
}
