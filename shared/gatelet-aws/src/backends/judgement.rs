//! The clients for each way of judging and being judged.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gatelet_core::ports::BackendError;
use gatelet_model::TlsConfig;

use super::addresses::AddressPolicy;
use super::client::Clients;
use super::settings::BackendSettings;

/// For how many other judgements than the usual one clients are kept. One more replaces those that were not used for longest, whose
/// connections end with what is under way on them.
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
    /// The last used is the last.
    kept: Mutex<Kept>,
}

type Kept = VecDeque<(Judgement, Arc<Clients>)>;

impl OtherClients {
    pub(super) fn new(settings: &Arc<BackendSettings>) -> Self {
        Self { settings: Arc::clone(settings), kept: Mutex::default() }
    }

    /// The clients that judge in this way.
    pub(super) fn get(&self, judgement: &Judgement) -> Result<Arc<Clients>, BackendError> {
        if let Some(clients) = used(&mut self.kept(), judgement) {
            return Ok(clients);
        }
        // A certificate may be read from a file meanwhile, for which no other call waits.
        let clients = Arc::new(self.made(judgement)?);
        let mut kept = self.kept();
        if let Some(earlier) = used(&mut kept, judgement) {
            return Ok(earlier);
        }
        if kept.len() == JUDGEMENTS_MAX {
            kept.pop_front();
        }
        kept.push_back((judgement.clone(), Arc::clone(&clients)));
        Ok(clients)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
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
        for (_, clients) in &*self.kept() {
            clients.forget_connections();
        }
    }
}

/// The clients of a judgement where they are kept, which are the last used from now on.
fn used(kept: &mut Kept, judgement: &Judgement) -> Option<Arc<Clients>> {
    let place = kept.iter().position(|(other, _)| other == judgement)?;
    let entry = kept.remove(place)?;
    let clients = Arc::clone(&entry.1);
    kept.push_back(entry);
    Some(clients)
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
        for number in 1..JUDGEMENTS_MAX {
            assert!(!Arc::ptr_eq(&first, &others.get(&named(number)).unwrap()));
        }
        // What is used stays, and what was not used for longest goes.
        let second = others.get(&named(1)).unwrap();
        assert!(Arc::ptr_eq(&first, &others.get(&named(0)).unwrap()));
        others.get(&named(JUDGEMENTS_MAX)).unwrap();
        others.get(&named(JUDGEMENTS_MAX + 1)).unwrap();
        assert_eq!(others.kept.lock().unwrap().len(), JUDGEMENTS_MAX);
        assert!(Arc::ptr_eq(&first, &others.get(&named(0)).unwrap()));
        assert!(Arc::ptr_eq(&second, &others.get(&named(1)).unwrap()));
        assert!(others.kept.lock().unwrap().iter().all(|(kept, _)| *kept != named(2) && *kept != named(3)));
    }
}
