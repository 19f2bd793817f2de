//! Which functions an API calls.

use std::collections::BTreeSet;

use gatelet_core::integrations::Integration;
use gatelet_core::snapshot::{HttpApiSnapshot, RestApiSnapshot};
use gatelet_model::{Api, Stage};

/// The functions that an API's routes call at a stage: ARNs or names, as they are called.
#[must_use]
pub fn invoked_functions(api: &Api, stage: &Stage) -> BTreeSet<String> {
    match api {
        Api::Rest(api) => {
            let snapshot = RestApiSnapshot::compile(api, stage);
            snapshot.methods().iter().filter_map(|method| function(&method.integration)).collect()
        }
        Api::Http(api) => {
            let snapshot = HttpApiSnapshot::compile(api, stage);
            let integrations = snapshot.routes().filter_map(|route| route.integration.as_ref());
            integrations.filter_map(function).collect()
        }
        Api::WebSocket(_) => BTreeSet::new(),
    }
}

fn function(integration: &Integration) -> Option<String> {
    match integration {
        Integration::LambdaProxy(proxy) => Some(proxy.function().to_owned()),
        _ => None,
    }
}
