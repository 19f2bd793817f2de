//! API keys and usage plans in the table of credentials.
//!
//! | item | partition | sort | for |
//! | --- | --- | --- | --- |
//! | entry | `global#api-key#{digest}` | `api-key` | the data plane: id, name, whether it is enabled, memberships |
//! | key | `api-keys` | `{id}` | the control plane: all but the value |
//! | value | `sealed#api-key#{id}` | `value` | the control plane: the value, encrypted |
//! | member | `plan-keys#{plan}` | `{key id}` | the keys of a plan: copies |
//! | plan | `global#usage-plan#{id}` | `usage-plan` | both planes |
//! | listed plan | `usage-plans` | `{id}` | the list of plans: copies |
//!
//! The data plane reads single items below `global#`, and may read no others. A digest is HMAC-SHA-256 of the value with a key that
//! is derived from that of the table's secrets: whoever reads the table, or a copy of it, can try no values out.
//!
//! INVARIANT (one step): whatever changes of a key changes in one transaction whose condition is the key item's version.
//! INVARIANT (unique): an entry is written where nothing stands, so no two keys have one value.

mod items;
mod keys;
mod lookup;
mod plans;
mod rotation;
mod store;

pub(super) use lookup::{entry, plan};
pub use store::UsageTables;
