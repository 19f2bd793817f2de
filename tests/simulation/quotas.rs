//! What a quota lets through, to the last request.

use std::collections::BTreeMap;

use gatelet_core::Timestamp;
use gatelet_core::limits::Day;
use gatelet_world::simulation::{Fate, Faults, Outcome, Scenario, run};

const SEEDS: u64 = 120;

/// How many requests passed in each period, and how many of them while the store failed.
fn passed(outcome: &Outcome) -> BTreeMap<Day, (u32, u32)> {
    let mut passed: BTreeMap<Day, (u32, u32)> = BTreeMap::new();
    for answered in outcome.answered.iter().filter(|answered| answered.fate.passed()) {
        if let Some(day) = answered.day {
            let (all, degraded) = passed.entry(day).or_default();
            *all += 1;
            *degraded += u32::from(answered.fate == Fate::Degraded);
        }
    }
    passed
}

fn limit(scenario: &Scenario, day: Day) -> u32 {
    scenario.quota.unwrap().at(day.start()).1
}

fn wild(seed: u64, is_strict: bool) -> Scenario {
    // A throttle would keep most requests from the quota.
    Scenario { limits: Vec::new(), ..Scenario::wild(seed).with_wild_quota(is_strict) }
}

#[test]
fn a_strict_quota_is_never_exceeded() {
    let mut used_up = 0;
    for seed in 0..SEEDS {
        let scenario = wild(seed, true);
        let outcome = run(&scenario);
        for (day, (all, degraded)) in passed(&outcome) {
            let limit = limit(&scenario, day);
            assert!(all <= limit, "seed {seed}: {all} of {limit}");
            assert_eq!(degraded, 0, "seed {seed}");
            used_up += usize::from(all == limit);
        }
    }
    assert!(used_up > 10, "only {used_up} were used up to the last");
}

#[test]
fn an_open_quota_is_exceeded_by_what_passed_degraded_alone() {
    for seed in 0..SEEDS {
        let scenario = wild(seed, false);
        for (day, (all, degraded)) in passed(&run(&scenario)) {
            let limit = limit(&scenario, day);
            assert!(all <= limit + degraded, "seed {seed}: {all} of {limit}, {degraded} degraded");
        }
    }
}

#[test]
fn a_quota_ends_early_by_no_more_than_a_block_for_each_instance() {
    for seed in 0..SEEDS {
        // Whoever is killed or hears nothing loses his block, too; here nobody is.
        let scenario = Scenario {
            kills: 0,
            wrong_clocks: 0,
            freezes: (0, std::time::Duration::ZERO),
            faults: Faults::default(),
            ..wild(seed, true)
        };
        let outcome = run(&scenario);
        // Of what the period has, an instance holds no more than a part; nobody has debts here.
        let part = (scenario.quota.unwrap().limit / 64).max(1);
        assert!(outcome.largest_block <= part, "seed {seed}: a block of {}", outcome.largest_block);
        let passed = passed(&outcome);
        let is_over =
            |day: Day| outcome.answered.iter().any(|it| it.day == Some(day) && it.fate == Fate::OverQuota);
        for (day, (all, _)) in passed.iter().filter(|(day, _)| is_over(**day)) {
            let limit = limit(&scenario, *day);
            let held = u32::try_from(scenario.instances).unwrap() * outcome.largest_block;
            assert!(
                all + held >= limit,
                "seed {seed}: {all} of {limit}, blocks of {}",
                outcome.largest_block
            );
        }
    }
}

#[test]
fn a_store_that_grants_too_much_exceeds_a_quota() {
    let mut scenario =
        Scenario { faults: Faults { is_generous: true, ..Faults::default() }, ..wild(3, true) };
    scenario.quota.as_mut().unwrap().limit = 50;
    let day = Day::of(Timestamp::from_milliseconds(gatelet_world::simulation::beginning().milliseconds()));
    assert!(passed(&run(&scenario)).get(&day).is_some_and(|(all, _)| *all > 50));
}
