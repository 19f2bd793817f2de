//! The execution log: what became of a request at each step, in the words of API Gateway's own execution logs, as its `TestInvokeMethod`
//! shows them (<https://docs.aws.amazon.com/apigateway/latest/api/API_TestInvokeMethod.html>).

use std::sync::{Arc, Mutex, PoisonError};
use std::{fmt, mem};

use gatelet_model::PathTemplate;
use http::{HeaderMap, StatusCode};

use super::{Record, civil_date, month_name};
use crate::payload::{CanonicalPath, Query, Request, Response};
use crate::ports::Timestamp;
use crate::refusal::Refusal;
use crate::snapshot::routes::{self, Rules};

/// How much of a body or of a list of headers a line shows, in bytes, as AWS cuts its own log events.
const SHOWN_BYTES_MAX: usize = 1_024;

/// What stands for a value that lets in whoever knows it.
pub(crate) const HIDDEN: &str = "*****";

/// The headers whose values let in whoever knows them.
pub(crate) const SECRETS: [&str; 5] =
    ["authorization", "cookie", "set-cookie", "x-api-key", "x-amz-security-token"];

/// The days of the week, from that of the first of January 1970 on.
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

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

impl fmt::Display for ExecutionLine {
    /// As AWS writes it: `Sat Nov 21 03:55:00 UTC 2026 : Starting execution for request: ...`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.at.milliseconds() / 1_000;
        let (days, second_of_day) = (seconds / 86_400, seconds % 86_400);
        let (year, month, day) = civil_date(days);
        let weekday = usize::try_from(days % 7).ok().and_then(|index| WEEKDAYS.get(index)).unwrap_or(&"Thu");
        let (hour, minute, second) = (second_of_day / 3_600, second_of_day / 60 % 60, second_of_day % 60);
        let month = month_name(month);
        write!(f, "{weekday} {month} {day:02} {hour:02}:{minute:02}:{second:02} UTC {year} : {}", self.text)
    }
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

impl Record {
    /// Writes what a request to a REST API is, as far as it is known by its head.
    pub(crate) fn trace_request(&self, request: &Request, resource: &PathTemplate, path: &CanonicalPath) {
        if !self.is_traced() {
            return;
        }
        self.trace(|| format!("Starting execution for request: {}", self.request_id()));
        self.trace(|| format!("HTTP Method: {}, Resource Path: {resource}", request.method()));
        let values = routes::parameters(resource, path, Rules::Rest);
        let values = values.map(|(name, value)| (name.as_str(), value));
        self.trace(|| format!("Method request path: {}", shown_pairs(values)));
        let query: Vec<_> = Query::new(request.uri().query().unwrap_or_default()).pairs().collect();
        let query = query.iter().map(|(name, value)| (&**name, &**value));
        self.trace(|| format!("Method request query string: {}", shown_pairs(query)));
        self.trace(|| format!("Method request headers: {}", shown_headers(request.headers())));
    }

    /// Writes what a request to an HTTP API is. AWS keeps no such log for these; the words are those of REST APIs.
    pub(crate) fn trace_http_request(&self, request: &Request, route: &str) {
        if !self.is_traced() {
            return;
        }
        self.trace(|| format!("Starting execution for request: {}", self.request_id()));
        self.trace(|| format!("HTTP Method: {}, Route: {route}", request.method()));
        self.trace(|| format!("Method request query string: {}", request.uri().query().unwrap_or_default()));
        self.trace(|| format!("Method request headers: {}", shown_headers(request.headers())));
    }

    /// Writes the status that the client is given, which is the last line.
    pub(crate) fn trace_status(&self, status: StatusCode) {
        self.trace(|| format!("Method completed with status: {}", status.as_u16()));
    }

    /// Writes how a request ended. With which status a refused one did is written when its answer is there.
    pub(crate) fn trace_outcome(&self, outcome: &Result<Response, Refusal>) {
        match outcome {
            Ok(response) => {
                self.trace(|| "Successfully completed execution".to_owned());
                self.trace_status(response.status());
            }
            Err(refusal) => {
                self.trace(|| match refusal {
                    Refusal::Configuration(why) => {
                        format!("Execution failed due to configuration error: {why}")
                    }
                    Refusal::Integration(error) => {
                        format!("Execution failed due to an endpoint error: {error}")
                    }
                    other => match other.cause() {
                        Some(why) => format!("Execution failed: {why}"),
                        None => format!("Execution failed: {}", other.rest_form().body),
                    },
                });
            }
        }
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

/// Headers as a line shows them: what lets in whoever knows it is hidden, by its name or by its mark.
pub(crate) fn shown_headers(headers: &HeaderMap) -> String {
    shown_pairs(headers.iter().map(|(name, value)| {
        let is_secret = value.is_sensitive() || SECRETS.contains(&name.as_str());
        (name.as_str(), if is_secret { HIDDEN } else { value.to_str().unwrap_or("[binary]") })
    }))
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
    fn a_line_is_stamped_as_aws_does() {
        let at = |milliseconds| ExecutionLine {
            at: Timestamp::from_milliseconds(milliseconds),
            text: "Method completed with status: 200".to_owned(),
        };
        let expected = "Sat Nov 21 03:55:07 UTC 2026 : Method completed with status: 200";
        assert_eq!(at(1_795_233_307_999).to_string(), expected);
        assert!(at(0).to_string().starts_with("Thu Jan 01 00:00:00 UTC 1970 : "));
    }

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
