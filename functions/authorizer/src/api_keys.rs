//! API keys and usage plans: whose key a request shows, and whether the limits of its plan let it through.
//!
//! What a key is and what limits it is the core's. A plan names the APIs of API Gateway by their ids there, as it names any other.

use std::sync::Arc;
use std::time::Duration;

use gatelet_core::Arrival;
use gatelet_core::record::Record;
use gatelet_core::refusal::Refusal;
use gatelet_core::stages::client::{Client, ClientPorts, of_value};
use gatelet_core::stages::throttle::{self, ClientRoute};
use gatelet_model::{MethodKey, PathTemplate};
use http::HeaderName;
use serde::Deserialize;

use crate::answer::Failure;
use crate::configuration::{parse_header, present};
use crate::event::{Called, Event, Form, TokenPlace};

/// Where a key is if nobody says: API Gateway's own header.
const HEADER: HeaderName = HeaderName::from_static("x-api-key");
/// For how long an answer counts that was counted. None is to be kept, which API Gateway does not tell us: where it is in spite
/// of that, requests are refused soon, and do not pass uncounted for as long as it is kept.
pub(crate) const COUNTED_ANSWER_LASTS: Duration = Duration::from_secs(5);

/// The part `apiKeys` of a document.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct ApiKeysDocument {
    #[serde(default, deserialize_with = "present")]
    identity_source: Option<String>,
    #[serde(default)]
    limits: bool,
    #[serde(default)]
    usage_identifier_key: bool,
}

/// What is asked of API keys.
#[derive(Debug)]
pub(crate) struct KeyRules {
    header: HeaderName,
    /// Whether the limits of plans are kept, and usage is counted.
    pub(crate) has_limits: bool,
    /// Whether API Gateway is told the key, to apply its own plans.
    pub(crate) is_told: bool,
}

/// How the caller stands; nobody's key unless one is found.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    /// Whose key it is; none where it opens nothing here.
    pub(crate) client: Option<Arc<Client>>,
    /// The limit that does not let the request through.
    pub(crate) over: Option<&'static str>,
}

impl ApiKeysDocument {
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn compile(self) -> Result<KeyRules, String> {
        let header = self.identity_source.as_deref().map_or(Ok(HEADER), parse_header)?;
        Ok(KeyRules { header, has_limits: self.limits, is_told: self.usage_identifier_key })
    }
}

impl KeyRules {
    /// The header with the key.
    pub(crate) const fn header(&self) -> &HeaderName {
        &self.header
    }

    /// The key of an event; none where there is none, or more than one.
    ///
    /// # Errors
    /// Why its place cannot be trusted.
    pub(crate) fn value<'a>(&self, event: &'a Event) -> Result<Option<&'a str>, String> {
        if event.form == Form::Token {
            return Err(
                "a TOKEN authorizer is shown no header with an API key: attach the function as REQUEST"
                    .to_owned(),
            );
        }
        event.token(TokenPlace::Header(self.header.as_str()))
    }

    /// Finds out who calls, and takes of the limits what they have for one request.
    ///
    /// # Errors
    /// [`Failure::Closed`] where that cannot be known.
    pub(crate) async fn judge<P: ClientPorts>(
        &self,
        ports: &P,
        (event, called): (&Event, &Called<'_>),
        arrival: &Arrival,
    ) -> Result<Standing, Failure> {
        let Some(value) = self.value(event).map_err(Failure::Closed)? else {
            tracing::info!("the request has no API key, or more than one");
            return Ok(Standing::default());
        };
        let mut record = Record::open(arrival, http::Method::GET, http::Version::HTTP_11).explained();
        let found = of_value(ports, (called.api_id, called.stage), value, arrival, &record).await;
        let client = match found {
            Ok(client) => client,
            Err(Refusal::InvalidApiKey) => {
                tracing::info!(steps = steps(&record), "the API key is refused");
                return Ok(Standing::default());
            }
            Err(refusal) => return Err(closed(&refusal, &record)),
        };
        if !self.has_limits {
            return Ok(Standing { client: Some(client), over: None });
        }
        let route = Route::of(event, called, &client).map_err(Failure::Closed)?;
        let route = ClientRoute { label: &route.label, path: &route.path, method: route.method };
        let over = match throttle::client(ports, &client, &route, arrival, &mut record).await {
            Ok(()) => None,
            Err(Refusal::Throttled { .. }) => Some("throttled"),
            Err(Refusal::QuotaExceeded { .. }) => Some("quota"),
            Err(refusal) => return Err(closed(&refusal, &record)),
        };
        if let Some(limit) = over {
            tracing::info!(limit, steps = steps(&record), "the request is over a limit");
        }
        Ok(Standing { client: Some(client), over })
    }
}

impl Standing {
    /// Whether the request may pass.
    pub(crate) const fn passes(&self) -> bool {
        self.client.is_some() && self.over.is_none()
    }
}

/// A route as plans and counts name it.
struct Route {
    label: Arc<str>,
    path: PathTemplate,
    method: MethodKey,
}

impl Route {
    /// # Errors
    /// Why it is not known which it is.
    fn of(event: &Event, called: &Called<'_>, client: &Client) -> Result<Self, String> {
        let (verb, path) = event.route().ok_or("the event does not say which route is called")?;
        // A route such as `$default` has no path, and stands for one that no other has.
        let written = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let path_template = PathTemplate::parse(&written).map_err(|problem| problem.message)?;
        let (method, key) = match verb {
            Some(verb) => {
                let method =
                    limited_as(client, &path_template, MethodKey::parse(verb).unwrap_or(MethodKey::Any));
                (method, format!("{} {path}", method.as_str()))
            }
            None => (MethodKey::Any, path.to_owned()),
        };
        let label = format!("{}/{}/{key}", called.api_id, called.stage);
        Ok(Self { label: label.into(), path: path_template, method })
    }
}

/// The method that the plan limits. Events of REST APIs tell the verb alone: where a plan limits `ANY` of the path, and not the verb,
/// it means the method that takes this one.
fn limited_as(client: &Client, path: &PathTemplate, method: MethodKey) -> MethodKey {
    let limits = |method: MethodKey| {
        let mut targets = client.stage().into_iter().flat_map(|stage| stage.method_throttles.keys());
        targets.any(|target| target.path.as_ref() == Some(path) && target.method == Some(method))
    };
    if !limits(method) && limits(MethodKey::Any) { MethodKey::Any } else { method }
}

fn steps(record: &Record) -> String {
    record.explanation().join("; ")
}

fn closed(refusal: &Refusal, record: &Record) -> Failure {
    let why = match refusal {
        Refusal::CredentialsUnavailable(why) => format!("API keys cannot be known: {why}"),
        Refusal::Throttled { .. } => "too many API keys that are not known come at a time".to_owned(),
        Refusal::QuotaUnavailable => "the plan's quota cannot be counted, and the plan is strict".to_owned(),
        _ => steps(record),
    };
    Failure::Closed(why)
}
