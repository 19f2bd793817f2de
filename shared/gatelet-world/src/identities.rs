//! Identity providers, credentials and shared decisions by script.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use gatelet_core::Timestamp;
use gatelet_core::ports::{
    AccessKey, ApiKeyEntry, Credentials, Decisions, IdentityProviders, Key, PortError,
};
use gatelet_model::{PartId, UsagePlan};
use http::{HeaderMap, StatusCode};

type Documents = dyn Fn(&str) -> Result<Bytes, PortError> + Send + Sync;
type SecurityTokenService = dyn Fn(&str, &HeaderMap) -> Result<Bytes, StatusCode> + Send + Sync;

/// Identity providers that answer by a script and remember which URLs were asked for.
pub struct MemoryIdentityProviders {
    documents: Box<Documents>,
    security_token_service: Box<SecurityTokenService>,
    key_set_urls: BTreeMap<String, String>,
    seen: Mutex<Vec<String>>,
}

impl MemoryIdentityProviders {
    /// Providers whose documents are these.
    pub fn answering(documents: impl Fn(&str) -> Result<Bytes, PortError> + Send + Sync + 'static) -> Self {
        Self { documents: Box::new(documents), ..Self::default() }
    }

    /// The same with this Security Token Service, which is given the query and the headers.
    #[must_use]
    pub fn with_security_token_service(
        self,
        service: impl Fn(&str, &HeaderMap) -> Result<Bytes, StatusCode> + Send + Sync + 'static,
    ) -> Self {
        Self { security_token_service: Box::new(service), ..self }
    }

    /// The same, where an issuer's key set is at this URL.
    #[must_use]
    pub fn with_key_set_url(mut self, issuer: &str, url: &str) -> Self {
        self.key_set_urls.insert(issuer.to_owned(), url.to_owned());
        self
    }

    /// All URLs that were asked for, in order.
    #[must_use]
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, url: &str) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(url.to_owned());
    }
}

impl Default for MemoryIdentityProviders {
    /// None at all.
    fn default() -> Self {
        Self {
            documents: Box::new(|_| {
                Err(PortError::Unavailable { what: "the document", why: "nobody answers".to_owned() })
            }),
            security_token_service: Box::new(|_, _| Err(StatusCode::FORBIDDEN)),
            key_set_urls: BTreeMap::new(),
            seen: Mutex::default(),
        }
    }
}

impl std::fmt::Debug for MemoryIdentityProviders {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("MemoryIdentityProviders(..)")
    }
}

impl IdentityProviders for MemoryIdentityProviders {
    fn key_set_url(&self, issuer: &str) -> Option<&str> {
        self.key_set_urls.get(issuer).map(String::as_str)
    }

    async fn document(&self, url: &str, bytes_max: usize, _: Duration) -> Result<Bytes, PortError> {
        self.note(url);
        let document = (self.documents)(url)?;
        if document.len() > bytes_max {
            let why = format!("it has more than {bytes_max} bytes");
            return Err(PortError::Unreadable { what: "the document", why });
        }
        Ok(document)
    }

    async fn caller_identity(
        &self,
        query: &str,
        headers: &HeaderMap,
        _: Duration,
    ) -> Result<Result<Bytes, StatusCode>, PortError> {
        self.note("sts");
        Ok((self.security_token_service)(query, headers))
    }
}

/// Access keys and attached policies in a map.
#[derive(Debug, Default)]
pub struct MemoryCredentials {
    api_keys: Mutex<BTreeMap<String, ApiKeyEntry>>,
    plans: Mutex<BTreeMap<PartId, UsagePlan>>,
    fails: AtomicBool,
    keys: Mutex<BTreeMap<String, AccessKey>>,
    attached: Mutex<BTreeMap<String, Vec<Box<str>>>>,
    seen: Mutex<Vec<String>>,
}

impl MemoryCredentials {
    /// Stores an API key under its value, in place of one of the same value.
    pub fn insert_api_key(&self, value: &str, key: ApiKeyEntry) {
        self.api_keys.lock().unwrap_or_else(PoisonError::into_inner).insert(value.to_owned(), key);
    }

    /// Removes an API key.
    pub fn remove_api_key(&self, value: &str) {
        self.api_keys.lock().unwrap_or_else(PoisonError::into_inner).remove(value);
    }

    /// Stores a plan, in place of one of the same id.
    pub fn insert_plan(&self, plan: UsagePlan) {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner).insert(plan.id.clone(), plan);
    }

    /// From now on nothing can be known, or it can again.
    pub fn fail(&self, fail: bool) {
        self.fails.store(fail, Ordering::Relaxed);
    }

    fn check(&self, seen: &str) -> Result<(), PortError> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(seen.to_owned());
        match self.fails.load(Ordering::Relaxed) {
            true => Err(PortError::Unavailable { what: "credentials", why: "the script says so".to_owned() }),
            false => Ok(()),
        }
    }

    /// Stores an access key, in place of one of the same id.
    pub fn insert(&self, id: &str, key: AccessKey) {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), key);
    }

    /// Attaches policies to a principal, in place of those before.
    pub fn attach(&self, principal_arn: &str, policies: Vec<Box<str>>) {
        self.attached
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(principal_arn.to_owned(), policies);
    }

    /// All ids and ARNs that were asked for, in order.
    #[must_use]
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, what: &str) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(what.to_owned());
    }
}

impl Credentials for MemoryCredentials {
    async fn access_key(&self, id: &str, _: Timestamp) -> Result<Option<AccessKey>, PortError> {
        self.note(id);
        Ok(self.keys.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned())
    }

    async fn api_key(&self, value: &str, _: Timestamp) -> Result<Option<ApiKeyEntry>, PortError> {
        self.check("api-key")?;
        Ok(self.api_keys.lock().unwrap_or_else(PoisonError::into_inner).get(value).cloned())
    }

    async fn usage_plan(&self, id: &PartId, _: Timestamp) -> Result<Option<UsagePlan>, PortError> {
        self.check("usage-plan")?;
        Ok(self.plans.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned())
    }

    async fn attached_policies(&self, principal_arn: &str, _: Timestamp) -> Result<Vec<Box<str>>, PortError> {
        self.note(principal_arn);
        let attached = self.attached.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(attached.get(principal_arn).cloned().unwrap_or_default())
    }
}

/// Decisions shared in a map, or not shared.
#[derive(Debug, Default)]
pub struct MemoryDecisions {
    shared: Option<Mutex<BTreeMap<Key, (Bytes, Timestamp)>>>,
}

impl MemoryDecisions {
    /// Decisions that are shared.
    #[must_use]
    pub fn shared() -> Self {
        Self { shared: Some(Mutex::default()) }
    }
}

impl Decisions for MemoryDecisions {
    fn are_shared(&self) -> bool {
        self.shared.is_some()
    }

    async fn get(&self, key: &Key, _: Timestamp) -> Result<Option<(Bytes, Timestamp)>, PortError> {
        let shared = self.shared.as_ref().map(|shared| shared.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(shared.and_then(|shared| shared.get(key).cloned()))
    }

    async fn put(&self, key: &Key, answer: Bytes, expires: Timestamp, _: Timestamp) -> Result<(), PortError> {
        if let Some(shared) = &self.shared {
            shared.lock().unwrap_or_else(PoisonError::into_inner).insert(*key, (answer, expires));
        }
        Ok(())
    }
}
