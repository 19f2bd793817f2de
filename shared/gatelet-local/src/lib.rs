//! The gateway on one machine: server, embedded store and the `gatelet` command.

pub mod command;
pub mod definition;
pub mod dev;
pub mod doors;
pub mod functions;
pub mod operations;
pub mod requests;
pub mod server;
pub mod store;
