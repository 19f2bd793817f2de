//! The execution log: what became of a request at each step, in the words of API Gateway's own execution logs, as its `TestInvokeMethod`
//! shows them (<https://docs.aws.amazon.com/apigateway/latest/api/API_TestInvokeMethod.html>).

use std::sync::{Arc, Mutex, PoisonError};
use std::{fmt, mem};

use crate::ports::Timestamp;

/// How much of a body or of a list of headers a line shows, in bytes, as AWS cuts its own log events.
const SHOWN_BYTES_MAX: usize = 1_024;

/// The lines of one request, where somebody wants to read them.
#[derive(Default)]
pub(super) struct ExecutionLog(Option<Kept>);

struct Kept {
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    lines: Mutex<Vec<ExecutionLine>>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionLine {
    /// When it was written.
    pub at: Timestamp,
    /// What it says.
    pub text: String,
}

impl ExecutionLog {
    pub(super) fn kept_with(now: Arc<dyn Fn() -> Timestamp + Send + Sync>) -> Self {
        Self(Some(Kept { now, lines: Mutex::default() }))
    }

    pub(super) fn push(&self, line: impl FnOnce() -> String) {
        if let Some(kept) = &self.0 {
            let line = ExecutionLine { at: (kept.now)(), text: line() };
            kept.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
    }

    pub(super) const fn is_kept(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn take(&self) -> Vec<ExecutionLine> {
        let lines = self.0.iter().map(|kept| kept.lines.lock().unwrap_or_else(PoisonError::into_inner));
        lines.flat_map(|mut lines| mem::take(&mut *lines)).collect()
    }
}

impl fmt::Debug for ExecutionLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_kept() { "ExecutionLog(kept)" } else { "ExecutionLog(none)" })
    }
}

/// A body as a line shows it: cut between characters, and only counted where it is no text.
#[must_use]
pub(crate) fn shown_body(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Err(_) => format!("[Binary Data, {} bytes]", bytes.len()),
        Ok(text) if text.len() > SHOWN_BYTES_MAX => {
            format!(
                "{} [TRUNCATED]",
                text.get(..text.floor_char_boundary(SHOWN_BYTES_MAX)).unwrap_or_default()
            )
        }
        Ok(text) => text.to_owned(),
    }
}

/// Names and values as a line shows them, `{a=1, b=2}`, cut where they are many.
pub(crate) fn shown_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::from("{");
    for (name, value) in pairs {
        if text.len() > 1 {
            text.push_str(", ");
        }
        if text.len() + name.len() + value.len() > SHOWN_BYTES_MAX {
            text.push_str("... [TRUNCATED]");
            break;
        }
        text.push_str(name);
        text.push('=');
        text.push_str(value);
    }
    text.push('}');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_is_cut_between_characters() {
        assert_eq!(shown_body(b"short"), "short");
        assert_eq!(shown_body(&[0xff, 0]), "[Binary Data, 2 bytes]");
        let long = "\u{e9}".repeat(SHOWN_BYTES_MAX);
        assert_eq!(
            shown_body(long.as_bytes()),
            format!("{} [TRUNCATED]", "\u{e9}".repeat(SHOWN_BYTES_MAX / 2))
        );
        assert_eq!(shown_pairs([("a", "1"), ("b", "2")]), "{a=1, b=2}");
        assert!(shown_pairs([("a", &*long), ("b", "2")]).ends_with("[TRUNCATED]}"));
    }
}
