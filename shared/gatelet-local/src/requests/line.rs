//! A request as one readable line: method, path, route, status, time in all and in the backend, request id.

use std::fmt::Write;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use gatelet_core::record::{End, SealedRecord};

use super::hint;
use super::text::printable;

/// Columns grow with what they hold, so that lines stay aligned, but no further than this many characters.
const PATH_WIDTH_MAX: usize = 44;
const ROUTE_WIDTH_MAX: usize = 36;
const PATH_WIDTH_MIN: usize = 20;
const ROUTE_WIDTH_MIN: usize = 16;

/// How paths begin that name their API themselves.
const PATH_FORM: &str = "/_aws/execute-api/";
/// The type of integration that no backend stands behind.
const MOCK: &str = "MOCK";

/// A path is cut after this many characters: a line stays one.
const PATH_CHARACTERS_MAX: usize = 160;
/// A hint is cut after this many characters.
const HINT_CHARACTERS_MAX: usize = 400;

const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const CALM: Style = AnsiColor::Cyan.on_default();
const WARNING: Style = AnsiColor::Yellow.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// Writes request lines, aligned with those before.
pub(super) struct Lines {
    colour: bool,
    path_width: usize,
    route_width: usize,
}

impl Lines {
    pub(super) const fn new(colour: bool) -> Self {
        Self { colour, path_width: PATH_WIDTH_MIN, route_width: ROUTE_WIDTH_MIN }
    }

    /// Writes the line of a request, and below it what only its author should know.
    pub(super) fn push(&mut self, record: &SealedRecord, output: &mut String) {
        let path = printable(shown_path(record), PATH_CHARACTERS_MAX);
        let route = record.route().map_or_else(|| "-".into(), |route| printable(route, PATH_CHARACTERS_MAX));
        self.path_width = grown(self.path_width, &path, PATH_WIDTH_MAX);
        self.route_width = grown(self.route_width, &route, ROUTE_WIDTH_MAX);

        self.column(&format!("{:<7} ", record.method.as_str()), BOLD, output);
        let _ = write!(output, "{path:<0$} ", self.path_width);
        self.column(&format!("{route:<0$} ", self.route_width), DIM, output);
        let status = record.status().map_or_else(|| "---".to_owned(), |status| status.to_string());
        self.column(&status, status_style(record.status()), output);
        let _ = write!(output, " {:>8}", milliseconds(record.elapsed));
        let backend = record.integration().map_or_else(String::new, |call| match call.kind {
            MOCK => "mock".to_owned(),
            _ => format!("backend {}", milliseconds(call.latency)),
        });
        self.column(&format!(" {backend:>16}"), DIM, output);
        self.column(&format!("  {}", record.request_id()), DIM, output);
        match &record.end {
            End::Complete => {}
            End::ClientGone => {
                let text = format!("  the client left after {} bytes", record.response_bytes);
                self.column(&text, WARNING, output);
            }
            End::BrokenOff(_) => {
                let text = format!("  the answer broke off after {} bytes", record.response_bytes);
                self.column(&text, BAD, output);
            }
        }
        output.push('\n');
        if let Some(hint) = hint::of(record) {
            self.column("        ↳ ", DIM, output);
            output.push_str(&printable(&hint, HINT_CHARACTERS_MAX));
            output.push('\n');
        }
    }

    fn column(&self, text: &str, style: Style, output: &mut String) {
        let _ = match self.colour {
            true => write!(output, "{style}{text}{style:#}"),
            false => write!(output, "{text}"),
        };
    }
}

/// The path from its stage on: the path form of the API's address is the same on every line.
fn shown_path(record: &SealedRecord) -> &str {
    let below = record.path().strip_prefix(PATH_FORM);
    let below = record.place().and_then(|place| below?.strip_prefix(&*place.api_id));
    below.filter(|path| path.starts_with('/')).unwrap_or_else(|| record.path())
}

fn grown(width: usize, text: &str, width_max: usize) -> usize {
    width.max(text.chars().count().min(width_max))
}

const fn status_style(status: Option<u16>) -> Style {
    match status {
        Some(100..=299) => GOOD,
        Some(300..=399) => CALM,
        Some(400..=499) | None => WARNING,
        Some(_) => BAD,
    }
}

/// `0.4 ms`, `12 ms`, `3.5 s`.
fn milliseconds(duration: Duration) -> String {
    let milliseconds = duration.as_secs_f64() * 1_000.0;
    match milliseconds {
        short if short < 9.95 => format!("{short:.1} ms"),
        middle if middle < 9_999.5 => format!("{middle:.0} ms"),
        long => format!("{:.1} s", long / 1_000.0),
    }
}
