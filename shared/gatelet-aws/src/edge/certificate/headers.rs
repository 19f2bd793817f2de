//! Headers that tell of a client's certificate.

use http::{HeaderMap, HeaderName};

/// Names in which somebody may tell of one: CloudFront's, load balancers', the gateway's own for its edge, and RFC 9440's.
const NAMES: [&str; 3] = ["x-gatelet-client-certificate", "client-cert", "client-cert-chain"];
/// See [`NAMES`].
const PREFIXES: [&str; 2] = ["x-amzn-mtls-", "cloudfront-viewer-cert-"];

/// Takes off every header that tells of a certificate. What a door believes of them it has read before; what is left could be
/// the client's own, and a backend would take it for the truth (<https://www.rfc-editor.org/rfc/rfc9440#section-2.4>).
pub fn remove_certificate_headers(headers: &mut HeaderMap) {
    let told: Vec<HeaderName> = headers.keys().filter(|name| is_told(name.as_str())).cloned().collect();
    for name in told {
        headers.remove(name);
    }
}

fn is_told(name: &str) -> bool {
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}
