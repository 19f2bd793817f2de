//! Whose API key a request shows.

use std::cell::RefCell;
use std::io::Write;

use gatelet_core::ports::{ApiKeyEntry, Membership};
use gatelet_model::{ApiId, PartId, PlanStage, StageName, UsagePlan};
use indexmap::IndexMap;

use super::*;

pub(super) const VALUE: &str = "d1f5c1a0e2b34c6f8a9b";
const UNKNOWN: &str = "nobodyhasthiskey0000";
const DISABLED: &str = "disabled000000000000";
const ELSEWHERE: &str = "elsewhere00000000000";

pub(super) fn id(text: &str) -> PartId {
    PartId::parse(text).unwrap()
}

/// A plan without limits for the stage `live` of an API.
pub(super) fn plan(name: &str, api: &str) -> UsagePlan {
    let stage = PlanStage {
        api_id: ApiId::parse(api).unwrap(),
        stage: StageName::parse("live").unwrap(),
        method_throttles: IndexMap::new(),
    };
    UsagePlan {
        id: id(name),
        name: name.to_owned(),
        description: None,
        stages: vec![stage],
        throttle: None,
        quota: None,
        product_code: None,
        tags: IndexMap::new(),
    }
}

/// An authorizer with a key of the plan `gold`, which is the API's, one that is disabled, and one of another plan.
pub(super) fn keyed(configuration: &Value) -> Authorizer<Ports> {
    let authorizer = authorizer(configuration);
    let credentials = &authorizer.ports.credentials;
    credentials.insert_plan(plan("gold", "a1b2c3d4e5"));
    credentials.insert_plan(plan("other", "z9y8x7w6v5"));
    for (value, key, plan) in [(VALUE, "k1", "gold"), (DISABLED, "k2", "gold"), (ELSEWHERE, "k3", "other")] {
        let since = Timestamp::from_milliseconds(0);
        let memberships = vec![Membership { plan: id(plan), since }];
        let key = ApiKeyEntry { id: id(key), name: "a key".into(), enabled: value != DISABLED, memberships };
        credentials.insert_api_key(value, key);
    }
    authorizer
}

/// The event of a REST API for `GET /pets/7` of the stage `live`, whose resource is `/pets/{id}`.
pub(super) fn rest(value: &str) -> Value {
    json!({
        "type": "REQUEST",
        "methodArn": format!("{API}live/GET/pets/7"),
        "headers": {"X-API-Key": value},
        "multiValueHeaders": {"X-API-Key": [value]},
        "requestContext": {"resourceId": "p3ts01", "resourcePath": "/pets/{id}", "httpMethod": "GET"},
    })
}

/// The event of an HTTP API in payload format 2.0 for the same.
pub(super) fn http(value: &str) -> Value {
    json!({
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": format!("{API}live/GET/pets/7"),
        "identitySource": [value],
        "routeKey": "GET /pets/{id}",
        "headers": {"x-api-key": value},
        "requestContext": {"http": {"method": "GET", "path": "/live/pets/7", "sourceIp": "192.0.2.1"}},
    })
}

/// The same request in every form of event that shows its headers.
pub(super) fn each(value: &str) -> Vec<Value> {
    let mut format_1_0 = rest(value);
    format_1_0["version"] = json!("1.0");
    format_1_0["requestContext"]["resourceId"] = json!("GET /pets/{id}");
    let mut websocket = rest(value);
    websocket["methodArn"] = json!(format!("{API}live/$connect"));
    websocket["requestContext"] = json!({"routeKey": "$connect"});
    vec![rest(value), format_1_0, http(value), websocket]
}

/// What is called in an event, below its API.
pub(super) fn called(event: &Value) -> &str {
    let arn = event.get("routeArn").unwrap_or_else(|| &event["methodArn"]);
    arn.as_str().unwrap().strip_prefix(API).unwrap()
}

fn keys() -> Value {
    json!({"apiKeys": {}})
}

#[tokio::test]
async fn a_key_of_a_plan_of_the_stage_is_let_in_there_and_nowhere_else() {
    let authorizer = keyed(&keys());
    for event in each(VALUE) {
        let answer = ask(&authorizer, &event).await.unwrap_or_else(|failure| panic!("{event}: {failure}"));
        assert_eq!(answer["principalId"], json!("k1"), "{event}");
        assert_eq!(answer["context"], json!({"apiKeyId": "k1", "usagePlanId": "gold"}), "{event}");
        assert!(lets_in(&answer, called(&event), None, NOW + 3_600), "{event}: {answer}");
        assert!(lets_in(&answer, "live/DELETE/anything", None, NOW), "{event}: {answer}");
        for elsewhere in ["live2/GET/pets/7", "test/GET/pets/7", "$default/GET/pets/7"] {
            assert!(!lets_in(&answer, elsewhere, None, NOW), "{event}: {elsewhere}: {answer}");
        }
        assert!(!answer.to_string().contains(VALUE), "{answer}");
    }
}

#[tokio::test]
async fn a_key_that_opens_nothing_here_is_denied_and_so_is_none() {
    let authorizer = keyed(&keys());
    let long = "a".repeat(5_000);
    let mut events: Vec<Value> =
        [UNKNOWN, DISABLED, ELSEWHERE, "", &long].into_iter().flat_map(each).collect();
    for mut event in each(VALUE) {
        event["headers"] = json!({});
        event["multiValueHeaders"] = json!({});
        event["identitySource"] = json!(null);
        events.push(event);
    }
    let mut twice = rest(VALUE);
    twice["multiValueHeaders"]["X-API-Key"] = json!([VALUE, VALUE]);
    events.push(twice);
    let mut other_stage = rest(VALUE);
    other_stage["methodArn"] = json!(format!("{API}test/GET/pets/7"));
    events.push(other_stage);
    for event in events {
        let answer = ask(&authorizer, &event).await.unwrap_or_else(|failure| panic!("{event}: {failure}"));
        assert!(!lets_in(&answer, called(&event), None, NOW), "{event}: {answer}");
        assert_eq!(answer["context"], json!({}), "{event}");
        assert_eq!(answer["principalId"], json!("anonymous"), "{event}");
    }
}

#[tokio::test]
async fn a_token_authorizer_is_shown_no_key() {
    let authorizer = keyed(&keys());
    let failure = ask(&authorizer, &token_event(VALUE)).await.unwrap_err();
    assert!(failure.to_string().contains("REQUEST"), "{failure}");
    assert!(matches!(failure, Failure::Closed(_)));
}

#[tokio::test]
async fn an_arn_without_a_stage_closes() {
    let authorizer = keyed(&keys());
    for below in ["", "live", "a*/GET/pets", "a\"/GET/pets", "${a}/GET/pets"] {
        let mut event = rest(VALUE);
        event["methodArn"] = json!(format!("{API}{below}"));
        assert!(matches!(ask(&authorizer, &event).await, Err(Failure::Closed(_))), "{below}");
    }
}

#[tokio::test]
async fn keys_that_cannot_be_known_close() {
    let authorizer = keyed(&keys());
    authorizer.ports.credentials.fail(true);
    for event in each(VALUE) {
        let failure = ask(&authorizer, &event).await.unwrap_err();
        assert!(matches!(&failure, Failure::Closed(why) if why.contains("cannot be known")), "{failure}");
    }
}

#[tokio::test]
async fn a_flood_of_random_keys_is_no_flood_of_reads_and_denies_nobody() {
    let authorizer = keyed(&keys());
    let mut closed = 0;
    for number in 0..1_000 {
        match ask(&authorizer, &rest(&format!("random{number:020}"))).await {
            Ok(answer) => assert!(!lets_in(&answer, "live/GET/pets/7", None, NOW)),
            // A denial would be kept, also for somebody who has the key.
            Err(Failure::Closed(_)) => closed += 1,
            Err(failure) => panic!("{failure}"),
        }
    }
    assert!(closed >= 400, "{closed}");
}

#[tokio::test]
async fn the_key_must_be_what_answers_are_kept_for() {
    let authorizer = keyed(&json!({"apiKeys": {"identitySource": "$request.header.X-Key"}}));
    let mut event = http("anything");
    event["headers"] = json!({"x-key": VALUE});
    let failure = ask(&authorizer, &event).await.unwrap_err();
    assert!(failure.to_string().contains("add `$request.header.x-key`"), "{failure}");
    assert!(!failure.to_string().contains(VALUE));
    event["identitySource"] = json!(["anything", VALUE]);
    assert!(lets_in(&ask(&authorizer, &event).await.unwrap(), "live/GET/pets/7", None, NOW));
    event["identitySource"] = json!([]);
    assert!(
        lets_in(&ask(&authorizer, &event).await.unwrap(), "live/GET/pets/7", None, NOW),
        "nothing is kept"
    );
    let answer = ask(&authorizer, &rest(VALUE)).await.unwrap();
    assert!(!lets_in(&answer, "live/GET/pets/7", None, NOW), "the key is in another header");
}

#[tokio::test]
async fn only_rest_is_told_the_key_where_that_is_asked_for_and_it_passes() {
    let authorizer = keyed(&json!({"apiKeys": {"usageIdentifierKey": true}}));
    for (number, event) in each(VALUE).iter().enumerate() {
        let answer = ask(&authorizer, event).await.unwrap();
        let is_told = answer.get("usageIdentifierKey") == Some(&json!(VALUE));
        // WebSocket APIs can take it, too; HTTP APIs have no keys.
        assert_eq!(is_told, [0, 3].contains(&number), "{event}: {answer}");
        assert_eq!(is_told, answer.to_string().contains(VALUE));
    }
    for value in [UNKNOWN, DISABLED] {
        let answer = ask(&authorizer, &rest(value)).await.unwrap();
        assert!(answer.get("usageIdentifierKey").is_none() && !answer.to_string().contains(value));
    }
}

#[tokio::test]
async fn tokens_and_keys_must_both_be_good_and_no_claim_takes_the_key_s_place() {
    let configuration = json!({"jwt": jwt(), "apiKeys": {"usageIdentifierKey": true}});
    let keyed = keyed(&configuration);
    let with = |mut event: Value, token: &str, value: &str| {
        event["headers"]["authorization"] = json!(token);
        if event["version"] == "2.0" {
            // The key's comes first, and is no token for that.
            event["identitySource"] = json!([value, token]);
        }
        event
    };
    let claims = json!({"apiKeyId": "mine", "usagePlanId": "mine", "limit": "none", "tenant": "a"});
    let token = token(&claims);
    for event in [rest(VALUE), http(VALUE)] {
        let answer = ask(&keyed, &with(event.clone(), &token, VALUE)).await.unwrap();
        assert!(lets_in(&answer, "live/GET/pets/7", None, NOW), "{answer}");
        assert!(!lets_in(&answer, "live/GET/pets/7", None, NOW + 4_000), "the token has ended");
        assert_eq!(answer["principalId"], json!("ada"));
        let context = &answer["context"];
        assert_eq!((&context["apiKeyId"], &context["usagePlanId"]), (&json!("k1"), &json!("gold")));
        assert_eq!((&context["limit"], &context["tenant"]), (&Value::Null, &json!("a")), "{context}");
        let asked = keyed.ports.credentials.seen().len();
        assert_eq!(ask(&keyed, &with(event.clone(), "bad", VALUE)).await, Err(Failure::Unauthorized));
        assert_eq!(keyed.ports.credentials.seen().len(), asked, "nobody asks for the key of a bad token");
    }
    let answer = ask(&keyed, &with(rest(UNKNOWN), &token, UNKNOWN)).await.unwrap();
    assert!(!lets_in(&answer, "live/GET/pets/7", None, NOW) && answer["context"]["apiKeyId"].is_null());
    // Where no keys are asked for, these are claims as any other.
    let answer = ask(&authorizer(&json!({"jwt": jwt()})), &token_event(&token)).await.unwrap();
    assert_eq!(answer["context"]["apiKeyId"], json!("mine"));
}

#[tokio::test]
async fn what_is_told_of_the_key_is_never_left_out() {
    let ranges: Vec<String> = (0..250).map(|number| format!("203.0.{number}.128/25")).collect();
    let keyed = keyed(&json!({"jwt": jwt(), "apiKeys": {}, "addresses": {"allow": ranges}}));
    let mut event = rest(VALUE);
    // Each shorter than what is told of the key.
    let many = (0..700).map(|number| (number.to_string(), json!(1)));
    event["headers"]["Authorization"] = json!(token(&Value::Object(many.collect())));
    let answer = ask(&keyed, &event).await.unwrap();
    let context = answer["context"].as_object().unwrap();
    assert!(context.len() < 700, "{context:?}");
    assert_eq!((&context["apiKeyId"], &context["usagePlanId"]), (&json!("k1"), &json!("gold")));
}

thread_local! {
    /// What was said on this thread, where a test listens.
    static SAID: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The log of each thread for itself. One listener for the whole process: what a place in the code is told when it first speaks,
/// that nobody listens, would otherwise depend on which test came first.
struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        SAID.with_borrow_mut(|said| said.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_says_why_and_never_a_value() {
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(|| Log);
    tracing::subscriber::set_global_default(subscriber.finish()).unwrap();
    let authorizer = keyed(&json!({"apiKeys": {"limits": true}}));
    for value in [VALUE, UNKNOWN, DISABLED, ELSEWHERE] {
        for event in each(value) {
            let _ = ask(&authorizer, &event).await;
        }
    }
    authorizer.ports.credentials.fail(true);
    let _ = ask(&authorizer, &rest("another0000000000000")).await;
    let _ = ask(&authorizer, &token_event(VALUE)).await;
    let said = String::from_utf8(SAID.take()).unwrap();
    for why in [
        "nobody has this API key",
        "`k2` is disabled",
        "none of the plans of the API key `k3`",
        "cannot be known",
    ] {
        assert!(said.contains(why), "{why}: {said}");
    }
    for value in [VALUE, UNKNOWN, DISABLED, ELSEWHERE, "another0000000000000"] {
        assert!(!said.contains(value), "{value}: {said}");
    }
}
