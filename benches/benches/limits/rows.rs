//! One row: a number of instances that share a bucket of a rate.

use std::time::Duration;

use gatelet_model::Throttle;
use gatelet_world::simulation::{Design, Outcome, Phase, Scenario, over, run};

/// What a million write request units cost on demand, in dollars (us-east-1,
/// <https://aws.amazon.com/dynamodb/pricing/on-demand/>).
const DOLLARS_PER_MILLION_WRITES: f64 = 0.625;
/// How many requests a run has, about.
const REQUESTS: f64 = 12_000.0;
/// A bucket holds what comes in so many seconds.
const BURST_SECONDS: f64 = 2.0;
/// How much of the rate is asked for: where costs are counted, by a client that keeps to it, and by many who do not.
const EASY: f64 = 0.5;
const STEADY: f64 = 0.9;
const MUCH: f64 = 3.0;
/// What a steady client must get.
const STEADY_LEAST: f64 = 0.99;
const SEED: u64 = 20_151_104;

/// What was measured for a number of instances and a rate.
pub(crate) struct Row {
    instances: usize,
    rate: f64,
    /// Writes for each request, of leases and where each request writes.
    writes: [f64; 2],
    /// Which part of the tokens that were leased was not used.
    stranded: f64,
    /// Which part of a steady client's requests passed, with leases and with a part of the bucket for each instance.
    steady: [f64; 2],
    /// How many requests passed beyond what the theorem allows.
    beyond: f64,
    /// How many times what a bucket gives passed under much too many: with leases, a write each, and a whole bucket for each.
    passed: [f64; 3],
}

/// The head of the table.
pub(crate) fn head() -> String {
    "| instances | rate | writes each | $ per million | a write each: $ per million | stranded | steady client | \
     beyond the theorem | passed of allowed | a write each: passed | whole buckets: passed | parts: steady client |\n\
     |---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n"
        .to_owned()
}

/// Simulates what a row needs.
///
/// # Errors
/// Where the rate is none.
pub(crate) fn measure(instances: usize, rate: f64) -> Result<Row, String> {
    let throttle = Throttle::new(rate, (rate * BURST_SECONDS) as u32).map_err(|problem| problem.message)?;
    let simulate = |design, times: f64, even| {
        let per_second = rate * times;
        let lasts = Duration::from_secs_f64((REQUESTS / per_second).max(30.0));
        let traffic = vec![Phase { lasts, per_second, even }];
        let scenario = Scenario { design, ..Scenario::calm(SEED, instances, [throttle], traffic) };
        (run(&scenario), scenario)
    };
    let easy = [Design::Leases, Design::WriteEach].map(|design| simulate(design, EASY, false).0);
    let steady = [Design::Leases, Design::LocalPart].map(|design| simulate(design, STEADY, true).0);
    let much =
        [Design::Leases, Design::WriteEach, Design::LocalWhole].map(|design| simulate(design, MUCH, false));
    let [easy_leases, _] = &easy;
    let [(leases, scenario), ..] = &much;
    Ok(Row {
        instances,
        rate,
        writes: easy.each_ref().map(Outcome::writes_each),
        stranded: (1.0 - easy_leases.passed() as f64 / easy_leases.tokens.max(1.0)).max(0.0),
        steady: steady.each_ref().map(Outcome::share_passed),
        beyond: leases.beyond_theorem(scenario).max(0.0),
        passed: much.each_ref().map(|(outcome, _)| of_allowed(outcome, throttle)),
    })
}

/// What passed beside what one bucket gives in the time.
fn of_allowed(outcome: &Outcome, throttle: Throttle) -> f64 {
    let times: Vec<u64> = outcome.answered.iter().filter(|it| it.fate.passed()).map(|it| it.at).collect();
    let (Some(first), Some(last)) = (outcome.answered.first(), outcome.answered.last()) else { return 0.0 };
    let seconds = last.at.saturating_sub(first.at) as f64 / 1e9;
    let allowed = f64::from(throttle.burst()) + throttle.rate_per_second() * seconds;
    // The whole run is one window: what is beyond nothing is what passed.
    over(&times, 0.0, 0.0).max(0.0) / allowed
}

impl Row {
    /// The row of the table.
    pub(crate) fn markdown(&self) -> String {
        let [leases, write_each] = self.writes.map(|writes| writes * DOLLARS_PER_MILLION_WRITES);
        let [steady, of_parts] = self.steady.map(|share| share * 100.0);
        let [passed, with_writes, whole] = self.passed;
        format!(
            "| {} | {} | {:.3} | {leases:.3} | {write_each:.3} | {:.1} % | {steady:.1} % | {:.0} | {passed:.2} | \
             {with_writes:.2} | {whole:.2} | {of_parts:.1} % |\n",
            self.instances,
            self.rate,
            self.writes[0],
            self.stranded * 100.0,
            self.beyond
        )
    }

    /// What is not as it must be.
    pub(crate) fn problems(&self) -> Vec<String> {
        let place = format!("{} instances at {} a second", self.instances, self.rate);
        let mut problems = Vec::new();
        if self.beyond > 0.0 {
            problems.push(format!("{place}: {:.1} requests passed beyond the theorem", self.beyond));
        }
        if self.steady[0] < STEADY_LEAST {
            problems.push(format!("{place}: a steady client got {:.1} %", self.steady[0] * 100.0));
        }
        problems
    }
}
