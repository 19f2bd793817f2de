//! The adapter itself.

use std::time::Duration;

use gatelet_core::payload::Response;
use gatelet_core::ports::{BackendError, ServiceCall, Services};
use http::header::HOST;
use http::uri::PathAndQuery;

use super::endpoint::Endpoint;
use super::settings::ServiceSettings;
use super::signed::{SendError, SignedClient, Signing};
use crate::backends;
use crate::environment::IntegrationRole;

/// AWS's services, called over their own APIs.
///
/// - A service is called at the endpoint of the settings where there is one, else at AWS.
/// - A call is signed with the credentials of the role that it names, else of the environment's role for integrations, else with the
///   environment's own, as [`IntegrationRole`] says. Without any it is refused, whoever stands in for AWS: a signature is what tells
///   one service from another.
/// - Connections and roles are shared by all clones, and with Lambda's client. Nothing that was sent is sent again.
/// - `ServiceCall::timeout` runs from the call until the answer begins, the assuming of a role included.
#[derive(Clone)]
pub struct AwsServices {
    client: SignedClient,
    settings: std::sync::Arc<ServiceSettings>,
}

impl AwsServices {
    /// Services as the operator wants them called. Nothing is connected yet.
    ///
    /// # Errors
    /// Where TLS cannot be set up.
    pub fn new(settings: ServiceSettings) -> Result<Self, rustls::Error> {
        Ok(Self { client: SignedClient::new(&settings)?, settings: settings.into() })
    }

    /// Uses none of the connections made before for calls from now on: whoever was frozen cannot know which still live.
    pub fn forget_connections(&self) {
        self.client.forget_connections();
    }

    pub(crate) fn client(&self) -> SignedClient {
        self.client.clone()
    }

    async fn send(&self, call: ServiceCall) -> Result<Response, BackendError> {
        let ServiceCall { mut request, address, role, .. } = call;
        if !self.client.can_sign() {
            let why = "no credentials are known: set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`; whoever stands in for AWS \
                       on this machine takes any";
            return Err(BackendError::Unsigned(why.to_owned()));
        }
        let role = match (&role, self.settings.environment.integration_role()) {
            (Some(role), _) => Some(&**role),
            (None, IntegrationRole::OwnCredentials) => None,
            (None, IntegrationRole::Assumed(role)) => Some(&**role),
            (None, IntegrationRole::Nobody) => {
                let why = "the integration names no `credentials`, and no role stands in for them: name a role in `credentials`, or \
                           set `IntegrationPolicies` where the gateway is deployed";
                return Err(BackendError::Unsigned(why.to_owned()));
            }
        };
        let root = PathAndQuery::from_static("/");
        let path = request.uri().path_and_query().unwrap_or(&root);
        let stand_in = self.settings.endpoint(&address.endpoint_name);
        let endpoint = Endpoint::of(&address, path, stand_in).map_err(BackendError::BadAddress)?;
        *request.uri_mut() = endpoint.uri;
        if let Some(host) = endpoint.host {
            request.headers_mut().insert(HOST, host);
        }
        let signing = Signing {
            service: &address.signing_name,
            region: &address.region,
            role,
            is_aws: endpoint.is_aws,
        };
        let answer = self.client.send(request, signing).await.map_err(|error| match error {
            SendError::Network(error) => backends::service_failure(&error),
            SendError::TokenService { role, error } => of_token_service(&role, error),
            error => BackendError::Unsigned(error.to_string()),
        })?;
        Ok(answer.map(|incoming| backends::streamed(incoming, self.settings.answer_idle)))
    }
}

/// A role that was needed and could not be asked for fails a call as the network does, and says which role.
fn of_token_service(role: &str, error: BackendError) -> BackendError {
    let told = |why: String| format!("while assuming the role `{role}`: {why}");
    match error {
        BackendError::Network(why) => BackendError::Network(told(why)),
        BackendError::Refused(why) => BackendError::Refused(told(why)),
        BackendError::BadAnswer(why) => BackendError::BadAnswer(told(why)),
        error => error,
    }
}

impl Services for AwsServices {
    async fn call(&self, call: ServiceCall) -> Result<Response, BackendError> {
        let limit: Duration = call.timeout;
        tokio::time::timeout(limit, self.send(call)).await.map_err(|_| BackendError::Timeout(limit))?
    }
}
