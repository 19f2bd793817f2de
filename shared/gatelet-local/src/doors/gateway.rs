//! The data plane's door.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use gatelet_aws::process::SystemClock;
use gatelet_core::Arrival;
use gatelet_core::payload::{Request, Response};
use gatelet_core::pipeline::{self, Front};
use gatelet_core::ports::{Clock, Definitions, World};
use gatelet_core::record::Record;
use gatelet_core::refusal::Refusal;
use gatelet_model::ApiId;

use super::authorize::{Explanation, Question, record_of};
use super::invoke::{Invocation, Invoked};
use crate::server::Handler;

/// Serves every request through the pipeline.
pub struct Gateway<W> {
    world: W,
    front: ArcSwap<Front>,
    answered: AtomicU64,
}

impl<W: World> Gateway<W> {
    /// A gateway in a world, that answers for the hosts and addresses of `front`.
    #[must_use]
    pub fn new(world: W, front: Front) -> Self {
        Self { world, front: ArcSwap::from_pointee(front), answered: AtomicU64::new(0) }
    }

    /// Tells step by step whether a request to an API would be let in. Nothing behind the gateway is called but the
    /// authorizer.
    ///
    /// # Errors
    /// What is wrong with the question.
    pub async fn explain(
        &self,
        arrival: &Arrival,
        question: &Question,
        api_id: &str,
    ) -> Result<Explanation, String> {
        let request = question.request(api_id)?;
        let mut record = record_of(arrival, &request);
        let front = self.front.load_full();
        let outcome = pipeline::authorize(&self.world, &front, arrival, request, &mut record).await;
        Ok(Explanation::of(&record, outcome))
    }

    /// Makes a request to an API, and tells what came of it. It counts like any other, and leaves no line in the request log.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn invoke(
        &self,
        arrival: &Arrival,
        invocation: &Invocation,
        api_id: &str,
    ) -> Result<Invoked, String> {
        let request = invocation.request(api_id)?;
        let (clock, started) = (SystemClock::new(), self.world.clock().monotonic());
        let mut record = invocation.record(arrival, &request, Arc::new(move || clock.now()));
        let front = self.front.load_full();
        let response = pipeline::serve(&self.world, &front, arrival, request, &mut record).await;
        self.answered.fetch_add(1, Ordering::Relaxed);
        let elapsed = || self.world.clock().monotonic().saturating_sub(started);
        let is_stageless =
            matches!(record.refusal(), Some(Refusal::NoSuchStage | Refusal::NoSuchHttpApiStage));
        let help = if is_stageless { self.help_with_stages(arrival, invocation, api_id).await } else { None };
        Ok(Invoked { help, ..Invoked::of(response, record, elapsed).await })
    }

    async fn help_with_stages(
        &self,
        arrival: &Arrival,
        invocation: &Invocation,
        api_id: &str,
    ) -> Option<String> {
        let id = ApiId::parse(api_id).ok()?;
        let published = self.world.definitions().published(&id, arrival.deadline).await.ok()??;
        let names: Vec<&str> = published.stages().map(|stage| stage.name().as_str()).collect();
        invocation.help_with_stages(&names)
    }

    /// How many requests were answered: whether there is anything to report since somebody looked.
    pub fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }

    /// Reports what was counted and has waited for so long, all of it where that is no time; the store may take as long as
    /// `within`. How much failed.
    pub async fn settle(&self, waited: Duration, within: Duration) -> usize {
        let now = self.world.clock().now();
        let limits = &self.world.memory().limits;
        limits.settle(self.world.counters(), now, waited, now.after(within)).await
    }

    /// Answers for other hosts and addresses from the next request on.
    pub fn set_front(&self, front: Front) {
        self.front.store(Arc::new(front));
    }
}

impl<W: World + 'static> Handler for Gateway<W> {
    fn clock(&self) -> &impl Clock {
        self.world.clock()
    }

    async fn answer(&self, arrival: &Arrival, request: Request, record: &mut Record) -> Response {
        let front = self.front.load_full();
        let response = pipeline::serve(&self.world, &front, arrival, request, record).await;
        self.answered.fetch_add(1, Ordering::Relaxed);
        response
    }
}
