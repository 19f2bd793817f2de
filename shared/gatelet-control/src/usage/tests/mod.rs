//! The operations on a store in memory.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod files;
mod keys;
mod memory_store;
mod plans;
mod templates;
mod used;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use gatelet_core::ports::Day;
use gatelet_core::ports::{PortError, Timestamp};
use gatelet_model::{ApiId, PlanStage, StageName};
use indexmap::IndexMap;

use super::{CHANCE_BYTES, NewApiKey, NewPlan, OperationError, Operations, StageFound, Stages, StoredPlan};
use memory_store::MemoryStore;

/// Runs what never waits.
fn run<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("nothing here waits"),
    }
}

/// The present of the tests: a Saturday, the seventh day of its week.
fn today() -> Day {
    Day::parse("2026-11-21").unwrap()
}

fn operations(store: &MemoryStore) -> Operations<'_, MemoryStore> {
    Operations { store, now: today().start(), deadline: today().after(1).start() }
}

/// Other bytes at each call, and the same in each test.
fn chance() -> impl FnMut() -> [u8; CHANCE_BYTES] + Send {
    let mut calls = 0_u8;
    move || {
        calls += 1;
        std::array::from_fn(|position| u8::try_from(position).unwrap().wrapping_mul(7).wrapping_add(calls))
    }
}

fn stage(api: &str, stage: &str) -> PlanStage {
    PlanStage {
        api_id: ApiId::parse(api).unwrap(),
        stage: StageName::parse(stage).unwrap(),
        method_throttles: IndexMap::new(),
    }
}

/// The API `pets` has the stages `prod` and `test`.
struct Pets;

impl Stages for Pets {
    async fn find(&self, api_id: &ApiId, stage: &StageName, _: Timestamp) -> Result<StageFound, PortError> {
        Ok(match (api_id.as_str(), stage.as_str()) {
            ("pets", "prod" | "test") => StageFound::Stage,
            ("pets", _) => StageFound::ApiAlone,
            _ => StageFound::Nothing,
        })
    }
}

/// A store with the plans `gold` of `pets:prod` and `test` of `pets:test`, and two keys in none.
struct Shop {
    store: MemoryStore,
    gold: StoredPlan,
    test: StoredPlan,
    keys: [String; 2],
}

fn shop() -> Shop {
    let store = MemoryStore::default();
    let operations = operations(&store);
    let mut chance = chance();
    let mut plan = |name: &str, opened: &str| {
        let new =
            NewPlan { name: name.to_owned(), stages: vec![stage("pets", opened)], ..NewPlan::default() };
        run(operations.create_plan(&new, &Pets, &mut chance)).unwrap()
    };
    let (gold, test) = (plan("gold", "prod"), plan("test", "test"));
    let mut key = |name: &str| {
        let new = NewApiKey { name: name.to_owned(), enabled: true, ..NewApiKey::default() };
        run(operations.create_key(&new, &mut chance)).unwrap().stored.key.id.to_string()
    };
    let keys = [key("ada"), key("bob")];
    Shop { store, gold, test, keys }
}

impl Shop {
    fn operations(&self) -> Operations<'_, MemoryStore> {
        operations(&self.store)
    }

    fn gold(&self) -> &str {
        self.gold.plan.id.as_str()
    }

    fn test(&self) -> &str {
        self.test.plan.id.as_str()
    }
}

/// The kind of a failure, and what it says.
fn failure<T: std::fmt::Debug>(outcome: Result<T, OperationError>) -> (&'static str, String) {
    let error = outcome.unwrap_err();
    let kind = match &error {
        OperationError::NotFound(_) => "not found",
        OperationError::Conflict(_) => "conflict",
        OperationError::BadRequest(_) => "bad request",
        OperationError::LimitExceeded(_) => "limit exceeded",
        OperationError::Contended => "contended",
        OperationError::Store(_) => "store",
    };
    (kind, error.to_string())
}
