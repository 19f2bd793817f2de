#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Condvar, Mutex};
use std::time::Duration;

use gatelet_core::payload::BodyError;
use gatelet_core::record::End;
use gatelet_core::refusal::Refusal;
use gatelet_world::{proxied_record, unlocated_record};
use serde_json::Value;

use super::*;

/// An output that can be read while it is written, and held up.
#[derive(Clone, Default)]
struct Shared(Arc<(Mutex<Held>, Condvar)>);

#[derive(Default)]
struct Held {
    text: Vec<u8>,
    blocked: bool,
}

impl Shared {
    fn text(&self) -> String {
        String::from_utf8(self.0.0.lock().unwrap().text.clone()).unwrap()
    }

    fn block(&self, blocked: bool) {
        self.0.0.lock().unwrap().blocked = blocked;
        self.0.1.notify_all();
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (held, unblocked) = &*self.0;
        let mut held = unblocked.wait_while(held.lock().unwrap(), |held| held.blocked).unwrap();
        held.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn console(format: LogFormat) -> (Console, Writer, Shared, Shared) {
    let (output, aside) = (Shared::default(), Shared::default());
    let (console, writer) =
        Console::start_with(format, false, Box::new(output.clone()), Box::new(aside.clone())).unwrap();
    (console, writer, output, aside)
}

fn line(sealed: &SealedRecord) -> String {
    let mut output = String::new();
    Lines::new(false).push(sealed, &mut output);
    output
}

#[test]
fn a_line_says_what_happened_and_how_long_it_took() {
    let line = line(&proxied_record().seal(End::Complete, 5, Duration::from_micros(21_400)));
    let columns: Vec<&str> = line.split("  ").map(str::trim).filter(|column| !column.is_empty()).collect();
    assert_eq!(columns, ["GET", "/dev/pets/1", "GET /pets/{petId} 200", "21 ms", "backend 17 ms", "id"]);
}

#[test]
fn lines_below_each_other_are_aligned() {
    let mut lines = Lines::new(false);
    let mut output = String::new();
    for path in ["/a-path-that-is-longer-than-others", "/short", "/b"] {
        let mut record = unlocated_record(path);
        record.note_status(http::StatusCode::OK);
        lines.push(&record.seal(End::Complete, 0, Duration::ZERO), &mut output);
    }
    let places: Vec<usize> = output.lines().map(|line| line.find(" 200 ").unwrap()).collect();
    assert!(places.iter().all(|place| Some(place) == places.first()), "{output}");
}

#[test]
fn what_went_wrong_is_said_in_words() {
    let gone = line(&proxied_record().seal(End::ClientGone, 1_024, Duration::ZERO));
    assert!(gone.contains("the client left after 1024 bytes"), "{gone}");
    let broken = line(&proxied_record().seal(End::BrokenOff(BodyError::BrokenOff), 7, Duration::ZERO));
    assert!(
        broken.contains("the answer broke off after 7 bytes\n        ↳ the sender broke off"),
        "{broken}"
    );
    let mut refused = unlocated_record("/x");
    refused.note_refusal(Refusal::Configuration("no `stage variable`\u{1b}[0m".to_owned()));
    let refused = line(&refused.seal(End::Complete, 0, Duration::ZERO));
    assert!(refused.contains("---"), "{refused}");
    assert!(refused.ends_with("        ↳ no `stage variable`\\u{1b}[0m\n"), "{refused}");
}

#[test]
fn a_path_can_neither_forge_a_line_nor_fill_the_screen() {
    let forged =
        line(&unlocated_record("/a\r\nGET /forged\u{1b}[2J\u{202e}").seal(End::Complete, 0, Duration::ZERO));
    assert_eq!(forged.lines().count(), 1, "{forged:?}");
    assert!(!forged.contains(['\u{1b}', '\u{202e}', '\r']), "{forged:?}");
    let long = line(&unlocated_record(&"/a".repeat(4_000)).seal(End::Complete, 0, Duration::ZERO));
    assert!(long.chars().count() < 300, "{long}");
}

#[test]
fn requests_never_wait_for_a_terminal_and_what_is_left_out_is_said() {
    let (console, writer, output, _) = console(LogFormat::Text);
    output.block(true);
    let requests = WAITING_MAX * 3;
    for _ in 0..requests {
        console.take(unlocated_record("/x").seal(End::Complete, 0, Duration::ZERO));
    }
    console.say("still here");
    output.block(false);
    console.flush();
    console.take(unlocated_record("/last").seal(End::Complete, 0, Duration::ZERO));
    drop(console);
    writer.finish();
    let text = output.text();
    let shown = text.lines().filter(|line| line.contains("/x")).count();
    let left_out: usize = text
        .lines()
        .filter_map(|line| line.strip_suffix(" request lines were left out: the terminal was too slow"))
        .map(|count| count.parse::<usize>().unwrap())
        .sum();
    assert_eq!(shown + left_out, requests, "every request is shown or counted");
    assert!(left_out > 0 && text.contains("still here") && text.contains("/last"), "{left_out}");
}

#[test]
fn what_functions_say_fills_no_memory_and_what_is_left_out_is_said() {
    for format in [LogFormat::Text, LogFormat::Json] {
        let (console, writer, output, aside) = console(format);
        let shown_at = if format == LogFormat::Text { output } else { aside };
        shown_at.block(true);
        let lines = WAITING_MAX * 3;
        for _ in 0..lines {
            console.say_output("pets │ again".to_owned());
        }
        // Neither kind takes the other's room, and what the command itself says is never left out.
        console.take(unlocated_record("/x").seal(End::Complete, 0, Duration::ZERO));
        console.say("still here");
        shown_at.block(false);
        drop(console);
        writer.finish();
        let text = shown_at.text();
        let shown = text.lines().filter(|line| line.contains("again")).count();
        let left_out: usize = text
            .lines()
            .filter_map(|line| line.strip_suffix(" lines of output were left out: the terminal was too slow"))
            .map(|count| count.parse::<usize>().unwrap())
            .sum();
        assert_eq!(shown + left_out, lines, "every line is shown or counted");
        assert!(left_out > 0 && text.contains("still here") && !text.contains("request lines"), "{left_out}");
    }
}

#[test]
fn json_lines_are_alone_on_standard_output() {
    let (console, writer, output, aside) = console(LogFormat::Json);
    console.say("hello");
    console.take(unlocated_record("/x").seal(End::Complete, 0, Duration::ZERO));
    drop(console);
    writer.finish();
    assert_eq!(aside.text(), "hello\n");
    assert!(output.text().lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
    assert_eq!(output.text().lines().count(), 1);
}
