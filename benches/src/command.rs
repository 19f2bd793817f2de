//! The program that `cargo bench` starts: all rows, some of them, or one of them for callgrind to watch.

use std::process::ExitCode;

use crate::calls::{self, HOST};
use crate::programs::COLD;
use crate::{CallRow, Figures, Programs, Row, Simulated, callgrind, measure, readme, table};

/// The rows that are run in one thread, as their table is marked.
pub(crate) const GATEWAY: &str = "gateway";

/// What is simulated of limits, as its table is marked.
pub(crate) const LIMITS: &str = "limits";

/// What the shell expects of a command that was called wrongly.
const EXIT_USAGE: u8 = 2;

/// What to do.
#[derive(Debug, PartialEq)]
enum Task {
    /// Measure the rows whose names contain one of these; all of them, and the table in the README, where there is none.
    Measure(Vec<String>),
    /// Run one row, quietly.
    One { name: String, runs: u32 },
}

/// Measures rows, and rows of calls, as the arguments of the program say, and prints their tables.
pub fn run(rows: &[Row], calls: &[CallRow]) -> ExitCode {
    match parse(std::env::args().skip(1)) {
        Ok(Task::Measure(names)) => measure(rows, calls, &names),
        Ok(Task::One { name, runs }) => run_one(rows, &name, runs),
        Err(problem) => usage(&problem),
    }
}

/// Measures programs, which only makes sense for all rows together, and prints the table: where no rows are chosen, or where
/// the bench is asked for by its name.
pub fn run_programs(measure: fn() -> Result<Programs, String>) -> ExitCode {
    match parse(std::env::args().skip(1)) {
        Ok(Task::Measure(names)) if is_wanted(COLD, &names) => measure_programs(measure),
        Ok(Task::Measure(_)) => ExitCode::SUCCESS,
        Ok(Task::One { name, .. }) => usage(&format!("`{name}` is not run alone")),
        Err(problem) => usage(&problem),
    }
}

/// Simulates, all of it together, and prints the table: as [`run_programs`].
pub fn run_simulated(measure: fn() -> Result<Simulated, String>) -> ExitCode {
    match parse(std::env::args().skip(1)) {
        Ok(Task::Measure(names)) if is_wanted(LIMITS, &names) => match measure() {
            Ok(Simulated { table, problems }) => exit_code(finish(LIMITS, &table, &[], problems)),
            Err(problem) => {
                eprintln!("error: limits cannot be simulated: {problem}");
                ExitCode::FAILURE
            }
        },
        Ok(Task::Measure(_)) => ExitCode::SUCCESS,
        Ok(Task::One { name, .. }) => usage(&format!("`{name}` is not run alone")),
        Err(problem) => usage(&problem),
    }
}

fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Task, String> {
    let mut names = Vec::new();
    let mut one = None;
    let mut runs = 1;
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("`{argument}` needs a value"));
        match argument.as_str() {
            // Cargo tells every bench that it is one.
            "--bench" => {}
            "--one" => one = Some(value()?),
            "--runs" => {
                let text = value()?;
                runs = text.parse().map_err(|_| format!("`{text}` is not a number of runs"))?;
            }
            option if option.starts_with('-') => return Err(format!("`{option}` is not an option")),
            name => names.push(name.to_owned()),
        }
    }
    Ok(match one {
        Some(name) => Task::One { name, runs },
        None => Task::Measure(names),
    })
}

fn run_one(rows: &[Row], name: &str, runs: u32) -> ExitCode {
    let Some(row) = rows.iter().find(|row| row.name == name) else {
        return usage(&format!("`{name}` is not a row"));
    };
    let mut work = (row.prepare)();
    (0..runs).for_each(|_| (work.run)());
    ExitCode::SUCCESS
}

/// Whether a row was asked for.
fn is_wanted(row: &str, names: &[String]) -> bool {
    names.is_empty() || names.iter().any(|name| row.contains(name.as_str()))
}

/// What is said where a name means no row; a typing error is no success.
fn unknown(rows: &[&str], names: &[String]) -> Option<String> {
    let unknown = names.iter().find(|name| !rows.iter().any(|row| row.contains(name.as_str())))?;
    let rows: Vec<String> = rows.iter().map(|row| format!("  {row}")).collect();
    Some(format!("no row's name contains `{unknown}`; the rows are\n{}\n", rows.join("\n")))
}

fn measure(rows: &[Row], calls: &[CallRow], names: &[String]) -> ExitCode {
    let of_rows = rows.iter().map(|row| row.name);
    // The benches of programs and of limits are other programs, and are asked for as a whole.
    let all: Vec<&str> = of_rows.chain(calls.iter().map(|row| row.name)).chain([COLD, LIMITS]).collect();
    if let Some(problem) = unknown(&all, names) {
        return usage(&problem);
    }
    let rows: Vec<&Row> = rows.iter().filter(|row| is_wanted(row.name, names)).collect();
    let calls: Vec<&CallRow> = calls.iter().filter(|row| is_wanted(row.name, names)).collect();
    let mut is_well = true;
    if !rows.is_empty() {
        is_well &= measure_rows(&rows, names);
    }
    if !calls.is_empty() {
        is_well &= measure_calls(&calls, names);
    }
    exit_code(is_well)
}

const fn exit_code(is_well: bool) -> ExitCode {
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn measure_rows(rows: &[&Row], names: &[String]) -> bool {
    let with_instructions = callgrind::is_there();
    if !with_instructions {
        println!("valgrind is not there: instructions are skipped");
    }
    let mut measured = Vec::new();
    let mut problems = Vec::new();
    for row in rows {
        let mut work = (row.prepare)();
        let nanoseconds = measure::nanoseconds(&mut work);
        let (allocations, allocated_bytes) = measure::allocations(&mut work);
        let steps = work.steps;
        drop(work);
        let counted = with_instructions.then(|| callgrind::instructions(row.name, nanoseconds));
        let instructions = counted.transpose().unwrap_or_else(|problem| {
            problems.push(problem);
            None
        });
        let figures = Figures { nanoseconds, steps, instructions, allocations, allocated_bytes };
        problems.extend(table::over_budget(row, &figures));
        measured.push((**row, figures));
    }
    finish(GATEWAY, &table::markdown(&measured), names, problems)
}

fn measure_calls(rows: &[&CallRow], names: &[String]) -> bool {
    let mut measured = Vec::new();
    for row in rows {
        match (row.measure)() {
            Ok(calls) => measured.push((**row, calls)),
            Err(problem) => {
                eprintln!("error: `{}` cannot be measured: {problem}", row.name);
                return false;
            }
        }
    }
    finish(HOST, &calls::markdown(&measured), names, Vec::new())
}

fn measure_programs(measure: fn() -> Result<Programs, String>) -> ExitCode {
    match measure() {
        Ok(programs) => exit_code(finish(COLD, &programs.markdown(), &[], programs.over_budget())),
        Err(problem) => {
            eprintln!("error: the programs cannot be measured: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// Shows a table, and writes it where no rows were chosen. Returns whether all is well.
fn finish(bench: &str, table: &str, names: &[String], mut problems: Vec<String>) -> bool {
    println!("{table}");
    if names.is_empty()
        && let Err(problem) = readme::rewrite(bench, table)
    {
        problems.push(problem);
    }
    for problem in &problems {
        eprintln!("error: {problem}");
    }
    problems.is_empty()
}

fn usage(problem: &str) -> ExitCode {
    eprintln!("error: {problem}");
    eprintln!("name rows to measure some of them, or nothing for all");
    ExitCode::from(EXIT_USAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Task, String> {
        parse(arguments.iter().map(|argument| (*argument).to_owned()))
    }

    #[test]
    fn names_choose_rows_and_cargo_s_own_option_counts_for_nothing() {
        assert_eq!(parsed(&["--bench"]), Ok(Task::Measure(Vec::new())));
        assert_eq!(parsed(&["route", "--bench"]), Ok(Task::Measure(vec!["route".to_owned()])));
        assert_eq!(
            parsed(&["--one", "a row", "--runs", "7"]),
            Ok(Task::One { name: "a row".to_owned(), runs: 7 })
        );
    }

    #[test]
    fn rows_are_wanted_by_a_part_of_their_name_or_all_together() {
        let names = ["route".to_owned(), "mock".to_owned()];
        assert!(is_wanted("REST mock", &names) && is_wanted("REST mock", &[]));
        assert!(!is_wanted("REST proxy", &names));
    }

    #[test]
    fn a_name_that_means_no_row_is_told_with_the_rows() {
        let rows = ["REST mock", "HTTP proxy"];
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(unknown(&rows, &names(&[])), None);
        assert_eq!(unknown(&rows, &names(&["mock", "proxy"])), None);
        let said = "no row's name contains `mcok`; the rows are\n  REST mock\n  HTTP proxy\n";
        assert_eq!(unknown(&rows, &names(&["proxy", "mcok"])).as_deref(), Some(said));
    }

    #[test]
    fn wrong_arguments_are_told() {
        assert_eq!(parsed(&["--fast"]), Err("`--fast` is not an option".to_owned()));
        assert_eq!(parsed(&["--one"]), Err("`--one` needs a value".to_owned()));
        assert_eq!(parsed(&["--runs", "x"]), Err("`x` is not a number of runs".to_owned()));
    }
}
