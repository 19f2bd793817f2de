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

/// AWS's services, called over their own APIs.
///
/// - A service is called at the endpoint of the settings where there is one, else at AWS.
/// - A call is signed with the environment's credentials, or with those of the role that it names. Without any it is refused,
///   whoever stands in for AWS: a signature is what tells one service from another.
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
            role: role.as_deref(),
            is_aws: endpoint.is_aws,
        };
        let answer = self.client.send(request, signing).await.map_err(|error| match error {
            SendError::Network(error) => backends::service_failure(&error),
            error => BackendError::Unsigned(error.to_string()),
        })?;
        Ok(answer.map(|incoming| backends::streamed(incoming, self.settings.answer_idle)))
    }
}

impl Services for AwsServices {
    async fn call(&self, call: ServiceCall) -> Result<Response, BackendError> {
        let limit: Duration = call.timeout;
        tokio::time::timeout(limit, self.send(call)).await.map_err(|_| BackendError::Timeout(limit))?
    }
}
