//! One invocation, what is said in answer to it, and the errors that Lambda answers in a function's stead.

use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc;

/// The largest event, in bytes. From
/// [AWS's quotas](https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html), as Lambda's errors state it.
pub(super) const EVENT_BYTES_MAX: usize = 6_291_456;

/// The largest event of an event invocation, in bytes: 1 MB.
pub(super) const TOLD_EVENT_BYTES_MAX: usize = 1_048_576;

/// The largest whole answer, in bytes, as Lambda's error states it.
pub(super) const ANSWER_BYTES_MAX: usize = 6_291_556;

/// The largest streamed answer, in bytes: 200 MB.
pub(super) const STREAM_BYTES_MAX: usize = 200 * 1024 * 1024;

/// How many pieces of an answer may wait for the client.
const PIECES_WAITING_MAX: usize = 16;

/// How many lines of a trace are shown.
const TRACE_LINES_MAX: usize = 40;

/// What a function is called with.
#[derive(Debug)]
pub(super) struct Invocation {
    /// A UUID.
    pub(super) request_id: String,
    /// The event, JSON.
    pub(super) payload: Bytes,
    /// `X-Amzn-Trace-Id`, where the caller sent one.
    pub(super) trace_id: Option<String>,
    /// The client context, JSON, where the caller sent one.
    pub(super) client_context: Option<String>,
    /// Whether the caller wants to hear what the function printed.
    pub(super) wants_log: bool,
}

/// A piece of what a function says.
#[derive(Debug)]
pub(super) enum Said {
    /// The next bytes of its answer.
    Chunk(Bytes),
    /// What the caller who wants the log hears of it; the end comes next.
    Log(Bytes),
    /// It failed; nothing comes after.
    Failed(Failure),
    /// It came to its end.
    Done,
}

/// How a function failed, as its caller hears it with `X-Amz-Function-Error: Unhandled`.
#[derive(Debug, Clone)]
pub(super) struct Failure(pub(super) Bytes);

/// Where what a function says goes. A caller who has gone hears nothing, and the function goes on.
#[derive(Debug)]
pub(super) struct Reply(mpsc::Sender<Said>);

/// What a runtime reports of an error, as far as it is shown.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Report {
    error_type: Option<String>,
    error_message: Option<String>,
    /// Python's name for it.
    stack_trace: Vec<String>,
    /// Node's.
    trace: Vec<String>,
}

/// A reply, and what comes in by it.
pub(super) fn channel() -> (Reply, mpsc::Receiver<Said>) {
    let (sender, receiver) = mpsc::channel(PIECES_WAITING_MAX);
    (Reply(sender), receiver)
}

impl Reply {
    /// Passes a piece on, and waits while the caller is slow.
    pub(super) async fn say(&self, said: Said) {
        let _ = self.0.send(said).await;
    }

    /// Waits until the caller has gone.
    pub(super) async fn gone(&self) {
        self.0.closed().await;
    }
}

impl Failure {
    /// An error in [the shape that runtimes use](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-invokeerror).
    pub(super) fn of_type(kind: &str, message: &str) -> Self {
        Self(json!({ "errorType": kind, "errorMessage": message }).to_string().into())
    }

    /// The invocation took longer than it may.
    pub(super) fn timed_out(request_id: &str, timeout: Duration) -> Self {
        let now = DateTime::from(SystemTime::now()).fmt(Format::DateTime).unwrap_or_default();
        let message = format!("{now} {request_id} Task timed out after {:.2} seconds", timeout.as_secs_f64());
        Self(json!({ "errorMessage": message }).to_string().into())
    }

    /// The process ended before it answered.
    pub(super) fn exited(request_id: &str, how: &str) -> Self {
        Self::of_type("Runtime.ExitError", &format!("RequestId: {request_id} Error: {how}"))
    }

    /// The answer is larger than Lambda takes.
    pub(super) fn answer_too_large(bytes: usize, limit: usize) -> Self {
        let message = format!(
            "Response payload size ({bytes} bytes) exceeded maximum allowed payload size ({limit} bytes)."
        );
        Self::of_type("Function.ResponseSizeTooLarge", &message)
    }

    /// What a runtime reported. What is no JSON object is wrapped into one.
    pub(super) fn reported(body: Bytes, kind: Option<&str>) -> Self {
        if serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&body).is_ok() {
            return Self(body);
        }
        Self::of_type(kind.unwrap_or("Runtime.Unknown"), &String::from_utf8_lossy(&body))
    }

    /// The error and its trace, line by line, for people.
    pub(super) fn lines(&self) -> Vec<String> {
        let report: Report = serde_json::from_slice(&self.0).unwrap_or_default();
        let message = report.error_message.unwrap_or_default();
        let headline = match report.error_type.filter(|kind| !kind.is_empty()) {
            Some(kind) => format!("{kind}: {message}"),
            None => message,
        };
        let trace = report.stack_trace.iter().chain(&report.trace);
        let trace = trace.flat_map(|entry| entry.lines()).filter(|line| !line.trim().is_empty());
        let mut lines: Vec<String> = headline.lines().map(str::to_owned).collect();
        for line in trace {
            // Node's trace begins with the message.
            if !lines.iter().any(|said| said == line) {
                lines.push(line.to_owned());
            }
        }
        if lines.len() > TRACE_LINES_MAX {
            let left_out = lines.len() - TRACE_LINES_MAX;
            lines.truncate(TRACE_LINES_MAX);
            lines.push(format!("... {left_out} lines more"));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn text(failure: &Failure) -> String {
        String::from_utf8(failure.0.to_vec()).unwrap()
    }

    #[test]
    fn failures_are_shaped_as_lambda_shapes_them() {
        let timed_out = text(&Failure::timed_out("id-1", Duration::from_millis(3_000)));
        assert!(timed_out.starts_with(r#"{"errorMessage":"2"#), "{timed_out}");
        assert!(timed_out.ends_with(r#"Z id-1 Task timed out after 3.00 seconds"}"#), "{timed_out}");
        let exited: serde_json::Value =
            serde_json::from_slice(&Failure::exited("id-1", "Runtime exited").0).unwrap();
        let expected = json!({
            "errorType": "Runtime.ExitError",
            "errorMessage": "RequestId: id-1 Error: Runtime exited",
        });
        assert_eq!(exited, expected);
        assert!(text(&Failure::answer_too_large(7, 6)).contains("(7 bytes)"));
    }

    #[test]
    fn what_is_no_object_is_wrapped() {
        let own = Failure::reported(Bytes::from_static(br#"{"errorType":"E"}"#), None);
        assert_eq!(text(&own), r#"{"errorType":"E"}"#);
        for (body, kind) in [("junk", Some("Extension.Bad")), ("[1]", None), ("", None)] {
            let failure = Failure::reported(Bytes::from_static(body.as_bytes()), kind);
            let wrapped: serde_json::Value = serde_json::from_slice(&failure.0).unwrap();
            let expected = json!({ "errorMessage": body, "errorType": kind.unwrap_or("Runtime.Unknown") });
            assert_eq!(wrapped, expected);
        }
    }

    #[test]
    fn a_trace_is_shown_once() {
        let report = json!({
            "errorType": "Error",
            "errorMessage": "no",
            "trace": ["Error: no", "    at handler (index.mjs:1)", ""],
        });
        let failure = Failure(report.to_string().into());
        assert_eq!(failure.lines(), ["Error: no", "    at handler (index.mjs:1)"]);
        let long = json!({ "errorMessage": "m", "stackTrace": vec!["a\nb\n"; 1] });
        assert_eq!(Failure(long.to_string().into()).lines(), ["m", "a", "b"]);
        assert!(Failure(Bytes::from_static(b"junk")).lines().is_empty());
    }
}
