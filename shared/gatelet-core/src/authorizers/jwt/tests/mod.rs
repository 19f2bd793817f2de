//! Tokens of test issuers against the authorizers.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "tests"
)]

mod authorizers;
mod claims;
mod issuers;
mod key_sets;
mod signatures;
mod vectors;
mod world;

use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use gatelet_model::JwtIssuer;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use super::*;
use crate::ports::{Arrival, Timestamp};
use crate::record::Record;
use world::TestWorld;

/// The moment at which tests begin, in seconds since 1970.
const NOW: u64 = 1_800_000_000;
const ISSUER: &str = "https://issuer.example.com";
const DISCOVERY_URL: &str = "https://issuer.example.com/.well-known/openid-configuration";
const KEYS_URL: &str = "https://issuer.example.com/keys";

/// A key that signs, and what its issuer publishes of it.
struct TestKey {
    algorithm: Algorithm,
    private: EncodingKey,
    public: Value,
}

impl TestKey {
    fn new(id: &str, algorithm: Algorithm, scheme: &'static rcgen::SignatureAlgorithm) -> Self {
        let pair = match algorithm {
            Algorithm::RS256 => rcgen::KeyPair::generate_rsa_for(scheme, rcgen::RsaKeySize::_2048).unwrap(),
            _ => rcgen::KeyPair::generate_for(scheme).unwrap(),
        };
        let pem = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            STANDARD.encode(pair.serialized_der())
        );
        let private = match algorithm {
            Algorithm::RS256 => EncodingKey::from_rsa_pem(pem.as_bytes()),
            Algorithm::EdDSA => EncodingKey::from_ed_pem(pem.as_bytes()),
            _ => EncodingKey::from_ec_pem(pem.as_bytes()),
        };
        let raw = pair.public_key_raw();
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut public = match algorithm {
            Algorithm::RS256 => {
                let (n, e) = rsa_parts(raw);
                json!({"kty": "RSA", "n": part(n), "e": part(e)})
            }
            Algorithm::ES256 => {
                json!({"kty": "EC", "crv": "P-256", "x": part(&raw[1..33]), "y": part(&raw[33..])})
            }
            Algorithm::ES384 => {
                json!({"kty": "EC", "crv": "P-384", "x": part(&raw[1..49]), "y": part(&raw[49..])})
            }
            _ => json!({"kty": "OKP", "crv": "Ed25519", "x": part(raw)}),
        };
        public["kid"] = json!(id);
        Self { algorithm, private: private.unwrap(), public }
    }

    /// A token of this header and these claims, whatever they are.
    fn token(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        self.sign(&format!("{}.{}", part(header), part(claims)), self.algorithm)
    }

    fn sign(&self, signed: &str, algorithm: Algorithm) -> String {
        let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &self.private, algorithm).unwrap();
        format!("{signed}.{signature}")
    }

    fn header(&self) -> Value {
        json!({"alg": format!("{:?}", self.algorithm), "kid": self.public["kid"], "typ": "JWT"})
    }

    /// A token of these claims as the issuer would sign it.
    fn signed(&self, claims: &Value) -> String {
        self.token(&self.header(), claims)
    }
}

/// Modulus and exponent of a public key in PKCS#1: a sequence of two numbers.
fn rsa_parts(der: &[u8]) -> (&[u8], &[u8]) {
    fn value(der: &[u8], tag: u8) -> (&[u8], &[u8]) {
        assert_eq!(der[0], tag);
        let (length, start) = match der[1] {
            0x82 => (usize::from(der[2]) * 256 + usize::from(der[3]), 4),
            0x81 => (usize::from(der[2]), 3),
            short => (usize::from(short), 2),
        };
        der[start..].split_at(length)
    }
    let (sequence, _) = value(der, 0x30);
    let (n, rest) = value(sequence, 2);
    let (e, _) = value(rest, 2);
    (n.strip_prefix(&[0]).unwrap_or(n), e)
}

fn rsa() -> &'static TestKey {
    static KEY: OnceLock<TestKey> = OnceLock::new();
    KEY.get_or_init(|| TestKey::new("rsa", Algorithm::RS256, &rcgen::PKCS_RSA_SHA256))
}

fn ec() -> &'static TestKey {
    static KEY: OnceLock<TestKey> = OnceLock::new();
    KEY.get_or_init(|| TestKey::new("ec", Algorithm::ES256, &rcgen::PKCS_ECDSA_P256_SHA256))
}

fn ed() -> &'static TestKey {
    static KEY: OnceLock<TestKey> = OnceLock::new();
    KEY.get_or_init(|| TestKey::new("ed", Algorithm::EdDSA, &rcgen::PKCS_ED25519))
}

fn key_set(keys: &[&TestKey]) -> Value {
    json!({"keys": keys.iter().map(|key| key.public.clone()).collect::<Vec<_>>()})
}

/// Good claims.
fn claims() -> Value {
    json!({"iss": ISSUER, "aud": "me", "sub": "somebody", "exp": NOW + 3_600, "iat": NOW - 10, "nbf": NOW - 10})
}

/// Good claims with one changed; left out where it is null.
fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    match value {
        Value::Null => claims.as_object_mut().unwrap().remove(name),
        value => claims.as_object_mut().unwrap().insert(name.to_owned(), value),
    };
    claims
}

fn issuer() -> JwtIssuer {
    JwtIssuer {
        issuer: ISSUER.to_owned(),
        audiences: vec!["me".to_owned(), "us".to_owned()],
        algorithms: Vec::new(),
        required_claims: Vec::new(),
    }
}

fn verifier() -> Verifier {
    Verifier::compile(&[issuer()], ClaimsForm::Http).unwrap()
}

/// A world whose issuer publishes these keys, and tells where.
fn world_of(keys: &[&TestKey]) -> TestWorld {
    let world = TestWorld::at(NOW);
    world.publish(DISCOVERY_URL, &json!({"issuer": ISSUER, "jwks_uri": KEYS_URL}).to_string());
    world.publish(KEYS_URL, &key_set(keys).to_string());
    world
}

fn arrival(seconds: u64) -> Arrival {
    Arrival::in_tests(Timestamp::from_milliseconds(seconds * 1_000))
}

fn record() -> Record {
    Record::open(&arrival(NOW), http::Method::GET, http::Version::HTTP_11).explained()
}

/// Verifies a token at a moment.
fn verify_at(
    world: &TestWorld,
    verifier: &Verifier,
    token: &str,
    seconds: u64,
) -> Result<Arc<Verified>, Defect> {
    world.set_time(seconds);
    now(verifier.verify(world, &arrival(seconds), &record(), token))
}

fn verify(world: &TestWorld, token: &str) -> Result<Arc<Verified>, Defect> {
    verify_at(world, &verifier(), token, NOW)
}

/// What one token of good keys comes to.
fn judged(token: &str) -> Result<Arc<Verified>, Defect> {
    verify(&world_of(&[rsa(), ec(), ed()]), token)
}

fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits for something"),
    }
}
