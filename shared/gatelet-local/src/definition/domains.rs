//! Which custom domains can be answered.

use std::fmt;

use gatelet_model::{DomainName, RoutingMode};

/// What of a domain would not be as its author means it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unserved {
    /// That its clients show certificates.
    ClientCertificates,
    /// That rules say which API is meant.
    RoutingRules,
}

/// What of a domain would not be as its author means it, where requests to it were answered; none where all would.
/// `takes_certificates` says whether clients are asked for certificates at all.
#[must_use]
pub fn unserved(domain: &DomainName, takes_certificates: bool) -> Option<Unserved> {
    if domain.mutual_tls.is_some() && !takes_certificates {
        Some(Unserved::ClientCertificates)
    } else if domain.routing_mode != RoutingMode::ApiMappingOnly || !domain.routing_rules.is_empty() {
        Some(Unserved::RoutingRules)
    } else {
        None
    }
}

impl fmt::Display for Unserved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClientCertificates => "client certificates (mutual TLS) are",
            Self::RoutingRules => "routing rules are",
        })
    }
}
