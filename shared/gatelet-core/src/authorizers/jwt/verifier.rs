//! Verifies tokens of the issuers that an authorizer names, and remembers those that are good.

use std::sync::Arc;

use gatelet_model::JwtIssuer;
use jsonwebtoken::Algorithm;

use super::claims::{self, Audience, Rule};
use super::defect::Defect;
use super::issuer::Issuer;
use super::token::{Token, algorithm_of};
use super::verified::{ClaimsForm, Verified};
use crate::memory::{Key, Memory};
use crate::ports::Arrival;
use crate::ports::{Clock, IdentityProviders, World};
use crate::record::Record;

/// What verifying a token needs of the world, which is less than all of it.
pub trait TokenPorts: Send + Sync {
    /// Those who have the issuers' documents.
    type IdentityProviders: IdentityProviders;
    /// Time.
    type Clock: Clock;

    /// Those who have the issuers' documents.
    fn identity_providers(&self) -> &Self::IdentityProviders;
    /// Time.
    fn clock(&self) -> &Self::Clock;
    /// What this instance remembers between requests.
    fn memory(&self) -> &Memory;
}

impl<W: World> TokenPorts for W {
    type IdentityProviders = W::IdentityProviders;
    type Clock = W::Clock;

    fn identity_providers(&self) -> &W::IdentityProviders {
        World::identity_providers(self)
    }

    fn clock(&self) -> &W::Clock {
        World::clock(self)
    }

    fn memory(&self) -> &Memory {
        World::memory(self)
    }
}

/// Whose tokens are taken, and what they must claim: compiled once for each authorizer of a deployment.
#[derive(Debug)]
pub struct Verifier {
    trusted: Box<[Trusted]>,
    form: ClaimsForm,
    /// All of the above, so that what was verified by other rules is never taken for this.
    identity: Key,
}

/// An issuer, and what its tokens must be.
#[derive(Debug)]
struct Trusted {
    issuer: Issuer,
    /// Whom its tokens must be for.
    audience: Audience,
    /// What they must be signed with; whatever the keys are for where it is empty.
    algorithms: Box<[Algorithm]>,
    rules: Box<[Rule]>,
}

impl Verifier {
    /// Compiles the issuers of a JWT authorizer.
    ///
    /// # Errors
    /// What is wrong with the definition, for its author.
    pub fn compile(issuers: &[JwtIssuer], form: ClaimsForm) -> Result<Self, String> {
        if issuers.is_empty() {
            return Err("the authorizer names no issuer".to_owned());
        }
        let trusted = issuers.iter().map(|one| {
            let algorithms = one.algorithms.iter().map(|name| {
                algorithm_of(name).ok_or_else(|| {
                    let known = JwtIssuer::ALGORITHMS.join(", ");
                    format!("`{name}` is no algorithm that tokens can be verified with: choose of {known}")
                })
            });
            let rules = one.required_claims.iter();
            Ok(Trusted {
                issuer: Issuer::discovered(&one.issuer),
                audience: Audience::OneOf(one.audiences.as_slice().into()),
                algorithms: algorithms.collect::<Result<_, String>>()?,
                rules: rules
                    .map(|rule| Rule {
                        name: rule.name.as_str().into(),
                        values: rule.values.as_slice().into(),
                    })
                    .collect(),
            })
        });
        Ok(Self::new(trusted.collect::<Result<_, String>>()?, form))
    }

    /// Tokens of user pools: an issuer and the URL of its key set for each.
    pub(super) fn of_user_pools(pools: &[(String, String)], audience: &Audience) -> Self {
        let trusted = pools.iter().map(|(issuer, key_set_url)| Trusted {
            issuer: Issuer::known(issuer, key_set_url),
            audience: audience.clone(),
            // https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
            algorithms: [Algorithm::RS256].into(),
            rules: Box::default(),
        });
        Self::new(trusted.collect(), ClaimsForm::Cognito)
    }

    fn new(trusted: Box<[Trusted]>, form: ClaimsForm) -> Self {
        let identity = Key::of([format!("{trusted:?} {form:?}").as_bytes()]);
        Self { trusted, form, identity }
    }

    /// Verifies a token, unless it is remembered as good. Scopes are the caller's to judge.
    ///
    /// # Errors
    /// The [`Defect`] that the token has, or that its issuer's keys have.
    pub async fn verify<W: TokenPorts>(
        &self,
        world: &W,
        arrival: &Arrival,
        record: &Record,
        text: &str,
    ) -> Result<Arc<Verified>, Defect> {
        let memory = &world.memory().tokens;
        let key = Key::of([self.identity.as_bytes().as_slice(), text.as_bytes()]);
        if let Some(verified) = memory.get(&key, arrival.now) {
            record.explain(|| "the token is remembered as verified".to_owned());
            return Ok(verified);
        }
        let result = self.verify_anew(world, arrival, record, text).await;
        match result {
            Ok((verified, keep_until)) => {
                let verified = Arc::new(verified);
                if arrival.now < keep_until {
                    memory.put(key, Arc::clone(&verified), keep_until);
                }
                Ok(verified)
            }
            Err(defect) => {
                record.explain(|| format!("the token is not accepted: {defect}"));
                Err(defect)
            }
        }
    }

    async fn verify_anew<W: TokenPorts>(
        &self,
        world: &W,
        arrival: &Arrival,
        record: &Record,
        text: &str,
    ) -> Result<(Verified, crate::ports::Timestamp), Defect> {
        let token = Token::parse(text)?;
        let claims = token.claims();
        // Whose key it is that it names must be known before its signature is: an unknown issuer is never asked for anything.
        let name = claims.text("iss").map_err(|_| Defect::ClaimType)?.ok_or(Defect::Issuer)?;
        let trusted = self.trusted.iter().find(|trusted| *trusted.issuer.name == *name).ok_or_else(|| {
            record.explain(|| format!("the authorizer takes no tokens of the issuer `{}`", shown(name)));
            Defect::Issuer
        })?;
        record.explain(|| {
            format!("the token says it is of the issuer `{name}`, by the key `{}`", shown(token.key_id()))
        });
        let keys = trusted.issuer.keys(world, arrival, record, token.key_id()).await?;
        token.verify(&keys.set, &trusted.algorithms)?;
        record.explain(|| "the token's signature is good".to_owned());
        let expires = claims::times(claims, arrival.now)?;
        trusted.audience.check(claims).inspect_err(|_| {
            record.explain(|| match &trusted.audience {
                Audience::Matching { text, .. } => {
                    format!("the token's `aud` does not match the identity validation expression `{text}`")
                }
                Audience::Anybody | Audience::OneOf(_) => {
                    "the token is for none of the authorizer's audiences".to_owned()
                }
            });
        })?;
        if let Audience::Matching { text, .. } = &trusted.audience {
            record
                .explain(|| format!("the token's `aud` matches the identity validation expression `{text}`"));
        }
        claims::required(claims, &trusted.rules)?;
        record.explain(|| "the token's claims are what the authorizer asks for".to_owned());
        Ok((Verified::new(claims, self.form, expires), expires.min(keys.until)))
    }
}

/// The beginning of what a caller wrote.
fn shown(text: &str) -> String {
    const SHOWN_MAX: usize = 100;
    text.chars().filter(|character| !character.is_control()).take(SHOWN_MAX).collect()
}
