//! What is known of a principal, its policies compiled.

use std::sync::Arc;

use gatelet_languages::iam_policy::{Policy, PolicyKind};

use crate::ports::{AccessKey, PortError};

/// The policies of a principal, compiled.
#[derive(Debug)]
pub struct Attached {
    /// In the order in which they are stored.
    pub policies: Vec<Policy>,
}

impl Attached {
    /// Compiles policies.
    ///
    /// # Errors
    /// [`PortError::Unreadable`] where one does not compile: what is not understood may be what forbids.
    pub fn compile(texts: &[Box<str>]) -> Result<Self, PortError> {
        let compiled = texts.iter().map(|text| Policy::parse(text, PolicyKind::Identity));
        let policies = compiled.collect::<Result<_, _>>().map_err(|error| PortError::Unreadable {
            what: "an identity's policy",
            why: error.to_string(),
        })?;
        Ok(Self { policies })
    }
}

/// An access key with its owner's policies compiled.
#[derive(Debug)]
pub struct KnownKey {
    /// As it is stored.
    pub key: AccessKey,
    /// What its owner may do.
    pub attached: Arc<Attached>,
}

impl KnownKey {
    /// Compiles an access key's policies.
    ///
    /// # Errors
    /// [`PortError::Unreadable`] where one does not compile.
    pub fn compile(key: AccessKey) -> Result<Self, PortError> {
        Ok(Self { attached: Arc::new(Attached::compile(&key.policies)?), key })
    }
}
