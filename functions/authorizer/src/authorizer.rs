//! One call and its answer.

use std::net::{IpAddr, Ipv6Addr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gatelet_aws::access::is_in_the_clear;
use gatelet_aws::edge;
use gatelet_aws::environment::{Environment, EnvironmentProblem};
use gatelet_core::authorizers::jwt::{Defect, LEEWAY, TokenPorts, Verified, bearer};
use gatelet_core::ports::Clock as _;
use gatelet_core::record::Record;
use gatelet_core::stages::client::ClientPorts;
use gatelet_core::{Arrival, Scheme, Timestamp};
use gatelet_languages::iam_policy::Values;

use crate::answer::{Answer, Failure, Known};
use crate::api_keys::{COUNTED_ANSWER_LASTS, Standing};
use crate::configuration::{AnswerKind, Rules, TokenRules};
use crate::event::{Called, Event, Form};
use crate::ports::{AuthorizerPorts, Tables};
use crate::statements;

/// The document beside the function, where the environment has none.
pub const CONFIGURATION_FILE: &str = "gatelet-authorizer.json";

/// How long a call may take: API Gateway waits no longer
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html>).
const CALL_MAX: Duration = Duration::from_secs(10);
/// How long before its end a call must be answered.
const ANSWER_MARGIN: Duration = Duration::from_millis(250);
/// What the caller is called where no token says.
const UNNAMED: &str = "anonymous";

/// The function: made once, asked for every event.
pub struct Authorizer<P = AuthorizerPorts> {
    /// What is asked of callers, or why that is not known.
    pub(crate) rules: Result<Rules, String>,
    pub(crate) ports: P,
}

impl Authorizer {
    /// The function of this process: as its environment says, or the document beside it. What is wrong with these is told in the
    /// log and in every answer, none of which lets anybody in.
    #[must_use]
    pub fn of_process(environment: &Environment, problems: &[EnvironmentProblem]) -> Self {
        for (issuer, url) in &environment.access().key_set_urls {
            if is_in_the_clear(url) {
                tracing::warn!(
                    issuer,
                    "its keys come over plain `http://`: whoever is on the way there can put others in their place"
                );
            }
        }
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let rules = match problems.is_empty() {
            true => configured(environment),
            false => Err(problems.join("; ")),
        };
        let keys = rules.as_ref().ok().and_then(|rules| rules.keys.as_ref());
        let tables = keys.map(|keys| Tables::new(environment, keys)).transpose();
        let (rules, tables) = match tables {
            Ok(tables) => (rules, tables.unwrap_or_default()),
            Err(why) => (Err(format!("`apiKeys`: {why}")), Tables::default()),
        };
        Self::new(rules, AuthorizerPorts::new(environment, tables))
    }

    /// Whether there is something to be settled at the end.
    #[must_use]
    pub fn counts(&self) -> bool {
        let keys = self.rules.as_ref().ok().and_then(|rules| rules.keys.as_ref());
        keys.is_some_and(|keys| keys.has_limits)
    }

    /// Reports what was counted and gives back what is held of quotas and not used, because the process ends. What is not said in
    /// time is counted as if it had been used.
    pub async fn settle(&self, within: Duration) {
        // Nobody knows which connections outlived the time since the last request.
        self.ports.forget_connections();
        let failed = settle(&self.ports, within).await;
        if failed > 0 {
            tracing::warn!(failed, "not all that was counted could be reported at the end");
        }
    }

    /// Answers an event, which is JSON.
    ///
    /// # Errors
    /// A [`Failure`], with which API Gateway refuses the request.
    pub async fn invoke(&self, event: &str, deadline: Timestamp) -> Result<Answer, Failure> {
        let _under_way = self.ports.begin();
        self.answer(event, deadline).await
    }
}

/// How many calls failed.
pub(crate) async fn settle<P: ClientPorts>(ports: &P, within: Duration) -> usize {
    let now = ports.clock().now();
    ports.memory().limits.settle(ports.counters(), now, Duration::ZERO, now.after(within)).await
}

impl<P: TokenPorts + ClientPorts> Authorizer<P> {
    /// A function of these rules, or one that is closed for a reason.
    pub fn new(rules: Result<Rules, String>, ports: P) -> Self {
        if let Err(why) = &rules {
            tracing::error!(why, "every request is refused");
        }
        Self { rules, ports }
    }

    /// Answers an event, which is JSON, by a deadline of which Lambda tells.
    ///
    /// # Errors
    /// A [`Failure`], with which API Gateway refuses the request.
    pub async fn answer(&self, event: &str, deadline: Timestamp) -> Result<Answer, Failure> {
        let answer = self.decide(event, deadline).await;
        if let Err(Failure::Closed(why)) = &answer {
            tracing::error!(why, "the request is refused");
        }
        answer
    }

    async fn decide(&self, event: &str, deadline: Timestamp) -> Result<Answer, Failure> {
        let rules = self.rules.as_ref().map_err(|why| Failure::Closed(why.clone()))?;
        let event = Event::read(event).map_err(Failure::Closed)?;
        let called = Called::of(&event.arn)
            .ok_or_else(|| Failure::Closed("the event does not say which API is called".to_owned()))?;
        if rules.answer != AnswerKind::Policy && event.form != Form::Http {
            let help = "simple answers are for HTTP APIs in payload format 2.0 alone: leave `answer` out";
            return Err(Failure::Closed(help.to_owned()));
        }
        let arrival = self.arrival(&event, deadline);
        let token = match &rules.token {
            Some(asked) => Some(self.verified(asked, &event, &arrival).await?),
            None => None,
        };
        let scopes = rules.token.as_ref().map_or(&[][..], |asked| &asked.scopes);
        let has_scope = token.as_ref().is_none_or(|token| token.has_scope_of(scopes));
        if !has_scope {
            tracing::info!("the token has none of the scopes that are asked for");
        }
        // The statements of a policy are decided by API Gateway.
        let may_come = has_scope && (rules.answer == AnswerKind::Policy || self.allows(rules, &event));
        let standing = match &rules.keys {
            Some(asked) if may_come => {
                Some(Box::pin(asked.judge(&self.ports, (&event, &called), &arrival)).await?)
            }
            // Whoever is refused anyway uses up nothing.
            Some(_) => Some(Standing::default()),
            None => None,
        };
        let is_allowed = may_come && standing.as_ref().is_none_or(Standing::passes);
        let claims = token.as_ref().map_or("{}", |token| token.claims_json());
        let known = Known { claims, standing: standing.as_ref() };
        if rules.answer != AnswerKind::Policy {
            return Answer::simple(is_allowed, known);
        }
        let document = if is_allowed {
            // It counts as long as the token itself is accepted.
            let token_ends = token.as_ref().map(|token| token.expires().after(LEEWAY));
            let count_ends = rules.keys.as_ref().filter(|keys| keys.has_limits);
            let count_ends = count_ends.map(|_| arrival.now.after(COUNTED_ANSWER_LASTS));
            // A plan is about stages: the key may open no other.
            let stage = rules.keys.as_ref().map(|_| called.stage);
            rules.statements.document(called.api, stage, token_ends.into_iter().chain(count_ends).min())
        } else {
            statements::denied()
        };
        let client = standing.as_ref().and_then(|standing| standing.client.as_ref());
        let principal_id = match &token {
            Some(token) => token.subject(),
            None => client.map(|client| client.key.id.as_str()),
        };
        let principal_id = principal_id.filter(|name| !name.is_empty()).unwrap_or(UNNAMED);
        let told = rules.keys.as_ref().filter(|keys| keys.is_told && is_allowed && !event.is_of_http_api());
        let usage_identifier_key = match told {
            Some(keys) => keys.value(&event).map_err(Failure::Closed)?,
            None => None,
        };
        Answer::policy(principal_id, document, known, usage_identifier_key)
    }

    fn arrival(&self, event: &Event, deadline: Timestamp) -> Arrival {
        let now = self.now();
        let peer = event.source_ip().and_then(|address| address.parse().ok());
        let peer = peer.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
        edge::arrival(now, peer, Scheme::Https, end(now, deadline))
    }

    fn now(&self) -> Timestamp {
        TokenPorts::clock(&self.ports).now()
    }

    /// The token of an event, which is good.
    async fn verified(
        &self,
        asked: &TokenRules,
        event: &Event,
        arrival: &Arrival,
    ) -> Result<Arc<Verified>, Failure> {
        let Some(text) = event.token(asked.place()).map_err(Failure::Closed)? else {
            tracing::info!("the request has no token, or more than one");
            return Err(Failure::Unauthorized);
        };
        let record = Record::open(arrival, http::Method::GET, http::Version::HTTP_11).explained();
        let result = asked.verifier.verify(&self.ports, arrival, &record, bearer(text)).await;
        result.map_err(|defect| {
            let steps = record.explanation().join("; ");
            match defect {
                Defect::Discovery | Defect::Keys => {
                    tracing::warn!(steps, "an issuer's keys cannot be had");
                    Failure::Closed(defect.to_string())
                }
                _ => {
                    tracing::info!(steps, "the token is refused");
                    Failure::Unauthorized
                }
            }
        })
    }

    /// Whether the statements allow the request of an event.
    fn allows(&self, rules: &Rules, event: &Event) -> bool {
        let seconds = (self.now().milliseconds() / 1_000).to_string();
        let context = |key: &str| {
            let value = match key {
                "aws:sourceip" => event.source_ip(),
                "aws:useragent" => event.user_agent(),
                "aws:referer" => event.header("referer"),
                "aws:currenttime" | "aws:epochtime" => Some(seconds.as_str()),
                // HTTP APIs are reached over TLS alone.
                "aws:securetransport" => Some("true"),
                _ => None,
            };
            value.map_or(Values::Missing, Values::One)
        };
        rules.statements.allow(&event.arn, &context)
    }
}

/// When a call must be answered, of which Lambda says when it ends.
fn end(now: Timestamp, told: Timestamp) -> Timestamp {
    let left = told.since(now);
    let left = if left.is_zero() { CALL_MAX } else { left.min(CALL_MAX) };
    now.after(left.saturating_sub(ANSWER_MARGIN))
}

fn configured(environment: &Environment) -> Result<Rules, String> {
    let issuers = &environment.access().key_set_urls;
    let is_mapped = |issuer: &str| issuers.contains_key(issuer);
    if let Some(text) = environment.authorizer() {
        return Rules::parse(text, is_mapped).map_err(|why| format!("`GATELET_AUTHORIZER`: {why}"));
    }
    let path = environment.function().code.join(CONFIGURATION_FILE);
    Rules::parse(&read(&path)?, is_mapped).map_err(|why| format!("`{CONFIGURATION_FILE}`: {why}"))
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => format!(
            "nothing says what is asked of callers: set `GATELET_AUTHORIZER`, or put a `{CONFIGURATION_FILE}` beside the function"
        ),
        _ => format!("`{}` cannot be read: {error}", path.display()),
    })
}
