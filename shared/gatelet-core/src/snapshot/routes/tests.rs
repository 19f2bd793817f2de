#![allow(clippy::unwrap_used, reason = "tests")]
use proptest::prelude::*;

use super::*;

fn keys(routes: &[&str]) -> Vec<(PathTemplate, MethodKey)> {
    let parse = |key: &&str| {
        let (method, path) = key.split_once(' ').unwrap();
        (PathTemplate::parse(path).unwrap(), MethodKey::parse(method).unwrap())
    };
    routes.iter().map(parse).collect()
}

fn table(keys: &[(PathTemplate, MethodKey)], rules: Rules) -> RouteTable {
    RouteTable::build(keys.iter().map(|(path, method)| (path, *method)), rules)
}

/// The key of the route found for `GET /path`, or nothing.
fn found<'a>(routes: &[&'a str], request: &str, rules: Rules) -> Option<&'a str> {
    let (method, path) = request.split_once(' ').unwrap();
    let path = CanonicalPath::parse(path).unwrap();
    let found = table(&keys(routes), rules).find(&path, Method::parse(method).ok());
    found.map(|found| routes[found.route as usize])
}

fn check(routes: &[&str], rules: Rules, cases: &[(&str, Option<&str>)]) {
    for (request, expected) in cases {
        assert_eq!(found(routes, request, rules), *expected, "{request} as {rules:?} among {routes:?}");
    }
}

#[test]
fn the_most_specific_route_is_taken() {
    let routes =
        ["GET /", "GET /pets", "GET /pets/{id}", "GET /pets/mine", "GET /pets/{rest+}", "GET /{proxy+}"];
    for rules in [Rules::Rest, Rules::Http] {
        check(
            &routes,
            rules,
            &[
                ("GET /", Some("GET /")),
                ("GET /pets", Some("GET /pets")),
                ("GET /pets/mine", Some("GET /pets/mine")),
                ("GET /pets/7", Some("GET /pets/{id}")),
                ("GET /pets/7/photos", Some("GET /pets/{rest+}")),
                ("GET /pets/mine/photos", Some("GET /pets/{rest+}")),
                ("GET /dogs/7", Some("GET /{proxy+}")),
                ("GET /Pets", Some("GET /{proxy+}")),
                ("POST /pets", None),
            ],
        );
    }
}

/// The requests that were measured on the real service in the two pull requests named at the top of the module.
#[test]
fn a_route_without_the_method_gives_way() {
    let users = [
        "PATCH /users/me",
        "GET /users/{userId}",
        "POST /roles/provision",
        "GET /roles/{roleId}",
        "GET /things/real",
        "ANY /things/{proxy+}",
    ];
    check(
        &users,
        Rules::Rest,
        &[
            ("GET /users/me", Some("GET /users/{userId}")),
            ("PATCH /users/me", Some("PATCH /users/me")),
            ("GET /users/abc123", Some("GET /users/{userId}")),
            ("POST /users/me", None),
            ("POST /roles/provision", Some("POST /roles/provision")),
            ("GET /roles/provision", Some("GET /roles/{roleId}")),
            ("GET /things/real", Some("GET /things/real")),
            ("POST /things/real", Some("ANY /things/{proxy+}")),
        ],
    );
    let jobs = ["ANY /{proxy+}", "GET /jobs/{operation_type}", "OPTIONS /cors_only"];
    check(
        &jobs,
        Rules::Rest,
        &[
            ("GET /jobs/reboot", Some("GET /jobs/{operation_type}")),
            ("GET /jobs", Some("ANY /{proxy+}")),
            ("POST /jobs/reboot", Some("ANY /{proxy+}")),
            ("GET /cors_only", Some("ANY /{proxy+}")),
        ],
    );
}

#[test]
fn any_stands_for_the_known_methods_that_have_no_route() {
    let routes = ["ANY /pets", "GET /pets"];
    for rules in [Rules::Rest, Rules::Http] {
        for method in Method::ALL {
            let expected = if *method == Method::Get { "GET /pets" } else { "ANY /pets" };
            assert_eq!(found(&routes, &format!("{method} /pets"), rules), Some(expected));
        }
        check(&routes, rules, &[("PURGE /pets", None), ("TRACE /pets", None)]);
    }
    check(&["GET /pets"], Rules::Rest, &[("HEAD /pets", None)]);
}

#[test]
fn a_greedy_end_goes_last_among_all_routes_of_an_http_api_and_last_at_its_place_in_a_rest_api() {
    let routes = ["GET /a/{rest+}", "GET /{x}/b"];
    check(&routes, Rules::Rest, &[("GET /a/b", Some("GET /a/{rest+}"))]);
    check(&routes, Rules::Http, &[("GET /a/b", Some("GET /{x}/b")), ("GET /a/c", Some("GET /a/{rest+}"))]);
    let nested = ["GET /{proxy+}", "GET /a/{proxy+}", "GET /a/b/{proxy+}"];
    for rules in [Rules::Rest, Rules::Http] {
        check(
            &nested,
            rules,
            &[("GET /a/b/c", Some("GET /a/b/{proxy+}")), ("GET /a/c", Some("GET /a/{proxy+}"))],
        );
    }
}

#[test]
fn slashes_and_empty_segments() {
    let routes = ["GET /pets", "GET /pets/{id}", "ANY /files/{path+}"];
    check(
        &routes,
        Rules::Rest,
        &[
            ("GET /pets/", Some("GET /pets")),
            ("GET //pets", Some("GET /pets")),
            ("GET /pets//", None),
            ("GET /files", None),
            ("GET /files/", None),
            ("GET /files/a//b/", Some("ANY /files/{path+}")),
        ],
    );
    check(
        &routes,
        Rules::Http,
        &[
            ("GET /pets/", None),
            ("GET /pets/7/", None),
            ("GET /files", None),
            ("GET /files/", Some("ANY /files/{path+}")),
            ("GET /files/a//b/", Some("ANY /files/{path+}")),
        ],
    );
    for rules in [Rules::Rest, Rules::Http] {
        check(
            &["ANY /{proxy+}"],
            rules,
            &[("GET /", None), ("GET //", None), ("GET /a//b", Some("ANY /{proxy+}"))],
        );
    }
}

#[test]
fn every_spelling_of_a_template_and_of_a_path_meets() {
    let routes = ["GET /caf%C3%A9/a:b", "GET /100%25", "GET /a%2Fb", "GET /~x", "GET /bad%zz"];
    for (request, expected) in [
        ("GET /caf\u{e9}/a%3Ab", Some("GET /caf%C3%A9/a:b")),
        ("GET /caf%c3%a9/a:b", Some("GET /caf%C3%A9/a:b")),
        ("GET /100%25", Some("GET /100%25")),
        ("GET /a%2fb", Some("GET /a%2Fb")),
        ("GET /a/b", None),
        ("GET /%7Ex", Some("GET /~x")),
        ("GET /bad%25zz", None),
    ] {
        assert_eq!(found(&routes, request, Rules::Rest), expected, "{request}");
    }
}

#[test]
fn of_two_routes_that_differ_in_names_alone_the_first_is_taken() {
    check(&["GET /{a}/x", "GET /{b}/x"], Rules::Http, &[("GET /1/x", Some("GET /{a}/x"))]);
}

#[test]
fn parameters_are_cut_out_of_the_path_as_it_is_spelled() {
    let template = PathTemplate::parse("/pets/{id}/{rest+}").unwrap();
    let path = CanonicalPath::parse("/pets/a%2Fb/x//%20y/").unwrap();
    let values = |rules| {
        let pairs = parameters(&template, &path, rules);
        pairs.map(|(name, value)| (name.as_str(), value)).collect::<Vec<_>>()
    };
    assert_eq!(values(Rules::Rest), [("id", "a%2Fb"), ("rest", "x//%20y")]);
    assert_eq!(values(Rules::Http), [("id", "a%2Fb"), ("rest", "x//%20y/")]);
}

#[test]
fn the_number_of_routes_does_not_change_the_number_of_steps() {
    let steps_among = |count: usize| {
        let texts: Vec<_> = (0..count).map(|n| format!("GET /api/resource{n}/{{id}}/parts")).collect();
        let keys = keys(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let path = CanonicalPath::parse(&format!("/api/resource{}/7/parts", count / 2)).unwrap();
        let (found, steps) = table(&keys, Rules::Rest).find_counting(&path, Some(Method::Get));
        assert_eq!(found.unwrap().route as usize, count / 2);
        steps
    };
    assert_eq!(steps_among(10), 5);
    assert_eq!(steps_among(10_000), 5);
}

#[test]
fn backtracking_looks_at_a_node_three_times_at_most() {
    // Every mixture of `a` and a parameter at each of twelve segments: the worst that a table can do.
    const DEPTH: u32 = 12;
    let template = |mixture: u32| {
        let segment =
            |place| if mixture >> place & 1 == 0 { "/a".to_owned() } else { format!("/{{p{place}}}") };
        format!("GET {}", (0..DEPTH).map(segment).collect::<String>())
    };
    let texts: Vec<_> = (0..1 << DEPTH).map(template).collect();
    let table = table(&keys(&texts.iter().map(String::as_str).collect::<Vec<_>>()), Rules::Http);
    let path = CanonicalPath::parse(&"/a".repeat(DEPTH as usize)).unwrap();
    let (found, steps) = table.find_counting(&path, Some(Method::Post));
    assert_eq!(found, None);
    let nodes = (1 << (DEPTH + 1)) - 1;
    assert_eq!(table.nodes.len(), nodes);
    assert!(steps as usize <= 3 * nodes, "{steps} looks at {nodes} nodes");
    assert_eq!(table.find_counting(&path, Some(Method::Get)).1, DEPTH + 1);
}

#[test]
fn the_deepest_template_is_found() {
    const DEPTH: usize = gatelet_model::limits::PATH_SEGMENTS_MAX;
    let text = format!("GET {}", "/a".repeat(DEPTH));
    let keys = keys(&[&text]);
    let path = CanonicalPath::parse(&"/a".repeat(DEPTH)).unwrap();
    let table = table(&keys, Rules::Http);
    assert!(table.find(&path, Some(Method::Get)).is_some());
    assert!(table.find(&path, Some(Method::Put)).is_none());
}

proptest! {
    #[test]
    fn a_found_route_gives_every_parameter_a_value(
        paths in prop::collection::vec("(/(a|b|\\{x\\}|\\{y\\})){0,3}(/\\{rest\\+\\})?", 1..8), raw in "(/(a|b||c)){0,5}"
    ) {
        let keys: Vec<_> = paths
            .iter()
            .filter_map(|path| Some((PathTemplate::parse(path).ok()?, MethodKey::Any)))
            .collect();
        let path = CanonicalPath::parse(&format!("{raw}/")).unwrap();
        for rules in [Rules::Rest, Rules::Http] {
            if let Some(found) = table(&keys, rules).find(&path, Some(Method::Get)) {
                let template = &keys[found.route as usize].0;
                prop_assert_eq!(parameters(template, &path, rules).count(), template.parameters().count());
                for (segment, (name, value)) in template
                    .segments()
                    .iter()
                    .filter(|segment| segment.parameter().is_some())
                    .zip(parameters(template, &path, rules))
                {
                    prop_assert_eq!(segment.parameter(), Some(name));
                    prop_assert!(!value.is_empty() || matches!(segment, Segment::Greedy(_)));
                }
            }
        }
    }
}
