//! The port behind which instances count together.

use std::collections::BTreeMap;
use std::future::Future;

use gatelet_model::PartId;

use super::{PortError, Timestamp};
use crate::limits::{Day, Nanoseconds};

/// What all instances count together: throttle buckets, quotas, usage.
///
/// Every bound is in the call, so that each is one conditional write and needs no read. A [`PortError::Timeout`] leaves open
/// whether a write happened; callers then count it as if it had.
pub trait Counters: Send + Sync {
    /// Whether other instances take from the same buckets. Where none does, buckets are exact in this instance's memory, and
    /// the port is asked for quotas and usage alone.
    fn are_shared(&self) -> bool;

    /// Takes tokens from a shard of a bucket.
    ///
    /// # Errors
    /// A [`PortError`] where it is not known that they are taken.
    fn take_tokens(
        &self,
        bucket: &str,
        shard: u32,
        take: TokenTake,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<TokensTaken, PortError>> + Send;

    /// Takes a block of a quota.
    ///
    /// # Errors
    /// A [`PortError`] where it is not known that it is taken.
    fn take_quota(
        &self,
        take: QuotaTake<'_>,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<QuotaTaken, PortError>> + Send;

    /// Says that tokens of a quota were not used and never will be; they are put back later. Saying it twice changes nothing.
    ///
    /// # Errors
    /// A [`PortError`] where it is not known to be said.
    fn return_quota(
        &self,
        unused: UnusedQuota<'_>,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Stores what this instance has counted, in place of what it stored before under the same report. Storing it twice changes
    /// nothing.
    ///
    /// # Errors
    /// A [`PortError`] where it is not known to be stored.
    fn report_usage(
        &self,
        report: UsageReport<'_>,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// A conditional change of a bucket's theoretical arrival time: the moment from which it is full again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenTake {
    /// The change and its condition.
    pub form: TakeForm,
    /// When what is stored means nothing any more.
    pub expires: Timestamp,
}

/// The three forms of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakeForm {
    /// Nobody needs the bucket at the moment: it becomes `time` where there is none, or where it is not after `now`.
    Idle {
        /// The present, by the clock of whoever takes.
        now: Nanoseconds,
        /// What it becomes.
        time: Nanoseconds,
    },
    /// It grows by `length` where it is after `now` and not after `latest`.
    Busy {
        /// The present, by the clock of whoever takes.
        now: Nanoseconds,
        /// Where it may stand at most before.
        latest: Nanoseconds,
        /// By how much it grows.
        length: Nanoseconds,
    },
    /// It becomes `time` where it still is what whoever takes made it last.
    Unchanged {
        /// What it was made last.
        from: Nanoseconds,
        /// What it becomes.
        time: Nanoseconds,
    },
}

/// What came of taking tokens. Either way the time that stood there is told, none where nothing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokensTaken {
    /// They are taken.
    Taken {
        /// What stood there before.
        before: Option<Nanoseconds>,
    },
    /// The condition does not hold.
    Refused {
        /// What stands there.
        time: Option<Nanoseconds>,
    },
}

/// A block of a quota: taken where it leaves no more than `limit` used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaTake<'a> {
    /// The counter.
    pub quota: QuotaName<'a>,
    /// How many tokens.
    pub tokens: u32,
    /// How many the period has.
    pub limit: u32,
    /// When what is stored means nothing any more.
    pub expires: Timestamp,
}

/// A quota's counter: one for a key of a plan and a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct QuotaName<'a> {
    /// The plan.
    pub plan: &'a PartId,
    /// The API key's id.
    pub key: &'a PartId,
    /// The period's first day.
    pub first_day: Day,
}

/// What came of taking a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotaTaken {
    /// It is taken.
    Taken {
        /// How many are used now, the block included. Less than nothing after an extension.
        used: i64,
    },
    /// There are not as many left.
    Refused {
        /// How many are used.
        used: i64,
    },
}

/// Tokens of a quota that nobody will use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnusedQuota<'a> {
    /// The counter that they were taken from.
    pub quota: QuotaName<'a>,
    /// What no other such has for a name.
    pub id: &'a str,
    /// How many.
    pub tokens: u32,
    /// From when they may be put back.
    pub after: Timestamp,
    /// When the period is over, and with it what is said here.
    pub expires: Timestamp,
}

/// What an instance has counted for a key of a plan on a day, from the day's beginning or its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsageReport<'a> {
    /// What no other report has for a name: each instance's own.
    pub id: &'a str,
    /// The plan.
    pub plan: &'a PartId,
    /// The API key's id.
    pub key: &'a PartId,
    /// The day.
    pub day: Day,
    /// What was counted, by API, stage and route: `{api id}/{stage}/{route key}`.
    pub counts: &'a BTreeMap<std::sync::Arc<str>, UsageCounts>,
}

/// How many requests there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UsageCounts {
    /// Let through: what a quota counts.
    pub admitted: u64,
    /// Refused because they came too soon.
    pub throttled: u64,
    /// Refused because the quota was used up.
    pub over_quota: u64,
    /// Let through or refused by this instance alone, because the counters could not be had.
    pub degraded: u64,
}
