//! The custom domains of definitions: their names lead to the APIs below them, wherever they resolve to.

use gatelet_core::ports::PortError;
use gatelet_model::DomainName;

use super::Session;
use crate::definition::{Unserved, unserved};
use crate::dev::show::NAME_CHARACTERS_MAX;
use crate::requests::printable;

/// What there is to say about domains, a line each.
#[derive(Default)]
pub(super) struct Told {
    /// How each is reached.
    pub(super) answered: Vec<String>,
    /// Why each of the others refuses everybody.
    pub(super) refused: Vec<String>,
}

impl Session {
    /// Stores domains, and says how each is reached or why it is not. One that a definition does not have any more goes on being
    /// answered until another takes its name.
    ///
    /// # Errors
    /// A [`PortError`].
    pub(super) async fn store_domains(&mut self, domains: &[DomainName]) -> Result<Told, PortError> {
        let mut told = Told::default();
        for domain in domains {
            let name = printable(domain.name.as_str(), NAME_CHARACTERS_MAX);
            if let Err(other) = self.trust_store.take(domain) {
                // What may have been open under its name before, is not.
                self.parts.definitions.table().remove_domain(domain.name.as_str(), self.deadline()).await?;
                told.refused.push(format!("  the custom domain `{name}` refuses everybody: {other}"));
                continue;
            }
            // Stored in any case, in place of what may have been open under its name before: it is refused while it cannot be
            // served as its author means it.
            self.parts.definitions.table().put_domain(domain, self.deadline()).await?;
            let takes_certificates = self.parts.https.is_some_and(|https| https.takes_certificates);
            if let Some(what) = unserved(domain, takes_certificates) {
                let hint = match what {
                    Unserved::ClientCertificates => {
                        "; `--https-listen` with `--tls-truststore FILE` asks for them"
                    }
                    Unserved::RoutingRules => "",
                };
                told.refused.push(format!(
                    "  the custom domain `{name}` refuses everybody: {what} not acted on{hint}"
                ));
                continue;
            }
            for mapping in &domain.mappings {
                let line = match (&domain.mutual_tls, self.parts.https) {
                    (Some(_), Some(https)) => {
                        let (port, address) = (https.address.port(), https.address.ip());
                        format!(
                            "  custom domain `{name}`: curl -k --cert CERTIFICATE --key KEY --resolve {name}:{port}:{address} \
                             https://{name}:{port}/{}",
                            mapping.key.as_str()
                        )
                    }
                    _ => {
                        let (address, key) = (self.parts.address, mapping.key.as_str());
                        format!("  custom domain `{name}`: curl -H 'Host: {name}' http://{address}/{key}")
                    }
                };
                told.answered.push(line.trim_end_matches('/').to_owned());
            }
        }
        Ok(told)
    }
}
