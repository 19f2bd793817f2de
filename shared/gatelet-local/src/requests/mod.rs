//! What the command says while it runs: a line for every request, made from its sealed record, and messages between
//! them. One thread writes, so that lines never mix and no request ever waits for a terminal.

mod hint;
mod line;
mod text;

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::thread::JoinHandle;

use gatelet_aws::edge::Sink;
use gatelet_aws::telemetry::push_line;
use gatelet_core::record::SealedRecord;

use line::Lines;
pub use text::printable;

/// How many request lines may wait for the terminal, and how many lines of what functions and backends say. Further
/// ones are dropped, and counted.
const WAITING_MAX: usize = 4_096;

/// How much is gathered before it is written, where more comes all the time.
const GATHERED_BYTES_MAX: usize = 64 * 1024;

/// How requests are logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// A readable line for each request.
    Text,
    /// A JSON object for each request, with the names of `$context`; everything else goes to standard error.
    Json,
}

enum Event {
    Request(Box<SealedRecord>),
    Message(String),
    Output(String),
    Flush(Sender<()>),
}

/// The writing end of the console; clones write to the same.
#[derive(Debug, Clone)]
pub struct Console {
    events: Sender<Event>,
    load: Arc<Load>,
}

/// What waits for the terminal and may be dropped.
#[derive(Debug, Default)]
struct Load {
    requests: Queue,
    output: Queue,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: AtomicUsize,
    dropped: AtomicU64,
}

impl Queue {
    /// Counts one more line that waits, where there is room; else one more that is dropped.
    fn has_room(&self) -> bool {
        if self.waiting.fetch_add(1, Ordering::Relaxed) < WAITING_MAX {
            return true;
        }
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        self.dropped.fetch_add(1, Ordering::Relaxed);
        false
    }

    /// One line waits no more.
    fn taken(&self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The thread that writes.
#[derive(Debug)]
pub struct Writer(JoinHandle<()>);

impl Console {
    /// Starts the thread that writes to standard output, and in JSON's case to standard error.
    ///
    /// # Errors
    /// Where the machine gives no thread.
    pub fn start(format: LogFormat, colour: bool) -> io::Result<(Self, Writer)> {
        Self::start_with(format, colour, Box::new(io::stdout()), Box::new(io::stderr()))
    }

    /// Starts the thread that writes messages to `aside`, what functions and backends say to `said`, and request lines nowhere.
    ///
    /// # Errors
    /// Where the machine gives no thread.
    pub fn start_aside(
        aside: Box<dyn Write + Send>,
        said: Box<dyn Write + Send>,
    ) -> io::Result<(Self, Writer)> {
        Self::begin(LogFormat::Json, false, Box::new(io::sink()), aside, Some(said))
    }

    fn start_with(
        format: LogFormat,
        colour: bool,
        output: Box<dyn Write + Send>,
        aside: Box<dyn Write + Send>,
    ) -> io::Result<(Self, Writer)> {
        Self::begin(format, colour, output, aside, None)
    }

    fn begin(
        format: LogFormat,
        colour: bool,
        output: Box<dyn Write + Send>,
        aside: Box<dyn Write + Send>,
        said: Option<Box<dyn Write + Send>>,
    ) -> io::Result<(Self, Writer)> {
        let (events, received) = mpsc::channel();
        let load = Arc::new(Load::default());
        let lines = Lines::new(colour);
        let writing = Writing { format, lines, output, aside, said, load: Arc::clone(&load) };
        let thread =
            std::thread::Builder::new().name("console".into()).spawn(move || writing.run(&received))?;
        Ok((Self { events, load }, Writer(thread)))
    }

    /// Says something between the request lines.
    pub fn say(&self, message: impl Into<String>) {
        // The thread ends only after every console is gone.
        let _ = self.events.send(Event::Message(message.into()));
    }

    /// Shows a line of what a function or a backend says. Where too many wait it is dropped, and counted: whoever says
    /// much waits for no terminal, and fills no memory.
    pub fn say_output(&self, line: String) {
        if self.load.output.has_room() {
            let _ = self.events.send(Event::Output(line));
        }
    }

    /// Waits until all that was said before is written.
    pub fn flush(&self) {
        let (done, wait) = mpsc::channel();
        if self.events.send(Event::Flush(done)).is_ok() {
            let _ = wait.recv();
        }
    }
}

impl Sink for Console {
    fn take(&self, record: SealedRecord) {
        if self.load.requests.has_room() {
            let _ = self.events.send(Event::Request(Box::new(record)));
        }
    }
}

impl Writer {
    /// Waits until everything is written; every [`Console`] must be gone.
    pub fn finish(self) {
        let _ = self.0.join();
    }
}

struct Writing {
    format: LogFormat,
    lines: Lines,
    output: Box<dyn Write + Send>,
    aside: Box<dyn Write + Send>,
    /// Where what functions and backends say is written, if not where messages are.
    said: Option<Box<dyn Write + Send>>,
    load: Arc<Load>,
}

impl Writing {
    fn run(mut self, events: &Receiver<Event>) {
        let mut pending = String::new();
        loop {
            if pending.len() >= GATHERED_BYTES_MAX {
                self.write(&mut pending);
            }
            let event = match events.try_recv() {
                Ok(event) => event,
                // Nothing waits: what was gathered is written in one piece.
                Err(TryRecvError::Empty) => {
                    self.write(&mut pending);
                    match events.recv() {
                        Ok(event) => event,
                        Err(_) => return,
                    }
                }
                Err(TryRecvError::Disconnected) => return self.write(&mut pending),
            };
            match event {
                Event::Request(record) => {
                    self.load.requests.taken();
                    match self.format {
                        LogFormat::Text => self.lines.push(&record, &mut pending),
                        LogFormat::Json => push_line(&record, hint::of(&record).as_deref(), &mut pending),
                    }
                }
                Event::Message(message) => self.message(&message, &mut pending),
                Event::Output(line) => {
                    self.load.output.taken();
                    match &mut self.said {
                        Some(said) => drop(writeln!(said, "{line}")),
                        None => self.message(&line, &mut pending),
                    }
                }
                Event::Flush(done) => {
                    self.write(&mut pending);
                    let _ = done.send(());
                }
            }
        }
    }

    fn message(&mut self, message: &str, pending: &mut String) {
        match self.format {
            LogFormat::Text => {
                pending.push_str(message);
                pending.push('\n');
            }
            LogFormat::Json => {
                let _ = writeln!(self.aside, "{message}");
            }
        }
    }

    /// A terminal that is gone takes nothing more; requests are served all the same.
    fn write(&mut self, pending: &mut String) {
        let load = Arc::clone(&self.load);
        for (queue, what) in [(&load.requests, "request lines"), (&load.output, "lines of output")] {
            let dropped = queue.dropped.swap(0, Ordering::Relaxed);
            if dropped > 0 {
                let message = format!("{dropped} {what} were left out: the terminal was too slow");
                self.message(&message, pending);
            }
        }
        if !pending.is_empty() {
            let _ = self.output.write_all(pending.as_bytes());
            let _ = self.output.flush();
            pending.clear();
        }
    }
}

#[cfg(test)]
mod tests;
