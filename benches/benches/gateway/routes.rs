//! A request's path made canonical, and its route found.

use std::hint::black_box;

use gatelet_benches::Work;
use gatelet_core::payload::CanonicalPath;
use gatelet_core::snapshot::routes::{RouteTable, Rules};
use gatelet_model::{Method, MethodKey, PathTemplate};

/// How many paths are asked for in turn, so that a large table does not stay in the processor's nearest cache.
const PATHS: usize = 1_009;

/// A path with a parameter and an escape.
pub(crate) fn canonical_path() -> Work {
    Work::new(|| drop(black_box(CanonicalPath::parse(black_box("/api/resource7/caf%c3%a9/parts/12")))))
}

/// One request after another, each for another route of a table with `COUNT` of them.
pub(crate) fn match_among<const COUNT: usize>() -> Work {
    let keys: Vec<(PathTemplate, MethodKey)> = (0..COUNT).filter_map(route).collect();
    let table = RouteTable::build(keys.iter().map(|(path, method)| (path, *method)), Rules::Rest);
    let paths: Vec<CanonicalPath> = (0..PATHS).filter_map(|n| path(n * COUNT / PATHS)).collect();
    let counted = paths.iter().map(|path| table.find_counting(path, Some(Method::Get)));
    let (all_found, steps) =
        counted.fold((true, 0), |(all, most), (found, steps)| (all && found.is_some(), steps.max(most)));
    assert!(all_found && paths.len() == PATHS && keys.len() == COUNT, "every path has its route");
    let mut next = 0;
    let run = move || {
        next = if next + 1 < PATHS { next + 1 } else { 0 };
        if let Some(path) = paths.get(next) {
            black_box(table.find(black_box(path), black_box(Some(Method::Get))));
        }
    };
    Work::new(run).with_steps(steps)
}

/// The n-th route: four of each resource, as an API of many resources has them.
fn route(n: usize) -> Option<(PathTemplate, MethodKey)> {
    let resource = n / 4;
    let (path, method) = match n % 4 {
        0 => (format!("/api/resource{resource}"), MethodKey::Only(Method::Get)),
        1 => (format!("/api/resource{resource}/{{id}}"), MethodKey::Any),
        2 => (format!("/api/resource{resource}/{{id}}/parts/{{part}}"), MethodKey::Only(Method::Get)),
        _ => (format!("/api/resource{resource}/files/{{path+}}"), MethodKey::Any),
    };
    Some((PathTemplate::parse(&path).ok()?, method))
}

/// A path that takes the n-th route.
fn path(n: usize) -> Option<CanonicalPath> {
    let resource = n / 4;
    let path = match n % 4 {
        0 => format!("/api/resource{resource}"),
        1 => format!("/api/resource{resource}/{n}"),
        2 => format!("/api/resource{resource}/{n}/parts/7"),
        _ => format!("/api/resource{resource}/files/a/b/c.txt"),
    };
    CanonicalPath::parse(&path).ok()
}
