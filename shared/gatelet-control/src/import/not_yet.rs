//! What is understood and kept in the model, but not acted on yet: the whole list, in one place.
//!
//! Whoever makes one of these work removes its line, and the compiler shows where the warning was given.

use gatelet_model::{IntegrationType, Problem};

/// A part of a definition that no call feels yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotYet {
    RequestValidator,
    Integration(IntegrationType),
    IntegrationSubtype,
    VpcLink,
    TlsConfig,
    Credentials,
    Caching,
    MappingTemplate,
    ContentHandling,
    GatewayResponses,
    Compression,
    Cors,
    Documentation,
    EndpointConfiguration,
    SecurityPolicy,
    EndpointAccessMode,
    AccessLog,
    Canary,
    RoutingRules,
    WebSocket,
}

impl NotYet {
    /// What is named, and what happens instead.
    const fn words(self) -> (&'static str, &'static str) {
        const PROXIED_OR_MOCKED: &str =
            "calls answer 500; `AWS_PROXY`, `HTTP_PROXY` and `MOCK` are served until this type is";
        match self {
            Self::RequestValidator => (
                "request validators (`x-amazon-apigateway-request-validators` and `-validator`)",
                "requests reach the backend unchecked",
            ),
            Self::Integration(IntegrationType::Aws) => ("integrations of type `AWS`", PROXIED_OR_MOCKED),
            Self::Integration(IntegrationType::Http) => ("integrations of type `HTTP`", PROXIED_OR_MOCKED),
            Self::Integration(
                IntegrationType::AwsProxy | IntegrationType::HttpProxy | IntegrationType::Mock,
            ) => ("this integration", "calls answer 500"),
            Self::IntegrationSubtype => ("service actions (`integrationSubtype`)", "calls answer 500"),
            Self::VpcLink => (
                "VPC links (`connectionType: VPC_LINK`)",
                "calls answer 500; leave it out to call the URI directly",
            ),
            Self::TlsConfig => {
                ("`tlsConfig`", "calls answer 500; leave it out to judge the certificate as usual")
            }
            Self::Credentials => ("roles of HTTP integrations (`credentials`)", "no role is assumed"),
            Self::Caching => (
                "response caching (`cacheKeyParameters`, `cacheNamespace`)",
                "every call reaches the backend",
            ),
            Self::MappingTemplate => (
                "Velocity in mapping templates",
                "calls that need this template answer 500; plain text is served",
            ),
            Self::ContentHandling => ("`contentHandling`", "bodies are passed on as they are"),
            Self::GatewayResponses => (
                "`x-amazon-apigateway-gateway-responses`",
                "the gateway's own answers are those that AWS has by default",
            ),
            Self::Compression => ("`x-amazon-apigateway-minimum-compression-size`", "nothing is compressed"),
            Self::Cors => (
                "`x-amazon-apigateway-cors`",
                "preflight requests are routed like others, and no header is added",
            ),
            Self::Documentation => ("`x-amazon-apigateway-documentation`", "it is kept and not published"),
            Self::EndpointConfiguration => (
                "endpoint types and addresses (`x-amazon-apigateway-endpoint-configuration`)",
                "the API answers wherever the gateway is reached",
            ),
            Self::SecurityPolicy => {
                ("`x-amazon-apigateway-security-policy`", "it is kept; TLS ends before the gateway")
            }
            Self::EndpointAccessMode => {
                ("`x-amazon-apigateway-endpoint-access-mode`", "it is kept; TLS ends before the gateway")
            }
            Self::AccessLog => ("access logs of a stage", "every request is a line of the gateway's own log"),
            Self::Canary => ("canary releases", "all requests see the stage's own deployment"),
            Self::RoutingRules => ("routing rules of custom domains", "requests to its name are refused"),
            Self::WebSocket => ("WebSocket APIs", "no connection is accepted"),
        }
    }

    pub(super) fn warning(self) -> Problem {
        let (what, instead) = self.words();
        let verb = if self.is_plural() { "are" } else { "is" };
        Problem::warning(format!("{what} {verb} not acted on yet")).help(instead)
    }

    const fn is_plural(self) -> bool {
        matches!(
            self,
            Self::RequestValidator
                | Self::Integration(IntegrationType::Aws | IntegrationType::Http)
                | Self::IntegrationSubtype
                | Self::VpcLink
                | Self::Credentials
                | Self::EndpointConfiguration
                | Self::AccessLog
                | Self::Canary
                | Self::RoutingRules
                | Self::WebSocket
        )
    }
}
