//! The authorizer against an issuer that publishes one key.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod answers;
mod api_keys;
mod configuration;
mod events;
mod kept;
mod limits;
mod properties;
mod samples;

use std::sync::OnceLock;
use std::time::Duration;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use gatelet_core::Timestamp;
use gatelet_core::authorizers::jwt::TokenPorts;
use gatelet_core::ports::{Clock as _, IdentityProviders, Memory, PortError};
use gatelet_core::stages::client::ClientPorts;
use gatelet_languages::iam_policy::{Decision, Policy, PolicyKind, Principal, Request, ResourceArn, Values};
use gatelet_world::{MemoryCounters, MemoryCredentials, VirtualClock};
use serde_json::{Value, json};

use crate::answer::{Answer, Failure};
use crate::authorizer::Authorizer;
use crate::configuration::Rules;

/// The time of all tests, in seconds since 1970.
const NOW: u64 = 1_800_000_000;
const ISSUER: &str = "https://id.example.com";
const KEYS_URL: &str = "https://id.example.com/keys";
/// The key of the tokens in `events/authorizer/`.
const EXAMPLE_KEYS: &str = include_str!("../../example/key-set.json");
const API: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/";

/// The world of an authorizer: one issuer, API keys and counters.
struct Ports {
    is_issuer_there: bool,
    credentials: MemoryCredentials,
    counters: MemoryCounters,
    clock: VirtualClock,
    memory: Memory,
}

impl Ports {
    fn new(is_issuer_there: bool) -> Self {
        Self {
            is_issuer_there,
            credentials: MemoryCredentials::default(),
            counters: MemoryCounters::default(),
            clock: VirtualClock::at(Timestamp::from_milliseconds(NOW * 1_000)),
            memory: Memory::default(),
        }
    }
}

impl TokenPorts for Ports {
    type IdentityProviders = Self;
    type Clock = VirtualClock;

    fn identity_providers(&self) -> &Self {
        self
    }

    fn clock(&self) -> &VirtualClock {
        &self.clock
    }

    fn memory(&self) -> &Memory {
        &self.memory
    }
}

impl ClientPorts for Ports {
    type Credentials = MemoryCredentials;
    type Counters = MemoryCounters;
    type Clock = VirtualClock;

    fn credentials(&self) -> &MemoryCredentials {
        &self.credentials
    }

    fn counters(&self) -> &MemoryCounters {
        &self.counters
    }

    fn clock(&self) -> &VirtualClock {
        &self.clock
    }

    fn memory(&self) -> &Memory {
        &self.memory
    }
}

impl IdentityProviders for Ports {
    fn key_set_url(&self, _: &str) -> Option<&str> {
        None
    }

    async fn document(&self, url: &str, _: usize, _: Duration) -> Result<Bytes, PortError> {
        let document = match url {
            KEYS_URL => {
                let x = URL_SAFE_NO_PAD.encode(key().public_key().as_ref());
                let mut set: Value = serde_json::from_str(EXAMPLE_KEYS).unwrap();
                let keys = set["keys"].as_array_mut().unwrap();
                keys.push(json!({"kty": "OKP", "crv": "Ed25519", "kid": "one", "x": x}));
                set
            }
            "https://id.example.com/.well-known/openid-configuration" => {
                json!({"issuer": ISSUER, "jwks_uri": KEYS_URL})
            }
            other => panic!("nobody should ask for {other}"),
        };
        match self.is_issuer_there {
            true => Ok(document.to_string().into()),
            false => Err(PortError::Timeout { what: "the document" }),
        }
    }

    async fn caller_identity(
        &self,
        _: &str,
        _: &http::HeaderMap,
        _: Duration,
    ) -> Result<Result<Bytes, http::StatusCode>, PortError> {
        panic!("nobody should ask AWS")
    }
}

fn key() -> &'static Ed25519KeyPair {
    static KEY: OnceLock<Ed25519KeyPair> = OnceLock::new();
    KEY.get_or_init(|| Ed25519KeyPair::generate().unwrap())
}

/// A token with these claims beside good ones, or in their place.
fn token(claims: &Value) -> String {
    let mut all =
        json!({"iss": ISSUER, "aud": "app", "sub": "ada", "exp": NOW + 3_600, "scope": "read write"});
    for (name, value) in claims.as_object().unwrap() {
        all[name] = value.clone();
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({"alg": "EdDSA", "kid": "one"})), part(&all));
    let signature = URL_SAFE_NO_PAD.encode(key().sign(signed.as_bytes()).as_ref());
    format!("{signed}.{signature}")
}

fn good_token() -> String {
    token(&json!({}))
}

/// What most tests ask of tokens.
fn jwt() -> Value {
    json!({"issuers": [{"issuer": ISSUER, "audiences": ["app"]}]})
}

fn rules(configuration: &Value) -> Result<Rules, String> {
    Rules::parse(&configuration.to_string(), |_| false)
}

fn authorizer(configuration: &Value) -> Authorizer<Ports> {
    let rules = rules(configuration).unwrap();
    Authorizer::new(Ok(rules), Ports::new(true))
}

async fn ask(authorizer: &Authorizer<Ports>, event: &Value) -> Result<Value, Failure> {
    let deadline = TokenPorts::clock(&authorizer.ports).now().after(Duration::from_secs(10));
    let answer = authorizer.answer(&event.to_string(), deadline).await;
    answer.map(|answer: Answer| serde_json::from_str(answer.as_str()).unwrap())
}

/// The event of a TOKEN authorizer for `GET /pets` of the stage `live`.
fn token_event(token: &str) -> Value {
    json!({"type": "TOKEN", "authorizationToken": token, "methodArn": format!("{API}live/GET/pets")})
}

/// The event of an HTTP API for the same request.
fn http_event(token: &str, source_ip: &str) -> Value {
    json!({
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": format!("{API}live/GET/pets"),
        "identitySource": [token],
        "routeKey": "GET /pets",
        "headers": {"authorization": token, "referer": "https://example.com/"},
        "requestContext": {"http": {"method": "GET", "path": "/live/pets", "sourceIp": source_ip, "userAgent": "curl/8"}},
    })
}

/// Whether API Gateway, which keeps an answer, lets a request in by it: another method, from another address, later.
fn lets_in(answer: &Value, below_api: &str, source_ip: Option<&str>, seconds: u64) -> bool {
    let policy = Policy::parse(&answer["policyDocument"].to_string(), PolicyKind::Authorizer).unwrap();
    let arn = format!("{API}{below_api}");
    let seconds = seconds.to_string();
    let context = |key: &str| match key {
        "aws:sourceip" => source_ip.map_or(Values::Missing, Values::One),
        "aws:epochtime" | "aws:currenttime" => Values::One(&seconds),
        _ => Values::Missing,
    };
    let request = Request {
        action: "execute-api:Invoke",
        resource: ResourceArn::parse(&arn).unwrap(),
        principal: Principal::Anonymous,
        context: &context,
    };
    matches!(policy.decide(&request), Decision::Allow { .. })
}
