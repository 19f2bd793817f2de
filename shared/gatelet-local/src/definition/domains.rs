//! Which custom domains can be answered.

use std::fmt;

use gatelet_model::{DomainName, MutualTls, RoutingMode};

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

/// The one trust store of a front door. Whoever it vouches for is let in by every domain, so that a domain with another one
/// would be open to clients whom its author never trusted.
#[derive(Debug, Default)]
pub struct TrustStore(Option<(String, MutualTls)>);

/// A domain names another trust store than one before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherTrustStore {
    /// The domain whose trust store the front door has.
    first: String,
}

impl TrustStore {
    /// Takes the trust store of a domain, which is the front door's from then on where it is the first.
    ///
    /// # Errors
    /// [`OtherTrustStore`] where the domain's is another, or another version of it.
    pub fn take(&mut self, domain: &DomainName) -> Result<(), OtherTrustStore> {
        let Some(own) = &domain.mutual_tls else { return Ok(()) };
        let (first, taken) = self.0.get_or_insert_with(|| (domain.name.to_string(), own.clone()));
        if taken == own { Ok(()) } else { Err(OtherTrustStore { first: first.clone() }) }
    }
}

impl fmt::Display for OtherTrustStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "its trust store is not the one that `{}` has been given, and one front door has one, so that the clients of each \
             would be let in by the other; give both the same `TruststoreUri` and `TruststoreVersion`, or each its own front door",
            self.first
        )
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use gatelet_model::Domain;
    use gatelet_model::rest::EndpointType;

    use super::*;

    fn domain(name: &str, uri: Option<&str>, version: Option<&str>) -> DomainName {
        let mutual_tls = uri.map(|uri| MutualTls {
            truststore_uri: uri.to_owned(),
            truststore_version: version.map(ToOwned::to_owned),
        });
        DomainName {
            name: Domain::parse(name).unwrap(),
            endpoint_type: EndpointType::Regional,
            certificate_arn: None,
            security_policy: None,
            mutual_tls,
            routing_mode: RoutingMode::ApiMappingOnly,
            mappings: Vec::new(),
            routing_rules: Vec::new(),
            tags: Default::default(),
        }
    }

    #[test]
    fn a_second_trust_store_is_refused() {
        let mut taken = TrustStore::default();
        for (name, uri, version, expected) in [
            ("open.example.com", None, None, true),
            ("one.example.com", Some("s3://b/one"), None, true),
            ("same.example.com", Some("s3://b/one"), None, true),
            ("two.example.com", Some("s3://b/two"), None, false),
            ("version.example.com", Some("s3://b/one"), Some("2"), false),
            ("one.example.com", Some("s3://b/two"), None, false),
            ("still.example.com", Some("s3://b/one"), None, true),
            ("none.example.com", None, None, true),
        ] {
            let outcome = taken.take(&domain(name, uri, version));
            assert_eq!(outcome.is_ok(), expected, "{name} {uri:?}");
            if let Err(other) = outcome {
                assert!(other.to_string().contains("`one.example.com`"), "{other}");
            }
        }
    }
}
