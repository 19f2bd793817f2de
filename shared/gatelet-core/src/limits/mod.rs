//! Limits that hold: throttles as leases on shared buckets, quotas as blocks of shared counters, and what is counted of usage.
//!
//! [`bucket`] and [`quota`] decide, without waiting and with the present passed in; [`take`] asks the store for them, one
//! request at a time; [`usage`] counts for the meter, whose own rules are [`meter`]'s. What is limited, and in which order, is `stages/throttle.rs`.
//!
//! For a bucket of rate r and burst B, N instances whose clocks differ by no more than ε, leases of at most L tokens that live τ,
//! no window of length T sees more than B + r·(T + ε) + min(N·L, r·τ) admitted, however long the store takes. While it fails, or a
//! clock is wrong by more than ten seconds, or instances do not agree about a limit that was changed, no instance lets through more
//! than B + r·(T + ε). A strict quota is never exceeded, nor is another while its counter can be had; where a limit is lowered, what
//! instances hold of it may still be used until they hear how much is.

pub mod bucket;
pub mod meter;
mod period;
mod quota;
mod registry;
mod take;
mod turn;
mod usage;

pub use bucket::rate::{Nanoseconds, Rate, nanoseconds};
pub use bucket::shard::{LEASE_LIFE, Now};
pub use period::{Day, Period};
pub use quota::{Quota, QuotaLimit, Unused};
pub use registry::{ClientCounts, LimitSettings, Limits};
pub use take::{Ports, QUOTA_KEPT, Taken, take_quota, take_token};
pub use usage::{Counted, DueReport, REPORT_AFTER, Usage};
