//! What the data plane sees of deployments, and what it does when the store fails.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use gatelet_aws::definitions::{DynamoDefinitions, REFRESH_AFTER};
use gatelet_control::deploy::DefinitionStore;
use gatelet_core::ports::{Clock, Definitions, PortError};
use gatelet_model::rest::EndpointType;
use gatelet_model::{Api, ApiId, Domain, DomainName, PartId, RoutingMode};

use crate::connectors::{Switches, switched};
use crate::fixture::{Setup, api, pets, stage_name};

/// The deployment that a stage shows.
async fn shown(definitions: &DynamoDefinitions, setup: &Setup, stage: &str) -> PartId {
    let published = definitions.published(&pets(), setup.deadline()).await.unwrap().unwrap();
    published.stage(stage).unwrap().deployment_id().clone()
}

fn with_switches(setup: &Setup) -> (DynamoDefinitions, Arc<Switches>) {
    let (table, switches) = switched(&setup.store, Arc::clone(&setup.time) as Arc<dyn Clock>);
    (DynamoDefinitions::new(table), switches)
}

async fn lose(setup: &Setup, deployment: &PartId) {
    setup
        .client()
        .delete_item()
        .table_name("gatelet-definitions")
        .key("pk", AttributeValue::S(format!("123456789012#eu-west-1#{}", pets())))
        .key("sk", AttributeValue::S(format!("deployment#{deployment}")))
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn a_moved_pointer_is_seen_within_seconds_and_at_once_when_asked_for() {
    let setup = Setup::new().await;
    let first = setup.deploy(api("one"), "dev").await.deployment_id;
    assert_eq!(shown(&setup.definitions, &setup, "dev").await, first);
    let second = setup.deploy(api("two"), "dev").await.deployment_id;
    assert_eq!(shown(&setup.definitions, &setup, "dev").await, first, "still in memory");
    setup.time.pass(REFRESH_AFTER);
    assert_eq!(shown(&setup.definitions, &setup, "dev").await, second);
    let third = setup.deploy(api("three"), "dev").await.deployment_id;
    setup.definitions.refresh(&pets(), setup.deadline()).await.unwrap();
    assert_eq!(shown(&setup.definitions, &setup, "dev").await, third);
}

#[tokio::test]
async fn what_did_not_change_stays_the_same_in_memory() {
    let setup = Setup::new().await;
    setup.deploy(api("one"), "dev").await;
    setup.deploy(api("one"), "prod").await;
    let before = setup.definitions.published(&pets(), setup.deadline()).await.unwrap().unwrap();
    setup.time.pass(REFRESH_AFTER);
    let unchanged = setup.definitions.published(&pets(), setup.deadline()).await.unwrap().unwrap();
    assert!(Arc::ptr_eq(&before, &unchanged));

    setup.deploy(api("two"), "dev").await;
    let after = setup.definitions.refresh(&pets(), setup.deadline()).await.unwrap().unwrap();
    assert!(Arc::ptr_eq(before.stage("prod").unwrap(), after.stage("prod").unwrap()));
    assert!(!Arc::ptr_eq(before.stage("dev").unwrap(), after.stage("dev").unwrap()));
}

#[tokio::test]
async fn an_api_that_is_not_there_is_none_until_it_comes() {
    let setup = Setup::new().await;
    let unknown = ApiId::parse("nobody").unwrap();
    assert!(setup.definitions.published(&unknown, setup.deadline()).await.unwrap().is_none());
    assert!(setup.definitions.published(&pets(), setup.deadline()).await.unwrap().is_none());
    setup.deploy(api("one"), "dev").await;
    setup.time.pass(REFRESH_AFTER);
    assert!(setup.definitions.published(&pets(), setup.deadline()).await.unwrap().is_some());
    setup.table().remove_api(&pets(), setup.deadline()).await.unwrap();
    setup.time.pass(REFRESH_AFTER);
    assert!(setup.definitions.published(&pets(), setup.deadline()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_request_in_between_costs_no_read() {
    let setup = Setup::new().await;
    setup.deploy(api("one"), "dev").await;
    let (definitions, switches) = with_switches(&setup);
    shown(&definitions, &setup, "dev").await;
    assert_eq!(
        switches.operations(),
        ["GetItem", "Query", "Query"],
        "the entry, the pointers, the deployment"
    );
    for _ in 0..100 {
        shown(&definitions, &setup, "dev").await;
    }
    assert_eq!(switches.operations(), [""; 0]);
    setup.time.pass(REFRESH_AFTER);
    shown(&definitions, &setup, "dev").await;
    assert_eq!(switches.operations(), ["Query"], "the pointers alone");
}

#[tokio::test]
async fn when_the_store_fails_what_is_in_memory_is_served_and_nothing_is_made_up() {
    let setup = Setup::new().await;
    let first = setup.deploy(api("one"), "dev").await.deployment_id;
    let (warm, switches) = with_switches(&setup);
    assert_eq!(shown(&warm, &setup, "dev").await, first);
    let second = setup.deploy(api("two"), "dev").await.deployment_id;
    switches.fails.store(true, Ordering::SeqCst);
    for _ in 0..12 {
        setup.time.pass(Duration::from_secs(15 * 60));
        assert_eq!(shown(&warm, &setup, "dev").await, first, "three hours later as well");
    }
    let error = warm.refresh(&pets(), setup.deadline()).await.unwrap_err();
    assert!(
        matches!(&error, PortError::Unavailable { why, .. } if why.contains("the store is down")),
        "{error}"
    );

    let (cold, cold_switches) = with_switches(&setup);
    cold_switches.fails.store(true, Ordering::SeqCst);
    let error = cold.published(&pets(), setup.deadline()).await.unwrap_err();
    assert!(matches!(error, PortError::Unavailable { .. }), "{error}");
    assert!(cold.domain("api.example.com", setup.deadline()).await.is_err());

    switches.fails.store(false, Ordering::SeqCst);
    cold_switches.fails.store(false, Ordering::SeqCst);
    setup.time.pass(Duration::from_secs(15 * 60));
    assert_eq!(shown(&warm, &setup, "dev").await, second);
    assert_eq!(shown(&cold, &setup, "dev").await, second);
}

#[tokio::test]
async fn when_the_store_hangs_no_request_waits_past_its_deadline() {
    let setup = Setup::new().await;
    let first = setup.deploy(api("one"), "dev").await.deployment_id;
    let (definitions, switches) = with_switches(&setup);
    assert_eq!(shown(&definitions, &setup, "dev").await, first);
    switches.hangs.store(true, Ordering::SeqCst);
    setup.time.pass(REFRESH_AFTER);
    let began = Instant::now();
    let deadline = setup.time.now().after(Duration::from_secs(2));
    let published = definitions.published(&pets(), deadline).await.unwrap().unwrap();
    assert_eq!(*published.stage("dev").unwrap().deployment_id(), first);
    assert!(began.elapsed() < Duration::from_secs(2), "half of the time is left for the answer");

    let unknown = ApiId::parse("nobody").unwrap();
    let deadline = setup.time.now().after(Duration::from_millis(50));
    let error = definitions.published(&unknown, deadline).await.unwrap_err();
    assert!(matches!(error, PortError::Timeout { .. }), "{error}");
}

#[tokio::test]
async fn a_lost_deployment_is_replaced_by_the_one_before() {
    let setup = Setup::new().await;
    let first = setup.deploy(api("one"), "dev").await.deployment_id;
    let second = setup.deploy(api("two"), "dev").await.deployment_id;
    lose(&setup, &second).await;
    let cold = setup.cold().await;
    assert_eq!(shown(&cold, &setup, "dev").await, first);
    setup.time.pass(REFRESH_AFTER);
    assert_eq!(shown(&cold, &setup, "dev").await, first, "and stays so");

    assert!(!setup.deploy(api("two"), "dev").await.changed, "deploying again repairs it");
    setup.time.pass(REFRESH_AFTER);
    assert_eq!(shown(&cold, &setup, "dev").await, second);

    lose(&setup, &first).await;
    lose(&setup, &second).await;
    setup.time.pass(REFRESH_AFTER);
    assert_eq!(shown(&cold, &setup, "dev").await, second, "what is in memory needs no store");
    let error = setup.cold().await.published(&pets(), setup.deadline()).await.unwrap_err();
    assert!(matches!(error, PortError::Unreadable { .. }), "never an API without stages: {error}");
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_no_reason_to_fall_back() {
    let setup = Setup::new().await;
    setup.deploy(api("one"), "dev").await;
    let second = setup.deploy(api("two"), "dev").await.deployment_id;
    let (definitions, switches) = with_switches(&setup);
    switches.fails.store(true, Ordering::SeqCst);
    assert!(definitions.published(&pets(), setup.deadline()).await.is_err());
    switches.fails.store(false, Ordering::SeqCst);
    assert_eq!(shown(&definitions, &setup, "dev").await, second);
}

#[tokio::test]
async fn many_first_requests_load_an_api_once() {
    let setup = Setup::new().await;
    setup.deploy(api("one"), "dev").await;
    let (definitions, switches) = with_switches(&setup);
    let definitions = Arc::new(definitions);
    let deadline = setup.deadline();
    let requests: Vec<_> = (0..50)
        .map(|_| {
            let definitions = Arc::clone(&definitions);
            tokio::spawn(async move { definitions.published(&pets(), deadline).await.unwrap().is_some() })
        })
        .collect();
    for request in requests {
        assert!(request.await.unwrap());
    }
    assert_eq!(switches.operations().len(), 3);
}

#[tokio::test]
async fn a_domain_is_read_and_kept() {
    let setup = Setup::new().await;
    let domain = |tag: &str| DomainName {
        name: Domain::parse("api.example.com").unwrap(),
        endpoint_type: EndpointType::Regional,
        certificate_arn: None,
        security_policy: None,
        mutual_tls: None,
        routing_mode: RoutingMode::ApiMappingOnly,
        mappings: Vec::new(),
        routing_rules: Vec::new(),
        tags: [("tag".to_owned(), tag.to_owned())].into(),
    };
    let read = || setup.definitions.domain("api.example.com", setup.deadline());
    assert_eq!(read().await.unwrap(), None);
    setup.table().put_domain(&domain("one"), setup.deadline()).await.unwrap();
    setup.time.pass(REFRESH_AFTER);
    assert_eq!(*read().await.unwrap().unwrap(), domain("one"));
    setup.table().put_domain(&domain("two"), setup.deadline()).await.unwrap();
    setup.time.pass(REFRESH_AFTER);
    assert_eq!(*read().await.unwrap().unwrap(), domain("two"));
}

#[tokio::test]
async fn an_api_compiles_as_it_was_deployed() {
    let setup = Setup::new().await;
    setup.deploy(api("one"), "dev").await;
    let published = setup.definitions.published(&pets(), setup.deadline()).await.unwrap().unwrap();
    let stage = published.stage("dev").unwrap();
    assert_eq!((*stage.name() == stage_name("dev"), stage.version()), (true, 1));
    assert!(matches!(api("one"), Api::Rest(_)));
    assert!(matches!(stage.api(), gatelet_core::snapshot::ApiSnapshot::Rest(_)));
}
