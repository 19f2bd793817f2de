#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use gatelet_core::limits::Day;
use gatelet_core::ports::{
    Counters, Credentials, Decisions, IdentityProviders, QuotaName, QuotaTake, TakeForm, TokenTake,
};
use gatelet_model::PartId;

use super::*;

const KEY: &str = "GhZk3P1sVxQ9bT7mWc2NfRy5JdLa8EuKo4HiXvSz6B1";
const NOWHERE: &str = "http://127.0.0.1:1";

fn world(variables: &[(&str, &str)]) -> Result<RouterWorld, String> {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let environment = Environment::parse(variables).unwrap();
    RouterWorld::new(&environment, Path::new("a folder without a pack"))
}

#[tokio::test]
async fn tables_that_are_not_named_hold_nothing_and_are_not_asked() {
    let world = world(&[("GATELET_DEFINITIONS_TABLE", "t"), ("AWS_ENDPOINT_URL_DYNAMODB", NOWHERE)]).unwrap();
    let deadline = Timestamp::from_milliseconds(u64::MAX);
    assert!(world.credentials().access_key("GTLKAAAAAAAAAAAAAAAA", deadline).await.unwrap().is_none());
    assert!(world.credentials().attached_policies("arn", deadline).await.unwrap().is_empty());
    assert!(world.credentials().api_key("the value of a key 1", deadline).await.unwrap().is_none());
    let id = PartId::parse("abc").unwrap();
    assert!(world.credentials().usage_plan(&id, deadline).await.unwrap().is_none());
    assert!(!world.decisions().are_shared());
    assert!(!world.counters().are_shared());
    let quota = QuotaName { plan: &id, key: &id, first_day: Day::of(Timestamp::from_milliseconds(0)) };
    let take = QuotaTake { quota, tokens: 1, limit: 10, expires: deadline };
    let refused = world.counters().take_quota(take, deadline).await.unwrap_err().to_string();
    assert_eq!(
        refused, "the counters table is not available: there is none; set `GATELET_COUNTERS_TABLE`",
        "no quota is kept, and nobody is told that one is"
    );
    assert_eq!(world.identity_providers().key_set_url("https://id.example"), None);
}

#[tokio::test]
async fn tables_that_are_named_are_asked() {
    let world = world(&[
        ("GATELET_DEFINITIONS_TABLE", "t"),
        ("GATELET_CREDENTIALS_TABLE", "c"),
        ("GATELET_CREDENTIALS_KEY", KEY),
        ("GATELET_DECISIONS_TABLE", "d"),
        ("GATELET_COUNTERS_TABLE", "n"),
        ("GATELET_ACCOUNT_THROTTLE", "10:5"),
        ("GATELET_ISSUERS", "https://id.example=http://127.0.0.1:1/jwks"),
        ("AWS_ENDPOINT_URL_DYNAMODB", NOWHERE),
    ])
    .unwrap();
    // In the past: nothing is waited for.
    let deadline = Timestamp::from_milliseconds(0);
    let timeout = |what| PortError::Timeout { what };
    let key = world.credentials().access_key("GTLKAAAAAAAAAAAAAAAA", deadline).await;
    assert_eq!(key.unwrap_err(), timeout("the credentials table"));
    let policies = world.credentials().attached_policies("arn", deadline).await;
    assert_eq!(policies.unwrap_err(), timeout("the credentials table"));
    let key = world.credentials().api_key("the value of a key 1", deadline).await;
    assert_eq!(key.unwrap_err(), timeout("the credentials table"));
    let id = PartId::parse("abc").unwrap();
    let plan = world.credentials().usage_plan(&id, deadline).await;
    assert_eq!(plan.unwrap_err(), timeout("the credentials table"));
    assert!(world.counters().are_shared());
    assert_eq!(world.memory().limits.settings.account.map(|throttle| throttle.burst()), Some(5));
    let quota = QuotaName { plan: &id, key: &id, first_day: Day::of(deadline) };
    let take = QuotaTake { quota, tokens: 1, limit: 10, expires: deadline };
    let taken = world.counters().take_quota(take, deadline).await;
    assert_eq!(taken.unwrap_err(), timeout("the counters table"));
    let form = TakeForm::Idle { now: 0, time: 1 };
    let taken =
        world.counters().take_tokens("throttle#a", 0, TokenTake { form, expires: deadline }, deadline);
    assert_eq!(taken.await.unwrap_err(), timeout("the counters table"));
    assert!(world.decisions().are_shared());
    let key = gatelet_core::ports::Key::of([&b"a"[..]]);
    assert_eq!(world.decisions().get(&key, deadline).await.unwrap_err(), timeout("the decisions table"));
    let put = world.decisions().put(&key, "answer".into(), deadline, deadline).await;
    assert_eq!(put.unwrap_err(), timeout("the decisions table"));
    assert_eq!(world.identity_providers().key_set_url("https://id.example"), Some("http://127.0.0.1:1/jwks"));
}

#[test]
fn a_table_that_cannot_be_read_closes_the_router() {
    let why = |variables: &[(&str, &str)]| world(variables).err().unwrap();
    assert!(why(&[]).starts_with("there are no definitions: set `GATELET_DEFINITIONS_TABLE`"));
    let signed_by_nobody = why(&[("GATELET_DEFINITIONS_TABLE", "t")]);
    assert!(
        signed_by_nobody.starts_with("no credentials are known for the definitions table"),
        "{signed_by_nobody}"
    );
    let keyless = why(&[
        ("GATELET_DEFINITIONS_TABLE", "t"),
        ("GATELET_CREDENTIALS_TABLE", "c"),
        ("AWS_ENDPOINT_URL_DYNAMODB", NOWHERE),
    ]);
    assert!(
        keyless.starts_with("`GATELET_CREDENTIALS_TABLE` is set without `GATELET_CREDENTIALS_KEY`"),
        "{keyless}"
    );
}
