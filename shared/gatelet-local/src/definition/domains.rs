//! Which custom domains can be answered.

use gatelet_model::{DomainName, RoutingMode};

/// What of a domain would not be as its author means it, where requests to it were answered; none where all would.
#[must_use]
pub fn unserved(domain: &DomainName) -> Option<&'static str> {
    if domain.mutual_tls.is_some() {
        Some("client certificates (mutual TLS) are")
    } else if domain.routing_mode != RoutingMode::ApiMappingOnly || !domain.routing_rules.is_empty() {
        Some("routing rules are")
    } else {
        None
    }
}
