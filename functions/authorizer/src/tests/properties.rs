use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const RESOURCES: [&str; 8] = [
    "*",
    "execute-api:/*",
    "execute-api:/live/*",
    "execute-api:/live/GET/*",
    "execute-api:/*/DELETE/pets/?",
    "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/live/GET/pets",
    "arn:aws:execute-api:*:*:a1b2c3d4e5/*/POST/*",
    "arn:aws:execute-api:eu-west-1:123456789012:other/*",
];
const RANGES: [&str; 4] = ["192.0.2.0/24", "198.51.100.7", "2001:db8::/32", "0.0.0.0/0"];
const REQUESTS: [&str; 5] =
    ["live/GET/pets", "live/GET/pets/1", "live/DELETE/pets/1", "live/POST/pets", "test/GET/pets"];
const ADDRESSES: [Option<&str>; 5] =
    [Some("192.0.2.1"), Some("198.51.100.7"), Some("2001:db8::1"), Some("203.0.113.9"), None];

fn statement(effect: impl Strategy<Value = &'static str>) -> impl Strategy<Value = Value> {
    let resource_name = select(&["Resource", "NotResource"][..]);
    let operator = select(&["IpAddress", "NotIpAddress", "IpAddressIfExists"][..]);
    let condition = prop::option::of((operator, select(&RANGES[..])));
    (effect, resource_name, prop::collection::vec(select(&RESOURCES[..]), 1..3), condition).prop_map(
        |(effect, resource_name, resources, condition)| {
            let mut statement =
                json!({"Effect": effect, "Principal": "*", "Action": "execute-api:Invoke", resource_name: resources});
            if let Some((operator, range)) = condition {
                statement["Condition"] = json!({operator: {"aws:SourceIp": range}});
            }
            statement
        },
    )
}

/// What a configuration answers to a request, and whom the answer lets in.
fn let_in(configuration: &Value) -> Vec<bool> {
    let authorizer = authorizer(configuration);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let event = token_event("");
    let mut asking = std::pin::pin!(ask(&authorizer, &event));
    let std::task::Poll::Ready(Ok(answer)) = std::future::Future::poll(asking.as_mut(), &mut context) else {
        panic!("{configuration}")
    };
    let each = REQUESTS.iter().flat_map(|request| ADDRESSES.map(|address| (request, address)));
    each.map(|(request, address)| lets_in(&answer, request, address, NOW)).collect()
}

proptest! {
    #[test]
    fn adding_a_deny_never_allows(
        statements in prop::collection::vec(statement(select(&["Allow", "Allow", "Deny"][..])), 1..5),
        deny in statement(Just("Deny")),
        at in any::<prop::sample::Index>(),
    ) {
        let configuration = |statements: &[Value]| json!({"policy": {"Version": "2012-10-17", "Statement": statements}});
        let before = let_in(&configuration(&statements));
        let mut more = statements;
        more.insert(at.index(more.len() + 1), deny);
        let after = let_in(&configuration(&more));
        for (before, after) in before.into_iter().zip(after) {
            prop_assert!(before || !after);
        }
    }

    #[test]
    fn adding_ranges_of_addresses_never_allows(
        statements in prop::collection::vec(statement(select(&["Allow", "Allow", "Deny"][..])), 1..5),
        allow in prop::option::of(prop::collection::vec(select(&RANGES[..]), 1..3)),
        deny in prop::collection::vec(select(&RANGES[..]), 1..3),
    ) {
        let mut configuration = json!({"policy": {"Version": "2012-10-17", "Statement": statements}});
        let before = let_in(&configuration);
        configuration["addresses"] = json!({"deny": deny});
        if let Some(allow) = allow {
            configuration["addresses"]["allow"] = json!(allow);
        }
        for (before, after) in before.into_iter().zip(let_in(&configuration)) {
            prop_assert!(before || !after);
        }
    }

    #[test]
    fn a_policy_is_answered_as_it_is_decided(
        statements in prop::collection::vec(statement(select(&["Allow", "Deny"][..])), 1..5),
        request in select(&REQUESTS[..]),
        address in select(&ADDRESSES[..]),
    ) {
        let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        let statements = crate::statements::Statements::compile(Some(&policy), None).unwrap();
        let answer = json!({"policyDocument": serde_json::from_str::<Value>(&statements.document(API, None, None)).unwrap()});
        let arn = format!("{API}{request}");
        let context = |key: &str| match key {
            "aws:sourceip" => address.map_or(Values::Missing, Values::One),
            _ => Values::Missing,
        };
        prop_assert_eq!(statements.allow(&arn, &context), lets_in(&answer, request, address, NOW));
    }
}
