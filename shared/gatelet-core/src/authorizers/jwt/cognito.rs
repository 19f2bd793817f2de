//! Cognito user pools as authorizers of REST APIs.

use gatelet_languages::selection::SelectionPattern;
use gatelet_model::{Authorizer, AuthorizerKind};

use super::authorizer::bearer;
use super::claims::Audience;
use super::defect::Defect;
use super::verifier::{TokenPorts, Verifier};
use crate::authorizers::{Asked, Finding, IdentitySource};
use crate::refusal::{Challenge, Refusal};
use crate::snapshot::routes::Rules;

/// The part of a user pool's ARN before its region.
const SERVICE: &str = "cognito-idp";

/// A Cognito user pool authorizer, compiled
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-integrate-with-cognito.html>).
#[derive(Debug)]
pub struct CognitoAuthorizer {
    source: IdentitySource,
    verifier: Verifier,
}

impl CognitoAuthorizer {
    /// Compiles what [`AuthorizerKind::CognitoUserPools`] defines; only REST APIs have it.
    ///
    /// # Errors
    /// What is wrong with the definition, for its author.
    pub fn compile(authorizer: &Authorizer, rules: Rules) -> Result<Self, String> {
        let (
            AuthorizerKind::CognitoUserPools {
                provider_arns,
                identity_source,
                identity_validation_expression,
            },
            Rules::Rest,
        ) = (&authorizer.kind, rules)
        else {
            return Err(format!(
                "the authorizer `{}` is no user pool authorizer of a REST API",
                authorizer.name
            ));
        };
        if provider_arns.is_empty() {
            return Err(format!("the authorizer `{}` names no user pool", authorizer.name));
        }
        let pools: Vec<(String, String)> =
            provider_arns.iter().map(|arn| pool(arn)).collect::<Result<_, _>>()?;
        let source = IdentitySource::parse(identity_source).map_err(|error| error.to_string())?;
        let audience = match identity_validation_expression.as_deref() {
            None | Some("") => Audience::Anybody,
            Some(text) => {
                let pattern = SelectionPattern::compile(Some(text));
                if let Some(error) = pattern.error() {
                    return Err(format!(
                        "the authorizer `{}`: its identity validation expression: {error}",
                        authorizer.name
                    ));
                }
                Audience::Matching { text: text.into(), pattern }
            }
        };
        Ok(Self { source, verifier: Verifier::of_user_pools(&pools, &audience) })
    }

    /// Finds out who calls by the token of a request: an id token where the method asks for no scopes, else an access token with
    /// one of them.
    ///
    /// # Errors
    /// [`Refusal::Unauthorized`] where there is none or it is not accepted, [`Refusal::TokenExpired`],
    /// [`Refusal::InsufficientScope`].
    pub async fn judge<W: TokenPorts>(&self, world: &W, asked: &Asked<'_>) -> Result<Finding, Refusal> {
        let Some(value) = self.source.value(asked) else {
            asked.record.explain(|| format!("the request has no token at `{}`", self.source.as_str()));
            return Err(Refusal::Unauthorized(Some(Challenge::Missing)));
        };
        asked.record.explain(|| format!("the token is read from `{}`", self.source.as_str()));
        let token = match self.verifier.verify(world, asked.arrival, asked.record, bearer(&value)).await {
            Ok(token) => token,
            Err(Defect::Expired) => return Err(Refusal::TokenExpired),
            Err(defect) => return Err(defect.into()),
        };
        let scopes = asked.route.scopes;
        let usage = if scopes.is_empty() { "id" } else { "access" };
        if token.token_use() != Some(usage) {
            asked.record.explain(|| format!("the method asks for an {usage} token, and this is none"));
            return Err(Defect::Use.into());
        }
        if !token.has_scope_of(scopes) {
            asked.record.explain(|| format!("the token has none of the scopes `{}`", scopes.join(" ")));
            return Err(Refusal::InsufficientScope);
        }
        Ok(Finding::Cognito(token))
    }
}

/// The issuer of a user pool, and where its keys are
/// (<https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html>).
fn pool(arn: &str) -> Result<(String, String), String> {
    let wrong = || {
        format!(
            "`{arn}` is not the ARN of a user pool: write `arn:aws:cognito-idp:REGION:ACCOUNT:userpool/POOL_ID`"
        )
    };
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, SERVICE, region, _account, resource] = parts.as_slice() else {
        return Err(wrong());
    };
    let id = resource.strip_prefix("userpool/").ok_or_else(wrong)?;
    let is_region = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_id = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    // Both become parts of a URL that is fetched.
    if region.is_empty() || id.is_empty() || !region.bytes().all(is_region) || !id.bytes().all(is_id) {
        return Err(wrong());
    }
    let domain = if *partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    let issuer = format!("https://{SERVICE}.{region}.{domain}/{id}");
    let key_set_url = format!("{issuer}/.well-known/jwks.json");
    Ok((issuer, key_set_url))
}
