//! The records of requests, as they are sealed.

use std::sync::Arc;
use std::time::Duration;

use gatelet_aws::edge::Sink;
use gatelet_core::record::SealedRecord;
use tokio::sync::watch;

/// How long a record may take to come.
const PATIENCE: Duration = Duration::from_secs(20);

/// The records that were sealed, in their order.
#[derive(Clone, Default)]
pub struct Records(Arc<watch::Sender<Vec<Arc<SealedRecord>>>>);

impl Sink for Records {
    fn take(&self, record: SealedRecord) {
        self.0.send_modify(|records| records.push(Arc::new(record)));
    }
}

impl Records {
    /// Those so far.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<SealedRecord>> {
        self.0.borrow().clone()
    }

    /// The only one so far.
    #[must_use]
    pub fn only(&self) -> Arc<SealedRecord> {
        let records = self.all();
        assert_eq!(records.len(), 1, "one request leaves one record");
        Arc::clone(&records[0])
    }

    /// The first one, as soon as it is there.
    pub async fn first(&self) -> Arc<SealedRecord> {
        let mut records = self.0.subscribe();
        let records = tokio::time::timeout(PATIENCE, records.wait_for(|records| !records.is_empty())).await;
        Arc::clone(&records.expect("a record comes in time").unwrap()[0])
    }
}
