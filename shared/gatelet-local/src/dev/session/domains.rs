//! The custom domains of definitions: their names lead to the APIs below them, wherever they resolve to.

use gatelet_core::ports::PortError;
use gatelet_model::DomainName;

use super::Session;
use crate::definition::unserved;
use crate::dev::show::NAME_CHARACTERS_MAX;
use crate::requests::printable;

impl Session {
    /// Stores domains, and says how each is reached or why it is not. One that a definition does not have any more goes on being
    /// answered until another takes its name.
    ///
    /// # Errors
    /// A [`PortError`].
    pub(super) async fn store_domains(&self, domains: &[DomainName]) -> Result<Vec<String>, PortError> {
        let mut lines = Vec::new();
        for domain in domains {
            let name = printable(domain.name.as_str(), NAME_CHARACTERS_MAX);
            if let Some(what) = unserved(domain) {
                lines.push(format!("  the custom domain `{name}` is left out: {what} not acted on yet"));
                continue;
            }
            self.parts.definitions.table().put_domain(domain, self.deadline()).await?;
            for mapping in &domain.mappings {
                let url = format!("http://{}/{}", self.parts.address, mapping.key.as_str());
                lines.push(format!(
                    "  custom domain `{name}`: curl -H 'Host: {name}' {}",
                    url.trim_end_matches('/')
                ));
            }
        }
        Ok(lines)
    }
}
