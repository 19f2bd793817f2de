//! Who calls, as far as the gateway has found out.

use std::sync::Arc;

use super::iam::IamIdentity;
use super::{jwt, lambda};

/// Who calls: what the access stage established. Events, `$context` and log lines are made from it.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// How it was found out.
    pub finding: Finding,
    /// How long the authorizer took, in milliseconds; none where none was asked (`$context.authorizer.integrationLatency`).
    pub authorizer_latency_milliseconds: Option<u64>,
}

/// How a caller is known.
#[derive(Debug, Clone, Default)]
pub enum Finding {
    /// Nobody asked.
    #[default]
    Anonymous,
    /// By AWS credentials, whoever has verified them.
    Iam(Arc<IamIdentity>),
    /// By a Lambda authorizer.
    Lambda(Arc<lambda::Judgement>),
    /// By a token of an issuer that a JWT authorizer names.
    Jwt {
        /// The token.
        token: Arc<jwt::Verified>,
        /// Whether the route asks for scopes: only then are the token's told in events.
        has_scopes: bool,
    },
    /// By a token of a Cognito user pool.
    Cognito(Arc<jwt::Verified>),
}

impl Caller {
    /// The API key that a Lambda authorizer says the caller has.
    #[must_use]
    pub fn usage_identifier_key(&self) -> Option<&str> {
        match &self.finding {
            Finding::Lambda(judgement) => judgement.usage_identifier_key(),
            _ => None,
        }
    }

    /// The identity in AWS's sense, where there is one.
    #[must_use]
    pub fn iam(&self) -> Option<&IamIdentity> {
        match &self.finding {
            Finding::Iam(identity) => Some(identity),
            _ => None,
        }
    }
}

/// The certificate that a client showed in the TLS handshake, verified by whoever ended TLS
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mutual-tls.html>).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// PEM; empty where the front door does not pass it on.
    pub pem: Box<str>,
    /// The subject's distinguished name.
    pub subject: Box<str>,
    /// The issuer's distinguished name.
    pub issuer: Box<str>,
    /// The serial number, as the front door writes it.
    pub serial_number: Box<str>,
    /// From when it holds, such as `May 28 12:30:02 2019 GMT`.
    pub not_before: Box<str>,
    /// Until when it holds.
    pub not_after: Box<str>,
}
