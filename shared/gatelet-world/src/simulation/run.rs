//! What happens, one thing after another.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::Duration;

use gatelet_core::Timestamp;
use gatelet_core::limits::bucket::Limit;
use gatelet_core::limits::nanoseconds;
use gatelet_core::ports::{Clock, PortError};
use gatelet_model::{PartId, Throttle};

use super::clock::{SkewedClock, TrueTime};
use super::designs::{Rules, judge};
use super::instance::{Instance, Postponed, Seat};
use super::network::{Answer, Call, Line, Outbox, Request, throttled, timeout};
use super::outcome::{Answered, Outcome};
use super::random::Random;
use super::scenario::{Design, Scenario};
use super::store::{Sending, Store};
use super::tasks::{Judged, Task, Tasks};

/// 25 July 2025, ten o'clock in the evening: a day ends early in a long run.
const BEGINNING: Timestamp = Timestamp::from_milliseconds(1_753_480_800_000);
/// After how long an adapter sends a request again that was not answered, and how often it sends it.
const RESENT_AFTER: Duration = Duration::from_millis(300);
const SENDINGS_MAX: u32 = 3;
/// How far a wrong clock is from the true time.
const WRONG_BY: i64 = 300_000_000_000;
/// How late an instance hears of a new limit, at most.
pub(super) const HEARS_AFTER_MAX: Duration = Duration::from_secs(2);
const SECOND: f64 = 1e9;

/// When runs begin.
#[must_use]
pub const fn beginning() -> Timestamp {
    BEGINNING
}

enum Event {
    Arrival,
    Sending(Arc<Call>, u32),
    Delivery(Arc<Call>, Option<Duration>),
    Reply(Arc<Call>, Result<Answer, PortError>),
    Expiry(Arc<Call>),
    Freeze(usize, Duration),
    Thaw(usize, u32),
    Kill(usize),
    Step(usize),
}

/// Ordered by time, then by chance.
struct Scheduled {
    at: u64,
    chance: u64,
    event: Event,
}

impl PartialEq for Scheduled {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Scheduled {}

impl PartialOrd for Scheduled {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scheduled {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.chance).cmp(&(other.at, other.chance))
    }
}

struct Run<'a> {
    scenario: &'a Scenario,
    random: Random,
    begins: u64,
    time: TrueTime,
    events: BinaryHeap<Reverse<Scheduled>>,
    outbox: Outbox,
    store: Store,
    tasks: Tasks,
    seats: Vec<Seat>,
    /// The limits, each from when.
    limits: Vec<(u64, Limit)>,
    quota_name: Option<PartId>,
    /// Where in the traffic the present is, and when that phase ends.
    phase: (usize, u64),
    skews: (i64, i64),
    outcome: Outcome,
}

/// Makes a scenario happen.
#[must_use]
pub fn run(scenario: &Scenario) -> Outcome {
    let mut run = Run::new(scenario);
    run.prepare();
    while let Some(Reverse(Scheduled { at, event, .. })) = run.events.pop() {
        run.time.set(at);
        run.happen(event);
        run.settle();
    }
    run.end()
}

pub(super) fn length(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl<'a> Run<'a> {
    fn new(scenario: &'a Scenario) -> Self {
        let begins = nanoseconds(BEGINNING).unsigned_abs();
        let limits = scenario.limits.iter().map(|(from, throttle)| {
            (begins + length(*from), Limit::of(divided(*throttle, scenario.design, scenario.instances)))
        });
        Self {
            scenario,
            random: Random::seeded(scenario.seed),
            begins,
            time: TrueTime::at(begins),
            events: BinaryHeap::new(),
            outbox: Outbox::default(),
            store: Store::default(),
            tasks: Tasks::default(),
            seats: Vec::with_capacity(scenario.instances),
            limits: limits.collect(),
            quota_name: PartId::parse("key").ok(),
            phase: (0, begins),
            skews: (i64::MAX, i64::MIN),
            outcome: Outcome::default(),
        }
    }

    fn prepare(&mut self) {
        for place in 0..self.scenario.instances {
            let is_wrong = place < self.scenario.wrong_clocks;
            let instance = self.started(place, is_wrong);
            self.seats.push(Seat {
                instance,
                is_wrong,
                limit: 0,
                frozen_since: None,
                stalled: Vec::new(),
                postponed: Vec::new(),
            });
        }
        let lasts: Duration = self.scenario.traffic.iter().map(|phase| phase.lasts).sum();
        let (freezes, longest) = self.scenario.freezes;
        for _ in 0..freezes {
            let (at, place) = (self.sometime(lasts), self.place());
            let frozen = self.random.between(Duration::from_secs(1).min(longest), longest);
            self.schedule(at, Event::Freeze(place, frozen));
        }
        for _ in 0..self.scenario.kills {
            let (at, place) = (self.sometime(lasts), self.place());
            self.schedule(at, Event::Kill(place));
        }
        for _ in 0..self.scenario.clock_steps {
            let (at, place) = (self.sometime(lasts), self.place());
            self.schedule(at, Event::Step(place));
        }
        let first = self.scenario.traffic.first().map_or(Duration::ZERO, |phase| phase.lasts);
        self.phase = (0, self.begins + length(first));
        self.next_arrival(self.begins);
    }

    fn sometime(&mut self, lasts: Duration) -> u64 {
        self.begins + length(self.random.between(Duration::ZERO, lasts))
    }

    fn place(&mut self) -> usize {
        usize::try_from(self.random.below(self.scenario.instances as u64)).unwrap_or(0)
    }

    fn schedule(&mut self, at: u64, event: Event) {
        let chance = self.random.number();
        self.events.push(Reverse(Scheduled { at, chance, event }));
    }

    fn later(&mut self, after: Duration, event: Event) {
        self.schedule(self.time.get().saturating_add(length(after)), event);
    }

    fn skew(&mut self, is_wrong: bool) -> i64 {
        let furthest = length(self.scenario.skew).cast_signed();
        let skew = self.random.below(furthest.unsigned_abs() * 2 + 1).cast_signed() - furthest;
        if is_wrong {
            return if self.random.chance(0.5) { WRONG_BY } else { -WRONG_BY };
        }
        self.skews = (self.skews.0.min(skew), self.skews.1.max(skew));
        skew
    }

    fn started(&mut self, place: usize, is_wrong: bool) -> Arc<Instance> {
        let incarnation = self.outcome.incarnations;
        self.outcome.incarnations += 1;
        let skew = self.skew(is_wrong);
        let clock = Arc::new(SkewedClock::new(self.time.clone(), skew));
        let outbox = self.outbox.clone();
        let line = Line { caller: (place, incarnation), clock: Arc::clone(&clock), outbox };
        Arc::new(Instance {
            incarnation,
            clock,
            line,
            bucket: Default::default(),
            quota: Default::default(),
            found_idle: Default::default(),
            hears_after: length(self.random.between(Duration::ZERO, HEARS_AFTER_MAX)),
        })
    }

    /// When the next request comes after a moment, if ever.
    fn next_arrival(&mut self, mut from: u64) {
        let traffic = &self.scenario.traffic;
        while let Some(phase) = traffic.get(self.phase.0) {
            if phase.per_second > 0.0 {
                let mean = Duration::from_secs_f64(1.0 / phase.per_second);
                let distance = if phase.even { mean } else { self.random.until_next(mean) };
                let at = from.saturating_add(length(distance));
                if at < self.phase.1 {
                    self.schedule(at, Event::Arrival);
                    return;
                }
            }
            from = self.phase.1;
            let next = self.phase.0 + 1;
            let lasts = traffic.get(next).map_or(Duration::ZERO, |phase| phase.lasts);
            self.phase = (next, from + length(lasts));
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Arrival => {
                self.arrive();
                self.next_arrival(self.time.get());
            }
            Event::Sending(call, count) => self.send(call, count),
            Event::Delivery(call, reply_after) => self.deliver(call, reply_after),
            Event::Reply(call, answer) => self.of_instance(Postponed::Reply(call, answer)),
            Event::Expiry(call) => self.of_instance(Postponed::Expiry(call)),
            Event::Freeze(place, lasts) => self.freeze(place, lasts),
            Event::Thaw(place, incarnation) => self.thaw(place, incarnation),
            Event::Kill(place) => self.kill(place),
            Event::Step(place) => {
                let is_wrong = self.seats.get(place).is_some_and(|seat| seat.is_wrong);
                let skew = self.skew(is_wrong);
                if let Some(seat) = self.seats.get(place) {
                    seat.instance.clock.step(skew);
                }
            }
        }
    }

    fn arrive(&mut self) {
        let first = self.place();
        let count = self.seats.len();
        let place = (0..count)
            .map(|step| (first + step) % count)
            .find(|place| self.seats.get(*place).is_some_and(|seat| seat.frozen_since.is_none()));
        let Some((place, seat)) = place.and_then(|place| Some((place, self.seats.get(place)?))) else {
            return;
        };
        let instance = Arc::clone(&seat.instance);
        let now = self.time.get();
        let heard = |from: u64| from <= self.begins || from + instance.hears_after <= now;
        let limit = self.limits.iter().rposition(|(from, _)| heard(*from)).unwrap_or(0);
        if let Some(seat) = self.seats.get_mut(place) {
            seat.limit = limit;
        }
        let rules = Rules {
            design: self.scenario.design,
            limit: self.limits.get(limit).map(|(_, limit)| *limit),
            quota: self.scenario.quota.zip(self.quota_name.clone()),
        };
        let draw = self.random.number();
        let incarnation = instance.incarnation;
        let judging = Box::pin(judge(instance, rules, draw));
        let task = Task { judging, instance: place, incarnation, arrived: now };
        if let Some((task, judged)) = self.tasks.begin(task) {
            self.answered(&task, judged);
        }
    }

    /// Takes up what has been asked and woken, until nothing more happens at this moment.
    fn settle(&mut self) {
        loop {
            for call in self.outbox.drain() {
                if let Request::Quota { tokens, .. } = &call.request {
                    self.outcome.largest_block = self.outcome.largest_block.max(*tokens);
                }
                self.later(Duration::from_nanos(call.waits), Event::Expiry(Arc::clone(&call)));
                self.send(call, 1);
            }
            let Some(position) = self.tasks.woken(&mut self.random) else { return };
            let Some(place) = self.tasks.instance(position) else { continue };
            let Some(seat) = self.seats.get_mut(place) else { continue };
            if seat.frozen_since.is_some() {
                seat.stalled.push(position);
            } else if let Some((task, judged)) = self.tasks.poll(position) {
                let left = seat.instance.bucket.left(seat.instance.now(0));
                self.outcome.largest_lease = self.outcome.largest_lease.max(left + 1);
                self.answered(&task, judged);
            }
        }
    }

    fn send(&mut self, call: Arc<Call>, count: u32) {
        if call.is_over() || !self.lives(&call) {
            return;
        }
        if self.is_frozen(&call) {
            self.postpone(Postponed::Attempt(call, count));
            return;
        }
        let since = Duration::from_nanos(self.time.get() - self.begins);
        match self.scenario.faults.sending(since, &mut self.random) {
            Sending::Lost => {}
            Sending::Refused { after } if count == SENDINGS_MAX => {
                self.later(after, Event::Reply(Arc::clone(&call), Err(throttled())));
            }
            Sending::Refused { .. } => {}
            Sending::Arrives { after, reply_after } => {
                self.later(after, Event::Delivery(Arc::clone(&call), reply_after));
            }
        }
        if count < SENDINGS_MAX {
            self.later(RESENT_AFTER, Event::Sending(call, count + 1));
        }
    }

    fn deliver(&mut self, call: Arc<Call>, reply_after: Option<Duration>) {
        let now = self.time.get().cast_signed();
        let answer = self.store.apply(&call.request, self.scenario.faults.is_generous, now);
        self.trace(&[self.time.get(), u64::from(call.caller.1), self.store.taken.cast_unsigned()]);
        if let Some(after) = reply_after {
            self.later(after, Event::Reply(call, answer));
        }
    }

    fn lives(&self, call: &Call) -> bool {
        let (place, incarnation) = call.caller;
        self.seats.get(place).is_some_and(|seat| seat.instance.incarnation == incarnation)
    }

    fn is_frozen(&self, call: &Call) -> bool {
        self.seats.get(call.caller.0).is_some_and(|seat| seat.frozen_since.is_some())
    }

    fn postpone(&mut self, what: Postponed) {
        let (Postponed::Attempt(call, _) | Postponed::Expiry(call) | Postponed::Reply(call, _)) = &what;
        if let Some(seat) = self.seats.get_mut(call.caller.0) {
            seat.postponed.push(what);
        }
    }

    /// What an instance notices, now or once it is thawed.
    fn of_instance(&mut self, what: Postponed) {
        let (Postponed::Attempt(call, _) | Postponed::Expiry(call) | Postponed::Reply(call, _)) = &what;
        if !self.lives(call) {
            return;
        }
        if self.is_frozen(call) {
            self.postpone(what);
            return;
        }
        match what {
            Postponed::Attempt(call, count) => self.send(call, count),
            Postponed::Expiry(call) => self.failed(&call, timeout()),
            Postponed::Reply(call, Err(error)) => self.failed(&call, error),
            Postponed::Reply(call, answer) => {
                call.answer(answer);
            }
        }
    }

    fn failed(&mut self, call: &Call, error: PortError) {
        if call.answer(Err(error)) {
            self.outcome.failures.push((self.time.get(), call.caller.1));
        }
    }

    fn freeze(&mut self, place: usize, lasts: Duration) {
        let now = self.time.get();
        let Some(seat) = self.seats.get_mut(place).filter(|seat| seat.frozen_since.is_none()) else { return };
        seat.frozen_since = Some(now);
        let incarnation = seat.instance.incarnation;
        self.later(lasts, Event::Thaw(place, incarnation));
    }

    fn thaw(&mut self, place: usize, incarnation: u32) {
        let now = self.time.get();
        let stands_still = self.random.chance(0.5);
        let Some(seat) = self.seats.get_mut(place) else { return };
        let Some(since) = seat.frozen_since.filter(|_| seat.instance.incarnation == incarnation) else {
            return;
        };
        seat.frozen_since = None;
        if stands_still {
            seat.instance.clock.stand_still(now - since);
        }
        let postponed = std::mem::take(&mut seat.postponed);
        self.tasks.wake(&std::mem::take(&mut seat.stalled));
        for what in postponed {
            self.of_instance(what);
        }
    }

    fn kill(&mut self, place: usize) {
        let Some(seat) = self.seats.get(place) else { return };
        let is_wrong = seat.is_wrong;
        self.tasks.forget(place);
        let instance = self.started(place, is_wrong);
        if let Some(seat) = self.seats.get_mut(place) {
            *seat = Seat {
                instance,
                is_wrong,
                limit: 0,
                frozen_since: None,
                stalled: Vec::new(),
                postponed: Vec::new(),
            };
        }
    }

    fn answered(&mut self, task: &Task, judged: Judged) {
        let Some(seat) = self.seats.get(task.instance) else { return };
        let answered = Answered {
            arrived: task.arrived,
            at: self.time.get(),
            wall: nanoseconds(seat.instance.clock.now()),
            incarnation: task.incarnation,
            limit: seat.limit,
            day: judged.day,
            fate: judged.fate,
        };
        self.outcome.answered.push(answered);
        self.trace(&[answered.arrived, answered.at, u64::from(answered.incarnation), judged.fate as u64]);
    }

    /// Mixes what happened into the trace: FNV-1a, of whole numbers.
    fn trace(&mut self, parts: &[u64]) {
        for part in parts {
            self.outcome.trace = (self.outcome.trace ^ part).wrapping_mul(0x0100_0000_01b3).rotate_left(29);
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "seconds and tokens of one run")]
    fn end(mut self) -> Outcome {
        let (lowest, highest) = self.skews;
        self.outcome.skew_seconds = highest.saturating_sub(lowest).max(0) as f64 / SECOND;
        self.outcome.writes = self.store.writes();
        self.outcome.refused_writes = self.store.refused;
        let rate = self.limits.last().and_then(|(_, limit)| limit.rate);
        self.outcome.tokens = rate.map_or(0.0, |rate| self.store.taken as f64 / rate.interval as f64);
        self.outcome
    }
}

/// A throttle, or each instance's part of it.
fn divided(throttle: Throttle, design: Design, instances: usize) -> Throttle {
    let instances = u32::try_from(instances).unwrap_or(u32::MAX).max(1);
    if design != Design::LocalPart {
        return throttle;
    }
    let rate = throttle.rate_per_second() / f64::from(instances);
    Throttle::new(rate, (throttle.burst() / instances).max(1)).unwrap_or(throttle)
}
