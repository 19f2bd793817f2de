//! One line for every request.

use gatelet_aws::edge::Sink;
use gatelet_aws::environment::RequestLog;
use gatelet_aws::telemetry::{cause, push_line, write_line};
use gatelet_core::record::{End, SealedRecord};

/// From this status on a request failed, and not its client.
const FAILURE: u16 = 500;

/// Writes records to standard output, where Lambda collects them.
pub(crate) struct RequestLines {
    pub(crate) which: RequestLog,
}

impl Sink for RequestLines {
    fn take(&self, record: SealedRecord) {
        let failed = || record.status().is_none_or(|status| status >= FAILURE) || record.end != End::Complete;
        let is_told = match self.which {
            RequestLog::All => true,
            RequestLog::Failures => failed(),
            RequestLog::Nothing => false,
        };
        if is_told {
            let mut line = String::with_capacity(512);
            push_line(&record, cause(&record).as_deref(), &mut line);
            write_line(&line);
        }
    }
}
