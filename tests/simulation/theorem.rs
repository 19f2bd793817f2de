//! How much passes in any window, whatever fails.

use std::time::Duration;

use gatelet_world::simulation::{Design, Fate, Faults, Outcome, Scenario, Spell, Weather, run};

use crate::{requests, throttle};

/// How many wild runs there are.
const SEEDS: u64 = 250;
/// For how long an instance judges by itself after a call failed.
const DEGRADED_MAX: u64 = 1_000_000_000;

fn wild(seed: u64) -> Scenario {
    // What a wrong clock does is looked at by itself.
    Scenario { wrong_clocks: 0, ..Scenario::wild(seed) }
}

#[test]
fn no_window_sees_more_than_the_theorem_allows() {
    for seed in 0..SEEDS {
        let scenario = wild(seed);
        let outcome = run(&scenario);
        let beyond = outcome.beyond_theorem(&scenario);
        assert!(beyond <= 0.0, "seed {seed}: {beyond:.1} requests too many in {scenario:#?}");
        // What passes while the store fails: an instance never lets through more than a bucket of its own.
        let beyond = outcome.beyond_own_bucket(&scenario);
        assert!(beyond <= 0.0, "seed {seed}: an instance let {beyond:.1} too many through in {scenario:#?}");
        if scenario.freezes.0 == 0 {
            assert_eq!(unfounded(&outcome), None, "seed {seed}: degraded, and nothing had failed");
        }
    }
}

/// A request that passed degraded without a failure of its instance's calls shortly before.
fn unfounded(outcome: &Outcome) -> Option<(u64, u32)> {
    let degraded = outcome.answered.iter().filter(|answered| answered.fate == Fate::Degraded);
    let mut unfounded = degraded.filter(|answered| {
        !outcome.failures.iter().any(|(at, instance)| {
            *instance == answered.incarnation && *at <= answered.at && answered.at - at <= DEGRADED_MAX
        })
    });
    unfounded.next().map(|answered| (answered.at, answered.incarnation))
}

#[test]
fn a_wrong_clock_gives_each_instance_no_more_than_a_bucket_of_its_own() {
    for seed in 0..60 {
        let scenario = Scenario { wrong_clocks: 1, clock_steps: 0, ..Scenario::wild(seed) };
        let beyond = run(&scenario).beyond_own_bucket(&scenario);
        assert!(beyond <= 0.0, "seed {seed}: an instance let {beyond:.1} too many through");
    }
}

#[test]
fn buckets_that_know_nothing_of_each_other_break_the_theorem() {
    let calm = Scenario::calm(1, 5, [throttle(10.0, 1.0)], vec![requests(60.0, 100.0)]);
    let scenario = Scenario { design: Design::LocalWhole, ..calm };
    // Five buckets of 10 a second, for a minute, where one is allowed.
    assert!(run(&scenario).beyond_theorem(&scenario) > 2_000.0);
}

#[test]
fn a_store_that_grants_too_much_breaks_the_theorem() {
    let calm = Scenario::calm(1, 5, [throttle(10.0, 1.0)], vec![requests(60.0, 100.0)]);
    let generous = Faults { is_generous: true, ..Faults::default() };
    let scenario = Scenario { faults: generous, ..calm };
    let outcome = run(&scenario);
    assert!(outcome.beyond_theorem(&scenario) > 500.0);
    // And even then.
    assert!(outcome.beyond_own_bucket(&scenario) <= 0.0);
}

#[test]
fn while_the_store_is_away_each_instance_has_its_own_bucket_and_no_longer() {
    let away =
        Spell { from: Duration::from_secs(20), until: Duration::from_secs(80), weather: Weather::Down };
    let calm = Scenario::calm(3, 4, [throttle(10.0, 2.0)], vec![requests(140.0, 100.0)]);
    let scenario = Scenario { faults: Faults { spells: vec![away], ..Faults::default() }, ..calm };
    let outcome = run(&scenario);
    let passed = |from: u64, until: u64| {
        let since = |at: u64| (at - outcome.answered[0].arrived) / 1_000_000_000;
        let within = outcome.answered.iter().filter(|it| (from..until).contains(&since(it.at)));
        within.filter(|answered| answered.fate.passed()).count()
    };
    assert!(outcome.beyond_theorem(&scenario) <= 0.0);
    assert!(outcome.beyond_own_bucket(&scenario) <= 0.0);
    // Four buckets of 10 a second, then one again.
    assert!((1_500..=2_480).contains(&passed(20, 80)), "{}", passed(20, 80));
    assert!((250..=350).contains(&passed(100, 130)), "{}", passed(100, 130));
}

#[test]
fn a_store_that_was_slow_for_a_minute_is_as_good_as_ever_within_another() {
    for instances in [1, 5, 50, 200] {
        let slow = Spell {
            from: Duration::from_secs(60),
            until: Duration::from_secs(120),
            weather: Weather::Slow(10),
        };
        let traffic = vec![requests(240.0, 300.0)];
        let calm = Scenario::calm(7, instances, [throttle(100.0, 1.0)], traffic);
        let scenario = Scenario { faults: Faults { spells: vec![slow], ..Faults::default() }, ..calm };
        let outcome = run(&scenario);
        let first = outcome.answered[0].arrived;
        let after = outcome.answered.iter().filter(|it| it.at - first >= 180_000_000_000);
        let passed = after.filter(|answered| answered.fate.passed()).count();
        // A minute at 100 a second.
        assert!((5_700..=6_300).contains(&passed), "{instances} instances let {passed} through");
    }
}

#[test]
fn the_same_seed_leaves_the_same_trace() {
    for seed in 0..20 {
        let scenario = Scenario::wild(seed).with_wild_quota(seed % 2 == 0);
        let [first, second] = [run(&scenario), run(&scenario)];
        assert_eq!(first.trace, second.trace, "seed {seed}");
        assert_ne!(first.trace, run(&Scenario { seed: seed + 1_000, ..scenario }).trace, "seed {seed}");
    }
}
