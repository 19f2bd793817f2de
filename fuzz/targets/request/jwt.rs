//! Tokens and key sets: whatever a caller and an issuer say, reading and judging it never panics, and a token that is accepted is
//! told as JSON.

#![no_main]

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use gatelet_core::Timestamp;
use gatelet_core::authorizers::jwt::{ClaimsForm, KeySet, Token, Verifier};
use gatelet_core::record::Record;
use gatelet_model::JwtIssuer;
use gatelet_world::{MemoryBackends, MemoryIdentityProviders, MemoryWorld, arrival_at};
use libfuzzer_sys::fuzz_target;

const ISSUER: &str = "https://issuer.example";
const NOW: Timestamp = Timestamp::from_milliseconds(1_800_000_000_000);

// Three lines: the token's header, its payload and signature, and the key set. The first two are written as a token is, so that
// what is inside of them is reached; as they stand, they are read, too.
fuzz_target!(|text: &str| {
    let mut lines = text.splitn(4, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (header, payload, signature, keys) = (line(), line(), line(), line());
    let token = format!("{}.{}.{signature}", base64url(header), base64url(payload));
    let _ = Token::parse(text);
    if let (Ok(token), Ok(keys)) = (Token::parse(&token), KeySet::parse(keys.as_bytes())) {
        let _ = token.verify(&keys, &[]);
    }
    let document = Bytes::from(keys.to_owned());
    let providers = MemoryIdentityProviders::answering(move |_| Ok(document.clone()));
    let world = MemoryWorld {
        identity_providers: providers.with_key_set_url(ISSUER, "https://issuer.example/keys"),
        ..MemoryWorld::at(NOW, MemoryBackends::default())
    };
    let issuer = JwtIssuer {
        issuer: ISSUER.to_owned(),
        audiences: vec!["me".to_owned()],
        algorithms: Vec::new(),
        required_claims: Vec::new(),
    };
    let arrival = arrival_at(NOW);
    let record = Record::open(&arrival, http::Method::GET, http::Version::HTTP_11).explained();
    for form in [ClaimsForm::Http, ClaimsForm::RestJwt, ClaimsForm::Cognito] {
        let verifier = Verifier::compile(std::slice::from_ref(&issuer), form).expect("it is well defined");
        for token in [token.as_str(), text] {
            if let Ok(verified) = at_once(verifier.verify(&world, &arrival, &record, token)) {
                let claims: serde_json::Value =
                    serde_json::from_str(verified.claims_json()).expect("claims are JSON");
                assert!(claims.is_object());
            }
        }
    }
});

fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing is waited for"),
    }
}

fn base64url(text: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut written = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let mut bytes = [0; 4];
        bytes[1..=chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes(bytes);
        for index in 0..=chunk.len() {
            written.push(char::from(ALPHABET[(bits >> (18 - 6 * index)) as usize & 63]));
        }
    }
    written
}
