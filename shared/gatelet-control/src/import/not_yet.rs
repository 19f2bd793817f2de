//! What is understood and kept in the model, but not acted on yet: the whole list, in one place.
//!
//! Whoever makes one of these work removes its line, and the compiler shows where the warning was given.

use gatelet_model::Problem;

/// A part of a definition that no call feels yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotYet {
    Caching,
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
        match self {
            Self::Caching => (
                "response caching (`cacheKeyParameters`, `cacheNamespace`)",
                "every call reaches the backend",
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
            Self::EndpointConfiguration
                | Self::AccessLog
                | Self::Canary
                | Self::RoutingRules
                | Self::WebSocket
        )
    }
}
