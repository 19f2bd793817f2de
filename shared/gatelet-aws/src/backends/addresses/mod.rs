//! Which addresses a backend may have. What is judged is the address that a name resolved to or that a
//! literal means, never the spelling; only judged addresses are connected to.

mod host;
mod policy;
mod resolve;

pub(super) use host::Host;
pub use host::HostAndPort;
pub(crate) use host::is_this_machine;
pub use policy::AddressPolicy;
pub(super) use policy::judged_form;
pub use resolve::{Resolve, Resolving, SystemResolver};
