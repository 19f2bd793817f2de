//! The clients for each way of judging and being judged.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use gatelet_core::ports::BackendError;
use gatelet_model::TlsConfig;

use super::addresses::AddressPolicy;
use super::client::Clients;
use super::settings::BackendSettings;

/// For how many other judgements than the usual one clients are kept. One more replaces the oldest, whose connections end with what is
/// under way on them.
const JUDGEMENTS_MAX: usize = 64;

/// What must be the same for two calls to share a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Judgement {
    /// Certificates of any issuer are taken.
    pub(super) takes_any_issuer: bool,
    /// The name that the backend's certificate must bear, where it is not the host that is called.
    pub(super) name: Option<Box<str>>,
    /// The operator says that it is behind a VPC link, where addresses are private.
    pub(super) is_behind_link: bool,
    /// The id of the certificate that the backend is shown.
    pub(super) certificate: Option<Box<str>>,
}

impl Judgement {
    /// How a call is judged; `name` is whom it is meant for, where a VPC link leads it elsewhere.
    pub(super) fn new(tls: &TlsConfig, name: Option<Box<str>>, certificate: Option<&str>) -> Self {
        Self {
            takes_any_issuer: tls.insecure_skip_verification,
            name: tls.server_name_to_verify.as_deref().map(Into::into).or(name),
            is_behind_link: false,
            certificate: certificate.map(Into::into),
        }
    }
}

/// The clients for all judgements but the usual one, made when they are first needed.
pub(super) struct OtherClients {
    settings: Arc<BackendSettings>,
    kept: Mutex<VecDeque<(Judgement, Arc<Clients>)>>,
}

impl OtherClients {
    pub(super) fn new(settings: &Arc<BackendSettings>) -> Self {
        Self { settings: Arc::clone(settings), kept: Mutex::default() }
    }

    /// The clients that judge in this way.
    pub(super) fn get(&self, judgement: &Judgement) -> Result<Arc<Clients>, BackendError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, clients)) = kept.iter().find(|(other, _)| other == judgement) {
            return Ok(Arc::clone(clients));
        }
        let clients = Arc::new(self.made(judgement)?);
        if kept.len() == JUDGEMENTS_MAX {
            kept.pop_front();
        }
        kept.push_back((judgement.clone(), Arc::clone(&clients)));
        Ok(clients)
    }

    fn made(&self, judgement: &Judgement) -> Result<Clients, BackendError> {
        let certificate = judgement.certificate.as_deref().map(|id| self.settings.certificates.find(id));
        let certificate = certificate.transpose().map_err(BackendError::BadAddress)?;
        Clients::new(&self.settings_for(judgement), judgement, certificate.as_ref())
            .map_err(|error| BackendError::BadAddress(error.to_string()))
    }

    fn settings_for(&self, judgement: &Judgement) -> Arc<BackendSettings> {
        if !judgement.is_behind_link {
            return Arc::clone(&self.settings);
        }
        let addresses = AddressPolicy { allow_private: true, ..self.settings.addresses };
        Arc::new(BackendSettings::clone(&self.settings).with_addresses(addresses))
    }

    pub(super) fn forget_connections(&self) {
        for (_, clients) in &*self.kept.lock().unwrap_or_else(PoisonError::into_inner) {
            clients.forget_connections();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn others() -> OtherClients {
        OtherClients::new(&Arc::new(BackendSettings::new(AddressPolicy::on_lambda(false))))
    }

    #[test]
    fn only_behind_a_link_private_addresses_are_allowed() {
        let others = others();
        let allowed = |is_behind_link| {
            others.settings_for(&Judgement { is_behind_link, ..Judgement::default() }).addresses
        };
        assert_eq!(allowed(true), AddressPolicy::on_lambda(true));
        assert_eq!(allowed(false), AddressPolicy::on_lambda(false));
    }

    #[test]
    fn each_judgement_has_clients_of_its_own_and_they_are_bounded() {
        let others = others();
        let named = |number: usize| Judgement {
            name: Some(format!("n{number}.example").into()),
            ..Judgement::default()
        };
        let first = others.get(&named(0)).unwrap();
        assert!(Arc::ptr_eq(&first, &others.get(&named(0)).unwrap()));
        for number in 1..=JUDGEMENTS_MAX {
            assert!(!Arc::ptr_eq(&first, &others.get(&named(number)).unwrap()));
        }
        assert_eq!(others.kept.lock().unwrap().len(), JUDGEMENTS_MAX);
        assert!(!Arc::ptr_eq(&first, &others.get(&named(0)).unwrap()));
    }
}
