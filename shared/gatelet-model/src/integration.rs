//! What stands behind a route: the words that REST, WebSocket and HTTP APIs share.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::limits;
use crate::problem::Problem;
use crate::text::{StatusCode, aws_words};

aws_words!(
    /// The type of an integration
    /// (<https://docs.aws.amazon.com/apigateway/latest/api/API_Integration.html>).
    IntegrationType {
        /// An AWS service action, or Lambda with mapping.
        Aws = "AWS",
        /// Lambda with API Gateway's events and answers; on HTTP APIs also the first-class services.
        AwsProxy = "AWS_PROXY",
        /// An HTTP backend with mapping.
        Http = "HTTP",
        /// An HTTP backend that sees the request as it came.
        HttpProxy = "HTTP_PROXY",
        /// No backend: the gateway answers.
        Mock = "MOCK",
    }
);

aws_words!(
    /// What happens to a request whose content type has no template.
    PassthroughBehavior {
        /// Passed on when no template has its content type.
        WhenNoMatch = "WHEN_NO_MATCH",
        /// Passed on only when there are no templates at all; else 415.
        WhenNoTemplates = "WHEN_NO_TEMPLATES",
        /// Never passed on: 415.
        Never = "NEVER",
    }
);

aws_words!(
    /// How a payload changes between text and bytes.
    ContentHandling {
        /// From base64 to bytes.
        ConvertToBinary = "CONVERT_TO_BINARY",
        /// From bytes to base64.
        ConvertToText = "CONVERT_TO_TEXT",
    }
);

aws_words!(
    /// Whether an answer is collected or passed on as it comes.
    ResponseTransferMode {
        /// Collected.
        Buffered = "BUFFERED",
        /// Passed on as it comes.
        Stream = "STREAM",
    }
);

/// The way to a backend.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Connection {
    /// Directly.
    #[default]
    Internet,
    /// Through a VPC link.
    VpcLink {
        /// The link's id, or a stage variable reference that yields it.
        id: String,
        /// The load balancer or Cloud Map service that REST APIs name beside a version 2 link.
        target: Option<String>,
    },
}

/// How the backend's certificate is judged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsConfig {
    /// Take any certificate (REST APIs only).
    pub insecure_skip_verification: bool,
    /// The name that the certificate must bear instead of the URI's host (HTTP APIs only).
    pub server_name_to_verify: Option<String>,
}

/// How long an integration may take, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Timeout(u32);

impl Timeout {
    /// What REST and WebSocket APIs take where nothing is said.
    pub const REST_DEFAULT: Self = Self(limits::REST_TIMEOUT_MILLISECONDS_DEFAULT);
    /// What HTTP APIs take where nothing is said.
    pub const HTTP_DEFAULT: Self = Self(limits::HTTP_TIMEOUT_MILLISECONDS_DEFAULT);

    /// Checks the range: 50 to 900,000.
    ///
    /// # Errors
    /// A [`Problem`] where the number lies outside.
    pub fn from_milliseconds(milliseconds: u32) -> Result<Self, Problem> {
        let range = limits::TIMEOUT_MILLISECONDS_MIN..=limits::TIMEOUT_MILLISECONDS_MAX;
        if range.contains(&milliseconds) {
            Ok(Self(milliseconds))
        } else {
            Err(Problem::error(format!("an integration cannot take {milliseconds} milliseconds"))
                .help(format!("give a timeout from {} to {}", range.start(), range.end())))
        }
    }

    /// The number of milliseconds.
    #[must_use]
    pub const fn milliseconds(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for Timeout {
    type Error = String;
    fn try_from(milliseconds: u32) -> Result<Self, String> {
        Self::from_milliseconds(milliseconds).map_err(|problem| problem.message)
    }
}

impl From<Timeout> for u32 {
    fn from(timeout: Timeout) -> Self {
        timeout.0
    }
}

/// The integration of a REST method or of a WebSocket route
/// (<https://docs.aws.amazon.com/apigateway/latest/api/API_Integration.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Integration {
    /// What stands behind.
    #[serde(rename = "type")]
    pub kind: IntegrationType,
    /// The method that the backend sees; for Lambda always POST. None on `MOCK`, and where HTTP backends
    /// see the client's own.
    pub http_method: Option<String>,
    /// Where the backend is; none on `MOCK`. May hold `{name}` and `${stageVariables.name}`.
    pub uri: Option<String>,
    /// The way there.
    pub connection: Connection,
    /// The role that is assumed, or `arn:aws:iam::*:user/*` for the caller's own.
    pub credentials: Option<String>,
    /// `integration.request.path.id` → `method.request.path.id` and the like.
    pub request_parameters: IndexMap<String, String>,
    /// Body templates by content type.
    pub request_templates: IndexMap<String, String>,
    /// What happens without a fitting template; none is `WHEN_NO_MATCH`.
    pub passthrough_behavior: Option<PassthroughBehavior>,
    /// How the request's payload changes.
    pub content_handling: Option<ContentHandling>,
    /// How long the backend may take.
    pub timeout: Timeout,
    /// Whose cached answers these are; none is the resource's own.
    pub cache_namespace: Option<String>,
    /// The parameters that tell cached answers apart.
    pub cache_key_parameters: Vec<String>,
    /// How the backend's certificate is judged.
    pub tls: TlsConfig,
    /// Whether answers are collected.
    pub response_transfer_mode: ResponseTransferMode,
    /// How templates are chosen (WebSocket only).
    pub template_selection_expression: Option<String>,
    /// How the answer is chosen (WebSocket only).
    pub response_selection_expression: Option<String>,
    /// The answers, in the order of the definition.
    pub responses: Vec<IntegrationResponse>,
}

impl Integration {
    /// An integration of a type, with AWS's defaults for all else.
    #[must_use]
    pub fn new(kind: IntegrationType) -> Self {
        Self {
            kind,
            http_method: None,
            uri: None,
            connection: Connection::Internet,
            credentials: None,
            request_parameters: IndexMap::new(),
            request_templates: IndexMap::new(),
            passthrough_behavior: None,
            content_handling: None,
            timeout: Timeout::REST_DEFAULT,
            cache_namespace: None,
            cache_key_parameters: Vec::new(),
            tls: TlsConfig::default(),
            response_transfer_mode: ResponseTransferMode::Buffered,
            template_selection_expression: None,
            response_selection_expression: None,
            responses: Vec::new(),
        }
    }
}

/// One answer of an integration
/// (<https://docs.aws.amazon.com/apigateway/latest/api/API_IntegrationResponse.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntegrationResponse {
    /// Which answers it is for: a pattern on the backend's status or on a function's error message
    /// (REST), or the key of the selection expression (WebSocket). None is the default answer.
    pub selection_pattern: Option<String>,
    /// The status that the client sees; none on WebSocket APIs.
    pub status_code: Option<StatusCode>,
    /// `method.response.header.X` → `integration.response.header.Y` and the like.
    pub response_parameters: IndexMap<String, String>,
    /// Body templates by content type.
    pub response_templates: IndexMap<String, String>,
    /// How the answer's payload changes.
    pub content_handling: Option<ContentHandling>,
}
