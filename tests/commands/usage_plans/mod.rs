//! API keys, usage plans and usage: of a gateway that runs, in the state of one that does not, and in tables.

mod door;
pub(crate) mod gateway;
mod keys;
mod limits;
mod stored;
mod templates;
