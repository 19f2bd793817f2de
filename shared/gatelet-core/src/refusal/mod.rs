//! What the client hears when the gateway itself answers: one closed list, turned into answers in one place.

mod answer;
mod customised;
mod failures;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use gatelet_model::rest::GatewayResponseType as Type;
use http::StatusCode;

pub use answer::{answer, mark};
pub use customised::Customisation;

use self::failures::{body_refusal, rest_function_form, rest_integration_form};
use crate::payload::PathError;
use crate::ports::{BackendError, FunctionError};
use crate::record::ApiFamily;
use crate::signature::SignatureError;

/// Why the gateway itself answers a request.
///
/// Sources: <https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html>
/// and recorded answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The host is none that this gateway answers for.
    UnknownHost,
    /// The request went around the edge that alone may send requests.
    UnprovenOrigin,
    /// No such API or stage is deployed.
    NoSuchStage,
    /// The API is an HTTP API and has no such stage.
    NoSuchHttpApiStage,
    /// The request line's path could be understood in two ways.
    BadPath(PathError),
    /// The request has headers that could be understood in two ways.
    BadHeaders(&'static str),
    /// The request line is too long.
    UriTooLong,
    /// The headers are too large.
    HeadersTooLarge,
    /// The body is larger than 10 MB.
    RequestTooLarge,
    /// The client's body broke off or did not come in time.
    RequestBodyFailed,
    /// No method has this path and verb.
    NoRoute,
    /// The request had to be signed, and is not, or not rightly.
    Signature(SignatureError),
    /// The caller shows nothing that an authorizer accepts. HTTP APIs tell what is missing where it is a token.
    Unauthorized(Option<Challenge>),
    /// The token of a Cognito user pool has expired.
    TokenExpired,
    /// The token is good, and has none of the scopes that the route asks for.
    InsufficientScope,
    /// An API key was needed.
    InvalidApiKey,
    /// A limit has no token for the request.
    Throttled {
        /// When there may be one; none where there never will be.
        retry_after: Option<Duration>,
    },
    /// The quota of the client's plan is used up.
    QuotaExceeded {
        /// When it begins anew.
        retry_after: Option<Duration>,
    },
    /// The quota's counter cannot be had, and the plan lets nobody pass without.
    QuotaUnavailable,
    /// An authorizer does not let the caller in.
    AccessDenied {
        /// A statement forbids it.
        explicit: bool,
    },
    /// The API's resource policy, or the policies of who signed, do not let the caller in.
    PolicyDenied(Box<PolicyDenial>),
    /// The authorizer gave no answer, or did what none may; the text is for its author, not the client.
    AuthorizerFailed(String),
    /// What the authorizer answered means nothing, or the authorizer cannot work as it is defined; the text is for its author.
    AuthorizerMisconfigured(String),
    /// The name of what is called is longer than AWS lets an authorizer be asked for.
    MethodArnTooLong,
    /// What is known of callers cannot be had at the moment; why is for whoever runs the gateway.
    CredentialsUnavailable(String),
    /// Parameters that the method asks for are not there; carries their names.
    MissingParameters(String),
    /// The body does not fit the model of its content type.
    InvalidBody,
    /// No template takes the request's content type.
    UnsupportedMediaType,
    /// A part of the definition cannot work; the text is for the author, not the client.
    Configuration(String),
    /// The integration gave no answer.
    Integration(BackendError),
    /// The function gave no answer.
    Function(FunctionError),
    /// The function failed, or answered what is no answer; the text is for its author, not the client.
    BadFunctionAnswer(String),
    /// A parameter of a service action has no value in this request, or one that the service cannot be told; the text is for the API's author.
    UnfilledParameter(String),
    /// A service that an HTTP API calls by its parameters refused the call; the text is for the API's author, not the client.
    ServiceRefused(String),
    /// The answer is larger than the door takes, in bytes.
    AnswerTooLarge(usize),
    /// Definitions cannot be had at the moment; why is for whoever runs the gateway, not the client.
    DefinitionsUnavailable(String),
    /// The gateway is wrong.
    Internal,
}

/// What a token lacks, as HTTP APIs tell it in `WWW-Authenticate`
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-jwt.html>).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Challenge {
    /// There is none.
    Missing,
    /// It is not accepted. Carries why, in AWS's words where they are known.
    InvalidToken(&'static str),
}

/// Who was not let in where, by whose policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyDenial {
    /// The caller's ARN, or `anonymous`.
    pub caller: Box<str>,
    /// The ARN of what was called, with all but the last four digits of the account hidden, as AWS does.
    pub resource: Box<str>,
    /// A statement forbids it.
    pub explicit: bool,
}

/// A refusal as REST APIs show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestForm {
    /// Which gateway response it is; none where AWS lets nobody customise it.
    pub response_type: Option<Type>,
    /// The status.
    pub status: StatusCode,
    /// `x-amzn-ErrorType`.
    pub error_type: &'static str,
    /// The whole default body.
    pub body: Cow<'static, str>,
}

/// A refusal as HTTP APIs show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpForm {
    /// The status.
    pub status: StatusCode,
    /// The whole body.
    pub body: &'static str,
}

const INTERNAL: &str = r#"{"message": "Internal server error"}"#;

impl Refusal {
    /// Which gateway response this is on REST APIs.
    #[must_use]
    pub fn response_type(&self) -> Option<Type> {
        self.rest_form().response_type
    }

    /// What clients of a service are told, as `$context.error.message` has it; none where the answer says `null`.
    #[must_use]
    pub fn message(&self, family: ApiFamily) -> Option<String> {
        let body = match family {
            ApiFamily::Rest => self.rest_form().body,
            ApiFamily::V2 => Cow::Borrowed(self.http_form().body),
        };
        let members = serde_json::from_str::<BTreeMap<String, Option<String>>>(&body).ok()?;
        members.into_values().next()?
    }

    /// When the request may be sent again, where that is known.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Throttled { retry_after } | Self::QuotaExceeded { retry_after } => *retry_after,
            _ => None,
        }
    }

    /// What lies behind it, for the author and never for the client.
    #[must_use]
    pub fn cause(&self) -> Option<String> {
        match self {
            Self::Configuration(why)
            | Self::DefinitionsUnavailable(why)
            | Self::CredentialsUnavailable(why)
            | Self::AuthorizerFailed(why)
            | Self::AuthorizerMisconfigured(why) => Some(why.clone()),
            Self::Signature(error) => error.cause().map(ToOwned::to_owned),
            Self::Unauthorized(Some(Challenge::InvalidToken(why))) => Some((*why).to_owned()),
            Self::Integration(error) => Some(error.to_string()),
            Self::Function(error) => Some(error.to_string()),
            Self::BadFunctionAnswer(why) | Self::UnfilledParameter(why) | Self::ServiceRefused(why) => {
                Some(why.clone())
            }
            Self::BadPath(error) => Some(error.to_string()),
            Self::BadHeaders(why) => Some((*why).to_owned()),
            Self::AnswerTooLarge(limit) => Some(format!(
                "the answer is larger than the {limit} bytes that may pass here: answer through a Function URL that streams"
            )),
            _ => None,
        }
    }

    /// How REST APIs show it. Bodies of 500, 502 and 504 have a space after the colon, others none, as recorded.
    #[must_use]
    pub fn rest_form(&self) -> RestForm {
        use StatusCode as S;
        let form = |response_type, status, error_type, body| RestForm {
            response_type,
            status,
            error_type,
            body: Cow::Borrowed(body),
        };
        match self {
            Self::UnknownHost | Self::UnprovenOrigin | Self::NoSuchStage | Self::NoSuchHttpApiStage => {
                form(None, S::FORBIDDEN, "ForbiddenException", r#"{"message":"Forbidden"}"#)
            }
            Self::BadPath(_) | Self::BadHeaders(_) | Self::RequestBodyFailed | Self::UnfilledParameter(_) => {
                form(
                    Some(Type::Default4xx),
                    S::BAD_REQUEST,
                    "BadRequestException",
                    r#"{"message":"Bad Request"}"#,
                )
            }
            // ASSUMPTION: AWS's edge cuts both before the API is known and shows no error type that is documented.
            Self::UriTooLong => {
                form(None, S::URI_TOO_LONG, "RequestTooLargeException", r#"{"message":"URI Too Long"}"#)
            }
            Self::HeadersTooLarge => form(
                None,
                S::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "RequestTooLargeException",
                r#"{"message":"Request Header Fields Too Large"}"#,
            ),
            // ASSUMPTION: the text and type of 413 are not documented.
            Self::RequestTooLarge => form(
                Some(Type::RequestTooLarge),
                S::PAYLOAD_TOO_LARGE,
                "RequestTooLargeException",
                r#"{"message":"Request Too Long"}"#,
            ),
            Self::Signature(error) => RestForm {
                response_type: Some(error.response_type()),
                status: S::FORBIDDEN,
                error_type: error.error_type(),
                body: Cow::Owned(message("message", &error.to_string())),
            },
            Self::Unauthorized(_) | Self::InsufficientScope => form(
                Some(Type::Unauthorized),
                S::UNAUTHORIZED,
                "UnauthorizedException",
                r#"{"message":"Unauthorized"}"#,
            ),
            Self::TokenExpired => form(
                Some(Type::Unauthorized),
                S::UNAUTHORIZED,
                "UnauthorizedException",
                r#"{"message":"The incoming token has expired"}"#,
            ),
            Self::NoRoute => form(
                Some(Type::MissingAuthenticationToken),
                S::FORBIDDEN,
                "MissingAuthenticationTokenException",
                r#"{"message":"Missing Authentication Token"}"#,
            ),
            Self::InvalidApiKey => form(
                Some(Type::InvalidApiKey),
                S::FORBIDDEN,
                "ForbiddenException",
                r#"{"message":"Forbidden"}"#,
            ),
            Self::Throttled { .. } => form(
                Some(Type::Throttled),
                S::TOO_MANY_REQUESTS,
                "TooManyRequestsException",
                r#"{"message":"Too Many Requests"}"#,
            ),
            Self::QuotaExceeded { .. } => form(
                Some(Type::QuotaExceeded),
                S::TOO_MANY_REQUESTS,
                "LimitExceededException",
                r#"{"message":"Limit Exceeded"}"#,
            ),
            // AWS has no such answer.
            Self::QuotaUnavailable => form(
                Some(Type::Default5xx),
                S::SERVICE_UNAVAILABLE,
                "ServiceUnavailableException",
                r#"{"message":"Service Unavailable"}"#,
            ),
            Self::AccessDenied { explicit } => form(
                Some(Type::AccessDenied),
                S::FORBIDDEN,
                "AccessDeniedException",
                match explicit {
                    false => r#"{"Message":"User is not authorized to access this resource"}"#,
                    true => {
                        r#"{"Message":"User is not authorized to access this resource with an explicit deny"}"#
                    }
                },
            ),
            Self::PolicyDenied(denial) => RestForm {
                response_type: Some(Type::AccessDenied),
                status: S::FORBIDDEN,
                error_type: "AccessDeniedException",
                body: Cow::Owned(message("Message", &denial.to_string())),
            },
            Self::AuthorizerFailed(_) => form(
                Some(Type::AuthorizerFailure),
                S::INTERNAL_SERVER_ERROR,
                "AuthorizerFailureException",
                INTERNAL,
            ),
            // ASSUMPTION: the text and type of 414 are not documented.
            Self::MethodArnTooLong => form(
                Some(Type::Default4xx),
                S::URI_TOO_LONG,
                "RequestTooLargeException",
                r#"{"message":"URI Too Long"}"#,
            ),
            Self::AuthorizerMisconfigured(_) => form(
                Some(Type::AuthorizerConfigurationError),
                S::INTERNAL_SERVER_ERROR,
                "AuthorizerConfigurationException",
                r#"{"message":null}"#,
            ),
            Self::MissingParameters(names) => RestForm {
                response_type: Some(Type::BadRequestParameters),
                status: S::BAD_REQUEST,
                error_type: "BadRequestException",
                body: Cow::Owned(message(
                    "message",
                    &format!("Missing required request parameters: [{names}]"),
                )),
            },
            Self::InvalidBody => form(
                Some(Type::BadRequestBody),
                S::BAD_REQUEST,
                "BadRequestException",
                r#"{"message":"Invalid request body"}"#,
            ),
            Self::UnsupportedMediaType => form(
                Some(Type::UnsupportedMediaType),
                S::UNSUPPORTED_MEDIA_TYPE,
                "BadRequestException",
                r#"{"message":"Unsupported Media Type"}"#,
            ),
            Self::Configuration(_) => form(
                Some(Type::ApiConfigurationError),
                S::INTERNAL_SERVER_ERROR,
                "ApiConfigurationException",
                INTERNAL,
            ),
            Self::Integration(error) => rest_integration_form(error),
            Self::Function(error) => rest_function_form(error),
            Self::BadFunctionAnswer(_) | Self::AnswerTooLarge(_) => {
                form(Some(Type::Default5xx), S::BAD_GATEWAY, "InternalServerErrorException", INTERNAL)
            }
            // AWS has no such answer: whose callers cannot be known serves nobody.
            Self::CredentialsUnavailable(_) => form(
                Some(Type::AuthorizerFailure),
                S::INTERNAL_SERVER_ERROR,
                "AuthorizerFailureException",
                INTERNAL,
            ),
            Self::DefinitionsUnavailable(_) => form(
                None,
                S::SERVICE_UNAVAILABLE,
                "ServiceUnavailableException",
                r#"{"message":"Service Unavailable"}"#,
            ),
            Self::Internal | Self::ServiceRefused(_) => form(
                Some(Type::Default5xx),
                S::INTERNAL_SERVER_ERROR,
                "InternalServerErrorException",
                INTERNAL,
            ),
        }
    }

    /// How HTTP APIs show it: compact bodies and no customisation
    /// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting.html>, and seen in public threads).
    #[must_use]
    pub fn http_form(&self) -> HttpForm {
        use StatusCode as S;
        let (status, body) = match self {
            Self::UnknownHost | Self::UnprovenOrigin => (S::FORBIDDEN, r#"{"message":"Forbidden"}"#),
            Self::NoSuchStage | Self::NoSuchHttpApiStage | Self::NoRoute => {
                (S::NOT_FOUND, r#"{"message":"Not Found"}"#)
            }
            // No HTTP API validates.
            Self::MissingParameters(_) | Self::InvalidBody => {
                (S::BAD_REQUEST, r#"{"message":"Bad Request"}"#)
            }
            // Recorded: 400, whether the service asks for the parameter or not. ASSUMPTION: the body.
            Self::BadPath(_) | Self::BadHeaders(_) | Self::RequestBodyFailed | Self::UnfilledParameter(_) => {
                (S::BAD_REQUEST, r#"{"message":"Bad Request"}"#)
            }
            Self::UriTooLong | Self::MethodArnTooLong => (S::URI_TOO_LONG, r#"{"message":"URI Too Long"}"#),
            Self::Unauthorized(_) | Self::TokenExpired => (S::UNAUTHORIZED, r#"{"message":"Unauthorized"}"#),
            Self::HeadersTooLarge => {
                (S::REQUEST_HEADER_FIELDS_TOO_LARGE, r#"{"message":"Request Header Fields Too Large"}"#)
            }
            Self::RequestTooLarge => (S::PAYLOAD_TOO_LARGE, r#"{"message":"Request Entity Too Large"}"#),
            Self::Signature(_)
            | Self::InsufficientScope
            | Self::InvalidApiKey
            | Self::AccessDenied { .. }
            | Self::PolicyDenied(_) => (S::FORBIDDEN, r#"{"message":"Forbidden"}"#),
            Self::Throttled { .. } => (S::TOO_MANY_REQUESTS, r#"{"message":"Too Many Requests"}"#),
            // No HTTP API has quotas.
            Self::QuotaExceeded { .. } => (S::TOO_MANY_REQUESTS, r#"{"message":"Limit Exceeded"}"#),
            Self::UnsupportedMediaType => {
                (S::UNSUPPORTED_MEDIA_TYPE, r#"{"message":"Unsupported Media Type"}"#)
            }
            Self::Integration(BackendError::RequestBody(error)) => return body_refusal(error).http_form(),
            Self::Function(FunctionError::TooLarge(_)) => return Self::RequestTooLarge.http_form(),
            // ASSUMPTION: a function that is called too often is as unavailable as one that does not answer in time.
            Self::Integration(BackendError::Timeout(_))
            | Self::Function(FunctionError::Timeout(_) | FunctionError::Throttled(_))
            | Self::QuotaUnavailable
            | Self::DefinitionsUnavailable(_) => {
                (S::SERVICE_UNAVAILABLE, r#"{"message":"Service Unavailable"}"#)
            }
            Self::AuthorizerFailed(_)
            | Self::AuthorizerMisconfigured(_)
            | Self::CredentialsUnavailable(_)
            | Self::Configuration(_)
            | Self::Integration(_)
            | Self::Function(_)
            | Self::BadFunctionAnswer(_)
            | Self::AnswerTooLarge(_)
            // Recorded: whatever a service refuses is the gateway's 500.
            | Self::ServiceRefused(_)
            | Self::Internal => (S::INTERNAL_SERVER_ERROR, r#"{"message":"Internal Server Error"}"#),
        };
        HttpForm { status, body }
    }
}

/// A body of one member, whose text may repeat what a client sent.
fn message(name: &str, text: &str) -> String {
    format!("{{\"{name}\":{}}}", serde_json::Value::from(text))
}

impl fmt::Display for PolicyDenial {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { caller, resource, explicit } = self;
        write!(
            formatter,
            "User: {caller} is not authorized to perform: execute-api:Invoke on resource: {resource}"
        )?;
        if *explicit { formatter.write_str(" with an explicit deny") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests;
