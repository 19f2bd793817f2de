//! What is counted of requests gets to the store while `gatelet dev` runs, and at its end; and there, what the meter does in AWS:
//! reports become totals, and tokens that are not used go back to their quotas.

use std::sync::Arc;
use std::time::Duration;

use gatelet_aws::dynamodb::counters::CounterTable;
use gatelet_aws::process::SystemClock;
use gatelet_core::ports::Clock;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::doors::{Gateway, LocalWorld};

/// How often it is looked whether something is to be done.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// After how long counts are reported: whoever asks for usage two seconds after a request finds it.
const REPORT_AFTER: Duration = Duration::from_secs(1);
/// How many times it is looked after the last request: until its report is there, and once more.
const LOOKS_AFTER_REQUEST: u32 = 5;
/// How many times it is looked at most without anything being done: tokens go back to quotas without a request.
const IDLE_LOOKS_MAX: u32 = 120;
/// How long the store may take each time.
const STORE_WAIT_MAX: Duration = Duration::from_secs(5);
/// How long the store may take for what came back on all days of a period.
const OLD_RETURNS_WAIT_MAX: Duration = Duration::from_secs(60);

/// Reports and folds what is counted, until it is finished or dropped.
pub(in crate::dev) struct Counting {
    counted: Counted,
    reporting: JoinHandle<()>,
}

/// Who counts, and where to.
#[derive(Clone)]
struct Counted {
    gateway: Arc<Gateway<LocalWorld>>,
    counters: CounterTable,
    clock: SystemClock,
}

impl Counting {
    /// Begins to report what a gateway counts.
    pub(in crate::dev) fn start(gateway: Arc<Gateway<LocalWorld>>, counters: CounterTable) -> Self {
        let counted = Counted { gateway, counters, clock: SystemClock::new() };
        let reporting = tokio::spawn(counted.clone().go_on());
        Self { counted, reporting }
    }

    /// Reports and folds all that is left, after the last request.
    pub(in crate::dev) async fn finish(self) {
        // A report that is cut off here is one of those that are left.
        self.reporting.abort();
        self.counted.settle(Duration::ZERO).await;
        self.counted.fold().await;
    }
}

impl Drop for Counting {
    fn drop(&mut self) {
        self.reporting.abort();
    }
}

impl Counted {
    /// Does all of it, for as long as it is let.
    async fn go_on(self) {
        tokio::join!(self.put_all_back(), self.count());
    }

    /// Puts back what was to go back while nothing ran here.
    async fn put_all_back(&self) {
        let now = self.clock.now();
        let put_back = self.counters.put_all_back(now, now.after(OLD_RETURNS_WAIT_MAX)).await;
        if let Some(error) = put_back.error {
            tracing::warn!(%error, "tokens of earlier days are not back in their quotas yet");
        }
    }

    /// Settles and folds. A store that nobody calls is left alone.
    async fn count(&self) {
        let mut every = interval(LOOK_EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut answered, mut looks, mut idle) = (0, LOOKS_AFTER_REQUEST, 0);
        loop {
            every.tick().await;
            self.settle(REPORT_AFTER).await;
            let now_answered = self.gateway.answered();
            if now_answered != answered {
                (answered, looks) = (now_answered, LOOKS_AFTER_REQUEST);
            }
            idle += 1;
            if looks > 0 || idle >= IDLE_LOOKS_MAX {
                (looks, idle) = (looks.saturating_sub(1), 0);
                self.fold().await;
            }
        }
    }

    /// Reports what has waited so long. What fails is reported the next time; no request is worse for it.
    async fn settle(&self, waited: Duration) {
        self.gateway.settle(waited, STORE_WAIT_MAX).await;
    }

    /// Folds reports and puts tokens back. What fails is done the next time.
    async fn fold(&self) {
        let now = self.clock.now();
        let folded = self.counters.fold_recent(now, now.after(STORE_WAIT_MAX)).await;
        let now = self.clock.now();
        let put_back = self.counters.put_recent_back(now, now.after(STORE_WAIT_MAX)).await;
        for error in [folded.folded.error, put_back.error].into_iter().flatten() {
            tracing::warn!(%error, "what was counted is not in the totals yet");
        }
    }
}
