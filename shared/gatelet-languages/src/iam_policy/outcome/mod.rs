//! What becomes of a request: the resource policy and whoever else decides, together
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html>).

use super::Decision;

/// What the method's own authorization says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authorization {
    /// The method asks for none.
    None,
    /// The policies of the caller, or the policy that a Lambda authorizer answered.
    Policy {
        /// What they decide.
        decision: Decision,
        /// Whose account the caller is of. With a Lambda authorizer, whose function is the API owner's, it is the same.
        accounts: Accounts,
    },
    /// A token was judged: an Amazon Cognito user pool's, or by a JWT authorizer.
    ///
    /// ASSUMPTION: JWT authorizers of REST APIs are as user pools, of which AWS's page says two things. Its text asks
    /// the resource policy for an explicit allow, its Table A does not. The text is the stricter.
    Token {
        /// It was accepted.
        accepted: bool,
    },
}

/// Whether the caller's account is the API owner's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accounts {
    /// It is: who is allowed by either policy may call (Table A).
    Same,
    /// It is not: both policies must allow the call (Table B).
    Other,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It goes on.
    Allow,
    /// Nobody forbids it, but not everybody who must allow it does: 403.
    ImplicitDeny,
    /// A statement forbids it: 403.
    ExplicitDeny,
    /// The token was not accepted: 401.
    Unauthorized,
}

impl Outcome {
    /// What is known before a Lambda authorizer is asked: a resource policy's explicit deny refuses the request, and the
    /// authorizer is not called.
    #[must_use]
    pub const fn before_lambda_authorizer(resource_policy: Option<Decision>) -> Option<Self> {
        match resource_policy {
            Some(Decision::ExplicitDeny { .. }) => Some(Self::ExplicitDeny),
            _ => None,
        }
    }

    /// What the method's authorization and the API's resource policy decide together. `None` where the API has no
    /// policy: across accounts that is as one that is silent, elsewhere it is not asked.
    #[must_use]
    pub const fn of(authorization: Authorization, resource_policy: Option<Decision>) -> Self {
        use Decision::{Allow, ExplicitDeny, ImplicitDeny};
        match (authorization, resource_policy) {
            (Authorization::Token { accepted: false }, _) => Self::Unauthorized,
            (_, Some(ExplicitDeny { .. }))
            | (Authorization::Policy { decision: ExplicitDeny { .. }, .. }, _) => Self::ExplicitDeny,
            (Authorization::None | Authorization::Token { .. }, None | Some(Allow { .. })) => Self::Allow,
            (Authorization::None | Authorization::Token { .. }, Some(ImplicitDeny)) => Self::ImplicitDeny,
            (Authorization::Policy { decision: Allow { .. }, accounts: Accounts::Same }, _) => Self::Allow,
            (
                Authorization::Policy { decision: ImplicitDeny, accounts: Accounts::Same },
                Some(Allow { delegated: false, .. }),
            ) => Self::Allow,
            (
                Authorization::Policy { decision: Allow { .. }, accounts: Accounts::Other },
                Some(Allow { .. }),
            ) => Self::Allow,
            (Authorization::Policy { .. }, _) => Self::ImplicitDeny,
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "the tables are foreign test data, read in place")]
mod tests;
