//! The meter: what instances count of usage becomes totals, metrics and, where a quota comes to its end, an event; and tokens that
//! nobody used go back.
//!
//! Here live the events that wake it, what it says to CloudWatch and EventBridge, and how far a call goes before its time is over.
//! What is to be done is decided in the core (`limits::meter`), how it is done to the table is in `gatelet-aws` (`counters::meter`),
//! because the local gateway does the same without a function.

mod announcements;
mod answer;
mod event;
mod meter;
mod metrics;
mod services;
mod telling;

pub use announcements::Announcements;
pub use answer::{Answer, Failure};
pub use event::{Event, Image, Task};
pub use meter::{Meter, Ports};
pub use metrics::Metrics;
pub use services::Services;
