//! What the environment says about callers.

use std::collections::BTreeMap;

use super::CredentialKeys;

/// What the environment says about callers.
#[derive(Debug, Clone, Default)]
pub struct AccessSettings {
    /// Where the key sets of issuers are, for those that are reached under another name.
    pub key_set_urls: BTreeMap<String, String>,
    /// The table of access keys and attached policies; without one there are none.
    pub credentials_table: Option<String>,
    /// What the secrets of access keys are encrypted with.
    pub credential_keys: Option<CredentialKeys>,
    /// The table through which authorizers' results are shared; without one they are not.
    pub decisions_table: Option<String>,
}
