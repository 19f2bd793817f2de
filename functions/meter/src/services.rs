//! How CloudWatch and EventBridge are reached.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_cloudwatch::config as cloudwatch;
use aws_sdk_eventbridge::config as eventbridge;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use gatelet_aws::dynamodb::SharedHttpClient;
use gatelet_aws::environment::Environment;

/// How long an attempt of a call may take. It is the only one: batches of the stream wait for it.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
/// Who calls where nobody is said: stand-ins take anybody.
const ANYBODY: &str = "gatelet";

/// What clients of AWS's services are made from.
#[derive(Debug, Clone)]
pub struct Services {
    region: String,
    credentials: Credentials,
    cloudwatch_endpoint: Option<String>,
    eventbridge_endpoint: Option<String>,
    http_client: SharedHttpClient,
}

impl Services {
    /// As the environment says: region, credentials, and `AWS_ENDPOINT_URL_CLOUDWATCH` and `AWS_ENDPOINT_URL_EVENTBRIDGE`.
    #[must_use]
    pub fn of(environment: &Environment, region: &str, http_client: SharedHttpClient) -> Self {
        let credentials = match environment.credentials() {
            Some(given) => Credentials::new(
                &given.access_key_id,
                given.secret_access_key.reveal(),
                given.session_token.as_ref().map(|token| token.reveal().to_owned()),
                None,
                "environment",
            ),
            None => Credentials::new(ANYBODY, ANYBODY, None, None, ANYBODY),
        };
        let endpoint = |service| environment.endpoint(service).map(ToString::to_string);
        Self {
            region: region.to_owned(),
            credentials,
            cloudwatch_endpoint: endpoint("CloudWatch"),
            eventbridge_endpoint: endpoint("EventBridge"),
            http_client,
        }
    }

    pub(crate) fn cloudwatch(&self) -> aws_sdk_cloudwatch::Client {
        let mut config = cloudwatch::Config::builder()
            .behavior_version(cloudwatch::BehaviorVersion::latest())
            .region(cloudwatch::Region::new(self.region.clone()))
            .credentials_provider(self.credentials.clone())
            .timeout_config(timeouts())
            // A call that ran out of time may have been done, and each counts.
            .retry_config(RetryConfig::disabled())
            // Bytes to CloudWatch cost nothing, a processor's time does.
            .disable_request_compression(true)
            .http_client(self.http_client.clone());
        config.set_endpoint_url(self.cloudwatch_endpoint.clone());
        aws_sdk_cloudwatch::Client::from_conf(config.build())
    }

    pub(crate) fn eventbridge(&self) -> aws_sdk_eventbridge::Client {
        let mut config = eventbridge::Config::builder()
            .behavior_version(eventbridge::BehaviorVersion::latest())
            .region(eventbridge::Region::new(self.region.clone()))
            .credentials_provider(self.credentials.clone())
            .timeout_config(timeouts())
            // What is not told is told again by a schedule.
            .retry_config(RetryConfig::disabled())
            .http_client(self.http_client.clone());
        config.set_endpoint_url(self.eventbridge_endpoint.clone());
        aws_sdk_eventbridge::Client::from_conf(config.build())
    }
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_TIMEOUT).build()
}
