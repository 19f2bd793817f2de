//! Backends over HTTP: the adapter behind the core's `Backends` port.
//!
//! Here live connections, their reuse, time limits, TLS, and the judgement of addresses. No rule about what a
//! request or an answer contains lives here: what the core hands over is what goes out.
//!
//! The way of a call: [`HttpBackends`] in `client`; `request` makes it ready for the wire; `addresses` judges
//! where it would go; `connection` opens sockets; `answer` streams what comes back; `failure` names what
//! went wrong.
//!
//! The types that make the client one, `HttpClient`, its `Connector` and `RequestBody`, are the same for every call of the
//! program, those to AWS in [`https`](crate::https) too: other types would be another client in what Lambda downloads.

mod addresses;
mod answer;
mod certificates;
mod client;
mod connection;
mod failure;
mod judgement;
mod links;
mod request;
mod settings;

pub(crate) use addresses::is_this_machine;
pub use addresses::{AddressPolicy, HostAndPort, Resolve, Resolving, SystemResolver};
pub(crate) use answer::streamed;
pub(crate) use certificates::parse_shown_certificates;
pub use certificates::{ShownCertificate, ShownCertificates};
pub use client::HttpBackends;
pub(crate) use client::HttpClient;
pub(crate) use connection::{Connector, Protocols, tls_settings};
pub(crate) use failure::service_failure;
pub use links::{LinkEnd, VpcLinks};
pub(crate) use request::RequestBody;
pub use settings::{BackendLimits, BackendSettings};
