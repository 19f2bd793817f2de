//! What an instance knows of API keys and plans.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use gatelet_model::{PartId, PlanStage, Throttle, UsagePlan};

use super::{ClientPorts, closed};
use crate::limits::bucket::{Bucket, Limit, Verdict};
use crate::limits::{ClientCounts, LEASE_LIFE, Now, QuotaLimit, nanoseconds};
use crate::memory::{Fetched, Flights, Kept, Key, Weight, texts};
use crate::ports::{ApiKeyEntry, Arrival, Credentials as _, PortError, Timestamp};
use crate::record::Record;
use crate::refusal::Refusal;
use crate::snapshot::NamedLimit;

/// For how long a key is believed to be what it was.
const KEY_FRESH: Duration = Duration::from_secs(10);
/// For how long a plan is: a limit that was changed holds within the life of a lease.
const PLAN_FRESH: Duration = Duration::from_millis(LEASE_LIFE.as_millis() as u64 / 2);
/// For how long what is known is used where nothing newer can be had.
const KEPT: Duration = Duration::from_hours(1);
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
}

impl Client {
    fn new(key: Arc<ApiKeyEntry>, plan: Arc<UsagePlan>, stage: usize, found: &Found<'_>) -> Self {
        let limits = found.limits;
        let throttle = plan
            .throttle
            .map(|throttle| NamedLimit::new(format!("throttle#plan#{}#{}", plan.id, key.id), throttle));
        let bucket = throttle.as_ref().map(|throttle| limits.bucket(&throttle.key)).unwrap_or_default();
        let quota = plan.quota.map(|quota| QuotaLimit {
            period: quota.period,
            limit: quota.limit,
            offset: quota.offset,
            since: found.since,
            is_strict: plan.has_strict_quota(),
        });
        let counts = limits.client(&plan.id, &key.id, found.chance);
        Self { key, plan, throttle, bucket, quota, counts, stage }
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

impl<T> Known<T> {
    /// Not where a clock that was set back makes it last longer.
    fn is_fresh(&self, now: Timestamp, fresh: Duration) -> bool {
        now < self.fresh_until && self.fresh_until.since(now) <= fresh
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

impl Weight for () {
    fn bytes(&self) -> usize {
        0
    }
}

/// What an instance knows of API keys and plans.
pub struct Clients {
    /// By API, stage and value.
    resolved: Kept<Arc<Client>>,
    keys: Flights<Option<Known<ApiKeyEntry>>, PortError>,
    plans: Flights<Option<Known<UsagePlan>>, PortError>,
    /// Values that are no key's: apart, so that many of them push no key out.
    unknown: Kept<()>,
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
        self.resolved.get(name, now)
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
        let key = self.key(ports, arrival, value).await?;
        let Some(key) = key else {
            record.explain(|| "nobody has this API key".to_owned());
            return Err(Refusal::InvalidApiKey);
        };
        if !key.enabled {
            record.explain(|| format!("the API key `{}` is disabled", key.id));
            return Err(Refusal::InvalidApiKey);
        }
        for membership in &key.memberships {
            let Some(plan) = self.plan(ports, arrival, &membership.plan).await? else { continue };
            let position = plan
                .stages
                .iter()
                .position(|of_plan| of_plan.api_id.as_str() == api_id && of_plan.stage.as_str() == stage);
            let Some(position) = position else { continue };
            let limits = &ports.memory().limits;
            let found = Found { limits, since: membership.since, chance: &arrival.request_id };
            let client = Arc::new(Client::new(Arc::clone(&key), plan, position, &found));
            self.resolved.put(*name, Arc::clone(&client), arrival.now.after(PLAN_FRESH));
            return Ok(client);
        }
        record.explain(|| format!("none of the plans of the API key `{}` holds this stage", key.id));
        Err(Refusal::InvalidApiKey)
    }

    async fn key<P: ClientPorts>(
        &self,
        ports: &P,
        arrival: &Arrival,
        value: &str,
    ) -> Result<Option<Arc<ApiKeyEntry>>, Refusal> {
        let (name, now) = (Key::of([value.as_bytes()]), arrival.now);
        if self.unknown.get(&name, now).is_some() {
            return Ok(None);
        }
        let known = self.keys.kept().get(&name, now).flatten();
        if known.is_none() && !self.may_look_up(arrival) {
            return Err(Refusal::Throttled { retry_after: Some(RETRY_AFTER) });
        }
        let fetch = async { ports.credentials().api_key(value, arrival.deadline).await };
        let found = remembered(&self.keys, (name, known, KEY_FRESH), now, fetch).await;
        let found = found.map_err(|error| closed(&error))?;
        if found.is_none() {
            self.unknown.put(name, (), now.after(UNKNOWN_REMEMBERED));
        }
        Ok(found)
    }

    async fn plan<P: ClientPorts>(
        &self,
        ports: &P,
        arrival: &Arrival,
        id: &PartId,
    ) -> Result<Option<Arc<UsagePlan>>, Refusal> {
        let (name, now) = (Key::of([id.as_str().as_bytes()]), arrival.now);
        let known = self.plans.kept().get(&name, now).flatten();
        let fetch = async { ports.credentials().usage_plan(id, arrival.deadline).await };
        let found = remembered(&self.plans, (name, known, PLAN_FRESH), now, fetch).await;
        found.map_err(|error| closed(&error))
    }

    fn may_look_up(&self, arrival: &Arrival) -> bool {
        let Ok(throttle) = Throttle::new(LOOK_UPS_PER_SECOND, LOOK_UPS_AT_ONCE) else { return true };
        let now = Now { wall: nanoseconds(arrival.now), monotonic: Duration::ZERO, draw: arrival.draw };
        let verdict = self.look_ups.judge(&Limit::of(throttle), true, false, now);
        matches!(verdict, Verdict::Admitted { .. })
    }
}

/// What is known and fresh, else what is fetched now, by one request at a time; where that fails, what was known before.
async fn remembered<T>(
    flights: &Flights<Option<Known<T>>, PortError>,
    (name, known, fresh): (Key, Option<Known<T>>, Duration),
    now: Timestamp,
    fetch: impl Future<Output = Result<Option<T>, PortError>>,
) -> Result<Option<Arc<T>>, PortError>
where
    Known<T>: Weight,
{
    if let Some(known) = known.as_ref().filter(|known| known.is_fresh(now, fresh)) {
        return Ok(Some(Arc::clone(&known.value)));
    }
    // Under another name, for what is kept under its own would be answered without a fetch.
    let flight = Key::of([name.as_bytes().as_slice(), b"fetch"]);
    let fetched = flights.get_or_fetch(flight, now, async {
        let (fresh_until, kept_until) = (now.after(fresh), now.after(KEPT));
        let value = fetch.await?.map(|value| Known { value: Arc::new(value), fresh_until, kept_until });
        Ok(Fetched { value, keep_until: None })
    });
    match (fetched.await, known) {
        (Ok((Some(fetched), _)), _) => {
            flights.kept().put(name, Some(fetched.clone()), fetched.kept_until);
            Ok(Some(fetched.value))
        }
        (Ok((None, _)), _) => {
            flights.kept().forget(&name);
            Ok(None)
        }
        (Err(_), Some(stale)) => {
            let again = Known { fresh_until: now.after(RETRY_AFTER.min(fresh)), ..stale.clone() };
            flights.kept().put(name, Some(again), stale.kept_until);
            Ok(Some(stale.value))
        }
        (Err(error), None) => Err(error),
    }
}

impl fmt::Debug for Clients {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Clients").finish_non_exhaustive()
    }
}
