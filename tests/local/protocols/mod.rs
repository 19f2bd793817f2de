//! What is spoken with clients, in the clear and inside TLS, and whom TLS lets in.

mod authority;
mod authorize;
mod command;
mod mutual_tls;
mod plain;
mod tls;
