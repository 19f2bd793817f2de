//! Headers that tell of a client's certificate.

use http::{HeaderMap, HeaderName};

/// Names in which somebody may tell of one: CloudFront's, load balancers', the gateway's own for its edge, RFC 9440's, and what
/// Envoy, nginx, HAProxy and Apache are commonly set to write.
const NAMES: [&str; 6] = [
    "x-gatelet-client-certificate",
    "client-cert",
    "client-cert-chain",
    "x-client-cert",
    "x-forwarded-client-cert",
    "ssl-client-cert",
];
/// See [`NAMES`].
const PREFIXES: [&str; 3] = ["x-amzn-mtls-", "cloudfront-viewer-cert-", "x-ssl-client-"];

/// Takes off every header that tells of a certificate. What a door believes of them it has read before; what is left could be
/// the client's own, and a backend would take it for the truth (<https://www.rfc-editor.org/rfc/rfc9440#section-2.4>).
pub fn remove_certificate_headers(headers: &mut HeaderMap) {
    let told: Vec<HeaderName> = headers.keys().filter(|name| is_told(name.as_str())).cloned().collect();
    for name in told {
        headers.remove(name);
    }
}

/// Compares as those behind do who make a variable of a header, where `-` and `_` are the same.
fn is_told(name: &str) -> bool {
    let begins_with = |told: &str| {
        let bytes = name.as_bytes().get(..told.len());
        bytes.is_some_and(|bytes| bytes.iter().map(dashed).eq(told.bytes()))
    };
    NAMES.iter().any(|told| told.len() == name.len() && begins_with(told))
        || PREFIXES.iter().any(|prefix| begins_with(prefix))
}

const fn dashed(byte: &u8) -> u8 {
    if *byte == b'_' { b'-' } else { *byte }
}
