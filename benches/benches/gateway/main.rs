//! What the gateway exists for, one row for each thing it does once.
//!
//! To add a row: a function that makes its [`Work`] ready, and a line in [`ROWS`].

mod routes;

use std::process::ExitCode;

use gatelet_benches::{Budget, Row};

/// A route among 10,000 is found in less than this.
const ROUTE_MATCH: Budget = Budget { nanoseconds: Some(300), allocations: Some(0) };

const ROWS: &[Row] = &[
    Row { name: "path made canonical", budget: Budget::NONE, prepare: routes::canonical_path },
    Row { name: "route match among 10 routes", budget: ROUTE_MATCH, prepare: routes::match_among::<10> },
    Row {
        name: "route match among 1,000 routes",
        budget: ROUTE_MATCH,
        prepare: routes::match_among::<1_000>,
    },
    Row {
        name: "route match among 10,000 routes",
        budget: ROUTE_MATCH,
        prepare: routes::match_among::<10_000>,
    },
];

fn main() -> ExitCode {
    gatelet_benches::run(ROWS)
}
