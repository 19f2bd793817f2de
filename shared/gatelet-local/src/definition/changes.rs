//! What an edit changed, by route.

use gatelet_model::Api;

use super::routes::{Route, routes};

/// One thing that an edit changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A route is new.
    Added(String),
    /// A route is gone.
    Removed(String),
    /// A route does something else.
    Changed(String),
}

impl Change {
    /// The change as a line of its own.
    #[must_use]
    pub fn line(&self) -> String {
        match self {
            Self::Added(route) => format!("+ {route}"),
            Self::Removed(route) => format!("- {route}"),
            Self::Changed(route) => format!("~ {route}"),
        }
    }

    /// The change with the name of its API. A template's APIs may have one name, but for their kinds.
    #[must_use]
    pub fn of(self, api: &Api) -> Self {
        let named = |route: String| format!("{} {}: {route}", api.kind(), api.name());
        match self {
            Self::Added(route) => Self::Added(named(route)),
            Self::Removed(route) => Self::Removed(named(route)),
            Self::Changed(route) => Self::Changed(named(route)),
        }
    }
}

/// All routes of an API that is new.
#[must_use]
pub fn additions(api: &Api) -> Vec<Change> {
    Parts::of(api).0.into_iter().map(|(key, _)| Change::Added(key)).collect()
}

/// What is different between two versions of an API: added and changed routes in the new order, then removed ones.
/// Empty where only something else than routes changed.
#[must_use]
pub fn changes(before: &Api, after: &Api) -> Vec<Change> {
    let (old, new) = (Parts::of(before), Parts::of(after));
    let mut changes = Vec::new();
    for (key, now) in &new.0 {
        match old.get(key) {
            None => changes.push(Change::Added(key.clone())),
            Some(was) if was != now => changes.push(Change::Changed(key.clone())),
            Some(_) => {}
        }
    }
    changes.extend(
        old.0.iter().filter(|(key, _)| new.get(key).is_none()).map(|(key, _)| Change::Removed(key.clone())),
    );
    changes
}

/// Routes by key, each with all that it says.
struct Parts(Vec<(String, String)>);

impl Parts {
    fn of(api: &Api) -> Self {
        let detail: Vec<String> = match api {
            Api::Rest(api) => {
                let methods = api.resources.iter().flat_map(|resource| resource.methods.values());
                methods.map(|method| format!("{method:?}")).collect()
            }
            Api::Http(api) => api
                .routes
                .iter()
                .map(|route| {
                    let behind = route
                        .integration
                        .as_ref()
                        .and_then(|id| api.integrations.iter().find(|it| it.id == *id));
                    format!("{route:?} {behind:?}")
                })
                .collect(),
            Api::WebSocket(api) => api.routes.iter().map(|route| format!("{route:?}")).collect(),
        };
        let keys = routes(api)
            .into_iter()
            .map(|Route { method, path, .. }| format!("{method} {path}").trim().to_owned());
        Self(keys.zip(detail).collect())
    }

    fn get(&self, key: &str) -> Option<&String> {
        self.0.iter().find(|(other, _)| other == key).map(|(_, detail)| detail)
    }
}
