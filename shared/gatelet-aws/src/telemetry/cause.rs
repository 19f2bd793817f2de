//! What the author of an API should know about a request, and its client should not.

use gatelet_core::record::{End, SealedRecord};
use gatelet_core::refusal::{Challenge, Refusal};
use gatelet_core::signature::SignatureError;

/// Why a request went wrong, where its status does not say so.
#[must_use]
pub fn cause(record: &SealedRecord) -> Option<String> {
    if let End::BrokenOff(error) = &record.end {
        return Some(error.to_string());
    }
    let cause = match record.refusal()? {
        Refusal::UnknownHost => "the request's host is none that is answered here".to_owned(),
        Refusal::UnprovenOrigin => {
            "the request did not come by the edge: its secret header is missing or wrong".to_owned()
        }
        Refusal::NoSuchStage | Refusal::NoSuchHttpApiStage => "no API has such an address".to_owned(),
        Refusal::RequestBodyFailed => "the request's body did not come to its end".to_owned(),
        Refusal::NoRoute if record.status() == Some(403) => {
            "no method of the API has this path and verb (REST APIs say it this way)".to_owned()
        }
        Refusal::NoRoute => "no route of the API has this path and verb".to_owned(),
        Refusal::Signature(SignatureError::Missing) => {
            "the method asks for a signed request (AWS_IAM), and this one is not signed".to_owned()
        }
        Refusal::Signature(error) => {
            let cause = error.cause().unwrap_or_default();
            format!("the request's signature is not accepted: {error} {cause}").trim_end().to_owned()
        }
        Refusal::Unauthorized(None | Some(Challenge::Missing)) => {
            "the request shows nothing that the route's authorizer looks at, or nothing it accepts".to_owned()
        }
        Refusal::InsufficientScope => "the token has none of the scopes that the route asks for".to_owned(),
        Refusal::InvalidApiKey => {
            "the method asks for an API key, which this version has none of yet".to_owned()
        }
        Refusal::AccessDenied { explicit: true } => {
            "a statement of the authorizer's policy denies the method".to_owned()
        }
        Refusal::AccessDenied { explicit: false } => {
            "no statement of the authorizer's policy allows the method".to_owned()
        }
        Refusal::PolicyDenied(denial) => denial.to_string(),
        Refusal::Internal => "a fault in Gatelet itself; standard error shows where".to_owned(),
        // What the status says by itself has no cause.
        other => return other.cause(),
    };
    Some(cause)
}
