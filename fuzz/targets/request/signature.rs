//! Signatures: whatever a request claims, reading it never panics and never takes it for signed, and what is read has a
//! canonical form.

#![no_main]

use gatelet_core::Timestamp;
use gatelet_core::signature::{
    Claim, Credential, PayloadHash, Service, SignatureError, SignedRequest, SigningKey,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;

/// `20150830T123600Z`
const NOW: Timestamp = Timestamp::from_milliseconds(1_440_938_160_000);

// A request as text: the target, then headers line by line.
fuzz_target!(|text: &str| {
    let mut lines = text.split('\n');
    let target = lines.next().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
            headers.append(name, value);
        }
    }
    let request = SignedRequest { method: "GET", host: "door.example", path, query, headers: &headers };
    let claim = match Claim::read(request, Service::new("service", "us-east-1"), NOW) {
        Ok(claim) => claim,
        Err(error) => return assert!(!error.to_string().is_empty() && !error.error_type().is_empty()),
    };
    let payload = PayloadHash::of(b"");
    let canonical = claim.canonical_request(&payload);
    assert!(canonical.starts_with(b"GET\n") && canonical.ends_with(payload.as_str().as_bytes()));
    assert!(claim.string_to_sign(&canonical).starts_with("AWS4-HMAC-SHA256\n20150830T"));
    let signing_key = SigningKey::derive("secret", &claim.scope());
    let credential =
        Credential { signing_key: &signing_key, session_token: claim.session_token(), expires: None };
    assert!(claim.verify(&payload, Some(&credential)).is_err(), "nobody knows the secret");
    assert!(matches!(
        claim.verify(&payload, None),
        Err(SignatureError::InvalidToken | SignatureError::PayloadMismatch | SignatureError::Repeated(_))
    ));
});
