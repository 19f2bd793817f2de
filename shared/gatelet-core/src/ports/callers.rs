//! The ports through which callers are known.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use gatelet_model::{PartId, UsagePlan};

use super::{IamIdentity, Key, PortError, Secret, Timestamp};

/// Those who know identities elsewhere: issuers of tokens, and AWS itself.
pub trait IdentityProviders: Send + Sync {
    /// Where the operator says that the key set of an issuer is, in place of where its discovery document says it is: for
    /// issuers that are reached under another name than tokens have.
    fn key_set_url(&self, issuer: &str) -> Option<&str>;

    /// The bytes behind a URL: one GET, no redirect followed, no more than `bytes_max` read, no longer than `timeout`
    /// for the whole. The address behind the name is judged as that of a backend, unless the operator gave the URL.
    ///
    /// # Errors
    /// A [`PortError`] where there are none, too many, or another status than 200.
    fn document(
        &self,
        url: &str,
        bytes_max: usize,
        timeout: Duration,
    ) -> impl Future<Output = Result<Bytes, PortError>> + Send;

    /// What AWS's Security Token Service answers to a `GetCallerIdentity` that somebody signed: the query of a pre-signed
    /// URL, and the headers that it covers. The answer's JSON (`Accept: application/json`), or its status where it is an error.
    ///
    /// # Errors
    /// A [`PortError`] where the service did not answer.
    fn caller_identity(
        &self,
        query: &str,
        headers: &http::HeaderMap,
        timeout: Duration,
    ) -> impl Future<Output = Result<Result<Bytes, http::StatusCode>, PortError>> + Send;
}

/// An access key as it is stored.
#[derive(Debug, Clone)]
pub struct AccessKey {
    /// Whose it is.
    pub identity: IamIdentity,
    /// Its secret.
    pub secret: Secret,
    /// The token that must come with it, if it is temporary.
    pub session_token: Option<Secret>,
    /// When it ends, if it does.
    pub expires: Option<Timestamp>,
    /// Whether it may be used.
    pub enabled: bool,
    /// The policies of its owner: JSON.
    pub policies: Vec<Box<str>>,
}

/// An API key as the data plane knows it; its value stays where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeyEntry {
    /// Its id.
    pub id: PartId,
    /// Its name.
    pub name: Box<str>,
    /// Whether it opens anything.
    pub enabled: bool,
    /// The plans that it belongs to.
    pub memberships: Vec<Membership>,
}

/// An API key's place in a usage plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The plan.
    pub plan: PartId,
    /// Since when: a quota's offset counts in the period of that moment.
    pub since: Timestamp,
}

/// What the installation knows of its callers.
pub trait Credentials: Send + Sync {
    /// An access key that this installation issued, by its id; `None` where there is none.
    ///
    /// # Errors
    /// A [`PortError`] where it cannot be known.
    fn access_key(
        &self,
        id: &str,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<Option<AccessKey>, PortError>> + Send;

    /// The policies that are attached here to a principal which AWS knows, by its ARN (a user's or a role's); none where
    /// nothing is attached.
    ///
    /// # Errors
    /// A [`PortError`] where it cannot be known.
    fn attached_policies(
        &self,
        principal_arn: &str,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<Vec<Box<str>>, PortError>> + Send;

    /// The API key of this value; `None` where there is none. The value is looked up by a keyed digest, and no two secrets are
    /// compared.
    ///
    /// # Errors
    /// A [`PortError`] where it cannot be known.
    fn api_key(
        &self,
        value: &str,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<Option<ApiKeyEntry>, PortError>> + Send;

    /// A usage plan by its id; `None` where there is none.
    ///
    /// # Errors
    /// A [`PortError`] where it cannot be known.
    fn usage_plan(
        &self,
        id: &PartId,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<Option<UsagePlan>, PortError>> + Send;
}

/// What authorizers decided, shared between instances where the operator asks for it. What fails here costs a call of the
/// authorizer and nothing else.
pub trait Decisions: Send + Sync {
    /// Whether results are shared at all.
    fn are_shared(&self) -> bool;

    /// The answer that is stored under a key, and until when it counts; `None` where there is none.
    ///
    /// # Errors
    /// A [`PortError`] where it cannot be known.
    fn get(
        &self,
        key: &Key,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<Option<(Bytes, Timestamp)>, PortError>> + Send;

    /// Stores an answer until a moment.
    ///
    /// # Errors
    /// A [`PortError`] where it is not known to be stored.
    fn put(
        &self,
        key: &Key,
        answer: Bytes,
        expires: Timestamp,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}
