//! Deployments and pointers as they are stored.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use gatelet_control::deploy::{Action, DefinitionStore, deploy};
use gatelet_core::ports::Clock;
use gatelet_model::rest::{RestStage, StageVariables};
use gatelet_model::{Api, Stage};

use crate::connectors::switched;
use crate::fixture::{Setup, api, api_with_noise, pets, stage, stage_name};

/// An item of 400 KB is DynamoDB's limit, and 350 KB the design's.
const ITEM_BYTES_MAX: usize = 350_000;

/// The sort keys of an API's items that begin so, with the bytes of their content.
async fn items(setup: &Setup, prefix: &str) -> Vec<(String, usize)> {
    let mut pages = setup
        .client()
        .query()
        .table_name("gatelet-definitions")
        .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
        .expression_attribute_values(":pk", AttributeValue::S(format!("123456789012#eu-west-1#{}", pets())))
        .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()))
        .into_paginator()
        .items()
        .send();
    let mut found = Vec::new();
    while let Some(item) = pages.next().await {
        let item = item.unwrap();
        let bytes =
            item.get("content").and_then(|content| content.as_b().ok()).map_or(0, |b| b.as_ref().len());
        found.push((item["sk"].as_s().unwrap().clone(), bytes));
    }
    found
}

#[tokio::test]
async fn equal_content_is_stored_once() {
    let setup = Setup::new().await;
    let dev = setup.deploy(api("one"), "dev").await;
    let prod = setup.deploy(api("one"), "prod").await;
    assert_eq!(dev.deployment_id, prod.deployment_id);
    let other = setup.deploy(api("two"), "prod").await;
    assert_ne!(dev.deployment_id, other.deployment_id);

    let stored = items(&setup, "deployment#").await;
    let heads = stored.iter().filter(|(key, _)| key.matches('#').count() == 1).count();
    assert_eq!((heads, stored.len()), (2, 4), "two heads with a chunk each: {stored:?}");
}

#[tokio::test]
async fn three_megabytes_come_back_whole() {
    let setup = Setup::new().await;
    let large = api_with_noise("large", 3_000_000);
    let deployed = setup.deploy(large.clone(), "dev").await;
    let chunks: Vec<_> =
        items(&setup, "deployment#").await.into_iter().filter(|(_, bytes)| *bytes > 0).collect();
    assert!(chunks.len() >= 7, "three quarters of the noise is left after compression: {chunks:?}");
    assert!(chunks.iter().all(|(key, bytes)| key.len() + bytes < ITEM_BYTES_MAX - 200), "{chunks:?}");

    let stored = setup.table().deployment(&pets(), &deployed.deployment_id, setup.deadline()).await.unwrap();
    assert_eq!(stored.unwrap().open().unwrap().api, large);
}

#[tokio::test]
async fn the_same_again_writes_nothing() {
    let setup = Setup::new().await;
    let (table, switches) = switched(&setup.store, Arc::clone(&setup.time) as Arc<dyn Clock>);
    let deploy_pets = || deploy(&table, api("one"), stage("dev"), None, setup.deadline());
    assert!(deploy_pets().await.unwrap().changed);
    assert!(switches.operations().iter().any(|operation| operation == "TransactWriteItems"));

    let again = deploy_pets().await.unwrap();
    assert!(!again.changed);
    assert_eq!(again.version, 1);
    let operations = switches.operations();
    assert!(
        operations.iter().all(|operation| operation == "GetItem" || operation == "Query"),
        "{operations:?}"
    );
}

#[tokio::test]
async fn settings_move_the_pointer_too() {
    let setup = Setup::new().await;
    let first = setup.deploy(api("one"), "dev").await;
    let mut settings = RestStage::new(stage_name("dev"));
    settings.variables = StageVariables::new([("colour".to_owned(), "blue".to_owned())]).unwrap();
    let settings = Stage::Rest(settings);
    let second = deploy(setup.table(), api("one"), settings.clone(), None, setup.deadline()).await.unwrap();
    assert!(second.changed);
    assert_eq!((second.version, &second.deployment_id), (2, &first.deployment_id));
    let pointer = setup.table().stage_pointer(&pets(), &stage_name("dev"), setup.deadline()).await.unwrap();
    assert_eq!(pointer.unwrap().stage, settings);
}

#[tokio::test]
async fn stages_are_listed_and_removed_and_all_of_it_is_on_record() {
    let setup = Setup::new().await;
    let because = Some("first try".to_owned());
    deploy(setup.table(), api("one"), stage("dev"), because.clone(), setup.deadline()).await.unwrap();
    let prod = setup.deploy(api("two"), "prod").await;
    assert_eq!(setup.table().apis(setup.deadline()).await.unwrap(), [pets()]);
    let names = |pointers: Vec<gatelet_model::StagePointer>| {
        pointers.iter().map(|pointer| pointer.stage.name().to_string()).collect::<Vec<_>>()
    };
    let pointers = setup.table().stage_pointers(&pets(), setup.deadline()).await.unwrap();
    assert_eq!(names(pointers), ["dev", "prod"]);

    setup.table().remove_api(&pets(), setup.deadline()).await.unwrap();
    assert_eq!(setup.table().apis(setup.deadline()).await.unwrap(), []);
    assert_eq!(setup.table().stage_pointers(&pets(), setup.deadline()).await.unwrap(), []);
    let deployment = setup.table().deployment(&pets(), &prod.deployment_id, setup.deadline()).await.unwrap();
    assert!(deployment.is_some(), "deployments stay");
    setup.table().remove_api(&pets(), setup.deadline()).await.unwrap();

    let trail = setup.table().audit_trail(&pets(), setup.deadline()).await.unwrap();
    let mut lines: Vec<_> =
        trail.iter().map(|entry| (entry.action, entry.stage.to_string(), entry.version)).collect();
    lines.sort_by_key(|(action, stage, _)| (*action == Action::Removed, stage.clone()));
    let expected = [
        (Action::Deployed, "dev".to_owned(), 1),
        (Action::Deployed, "prod".to_owned(), 1),
        (Action::Removed, "dev".to_owned(), 1),
        (Action::Removed, "prod".to_owned(), 1),
    ];
    assert_eq!(lines, expected);
    assert_eq!(trail.iter().filter(|entry| entry.description == because).count(), 1);
    assert!(trail.is_sorted_by_key(|entry| entry.at), "{trail:?}");
}

#[tokio::test]
async fn a_removed_api_can_come_back() {
    let setup = Setup::new().await;
    setup.deploy(api("one"), "dev").await;
    setup.table().remove_api(&pets(), setup.deadline()).await.unwrap();
    let again = setup.deploy(api("one"), "dev").await;
    assert!(again.changed);
    assert_eq!(setup.table().apis(setup.deadline()).await.unwrap(), [pets()]);
}

#[tokio::test]
async fn a_damaged_deployment_is_repaired_by_deploying_it_again() {
    let setup = Setup::new().await;
    let large: Api = api_with_noise("large", 1_000_000);
    let deployed = setup.deploy(large.clone(), "dev").await;
    let (last, _) = items(&setup, "deployment#").await.pop().unwrap();
    setup
        .client()
        .delete_item()
        .table_name("gatelet-definitions")
        .key("pk", AttributeValue::S(format!("123456789012#eu-west-1#{}", pets())))
        .key("sk", AttributeValue::S(last))
        .send()
        .await
        .unwrap();
    let read = async || setup.table().deployment(&pets(), &deployed.deployment_id, setup.deadline()).await;
    let error = read().await.unwrap_err().to_string();
    assert!(error.starts_with("the deployment cannot be read: 1 of its "), "{error}");
    assert!(!setup.deploy(large.clone(), "dev").await.changed);
    assert_eq!(read().await.unwrap().unwrap().open().unwrap().api, large);
}
