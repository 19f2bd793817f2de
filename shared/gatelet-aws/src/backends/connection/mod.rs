//! Opening connections: the name is resolved, its addresses are judged, one of the judged is connected to,
//! TLS is spoken where the URI says so, all within one time limit.

mod connector;
mod observed;
mod tls;

pub(super) use connector::ConnectFailure;
pub(crate) use connector::Connector;
pub(super) use observed::Facts;
pub(super) use tls::taking_any_issuer;
pub(crate) use tls::{Protocols, tls_settings};
