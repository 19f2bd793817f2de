//! Slow, obvious second versions of what the gateway does quickly, held against the real ones on random input.
//!
//! An oracle is written from the rules alone, in the plainest way, and shares no code with what it judges. Its runs
//! repeat: the seed is fixed, printed with a failure, and changed with `PROPTEST_RNG_SEED`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod jayway;
mod linear;
mod policy;
mod routes;
mod signature;
mod spelling;
mod velocity;

use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;

/// Where the random input begins unless `PROPTEST_RNG_SEED` says otherwise.
const SEED: u64 = 20_151_104;

/// A run of so many cases whose failures can be repeated.
fn cases(cases: u32) -> ProptestConfig {
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let rng_seed = match config.rng_seed {
        RngSeed::Random => RngSeed::Fixed(SEED),
        chosen @ RngSeed::Fixed(_) => chosen,
    };
    println!("repeat this run with PROPTEST_RNG_SEED={rng_seed}");
    ProptestConfig { rng_seed, ..config }
}
