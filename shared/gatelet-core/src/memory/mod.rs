//! What an instance remembers between requests: results of authorizers, verified tokens, key sets, access keys, API keys and
//! plans. All of it
//! is bounded and ends by itself; an instance that forgets everything answers the same, only later.
//!
//! Time is passed in. What is shared between instances is a port's.

mod flights;
mod kept;
mod weight;

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

pub use flights::{Fetched, Flights, Source};
pub use kept::Kept;
pub use weight::Weight;
pub(crate) use weight::texts;

use crate::authorizers::{iam, jwt, lambda};
use crate::limits::{LimitSettings, Limits};
use crate::ports::PortError;
use crate::refusal::Refusal;
use crate::stages::client::Clients;

/// How many results of Lambda authorizers are remembered.
const RESULTS_MAX: usize = 10_000;
/// What they take at most, in bytes: all bounds together leave room in the smallest function, of 128 MB.
const RESULTS_BYTES_MAX: usize = 8 << 20;
/// How many verified tokens are remembered.
const TOKENS_MAX: usize = 10_000;
/// What they take at most, in bytes.
const TOKENS_BYTES_MAX: usize = 8 << 20;
/// How many issuers' key sets are remembered.
const KEY_SETS_MAX: usize = 1_000;
/// What they take at most, in bytes.
const KEY_SETS_BYTES_MAX: usize = 4 << 20;
/// How many access keys are remembered, and how many ids that are none.
const ACCESS_KEYS_MAX: usize = 10_000;
/// What they take at most, in bytes; and as much those who are known elsewhere, and what is attached to them.
const ACCESS_KEYS_BYTES_MAX: usize = 2 << 20;

/// A key under which something is remembered: a digest, so that no secret stays in memory because of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key([u8; 32]);

impl Key {
    /// The key of a list of texts, each with its length before it: no two lists have the same.
    #[must_use]
    pub fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Its first bytes, which are as good as any hash of it.
    fn hash(&self) -> u64 {
        let (first, _) = self.0.split_at(8);
        first.try_into().map_or(0, u64::from_le_bytes)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Key({:016x})", self.hash())
    }
}

/// What an instance remembers.
#[derive(Debug)]
pub struct Memory {
    /// What Lambda authorizers answered.
    pub(crate) results: Flights<Arc<lambda::Judgement>, Refusal>,
    /// Tokens that were verified.
    pub(crate) tokens: Kept<Arc<jwt::Verified>>,
    /// The key sets of issuers.
    pub(crate) key_sets: Flights<Arc<jwt::IssuerKeys>, Infallible>,
    /// Access keys; none for an id that is unknown.
    pub(crate) access_keys: Flights<Option<Arc<iam::KnownKey>>, PortError>,
    /// What is attached to principals that are known elsewhere.
    pub(crate) principals: Flights<Arc<iam::Attached>, PortError>,
    /// Who AWS says that a signed `sts:GetCallerIdentity` is.
    pub(crate) callers: Flights<Arc<iam::IamIdentity>, Refusal>,
    /// How many are being asked about now.
    pub(crate) token_service_calls: iam::Calls,
    /// API keys and plans.
    pub(crate) clients: Clients,
    /// Throttles, quotas and what is counted.
    pub limits: Limits,
}

impl Default for Memory {
    fn default() -> Self {
        Self::new(LimitSettings::default())
    }
}

impl Memory {
    /// Nothing remembered, with what the operator says of limits.
    #[must_use]
    pub fn new(limits: LimitSettings) -> Self {
        Self {
            clients: Clients::default(),
            limits: Limits::new(limits),
            results: Flights::new(RESULTS_MAX, RESULTS_BYTES_MAX),
            tokens: Kept::new(TOKENS_MAX, TOKENS_BYTES_MAX),
            key_sets: Flights::new(KEY_SETS_MAX, KEY_SETS_BYTES_MAX),
            access_keys: Flights::new(ACCESS_KEYS_MAX, ACCESS_KEYS_BYTES_MAX),
            principals: Flights::new(ACCESS_KEYS_MAX, ACCESS_KEYS_BYTES_MAX),
            callers: Flights::new(ACCESS_KEYS_MAX, ACCESS_KEYS_BYTES_MAX),
            token_service_calls: iam::Calls::default(),
        }
    }
}

#[cfg(test)]
mod tests;
