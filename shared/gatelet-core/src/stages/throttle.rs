//! How many requests pass: the limits of the client's plan, of the route, and of all APIs together, in the order in which API Gateway
//! applies them (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html>). All of
//! them count: a method's limit in a plan does not lift the plan's own
//! (<https://repost.aws/questions/QUFD1EPj5dRYaYaqpNepE34A/about-the-flow-restriction-of-multiple-apis-associated-with-an-usage-plan>).
//!
//! A throttle whose bucket cannot be had lets through what this instance's own bucket does; a quota lets everything through, or
//! nothing where the plan says so.

use std::sync::Arc;
use std::time::Duration;

use gatelet_model::{MethodKey, PathTemplate, Throttle};

use super::client::{Client, ClientPorts};
use crate::limits::{Counted, Day, Ports, REPORT_AFTER, Taken, take_quota, take_token};
use crate::ports::{Arrival, Clock as _, Counters as _, Memory, Timestamp, World};
use crate::record::Record;
use crate::record::allowance::Allowance;
use crate::refusal::Refusal;
use crate::snapshot::{NamedLimit, RestMethod, RouteLimits, StageSnapshot, most_specific};

/// Takes a token of every limit of a REST API's method, and counts the request for the client's plan.
///
/// # Errors
/// [`Refusal::Throttled`] where one has none, [`Refusal::QuotaExceeded`] where the client's quota is used up,
/// [`Refusal::QuotaUnavailable`] where that cannot be known and the plan is strict.
pub async fn rest<W: World>(
    world: &W,
    stage: &StageSnapshot,
    method: &RestMethod,
    client: Option<&Client>,
    arrival: &Arrival,
    record: &mut Record,
) -> Result<(), Refusal> {
    let gate = Gate::new(world, arrival);
    let Some(client) = client else {
        return gate.shared(stage, &method.limits, record).await.map(|_| ());
    };
    let route = ClientRoute { label: &method.limits.label, path: &method.path, method: method.key };
    let passed = match gate.own(client, &route, record).await {
        Ok(own) => match gate.shared(stage, &method.limits, record).await {
            Ok(degraded) => Ok(Passed { degraded: own.degraded || degraded, ..own }),
            Err(refusal) => {
                own.give_back(client);
                Err(refusal)
            }
        },
        Err(refusal) => Err(refusal),
    };
    gate.count(client, &route, &passed).await;
    passed.map(|_| ())
}

/// Takes a token of every limit of an HTTP API's route, or of its preflights.
///
/// # Errors
/// [`Refusal::Throttled`] where one has none.
pub async fn http<W: World>(
    world: &W,
    stage: &StageSnapshot,
    limits: &RouteLimits,
    arrival: &Arrival,
    record: &mut Record,
) -> Result<(), Refusal> {
    Gate::new(world, arrival).shared(stage, limits, record).await.map(|_| ())
}

/// Takes a token of every limit that a client's plan has, and counts the request: for whoever is asked about a client alone.
///
/// # Errors
/// As [`rest`].
pub async fn client<P: ClientPorts>(
    ports: &P,
    client: &Client,
    route: &ClientRoute<'_>,
    arrival: &Arrival,
    record: &mut Record,
) -> Result<(), Refusal> {
    let gate = Gate::new(ports, arrival);
    let passed = gate.own(client, route, record).await;
    gate.count(client, route, &passed).await;
    passed.map(|_| ())
}

/// Tells the limits that a request would take tokens of, where somebody wants to know, and takes none.
pub fn explain(client: Option<&Client>, limits: &RouteLimits, record: &Record) {
    let tell = |whose: &str, throttle: Throttle| {
        record.explain(|| format!("{} counts; nothing is taken of it here", words(whose, throttle)));
    };
    if let Some(client) = client {
        client.throttle.iter().for_each(|limit| tell("the plan", limit.limit.throttle));
        if let Some(quota) = &client.quota {
            record.explain(|| {
                format!(
                    "the quota ({} in a {}) counts; nothing is taken of it here",
                    quota.limit, quota.period
                )
            });
        }
    }
    limits.throttle.iter().for_each(|limit| tell("the stage", limit.limit.throttle));
}

fn words(whose: &str, throttle: Throttle) -> String {
    let (rate, burst) = (throttle.rate_per_second(), throttle.burst());
    format!("the limit of {whose} ({rate} requests a second, {burst} at once)")
}

/// What a client calls.
#[derive(Debug, Clone, Copy)]
pub struct ClientRoute<'a> {
    /// What the route is called in buckets and in what is counted: `{api id}/{stage}/{route key}`.
    pub label: &'a Arc<str>,
    /// Its path.
    pub path: &'a PathTemplate,
    /// Its verb, or any.
    pub method: MethodKey,
}

struct Gate<'a, P: ClientPorts> {
    memory: &'a Memory,
    ports: Ports<'a, P::Counters, P::Clock>,
}

/// A client's own limits have been passed.
struct Passed {
    /// One of them was judged by this instance alone.
    degraded: bool,
    /// The first day of the period whose quota a token was taken of.
    quota: Option<Day>,
}

impl Passed {
    /// Whoever is refused after all has used nothing of what the period has.
    fn give_back(&self, client: &Client) {
        if let Some(day) = self.quota {
            client.counts.quota.give_back(day);
        }
    }
}

impl<'a, P: ClientPorts> Gate<'a, P> {
    fn new(ports: &'a P, arrival: &Arrival) -> Self {
        let (counters, clock) = (ports.counters(), ports.clock());
        let ports_of_limits = Ports { counters, clock, draw: arrival.draw, deadline: arrival.deadline };
        Self { memory: ports.memory(), ports: ports_of_limits }
    }

    /// The client's own limits: the method's in its plan, the plan's, its quota.
    async fn own(
        &self,
        client: &Client,
        route: &ClientRoute<'_>,
        record: &mut Record,
    ) -> Result<Passed, Refusal> {
        let mut degraded = false;
        if let Some(throttle) = of_method(client, route) {
            let Client { plan, key, .. } = client;
            let name = format!("throttle#plan#{}#{}#{}", plan.id, key.id, route.label);
            degraded |=
                self.token(&NamedLimit::new(name, throttle), "the method in the plan", record).await?;
        }
        if let Some(limit) = &client.throttle {
            record.note_policy(|| Allowance::policy_of_throttle("plan", limit.limit.throttle));
            let taken = take_token(&self.ports, &limit.name, &client.bucket, &limit.limit).await;
            degraded |= self.judge(taken, limit.limit.throttle, "the plan", record)?;
        }
        let (of_quota, quota) = self.quota(client, record).await?;
        Ok(Passed { degraded: degraded || of_quota, quota })
    }

    /// What clients share: the route's limit, then that of all APIs. Whether one of them could not be had.
    async fn shared(
        &self,
        stage: &StageSnapshot,
        limits: &RouteLimits,
        record: &mut Record,
    ) -> Result<bool, Refusal> {
        let mut degraded = false;
        if let Some(limit) = &limits.throttle {
            degraded |= self.token(limit, "the stage", record).await?;
        }
        if let Some(throttle) = self.memory.limits.settings.account {
            let name = format!("throttle#account#{}#{}", stage.account_id(), stage.region());
            degraded |= self.token(&NamedLimit::new(name, throttle), "all APIs together", record).await?;
        }
        Ok(degraded)
    }

    async fn token(&self, limit: &NamedLimit, whose: &str, record: &mut Record) -> Result<bool, Refusal> {
        let bucket = limit.bucket(&self.memory.limits);
        let taken = take_token(&self.ports, &limit.name, &bucket, &limit.limit).await;
        self.judge(taken, limit.limit.throttle, whose, record)
    }

    /// Whether the bucket could not be had.
    fn judge(
        &self,
        taken: Taken,
        throttle: Throttle,
        whose: &str,
        record: &mut Record,
    ) -> Result<bool, Refusal> {
        let said = |outcome: &str| format!("{} {outcome}", words(whose, throttle));
        match taken {
            Taken::Admitted { degraded, .. } => {
                record.explain(|| {
                    said(if degraded { "passes, judged by this instance alone" } else { "passes" })
                });
                if degraded {
                    record.note_degraded();
                }
                Ok(degraded)
            }
            Taken::Refused { until } => {
                record.explain(|| said("has no token"));
                Err(Refusal::Throttled { retry_after: until.map(|until| self.until(until)) })
            }
            // A throttle never closes.
            Taken::Closed => Ok(true),
        }
    }

    /// Whether the counter could not be had, and the first day of the period that a token was taken from.
    async fn quota(&self, client: &Client, record: &mut Record) -> Result<(bool, Option<Day>), Refusal> {
        let Some(limit) = &client.quota else { return Ok((false, None)) };
        let quota = &client.counts.quota;
        record.note_policy(|| Allowance::policy_of_quota("quota", limit, self.ports.clock.now()));
        let (taken, day) = take_quota(&self.ports, (&client.plan.id, &client.key.id), quota, limit).await;
        match taken {
            Taken::Admitted { degraded, left } => {
                record.explain(|| {
                    let left = left.map_or_else(String::new, |left| format!(", {left} left"));
                    format!("the quota passes ({} in a {}{left})", limit.limit, limit.period)
                });
                if let (Some(left), false) = (left, degraded) {
                    let (period, _) = limit.at(self.ports.clock.now());
                    record.note_left(left, self.until(period.next.start()));
                }
                if degraded {
                    record.note_degraded();
                }
                Ok((degraded, Some(day)))
            }
            Taken::Refused { until } => {
                record.explain(|| format!("the quota is used up ({} in a {})", limit.limit, limit.period));
                Err(Refusal::QuotaExceeded { retry_after: until.map(|until| self.until(until)) })
            }
            Taken::Closed => {
                record.explain(|| "the quota's counter cannot be had, and the plan is strict".to_owned());
                Err(Refusal::QuotaUnavailable)
            }
        }
    }

    fn until(&self, moment: Timestamp) -> Duration {
        moment.since(self.ports.clock.now())
    }

    /// Counts what became of a request, and reports what has waited long enough.
    async fn count(&self, client: &Client, route: &ClientRoute<'_>, passed: &Result<Passed, Refusal>) {
        let counted = match passed {
            Ok(Passed { degraded: false, .. }) => Counted::Admitted,
            Ok(Passed { degraded: true, .. }) => Counted::Degraded,
            Err(Refusal::Throttled { .. }) => Counted::Throttled,
            Err(Refusal::QuotaExceeded { .. }) => Counted::OverQuota,
            Err(Refusal::QuotaUnavailable) => Counted::Closed,
            Err(_) => return,
        };
        let (usage, now) = (&client.counts.usage, self.ports.clock.now());
        usage.count(route.label, counted, now);
        if let Some(due) = usage.due(now, REPORT_AFTER) {
            let deadline = self.ports.deadline();
            let outcome = Box::pin(self.ports.counters.report_usage(due.report(), deadline)).await;
            due.end(&outcome, now);
        }
    }
}

/// What the client's plan lets through of a method.
fn of_method(client: &Client, route: &ClientRoute<'_>) -> Option<Throttle> {
    let throttles = &client.stage()?.method_throttles;
    most_specific(throttles, route.path, route.method, |throttle| Some(*throttle))
}
