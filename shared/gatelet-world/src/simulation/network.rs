//! What lies between instances and the store: calls that wait for a reply.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use gatelet_core::Timestamp;
use gatelet_core::limits::Day;
use gatelet_core::ports::{
    Clock, Counters, PortError, QuotaTake, QuotaTaken, TokenTake, TokensTaken, UnusedQuota, UsageReport,
};
use gatelet_model::PartId;

use super::clock::SkewedClock;

const WHAT: &str = "the counters";
const NANOSECONDS_PER_MILLISECOND: u64 = 1_000_000;

/// What is asked of the store.
#[derive(Debug, Clone)]
pub(super) enum Request {
    Tokens { bucket: String, shard: u32, take: TokenTake },
    Quota { plan: PartId, key: PartId, first_day: Day, tokens: u32, limit: u32, expires: Timestamp },
}

/// What the store says.
#[derive(Debug, Clone, Copy)]
pub(super) enum Answer {
    Tokens(TokensTaken),
    Quota(QuotaTaken),
}

/// A call under way.
#[derive(Debug)]
pub(super) struct Call {
    /// The place and incarnation of whoever calls.
    pub(super) caller: (usize, u32),
    pub(super) request: Request,
    /// For how long it waits, in nanoseconds.
    pub(super) waits: u64,
    reply: Mutex<Reply>,
}

#[derive(Debug, Default)]
struct Reply {
    answer: Option<Result<Answer, PortError>>,
    is_over: bool,
    waker: Option<Waker>,
}

impl Call {
    /// Answers it, unless that was done before.
    pub(super) fn answer(&self, answer: Result<Answer, PortError>) -> bool {
        let mut reply = self.reply();
        if reply.is_over {
            return false;
        }
        reply.is_over = true;
        reply.answer = Some(answer);
        if let Some(waker) = reply.waker.take() {
            waker.wake();
        }
        true
    }

    pub(super) fn is_over(&self) -> bool {
        self.reply().is_over
    }

    fn reply(&self) -> MutexGuard<'_, Reply> {
        self.reply.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn timeout() -> PortError {
    PortError::Timeout { what: WHAT }
}

pub(super) fn throttled() -> PortError {
    PortError::Unavailable { what: WHAT, why: "it is throttled".to_owned() }
}

struct Waiting(Arc<Call>);

impl Future for Waiting {
    type Output = Result<Answer, PortError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut reply = self.0.reply();
        if let Some(answer) = reply.answer.take() {
            return Poll::Ready(answer);
        }
        reply.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

/// Calls that have been made and not yet been looked at.
#[derive(Debug, Clone, Default)]
pub(super) struct Outbox(Arc<Mutex<Vec<Arc<Call>>>>);

impl Outbox {
    pub(super) fn drain(&self) -> Vec<Arc<Call>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The store, as one instance reaches it.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) caller: (usize, u32),
    pub(super) clock: Arc<SkewedClock>,
    pub(super) outbox: Outbox,
}

impl Line {
    fn call(&self, request: Request, deadline: Timestamp) -> Waiting {
        let now = self.clock.now().milliseconds();
        let waits = deadline.milliseconds().saturating_sub(now).saturating_mul(NANOSECONDS_PER_MILLISECOND);
        let call = Arc::new(Call { caller: self.caller, request, waits, reply: Mutex::default() });
        self.outbox.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&call));
        Waiting(call)
    }
}

impl Counters for Line {
    fn are_shared(&self) -> bool {
        true
    }

    async fn take_tokens(
        &self,
        bucket: &str,
        shard: u32,
        take: TokenTake,
        deadline: Timestamp,
    ) -> Result<TokensTaken, PortError> {
        let request = Request::Tokens { bucket: bucket.to_owned(), shard, take };
        match self.call(request, deadline).await? {
            Answer::Tokens(taken) => Ok(taken),
            Answer::Quota(_) => Err(timeout()),
        }
    }

    async fn take_quota(&self, take: QuotaTake<'_>, deadline: Timestamp) -> Result<QuotaTaken, PortError> {
        let (plan, key) = (take.quota.plan.clone(), take.quota.key.clone());
        let QuotaTake { quota, tokens, limit, expires } = take;
        let request = Request::Quota { plan, key, first_day: quota.first_day, tokens, limit, expires };
        match self.call(request, deadline).await? {
            Answer::Quota(taken) => Ok(taken),
            Answer::Tokens(_) => Err(timeout()),
        }
    }

    async fn return_quota(&self, _: UnusedQuota<'_>, _: Timestamp) -> Result<(), PortError> {
        Ok(())
    }

    async fn report_usage(&self, _: UsageReport<'_>, _: Timestamp) -> Result<(), PortError> {
        Ok(())
    }
}
