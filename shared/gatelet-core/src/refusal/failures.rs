//! What becomes of calls that failed, on REST APIs.

use std::borrow::Cow;

use gatelet_model::rest::GatewayResponseType as Type;
use http::StatusCode;

use super::{INTERNAL, Refusal, RestForm};
use crate::ports::{BackendError, FunctionError};

/// A backend call that failed.
pub(super) fn rest_integration_form(error: &BackendError) -> RestForm {
    let form = |response_type, status, body| RestForm {
        response_type: Some(response_type),
        status,
        error_type: "InternalServerErrorException",
        body: Cow::Borrowed(body),
    };
    match error {
        BackendError::RequestBody(error) => body_refusal(error).rest_form(),
        BackendError::Timeout(_) => form(
            Type::IntegrationTimeout,
            StatusCode::GATEWAY_TIMEOUT,
            r#"{"message": "Endpoint request timed out"}"#,
        ),
        BackendError::Network(_) | BackendError::BadAnswer(_) => form(
            Type::IntegrationFailure,
            StatusCode::GATEWAY_TIMEOUT,
            r#"{"message": "Network error communicating with endpoint"}"#,
        ),
        // AWS names an invalid address under this type, and what is called a failure of the integration under the other.
        // https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
        BackendError::BadAddress(_) => RestForm {
            error_type: "ApiConfigurationException",
            ..form(Type::ApiConfigurationError, StatusCode::INTERNAL_SERVER_ERROR, INTERNAL)
        },
        // ASSUMPTION: AWS's page does not name these. The address is sound, so that it is the call that failed.
        BackendError::Refused(_) | BackendError::ForbiddenAddress(_) | BackendError::Unsigned(_) => {
            form(Type::IntegrationFailure, StatusCode::INTERNAL_SERVER_ERROR, INTERNAL)
        }
    }
}

/// Whatever keeps Lambda from calling the function is 500 of the type that users customise for it, its 429 included
/// (<https://repost.aws/knowledge-center/api-gateway-internal-server-error>); an event that is too large for Lambda is the
/// client's 413, as seen in public threads.
pub(super) fn rest_function_form(error: &FunctionError) -> RestForm {
    match error {
        FunctionError::TooLarge(_) => Refusal::RequestTooLarge.rest_form(),
        FunctionError::Timeout(timeout) => rest_integration_form(&BackendError::Timeout(*timeout)),
        FunctionError::NotFound(_)
        | FunctionError::Denied(_)
        | FunctionError::Throttled(_)
        | FunctionError::Unavailable(_) => RestForm {
            response_type: Some(Type::IntegrationFailure),
            status: StatusCode::INTERNAL_SERVER_ERROR,
            error_type: "InternalServerErrorException",
            body: Cow::Borrowed(INTERNAL),
        },
    }
}

/// A backend call that failed because of the client's own body.
pub(super) const fn body_refusal(error: &crate::payload::BodyError) -> Refusal {
    match error {
        crate::payload::BodyError::TooLong { .. } => Refusal::RequestTooLarge,
        _ => Refusal::RequestBodyFailed,
    }
}
