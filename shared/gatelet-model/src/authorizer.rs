//! Who decides whether a caller may call.

use serde::{Deserialize, Serialize};

use crate::limits;
use crate::problem::Problem;
use crate::text::{PartId, aws_words};

aws_words!(
    /// How the event and the answer of a Lambda authorizer look on HTTP APIs.
    PayloadFormat {
        /// As REST APIs have them.
        One = "1.0",
        /// The shorter form.
        Two = "2.0",
    }
);

/// How long an authorizer's result is kept, in seconds; 0 means not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct ResultTtl(u32);

impl ResultTtl {
    /// Not kept.
    pub const NONE: Self = Self(0);
    /// What REST APIs take where nothing is said.
    pub const REST_DEFAULT: Self = Self(limits::AUTHORIZER_TTL_SECONDS_DEFAULT);

    /// Checks the range: 0 to 3,600.
    ///
    /// # Errors
    /// A [`Problem`] where the number lies outside.
    pub fn from_seconds(seconds: u32) -> Result<Self, Problem> {
        if seconds <= limits::TTL_SECONDS_MAX {
            Ok(Self(seconds))
        } else {
            Err(Problem::error(format!("an authorizer's result cannot be kept for {seconds} seconds"))
                .help(format!("give at most {}", limits::TTL_SECONDS_MAX)))
        }
    }

    /// The number of seconds.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for ResultTtl {
    type Error = String;
    fn try_from(seconds: u32) -> Result<Self, String> {
        Self::from_seconds(seconds).map_err(|problem| problem.message)
    }
}

impl From<ResultTtl> for u32 {
    fn from(ttl: ResultTtl) -> Self {
        ttl.0
    }
}

/// A named authorizer of an API
/// (<https://docs.aws.amazon.com/apigateway/latest/api/API_Authorizer.html>,
/// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-authorizers-authorizerid.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorizer {
    /// Its id.
    pub id: PartId,
    /// Its name, by which definitions refer to it.
    pub name: String,
    /// The author's word for its scheme (`x-amazon-apigateway-authtype`), such as `oauth2`; only a label.
    pub auth_type: Option<String>,
    /// What decides.
    pub kind: AuthorizerKind,
}

/// What decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AuthorizerKind {
    /// A function that is given one header (REST only).
    Token {
        /// How the function is called.
        function: AuthorizerFunction,
        /// The header, such as `method.request.header.Authorization`.
        identity_source: String,
        /// A pattern that the header must match before the function is asked.
        identity_validation_expression: Option<String>,
    },
    /// A function that is given the request.
    Request {
        /// How the function is called.
        function: AuthorizerFunction,
        /// What must be in the request, and tells kept results apart.
        identity_sources: Vec<String>,
    },
    /// Cognito user pools (REST only).
    CognitoUserPools {
        /// The pools' ARNs.
        provider_arns: Vec<String>,
        /// The header with the token.
        identity_source: String,
        /// A pattern that the token's `aud` must match.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        identity_validation_expression: Option<String>,
    },
    /// A token of an issuer.
    Jwt {
        /// Where the token is.
        identity_sources: Vec<String>,
        /// Who issued it, and for whom; several on REST APIs.
        issuers: Vec<JwtIssuer>,
    },
}

/// An issuer of tokens and the audiences that are accepted from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JwtIssuer {
    /// The issuer's URL, as in the `iss` claim.
    pub issuer: String,
    /// Accepted `aud` or `client_id` values.
    pub audiences: Vec<String>,
    /// Accepted signing algorithms, such as `RS256`; whatever the issuer's keys are for where it is empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub algorithms: Vec<String>,
    /// Claims that a token must carry besides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required_claims: Vec<RequiredClaim>,
}

impl JwtIssuer {
    /// The algorithms with which a token can be signed. `ES512` is none of them, and neither is any whose key both sides know.
    pub const ALGORITHMS: [&str; 9] =
        ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"];
}

/// A claim that a token must carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequiredClaim {
    /// Its name.
    pub name: String,
    /// The values of which it must have one, or one of which must be in it where it is a list; any where there are none.
    pub values: Vec<String>,
}

/// The function behind a Lambda authorizer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizerFunction {
    /// The invocation ARN.
    pub uri: String,
    /// The role that is assumed to call it.
    pub credentials: Option<String>,
    /// How long its results are kept.
    pub result_ttl: ResultTtl,
    /// The form of its event and answer.
    pub payload_format: PayloadFormat,
    /// Whether it answers `{"isAuthorized": ...}` (payload 2.0 only).
    pub simple_responses: bool,
}

/// What a method or route asks of its caller.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Authorization {
    /// Nothing.
    #[default]
    None,
    /// A request signed with AWS credentials.
    AwsIam,
    /// The consent of an authorizer of this API.
    Authorizer {
        /// Which.
        id: PartId,
        /// The scopes of which a token must carry one; empty where none is asked for.
        scopes: Vec<String>,
    },
}
