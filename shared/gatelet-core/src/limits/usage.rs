//! What is counted of usage, until it is reported.
//!
//! Counts only grow, and a report holds all that an instance has counted for a key of a plan on a day: a report that comes twice,
//! late or not at all changes nothing that the next one does not put right. What an instance that is killed loses is what it
//! counted since its last report, at most [`REPORT_AFTER`] of traffic.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gatelet_model::PartId;

use super::period::Day;
use crate::ports::{PortError, Timestamp, UsageCounts, UsageReport};

/// How long counts wait, at most, until the next request reports them.
pub const REPORT_AFTER: Duration = Duration::from_secs(30);

/// What is counted of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// It was let through.
    Admitted,
    /// The same, and something that limits it could not be had.
    Degraded,
    /// It came too soon.
    Throttled,
    /// The quota was used up.
    OverQuota,
    /// It was refused because a quota could not be counted.
    Closed,
}

/// What this instance counts for a key of a plan.
#[derive(Debug)]
pub struct Usage {
    /// The plan.
    pub plan: PartId,
    /// The API key's id.
    pub key: PartId,
    /// What no other instance has for a name, nor this one for other counts.
    id: Box<str>,
    days: Mutex<BTreeMap<Day, DayCounts>>,
}

#[derive(Debug, Default)]
struct DayCounts {
    counts: BTreeMap<Arc<str>, UsageCounts>,
    /// When the first of those was counted that have not been reported.
    unreported_since: Option<Timestamp>,
    is_being_reported: bool,
}

/// Counts of a day that are being reported. Dropped before they are, they wait to be reported again.
#[derive(Debug)]
pub struct DueReport<'a> {
    usage: &'a Usage,
    day: Day,
    counts: BTreeMap<Arc<str>, UsageCounts>,
    since: Timestamp,
    is_reported: bool,
}

impl Usage {
    /// Nothing counted.
    #[must_use]
    pub fn new(plan: PartId, key: PartId, id: Box<str>) -> Self {
        Self { plan, key, id, days: Mutex::default() }
    }

    /// Counts a request to a route, `{api id}/{stage}/{route key}`.
    pub fn count(&self, route: &Arc<str>, counted: Counted, now: Timestamp) {
        let mut days = self.days();
        let day = days.entry(Day::of(now)).or_default();
        day.unreported_since.get_or_insert(now);
        if !day.counts.contains_key(route) {
            day.counts.insert(Arc::clone(route), UsageCounts::default());
        }
        let Some(counts) = day.counts.get_mut(route) else { return };
        match counted {
            Counted::Admitted => counts.admitted += 1,
            Counted::Degraded => {
                counts.admitted += 1;
                counts.degraded += 1;
            }
            Counted::Throttled => counts.throttled += 1,
            Counted::OverQuota => counts.over_quota += 1,
            Counted::Closed => counts.degraded += 1,
        }
    }

    /// The oldest counts that have waited for so long by now, to be reported; others are not given them meanwhile.
    pub fn due(&self, now: Timestamp, waited: Duration) -> Option<DueReport<'_>> {
        let mut days = self.days();
        let today = Day::of(now);
        days.retain(|day, counts| {
            *day >= today || counts.unreported_since.is_some() || counts.is_being_reported
        });
        let (day, counts, since) = days.iter_mut().find_map(|(day, counts)| {
            let since = counts.unreported_since?;
            // A clock that was set back does not make it wait longer.
            let is_due = now.since(since) >= waited || since.since(now) > waited || *day < today;
            (is_due && !counts.is_being_reported).then_some((*day, counts, since))
        })?;
        counts.is_being_reported = true;
        counts.unreported_since = None;
        Some(DueReport { usage: self, day, counts: counts.counts.clone(), since, is_reported: false })
    }

    /// Whether all that was counted is reported.
    #[must_use]
    pub fn is_reported(&self) -> bool {
        self.days().values().all(|day| day.unreported_since.is_none() && !day.is_being_reported)
    }

    fn days(&self) -> MutexGuard<'_, BTreeMap<Day, DayCounts>> {
        self.days.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DueReport<'_> {
    /// The report.
    #[must_use]
    pub fn report(&self) -> UsageReport<'_> {
        let Usage { plan, key, id, .. } = self.usage;
        UsageReport { id, plan, key, day: self.day, counts: &self.counts }
    }

    /// Notes what came of it. Where it is not known to be stored it is tried again after the same time.
    pub fn end(mut self, outcome: &Result<(), PortError>, now: Timestamp) {
        self.is_reported = outcome.is_ok();
        self.since = now;
    }
}

impl Drop for DueReport<'_> {
    fn drop(&mut self) {
        let mut days = self.usage.days();
        let Some(day) = days.get_mut(&self.day) else { return };
        day.is_being_reported = false;
        if !self.is_reported {
            day.unreported_since.get_or_insert(self.since);
        }
    }
}
