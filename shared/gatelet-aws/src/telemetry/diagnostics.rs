//! What goes on inside, as JSON lines on standard output, where Lambda collects them.

use std::fmt;
use std::io::Write;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Writes every event of a level and above as one line: `{"level", "target", "message", ...fields}`. Spans are passed over:
/// what belongs to a request is in its own line.
struct Lines {
    level: Level,
}

/// Begins to write diagnostics of this level and above. Whoever asks twice is not heard the second time.
pub fn start(level: Level) {
    let _ = tracing::subscriber::set_global_default(Lines { level });
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // At its most talkative the runtime tells whole events, with the secrets in them.
        let is_ours = ["gatelet", "router", "authorizer", "meter"]
            .iter()
            .any(|ours| metadata.target().starts_with(ours));
        let level = if is_ours { self.level } else { self.level.min(Level::DEBUG) };
        metadata.is_event() && *metadata.level() <= level
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Fields(Map::new());
        line.0.insert("level".to_owned(), event.metadata().level().as_str().into());
        line.0.insert("target".to_owned(), event.metadata().target().into());
        event.record(&mut line);
        write_line(&format!("{}\n", Value::Object(line.0)));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Writes a line at once and whole; a log that cannot be written fails nothing.
pub fn write_line(line: &str) {
    let mut output = std::io::stdout().lock();
    let _ = output.write_all(line.as_bytes());
    let _ = output.flush();
}

struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}
