//! The SDK's client, built once.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Region as SdkRegion, SharedHttpClient};
use gatelet_model::Region;

use crate::environment::{Credentials, Environment};
use crate::https::{Https, HttpsLimits};

/// How often a call is tried: once more on a fresh connection, because a frozen Lambda finds its pooled ones dead.
const ATTEMPTS_MAX: u32 = 2;
/// How long the second attempt waits at most.
const BACKOFF: Duration = Duration::from_millis(50);
/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long one attempt may take; a caller's deadline may end it sooner.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an unused connection is kept.
const UNUSED_CONNECTION: Duration = Duration::from_secs(20);
/// How many unused connections are kept.
const UNUSED_CONNECTIONS_MAX: usize = 32;

/// The key id and secret of whoever has none.
const ANYBODY: &str = "gatelet";

/// What a client is made from.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    /// The region whose DynamoDB is spoken to, and for which requests are signed.
    pub region: Region,
    /// Who speaks. DynamoDBs for tests and local use take anybody, but somebody it must be.
    pub credentials: Option<Credentials>,
    /// Another DynamoDB than the region's own, as a URL.
    pub endpoint_url: Option<String>,
    /// How requests are sent: over the network ([`over_the_network`]), or to a store in the process.
    pub http_client: SharedHttpClient,
}

/// AWS's name for the service, as endpoint variables have it.
const DYNAMODB: &str = "DynamoDB";
/// The region of whoever says none, as for a DynamoDB on a developer's machine.
const NO_REGION: &str = "us-east-1";

/// Which DynamoDB a function's environment means, and as whom it is spoken to.
#[derive(Debug, Clone)]
pub struct ClientTarget {
    region: Region,
    credentials: Option<Credentials>,
    endpoint_url: Option<String>,
}

impl ClientTarget {
    /// As the environment says, for `table`.
    ///
    /// # Errors
    /// Why no call could be made.
    pub fn of(environment: &Environment, table: &str) -> Result<Self, String> {
        let endpoint = environment.endpoint(DYNAMODB);
        if environment.credentials().is_none() && endpoint.is_none() {
            return Err(format!(
                "no credentials are known for the {table} table: set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, which \
                 Lambda does for a function with a role"
            ));
        }
        let region = Region::parse(environment.region().unwrap_or(NO_REGION));
        Ok(Self {
            region: region.map_err(|problem| problem.message)?,
            credentials: environment.credentials().cloned(),
            endpoint_url: endpoint.map(ToString::to_string),
        })
    }

    /// Its region.
    #[must_use]
    pub const fn region(&self) -> &Region {
        &self.region
    }

    /// A client that sends its requests so.
    #[must_use]
    pub fn client(&self, http_client: SharedHttpClient) -> Client {
        let Self { region, credentials, endpoint_url } = self.clone();
        client(ClientSettings { region, credentials, endpoint_url, http_client })
    }
}

/// A client. It opens no connection until its first call.
#[must_use]
pub fn client(settings: ClientSettings) -> Client {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_TIMEOUT).build();
    let retries = RetryConfig::standard()
        .with_max_attempts(ATTEMPTS_MAX)
        .with_initial_backoff(BACKOFF)
        .with_max_backoff(BACKOFF);
    let mut config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(SdkRegion::new(settings.region.to_string()))
        .credentials_provider(signer(settings.credentials.as_ref()))
        .timeout_config(timeouts)
        .retry_config(retries)
        .http_client(settings.http_client);
    config.set_endpoint_url(settings.endpoint_url);
    Client::from_conf(config.build())
}

fn signer(credentials: Option<&Credentials>) -> aws_credential_types::Credentials {
    let (id, secret, token) = match credentials {
        Some(given) => (
            given.access_key_id.as_str(),
            given.secret_access_key.reveal(),
            given.session_token.as_ref().map(|token| token.reveal().to_owned()),
        ),
        None => (ANYBODY, ANYBODY, None),
    };
    aws_credential_types::Credentials::new(id, secret, token, None, "gatelet")
}

/// The client that sends requests over the network.
///
/// # Errors
/// Where TLS cannot be set up.
pub fn over_the_network() -> Result<Https, rustls::Error> {
    Https::new(HttpsLimits {
        connect: CONNECT_TIMEOUT,
        unused_connection: UNUSED_CONNECTION,
        unused_connections: UNUSED_CONNECTIONS_MAX,
    })
}
