//! Many instances, a faulty store and time, all of them decided by one seed.
//!
//! A run drives the limiter's own asynchronous code: requests are futures, polled one at a time in an order that the seed
//! decides; time stands still while they are polled and jumps to whatever happens next. Nothing here is a thread, a timer or
//! a real clock, so the same seed leaves the same trace.
//!
//! [`Scenario`] says what happens, [`run`] makes it happen, [`Outcome`] is what came of it, and [`over`] is the theorem of
//! throttles, for whoever wants to know whether it held.

mod clock;
mod designs;
mod instance;
mod network;
mod outcome;
mod random;
mod run;
mod scenario;
mod store;
mod tasks;

pub use outcome::{Answered, Fate, Outcome, over};
pub use random::Random;
pub use run::{beginning, run};
pub use scenario::{Design, Phase, Scenario};
pub use store::{Faults, Spell, Weather};
