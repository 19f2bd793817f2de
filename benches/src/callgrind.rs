//! Instructions of one run, counted by valgrind's callgrind: the same on every machine with the same code.

use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs, process};

/// What the counted runs take together without valgrind, which is some fifty times slower, in nanoseconds.
const COUNTED_NANOSECONDS: f64 = 10e6;

/// Quick work is counted at most so often.
const COUNTED_RUNS_MAX: u32 = 20_000;

/// Whether valgrind can be started.
pub(crate) fn is_there() -> bool {
    let mut valgrind = Command::new("valgrind");
    valgrind.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    valgrind.status().is_ok_and(|status| status.success())
}

/// Instructions for one run of a row: what more runs take than one, so that making ready does not count.
///
/// # Errors
/// Why callgrind could not be run or understood.
pub(crate) fn instructions(row: &str, nanoseconds: f64) -> Result<u64, String> {
    let runs = runs(nanoseconds);
    let once = count(row, 1)?;
    let often = count(row, 1 + runs)?;
    Ok(often.saturating_sub(once) / u64::from(runs))
}

fn runs(nanoseconds: f64) -> u32 {
    let runs = (COUNTED_NANOSECONDS / nanoseconds.max(1.0)).ceil();
    // A float beyond the numbers of the integer becomes its largest.
    (runs as u32).clamp(1, COUNTED_RUNS_MAX)
}

/// Runs this very program under callgrind, with the one row.
fn count(row: &str, runs: u32) -> Result<u64, String> {
    let program = env::current_exe().map_err(|error| format!("this program cannot be found: {error}"))?;
    let report = env::temp_dir().join(format!("gatelet-benches-{}.callgrind", process::id()));
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--quiet", "--tool=callgrind"]).arg(report_option(&report)).arg(program);
    valgrind.args(["--one", row, "--runs", &runs.to_string()]);
    let output = valgrind.output().map_err(|error| format!("valgrind cannot be started: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("valgrind failed on `{row}`: {}", said.trim()));
    }
    let text = fs::read_to_string(&report).map_err(|error| format!("valgrind left no report: {error}"))?;
    fs::remove_file(&report).map_err(|error| format!("valgrind's report stays behind: {error}"))?;
    total(&text).ok_or_else(|| "valgrind's report has no total".to_owned())
}

fn report_option(report: &Path) -> String {
    format!("--callgrind-out-file={}", report.display())
}

/// The total of a report, which stands on its `totals:` or `summary:` line.
fn total(report: &str) -> Option<u64> {
    let of_line = |line: &str| {
        let figures = line.strip_prefix("totals:").or_else(|| line.strip_prefix("summary:"))?;
        figures.split_whitespace().next()?.parse().ok()
    };
    report.lines().find_map(of_line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_found_in_a_report() {
        assert_eq!(total("version: 1\nevents: Ir\nfn=(1)\n12 40\n\ntotals: 12345\n"), Some(12_345));
        assert_eq!(total("summary: 7 8\n"), Some(7));
        assert_eq!(total("events: Ir\n"), None);
    }

    #[test]
    fn slow_work_is_counted_once() {
        assert_eq!(runs(1e9), 1);
        assert_eq!(runs(1e6), 10);
        assert_eq!(runs(0.0), COUNTED_RUNS_MAX);
    }
}
