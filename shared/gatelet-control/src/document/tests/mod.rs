//! The reader as a whole: what it takes, what it refuses and where it says so.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets something unexpected should stop there"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the tests read foreign files and bound the time a limit may take"
)]

mod foreign;
mod json;
mod limits;
mod places;
mod references;
mod yaml;

use gatelet_model::{Problem, Problems};

use super::{Node, Source, parse};

/// The compact JSON of what a text says.
fn json_of(text: &str) -> String {
    parse(&Source::new("api.yaml", text))
        .unwrap_or_else(|problems| panic!("{text}\n{}", shown(&problems)))
        .to_json()
}

fn node_of(text: &str) -> (Source, Node) {
    let source = Source::new("api.yaml", text);
    let node = parse(&source).unwrap_or_else(|problems| panic!("{text}\n{}", shown(&problems)));
    (source, node)
}

fn problems_of(text: &str) -> Problems {
    match parse(&Source::new("api.yaml", text)) {
        Ok(node) => panic!("{text}\nwas read as {}", node.to_json()),
        Err(problems) => problems,
    }
}

/// The only problem of a text.
fn problem_of(text: &str) -> Problem {
    let problems = problems_of(text);
    assert_eq!(problems.len(), 1, "{}", shown(&problems));
    problems.into_iter().next().unwrap()
}

fn shown(problems: &Problems) -> String {
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

/// Line, column and the marked text of a problem.
fn mark_of(problem: &Problem) -> (u32, u32, String) {
    let place = problem.place.as_ref().unwrap();
    let before = super::caret_column(place) as usize - 1;
    let marked = place.source_line.chars().skip(before).take(place.length as usize).collect();
    (place.line, place.column, marked)
}
