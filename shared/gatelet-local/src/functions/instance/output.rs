//! What a process says: shown line by line, and the last of it kept for a caller who asks.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Child;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::functions::host::Say;
use crate::requests::printable;

/// A line that a function says is cut after this many characters.
const LINE_CHARACTERS_MAX: usize = 2_000;

/// A line is shown in pieces of this many bytes where it does not end.
const LINE_BYTES_MAX: usize = 64 * 1024;

/// How much of what was said is told to a caller who asks, in bytes
/// (<https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>).
pub(in crate::functions) const LOG_BYTES_MAX: usize = 4 * 1024;

/// How long what was said is waited for that is still on its way.
const CATCH_UP_PATIENCE: Duration = Duration::from_millis(200);

/// The two outputs of a process.
#[derive(Debug)]
pub(super) struct Output {
    kept: Kept,
    readers: Vec<mpsc::Sender<oneshot::Sender<()>>>,
}

/// The last of what was said since it was asked for; nothing where nobody asked.
#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<Option<Vec<u8>>>>);

impl Output {
    /// Shows what a process says under a label.
    pub(super) fn of(child: &mut Child, label: &str, say: &Say) -> Self {
        let kept = Kept::default();
        let readers = [
            child.stdout.take().map(|output| reader(output, label, say, kept.clone())),
            child.stderr.take().map(|output| reader(output, label, say, kept.clone())),
        ];
        Self { kept, readers: readers.into_iter().flatten().collect() }
    }

    /// Keeps what is said from now on.
    pub(super) fn keep(&self) {
        *self.kept.lock() = Some(Vec::new());
    }

    /// What was said since, at least its last [`LOG_BYTES_MAX`]. All counts that was said before this is asked.
    pub(super) async fn kept(&self) -> Vec<u8> {
        for reader in &self.readers {
            let (done, caught_up) = oneshot::channel();
            // A reader that is gone has read everything.
            if reader.send(done).await.is_ok() {
                let _ = timeout(CATCH_UP_PATIENCE, caught_up).await;
            }
        }
        self.kept.lock().take().unwrap_or_default()
    }
}

impl Kept {
    fn lock(&self) -> MutexGuard<'_, Option<Vec<u8>>> {
        // Nothing is left half done while it is locked, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_in(&self, said: &[u8]) {
        if let Some(kept) = &mut *self.lock() {
            kept.extend_from_slice(said);
            // Now and then: what is moved is then as much as was said since.
            if kept.len() > 2 * LOG_BYTES_MAX {
                kept.drain(..kept.len() - LOG_BYTES_MAX);
            }
        }
    }
}

fn reader(
    output: impl AsyncRead + Send + Unpin + 'static,
    label: &str,
    say: &Say,
    kept: Kept,
) -> mpsc::Sender<oneshot::Sender<()>> {
    let (label, say) = (label.to_owned(), say.clone());
    let (marks, mut asked) = mpsc::channel::<oneshot::Sender<()>>(1);
    tokio::spawn(async move {
        let mut output = output;
        let mut splitter = Splitter::default();
        let mut each = |line: &str| say.line(&label, line);
        loop {
            let before = splitter.0.len();
            let read = tokio::select! {
                // Whatever is there is read before anybody hears that it was.
                biased;
                read = output.read_buf(&mut splitter.0) => read,
                Some(done) = asked.recv() => {
                    let _ = done.send(());
                    continue;
                }
            };
            let read = read.unwrap_or_default();
            kept.take_in(splitter.0.get(before..).unwrap_or_default());
            splitter.split(&mut each, read == 0);
            if read == 0 {
                return;
            }
        }
    });
    marks
}

/// Shows what a program says, line by line, under a label.
pub(in crate::functions) fn pass_on(
    output: Option<impl AsyncRead + Send + Unpin + 'static>,
    label: &str,
    say: &Say,
) {
    let Some(output) = output else { return };
    let (label, say) = (label.to_owned(), say.clone());
    tokio::spawn(async move {
        let _ = lines(output, |line| say.line(&label, line)).await;
    });
}

/// Splits what is read into lines; a line without an end comes in pieces.
pub(crate) async fn lines(mut output: impl AsyncRead + Unpin, mut each: impl FnMut(&str)) -> io::Result<()> {
    let mut splitter = Splitter::default();
    loop {
        let read = output.read_buf(&mut splitter.0).await?;
        splitter.split(&mut each, read == 0);
        if read == 0 {
            return Ok(());
        }
    }
}

/// What was read and is no whole line yet.
#[derive(Debug, Default)]
struct Splitter(Vec<u8>);

impl Splitter {
    fn split(&mut self, each: &mut impl FnMut(&str), is_end: bool) {
        while let Some(end) = self.0.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.0.drain(..=end).collect();
            each(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']));
        }
        if (is_end || self.0.len() > LINE_BYTES_MAX) && !self.0.is_empty() {
            each(&String::from_utf8_lossy(&std::mem::take(&mut self.0)));
        }
    }
}

/// A line as it is shown.
pub(in crate::functions) fn shown(label: &str, line: &str) -> String {
    format!("{label} │ {}", printable(line, LINE_CHARACTERS_MAX))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[tokio::test]
    async fn output_comes_line_by_line() {
        let mut seen = Vec::new();
        let text = format!("one\r\n\ntwo\n{}tail", "x".repeat(LINE_BYTES_MAX + 9));
        lines(text.as_bytes(), |line| seen.push(line.to_owned())).await.unwrap();
        assert_eq!(seen.get(..3).unwrap(), ["one", "", "two"]);
        assert_eq!(seen.get(3..).unwrap().concat(), format!("{}tail", "x".repeat(LINE_BYTES_MAX + 9)));
        assert_eq!(shown("f", "\u{1b}[2J"), "f │ \\u{1b}[2J");
    }

    #[test]
    fn the_last_is_kept_where_it_is_asked_for() {
        let kept = Kept::default();
        kept.take_in(b"nobody asks");
        assert_eq!(*kept.lock(), None);
        *kept.lock() = Some(Vec::new());
        for number in 0..5_000 {
            kept.take_in(format!("{number}\n").as_bytes());
        }
        let kept = kept.lock().take().unwrap();
        assert!((LOG_BYTES_MAX..=2 * LOG_BYTES_MAX).contains(&kept.len()));
        assert!(kept.ends_with(b"\n4998\n4999\n"));
    }
}
