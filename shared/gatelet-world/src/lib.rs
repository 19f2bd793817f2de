//! The ports in memory, with a virtual clock: for simulation and for the core's own tests.
//!
//! Nothing here waits, sleeps or asks a real clock: a test moves time itself.

mod backends;
mod clock;
mod counters;
mod definitions;
mod functions;
mod identities;
mod records;
mod services;
pub mod simulation;
mod world;

pub use backends::{MemoryBackends, SeenCall};
pub use clock::VirtualClock;
pub use counters::{MemoryCounters, applied};
pub use definitions::MemoryDefinitions;
pub use functions::{MemoryFunctions, SeenInvocation};
pub use identities::{MemoryCredentials, MemoryDecisions, MemoryIdentityProviders};
pub use records::{arrival_at, proxied_record, unlocated_record};
pub use services::{MemoryServices, SeenServiceCall};
pub use world::MemoryWorld;
