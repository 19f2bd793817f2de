//! What the meter does to the counters: reports are folded into totals, tokens of quotas go back, and it is marked of what somebody
//! was told. What is to be done is decided in the core (`limits::meter`); each step here is one conditional write, which harms
//! nothing where it is done again. The data plane does none of it; `functions/meter` does, and the process itself on one machine.

mod backfill;
mod days;
mod fold;
mod returns;
mod thresholds;
mod untold;

pub use backfill::Backfill;
pub use days::{DaysFolded, Place};
pub use fold::Folded;
pub use returns::PutBack;
pub use thresholds::ToldThresholds;
pub use untold::Untold;

use std::time::Duration;

/// How often a transaction that somebody else got in the way of is tried.
const ATTEMPTS_MAX: u32 = 6;
/// How long the second attempt waits; later ones wait so many times longer.
const BACKOFF: Duration = Duration::from_millis(15);
/// The partition of what the meter keeps for itself; its changes do not wake the meter.
const PARTITION: &str = "meter";
/// How many items are read at once.
const PAGE_ITEMS: i32 = 500;
