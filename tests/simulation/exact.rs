//! One instance alone: exactly a token bucket.

use gatelet_world::simulation::{Answered, Fate, Random, Scenario, run};

use crate::{requests, throttle};

/// A token bucket as everybody knows it: so many tokens, more of them with time. Returns the first answer that is not its own.
fn differs(answered: &[Answered], rate: f64, burst: u32) -> Option<usize> {
    // Counted in what comes in a nanosecond, so that nothing is rounded.
    let interval = (1e9 / rate).ceil() as i64;
    let full = interval * i64::from(burst);
    let (mut level, mut last) = (full, 0);
    answered.iter().position(|answered| {
        level = full.min(level.saturating_add(answered.wall - last));
        last = answered.wall;
        let passes = level >= interval;
        level -= if passes { interval } else { 0 };
        passes != (answered.fate == Fate::Admitted)
    })
}

fn traffic(random: &mut Random, rate: f64) -> Vec<gatelet_world::simulation::Phase> {
    let phase = |_| {
        let times = random.one_of(&[0.0, 0.1, 0.5, 0.9, 1.0, 1.5, 10.0], 1.0);
        let seconds = 1.0 + 20.0 * random.share();
        requests(seconds.min(400.0 / (rate * times + 1.0)), rate * times)
    };
    (0..8).map(phase).collect()
}

#[test]
fn alone_each_request_is_judged_as_by_a_token_bucket() {
    let mut passed = 0;
    for seed in 0..150 {
        let mut random = Random::seeded(seed);
        let rate = random.one_of(&[0.3, 1.0, 7.0, 10.0, 33.3, 100.0, 499.0], 1.0);
        let limit = throttle(rate, random.one_of(&[0.2, 1.0, 3.0], 1.0));
        let scenario = Scenario::calm(seed, 1, [limit], traffic(&mut random, rate));
        let outcome = run(&scenario);
        passed += outcome.passed();
        let differs = differs(&outcome.answered, rate, limit.burst());
        assert_eq!(
            differs.map(|it| outcome.answered[it]).map(|it| it.at),
            None,
            "seed {seed}: {scenario:#?}"
        );
    }
    assert!(passed > 20_000, "{passed}");
}

#[test]
fn two_are_not_one() {
    let scenario = Scenario::calm(1, 2, [throttle(10.0, 1.0)], vec![requests(60.0, 20.0)]);
    assert!(differs(&run(&scenario).answered, 10.0, 10).is_some());
}

#[test]
fn what_is_known_to_be_exhausted_is_not_asked() {
    // One token in a thousand seconds, and nothing else: whoever asks hears that there is none.
    let limit = throttle(0.001, 1_000.0);
    for instances in [1_u32, 5, 50] {
        let places = usize::try_from(instances).unwrap();
        let scenario = Scenario::calm(1, places, [limit], vec![requests(100.0, 300.0)]);
        let outcome = run(&scenario);
        let refused = outcome.answered.iter().filter(|answered| answered.fate == Fate::Refused).count();
        assert!(refused > 29_000);
        // What passes, what it takes to learn that nothing does, and nothing more.
        assert!(outcome.writes <= 1 + 4 * u64::from(instances), "{} writes", outcome.writes);
    }
}
