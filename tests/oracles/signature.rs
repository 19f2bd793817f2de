//! AWS's own signer signs random requests in both forms: the gateway accepts each as it was signed, and none in which
//! one thing was changed since. This oracle is a signer where the gateway is a verifier, and not of our making.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, SessionTokenMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use gatelet_core::Timestamp;
use gatelet_core::signature::{
    Claim, Credential, PathForm, PayloadHash, Service, SignatureError, SignedRequest, SigningKey,
};
use http::{HeaderMap, HeaderValue, Request, Uri};
use proptest::prelude::*;

use crate::cases;

const ACCESS_KEY_ID: &str = "AKIDEXAMPLE";
const SIGNED_MILLISECONDS: u64 = 1_795_190_399_000;
const LIFETIME: Duration = Duration::from_secs(600);

/// A request before it is signed, and how it is signed.
#[derive(Debug, Clone)]
struct Draft {
    method: &'static str,
    host: String,
    path: String,
    query: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    secret: String,
    session_token: Option<String>,
    region: &'static str,
    presigned: bool,
    announced: bool,
    normalized: bool,
    token_signed: bool,
}

/// A request as it arrives.
#[derive(Debug, Clone)]
struct Sent {
    method: String,
    host: String,
    path: String,
    query: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// What is changed on the way.
#[derive(Debug, Clone, Copy)]
enum Change {
    Method,
    Host,
    Path,
    OneMoreParameter,
    FirstParameter,
    Header(usize),
    Body,
    Signature(usize),
    AmazonHeader,
}

fn drafts() -> impl Strategy<Value = Draft> {
    let segment = "([a-zA-Z0-9_.~@$:()*!',;=&+-]|%[0-7][0-9A-F]|%C3%A9){0,6}";
    let path = prop::collection::vec(prop_oneof![segment, Just(".".to_owned()), Just("..".to_owned())], 0..5);
    let part = "([a-zA-Z0-9_.~@$:/?()*!',;+-]|%[0-7][0-9a-fA-F]|%c3%a9){0,5}";
    let pair = (part, prop::option::of(part));
    let pair = pair.prop_map(|(name, value)| value.map_or(name.clone(), |value| format!("{name}={value}")));
    let value = prop_oneof!["[ -~]{0,20}", "[a-z] {0,4}[a-z] {0,3}"];
    let header = prop::sample::select(&[
        "accept",
        "x-api-key",
        "my-header",
        "x-amz-meta",
        "content-type",
        "user-agent",
    ]);
    (
        (
            prop::sample::select(&["GET", "POST", "DELETE", "PATCH"]),
            "[a-z0-9-]{1,8}\\.example(:8[0-9]{3})?",
            path,
            prop::collection::vec(pair, 0..4),
            prop::collection::vec((header, value), 0..5),
            prop::collection::vec(any::<u8>(), 0..40),
        ),
        (
            "[a-zA-Z0-9/+]{0,80}",
            prop::option::of("[a-zA-Z0-9/+=]{1,40}"),
            prop::sample::select(&["us-east-1", "eu-central-1"]),
            any::<[bool; 4]>(),
        ),
    )
        .prop_map(
            |((method, host, path, pairs, headers, body), (secret, session_token, region, flags))| {
                let [presigned, announced, normalized, token_signed] = flags;
                Draft {
                    method,
                    host,
                    path: format!("/{}", path.join("/")),
                    query: pairs.join("&"),
                    headers,
                    body,
                    secret,
                    session_token,
                    region,
                    presigned,
                    announced,
                    normalized,
                    // Where a URL's token is not signed, AWS's signer leaves it to its caller.
                    token_signed: token_signed || presigned,
                }
            },
        )
}

fn changes() -> impl Strategy<Value = Change> {
    prop_oneof![
        Just(Change::Method),
        Just(Change::Host),
        Just(Change::Path),
        Just(Change::OneMoreParameter),
        Just(Change::FirstParameter),
        any::<prop::sample::Index>().prop_map(|index| Change::Header(index.index(8))),
        Just(Change::Body),
        (0_usize..64).prop_map(Change::Signature),
        Just(Change::AmazonHeader),
    ]
}

/// Signs with AWS's signer.
fn signed(draft: &Draft) -> Sent {
    let uri = format!("https://{}{}?{}", draft.host, draft.path, draft.query);
    let mut settings = SigningSettings::default();
    if draft.presigned {
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(LIFETIME);
    }
    if draft.announced {
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    if !draft.normalized {
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    }
    if !draft.token_signed {
        settings.session_token_mode = SessionTokenMode::Exclude;
    }
    let identity =
        Credentials::new(ACCESS_KEY_ID, &draft.secret, draft.session_token.clone(), None, "test").into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(draft.region)
        .name("execute-api")
        .time(SystemTime::UNIX_EPOCH + Duration::from_millis(SIGNED_MILLISECONDS))
        .settings(settings)
        .build()
        .unwrap()
        .into();
    let headers = draft.headers.iter().map(|(name, value)| (*name, value.as_str()));
    let signable =
        SignableRequest::new(draft.method, uri.as_str(), headers, SignableBody::Bytes(&draft.body)).unwrap();
    let (instructions, _) = sign(signable, &parameters).unwrap().into_parts();
    let mut request =
        Request::builder().method(draft.method).uri(uri.parse::<Uri>().unwrap()).body(()).unwrap();
    for (name, value) in &draft.headers {
        // What HTTP would do to spaces around a value.
        request.headers_mut().append(*name, HeaderValue::from_str(value.trim()).unwrap());
    }
    instructions.apply_to_request_http1x(&mut request);
    Sent {
        method: draft.method.to_owned(),
        host: draft.host.clone(),
        path: request.uri().path().to_owned(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        headers: request.headers().clone(),
        body: draft.body.clone(),
    }
}

fn judged(sent: &Sent, draft: &Draft) -> Result<(), SignatureError> {
    let mut service = Service::new("execute-api", draft.region);
    if !draft.normalized {
        service.path_form = PathForm::AsSent;
    }
    let request = SignedRequest {
        method: &sent.method,
        host: &sent.host,
        path: &sent.path,
        query: &sent.query,
        headers: &sent.headers,
    };
    let claim = Claim::read(request, service, Timestamp::from_milliseconds(SIGNED_MILLISECONDS + 1))?;
    assert_eq!(claim.access_key_id(), ACCESS_KEY_ID);
    assert_eq!(claim.session_token(), draft.session_token.as_deref());
    let signing_key = SigningKey::derive(&draft.secret, &claim.scope());
    let credential = Credential {
        signing_key: &signing_key,
        session_token: draft.session_token.as_deref(),
        expires: None,
    };
    claim.verify(&PayloadHash::of(&sent.body), Some(&credential))
}

/// The request with one thing changed; nothing where the change is none.
fn changed(mut sent: Sent, draft: &Draft, change: Change) -> Option<Sent> {
    match change {
        Change::Method => sent.method.push('X'),
        Change::Host => sent.host.push('x'),
        Change::Path => sent.path.push_str("/x"),
        Change::OneMoreParameter => sent.query.push_str("&x"),
        Change::FirstParameter => {
            let (first, _) = sent.query.split_once('&').unwrap_or((&sent.query, ""));
            (!first.is_empty()).then_some(())?;
            sent.query.insert(0, 'x');
        }
        Change::Header(place) => {
            let (name, _) = draft.headers.get(place)?;
            // AWS's signer leaves it out.
            (*name != "user-agent").then_some(())?;
            sent.headers.append(*name, HeaderValue::from_static("x"));
        }
        Change::Body => sent.body.push(0),
        Change::Signature(place) => {
            let other = |text: &str| {
                let at = text.find("Signature=").unwrap() + "Signature=".len() + place;
                let digit = if &text[at..=at] == "0" { "1" } else { "0" };
                format!("{}{digit}{}", &text[..at], &text[at + 1..])
            };
            match sent.headers.get_mut("authorization") {
                Some(header) => *header = other(header.to_str().unwrap()).parse().unwrap(),
                None => sent.query = other(&sent.query),
            }
        }
        Change::AmazonHeader => {
            sent.headers.insert("x-amz-invocation-type", HeaderValue::from_static("Event"));
        }
    }
    Some(sent)
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn what_aws_signs_is_accepted_and_nothing_else(draft in drafts(), change in changes()) {
        let sent = signed(&draft);
        prop_assert_eq!(judged(&sent, &draft), Ok(()), "{:?}", sent);
        if let Some(changed) = changed(sent, &draft, change) {
            let answer = judged(&changed, &draft);
            prop_assert!(answer.is_err(), "{:?} was accepted: {:?}", change, changed);
        }
    }
}
