//! What limits cost and let through, simulated: the gateway's leases beside a write for each request and buckets that know
//! nothing of each other, on the same traffic.

mod rows;

use std::process::ExitCode;

use gatelet_benches::Simulated;
use gatelet_world::simulation::{Scenario, run};

/// How many instances share a bucket.
const INSTANCES: [usize; 5] = [1, 5, 50, 500, 10_000];
/// How fast the bucket fills, in tokens a second.
const RATES: [f64; 4] = [10.0, 100.0, 200.0, 1_000.0];
/// How many runs there are in which much goes wrong.
const SEEDS: u64 = 5_000;

fn main() -> ExitCode {
    gatelet_benches::run_simulated(measure)
}

fn measure() -> Result<Simulated, String> {
    let mut table = rows::head();
    let mut problems = Vec::new();
    for rate in RATES {
        for instances in INSTANCES {
            let row = rows::measure(instances, rate)?;
            table.push_str(&row.markdown());
            problems.extend(row.problems());
        }
    }
    let (requests, broken) = wild();
    table.push_str(&format!(
        "\n{SEEDS} runs of {requests} requests with skewed clocks, freezes, kills, lost calls and changed limits: the theorem \
         exceeded in {broken} of them.\n"
    ));
    if broken > 0 {
        problems.push(format!("the theorem of throttles was exceeded in {broken} runs"));
    }
    Ok(Simulated { table, problems })
}

/// How many requests there were in all runs in which much goes wrong, and how many runs admitted more than they may.
fn wild() -> (usize, usize) {
    let (mut requests, mut broken) = (0, 0);
    for seed in 0..SEEDS {
        let scenario = Scenario { wrong_clocks: 0, ..Scenario::wild(seed) };
        let outcome = run(&scenario);
        requests += outcome.answered.len();
        let beyond = outcome.beyond_theorem(&scenario).max(outcome.beyond_own_bucket(&scenario));
        if beyond > 0.0 {
            eprintln!("error: seed {seed} let {beyond:.1} requests too many through");
            broken += 1;
        }
    }
    (requests, broken)
}
