//! JWT authorizers of HTTP and REST APIs.

use gatelet_model::{Authorizer, AuthorizerKind};

use super::verified::ClaimsForm;
use super::verifier::{TokenPorts, Verifier};
use crate::authorizers::{Asked, Finding, IdentitySource};
use crate::refusal::{Challenge, Refusal};
use crate::snapshot::routes::Rules;

/// A JWT authorizer, compiled
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html>,
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-jwt-authorizer.html>).
#[derive(Debug)]
pub struct JwtAuthorizer {
    sources: Box<[IdentitySource]>,
    verifier: Verifier,
}

impl JwtAuthorizer {
    /// Compiles what [`AuthorizerKind::Jwt`] defines; claims are told in the form of the kind of API.
    ///
    /// # Errors
    /// What is wrong with the definition, for its author.
    pub fn compile(authorizer: &Authorizer, rules: Rules) -> Result<Self, String> {
        let AuthorizerKind::Jwt { identity_sources, issuers } = &authorizer.kind else {
            return Err(format!("the authorizer `{}` is no JWT authorizer", authorizer.name));
        };
        if identity_sources.is_empty() {
            return Err(format!("the authorizer `{}` does not say where the token is", authorizer.name));
        }
        let form = match rules {
            Rules::Rest => ClaimsForm::RestJwt,
            Rules::Http => ClaimsForm::Http,
        };
        let sources = identity_sources.iter().map(|text| IdentitySource::parse(text));
        let sources = sources.collect::<Result<_, _>>().map_err(|error| error.to_string())?;
        Ok(Self { sources, verifier: Verifier::compile(issuers, form)? })
    }

    /// Finds out who calls by the token of a request.
    ///
    /// # Errors
    /// [`Refusal::Unauthorized`] where there is none or it is not accepted, [`Refusal::InsufficientScope`] where it has none of the
    /// route's scopes.
    pub async fn judge<W: TokenPorts>(&self, world: &W, asked: &Asked<'_>) -> Result<Finding, Refusal> {
        let found = self.sources.iter().find_map(|source| Some((source, source.value(asked)?)));
        let Some((source, value)) = found else {
            asked.record.explain(|| format!("the request has no token at {}", listed(&self.sources)));
            return Err(Refusal::Unauthorized(Some(Challenge::Missing)));
        };
        asked.record.explain(|| format!("the token is read from `{}`", source.as_str()));
        let token = self.verifier.verify(world, asked.arrival, asked.record, bearer(&value)).await?;
        if !token.has_scope_of(asked.route.scopes) {
            asked
                .record
                .explain(|| format!("the token has none of the scopes `{}`", asked.route.scopes.join(" ")));
            return Err(Refusal::InsufficientScope);
        }
        Ok(Finding::Jwt { token, has_scopes: !asked.route.scopes.is_empty() })
    }
}

/// The token behind `Bearer `, which may be left out; the scheme's name has no case (RFC 9110 section 11.1).
#[must_use]
pub fn bearer(value: &str) -> &str {
    let value = value.trim();
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim_start(),
        _ => value,
    }
}

fn listed(sources: &[IdentitySource]) -> String {
    let names: Vec<String> = sources.iter().map(|source| format!("`{}`", source.as_str())).collect();
    names.join(" or ")
}
