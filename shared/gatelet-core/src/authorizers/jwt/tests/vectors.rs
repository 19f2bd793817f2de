//! The tokens of RFC 7515's appendix. Read where they lie; absent, they are named and skipped.
#![allow(clippy::disallowed_methods, reason = "foreign vectors are read where they lie")]

use std::path::{Path, PathBuf};

use super::*;

/// When the tokens of A.1 to A.3 expire.
const EXPIRY: u64 = 1_300_819_380;

#[test]
fn asymmetric_tokens_of_the_rfc_verify_and_the_others_cannot() {
    let root = match std::env::var_os("GATELET_VECTORS") {
        Some(root) => PathBuf::from(root),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
    };
    let file = root.join("rfc7515-examples/rfc7515.json");
    let Ok(text) = std::fs::read_to_string(&file) else {
        eprintln!("skipped: {} is not there; GATELET_VECTORS may name another place", file.display());
        return;
    };
    let vectors: Vec<Value> = serde_json::from_str(&text).unwrap();
    let mut verified = Vec::new();
    for vector in vectors.iter().filter(|vector| vector["token"].is_string()) {
        let (token, alg) = (vector["token"].as_str().unwrap(), vector["alg"].as_str().unwrap());
        // They name no key, which none may at AWS.
        assert!(judged(token).is_err(), "{alg}");
        let Ok(algorithm) = alg.parse::<Algorithm>() else { continue };
        let mut key = vector["key"].clone();
        key["kid"] = json!("a");
        let set = KeySet::parse(json!({"keys": [key]}).to_string().as_bytes()).unwrap();
        let Some(key) = set.get("a") else { continue };
        assert!(key.takes(algorithm, &[]));
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let good = jsonwebtoken::crypto::verify(signature, signed.as_bytes(), key.decoding(), algorithm);
        assert!(good.unwrap(), "{alg}");
        let payload = URL_SAFE_NO_PAD.decode(signed.split_once('.').unwrap().1).unwrap();
        let claims = serde_json::from_slice(&payload).unwrap();
        let at = |seconds: u64| {
            super::super::claims::times(&claims, Timestamp::from_milliseconds(seconds * 1_000))
        };
        assert!(at(EXPIRY - 1).is_ok());
        assert_eq!(at(NOW).unwrap_err(), Defect::Expired);
        verified.push(alg);
    }
    assert_eq!(verified, ["RS256", "ES256"]);
}
