//! What a client gets that keeps to its rate, and what that costs.

use gatelet_world::simulation::{Design, Scenario, run};

use crate::{requests, steadily, throttle};

/// The smallest burst for which a client gets what is its own, whatever the number of instances: a second's tokens, and not fewer
/// than five.
const BURST_SECONDS: f64 = 1.0;
const LEAST: f64 = 0.99;

#[test]
fn a_steady_client_gets_what_is_its_own() {
    for rate in [5.0, 10.0, 50.0, 100.0, 500.0] {
        for load in [0.5, 0.9, 1.0] {
            for instances in [1, 2, 3, 5, 10, 20, 50, 100, 500] {
                if instances as f64 > rate {
                    continue;
                }
                let traffic = vec![steadily((6_000.0 / rate).clamp(30.0, 300.0), rate * load)];
                let burst = throttle(rate, f64::max(BURST_SECONDS, 5.0 / rate));
                let outcome = run(&Scenario::calm(11, instances, [burst], traffic));
                let share = outcome.share_passed();
                assert!(
                    share >= LEAST,
                    "{share:.4} of {load} times {rate} a second at {instances} instances"
                );
            }
        }
    }
}

#[test]
fn a_steady_client_of_many_shards_gets_what_is_its_own() {
    for (rate, instances) in [(1_000.0, 5), (1_000.0, 100), (1_000.0, 1_000), (5_000.0, 50), (5_000.0, 1_000)]
    {
        let traffic = vec![steadily(10.0, rate * 0.9)];
        let outcome = run(&Scenario::calm(11, instances, [throttle(rate, 1.0)], traffic));
        let share = outcome.share_passed();
        assert!(share >= LEAST, "{share:.4} of 0.9 times {rate} a second at {instances} instances");
    }
}

#[test]
fn a_part_for_each_instance_is_not_what_is_its_own() {
    let scenario = Scenario::calm(11, 50, [throttle(100.0, 1.0)], vec![steadily(60.0, 100.0)]);
    let share = run(&Scenario { design: Design::LocalPart, ..scenario }).share_passed();
    assert!(share < 0.9, "{share}");
}

#[test]
fn few_instances_write_for_one_of_twenty_requests() {
    for rate in [200.0, 1_000.0] {
        for instances in [1, 2, 3, 4, 5] {
            let traffic = vec![requests(200.0, 100.0)];
            let outcome = run(&Scenario::calm(5, instances, [throttle(rate, 2.0)], traffic));
            let writes = outcome.writes_each();
            assert!(writes <= 0.05, "{writes:.3} writes for each request at {instances} instances");
        }
    }
}

#[test]
fn a_write_for_each_request_is_more_than_that() {
    let scenario = Scenario::calm(5, 5, [throttle(200.0, 2.0)], vec![requests(60.0, 100.0)]);
    assert!(run(&Scenario { design: Design::WriteEach, ..scenario }).writes_each() >= 1.0);
}
