//! Steps with a heading and a stopwatch: each runs even if an earlier one failed, and a table ends the run.

use std::process::ExitCode;
use std::time::{Duration, Instant};

/// What a step says about itself: nothing, or why it failed.
pub(crate) type Outcome = Result<(), String>;

struct Step {
    name: String,
    elapsed: Duration,
    outcome: Outcome,
}

/// The steps of one command, in the order in which they ran.
#[derive(Default)]
pub(crate) struct Steps {
    done: Vec<Step>,
    notes: Vec<String>,
}

impl Steps {
    /// Runs one step under its heading and keeps its outcome and duration for the table.
    pub(crate) fn run(&mut self, name: &str, step: impl FnOnce() -> Outcome) {
        println!("\n== {name} ==");
        let start = Instant::now();
        let outcome = step();
        let elapsed = start.elapsed();
        match &outcome {
            Ok(()) => println!("-- {name}: ok after {}", readable(elapsed)),
            Err(problem) => println!("-- {name}: FAILED after {}: {problem}", readable(elapsed)),
        }
        self.done.push(Step { name: name.to_owned(), elapsed, outcome });
    }

    /// A sentence that must not scroll away: it is repeated under the table.
    pub(crate) fn note(&mut self, note: String) {
        println!("warning: {note}");
        self.notes.push(note);
    }

    /// Prints the table; the exit code is 1 if any step failed.
    pub(crate) fn finish(self) -> ExitCode {
        print!("\n{}", self.table());
        if self.done.iter().all(|step| step.outcome.is_ok()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    fn table(&self) -> String {
        let width = self.done.iter().map(|step| step.name.chars().count()).max().unwrap_or(0);
        let mut table = String::new();
        for step in &self.done {
            let (mark, problem) = match &step.outcome {
                Ok(()) => ("ok", ""),
                Err(problem) => ("FAILED", problem.as_str()),
            };
            let line = format!("{:width$}  {:>9}  {mark:6}  {problem}", step.name, readable(step.elapsed));
            table.push_str(line.trim_end());
            table.push('\n');
        }
        for note in &self.notes {
            table.push_str(&format!("warning: {note}\n"));
        }
        table
    }
}

/// `0.4 s`, `12.0 s`, `3 min 5 s`.
fn readable(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    if seconds < 60 {
        return format!("{:.1} s", elapsed.as_secs_f64());
    }
    format!("{} min {} s", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::{Duration, ExitCode, Steps, readable};

    #[test]
    fn a_failure_does_not_stop_the_next_step_and_shows_in_the_end() {
        let mut steps = Steps::default();
        steps.run("first", || Err("it broke".to_owned()));
        let mut ran = false;
        steps.run("second", || {
            ran = true;
            Ok(())
        });
        steps.note("something was skipped".to_owned());
        assert!(ran);
        let table = steps.table();
        assert!(table.contains("FAILED  it broke"), "{table}");
        assert!(table.ends_with("warning: something was skipped\n"), "{table}");
        assert_eq!(format!("{:?}", steps.finish()), format!("{:?}", ExitCode::FAILURE));
    }

    #[test]
    fn durations_are_readable() {
        assert_eq!(readable(Duration::from_millis(449)), "0.4 s");
        assert_eq!(readable(Duration::from_secs(185)), "3 min 5 s");
    }
}
