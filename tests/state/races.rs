//! Several deployers at the same stage.

use std::sync::Arc;

use gatelet_aws::dynamodb::DefinitionTable;
use gatelet_control::deploy::{Action, DefinitionStore, Move, deploy};
use gatelet_core::ports::{Clock, Definitions};
use gatelet_model::StagePointer;

use crate::connectors::switched;
use crate::fixture::{Setup, api, pets, stage, stage_name};

const DEPLOYERS: usize = 3;
const DEPLOYMENTS_EACH: usize = 15;

#[tokio::test]
async fn whoever_saw_an_older_version_moves_nothing() {
    let setup = Setup::new().await;
    let table = setup.table();
    let first = setup.deploy(api("one"), "dev").await;
    setup.deploy(api("two"), "dev").await;
    let current = table.stage_pointer(&pets(), &stage_name("dev"), setup.deadline()).await.unwrap().unwrap();
    let late = |version| StagePointer {
        stage: stage("dev"),
        deployment_id: first.deployment_id.clone(),
        previous_deployment_id: None,
        version,
    };
    for version in [1, 2, 4, 100] {
        let moved = table
            .move_pointer(&pets(), &late(version), Action::Deployed, None, setup.deadline())
            .await
            .unwrap();
        assert_eq!(
            moved,
            Move::Conflict { current: Some(Box::new(current.clone())) },
            "to version {version}"
        );
    }
    let trail = table.audit_trail(&pets(), setup.deadline()).await.unwrap();
    assert_eq!(trail.len(), 2, "what did not happen is not on record");
    assert_eq!(
        table.move_pointer(&pets(), &late(3), Action::Deployed, None, setup.deadline()).await.unwrap(),
        Move::Moved
    );

    table.remove_api(&pets(), setup.deadline()).await.unwrap();
    let moved =
        table.move_pointer(&pets(), &late(4), Action::Deployed, None, setup.deadline()).await.unwrap();
    assert_eq!(moved, Move::Conflict { current: None });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_deployers_come_one_after_the_other() {
    let setup = Setup::new().await;
    let (table, switches) = switched(&setup.store, Arc::clone(&setup.time) as Arc<dyn Clock>);
    let deadline = setup.deadline();
    let deployers: Vec<_> = (0..DEPLOYERS)
        .map(|deployer| {
            let table: DefinitionTable = table.clone();
            tokio::spawn(async move {
                let mut versions = Vec::new();
                for number in 0..DEPLOYMENTS_EACH {
                    let api = api(&format!("{deployer}-{number}"));
                    let deployed = deploy(&table, api, stage("dev"), None, deadline).await.unwrap();
                    assert!(deployed.changed);
                    versions.push((deployed.version, deployed.deployment_id));
                }
                assert!(versions.is_sorted(), "each deployer's own come in its order");
                versions
            })
        })
        .collect();
    let mut versions = Vec::new();
    for deployer in deployers {
        versions.extend(deployer.await.unwrap());
    }
    versions.sort();
    let total = (DEPLOYERS * DEPLOYMENTS_EACH) as u64;
    let numbers: Vec<_> = versions.iter().map(|(version, _)| *version).collect();
    assert_eq!(numbers, (1..=total).collect::<Vec<_>>(), "each version once");

    let mut trail: Vec<_> = setup
        .table()
        .audit_trail(&pets(), deadline)
        .await
        .unwrap()
        .into_iter()
        .map(|entry| (entry.version, entry.deployment_id))
        .collect();
    trail.sort();
    assert_eq!(trail, versions, "the trail tells the same");

    let pointer = table.stage_pointer(&pets(), &stage_name("dev"), deadline).await.unwrap().unwrap();
    let (last, before) = (&versions[versions.len() - 1], &versions[versions.len() - 2]);
    assert_eq!((pointer.version, &pointer.deployment_id), (last.0, &last.1));
    assert_eq!(pointer.previous_deployment_id.as_ref(), Some(&before.1));
    let moves = switches.operations().iter().filter(|operation| *operation == "TransactWriteItems").count();
    assert!(moves > versions.len(), "nobody was ever overtaken: this run showed nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_see_complete_versions_that_never_go_back() {
    let setup = Setup::new().await;
    setup.deploy(api("first"), "dev").await;
    let deadline = setup.deadline();
    let definitions = Arc::new(setup.cold().await);
    let done = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (definitions, done) = (Arc::clone(&definitions), Arc::clone(&done));
            tokio::spawn(async move {
                let mut seen = Vec::new();
                while !done.load(std::sync::atomic::Ordering::SeqCst) {
                    definitions.refresh(&pets(), deadline).await.unwrap();
                    let published = definitions.published(&pets(), deadline).await.unwrap().unwrap();
                    seen.push(published.stage("dev").unwrap().version());
                    tokio::task::yield_now().await;
                }
                seen
            })
        })
        .collect();
    for number in 0..30 {
        setup.deploy(api(&number.to_string()), "dev").await;
    }
    done.store(true, std::sync::atomic::Ordering::SeqCst);
    for reader in readers {
        let seen = reader.await.unwrap();
        assert!(seen.is_sorted(), "{seen:?}");
        assert!(
            seen.iter().collect::<std::collections::BTreeSet<_>>().len() > 2,
            "the reader saw moves: {seen:?}"
        );
    }
}
