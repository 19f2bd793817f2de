//! An API's routes in a few words each.

use gatelet_model::{Api, Authorization, Authorizer, IntegrationType};

/// What stands for nothing.
const NONE: &str = "-";

/// A route as tables and changes show it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Route {
    /// Its method; `ANY`, or empty for `$default`.
    pub method: String,
    /// Its path, or `$default`.
    pub path: String,
    /// What is asked of the caller.
    pub authorizer: String,
    /// What stands behind.
    pub integration: String,
}

/// All routes of an API, in the order of its definition.
#[must_use]
pub fn routes(api: &Api) -> Vec<Route> {
    match api {
        Api::Rest(api) => api
            .resources
            .iter()
            .flat_map(|resource| resource.methods.iter().map(move |(key, method)| (resource, key, method)))
            .map(|(resource, key, method)| Route {
                method: key.to_string(),
                path: resource.path.to_string(),
                authorizer: authorizer(&method.authorization, &api.authorizers, method.api_key_required),
                integration: method.integration.as_ref().map_or_else(
                    || NONE.to_owned(),
                    |integration| {
                        let method = integration.http_method.as_deref();
                        integration_text(integration.kind, method, integration.uri.as_deref())
                    },
                ),
            })
            .collect(),
        Api::Http(api) => api
            .routes
            .iter()
            .map(|route| {
                let key = route.key.to_string();
                let (method, path) = key.split_once(' ').unwrap_or(("", &key));
                let found =
                    route.integration.as_ref().and_then(|id| api.integrations.iter().find(|it| it.id == *id));
                Route {
                    method: method.to_owned(),
                    path: path.to_owned(),
                    authorizer: authorizer(&route.authorization, &api.authorizers, false),
                    integration: found.map_or_else(
                        || NONE.to_owned(),
                        |it| {
                            let target = it.uri.as_deref().or(it.subtype.as_deref());
                            integration_text(it.kind, it.method.as_deref(), target)
                        },
                    ),
                }
            })
            .collect(),
        Api::WebSocket(api) => api
            .routes
            .iter()
            .map(|route| Route {
                method: String::new(),
                path: route.key.to_string(),
                authorizer: authorizer(&route.authorization, &api.authorizers, route.api_key_required),
                integration: NONE.to_owned(),
            })
            .collect(),
    }
}

fn authorizer(authorization: &Authorization, authorizers: &[Authorizer], api_key: bool) -> String {
    let caller = match authorization {
        Authorization::None => None,
        Authorization::AwsIam => Some("AWS_IAM"),
        Authorization::Authorizer { id, .. } => {
            let named = authorizers.iter().find(|authorizer| authorizer.id == *id);
            Some(named.map_or(id.as_str(), |authorizer| authorizer.name.as_str()))
        }
    };
    match (caller, api_key) {
        (None, false) => NONE.to_owned(),
        (None, true) => "API key".to_owned(),
        (Some(caller), false) => caller.to_owned(),
        (Some(caller), true) => format!("{caller}, API key"),
    }
}

fn integration_text(kind: IntegrationType, method: Option<&str>, target: Option<&str>) -> String {
    let mut text = kind.to_string();
    if !matches!(kind, IntegrationType::AwsProxy | IntegrationType::Mock)
        && let Some(method) = method
    {
        text.push(' ');
        text.push_str(method);
    }
    if let Some(target) = target {
        text.push(' ');
        text.push_str(function_name(target).unwrap_or(target));
    }
    text
}

/// The function's name in the ARN by which it is invoked.
fn function_name(uri: &str) -> Option<&str> {
    let (_, after) = uri.split_once(":function:")?;
    // Streaming functions are invoked by another path.
    Some(after.split('/').next().unwrap_or(after))
}
