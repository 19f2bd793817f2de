//! One instance of the gateway, with what it knows of limits.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use gatelet_core::limits::Quota;
use gatelet_core::limits::bucket::Bucket;
use gatelet_core::limits::{Now, nanoseconds};
use gatelet_core::ports::Clock;

use super::clock::SkewedClock;
use super::network::{Call, Line};

/// One instance.
#[derive(Debug)]
pub(super) struct Instance {
    pub(super) incarnation: u32,
    pub(super) clock: Arc<SkewedClock>,
    pub(super) line: Line,
    pub(super) bucket: Bucket,
    pub(super) quota: Quota,
    /// For the design that writes each time: whether the bucket was found idle.
    pub(super) found_idle: AtomicBool,
    /// How late it hears of a new limit, in nanoseconds.
    pub(super) hears_after: u64,
}

impl Instance {
    pub(super) fn now(&self, draw: u64) -> Now {
        Now { wall: nanoseconds(self.clock.now()), monotonic: self.clock.monotonic(), draw }
    }
}

/// An instance's place among all: whoever is killed is replaced.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) instance: Arc<Instance>,
    /// Whether its clock is wrong on purpose.
    pub(super) is_wrong: bool,
    /// By which limit it judged last.
    pub(super) limit: usize,
    /// Since when it is frozen, if it is.
    pub(super) frozen_since: Option<u64>,
    /// Requests that have been woken meanwhile.
    pub(super) stalled: Vec<usize>,
    /// What its own timers would have done meanwhile.
    pub(super) postponed: Vec<Postponed>,
}

/// What an instance's timer does.
#[derive(Debug)]
pub(super) enum Postponed {
    Attempt(Arc<Call>, u32),
    Expiry(Arc<Call>),
    Reply(Arc<Call>, Result<super::network::Answer, gatelet_core::ports::PortError>),
}
