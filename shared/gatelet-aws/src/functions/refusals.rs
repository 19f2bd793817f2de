//! What Lambda says where it does not call a function, in the core's words.

use gatelet_core::ports::FunctionError;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

/// How much of a message is passed on, in characters.
const MESSAGE_CHARACTERS_MAX: usize = 300;

/// The body of an error. AWS writes `message`, `Message` or both, and where there is no header, `__type`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ErrorBody {
    message: Option<String>,
    #[serde(rename = "Message")]
    capital_message: Option<String>,
    #[serde(rename = "__type")]
    kind: Option<String>,
}

/// Names a refusal. `payload_bytes` is the size of what was sent.
///
/// The names are those of [`Invoke`](https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors)
/// and AWS's common errors; an unknown one is judged by its status.
pub(super) fn named(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    function: &str,
    payload_bytes: usize,
) -> FunctionError {
    let body: ErrorBody = serde_json::from_slice(body).unwrap_or_default();
    let header = headers.get("x-amzn-errortype").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let kind = header.or(body.kind).unwrap_or_default();
    let kind = bare(&kind);
    let said = body.message.or(body.capital_message).unwrap_or_default();
    let said: String = said.chars().take(MESSAGE_CHARACTERS_MAX).collect();
    let said = match (kind.is_empty(), said.is_empty()) {
        (true, true) => format!("Lambda answered {}", status.as_u16()),
        (true, false) => format!("Lambda answered {}: {said}", status.as_u16()),
        (false, true) => kind.to_owned(),
        (false, false) => format!("{kind}: {said}"),
    };
    match kind {
        "ResourceNotFoundException" => FunctionError::NotFound(function.to_owned()),
        "RequestTooLargeException" => FunctionError::TooLarge(payload_bytes),
        "TooManyRequestsException" | "EC2ThrottledException" | "ThrottlingException" => {
            FunctionError::Throttled(said)
        }
        "AccessDeniedException"
        | "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "IncompleteSignatureException"
        | "ExpiredTokenException"
        | "MissingAuthenticationTokenException"
        | "OptInRequired" => FunctionError::Denied(said),
        _ => match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => FunctionError::Denied(said),
            StatusCode::NOT_FOUND => FunctionError::NotFound(function.to_owned()),
            StatusCode::PAYLOAD_TOO_LARGE => FunctionError::TooLarge(payload_bytes),
            StatusCode::TOO_MANY_REQUESTS => FunctionError::Throttled(said),
            _ => FunctionError::Unavailable(said),
        },
    }
}

/// The name in `com.amazonaws.lambda#ResourceNotFoundException:http://...`.
fn bare(kind: &str) -> &str {
    let kind = kind.split(':').next().unwrap_or_default();
    kind.rsplit('#').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn refusal(status: u16, kind: Option<&str>, body: &str) -> FunctionError {
        let mut headers = HeaderMap::new();
        if let Some(kind) = kind {
            headers.insert("x-amzn-errortype", kind.parse().unwrap());
        }
        named(StatusCode::from_u16(status).unwrap(), &headers, body.as_bytes(), "f", 7)
    }

    #[test]
    fn refusals_are_told_apart() {
        let not_found = FunctionError::NotFound("f".into());
        assert_eq!(refusal(404, Some("ResourceNotFoundException"), "{}"), not_found);
        assert_eq!(refusal(404, Some("ResourceNotFoundException:http://x/"), "{}"), not_found);
        assert_eq!(refusal(404, None, "<html>"), not_found);
        assert_eq!(
            refusal(400, None, r#"{"__type":"com.amazonaws.lambda#ResourceNotFoundException"}"#),
            not_found
        );
        assert_eq!(refusal(413, None, ""), FunctionError::TooLarge(7));
        assert_eq!(
            refusal(429, Some("TooManyRequestsException"), r#"{"Reason":"x","message":"Rate exceeded"}"#),
            FunctionError::Throttled("TooManyRequestsException: Rate exceeded".into())
        );
        assert_eq!(
            refusal(403, Some("AccessDeniedException"), r#"{"Message":"not you","message":"not you"}"#),
            FunctionError::Denied("AccessDeniedException: not you".into())
        );
        assert_eq!(
            refusal(400, Some("ExpiredTokenException"), ""),
            FunctionError::Denied("ExpiredTokenException".into())
        );
        assert_eq!(
            refusal(502, Some("InvalidZipFileException"), r#"{"Message":"m"}"#),
            FunctionError::Unavailable("InvalidZipFileException: m".into())
        );
        assert_eq!(refusal(500, None, ""), FunctionError::Unavailable("Lambda answered 500".into()));
    }
}
