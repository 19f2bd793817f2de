//! What the tests need of the machine: tools, processes, a client. Nothing about the router is here.

pub(crate) mod client;
pub(crate) mod process;
pub(crate) mod tools;
