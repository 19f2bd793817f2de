//! What a route asks of its caller, compiled.

use std::sync::{Arc, OnceLock};

use gatelet_languages::iam_policy::{Policy, PolicyKind};
use gatelet_model::{Authorization, AuthorizerKind, PartId, StageVariables};

use crate::authorizers::jwt::{CognitoAuthorizer, JwtAuthorizer};
use crate::authorizers::lambda::LambdaAuthorizer;
use crate::snapshot::routes::Rules;

/// What a route asks of its caller.
#[derive(Debug)]
pub enum Access {
    /// Nothing.
    Open,
    /// A signed request.
    AwsIam,
    /// The consent of an authorizer.
    Authorizer {
        /// Which.
        authorizer: Arc<Authorizer>,
        /// The scopes of which a token must carry one; empty where none is asked for.
        scopes: Box<[String]>,
    },
}

impl Access {
    /// Whether it is judged by who signed the request.
    #[must_use]
    pub const fn is_signed(&self) -> bool {
        matches!(self, Self::AwsIam)
    }
}

/// A compiled authorizer.
#[derive(Debug)]
pub enum Authorizer {
    /// A function.
    Lambda(LambdaAuthorizer),
    /// Tokens of any issuer.
    Jwt(JwtAuthorizer),
    /// Tokens of Cognito user pools.
    Cognito(CognitoAuthorizer),
    /// One that cannot work as it is defined: it lets nobody in.
    Broken {
        /// What is wrong, for the author.
        why: String,
    },
}

/// The authorizers of an API, each compiled once.
#[derive(Debug, Default)]
pub(super) struct Authorizers(Vec<(PartId, Arc<Authorizer>)>);

impl Authorizers {
    pub(super) fn compile(
        authorizers: &[gatelet_model::Authorizer],
        rules: Rules,
        variables: &StageVariables,
    ) -> Self {
        let compiled = authorizers.iter().map(|authorizer| {
            let compiled = Authorizer::compile(authorizer, rules, variables);
            (authorizer.id.clone(), Arc::new(compiled.unwrap_or_else(|why| Authorizer::Broken { why })))
        });
        Self(compiled.collect())
    }

    /// What a route's authorization becomes. An authorizer that is not there lets nobody in.
    pub(super) fn access(&self, authorization: &Authorization) -> Access {
        match authorization {
            Authorization::None => Access::Open,
            Authorization::AwsIam => Access::AwsIam,
            Authorization::Authorizer { id, scopes } => {
                let found = self.0.iter().find(|(other, _)| other == id);
                let authorizer = found.map(|(_, authorizer)| Arc::clone(authorizer)).unwrap_or_else(|| {
                    Arc::new(Authorizer::Broken { why: format!("the authorizer `{id}` is not defined") })
                });
                Access::Authorizer { authorizer, scopes: scopes.as_slice().into() }
            }
        }
    }
}

impl Authorizer {
    fn compile(
        authorizer: &gatelet_model::Authorizer,
        rules: Rules,
        variables: &StageVariables,
    ) -> Result<Self, String> {
        match &authorizer.kind {
            AuthorizerKind::Token { .. } | AuthorizerKind::Request { .. } => {
                LambdaAuthorizer::compile(authorizer, rules, variables).map(Self::Lambda)
            }
            AuthorizerKind::Jwt { .. } => JwtAuthorizer::compile(authorizer, rules).map(Self::Jwt),
            AuthorizerKind::CognitoUserPools { .. } => {
                CognitoAuthorizer::compile(authorizer, rules).map(Self::Cognito)
            }
        }
    }
}

/// The policy of a REST API: compiled when it is first asked, so that a cold start pays only for what it uses. One that does
/// not compile lets nobody in.
#[derive(Debug)]
pub struct ResourcePolicy {
    text: Box<str>,
    compiled: OnceLock<Result<Policy, String>>,
}

impl ResourcePolicy {
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.into(), compiled: OnceLock::new() }
    }

    /// The policy.
    ///
    /// # Errors
    /// Why it has no meaning, for the author.
    pub fn policy(&self) -> Result<&Policy, &str> {
        let compile = || {
            Policy::parse(&self.text, PolicyKind::Resource)
                .map_err(|error| format!("the API's resource policy: {error}"))
        };
        self.compiled.get_or_init(compile).as_ref().map_err(String::as_str)
    }
}
