//! One invocation and its reply.

use std::sync::Arc;
use std::time::Duration;

use gatelet_aws::edge::{self, OpenRecord, Sink, unless_panicking};
use gatelet_aws::environment::{Environment, EnvironmentProblem, RouterSettings};
use gatelet_aws::events::{Buffered, Door, HttpEvent, Origin, Prelude, Received, UnknownEvent};
use gatelet_aws::process::{Pause, SystemClock};
use gatelet_core::Arrival;
use gatelet_core::payload::{Body, BodyError, Response};
use gatelet_core::pipeline::{self, Front, OWN_NAME_SUFFIXES};
use gatelet_core::ports::{BackendError, Clock, Timestamp, World};
use gatelet_core::record::{End, Record};
use gatelet_core::refusal::Refusal;
use http::Method;

use crate::body::AnswerBody;
use crate::log::RequestLines;
use crate::world::RouterWorld;

/// What Lambda's own doors are called; whoever reaches the function under such a name has reached this gateway.
const DOOR_NAMES: [&str; 4] =
    [".on.aws", ".on.amazonwebservices.com.cn", ".elb.amazonaws.com", ".elb.amazonaws.com.cn"];
/// How long before the end of an invocation its answer must be under way.
const ANSWER_MARGIN: Duration = Duration::from_millis(250);
/// How long after its deadline a call of the world may take to say that it was too late.
const CALL_GRACE: Duration = Duration::from_millis(50);
/// The longest invocation there is. A deadline that says more, or lies in the past, is not to be trusted.
const INVOCATION_MAX: Duration = Duration::from_secs(900);

/// One invocation.
#[derive(Debug)]
pub struct Invocation {
    /// Its event.
    pub event: HttpEvent,
    /// When Lambda ends it, as Lambda says.
    pub deadline: Timestamp,
    /// The trace that it is a part of, as `X-Amzn-Trace-Id` has it.
    pub trace_id: Option<String>,
}

/// What an invocation is answered with.
pub enum Reply {
    /// The whole answer.
    Buffered(Buffered),
    /// An answer that goes out as it comes.
    Streamed(Prelude, AnswerBody),
}

/// What a function has of the world.
pub trait Ports: World {
    /// Uses none of the connections made so far: the function may have been frozen, and nobody knows which outlived that.
    fn forget_connections(&self);
}

/// The function: made once, asked for every event.
pub struct Router<W = RouterWorld> {
    state: State<W>,
    settings: RouterSettings,
    front: Front,
    sink: Arc<dyn Sink>,
    clock: SystemClock,
    pause: Pause,
}

enum State<W> {
    Serving(Box<W>),
    /// Nothing can be served, for this reason.
    Closed(String),
}

impl Router {
    /// The function as the environment says, with its records at `sink`. What is wrong with it is told in the log, now and with
    /// every request; the function answers all the same, with 503, because one that fails to start is started again and again.
    #[must_use]
    pub fn new(environment: &Environment, sink: Arc<dyn Sink>) -> Self {
        let settings = environment.router().clone();
        match RouterWorld::new(environment, &environment.function().code) {
            Ok(world) => {
                let front = front(&settings, &world);
                Self::serving(world, front, settings, sink)
            }
            Err(why) => Self::closed(why, settings, sink),
        }
    }

    /// The function of this process, with its records on standard output: as its environment says, or closed for what is wrong
    /// with that.
    #[must_use]
    pub fn of_process(environment: &Environment, problems: &[EnvironmentProblem]) -> Self {
        let settings = environment.router();
        let sink = Arc::new(RequestLines { which: settings.request_log });
        if problems.is_empty() {
            return Self::new(environment, sink);
        }
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Self::closed(problems.join("; "), settings.clone(), sink)
    }

    /// A function that serves nothing, and says so in the shape that its door takes.
    fn closed(why: String, settings: RouterSettings, sink: Arc<dyn Sink>) -> Self {
        tracing::error!(why, "no request can be served");
        Self {
            state: State::Closed(why),
            settings,
            front: Front::default(),
            sink,
            clock: SystemClock::new(),
            pause: Pause::default(),
        }
    }
}

impl<W: Ports> Router<W> {
    /// A function in a world, that answers for the hosts and addresses of `front`.
    #[must_use]
    pub fn serving(world: W, front: Front, settings: RouterSettings, sink: Arc<dyn Sink>) -> Self {
        let state = State::Serving(Box::new(world));
        Self { state, settings, front, sink, clock: SystemClock::new(), pause: Pause::default() }
    }

    /// The world's time, or the machine's where there is no world.
    fn clock(&self) -> &dyn Clock {
        match &self.state {
            State::Serving(world) => world.clock(),
            State::Closed(_) => &self.clock,
        }
    }

    /// Answers an event.
    ///
    /// # Errors
    /// [`UnknownEvent`] for an event that is no request.
    pub async fn invoke(&self, invocation: Invocation) -> Result<Reply, UnknownEvent> {
        let received = invocation.event.receive(&self.settings.trust)?;
        let now = self.clock().now();
        let under_way = self.pause.begin(self.clock());
        if under_way.is_first_after_pause
            && let State::Serving(world) = &self.state
        {
            world.forget_connections();
        }
        let mut arrival =
            edge::arrival(now, received.peer, received.scheme, deadline(now, invocation.deadline));
        arrival.trace_id = invocation.trace_id.map(Into::into);
        arrival.vouched = received.vouched.clone();
        let (door, method) = (received.door, received.request.method().clone());
        let record = Record::open(&arrival, method.clone(), received.request.version());
        let mut open = OpenRecord::new(record, Arc::clone(&self.sink), ());
        let response = match open.record() {
            Some(record) => self.respond(received, &arrival, record).await,
            None => Response::default(),
        };
        if door == Door::FunctionUrl && self.settings.response_streaming {
            let (head, body) = open.answer(&method, response).into_parts();
            let left = arrival.deadline.since(self.clock().now());
            return Ok(Reply::Streamed(head.into(), AnswerBody::new(body, left)));
        }
        let answer = self.whole(door, &method, response, &arrival, &mut open).await;
        open.seal(End::Complete, answer.body_bytes() as u64);
        Ok(Reply::Buffered(answer))
    }

    /// Reports what was counted and gives back what is held of quotas and not used, because the process ends. Nothing of this is
    /// needed for a right answer: what is not said in time is counted as if it had been used.
    pub async fn settle(&self, within: Duration) {
        let State::Serving(world) = &self.state else { return };
        // Nobody knows which connections outlived the time since the last request.
        world.forget_connections();
        let now = world.clock().now();
        let settling = world.memory().limits.settle(world.counters(), now, Duration::ZERO, now.after(within));
        let failed = settling.await;
        if failed > 0 {
            tracing::warn!(failed, "not all that was counted could be reported at the end");
        }
    }

    async fn respond(&self, received: Received, arrival: &Arrival, record: &mut Record) -> Response {
        let request = received.request;
        let unseen = match (received.origin, received.refusal) {
            // Whoever went around the edge hears nothing else.
            (Origin::Unproven, _) => Some(Refusal::UnprovenOrigin),
            (_, Some(refusal)) => Some(refusal),
            _ => edge::check_head(request.uri(), request.headers(), edge::limits::BODY_BYTES_MAX).err(),
        };
        let world = match (unseen, &self.state) {
            (None, State::Serving(world)) => &**world,
            (Some(refusal), _) => {
                return edge::refuse_unseen(refusal, request.uri(), request.headers(), record);
            }
            (None, State::Closed(why)) => {
                let refusal = Refusal::DefinitionsUnavailable(why.clone());
                return edge::refuse_unseen(refusal, request.uri(), request.headers(), record);
            }
        };
        let serving = pipeline::serve(world, &self.front, arrival, request, record);
        // Calls of the world end at the deadline by themselves, and say better what they waited for.
        let left = arrival.deadline.since(self.clock().now()) + CALL_GRACE;
        let refusal = match tokio::time::timeout(left, unless_panicking(serving)).await {
            Ok(Some(response)) => return response,
            Ok(None) => Refusal::Internal,
            Err(_) => Refusal::Integration(BackendError::Timeout(left)),
        };
        pipeline::refuse(refusal, record)
    }

    /// The answer for a door that takes it whole. What cannot be handed over is replaced, and its record says why.
    async fn whole(
        &self,
        door: Door,
        method: &Method,
        response: Response,
        arrival: &Arrival,
        open: &mut OpenRecord,
    ) -> Buffered {
        let limit = door.answer_bytes_max();
        let (head, body) = response.into_parts();
        let body = if edge::has_body(method, head.status) { body } else { Body::Empty };
        let left = arrival.deadline.since(self.clock().now());
        let refusal = match tokio::time::timeout(left, body.collect_up_to(limit)).await {
            Ok(Ok(body)) => {
                let answer = Buffered::new(door, head, body);
                if answer.fits() {
                    return answer;
                }
                Refusal::AnswerTooLarge(limit)
            }
            Ok(Err(BodyError::TooLong { .. })) => Refusal::AnswerTooLarge(limit),
            Ok(Err(error)) => Refusal::Integration(BackendError::BadAnswer(error.to_string())),
            Err(_) => Refusal::Integration(BackendError::Timeout(left)),
        };
        let replaced = open.record().map(|record| pipeline::replace(refusal, record));
        let (head, body) = replaced.unwrap_or_default().into_parts();
        Buffered::new(door, head, body.collect_up_to(limit).await.unwrap_or_default())
    }
}

/// Which addresses are answered. One API alone, pinned or packed without domains, takes every host: nobody shares its door.
fn front(settings: &RouterSettings, world: &RouterWorld) -> Front {
    let only_api = settings.api.clone().or_else(|| world.only_api());
    let pinned = settings.api.is_some();
    Front {
        allowed_hosts: settings.hosts.iter().cloned().chain(DOOR_NAMES.map(Into::into)).collect(),
        every_host: pinned || only_api.is_some() && world.has_no_domains(),
        path_forms: !pinned,
        own_name_suffixes: OWN_NAME_SUFFIXES.map(Into::into).to_vec(),
        is_public: true,
        only_api,
        only_stage: settings.stage.clone(),
    }
}

/// When the answer must be under way.
fn deadline(now: Timestamp, told: Timestamp) -> Timestamp {
    let left = told.since(now);
    if left.is_zero() || left > INVOCATION_MAX {
        return now.after(INVOCATION_MAX);
    }
    // An invocation that has less time than the margin still gets half of it.
    now.after(left.saturating_sub(ANSWER_MARGIN).max(left / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_under_way_before_lambda_ends_the_invocation() {
        let at = Timestamp::from_milliseconds;
        let now = 1_000_000;
        let cases = [(3_000, 2_750), (300, 150), (900_000, 899_750), (900_001, 900_000), (0, 900_000)];
        for (told, expected) in cases {
            assert_eq!(deadline(at(now), at(now + told)), at(now + expected), "{told}");
        }
        assert_eq!(deadline(at(now), at(600_000)), at(now + 900_000), "a deadline in the past");
    }
}
