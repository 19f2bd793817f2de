//! Who decides about a request: the gateway's limiter, or one of the obvious ones that it is held against.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use gatelet_core::limits::bucket::{Limit, Verdict};
use gatelet_core::limits::{Ports, QuotaLimit, Taken, nanoseconds, take_quota, take_token};
use gatelet_core::ports::{Clock, Counters, TakeForm, TokenTake, TokensTaken};
use gatelet_model::PartId;

use super::instance::Instance;
use super::outcome::Fate;
use super::scenario::Design;
use super::tasks::Judged;

/// How long a client waits.
const PATIENCE: Duration = Duration::from_secs(30);
const BUCKET: &str = "bucket";
/// An item is found busy or idle at the second look, if not at the first.
const LOOKS: usize = 2;

/// What a request is judged by.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) design: Design,
    pub(super) limit: Option<Limit>,
    pub(super) quota: Option<(QuotaLimit, PartId)>,
}

/// Judges a request.
pub(super) async fn judge(instance: Arc<Instance>, rules: Rules, draw: u64) -> Judged {
    let fate = match &rules.limit {
        Some(limit) => throttled(&instance, rules.design, limit, draw).await,
        None => Fate::Admitted,
    };
    let Some((quota, name)) = rules.quota.filter(|_| fate.passed()) else {
        return Judged { fate, day: None };
    };
    let ports = ports(&instance, draw);
    let (taken, day) = take_quota(&ports, (&name, &name), &instance.quota, &quota).await;
    let fate = match taken {
        Taken::Admitted { degraded: false, .. } => fate,
        Taken::Admitted { degraded: true, .. } => Fate::Degraded,
        Taken::Refused { .. } => Fate::OverQuota,
        Taken::Closed => Fate::Closed,
    };
    Judged { fate, day: Some(day) }
}

fn ports(instance: &Instance, draw: u64) -> Ports<'_, super::network::Line, super::clock::SkewedClock> {
    let deadline = instance.clock.now().after(PATIENCE);
    Ports { counters: &instance.line, clock: &*instance.clock, draw, deadline }
}

async fn throttled(instance: &Instance, design: Design, limit: &Limit, draw: u64) -> Fate {
    match design {
        Design::Leases => match take_token(&ports(instance, draw), BUCKET, &instance.bucket, limit).await {
            Taken::Admitted { degraded: false, .. } => Fate::Admitted,
            Taken::Admitted { degraded: true, .. } => Fate::Degraded,
            Taken::Refused { .. } => Fate::Refused,
            Taken::Closed => Fate::Closed,
        },
        Design::LocalWhole | Design::LocalPart => {
            // The limit has been divided where it is to be.
            match instance.bucket.judge(limit, true, false, instance.now(draw)) {
                Verdict::Admitted { .. } => Fate::Admitted,
                Verdict::Refused { .. } | Verdict::Ask { .. } => Fate::Refused,
            }
        }
        Design::WriteEach => write_each(instance, limit).await,
    }
}

/// One token by one conditional write, exact; the form that fitted last is tried first.
async fn write_each(instance: &Instance, limit: &Limit) -> Fate {
    let Some(rate) = limit.rate.map(|rate| rate.whole()) else { return Fate::Refused };
    for _ in 0..LOOKS {
        let present = instance.clock.now();
        let now = nanoseconds(present);
        let is_idle = instance.found_idle.load(Ordering::Relaxed);
        let latest = now.saturating_add(rate.span).saturating_sub(rate.interval);
        let form = if is_idle {
            TakeForm::Idle { now, time: now.saturating_add(rate.interval) }
        } else {
            TakeForm::Busy { now, latest, length: rate.interval }
        };
        let take = TokenTake { form, expires: present.after(PATIENCE) };
        let answer = instance.line.take_tokens(BUCKET, 0, take, present.after(Duration::from_secs(1))).await;
        match answer {
            Ok(TokensTaken::Taken { .. }) => return Fate::Admitted,
            Ok(TokensTaken::Refused { time }) => {
                let found_idle = time.is_none_or(|time| time <= now);
                instance.found_idle.store(found_idle, Ordering::Relaxed);
                if time.is_some_and(|time| time > latest) {
                    return Fate::Refused;
                }
            }
            Err(_) => return Fate::Degraded,
        }
    }
    Fate::Refused
}
