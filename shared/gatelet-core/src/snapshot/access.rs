//! What a route asks of its caller, as far as it can be judged.

use gatelet_model::Authorization;

use crate::refusal::Refusal;

/// What a route asks of its caller. What cannot be judged yet closes the gate: a route that its author protected
/// is never served openly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    Open,
    /// A signed request.
    AwsIam,
    /// The consent of an authorizer.
    Authorizer,
    /// The consent of the API's resource policy.
    ResourcePolicy,
}

impl Access {
    pub(super) const fn of(authorization: &Authorization, has_policy: bool) -> Self {
        match authorization {
            Authorization::AwsIam => Self::AwsIam,
            Authorization::Authorizer { .. } => Self::Authorizer,
            Authorization::None if has_policy => Self::ResourcePolicy,
            Authorization::None => Self::Open,
        }
    }

    /// Lets everybody in where nothing is asked.
    ///
    /// # Errors
    /// The [`Refusal`] that a caller without accepted credentials hears.
    pub const fn judge(self) -> Result<(), Refusal> {
        match self {
            Self::Open => Ok(()),
            Self::AwsIam => Err(Refusal::NotSigned),
            Self::Authorizer => Err(Refusal::AuthorizerUnavailable),
            Self::ResourcePolicy => Err(Refusal::AccessDenied),
        }
    }
}
