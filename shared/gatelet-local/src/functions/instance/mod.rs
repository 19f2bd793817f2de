//! One running process of a function, and how an invocation is handed to it.

mod environment;
mod guard;
mod output;
mod process;

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};

use super::api::runtime::{self, Handed, RuntimeCall, Taken};
use super::code::Entry;
use super::function::Settled;
use super::ids;
use super::invocation::{ANSWER_BYTES_MAX, Failure, Invocation, Reply, STREAM_BYTES_MAX, Said};
pub(super) use environment::AddressForm;
use environment::{RuntimeApi, Surroundings};
pub(crate) use guard::Guard;
use output::Output;
pub(crate) use output::lines;
pub(super) use output::{LOG_BYTES_MAX, pass_on, shown};
pub(super) use process::{Keeper, Launch, Process};

/// How long what a process said last may still be on its way after it has ended.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// How many calls of the Runtime API may wait to be looked at. A process makes one at a time.
const CALLS_WAITING_MAX: usize = 4;

/// How much of an answer that is too large is read before it is refused, so that the runtime hears so.
const DISCARDED_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A running process of a function. Dropped, it ends.
#[derive(Debug)]
pub(super) struct Instance {
    process: Process,
    calls: mpsc::Receiver<RuntimeCall>,
    /// The process asks for an event.
    asking: Option<tokio::sync::oneshot::Sender<Handed>>,
    output: Output,
    _api: Api,
    /// Which state of the code it runs.
    pub(super) version: u64,
    /// Since when it has had no work.
    pub(super) idle_since: Instant,
}

/// How an invocation ended for an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// It was answered, and the instance may serve again.
    Answered,
    /// It was answered in the stead of a process that has ended or is to end.
    Lost,
    /// The process ended before it took the event. Nothing was said to the caller.
    NotTaken,
}

/// Serves the Runtime API for as long as it is kept.
#[derive(Debug)]
struct Api(JoinHandle<()>);

impl Drop for Api {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Instance {
    /// Starts a process and waits until it asks for its first event.
    ///
    /// # Errors
    /// What the caller hears where it does not.
    pub(super) async fn start(
        settled: &Settled,
        entry: &Entry,
        version: u64,
        request_id: &str,
    ) -> Result<Self, Failure> {
        let failed = |what: String| Failure::of_type("Runtime.InvalidEntrypoint", &what);
        let io = |error: std::io::Error| failed(format!("no address for the Runtime API: {error}"));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(io)?;
        let address = listener.local_addr().map_err(io)?;
        let api = RuntimeApi { address, token: ids::token().map_err(io)?, form: entry.address_form };
        let mut command = entry.launch.command();
        Surroundings { api: &api, settled }.apply(&mut command);
        let mut child = command.spawn().map_err(|error| {
            let program = entry.launch.program.display();
            failed(format!("`{program}` cannot be started: {error}"))
        })?;
        let output = Output::of(&mut child, &settled.settings.name, &settled.say);
        let process = settled.keeper.watch_over(child);
        let (sender, calls) = mpsc::channel(CALLS_WAITING_MAX);
        let door = runtime::Door::new(sender, api.prefix(), &settled.settings);
        let api = Api(tokio::spawn(runtime::serve(listener, door)));
        let idle_since = Instant::now();
        let mut instance = Self { process, calls, asking: None, output, _api: api, version, idle_since };
        match timeout(settled.limits.init, instance.initialise(request_id)).await {
            Ok(begun) => begun.map(|()| instance),
            Err(_) => Err(Failure::of_type(
                "Runtime.InitTimeout",
                &format!(
                    "RequestId: {request_id} Error: the function asked for no event within {} seconds",
                    settled.limits.init.as_secs()
                ),
            )),
        }
    }

    async fn initialise(&mut self, request_id: &str) -> Result<(), Failure> {
        loop {
            match self.next_call().await {
                Ok(RuntimeCall::Next(asking)) => {
                    self.asking = Some(asking);
                    return Ok(());
                }
                Ok(RuntimeCall::Error { request_id: None, failure, done }) => {
                    let _ = done.send(Taken::Yes);
                    return Err(failure);
                }
                Ok(other) => other.refuse().await,
                Err(how) => return Err(Failure::exited(request_id, &how)),
            }
        }
    }

    /// What the process said in an invocation that wanted the log.
    pub(super) async fn log(&self) -> Vec<u8> {
        self.output.kept().await
    }

    /// Whether its process is still there.
    pub(super) fn is_running(&self) -> bool {
        self.process.is_running()
    }

    /// Hands an invocation to the process and passes on what it says.
    pub(super) async fn run(
        &mut self,
        invocation: &Arc<Invocation>,
        limit: Duration,
        arn: &str,
        reply: &Reply,
    ) -> (Ending, Option<Failure>) {
        let end = Instant::now() + limit;
        if invocation.wants_log {
            self.output.keep();
        }
        let outcome = tokio::select! {
            biased;
            outcome = self.exchange(invocation, limit, arn, reply) => outcome,
            () = sleep_until(end) => Err(Some(Failure::timed_out(&invocation.request_id, limit))),
        };
        self.idle_since = Instant::now();
        match outcome {
            Ok(None) => (Ending::Answered, None),
            Ok(Some(failure)) => (Ending::Answered, Some(failure)),
            Err(Some(failure)) => (Ending::Lost, Some(failure)),
            Err(None) => (Ending::NotTaken, None),
        }
    }

    /// `Ok` where the process goes on, with the failure that it reported; `Err` where it is lost, without a failure
    /// where it never had the event.
    async fn exchange(
        &mut self,
        invocation: &Arc<Invocation>,
        limit: Duration,
        arn: &str,
        reply: &Reply,
    ) -> Result<Option<Failure>, Option<Failure>> {
        self.hand_over(invocation, limit, arn).await?;
        let own = &invocation.request_id;
        loop {
            match self.next_call().await {
                Ok(RuntimeCall::Response { request_id, is_streaming, body, done }) if request_id == *own => {
                    let answered = if is_streaming {
                        pass_stream(body, reply).await
                    } else {
                        pass_whole(body, reply).await
                    };
                    let Some(failure) = answered else {
                        // It broke off in the middle: the process has ended, or is of no use any more.
                        let how = timeout(LAST_WORDS, self.process.ended()).await;
                        let how = how.unwrap_or_else(|_| "the answer broke off".to_owned());
                        return Err(Some(Failure::exited(own, &how)));
                    };
                    let is_too_large = failure.as_ref().is_some_and(|(_, taken)| *taken == Taken::TooLarge);
                    let _ = done.send(if is_too_large { Taken::TooLarge } else { Taken::Yes });
                    return Ok(failure.map(|(failure, _)| failure));
                }
                Ok(RuntimeCall::Error { request_id, failure, done })
                    if request_id.as_ref().is_none_or(|id| id == own) =>
                {
                    let _ = done.send(Taken::Yes);
                    return Ok(Some(failure));
                }
                // Another event before this one is answered, or an answer to another one.
                Ok(other) => other.refuse().await,
                Err(how) => return Err(Some(Failure::exited(own, &how))),
            }
        }
    }

    async fn hand_over(
        &mut self,
        invocation: &Arc<Invocation>,
        limit: Duration,
        arn: &str,
    ) -> Result<(), Option<Failure>> {
        loop {
            if let Some(asking) = self.asking.take() {
                let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                let deadline_milliseconds = (since_1970 + limit).as_millis();
                let handed =
                    Handed { invocation: Arc::clone(invocation), deadline_milliseconds, arn: arn.to_owned() };
                if asking.send(handed).is_ok() {
                    return Ok(());
                }
            }
            match self.next_call().await {
                Ok(RuntimeCall::Next(asking)) => self.asking = Some(asking),
                Ok(other) => other.refuse().await,
                Err(_) => return Err(None),
            }
        }
    }

    /// What the process calls next, or how it ended.
    async fn next_call(&mut self) -> Result<RuntimeCall, String> {
        let how = tokio::select! {
            biased;
            Some(call) = self.calls.recv() => return Ok(call),
            how = self.process.ended() => how,
        };
        match timeout(LAST_WORDS, self.calls.recv()).await {
            Ok(Some(call)) => Ok(call),
            _ => Err(how),
        }
    }
}

/// What became of an answer: nothing where it broke off, else the failure that the caller hears instead.
type Passed = Option<Option<(Failure, Taken)>>;

/// Passes an answer on when it is there as a whole and not too large.
async fn pass_whole(mut body: Incoming, reply: &Reply) -> Passed {
    let mut whole = BytesMut::new();
    let mut received = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.ok()?.into_data() else { continue };
        received += data.len();
        if received <= ANSWER_BYTES_MAX {
            whole.extend_from_slice(&data);
        } else if received > DISCARDED_BYTES_MAX {
            break;
        }
    }
    if received > ANSWER_BYTES_MAX {
        let failure = Failure::answer_too_large(received, ANSWER_BYTES_MAX);
        return Some(Some((failure, Taken::TooLarge)));
    }
    reply.say(Said::Chunk(whole.freeze())).await;
    Some(None)
}

/// Passes an answer on as it comes. A runtime that fails half-way says so in
/// [trailers](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming).
async fn pass_stream(mut body: Incoming, reply: &Reply) -> Passed {
    let mut received = 0;
    while let Some(frame) = body.frame().await {
        match frame.ok()?.into_data() {
            Ok(data) => {
                received += data.len();
                if received > STREAM_BYTES_MAX {
                    let failure = Failure::answer_too_large(received, STREAM_BYTES_MAX);
                    return Some(Some((failure, Taken::TooLarge)));
                }
                reply.say(Said::Chunk(data)).await;
            }
            Err(frame) => {
                if let Some(failure) = frame.trailers_ref().and_then(failure_in) {
                    return Some(Some((failure, Taken::Yes)));
                }
            }
        }
    }
    Some(None)
}

fn failure_in(trailers: &http::HeaderMap) -> Option<Failure> {
    let text = |name: &str| trailers.get(name).and_then(|value| value.to_str().ok());
    let kind = text("lambda-runtime-function-error-type")?;
    let body = text("lambda-runtime-function-error-body").unwrap_or_default();
    let body = aws_smithy_types::base64::decode(body).unwrap_or_default();
    Some(Failure::reported(Bytes::from(body), Some(kind)))
}
