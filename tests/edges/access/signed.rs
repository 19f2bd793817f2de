//! Requests that are signed with access keys of the installation, by AWS's own signer.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign as sign_with,
};
use aws_sigv4::sign::v4;
use gatelet_core::authorizers::iam::REMEMBERED_SECONDS;
use gatelet_core::ports::{Clock, IamIdentity, Secret};
use gatelet_core::{Timestamp, Vouched};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::fixture::{
    ACCOUNT, NOW, OTHER_ACCOUNT, Served, access_key, definition, iam, policy, request, serve,
};

pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// How a request is signed.
#[derive(Clone)]
pub(crate) struct Signing {
    pub(crate) id: &'static str,
    pub(crate) secret: &'static str,
    pub(crate) session_token: Option<&'static str>,
    pub(crate) at: Timestamp,
    pub(crate) region: &'static str,
    pub(crate) service: &'static str,
    pub(crate) presigned_seconds: Option<u64>,
}

impl Default for Signing {
    fn default() -> Self {
        Self {
            id: "GTLKEXAMPLE",
            secret: SECRET,
            session_token: None,
            at: NOW,
            region: "us-east-1",
            service: "execute-api",
            presigned_seconds: None,
        }
    }
}

/// Signs a request in its headers, as the SDKs do.
pub(crate) fn sign(served: &Served, request: http::request::Builder, body: &str) -> http::request::Builder {
    sign_as(&Signing::default(), served, request, body)
}

pub(crate) fn sign_as(
    signing: &Signing,
    served: &Served,
    request: http::request::Builder,
    body: &str,
) -> http::request::Builder {
    let mut request = request.header("host", &served.host).body(()).unwrap();
    let token = signing.session_token.map(ToOwned::to_owned);
    let identity = Credentials::new(signing.id, signing.secret, token, None, "test").into();
    let mut settings = SigningSettings::default();
    if let Some(seconds) = signing.presigned_seconds {
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(Duration::from_secs(seconds));
    }
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(signing.region)
        .name(signing.service)
        .time(SystemTime::UNIX_EPOCH + Duration::from_millis(signing.at.milliseconds()))
        .settings(settings)
        .build()
        .unwrap()
        .into();
    let uri = format!("https://{}{}", served.host, request.uri());
    let headers: Vec<_> =
        request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    let signable = SignableRequest::new(
        request.method().as_str(),
        uri,
        headers.into_iter(),
        SignableBody::Bytes(body.as_bytes()),
    );
    let (instructions, _) = sign_with(signable.unwrap(), &parameters).unwrap().into_parts();
    instructions.apply_to_request_http1x(&mut request);
    let mut builder = http::Request::builder()
        .method(request.method().clone())
        .uri(request.uri().path_and_query().unwrap().as_str());
    for (name, value) in request.headers() {
        builder = builder.header(name, value);
    }
    builder
}

fn served() -> Served {
    let served = serve(&definition(&["/a", "/a/{b}"], iam()));
    let key = access_key(ACCOUNT, SECRET, &[policy("allow", false)]);
    served.world.credentials.insert("GTLKEXAMPLE", key);
    served
}

#[tokio::test]
async fn what_awss_signer_signs_is_let_in() {
    let served = served();
    for (method, path, body) in
        [("GET", "/dev/a?x=1&y=%20", ""), ("POST", "/dev/a", "{\"a\": 1}"), ("DELETE", "/dev/a/b%20c", "")]
    {
        for presigned_seconds in [None, Some(900)] {
            // The signature of a URL covers no body.
            let signing = Signing { presigned_seconds, ..Signing::default() };
            if presigned_seconds.is_some() && !body.is_empty() {
                continue;
            }
            let request = sign_as(&signing, &served, request(method, path), body);
            let outcome = served.send_with(request, body, Vouched::default()).await;
            assert_eq!(outcome.status, 200, "{method} {path}: {}", outcome.body);
        }
    }
    let caller = served.send(sign(&served, request("GET", "/dev/a"), "")).await.record;
    let identity = caller.caller().unwrap().iam().unwrap();
    assert_eq!(&*identity.user_arn, "arn:aws:iam::123456789012:user/somebody");
}

#[tokio::test]
async fn what_was_changed_or_is_over_is_refused() {
    let served = served();
    let good = || sign(&served, request("POST", "/dev/a?x=1"), "body");
    let refused = async |what: &str, request: http::request::Builder, body: &str, expected: &str| {
        let outcome = served.send_with(request, body, Vouched::default()).await;
        assert_eq!(outcome.status, 403, "{what}: {}", outcome.body);
        let kind = outcome.headers["x-amzn-errortype"].to_str().unwrap();
        assert_eq!(kind, expected, "{what}: {}", outcome.body);
    };
    const INVALID: &str = "InvalidSignatureException";
    refused("the body", good(), "other", INVALID).await;
    refused("the method", good().method("DELETE"), "body", INVALID).await;
    refused("the path", good().uri("/dev/a/b?x=1"), "body", INVALID).await;
    refused("the query", good().uri("/dev/a?x=2"), "body", INVALID).await;
    refused(
        "a signed header",
        good().header("x-amz-date", "20261120T160001Z"),
        "body",
        "IncompleteSignatureException",
    )
    .await;
    let otherwise = |signing: Signing| sign_as(&signing, &served, request("POST", "/dev/a?x=1"), "body");
    let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
    let early = Timestamp::from_milliseconds(NOW.milliseconds() - 301_000);
    for (what, signing, expected) in [
        ("another secret", Signing { secret: "other", ..Signing::default() }, INVALID),
        (
            "an unknown key",
            Signing { id: "GTLKUNKNOWN", ..Signing::default() },
            "UnrecognizedClientException",
        ),
        ("another region", Signing { region: "eu-west-1", ..Signing::default() }, INVALID),
        ("another service", Signing { service: "s3", ..Signing::default() }, INVALID),
        ("too old", Signing { at: early, ..Signing::default() }, INVALID),
        ("from the future", Signing { at: NOW.after(minutes(6)), ..Signing::default() }, INVALID),
        (
            "a token that nobody gave",
            Signing { session_token: Some("t"), ..Signing::default() },
            "UnrecognizedClientException",
        ),
    ] {
        refused(what, otherwise(signing), "body", expected).await;
    }
    refused("no signature", request("GET", "/dev/a"), "", "MissingAuthenticationTokenException").await;
    assert_eq!(served.backend_calls(), 0);
}

/// Neither the answer nor the work done tells an access key that is disabled from one that nobody has.
#[tokio::test]
async fn a_disabled_key_is_as_an_unknown_one() {
    let served = served();
    let mut disabled = access_key(ACCOUNT, SECRET, &[policy("allow", false)]);
    disabled.enabled = false;
    served.world.credentials.insert("GTLKDISABLED", disabled);
    let mut answers = Vec::new();
    for id in ["GTLKDISABLED", "GTLKNOBODYS"] {
        let signing = Signing { id, ..Signing::default() };
        let outcome = served.send(sign_as(&signing, &served, request("GET", "/dev/a"), "")).await;
        answers.push((outcome.status, outcome.body, outcome.headers["x-amzn-errortype"].clone()));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0].0, 403);
}

#[tokio::test]
async fn a_key_that_ends_or_has_a_token_is_held_to_it() {
    let served = served();
    let mut key = access_key(ACCOUNT, SECRET, &[policy("allow", false)]);
    key.session_token = Some(Secret::new("the-token"));
    key.expires = Some(NOW.after(Duration::from_secs(60)));
    served.world.credentials.insert("GTLKTEMPORARY", key);
    let signing = Signing { id: "GTLKTEMPORARY", session_token: Some("the-token"), ..Signing::default() };
    let send =
        async |signing: &Signing| served.send(sign_as(signing, &served, request("GET", "/dev/a"), "")).await;
    assert_eq!(send(&signing).await.status, 200);
    let without = Signing { session_token: None, ..signing.clone() };
    assert_eq!(send(&without).await.status, 403);
    served.world.clock.advance(Duration::from_secs(61));
    let late = send(&Signing { at: served.world.clock.now(), ..signing }).await;
    assert_eq!(
        (late.status, late.headers["x-amzn-errortype"].to_str().unwrap()),
        (403, "ExpiredTokenException")
    );
}

#[tokio::test]
async fn a_key_is_looked_up_once_and_a_flood_of_unknown_ones_is_remembered() {
    let served = served();
    for _ in 0..20 {
        served.send(sign(&served, request("GET", "/dev/a"), "")).await;
        let unknown = Signing { id: "GTLKNOBODYS", ..Signing::default() };
        served.send(sign_as(&unknown, &served, request("GET", "/dev/a"), "")).await;
    }
    let (user, account) = ("arn:aws:iam::123456789012:user/somebody", "arn:aws:iam::123456789012:root");
    assert_eq!(served.world.credentials.seen(), ["GTLKEXAMPLE", user, account, "GTLKNOBODYS"]);
    // Disabled, it works no longer than it is remembered.
    let mut disabled = access_key(ACCOUNT, SECRET, &[policy("allow", false)]);
    disabled.enabled = false;
    served.world.credentials.insert("GTLKEXAMPLE", disabled);
    served.world.clock.advance(Duration::from_secs(REMEMBERED_SECONDS));
    let signing = Signing { at: served.world.clock.now(), ..Signing::default() };
    let outcome = served.send(sign_as(&signing, &served, request("GET", "/dev/a"), "")).await;
    assert_eq!(outcome.status, 403);
}

#[tokio::test]
async fn a_policy_that_cannot_be_read_closes_the_gate() {
    let served = served();
    let mut key = access_key(ACCOUNT, SECRET, &[policy("allow", false)]);
    key.policies.push("{\"Statement\": 1}".into());
    served.world.credentials.insert("GTLKEXAMPLE", key);
    let outcome = served.send(sign(&served, request("GET", "/dev/a"), "")).await;
    assert_eq!(outcome.status, 500, "{}", outcome.body);
    assert_eq!(served.backend_calls(), 0);
}

/// What a Function URL vouches for is an identity, and what it may is attached to it here.
#[tokio::test]
async fn an_identity_that_the_platform_vouches_for_may_what_is_attached_to_it() {
    let identity = |account: &str, arn: &str| IamIdentity {
        account_id: account.into(),
        user_arn: arn.into(),
        user_id: "AROA:session".into(),
        access_key: None,
        principal_org_id: None,
    };
    let session = "arn:aws:sts::123456789012:assumed-role/reader/session";
    let allow = |policy: Value| vec![policy.to_string().into()];
    let attach: [(&str, &str, Vec<Box<str>>, u16); 4] = [
        (ACCOUNT, "arn:aws:iam::123456789012:role/reader", allow(policy("allow", false)), 200),
        (ACCOUNT, "arn:aws:iam::123456789012:root", allow(policy("allow", false)), 200),
        (ACCOUNT, "arn:aws:iam::123456789012:role/writer", allow(policy("allow", false)), 403),
        (OTHER_ACCOUNT, "arn:aws:iam::123456789012:role/reader", allow(policy("allow", false)), 403),
    ];
    for (account, arn, policies, expected) in attach {
        let served = serve(&definition(&["/a"], iam()));
        served.world.credentials.attach(arn, policies);
        let vouched = Vouched { identity: Some(Arc::new(identity(account, session))), certificate: None };
        let outcome = served.send_with(request("GET", "/dev/a"), "", vouched).await;
        assert_eq!(outcome.status, expected, "{account} {arn}: {}", outcome.body);
    }
}

/// An operator's denial holds for whoever signs, whatever the access key itself allows.
#[tokio::test]
async fn what_is_attached_counts_for_keys_of_the_installation_too() {
    for arn in ["arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:user/somebody"] {
        let served = served();
        served.world.credentials.attach(arn, vec![policy("deny", false).to_string().into()]);
        let outcome = served.send(sign(&served, request("GET", "/dev/a"), "")).await;
        assert_eq!(outcome.status, 403, "{arn}: {}", outcome.body);
        assert!(outcome.body.contains("with an explicit deny"), "{arn}: {}", outcome.body);
    }
}

/// A resource policy that names the principal lets it in without anything attached (Table A).
#[tokio::test]
async fn a_resource_policy_may_name_who_signs() {
    for (principal, expected) in [
        (json!({"AWS": "arn:aws:iam::123456789012:user/somebody"}), 200),
        (json!({"AWS": "arn:aws:iam::123456789012:user/other"}), 403),
        // The account as a whole leaves it to its own policies.
        (json!({"AWS": "arn:aws:iam::123456789012:root"}), 403),
        (json!({"AWS": "123456789012"}), 403),
    ] {
        let mut definition = definition(&["/a"], iam());
        definition["x-amazon-apigateway-policy"] = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": principal, "Action": "execute-api:Invoke", "Resource": "execute-api:/*"
        }]});
        let served = serve(&definition);
        served.world.credentials.insert("GTLKEXAMPLE", access_key(ACCOUNT, SECRET, &[]));
        let outcome = served.send(sign(&served, request("GET", "/dev/a"), "")).await;
        assert_eq!(outcome.status, expected, "{principal}: {}", outcome.body);
    }
}
