//! What an operator decides about calls of AWS's services.

use std::time::Duration;

use http::Uri;

use super::https::HttpsLimits;
use crate::environment::{Credentials, Environment};

/// How long a connection may take to come about.
const CONNECT_SECONDS_MAX: u64 = 10;

/// How long an unused connection is kept. A call that was sent is never sent again, so a connection that may have
/// been closed on the other side is not worth the risk.
const UNUSED_CONNECTION_SECONDS_MAX: u64 = 4;

/// How many unused connections are kept for one host.
const UNUSED_CONNECTIONS_MAX: usize = 128;

/// How long an answer may pause while somebody waits for it.
const ANSWER_IDLE_SECONDS_MAX: u64 = 300;

/// What [`AwsServices`](super::AwsServices) is made from.
#[derive(Debug, Clone)]
pub struct ServiceSettings {
    pub(super) environment: Environment,
    pub(super) connections: HttpsLimits,
    pub(super) answer_idle: Duration,
}

impl ServiceSettings {
    /// Region, credentials and endpoints (`AWS_ENDPOINT_URL_<SERVICE>`, `AWS_ENDPOINT_URL`) as the environment says.
    #[must_use]
    pub fn of(environment: &Environment) -> Self {
        Self { environment: environment.clone(), ..Self::default() }
    }

    /// The same, with other limits for connections.
    #[must_use]
    pub const fn with_connections(mut self, connections: HttpsLimits) -> Self {
        self.connections = connections;
        self
    }

    pub(super) fn credentials(&self) -> Option<&Credentials> {
        self.environment.credentials()
    }

    /// The address that stands in for a service, by AWS's name for it.
    pub(super) fn endpoint(&self, service: &str) -> Option<&Uri> {
        self.environment.endpoint(service)
    }
}

impl Default for ServiceSettings {
    fn default() -> Self {
        Self {
            environment: Environment::default(),
            connections: HttpsLimits {
                connect: Duration::from_secs(CONNECT_SECONDS_MAX),
                unused_connection: Duration::from_secs(UNUSED_CONNECTION_SECONDS_MAX),
                unused_connections: UNUSED_CONNECTIONS_MAX,
            },
            answer_idle: Duration::from_secs(ANSWER_IDLE_SECONDS_MAX),
        }
    }
}
