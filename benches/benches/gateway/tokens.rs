//! Tokens are verified, and remembered.

#![allow(clippy::panic, reason = "a token that is not accepted has nothing to measure")]

use std::hint::black_box;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use gatelet_benches::Work;
use gatelet_core::Timestamp;
use gatelet_core::authorizers::jwt::{ClaimsForm, Verifier};
use gatelet_core::record::Record;
use gatelet_model::JwtIssuer;
use gatelet_world::{MemoryBackends, MemoryIdentityProviders, MemoryWorld, arrival_at};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use crate::pipeline::now as completed;

const ISSUER: &str = "https://issuer.example.com";
const NOW_SECONDS: u64 = 1_800_000_000;

/// A token that this instance has seen before.
pub(crate) fn remembered() -> Work {
    verify(Algorithm::RS256, NOW_SECONDS + 3_600)
}

/// A token that it has not, signed with an RSA key of 2,048 bits.
pub(crate) fn rs256() -> Work {
    // Within the clocks' leeway a token is accepted and not remembered.
    verify(Algorithm::RS256, NOW_SECONDS - 1)
}

/// A token that it has not, signed with a key of the curve P-256.
pub(crate) fn es256() -> Work {
    verify(Algorithm::ES256, NOW_SECONDS - 1)
}

fn verify(algorithm: Algorithm, expires: u64) -> Work {
    let (token, key_set) = signed(algorithm, expires).unwrap_or_else(|error| panic!("{error}"));
    let document = Bytes::from(key_set.to_string());
    let providers = MemoryIdentityProviders::answering(move |_| Ok(document.clone()));
    let now = Timestamp::from_milliseconds(NOW_SECONDS * 1_000);
    let world = MemoryWorld {
        identity_providers: providers.with_key_set_url(ISSUER, "https://issuer.example.com/keys"),
        ..MemoryWorld::at(now, MemoryBackends::default())
    };
    let issuer = JwtIssuer {
        issuer: ISSUER.to_owned(),
        audiences: vec!["client".to_owned()],
        algorithms: Vec::new(),
        required_claims: Vec::new(),
    };
    let verifier = Verifier::compile(&[issuer], ClaimsForm::Http).unwrap_or_else(|error| panic!("{error}"));
    let arrival = arrival_at(now);
    let record = Record::open(&arrival, http::Method::GET, http::Version::HTTP_11);
    let verify = move || completed(verifier.verify(&world, &arrival, &record, black_box(&token)));
    let (first, second) = (verify(), verify());
    let (Ok(first), Ok(second)) = (first, second) else { panic!("the token is not accepted") };
    assert_eq!(
        Arc::ptr_eq(&first, &second),
        expires > NOW_SECONDS,
        "only one that still counts is remembered"
    );
    Work::new(move || {
        let _ = black_box(verify());
    })
}

/// A token as a user pool makes them, and the set of its key.
fn signed(algorithm: Algorithm, expires: u64) -> Result<(String, Value), Box<dyn std::error::Error>> {
    let pair = match algorithm {
        Algorithm::RS256 => rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256)?,
        _ => rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?,
    };
    let body = STANDARD.encode(pair.serialized_der());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
    let key = match algorithm {
        Algorithm::RS256 => EncodingKey::from_rsa_pem(pem.as_bytes())?,
        _ => EncodingKey::from_ec_pem(pem.as_bytes())?,
    };
    let mut public = Jwk::from_encoding_key(&key, algorithm)?;
    public.common.key_id = Some("key".to_owned());
    let header = json!({"alg": format!("{algorithm:?}"), "kid": "key"});
    let claims = json!({
        "iss": ISSUER, "sub": "b8b1b7f0-9b6b-4b0e-8a53-2f3f4f0e7a10", "client_id": "client", "token_use": "access",
        "scope": "pets/read pets/write openid profile", "auth_time": NOW_SECONDS - 60, "iat": NOW_SECONDS - 60,
        "exp": expires, "jti": "0f9a4f64-27b6-4e63-a3c4-3f9f4e8d5b11", "username": "somebody", "version": 2,
        "cognito:groups": ["admin", "poweruser"],
    });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(&header), part(&claims));
    let signature = jsonwebtoken::crypto::sign(text.as_bytes(), &key, algorithm)?;
    Ok((format!("{text}.{signature}"), json!({"keys": [public]})))
}
