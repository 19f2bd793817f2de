//! The limits of usage plans: each request is counted once, and none passes that is over.

use gatelet_core::limits::Day;
use gatelet_core::ports::UsageCounts;
use gatelet_model::rest::MethodSettingsTarget;
use gatelet_model::{Quota, QuotaPeriod, Throttle, UsagePlan};

use super::api_keys::{VALUE, each, http, id, keyed, plan, rest};
use super::*;
use crate::authorizer::settle;

/// An authorizer that counts for a plan.
fn limited(change: impl FnOnce(&mut UsagePlan)) -> Authorizer<Ports> {
    let authorizer = keyed(&json!({"apiKeys": {"limits": true}}));
    let mut plan = plan("gold", "a1b2c3d4e5");
    change(&mut plan);
    authorizer.ports.credentials.insert_plan(plan);
    authorizer
}

fn throttle(burst: u32) -> Throttle {
    Throttle::new(1.0, burst).unwrap()
}

fn of_methods(plan: &mut UsagePlan, targets: &[&str]) {
    for target in targets {
        let target = MethodSettingsTarget::parse(target).unwrap();
        plan.stages[0].method_throttles.insert(target, throttle(2));
    }
}

fn quota(limit: u32) -> Option<Quota> {
    Some(Quota { limit, offset: 0, period: QuotaPeriod::Day })
}

fn today() -> Day {
    Day::of(Timestamp::from_milliseconds(NOW * 1_000))
}

/// How often requests pass, and what those that do not are told.
async fn passed(authorizer: &Authorizer<Ports>, events: impl Iterator<Item = Value>) -> (usize, Vec<Value>) {
    let (mut passed, mut told) = (0, Vec::new());
    for event in events {
        let answer = ask(authorizer, &event).await.unwrap();
        let below = super::api_keys::called(&event);
        let now = TokenPorts::clock(&authorizer.ports).now().milliseconds() / 1_000;
        let is_let_in = match answer.get("isAuthorized") {
            Some(authorized) => authorized == true,
            None => lets_in(&answer, below, None, now),
        };
        assert_eq!(answer["context"]["apiKeyId"], json!("k1"));
        match is_let_in {
            true => passed += 1,
            false => told.push(answer["context"]["limit"].clone()),
        }
    }
    (passed, told)
}

fn times(event: &Value, number: usize) -> impl Iterator<Item = Value> {
    std::iter::repeat_n(event.clone(), number)
}

#[tokio::test]
async fn a_quota_is_never_exceeded_whatever_form_events_have() {
    let authorizer = limited(|plan| plan.quota = quota(10));
    let events = each(VALUE);
    let (let_in, told) = passed(&authorizer, events.iter().cycle().take(30).cloned()).await;
    assert_eq!((let_in, told), (10, vec![json!("quota"); 20]));
    assert_eq!(authorizer.ports.counters.used(&id("gold"), &id("k1"), today()), 10);
    authorizer.ports.clock.advance(Duration::from_hours(24));
    assert_eq!(passed(&authorizer, times(&events[0], 30)).await.0, 10, "the next day");
}

#[tokio::test]
async fn two_instances_share_a_quota() {
    let counters = MemoryCounters::default().shared();
    let instance = || {
        let mut authorizer = limited(|plan| plan.quota = quota(100));
        authorizer.ports.counters = counters.clone();
        authorizer
    };
    let (first, second) = (instance(), instance());
    let mut let_in = 0;
    for _ in 0..100 {
        for authorizer in [&first, &second] {
            let_in += passed(authorizer, times(&http(VALUE), 1)).await.0;
        }
    }
    assert_eq!(let_in, 100);
}

#[tokio::test]
async fn what_an_ended_instance_does_not_use_is_given_back_and_its_usage_told() {
    let authorizer = limited(|plan| plan.quota = quota(100_000));
    for _ in 0..20 {
        assert_eq!(passed(&authorizer, times(&rest(VALUE), 10)).await.0, 10);
        authorizer.ports.clock.advance(Duration::from_millis(100));
    }
    assert_eq!(settle(&authorizer.ports, Duration::from_millis(400)).await, 0);
    let Ports { counters, .. } = &authorizer.ports;
    assert_eq!(counters.used(&id("gold"), &id("k1"), today()), 200);
    let usage = counters.usage(&id("gold"), &id("k1"), today());
    let expected = UsageCounts { admitted: 200, ..UsageCounts::default() };
    assert_eq!(usage, [("a1b2c3d4e5/live/GET /pets/{id}".to_owned(), expected)].into());
}

#[tokio::test]
async fn usage_is_told_by_route_and_outcome() {
    let authorizer = limited(|plan| (plan.quota, plan.throttle) = (quota(3), Some(throttle(8))));
    passed(&authorizer, [rest(VALUE), http(VALUE), each(VALUE).swap_remove(3)].into_iter()).await;
    passed(&authorizer, times(&http(VALUE), 10)).await;
    settle(&authorizer.ports, Duration::from_millis(400)).await;
    let usage = authorizer.ports.counters.usage(&id("gold"), &id("k1"), today());
    let of_pets = UsageCounts { admitted: 2, over_quota: 5, throttled: 5, ..UsageCounts::default() };
    let of_connect = UsageCounts { admitted: 1, ..UsageCounts::default() };
    let route = |key: &str| format!("a1b2c3d4e5/live/{key}");
    assert_eq!(usage, [(route("$connect"), of_connect), (route("GET /pets/{id}"), of_pets)].into());
}

#[tokio::test]
async fn a_throttle_refuses_what_comes_too_soon() {
    let authorizer = limited(|plan| plan.throttle = Some(throttle(5)));
    for event in [rest(VALUE), http(VALUE)] {
        let (let_in, told) = passed(&authorizer, times(&event, 8)).await;
        assert_eq!((let_in, told), (5, vec![json!("throttled"); 3]));
        authorizer.ports.clock.advance(Duration::from_secs(5));
    }
}

#[tokio::test]
async fn a_method_s_own_throttle_counts_too() {
    let verbs = limited(|plan| of_methods(plan, &["/pets/{id}/GET"]));
    let any = limited(|plan| of_methods(plan, &["/pets/{id}/ANY"]));
    let whole = limited(|plan| of_methods(plan, &["*/*"]));
    let other = limited(|plan| of_methods(plan, &["/dogs/GET", "/pets/{id}/PUT"]));
    let mut of_any = http(VALUE);
    of_any["routeKey"] = json!("ANY /pets/{id}");
    for (authorizer, event, expected) in [
        (&verbs, rest(VALUE), 2),
        (&any, rest(VALUE), 2),
        (&any, of_any.clone(), 0),
        (&whole, http(VALUE), 2),
        (&other, http(VALUE), 9),
        (&other, of_any, 9),
    ] {
        assert_eq!(passed(authorizer, times(&event, 9)).await.0, expected, "{event}");
    }
    // Beside the method of the verb, that of all others is left to others.
    let both = limited(|plan| of_methods(plan, &["/pets/{id}/GET", "/pets/{id}/ANY"]));
    let mut put = rest(VALUE);
    put["requestContext"]["httpMethod"] = json!("PUT");
    assert_eq!(passed(&both, times(&rest(VALUE), 9)).await.0, 2);
    assert_eq!(passed(&both, times(&put, 9)).await.0, 2);
}

#[tokio::test]
async fn an_event_that_tells_no_route_closes() {
    let authorizer = limited(|_| ());
    for name in ["httpMethod", "resourcePath"] {
        let mut event = rest(VALUE);
        event["requestContext"][name] = Value::Null;
        assert!(matches!(ask(&authorizer, &event).await, Err(Failure::Closed(_))), "{event}");
    }
    let mut event = http(VALUE);
    event["routeKey"] = json!("GET //pets");
    assert!(matches!(ask(&authorizer, &event).await, Err(Failure::Closed(_))));
    event["routeKey"] = json!("$default");
    assert!(ask(&authorizer, &event).await.is_ok());
}

#[tokio::test]
async fn without_counters_throttles_and_quotas_open_and_strict_quotas_close() {
    let limits = |plan: &mut UsagePlan| (plan.quota, plan.throttle) = (quota(3), Some(throttle(5)));
    let open = limited(limits);
    open.ports.counters.fail(true);
    assert_eq!(passed(&open, times(&rest(VALUE), 8)).await.0, 5, "its own bucket still holds");
    let strict = limited(|plan| {
        limits(plan);
        plan.tags.insert("gatelet:quota".to_owned(), "strict".to_owned());
    });
    strict.ports.counters.fail(true);
    let failure = ask(&strict, &rest(VALUE)).await.unwrap_err();
    assert!(matches!(&failure, Failure::Closed(why) if why.contains("the plan is strict")), "{failure}");
}

#[tokio::test]
async fn an_answer_that_was_counted_is_soon_none() {
    let (counting, not) = (limited(|_| ()), keyed(&json!({"apiKeys": {}})));
    let answer = ask(&counting, &rest(VALUE)).await.unwrap();
    assert!(lets_in(&answer, "live/GET/pets/7", None, NOW + 4));
    assert!(!lets_in(&answer, "live/GET/pets/7", None, NOW + 5));
    let answer = ask(&not, &rest(VALUE)).await.unwrap();
    assert!(lets_in(&answer, "live/GET/pets/7", None, NOW + 3_600));
    assert_eq!(not.ports.counters.writes(), 0, "without limits nothing is counted");
}

#[tokio::test]
async fn who_is_refused_anyway_uses_up_nothing() {
    let mut scoped = jwt();
    scoped["scopes"] = json!(["admin"]);
    let addresses = json!({"allow": ["198.51.100.0/24"]});
    for configuration in [
        json!({"apiKeys": {"limits": true}, "jwt": scoped}),
        json!({"apiKeys": {"limits": true}, "addresses": addresses, "answer": "simple-uncached"}),
    ] {
        let authorizer = keyed(&configuration);
        let mut event = http(VALUE);
        let token = token(&json!({"limit": "quota"}));
        event["headers"]["authorization"] = json!(token);
        event["identitySource"] = json!([VALUE, token]);
        let answer = ask(&authorizer, &event).await.unwrap();
        assert!(
            answer["isAuthorized"] == false || !lets_in(&answer, "live/GET/pets/7", None, NOW),
            "{answer}"
        );
        assert!(answer["context"]["limit"].is_null(), "what a token says is not what a limit does: {answer}");
        assert!(authorizer.ports.credentials.seen().is_empty(), "nobody asks for the key");
    }
}

#[tokio::test]
async fn simple_answers_say_no_and_why() {
    let authorizer = keyed(&json!({"apiKeys": {"limits": true}, "answer": "simple-uncached"}));
    let mut plan = plan("gold", "a1b2c3d4e5");
    plan.quota = quota(2);
    authorizer.ports.credentials.insert_plan(plan);
    let (let_in, told) = passed(&authorizer, times(&http(VALUE), 3)).await;
    assert_eq!((let_in, told), (2, vec![json!("quota")]));
    let answer = ask(&authorizer, &http("nobodyhasthiskey0000")).await.unwrap();
    assert_eq!(answer, json!({"isAuthorized": false, "context": {}}));
}
