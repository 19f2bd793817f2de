//! AWS's services: the adapter behind the core's `Services` port, and what every call of AWS's APIs shares.
//!
//! Here live endpoints, credentials, assumed roles, signatures and connections. What a call contains is the core's.
//!
//! The way of a call: [`AwsServices`] in `client`; `endpoint` finds where a service is called; `signed` signs and sends, for
//! Lambda too; `roles` remembers the roles that `token_service` hands out; `https` is the one client underneath.

mod client;
mod endpoint;
pub mod https;
mod roles;
mod settings;
mod signed;
#[cfg(test)]
mod tests;
mod token_service;
mod xml;

pub use client::AwsServices;
pub use settings::ServiceSettings;

pub(crate) use endpoint::{based_on, domain};
pub(crate) use signed::{SendError, SignedClient, Signing};
pub(crate) use xml::element;
