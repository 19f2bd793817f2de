//! One call, from its event to its answer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use gatelet_aws::dynamodb::counters::CounterTable;
use gatelet_aws::dynamodb::counters::items::{ItemKey, Kind, StoredQuota, StoredReport, StoredReturn};
use gatelet_aws::dynamodb::counters::meter::{Backfill, DaysFolded, Folded, Place, PutBack, ToldThresholds};
use gatelet_aws::dynamodb::{Attributes, ClientTarget, PARTITION_KEY, SharedHttpClient, over_the_network};
use gatelet_aws::environment::{Environment, EnvironmentProblem};
use gatelet_aws::https::Https;
use gatelet_aws::process::{Pause, SystemClock};
use gatelet_core::Timestamp;
use gatelet_core::limits::Day;
use gatelet_core::ports::{Clock, PortError};

use crate::announcements::Announcements;
use crate::answer::{Answer, Failure, Left};
use crate::event::{Event, Image, Task};
use crate::metrics::Metrics;
use crate::services::Services;

/// How long a call may take where nobody says, or says what cannot be: as long as the template gives it.
const CALL_MAX: Duration = Duration::from_secs(300);
/// How long before its end a call stops to begin anything: what was folded is told CloudWatch in that time, and where it stopped
/// is kept.
const END_MARGIN: Duration = Duration::from_secs(15);
/// How long CloudWatch may take.
pub(crate) const METRICS_MAX: Duration = Duration::from_secs(8);
/// How far back the frequent schedule looks for tokens that are due: what waits longer is left to the hourly one.
const RETURNS_LOOK_BACK: Duration = Duration::from_secs(7_200);
/// How often it is tried to keep how far a backfill is, where others do the same.
const KEEP_ATTEMPTS_MAX: usize = 5;

/// What the meter has of the world.
pub struct Ports {
    /// The table.
    pub counters: CounterTable,
    /// Where usage is shown.
    pub metrics: Metrics,
    /// Where quotas are told of.
    pub announcements: Announcements,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// The function: made once, asked for every event.
pub struct Meter {
    ports: Result<Ports, String>,
    /// The way to AWS, and when it was used last.
    connections: Option<(Https, Pause)>,
}

impl Meter {
    /// A meter of these ports.
    #[must_use]
    pub const fn new(ports: Ports) -> Self {
        Self { ports: Ok(ports), connections: None }
    }

    /// The meter of this process, as its environment says. What is wrong with that is told in the log and in every answer.
    #[must_use]
    pub fn of_process(environment: &Environment, problems: &[EnvironmentProblem]) -> Self {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let made = match problems.is_empty() {
            true => configured(environment),
            false => Err(problems.join("; ")),
        };
        match made {
            Ok((ports, https)) => Self { ports: Ok(ports), connections: Some((https, Pause::default())) },
            Err(why) => {
                tracing::error!(why, "every call fails");
                Self { ports: Err(why), connections: None }
            }
        }
    }

    /// Answers an event, which is JSON, by a deadline of which Lambda tells.
    ///
    /// # Errors
    /// A [`Failure`], after which Lambda asks again or keeps the event.
    pub async fn invoke(&self, event: &str, deadline: Timestamp) -> Result<Answer, Failure> {
        let ports = self.ports.as_ref().map_err(|why| Failure::Unconfigured(why.clone()))?;
        let event =
            Event::read(event).inspect_err(|failure| tracing::error!(%failure, "the event is refused"))?;
        let _under_way = self.connections.as_ref().map(|(https, pause)| {
            let under_way = pause.begin(&*ports.clock);
            if under_way.is_first_after_pause {
                https.forget_connections();
            }
            under_way
        });
        let stop_at = stop_at(ports.clock.now(), deadline);
        match event {
            Event::Stream(images) => Ok(ports.stream(images, stop_at).await),
            Event::Task(task) => ports.task(task, stop_at).await,
            Event::Backfill { first, last } => ports.new_backfill(first, last, stop_at).await,
        }
    }
}

/// When a call begins nothing more, of which Lambda says when it ends.
fn stop_at(now: Timestamp, told: Timestamp) -> Timestamp {
    let left = told.since(now);
    let left = if left.is_zero() { CALL_MAX } else { left.min(CALL_MAX) };
    // A function that has little time is given half of it.
    now.after(left.saturating_sub(END_MARGIN.min(left / 2)))
}

fn configured(environment: &Environment) -> Result<(Ports, Https), String> {
    let table = environment
        .counters()
        .table
        .as_deref()
        .ok_or("set `GATELET_COUNTERS_TABLE`: there is nothing to meter")?;
    let target = ClientTarget::of(environment, "counters")?;
    let https: Https = over_the_network().map_err(|error| error.to_string())?;
    let http_client = SharedHttpClient::new(https.clone());
    let services = Services::of(environment, target.region().as_str(), http_client.clone());
    let client = target.client(http_client);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let ports = Ports {
        counters: CounterTable::new(client, table, Arc::clone(&clock)),
        metrics: Metrics::new(&services),
        announcements: Announcements::new(&services),
        clock,
    };
    Ok((ports, https))
}

/// What records of the stream are about, each with the places in the stream at which it was told.
#[derive(Default)]
struct Changes {
    reports: Vec<StoredReport>,
    returns: Vec<StoredReturn>,
    /// The last that was told of each.
    quotas: BTreeMap<ItemKey, (StoredQuota, ToldThresholds)>,
    told: BTreeMap<ItemKey, BTreeSet<String>>,
}

impl Changes {
    fn of(images: Vec<Image>) -> Self {
        let mut changes = Self::default();
        for Image { sequence, item } in images {
            let Some(item) = item else { continue };
            match changes.take(item) {
                Ok(Some(key)) => {
                    changes.told.entry(key).or_default().insert(sequence);
                }
                Ok(None) => {}
                // It would come again and again, and hold up all behind it. It stays in the table.
                Err(error) => tracing::error!(%error, sequence, "a change is left out"),
            }
        }
        changes
    }

    fn take(&mut self, item: Attributes) -> Result<Option<ItemKey>, PortError> {
        let partition = item.get(PARTITION_KEY).and_then(|value| value.as_s().ok());
        match partition.and_then(|partition| Kind::of(partition)) {
            Some(Kind::Report) => {
                let report = StoredReport::read(item)?;
                let key = report.item_key.clone();
                self.reports.push(report);
                Ok(Some(key))
            }
            Some(Kind::Return) => {
                let unused = StoredReturn::read(item)?;
                let key = ItemKey::of_return(unused.after, &unused.id);
                self.returns.push(unused);
                Ok(Some(key))
            }
            Some(Kind::Quota) => {
                let told = ToldThresholds::read(&item);
                let quota = StoredQuota::read(item)?;
                let key = key_of(&quota);
                self.quotas.insert(key.clone(), (quota, told));
                Ok(Some(key))
            }
            // What the meter writes itself, and buckets, which do not wake it.
            Some(Kind::Bucket | Kind::Total) | None => Ok(None),
        }
    }

    /// The places at which items were told.
    fn places<'a>(&'a self, keys: impl IntoIterator<Item = &'a ItemKey>) -> impl Iterator<Item = String> {
        keys.into_iter().filter_map(|key| self.told.get(key)).flatten().cloned()
    }
}

pub(crate) fn key_of(quota: &StoredQuota) -> ItemKey {
    ItemKey::of_quota(name_of(quota))
}

pub(crate) const fn name_of(quota: &StoredQuota) -> gatelet_core::ports::QuotaName<'_> {
    gatelet_core::ports::QuotaName { plan: &quota.plan, key: &quota.key, first_day: quota.first_day }
}

impl Ports {
    async fn stream(&self, images: Vec<Image>, stop_at: Timestamp) -> Answer {
        let mut changes = Changes::of(images);
        let mut failed = BTreeSet::new();
        let folded = self.counters.fold_reports(std::mem::take(&mut changes.reports), stop_at).await;
        if let Some(error) = &folded.error {
            tracing::warn!(%error, reports = folded.failed.len(), "reports come again");
        }
        failed.extend(changes.places(&folded.failed));
        self.show(&folded).await;

        let returns = std::mem::take(&mut changes.returns);
        let keys: BTreeMap<String, ItemKey> =
            returns.iter().map(|it| (it.id.clone(), ItemKey::of_return(it.after, &it.id))).collect();
        let put_back = self.counters.put_back(returns, self.clock.now(), stop_at).await;
        if let Some(error) = &put_back.error {
            tracing::warn!(%error, returns = put_back.failed.len(), "returns come again");
        }
        failed.extend(changes.places(put_back.failed.iter().filter_map(|id| keys.get(id))));

        // Last: no count waits for it.
        let due = changes.quotas.values().filter(|(quota, told)| told.due(quota).next().is_some());
        let untold = self.tell_all(due.map(|(quota, _)| quota), stop_at).await;
        failed.extend(changes.places(&untold));
        Answer::of_failed(failed)
    }

    async fn task(&self, task: Task, stop_at: Timestamp) -> Result<Answer, Failure> {
        let now = self.clock.now();
        let (put_back, mut days) = match task {
            Task::Returns => {
                let since = now.milliseconds().saturating_sub(milliseconds(RETURNS_LOOK_BACK));
                let since = Timestamp::from_milliseconds(since);
                (self.counters.put_back_due(since, now, stop_at).await, DaysFolded::default())
            }
            Task::Reports => {
                let put_back = self.counters.put_recent_back(now, stop_at).await;
                (put_back, self.counters.fold_recent(now, stop_at).await)
            }
        };
        // Where the days of now could not be folded, others have no chance; they wait for the next schedule.
        let left = match days.folded.error {
            Some(_) => Ok(None),
            None => match self.counters.backfill(stop_at).await {
                Ok(Some(backfill)) => self.go_on(backfill, &mut days, stop_at).await,
                Ok(None) => Ok(None),
                Err(error) => Err(error),
            },
        };
        self.tell_again(stop_at).await;
        self.end(put_back, days, left).await
    }

    async fn new_backfill(&self, first: Day, last: Day, stop_at: Timestamp) -> Result<Answer, Failure> {
        let asked = Backfill { from: Place { day: first, shard: 0 }, last };
        // Kept before it is begun: what is cut off half-way goes on.
        let kept = self.counters.backfill(stop_at).await;
        let backfill = match kept {
            Ok(kept) => self.keep(kept, Some(kept.map_or(asked, |kept| kept.with(asked))), stop_at).await,
            Err(error) => Err(error),
        };
        let backfill = backfill.map_err(|error| unfinished(&error))?.unwrap_or(asked);
        // Whoever asks for days anew may have been without a meter: tokens that came back wait, too.
        let put_back = self.counters.put_all_back(self.clock.now(), stop_at).await;
        let mut days = DaysFolded::default();
        let left = self.go_on(backfill, &mut days, stop_at).await;
        self.end(put_back, days, left).await
    }

    /// Goes on with a backfill until it is done or the time is over, and keeps what is left.
    async fn go_on(
        &self,
        backfill: Backfill,
        days: &mut DaysFolded,
        stop_at: Timestamp,
    ) -> Result<Option<Place>, PortError> {
        let done = self.counters.fold_days(backfill.from, backfill.last, stop_at).await;
        let left = done.stopped_at;
        days.reports += done.reports;
        days.folded.merge(done.folded);
        if matches!(days.folded.error, Some(PortError::Timeout { .. })) && self.clock.now() >= stop_at {
            // That the time is over is no failure: it goes on.
            days.folded.error = None;
        }
        let rest = left.map(|from| Backfill { from, last: backfill.last });
        // In the time that is left for the end.
        let end = self.clock.now().after(METRICS_MAX.min(END_MARGIN));
        let kept = self.keep(Some(backfill), rest, end).await?;
        Ok(kept.map(|kept| kept.from))
    }

    /// Keeps what of a backfill is left, and gives what is kept. Where another call has changed it since it was `read`, days that
    /// this call has done may stay in it: done again, they add nothing.
    async fn keep(
        &self,
        mut read: Option<Backfill>,
        mut left: Option<Backfill>,
        deadline: Timestamp,
    ) -> Result<Option<Backfill>, PortError> {
        for _ in 0..KEEP_ATTEMPTS_MAX {
            if self.counters.keep_backfill(read, left, deadline).await? {
                return Ok(left);
            }
            read = self.counters.backfill(deadline).await?;
            left = match (read, left) {
                // The days that somebody asked for meanwhile are theirs.
                (Some(there), None) => return Ok(Some(there)),
                (Some(there), Some(left)) => Some(there.with(left)),
                (None, left) => left,
            };
        }
        let what = "the backfill";
        Err(PortError::Unavailable { what, why: "others change it all the time; ask again".to_owned() })
    }

    /// Shows what was done, and says where something was not.
    async fn end(
        &self,
        put_back: PutBack,
        days: DaysFolded,
        left: Result<Option<Place>, PortError>,
    ) -> Result<Answer, Failure> {
        self.show(&days.folded).await;
        let (left, unkept) = match left {
            Ok(left) => (left, None),
            Err(error) => (None, Some(error)),
        };
        if let Some(error) = days.folded.error.or(put_back.error).or(unkept) {
            tracing::warn!(%error, "a schedule is left unfinished");
            return Err(unfinished(&error));
        }
        let (reports, folded) = (days.reports, days.folded.steps);
        let tokens_put_back = put_back.tokens;
        if folded > 0 {
            tracing::warn!(reports, folded, "reports were found that the stream had not told of, or not yet");
        }
        Ok(Answer::Task { reports, folded, tokens_put_back, left: left.map(Left::from) })
    }

    async fn show(&self, folded: &Folded) {
        if !folded.added.is_empty() {
            self.metrics.publish(&folded.added, self.clock.now(), METRICS_MAX).await;
        }
    }
}

fn unfinished(error: &PortError) -> Failure {
    Failure::Unfinished(error.to_string())
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
