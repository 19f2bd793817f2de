//! What the gateway exists for, one row for each thing it does once.
//!
//! To add a row: a function that makes its [`Work`] ready, and a line in [`ROWS`]; or one that makes calls over the
//! network, and a line in [`CALL_ROWS`].

#![allow(clippy::panic, reason = "a bench that cannot be made ready has nothing to measure")]

mod access;
mod definitions;
mod host;
mod lambda;
mod languages;
mod limits;
mod mapping;
mod pipeline;
mod policy;
mod routes;
mod tokens;

use std::process::ExitCode;

use gatelet_benches::{Budget, CallRow, Row};

/// A route among 10,000 is found in less than this.
const ROUTE_MATCH: Budget = Budget { nanoseconds: Some(300), allocations: Some(0) };

/// A policy of 50 statements decides in less than this.
const POLICY: Budget = Budget { nanoseconds: Some(3_000), allocations: Some(0) };

/// A token that is remembered costs less than this.
const REMEMBERED_TOKEN: Budget = Budget { nanoseconds: Some(2_000), allocations: Some(0) };

/// A token that is not yet costs less than this, signed with RSA of 2,048 bits.
const RS256_TOKEN: Budget = Budget { nanoseconds: Some(60_000), allocations: None };

/// A mock request costs less than this through the whole pipeline.
const MOCK: Budget = Budget { nanoseconds: Some(5_000), allocations: Some(60) };

/// The same costs less than this where somebody must be let in whom the instance remembers.
const ACCESS: Budget = Budget { nanoseconds: Some(8_000), allocations: Some(90) };

/// And less than this where a signature or an authorizer's answer is new.
const ACCESS_ASKED: Budget = Budget { nanoseconds: Some(60_000), allocations: None };

/// The stages that limit a request cost less than this where a lease is in hand, with the record that they write in.
const LIMITS: Budget = Budget { nanoseconds: Some(1_000), allocations: Some(20) };

/// An event of 1 KB is built in less than this.
const EVENT: Budget = Budget { nanoseconds: Some(5_000), allocations: Some(60) };

/// A template of 1 KB is rendered in less than this.
const TEMPLATE: Budget = Budget { nanoseconds: Some(10_000), allocations: Some(60) };

/// A path that is a plain walk costs less than this.
const PATH: Budget = Budget { nanoseconds: Some(200), allocations: Some(0) };

/// A document of 2 KB is read in less than this.
const DOCUMENT: Budget = Budget { nanoseconds: Some(15_000), allocations: Some(100) };

/// And held against a schema in less than this, the reading included.
const SCHEMA: Budget = Budget { nanoseconds: Some(40_000), allocations: None };

/// What custom integrations add leaves a request below this.
const MAPPED: Budget = Budget { nanoseconds: Some(15_000), allocations: Some(120) };

/// A definition as large as can be is imported in less than this.
const IMPORT: Budget = Budget { nanoseconds: Some(1_000_000_000), allocations: None };

/// A packed API of a few routes is read and compiled in less than this.
const PACKED: Budget = Budget { nanoseconds: Some(1_000_000), allocations: None };

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
    Row { name: "policy of 50 statements", budget: POLICY, prepare: policy::decide_50_statements },
    Row { name: "token remembered", budget: REMEMBERED_TOKEN, prepare: tokens::remembered },
    Row { name: "token of RS256 verified", budget: RS256_TOKEN, prepare: tokens::rs256 },
    Row { name: "token of ES256 verified", budget: Budget::NONE, prepare: tokens::es256 },
    Row { name: "REST mock", budget: MOCK, prepare: pipeline::rest_mock },
    Row { name: "REST mock, resource policy", budget: ACCESS, prepare: access::resource_policy },
    Row {
        name: "REST mock, Lambda authorizer remembered",
        budget: ACCESS,
        prepare: access::lambda_remembered,
    },
    Row { name: "REST mock, Lambda authorizer asked", budget: ACCESS_ASKED, prepare: access::lambda_asked },
    Row { name: "REST mock, signed", budget: ACCESS_ASKED, prepare: access::signed },
    Row { name: "REST mock, API key with throttle and quota", budget: ACCESS, prepare: limits::mock },
    Row { name: "API key, throttle and quota", budget: LIMITS, prepare: limits::stages },
    Row { name: "the same without them", budget: Budget::NONE, prepare: limits::around_the_stages },
    Row { name: "REST proxy, backend in memory", budget: MOCK, prepare: pipeline::rest_proxy },
    Row { name: "HTTP proxy, backend in memory", budget: MOCK, prepare: pipeline::http_proxy },
    Row { name: "template of 1 KB", budget: TEMPLATE, prepare: languages::template },
    Row { name: "template of 1 KB, compiled", budget: Budget::NONE, prepare: languages::template_compiled },
    Row { name: "JSON of 2 KB, read", budget: DOCUMENT, prepare: languages::json_read },
    Row { name: "JSONPath of names", budget: PATH, prepare: languages::path },
    Row {
        name: "JSONPath with a filter, 2 KB read and looked through",
        budget: SCHEMA,
        prepare: languages::path_with_filter,
    },
    Row { name: "JSON of 2 KB, read and validated", budget: SCHEMA, prepare: languages::schema },
    Row {
        name: "REST HTTP integration, eight parameters mapped",
        budget: MAPPED,
        prepare: mapping::parameters,
    },
    Row { name: "REST HTTP integration, templates both ways", budget: MAPPED, prepare: mapping::templates },
    Row { name: "REST mock, parameters and body validated", budget: MAPPED, prepare: mapping::validated },
    Row {
        name: "REST gateway response of the author's own",
        budget: MAPPED,
        prepare: mapping::gateway_response,
    },
    Row { name: "REST proxy, 2 KB compressed by gzip", budget: Budget::NONE, prepare: mapping::compressed },
    Row { name: "event 1.0 of 1 KB", budget: EVENT, prepare: lambda::event_1_0 },
    Row { name: "event 2.0 of 1 KB", budget: EVENT, prepare: lambda::event_2_0 },
    Row { name: "function's answer 1.0 read", budget: EVENT, prepare: lambda::answer_1_0 },
    Row { name: "function's answer 2.0 read", budget: EVENT, prepare: lambda::answer_2_0 },
    Row { name: "packed API of 6 routes, read and compiled", budget: PACKED, prepare: definitions::packed },
    Row { name: "import of 6 MB of YAML", budget: IMPORT, prepare: definitions::import_large_yaml },
    Row { name: "import of 6 MB of JSON", budget: IMPORT, prepare: definitions::import_large_json },
];

const CALL_ROWS: &[CallRow] = &[CallRow {
    name: "warm invocation of a Rust function through the host",
    measure: host::warm_invocation,
}];

fn main() -> ExitCode {
    gatelet_benches::run(ROWS, CALL_ROWS)
}
