//! What a run is made of.

use std::time::Duration;

use gatelet_core::limits::QuotaLimit;
use gatelet_model::{QuotaPeriod, Throttle};

use super::random::Random;
use super::store::{Faults, Spell, Weather};

/// Who decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Design {
    /// The gateway's own limiter.
    Leases,
    /// A conditional write for each request.
    WriteEach,
    /// A bucket in each instance that knows nothing of the others, with the whole rate and burst.
    LocalWhole,
    /// The same, with its part of rate and burst.
    LocalPart,
}

/// Requests for a while.
#[derive(Debug, Clone, Copy)]
pub struct Phase {
    /// For how long.
    pub lasts: Duration,
    /// How many, on average; none where it is 0.
    pub per_second: f64,
    /// Whether they come at even distances, not by chance.
    pub even: bool,
}

/// Everything about a run but its seed's own chance.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// What decides everything that happens by chance.
    pub seed: u64,
    /// How many instances there are; whoever is killed is replaced.
    pub instances: usize,
    /// Who decides.
    pub design: Design,
    /// The throttles, each from so long after the beginning; instances hear of a change within two seconds.
    pub limits: Vec<(Duration, Throttle)>,
    /// What the key may use, asked for after the throttle.
    pub quota: Option<QuotaLimit>,
    /// Requests, phase after phase.
    pub traffic: Vec<Phase>,
    /// How far clocks are from the true time, at most.
    pub skew: Duration,
    /// How many clocks are five minutes wrong.
    pub wrong_clocks: usize,
    /// How often a clock is set, within its skew.
    pub clock_steps: usize,
    /// How often an instance is frozen, for at most so long.
    pub freezes: (usize, Duration),
    /// How often an instance is killed.
    pub kills: usize,
    /// How the store behaves.
    pub faults: Faults,
}

impl Scenario {
    /// A run where nothing goes wrong.
    #[must_use]
    pub fn calm(
        seed: u64,
        instances: usize,
        throttle: impl IntoIterator<Item = Throttle>,
        traffic: Vec<Phase>,
    ) -> Self {
        Self {
            seed,
            instances,
            design: Design::Leases,
            limits: throttle.into_iter().map(|throttle| (Duration::ZERO, throttle)).collect(),
            quota: None,
            traffic,
            skew: Duration::ZERO,
            wrong_clocks: 0,
            clock_steps: 0,
            freezes: (0, Duration::ZERO),
            kills: 0,
            faults: Faults::default(),
        }
    }

    /// A run of some thousand requests in which much goes wrong, all of it by chance.
    #[must_use]
    pub fn wild(seed: u64) -> Self {
        let mut random = Random::seeded(seed);
        let instances = random.one_of(&[1, 2, 2, 3, 5, 8, 20, 60], 4);
        let rate = random.one_of(&[0.2, 1.0, 3.3, 10.0, 10.0, 50.0, 100.0, 300.0, 1_200.0], 10.0);
        let throttle = throttle(&mut random, rate);
        let mut changes = Vec::new();
        let mut traffic = Vec::new();
        let mut budget = 2_500.0;
        while budget > 0.0 {
            let phase = phase(&mut random, rate, budget);
            budget -= (phase.per_second * phase.lasts.as_secs_f64()).max(20.0);
            traffic.push(phase);
        }
        let lasts: Duration = traffic.iter().map(|phase| phase.lasts).sum();
        if random.chance(0.3) {
            let other = rate * random.one_of(&[0.1, 0.5, 2.0, 10.0], 1.0);
            let at = random.between(Duration::ZERO, lasts);
            changes.extend(self::throttle(&mut random, other).map(|other| (at, other)));
        }
        let skew = random.one_of(&[0, 5, 100, 2_000], 0);
        let longest = random.one_of(&[2, 10, 600, 21_600], 2);
        let calm = Self::calm(seed, instances, throttle, traffic);
        Self {
            limits: [calm.limits.clone(), changes].concat(),
            skew: Duration::from_millis(skew),
            wrong_clocks: usize::from(instances > 1 && random.chance(0.1)),
            clock_steps: random.one_of(&[0, 0, 3], 0),
            freezes: (random.one_of(&[0, 2, 10], 0), Duration::from_secs(longest)),
            kills: random.one_of(&[0, 0, 3, 20], 0),
            faults: faults(&mut random, lasts),
            ..calm
        }
    }

    /// The same with a quota that some of its requests use up.
    #[must_use]
    pub fn with_wild_quota(mut self, is_strict: bool) -> Self {
        let mut random = Random::seeded(self.seed ^ 0x71_07_a5);
        let limit = random.one_of(&[1, 7, 50, 300, 1_000, 20_000], 100);
        let period =
            random.one_of(&[QuotaPeriod::Day, QuotaPeriod::Week, QuotaPeriod::Month], QuotaPeriod::Day);
        let offset = random.one_of(&[0, 0, 3], 0);
        let since = super::run::beginning();
        self.quota = Some(QuotaLimit { period, limit, offset, since, is_strict });
        self
    }
}

fn throttle(random: &mut Random, rate: f64) -> Option<Throttle> {
    let seconds = random.one_of(&[0.1, 0.5, 1.0, 2.0, 10.0], 1.0);
    let burst = (rate * seconds).ceil().max(1.0);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "far below what it holds")]
    Throttle::new(rate, burst as u32).ok()
}

fn phase(random: &mut Random, rate: f64, budget: f64) -> Phase {
    let per_second = match random.below(6) {
        0 => 0.0,
        1 => rate * 10.0,
        2 => rate * 0.3,
        3 => rate,
        _ => rate * random.between(Duration::ZERO, Duration::from_secs(3)).as_secs_f64(),
    };
    let seconds = random.between(Duration::from_millis(200), Duration::from_secs(40)).as_secs_f64();
    let seconds = if per_second > 0.0 { seconds.min(budget.max(20.0) / per_second) } else { seconds };
    Phase { lasts: Duration::from_secs_f64(seconds), per_second, even: random.chance(0.3) }
}

fn faults(random: &mut Random, lasts: Duration) -> Faults {
    let mut spells = Vec::new();
    for _ in 0..random.one_of(&[0, 0, 1, 3], 0) {
        let from = random.between(Duration::ZERO, lasts);
        let until = from + random.between(Duration::from_millis(100), Duration::from_secs(20));
        let weather = random.one_of(
            &[Weather::Slow(10), Weather::Slow(60), Weather::Throttled, Weather::Down],
            Weather::Fine,
        );
        spells.push(Spell { from, until, weather });
    }
    Faults {
        request_lost: random.one_of(&[0.0, 0.0, 0.02, 0.2], 0.0),
        reply_lost: random.one_of(&[0.0, 0.0, 0.02, 0.2], 0.0),
        lingers: random.one_of(&[0.0, 0.0, 0.05], 0.0),
        spells,
        ..Faults::default()
    }
}
