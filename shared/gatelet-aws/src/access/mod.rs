//! Who calls, in the real world: identity providers over HTTPS; access keys, API keys, usage plans and shared decisions in
//! DynamoDB.
//!
//! What is fetched and stored how is decided here; what is done with it, and how long it is remembered, is the core's.

mod api_keys;
mod credentials;
mod decisions;
mod issuers;
mod providers;
mod settings;

pub use api_keys::UsageTables;
pub use credentials::{
    AttachedPolicies, CredentialKeys, CredentialTable, NewAccessKey, NewCredentialKey, Sealing,
    StoredAccessKey,
};
pub use decisions::DecisionTable;
pub use issuers::{KeySetUrl, is_in_the_clear, parse_key_set_url, parse_key_set_urls};
pub use providers::{HttpIdentityProviders, ProviderSettings};
pub use settings::AccessSettings;
