//! Deployed APIs, kept in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use gatelet_core::Timestamp;
use gatelet_core::ports::{Definitions, PortError};
use gatelet_core::snapshot::{Published, StageSnapshot};
use gatelet_model::{AccountId, ApiId, Deployment, DomainName, Region, StagePointer};

/// Deployed APIs and domains; can be told to fail.
#[derive(Debug, Default)]
pub struct MemoryDefinitions(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    apis: BTreeMap<ApiId, Arc<Published>>,
    domains: BTreeMap<String, Arc<DomainName>>,
    failure: Option<PortError>,
}

impl MemoryDefinitions {
    /// Publishes a deployment of an account under a stage, beside the API's other stages.
    pub fn publish(&self, deployment: &Deployment, pointer: &StagePointer, account: &AccountId) {
        let compiled = Arc::new(StageSnapshot::compile(deployment, pointer, account, &region()));
        let id = deployment.api.id().clone();
        let mut state = self.state();
        let others = state.apis.get(&id).into_iter().flat_map(|published| published.stages());
        let stages: Vec<_> = others
            .filter(|stage| stage.name() != compiled.name())
            .cloned()
            .chain([Arc::clone(&compiled)])
            .collect();
        state.apis.insert(id.clone(), Arc::new(Published::new(id, stages)));
    }

    /// Adds a custom domain.
    pub fn add_domain(&self, domain: DomainName) {
        self.state().domains.insert(domain.name.as_str().to_owned(), Arc::new(domain));
    }

    /// Makes every question fail, or none.
    pub fn fail_with(&self, failure: Option<PortError>) {
        self.state().failure = failure;
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask<T>(&self, question: impl FnOnce(&State) -> Option<T>) -> Result<Option<T>, PortError> {
        let state = self.state();
        state.failure.clone().map_or_else(|| Ok(question(&state)), Err)
    }
}

impl Definitions for MemoryDefinitions {
    async fn published(
        &self,
        api_id: &ApiId,
        _deadline: Timestamp,
    ) -> Result<Option<Arc<Published>>, PortError> {
        self.ask(|state| state.apis.get(api_id).cloned())
    }

    async fn domain(&self, name: &str, _deadline: Timestamp) -> Result<Option<Arc<DomainName>>, PortError> {
        self.ask(|state| state.domains.get(name).cloned())
    }
}

/// Where everything in memory belongs.
fn region() -> Region {
    Region::parse("us-east-1").unwrap_or_else(|problem| unreachable!("{problem}"))
}
