//! Lambda authorizers: a function says whether the caller may call
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html>,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html>).
//!
//! Here is when the function is asked, what of it is remembered and what its answer means; how events look is
//! `integrations/lambda_proxy/event`'s, and what becomes of a judgement is `stages/access`'s. Whatever goes wrong closes the
//! gate, and nothing that went wrong is remembered.

pub(crate) mod answer;
mod ask;
mod judgement;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use gatelet_languages::selection::{Match, SelectionPattern};
use gatelet_model::{Authorizer, AuthorizerFunction, AuthorizerKind, PayloadFormat, StageVariables};

pub use answer::ANSWER_BYTES_MAX;
pub use judgement::Judgement;

use self::answer::Form;
use super::{Asked, IdentitySource};
use crate::integrations::lambda_proxy::arn::{self, Plain};
use crate::integrations::lambda_proxy::{credentials, event};
use crate::memory::{Fetched, Key, Source};
use crate::ports::{Clock as _, World};
use crate::refusal::Refusal;
use crate::snapshot::routes::Rules;

/// The longest ARN, in bytes, about which an authorizer is asked
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html>).
pub const METHOD_ARN_BYTES_MAX: usize = 1_600;

/// How long a REST API waits for an authorizer. ASSUMPTION: as long as for an integration; AWS's pages have no number.
const REST_TIMEOUT: Duration = Duration::from_secs(29);

/// How long an HTTP API waits for an authorizer
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html>).
const HTTP_TIMEOUT: Duration = Duration::from_secs(10);

/// A Lambda authorizer of an API, compiled for a stage.
#[derive(Debug)]
pub struct LambdaAuthorizer {
    id: Box<str>,
    function: Box<str>,
    credentials: Option<Box<str>>,
    /// How long its answers are remembered; zero is not at all.
    time_to_live: Duration,
    timeout: Duration,
    stage_variables: Option<Box<str>>,
    sources: Box<[IdentitySource]>,
    event: Event,
    form: Form,
    /// Which sources are looked at, what is told and how it is answered, for the key of what is remembered.
    settings: Key,
}

/// What the function is told.
#[derive(Debug)]
enum Event {
    /// The value of one header, which must match before.
    Token { validation: SelectionPattern },
    /// The request.
    Request(PayloadFormat),
}

impl LambdaAuthorizer {
    /// Compiles the Lambda authorizer of an API of a kind, for a stage with these variables.
    ///
    /// # Errors
    /// What is wrong with it, for the author.
    pub fn compile(
        authorizer: &Authorizer,
        rules: Rules,
        variables: &StageVariables,
    ) -> Result<Self, String> {
        let wrong = |why: &str| format!("the authorizer `{}`: {why}", authorizer.name);
        let (function, sources, event) = match &authorizer.kind {
            AuthorizerKind::Token { function, identity_source, identity_validation_expression } => {
                let validation = SelectionPattern::compile(identity_validation_expression.as_deref());
                if let Some(error) = validation.error() {
                    return Err(wrong(&format!("its identity validation expression: {error}")));
                }
                (function, std::slice::from_ref(identity_source), Event::Token { validation })
            }
            AuthorizerKind::Request { function, identity_sources } => {
                let format = match rules {
                    Rules::Rest => PayloadFormat::One,
                    Rules::Http => function.payload_format,
                };
                (function, identity_sources.as_slice(), Event::Request(format))
            }
            AuthorizerKind::CognitoUserPools { .. } | AuthorizerKind::Jwt { .. } => {
                return Err(wrong("it asks no function"));
            }
        };
        let sources = sources.iter().map(|source| IdentitySource::parse(source));
        let sources = sources.collect::<Result<Box<[_]>, _>>().map_err(|error| wrong(&error.to_string()))?;
        if let (Event::Token { .. }, Some(source)) = (&event, sources.first())
            && source.header().is_none()
        {
            return Err(wrong(&format!("`{}` is no header: a token is taken from one", source.as_str())));
        }
        let AuthorizerFunction { uri, credentials: role, result_ttl, simple_responses, .. } = function;
        let (plain, timeout) = match rules {
            Rules::Rest => (Plain::Refused, REST_TIMEOUT),
            Rules::Http => (Plain::Taken, HTTP_TIMEOUT),
        };
        let is_simple = *simple_responses && matches!(event, Event::Request(PayloadFormat::Two));
        let form = Form { rules, is_simple };
        let settings = format!("{sources:?} {event:?} {form:?}");
        Ok(Self {
            settings: Key::of([settings.as_bytes()]),
            id: authorizer.id.as_str().into(),
            function: arn::function(uri, variables, plain).map_err(|why| wrong(&why))?,
            credentials: credentials(role.as_deref(), variables).map_err(|why| wrong(&why))?,
            time_to_live: Duration::from_secs(result_ttl.seconds().into()),
            timeout,
            stage_variables: event::stage_variables(variables),
            sources,
            event,
            form,
        })
    }

    /// The function that it asks: its ARN or name.
    #[must_use]
    pub fn function(&self) -> &str {
        &self.function
    }

    /// What the function says of the caller, now or when it was last asked about the same identity; and how long it took,
    /// in milliseconds: 0 where it was not asked for this request.
    ///
    /// # Errors
    /// [`Refusal::Unauthorized`] where the request does not show who calls, or the function says just that;
    /// [`Refusal::MethodArnTooLong`]; [`Refusal::AuthorizerFailed`] and [`Refusal::AuthorizerMisconfigured`] where there is no
    /// answer that can be used.
    pub async fn judge<W: World>(
        &self,
        world: &W,
        asked: &Asked<'_>,
    ) -> Result<(Arc<Judgement>, Option<u64>), Refusal> {
        if asked.arn.len() > METHOD_ARN_BYTES_MAX {
            asked.record.explain(|| {
                format!(
                    "the ARN of what is called has {} bytes: authorizers are asked about {METHOD_ARN_BYTES_MAX} at most",
                    asked.arn.len()
                )
            });
            return Err(Refusal::MethodArnTooLong);
        }
        let identity = self.identity(asked)?;
        // ASSUMPTION: AWS lets nobody define an authorizer whose answers are kept for all callers alike.
        if self.time_to_live.is_zero() || self.sources.is_empty() {
            asked.record.explain(|| "answers of this authorizer are not remembered".to_owned());
            let answered = self.ask(world, asked, &identity).await?;
            return Ok((answered.judgement, Some(answered.milliseconds)));
        }
        let key = self.key(asked);
        let mut milliseconds = 0;
        let fetch = async {
            if let Some(found) = self.look_up(world, asked, &key).await {
                return Ok(found);
            }
            let answered = self.ask(world, asked, &identity).await?;
            milliseconds = answered.milliseconds;
            let expires = world.clock().now().after(self.time_to_live);
            self.share(world, asked, &key, answered.payload, expires).await;
            Ok(Fetched { value: answered.judgement, keep_until: Some(expires) })
        };
        let (judgement, source) =
            world.memory().results.get_or_fetch(key, world.clock().now(), fetch).await?;
        match source {
            Source::Memory => asked.record.explain(|| {
                "the authorizer was asked about this identity before: its answer is remembered".to_owned()
            }),
            Source::Shared => asked.record.explain(|| {
                "another request was asking the authorizer about this identity: its answer counts for both"
                    .to_owned()
            }),
            Source::Fetched => {}
        }
        Ok((judgement, Some(milliseconds)))
    }

    /// The values of the identity sources: each must be there, whether answers are remembered or not
    /// (<https://docs.aws.amazon.com/apigateway/latest/api/API_Authorizer.html>, `identitySource`).
    fn identity<'a>(&self, asked: &Asked<'a>) -> Result<Vec<Cow<'a, str>>, Refusal> {
        let mut identity = Vec::with_capacity(self.sources.len());
        for source in &self.sources {
            let Some(value) = source.value(asked) else {
                asked.record.explain(|| {
                    format!("the identity source `{}` is missing or empty: nobody is asked", source.as_str())
                });
                return Err(Refusal::Unauthorized(None));
            };
            asked.record.explain(|| format!("the identity source `{}` is there", source.as_str()));
            identity.push(value);
        }
        if let (Event::Token { validation }, Some(token)) = (&self.event, identity.first()) {
            match validation.matches(token) {
                Match::Default | Match::Yes => {}
                Match::No | Match::Broken(_) => {
                    asked.record.explain(|| {
                        "the token does not match the identity validation expression: nobody is asked"
                            .to_owned()
                    });
                    return Err(Refusal::Unauthorized(None));
                }
            }
        }
        Ok(identity)
    }

    /// What tells apart answers that are remembered: whose they are, and all that the request has in each identity source.
    ///
    /// What is called is no part of it, as on AWS: a remembered policy is asked anew about each ARN. Where an HTTP API
    /// names `$context.routeKey` as a source, each route has its own answers. The authorizer's own settings are part of it, so
    /// that another definition counts at once, and never gives one caller what was another's under the one before.
    fn key(&self, asked: &Asked<'_>) -> Key {
        let stage = &asked.located.stage;
        let found: Vec<_> = self.sources.iter().map(|source| source.values(asked)).collect();
        let counts: Vec<_> = found.iter().map(|values| values.len().to_be_bytes()).collect();
        let time_to_live = self.time_to_live.as_secs().to_be_bytes();
        let whose: [&[u8]; 6] = [
            stage.api_id().as_bytes(),
            stage.name().as_str().as_bytes(),
            self.id.as_bytes(),
            self.function.as_bytes(),
            &time_to_live,
            self.settings.as_bytes(),
        ];
        let sources = found.iter().zip(&counts).flat_map(|(values, count)| {
            std::iter::once(count.as_slice()).chain(values.iter().map(|value| value.as_bytes()))
        });
        Key::of(whose.into_iter().chain(sources))
    }
}
