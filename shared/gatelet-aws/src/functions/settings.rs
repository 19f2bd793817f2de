//! What an operator decides about calling functions.

use std::time::Duration;

use http::Uri;

use crate::environment::Environment;
use crate::https::HttpsLimits;
use crate::services::ServiceSettings;

/// AWS's name for the service, as endpoint variables have it.
const SERVICE: &str = "Lambda";

/// How long a connection may take to come about.
const CONNECT_SECONDS_MAX: u64 = 10;

/// How long a streamed answer may pause. AWS's limit for
/// [streamed responses](https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html)
/// of regional and private APIs.
const STREAM_IDLE_SECONDS_MAX: u64 = 300;

/// How long an unused connection is kept. A call that was sent is never sent again, so a connection that may have
/// been closed on the other side is not worth the risk.
const UNUSED_CONNECTION_SECONDS_MAX: u64 = 4;

/// How many unused connections are kept.
const UNUSED_CONNECTIONS_MAX: usize = 128;

/// Limits that are not part of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LambdaLimits {
    /// How long a connection may take to come about. A call's own limit holds as well.
    pub connect: Duration,
    /// How long a streamed answer may pause while somebody waits for it.
    pub stream_idle: Duration,
    /// How long an unused connection is kept.
    pub unused_connection: Duration,
    /// How many unused connections are kept.
    pub unused_connections: usize,
}

impl LambdaLimits {
    pub(super) const fn https(self) -> HttpsLimits {
        HttpsLimits {
            connect: self.connect,
            unused_connection: self.unused_connection,
            unused_connections: self.unused_connections,
        }
    }
}

impl Default for LambdaLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(CONNECT_SECONDS_MAX),
            stream_idle: Duration::from_secs(STREAM_IDLE_SECONDS_MAX),
            unused_connection: Duration::from_secs(UNUSED_CONNECTION_SECONDS_MAX),
            unused_connections: UNUSED_CONNECTIONS_MAX,
        }
    }
}

/// What [`LambdaFunctions`](super::LambdaFunctions) is made from.
#[derive(Debug, Clone, Default)]
pub struct LambdaSettings {
    pub(super) endpoint: Option<Uri>,
    pub(super) region: Option<String>,
    pub(super) services: ServiceSettings,
    pub(super) limits: LambdaLimits,
}

impl LambdaSettings {
    /// Region, credentials and endpoint (`AWS_ENDPOINT_URL_LAMBDA`, `AWS_ENDPOINT_URL`) as the environment says.
    #[must_use]
    pub fn of(environment: &Environment) -> Self {
        Self {
            endpoint: environment.endpoint(SERVICE).cloned(),
            region: environment.region().map(str::to_owned),
            services: ServiceSettings::of(environment),
            limits: LambdaLimits::default(),
        }
    }

    /// Calls every function here, whatever the environment says. The URL may have a path, which stands before
    /// Lambda's own.
    #[must_use]
    pub fn at(mut self, endpoint: Uri) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// Other limits.
    #[must_use]
    pub const fn with_limits(mut self, limits: LambdaLimits) -> Self {
        self.limits = limits;
        self
    }
}
