//! The compiled route table against the matcher that tries every route.

use gatelet_core::payload::CanonicalPath;
use gatelet_core::snapshot::routes::{RouteTable, Rules, parameters};
use gatelet_model::{Method, MethodKey, PathTemplate};
use proptest::prelude::*;

use crate::cases;
use crate::linear::{self, Kind, Route, decoded};
use crate::spelling::{MUTATIONS, read};

/// Few texts, so that routes collide; some are the same, spelled differently.
const TEMPLATE_SEGMENTS: [&str; 10] = ["a", "%61", "b", "ab", "A", "a:b", "\u{e9}", "%C3%A9", "a%2Fb", "a;x"];
const PATH_SEGMENTS: [&str; 17] = [
    "a", "%61", "b", "ab", "a%62", "A", "a:b", "a%3ab", "\u{e9}", "%c3%A9", "a%2fb", "a%2Fb", "a%252Fb",
    "a;x", "a%3Bx", "%7Bp0%7D", "",
];
const ROUTE_METHODS: [&str; 4] = ["GET", "POST", "HEAD", "ANY"];
const REQUEST_METHODS: [&str; 5] = ["GET", "POST", "HEAD", "DELETE", "PURGE"];

fn route() -> impl Strategy<Value = Route> {
    let fixed = prop::sample::select(&TEMPLATE_SEGMENTS[..]).prop_map(str::to_owned);
    let segment = prop_oneof![3 => fixed, 2 => Just("{p}".to_owned()), 1 => Just("{q}".to_owned())];
    let parts = (
        prop::collection::vec(segment, 0..5),
        prop::bool::weighted(0.25),
        prop::sample::select(&ROUTE_METHODS[..]),
    );
    parts.prop_map(|(mut segments, greedy, method)| {
        for (position, segment) in segments.iter_mut().enumerate() {
            // A template names no parameter twice.
            *segment = segment.replace('}', &format!("{position}}}"));
        }
        if greedy {
            segments.push("{rest+}".to_owned());
        }
        Route { method, path: format!("/{}", segments.join("/")) }
    })
}

fn routes() -> impl Strategy<Value = Vec<Route>> {
    prop::collection::vec(route(), 1..24)
}

fn request_path() -> impl Strategy<Value = String> {
    let segments = prop::collection::vec(prop::sample::select(&PATH_SEGMENTS[..]), 0..6);
    (segments, "/{0,1}", "/{0,2}")
        .prop_map(|(segments, front, back)| format!("{front}/{}{back}", segments.join("/")))
}

fn kinds() -> [(Kind, Rules); 2] {
    [(Kind::Rest, Rules::Rest), (Kind::Http, Rules::Http)]
}

/// Both matchers on one request; what they agree on.
fn find(
    routes: &[Route],
    (kind, rules): (Kind, Rules),
    method: &str,
    raw: &str,
) -> Result<Option<usize>, TestCaseError> {
    let path = match (CanonicalPath::parse(raw), read(raw)) {
        (Ok(path), Some(segments)) => (path, segments),
        (Err(_), None) => return Ok(None),
        (path, segments) => {
            return Err(TestCaseError::fail(format!("{raw} is read as {path:?} and as {segments:?}")));
        }
    };
    let (path, segments) = path;
    let keys: Vec<(PathTemplate, MethodKey)> = routes
        .iter()
        .map(|route| (PathTemplate::parse(&route.path).unwrap(), MethodKey::parse(route.method).unwrap()))
        .collect();
    let table = RouteTable::build(keys.iter().map(|(template, method)| (template, *method)), rules);
    let (found, looked_at) = table.find_counting(&path, Method::parse(method).ok());
    let found = found.map(|found| found.route as usize);
    prop_assert_eq!(found, linear::find(routes, kind, method, &segments), "{} {} as {:?}", method, raw, kind);
    let nodes: usize = 1 + routes.iter().map(|route| route.path.matches('/').count()).sum::<usize>();
    prop_assert!(looked_at as usize <= 3 * nodes, "{looked_at} looks at {nodes} nodes or fewer");
    if let Some(found) = found {
        let template = &keys[found].0;
        let values: Vec<String> =
            parameters(template, &path, rules).map(|(_, value)| decoded(value)).collect();
        prop_assert_eq!(
            values,
            expected_values(&routes[found].path, linear::matched_segments(kind, &segments))
        );
    }
    Ok(found)
}

/// The values of a route's parameters, read off the segments.
fn expected_values(path: &str, segments: &[String]) -> Vec<String> {
    let parts = path.split('/').filter(|part| !part.is_empty()).enumerate();
    let parameters = parts.filter(|(_, part)| part.starts_with('{'));
    parameters
        .map(|(position, part)| match part.ends_with("+}") {
            true => segments[position..].join("/"),
            false => segments[position].clone(),
        })
        .collect()
}

/// A path that matches the route, however unlikely another one.
fn path_of(route: &Route) -> String {
    route.path.replace("{rest+}", "a/b").replace(['{', '}'], "")
}

proptest! {
    #![proptest_config(cases(4_096))]

    #[test]
    fn the_table_finds_what_trying_every_route_finds(
        routes in routes(), method in prop::sample::select(&REQUEST_METHODS[..]), raw in request_path()
    ) {
        for kind in kinds() {
            find(&routes, kind, method, &raw)?;
        }
    }

    /// The same for paths that some route has, and for their neighbours.
    #[test]
    fn a_request_made_from_a_route_finds_it_or_a_more_specific_one(
        routes in routes(), pick in any::<prop::sample::Index>(), method in prop::sample::select(&REQUEST_METHODS[..]),
        slash in "/{0,1}",
    ) {
        let raw = format!("{}{slash}", path_of(pick.get(&routes)));
        for kind in kinds() {
            find(&routes, kind, method, &raw)?;
        }
    }

    /// Whatever is done to the spelling of a protected route's path, the request is refused, finds nothing, or finds
    /// what the rules give to the path that it means: never another route because two readers disagreed.
    #[test]
    fn no_spelling_slips_past_a_route(
        routes in routes(), pick in any::<prop::sample::Index>(), place in 0..64_usize,
        mutations in prop::collection::vec(prop::sample::select(&MUTATIONS[..]), 1..3),
    ) {
        let route = pick.get(&routes);
        let method = if route.method == "ANY" { "DELETE" } else { route.method };
        let plain = path_of(route);
        let mutated = mutations.iter().fold(plain.clone(), |path, mutation| mutation.apply(&path, place));
        for kind in kinds() {
            let protected = find(&routes, kind, method, &plain)?;
            prop_assert!(protected.is_some());
            let reached = find(&routes, kind, method, &mutated)?;
            if mutations.iter().all(|mutation| mutation.keeps_meaning()) {
                prop_assert_eq!(reached, protected, "{} and {}", plain, mutated);
            }
        }
    }
}
