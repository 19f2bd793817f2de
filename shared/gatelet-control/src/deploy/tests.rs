#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use gatelet_model::rest::{RestApi, RestApiParts, RestStage, StageVariables};
use gatelet_model::v2::{HttpApi, HttpApiParts, V2Stage};
use gatelet_model::{ApiId, StageName};

use super::*;

const DEADLINE: Timestamp = Timestamp::from_milliseconds(u64::MAX);

/// A store in memory whose pointer is moved by somebody else before each of the next moves.
#[derive(Default)]
struct MemoryStore {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    deployments: BTreeMap<PartId, StoredDeployment>,
    pointers: BTreeMap<StageName, StagePointer>,
    overtakers: Vec<StagePointer>,
    elsewhere: Option<(AccountId, Region)>,
    /// Whether the next move happens, where nobody is told what came of it.
    unanswered: Option<bool>,
    log: Vec<&'static str>,
}

impl MemoryStore {
    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DefinitionStore for MemoryStore {
    async fn put_deployment(&self, deployment: &StoredDeployment, _: Timestamp) -> Result<(), PortError> {
        let mut inner = self.inner();
        inner.log.push("deployment");
        inner.deployments.entry(deployment.id.clone()).or_insert_with(|| deployment.clone());
        Ok(())
    }

    async fn deployment(
        &self,
        _: &ApiId,
        id: &PartId,
        _: Timestamp,
    ) -> Result<Option<StoredDeployment>, PortError> {
        Ok(self.inner().deployments.get(id).cloned())
    }

    async fn stage_pointer(
        &self,
        _: &ApiId,
        stage: &StageName,
        _: Timestamp,
    ) -> Result<Option<StagePointer>, PortError> {
        Ok(self.inner().pointers.get(stage).cloned())
    }

    async fn stage_pointers(&self, _: &ApiId, _: Timestamp) -> Result<Vec<StagePointer>, PortError> {
        Ok(self.inner().pointers.values().cloned().collect())
    }

    async fn move_pointer(
        &self,
        _: &ApiId,
        pointer: &StagePointer,
        action: Action,
        _: Option<&str>,
        _: Timestamp,
    ) -> Result<Move, PortError> {
        let mut inner = self.inner();
        inner.log.push(if action == Action::RolledBack { "pointer back" } else { "pointer" });
        if let Some((account, region)) = inner.elsewhere.clone() {
            return Ok(Move::BelongsElsewhere { account, region });
        }
        let name = pointer.stage.name().clone();
        if let Some(overtaker) = inner.overtakers.pop() {
            inner.pointers.insert(name.clone(), overtaker);
        }
        let current = inner.pointers.get(&name).cloned();
        if current.as_ref().map_or(0, |current| current.version) + 1 != pointer.version {
            return Ok(Move::Conflict { current: current.map(Box::new) });
        }
        assert!(inner.deployments.contains_key(&pointer.deployment_id), "the deployment comes first");
        let unanswered = inner.unanswered.take();
        if unanswered != Some(false) {
            inner.pointers.insert(name, pointer.clone());
        }
        unanswered.map_or(Ok(Move::Moved), |_| Err(PortError::Timeout { what: "the store" }))
    }

    async fn apis(&self, _: Timestamp) -> Result<Vec<ApiId>, PortError> {
        Ok(Vec::new())
    }

    async fn remove_api(&self, _: &ApiId, _: Timestamp) -> Result<(), PortError> {
        self.inner().pointers.clear();
        Ok(())
    }

    async fn audit_trail(&self, _: &ApiId, _: Timestamp) -> Result<Vec<AuditEntry>, PortError> {
        Ok(Vec::new())
    }
}

/// Runs what never waits.
fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("the store in memory never waits"),
    }
}

fn api(name: &str) -> Api {
    Api::Rest(RestApi::new(RestApiParts::new(ApiId::parse("abc123").unwrap(), name)).unwrap())
}

fn stage(name: &str) -> Stage {
    Stage::Rest(RestStage::new(StageName::parse(name).unwrap()))
}

fn deployed(store: &MemoryStore, api: Api, stage: Stage) -> Deployed {
    ready(deploy(store, api, stage, None, DEADLINE)).unwrap()
}

fn overtaking(version: u64, deployment: &str) -> StagePointer {
    StagePointer {
        stage: stage("dev"),
        deployment_id: PartId::parse(deployment).unwrap(),
        previous_deployment_id: None,
        version,
    }
}

#[test]
fn the_deployment_is_stored_before_the_pointer_moves() {
    let store = MemoryStore::default();
    let first = deployed(&store, api("first"), stage("dev"));
    assert!(first.changed);
    assert_eq!(first.version, 1);
    assert_eq!(store.inner().log, ["deployment", "pointer"]);
    let stored = store.inner().deployments[&first.deployment_id].clone();
    assert_eq!(stored.open().unwrap().api, api("first"));
}

#[test]
fn the_same_again_changes_nothing() {
    let store = MemoryStore::default();
    let first = deployed(&store, api("first"), stage("dev"));
    let again = deployed(&store, api("first"), stage("dev"));
    let before = Some(first.deployment_id.clone());
    assert_eq!(again, Deployed { before, changed: false, ..first });
}

#[test]
fn a_pointer_remembers_the_deployment_before() {
    let store = MemoryStore::default();
    let first = deployed(&store, api("first"), stage("dev"));
    let second = deployed(&store, api("second"), stage("dev"));
    let name = StageName::parse("dev").unwrap();
    let pointer = store.inner().pointers[&name].clone();
    assert_eq!((pointer.version, second.version), (2, 2));
    assert_eq!(pointer.previous_deployment_id, Some(first.deployment_id.clone()));

    let mut settings = RestStage::new(name.clone());
    settings.variables = StageVariables::new([("colour".to_owned(), "blue".to_owned())]).unwrap();
    let third = deployed(&store, api("second"), Stage::Rest(settings));
    assert!(third.changed, "the settings differ");
    let pointer = store.inner().pointers[&name].clone();
    assert_eq!(pointer.version, 3);
    assert_eq!(pointer.previous_deployment_id, Some(first.deployment_id), "never the present one itself");
}

#[test]
fn an_overtaken_deployer_looks_again() {
    let store = MemoryStore::default();
    store.inner().overtakers = vec![overtaking(2, "b"), overtaking(1, "a")];
    let result = deployed(&store, api("first"), stage("dev"));
    assert_eq!(result.version, 3);
    let pointer = store.inner().pointers[&StageName::parse("dev").unwrap()].clone();
    assert_eq!(pointer.previous_deployment_id, Some(PartId::parse("b").unwrap()));
}

#[test]
fn a_deployer_that_is_always_overtaken_gives_up() {
    let store = MemoryStore::default();
    store.inner().overtakers =
        (1..=u64::from(MOVE_ATTEMPTS_MAX)).rev().map(|version| overtaking(version, "a")).collect();
    let result = ready(deploy(&store, api("first"), stage("dev"), None, DEADLINE));
    assert!(matches!(result, Err(DeployError::Contended { .. })), "{result:?}");
    assert_eq!(store.inner().log.iter().filter(|step| **step == "pointer").count(), 16);
}

#[test]
fn somebody_elses_api_is_left_alone() {
    let store = MemoryStore::default();
    let owner = (AccountId::parse("111122223333").unwrap(), Region::parse("eu-west-1").unwrap());
    store.inner().elsewhere = Some(owner);
    let error = ready(deploy(&store, api("first"), stage("dev"), None, DEADLINE)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the API id `abc123` belongs to account 111122223333 in eu-west-1; deploy it there, or give the API another id"
    );
}

#[test]
fn a_stage_of_another_kind_is_refused() {
    let store = MemoryStore::default();
    let v2 = Stage::V2(V2Stage::new(StageName::parse("dev").unwrap()));
    let error = ready(deploy(&store, api("first"), v2, None, DEADLINE)).unwrap_err();
    assert!(matches!(error, DeployError::AnotherKind { kind: "REST API", .. }), "{error}");
    assert!(store.inner().log.is_empty());
}

#[test]
fn altered_content_is_noticed() {
    let mut stored = StoredDeployment::new(&api("first"), None).unwrap();
    assert_eq!(stored.verify(), Ok(()));
    stored.content.push(b' ');
    assert_eq!(stored.clone().open(), Err(Unopenable::Altered { id: stored.id }));
}

#[test]
fn content_of_another_kind_is_no_api() {
    let content = b"{\"Queue\":{}}".to_vec();
    let id = identity_of(&content);
    let stored = StoredDeployment {
        id: id.clone(),
        api_id: ApiId::parse("abc123").unwrap(),
        description: None,
        content,
    };
    assert!(matches!(stored.open(), Err(Unopenable::NoApi { id: named, .. }) if named == id));
}

fn identity_of(content: &[u8]) -> PartId {
    crate::identity::content_id(content)
}

fn back(store: &MemoryStore, to: Option<&PartId>) -> Result<RolledBack, RollbackError> {
    let (api_id, stage) = (ApiId::parse("abc123").unwrap(), StageName::parse("dev").unwrap());
    ready(roll_back(store, &api_id, &stage, to, None, DEADLINE))
}

#[test]
fn a_rollback_goes_to_the_deployment_before_and_a_second_one_takes_it_back() {
    let store = MemoryStore::default();
    let first = deployed(&store, api("first"), stage("dev")).deployment_id;
    let second = deployed(&store, api("second"), stage("dev"));
    assert_eq!(second.before, Some(first.clone()));
    let second = second.deployment_id;

    let there = back(&store, None).unwrap();
    assert_eq!(there, RolledBack { from: second.clone(), to: first.clone(), version: 3 });
    assert!(there.changed());
    assert_eq!(store.inner().log.last(), Some(&"pointer back"));
    let again = back(&store, None).unwrap();
    assert_eq!(again, RolledBack { from: first, to: second, version: 4 });
}

#[test]
fn a_rollback_goes_to_any_deployment_and_keeps_the_settings() {
    let store = MemoryStore::default();
    let first = deployed(&store, api("first"), stage("dev")).deployment_id;
    deployed(&store, api("second"), stage("dev"));
    let mut settings = RestStage::new(StageName::parse("dev").unwrap());
    settings.variables = StageVariables::new([("colour".to_owned(), "blue".to_owned())]).unwrap();
    let third = deployed(&store, api("third"), Stage::Rest(settings.clone())).deployment_id;

    let there = back(&store, Some(&first)).unwrap();
    assert_eq!((&there.from, &there.to), (&third, &first));
    let pointer = store.inner().pointers[&settings.name].clone();
    assert_eq!(pointer.stage, Stage::Rest(settings));
    assert_eq!(pointer.previous_deployment_id, Some(third));

    let moves = store.inner().log.len();
    let unchanged = back(&store, Some(&first)).unwrap();
    assert!(!unchanged.changed());
    assert_eq!((unchanged.version, store.inner().log.len()), (4, moves), "nothing is written");
}

#[test]
fn a_rollback_that_cannot_be_says_why_and_moves_nothing() {
    let store = MemoryStore::default();
    let said = |to: Option<&PartId>| back(&store, to).unwrap_err().to_string();
    assert!(said(None).starts_with("the API `abc123` has no stage `dev`"), "{}", said(None));
    let first = deployed(&store, api("first"), stage("dev")).deployment_id;
    assert!(said(None).starts_with("the stage `dev` showed no other deployment before"), "{}", said(None));
    let unknown = PartId::parse("nothing").unwrap();
    assert!(said(Some(&unknown)).starts_with("the API `abc123` has no deployment `nothing`"));

    deployed(&store, api("second"), stage("dev"));
    store.inner().deployments.get_mut(&first).unwrap().content.push(b' ');
    assert!(said(None).contains("has been altered; deploy its definition again"), "{}", said(None));
    store.inner().deployments.remove(&first);
    assert!(said(None).starts_with(&format!("the API `abc123` has no deployment `{first}`")));

    let parts = HttpApiParts::new(ApiId::parse("abc123").unwrap(), "http");
    let other = StoredDeployment::new(&Api::Http(HttpApi::new(parts).unwrap()), None).unwrap();
    store.inner().deployments.insert(other.id.clone(), other.clone());
    assert!(said(Some(&other.id)).starts_with("the API was a HTTP API in the deployment `"));
    assert!(!store.inner().log.contains(&"pointer back"));
}

#[test]
fn a_rollback_that_was_overtaken_does_not_guess() {
    let store = MemoryStore::default();
    deployed(&store, api("first"), stage("dev"));
    deployed(&store, api("second"), stage("dev"));
    store.inner().overtakers = vec![overtaking(3, "a")];
    assert!(matches!(back(&store, None), Err(RollbackError::Overtaken { .. })));
    let pointer = store.inner().pointers[&StageName::parse("dev").unwrap()].clone();
    assert_eq!(pointer, overtaking(3, "a"));
}

#[test]
fn a_rollback_without_an_answer_looks_whether_it_happened() {
    let store = MemoryStore::default();
    let first = deployed(&store, api("first"), stage("dev")).deployment_id;
    let second = deployed(&store, api("second"), stage("dev")).deployment_id;
    store.inner().unanswered = Some(true);
    let happened = back(&store, None).unwrap();
    assert_eq!(happened, RolledBack { from: second, to: first, version: 3 });
}

#[test]
fn a_rollback_without_an_answer_says_how_to_repeat_it() {
    let store = MemoryStore::default();
    let first = deployed(&store, api("first"), stage("dev")).deployment_id;
    deployed(&store, api("second"), stage("dev"));
    store.inner().unanswered = Some(false);
    let error = back(&store, None).unwrap_err();
    assert!(matches!(&error, RollbackError::Unanswered { to, .. } if *to == first), "{error:?}");
    assert_eq!(
        error.to_string(),
        format!(
            "the store did not answer in time, so the stage `dev` may show the deployment `{first}` now or soon; \
             see `gatelet deployments`, then roll back with `--to {first}`"
        )
    );
    // As it says: however often, and whether or not it happened.
    for version in [3, 3] {
        assert_eq!(back(&store, Some(&first)).unwrap().version, version);
    }
}

#[test]
fn another_api_under_the_same_id_is_an_occupant() {
    let store = MemoryStore::default();
    let name = StageName::parse("dev").unwrap();
    let found = |api: &Api| ready(occupant(&store, api, &name, DEADLINE)).unwrap();
    assert_eq!(found(&api("first")), None, "nothing is deployed");
    let id = deployed(&store, api("first"), stage("dev")).deployment_id;
    assert_eq!(found(&api("first")), None);

    let first = Some(Occupant { name: "first".to_owned(), kind: "REST API" });
    assert_eq!(found(&api("second")), first);
    let http = HttpApiParts::new(ApiId::parse("abc123").unwrap(), "first");
    assert_eq!(found(&Api::Http(HttpApi::new(http).unwrap())), first, "the kind differs");

    store.inner().deployments.get_mut(&id).unwrap().content.push(b' ');
    assert_eq!(found(&api("second")), None, "deploying repairs what is damaged");
}
