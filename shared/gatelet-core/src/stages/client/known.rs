//! What an instance knows of API keys and plans.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use gatelet_model::{PartId, PlanStage, Throttle, UsagePlan};

use super::{ClientPorts, closed};
use crate::limits::bucket::{Bucket, Limit, Verdict};
use crate::limits::{ClientCounts, LEASE_LIFE, Now, QuotaLimit, nanoseconds};
use crate::memory::{Fetched, Flights, Kept, Key, Weight, texts};
use crate::ports::{ApiKeyEntry, Arrival, Clock as _, Credentials as _, Timestamp};
use crate::record::Record;
use crate::refusal::Refusal;
use crate::snapshot::NamedLimit;

/// For how long a key is believed to be what it was.
const KEY_FRESH: Duration = Duration::from_secs(10);
/// For how long a plan is: a limit that was changed holds within the life of a lease.
const PLAN_FRESH: Duration = Duration::from_millis(LEASE_LIFE.as_millis() as u64 / 2);
/// For how long what is known is used where nothing newer can be had.
const KEPT: Duration = Duration::from_hours(1);
/// How long a look-up may take.
const LOOK_UP_WAIT_MAX: Duration = Duration::from_secs(1);
/// After how long a look-up that failed is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// For how long a value is remembered that is no key's.
const UNKNOWN_REMEMBERED: Duration = Duration::from_secs(5);
/// How many keys, and how many values that are none, are remembered; AWS has 10,000 keys in an account.
const KEYS_MAX: usize = 20_000;
/// What they take at most, in bytes.
const KEYS_BYTES_MAX: usize = 6 << 20;
/// What values that are none take at most, in bytes.
const UNKNOWN_BYTES_MAX: usize = 2 << 20;
/// How many plans are remembered; AWS has 300 in an account.
const PLANS_MAX: usize = 1_000;
/// What they take at most, in bytes.
const PLANS_BYTES_MAX: usize = 4 << 20;
/// How many keys that it does not know an instance looks up a second, and at once.
const LOOK_UPS_PER_SECOND: f64 = 50.0;
const LOOK_UPS_AT_ONCE: u32 = 500;

/// A key at a stage, with what its plan says of it.
#[derive(Debug)]
pub struct Client {
    /// The key.
    pub key: Arc<ApiKeyEntry>,
    /// The plan that holds the stage.
    pub plan: Arc<UsagePlan>,
    /// What the key may call over all stages of the plan.
    pub throttle: Option<NamedLimit>,
    /// The bucket of that.
    pub bucket: Arc<Bucket>,
    /// How many requests the key has in a period.
    pub quota: Option<QuotaLimit>,
    /// What is counted for it.
    pub counts: Arc<ClientCounts>,
    /// Where in the plan the stage stands.
    stage: usize,
    /// When what is known of it is to be looked at again.
    believed_until: Timestamp,
}

impl Client {
    fn new(key: &Known<ApiKeyEntry>, plan: &Known<UsagePlan>, stage: usize, found: &Found<'_>) -> Self {
        let believed_until = key.fresh_until.min(plan.fresh_until);
        let (key, plan) = (Arc::clone(&key.value), Arc::clone(&plan.value));
        let limits = found.limits;
        let throttle = plan
            .throttle
            .map(|throttle| NamedLimit::new(format!("throttle#plan#{}#{}", plan.id, key.id), throttle));
        let bucket = throttle.as_ref().map(|throttle| throttle.bucket(limits)).unwrap_or_default();
        let quota = plan.quota.map(|quota| QuotaLimit {
            period: quota.period,
            limit: quota.limit,
            offset: quota.offset,
            since: found.since,
            is_strict: plan.has_strict_quota(),
        });
        let counts = limits.client(&plan.id, &key.id, found.chance);
        Self { key, plan, throttle, bucket, quota, counts, stage, believed_until }
    }

    /// The stage as the plan has it.
    #[must_use]
    pub fn stage(&self) -> Option<&PlanStage> {
        self.plan.stages.get(self.stage)
    }
}

struct Found<'a> {
    limits: &'a crate::limits::Limits,
    since: Timestamp,
    chance: &'a str,
}

impl Weight for Client {
    /// Without what it shares with others.
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.throttle.as_ref().map_or(0, |throttle| throttle.name.len())
    }
}

/// What was fetched, and when.
#[derive(Debug)]
struct Known<T> {
    value: Arc<T>,
    fresh_until: Timestamp,
    /// Until when it is used where nothing newer can be had.
    kept_until: Timestamp,
}

impl<T> Clone for Known<T> {
    fn clone(&self) -> Self {
        Self { value: Arc::clone(&self.value), ..*self }
    }
}

impl Weight for Known<ApiKeyEntry> {
    fn bytes(&self) -> usize {
        let plans = self.value.memberships.iter().map(|membership| membership.plan.as_str());
        size_of::<Self>() + size_of::<ApiKeyEntry>() + texts(plans) + self.value.name.len()
    }
}

impl Weight for Known<UsagePlan> {
    fn bytes(&self) -> usize {
        let methods = self.value.stages.iter().map(|stage| 1 + stage.method_throttles.len());
        size_of::<Self>() + size_of::<UsagePlan>() + methods.sum::<usize>() * size_of::<PlanStage>()
    }
}

impl Weight for Timestamp {
    fn bytes(&self) -> usize {
        size_of::<Self>()
    }
}

/// What an instance knows of API keys and plans.
pub struct Clients {
    /// By API, stage and value.
    resolved: Kept<Arc<Client>>,
    keys: Flights<Option<Known<ApiKeyEntry>>, Refusal>,
    /// None for an id that no plan has.
    plans: Flights<Option<Known<UsagePlan>>, Refusal>,
    /// Values that are no key's, and until when that is believed: apart, so that many of them push no key out.
    unknown: Kept<Timestamp>,
    look_ups: Bucket,
}

impl Default for Clients {
    fn default() -> Self {
        Self {
            resolved: Kept::new(KEYS_MAX, KEYS_BYTES_MAX),
            keys: Flights::new(KEYS_MAX, KEYS_BYTES_MAX),
            plans: Flights::new(PLANS_MAX, PLANS_BYTES_MAX),
            unknown: Kept::new(KEYS_MAX, UNKNOWN_BYTES_MAX),
            look_ups: Bucket::default(),
        }
    }
}

impl Clients {
    /// The client under a name, where all that is known of it is fresh.
    pub(super) fn resolved(&self, name: &Key, now: Timestamp) -> Option<Arc<Client>> {
        let client = self.resolved.get(name, now)?;
        is_fresh(client.believed_until, now, KEY_FRESH.min(PLAN_FRESH)).then_some(client)
    }

    /// Finds the client that has a key's value at a stage.
    pub(super) async fn resolve<P: ClientPorts>(
        &self,
        ports: &P,
        arrival: &Arrival,
        (name, (api_id, stage)): (&Key, (&str, &str)),
        value: &str,
        record: &Record,
    ) -> Result<Arc<Client>, Refusal> {
        let Some(key) = self.key(ports, arrival, value).await? else {
            record.explain(|| "nobody has this API key".to_owned());
            return Err(Refusal::InvalidApiKey);
        };
        let ApiKeyEntry { id, enabled, memberships, .. } = &*key.value;
        if !enabled {
            record.explain(|| format!("the API key `{id}` is disabled"));
            return Err(Refusal::InvalidApiKey);
        }
        for membership in memberships {
            let Some(plan) = self.plan(ports, arrival, &membership.plan).await? else { continue };
            let mut stages = plan.value.stages.iter();
            let position = stages
                .position(|of_plan| of_plan.api_id.as_str() == api_id && of_plan.stage.as_str() == stage);
            let Some(position) = position else { continue };
            let limits = &ports.memory().limits;
            let found = Found { limits, since: membership.since, chance: &arrival.request_id };
            let client = Arc::new(Client::new(&key, &plan, position, &found));
            self.resolved.put(*name, Arc::clone(&client), client.believed_until);
            return Ok(client);
        }
        record.explain(|| format!("none of the plans of the API key `{id}` holds this stage"));
        Err(Refusal::InvalidApiKey)
    }

    async fn key<P: ClientPorts>(
        &self,
        ports: &P,
        arrival: &Arrival,
        value: &str,
    ) -> Result<Option<Known<ApiKeyEntry>>, Refusal> {
        let (name, now) = (Key::of([value.as_bytes()]), ports.clock().now());
        let unknown_until = self.unknown.get(&name, now);
        if unknown_until.is_some_and(|until| is_fresh(until, now, UNKNOWN_REMEMBERED)) {
            return Ok(None);
        }
        let known = self.keys.kept().get(&name, now).flatten();
        let is_new = known.is_none();
        let found = remembered(ports, &self.keys, (name, known, KEY_FRESH), async {
            // Whoever waits for another's look-up makes none.
            if is_new && !self.may_look_up(now, arrival.draw) {
                return Err(Refusal::Throttled { retry_after: Some(RETRY_AFTER) });
            }
            let found = ports.credentials().api_key(value, deadline(arrival, now)).await;
            found.map_err(|error| closed(&error))
        });
        let found = found.await?;
        if found.is_none() {
            self.keys.kept().forget(&name);
            let until = now.after(UNKNOWN_REMEMBERED);
            self.unknown.put(name, until, until);
        }
        Ok(found)
    }

    async fn plan<P: ClientPorts>(
        &self,
        ports: &P,
        arrival: &Arrival,
        id: &PartId,
    ) -> Result<Option<Known<UsagePlan>>, Refusal> {
        let (name, now) = (Key::of([id.as_str().as_bytes()]), ports.clock().now());
        let known = match self.plans.kept().get(&name, now) {
            Some(None) => return Ok(None),
            known => known.flatten(),
        };
        let found = remembered(ports, &self.plans, (name, known, PLAN_FRESH), async {
            let found = ports.credentials().usage_plan(id, deadline(arrival, now)).await;
            found.map_err(|error| closed(&error))
        });
        let found = found.await?;
        if found.is_none() {
            self.plans.kept().put(name, None, now.after(PLAN_FRESH));
        }
        Ok(found)
    }

    fn may_look_up(&self, now: Timestamp, draw: u64) -> bool {
        let Ok(throttle) = Throttle::new(LOOK_UPS_PER_SECOND, LOOK_UPS_AT_ONCE) else { return true };
        let now = Now { wall: nanoseconds(now), monotonic: Duration::ZERO, draw };
        let verdict = self.look_ups.judge(&Limit::of(throttle), true, false, now);
        matches!(verdict, Verdict::Admitted { .. })
    }
}

/// Until when a look-up may take that begins now.
fn deadline(arrival: &Arrival, now: Timestamp) -> Timestamp {
    arrival.deadline.min(now.after(LOOK_UP_WAIT_MAX))
}

/// Whether something is believed that is so until a moment; not where a clock that was set back makes that later than it can be.
fn is_fresh(until: Timestamp, now: Timestamp, longest: Duration) -> bool {
    now < until && until.since(now) <= longest
}

/// What is known and fresh, else what is fetched now, by one request at a time. While one fetches, and where that fails, others
/// go on with what was known before.
async fn remembered<T: PartialEq, P: ClientPorts>(
    ports: &P,
    flights: &Flights<Option<Known<T>>, Refusal>,
    (name, known, fresh): (Key, Option<Known<T>>, Duration),
    fetch: impl Future<Output = Result<Option<T>, Refusal>>,
) -> Result<Option<Known<T>>, Refusal>
where
    Known<T>: Weight,
{
    let begun = ports.clock().now();
    if let Some(known) = known.as_ref().filter(|known| is_fresh(known.fresh_until, begun, fresh)) {
        return Ok(Some(known.clone()));
    }
    // Where it is asked for anew later than now, it is believed for so long.
    let pause = RETRY_AFTER.min(fresh);
    let keep = |known: Known<T>| flights.kept().put(name, Some(known.clone()), known.kept_until);
    if let Some(stale) = &known {
        keep(Known { fresh_until: begun.after(pause), ..stale.clone() });
    }
    // Under another name, for what is kept under its own would be answered without a fetch.
    let flight = Key::of([name.as_bytes().as_slice(), b"fetch"]);
    let fetched = flights.get_or_fetch(flight, begun, async {
        let value = fetch.await?.map(|value| Known {
            // What has not changed is not held twice.
            value: match &known {
                Some(known) if *known.value == value => Arc::clone(&known.value),
                _ => Arc::new(value),
            },
            fresh_until: begun.after(fresh),
            kept_until: begun.after(KEPT),
        });
        Ok(Fetched { value, keep_until: None })
    });
    match (fetched.await, &known) {
        (Ok((Some(fetched), _)), _) => {
            keep(fetched.clone());
            Ok(Some(fetched))
        }
        (Ok((None, _)), _) => Ok(None),
        (Err(_), Some(stale)) => {
            // From now, not from when it began: the next request does not wait as long again.
            let again = Known { fresh_until: ports.clock().now().after(pause), ..stale.clone() };
            keep(again.clone());
            Ok(Some(again))
        }
        (Err(refusal), None) => Err(refusal),
    }
}

impl fmt::Debug for Clients {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Clients").finish_non_exhaustive()
    }
}
