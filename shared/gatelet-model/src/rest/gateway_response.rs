//! The gateway's own answers.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::text::{StatusCode, aws_words};

aws_words!(
    /// Why the gateway itself answers
    /// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html>).
    GatewayResponseType {
        /// Every refusal with a status of 400 to 499 that has no answer of its own.
        Default4xx = "DEFAULT_4XX",
        /// Every refusal with a status of 500 to 599 that has no answer of its own.
        Default5xx = "DEFAULT_5XX",
        /// There is no such resource, after authorization said so.
        ResourceNotFound = "RESOURCE_NOT_FOUND",
        /// The caller is not known.
        Unauthorized = "UNAUTHORIZED",
        /// The API key is missing or not accepted.
        InvalidApiKey = "INVALID_API_KEY",
        /// The caller is known and may not.
        AccessDenied = "ACCESS_DENIED",
        /// The authorizer could not be asked.
        AuthorizerFailure = "AUTHORIZER_FAILURE",
        /// The authorizer's answer makes no sense.
        AuthorizerConfigurationError = "AUTHORIZER_CONFIGURATION_ERROR",
        /// The signature does not fit the request.
        InvalidSignature = "INVALID_SIGNATURE",
        /// The token or signature is too old.
        ExpiredToken = "EXPIRED_TOKEN",
        /// No method has this path and verb, or the request is not signed.
        MissingAuthenticationToken = "MISSING_AUTHENTICATION_TOKEN",
        /// The backend could not be reached, or broke off.
        IntegrationFailure = "INTEGRATION_FAILURE",
        /// The backend took too long.
        IntegrationTimeout = "INTEGRATION_TIMEOUT",
        /// The definition has a part that cannot work.
        ApiConfigurationError = "API_CONFIGURATION_ERROR",
        /// No template takes this content type.
        UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE",
        /// A required parameter is missing.
        BadRequestParameters = "BAD_REQUEST_PARAMETERS",
        /// The body does not fit its model.
        BadRequestBody = "BAD_REQUEST_BODY",
        /// The request is larger than 10 MB.
        RequestTooLarge = "REQUEST_TOO_LARGE",
        /// Too many requests at a time.
        Throttled = "THROTTLED",
        /// The plan's quota is used up.
        QuotaExceeded = "QUOTA_EXCEEDED",
        /// The firewall said no.
        WafFiltered = "WAF_FILTERED",
    }
);

/// The author's own form of a gateway answer
/// (<https://docs.aws.amazon.com/apigateway/latest/api/API_GatewayResponse.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayResponse {
    /// For which refusals.
    pub kind: GatewayResponseType,
    /// The status; none keeps the refusal's.
    pub status_code: Option<StatusCode>,
    /// `gatewayresponse.header.X` → a static value or a reference.
    pub response_parameters: IndexMap<String, String>,
    /// Bodies by content type, with simple substitution.
    pub response_templates: IndexMap<String, String>,
}
