//! What an operator decides about identity providers.

use std::collections::BTreeMap;

use http::Uri;
use rustls::pki_types::CertificateDer;

use crate::access::KeySetUrl;
use crate::backends::{AddressPolicy, BackendSettings, HostAndPort};
use crate::environment::Environment;

/// AWS's name for the service, as endpoint variables have it.
const SERVICE: &str = "STS";
/// The region of whoever says none.
const NO_REGION: &str = "us-east-1";

/// How identity providers are reached.
#[derive(Clone)]
pub struct ProviderSettings {
    pub(super) key_set_urls: BTreeMap<String, String>,
    pub(super) strangers: BackendSettings,
    pub(super) operators: BackendSettings,
    pub(super) token_service: Uri,
}

impl ProviderSettings {
    /// As the environment says: the map of issuers, which addresses backends may have, and where AWS's Security Token Service
    /// is (`AWS_ENDPOINT_URL_STS`, `AWS_ENDPOINT_URL`, else AWS's own endpoint in the region).
    #[must_use]
    pub fn of(environment: &Environment) -> Self {
        Self {
            key_set_urls: environment.access().key_set_urls.clone(),
            strangers: environment.backends(),
            operators: environment.backends().with_addresses(AddressPolicy::local()),
            token_service: token_service(environment, environment.region().unwrap_or(NO_REGION)),
        }
    }

    /// For APIs in this region, whatever the environment's is.
    #[must_use]
    pub fn in_region(self, region: &str, environment: &Environment) -> Self {
        Self { token_service: token_service(environment, region), ..self }
    }

    /// Further issuers, in place of those of the same name.
    #[must_use]
    pub fn with_key_set_urls(mut self, urls: impl IntoIterator<Item = KeySetUrl>) -> Self {
        self.key_set_urls.extend(urls);
        self
    }

    /// One more place that is no provider, such as the own control plane.
    #[must_use]
    pub fn forbidding(self, place: &HostAndPort) -> Self {
        Self {
            strangers: self.strangers.forbidding(place.clone()),
            operators: self.operators.forbidding(place.clone()),
            ..self
        }
    }

    /// Which addresses strangers' documents may have.
    #[must_use]
    pub fn with_addresses(self, addresses: AddressPolicy) -> Self {
        Self { strangers: self.strangers.with_addresses(addresses), ..self }
    }

    /// One more certificate authority beside the public ones.
    #[must_use]
    pub fn trusting(self, root: CertificateDer<'static>) -> Self {
        Self {
            strangers: self.strangers.trusting(root.clone()),
            operators: self.operators.trusting(root),
            ..self
        }
    }
}

/// Where the environment says that the service is, else its endpoint in a region
/// (<https://docs.aws.amazon.com/general/latest/gr/sts.html>).
fn token_service(environment: &Environment, region: &str) -> Uri {
    if let Some(elsewhere) = environment.endpoint(SERVICE) {
        return elsewhere.clone();
    }
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    // A region is letters, digits and hyphens.
    format!("https://sts.{region}.{suffix}/").parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn found(variables: &[(&str, &str)]) -> String {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        ProviderSettings::of(&Environment::parse(variables).unwrap()).token_service.to_string()
    }

    #[test]
    fn the_token_service_is_the_region_s_or_where_it_is_said() {
        assert_eq!(found(&[]), "https://sts.us-east-1.amazonaws.com/");
        assert_eq!(found(&[("AWS_REGION", "eu-west-1")]), "https://sts.eu-west-1.amazonaws.com/");
        assert_eq!(found(&[("AWS_REGION", "cn-north-1")]), "https://sts.cn-north-1.amazonaws.com.cn/");
        let elsewhere = [("AWS_REGION", "eu-west-1"), ("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")];
        assert_eq!(found(&elsewhere), "http://127.0.0.1:1/");
        assert_eq!(found(&[("AWS_ENDPOINT_URL", "http://127.0.0.1:2/aws")]), "http://127.0.0.1:2/aws");
        let environment = Environment::default();
        let settings = ProviderSettings::of(&environment).in_region("eu-north-1", &environment);
        assert_eq!(settings.token_service.to_string(), "https://sts.eu-north-1.amazonaws.com/");
    }
}
