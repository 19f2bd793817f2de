//! The control plane: definitions in, deployments out.

pub mod access_keys;
pub mod deploy;
pub mod document;
pub mod identity;
pub mod import;
pub mod usage;
