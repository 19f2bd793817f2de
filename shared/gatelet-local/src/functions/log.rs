//! The log of one invocation, as Lambda tells it to a caller who asks (`X-Amz-Log-Type: Tail`).

use std::time::Duration;

use bytes::Bytes;

use super::instance::LOG_BYTES_MAX;
use super::invocation::{Failure, Invocation};

/// The last of the log: what the function printed and how it failed between the lines that
/// [Lambda itself writes](https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html). How much memory was used is
/// not known.
pub(super) fn of(
    invocation: &Invocation,
    printed: Vec<u8>,
    failure: Option<&Failure>,
    took: Duration,
    memory_megabytes: u32,
) -> Bytes {
    let id = &invocation.request_id;
    let mut log = format!("START RequestId: {id} Version: $LATEST\n").into_bytes();
    log.extend(printed);
    let mut line = |text: &str| {
        if log.last() != Some(&b'\n') {
            log.push(b'\n');
        }
        log.extend_from_slice(text.as_bytes());
        log.push(b'\n');
    };
    for text in failure.map(Failure::lines).unwrap_or_default() {
        line(&text);
    }
    line(&format!("END RequestId: {id}"));
    let milliseconds = took.as_secs_f64() * 1e3;
    line(&format!(
        "REPORT RequestId: {id}\tDuration: {milliseconds:.2} ms\tBilled Duration: {} ms\tMemory Size: \
         {memory_megabytes} MB",
        milliseconds.ceil()
    ));
    let start = log.len().saturating_sub(LOG_BYTES_MAX);
    Bytes::from(log).slice(start..)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn invocation() -> Invocation {
        Invocation {
            request_id: "id-1".into(),
            payload: Bytes::new(),
            trace_id: None,
            client_context: None,
            wants_log: true,
        }
    }

    #[test]
    fn a_log_has_lambdas_lines_around_the_functions() {
        let failure = Failure::of_type("Custom", "on purpose");
        let took = Duration::from_micros(1_234);
        let log = of(&invocation(), b"one\ntwo".to_vec(), Some(&failure), took, 128);
        let expected = "START RequestId: id-1 Version: $LATEST\none\ntwo\nCustom: on purpose\nEND RequestId: id-1\n\
                        REPORT RequestId: id-1\tDuration: 1.23 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\n";
        assert_eq!(std::str::from_utf8(&log).unwrap(), expected);
    }

    #[test]
    fn of_a_long_log_the_end_is_told() {
        let printed = "x".repeat(LOG_BYTES_MAX * 2).into_bytes();
        let log = of(&invocation(), printed, None, Duration::ZERO, 128);
        assert_eq!(log.len(), LOG_BYTES_MAX);
        assert!(log.starts_with(b"xxx") && log.ends_with(b"Memory Size: 128 MB\n"));
    }
}
