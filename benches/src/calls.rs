//! Calls of something that is started and reached over the network, and their table.

use std::time::Duration;

use crate::table::grouped;

/// The rows of the function host, as their table is marked.
pub(crate) const HOST: &str = "host";

/// How many calls are under way together where throughput is measured.
pub const AT_A_TIME: usize = 8;

/// One row of the table of calls.
#[derive(Debug, Clone, Copy)]
pub struct CallRow {
    /// What is called, as the table says it.
    pub name: &'static str,
    /// Makes everything ready and measures it; otherwise says why that is not possible.
    pub measure: fn() -> Result<Calls, String>,
}

/// What calls were found to take.
#[derive(Debug, Clone, PartialEq)]
pub struct Calls {
    /// The time of each of the calls that were made one after another.
    pub one_by_one: Vec<Duration>,
    /// How many calls were made [`AT_A_TIME`].
    pub together: usize,
    /// What those took, all of them.
    pub together_took: Duration,
}

/// The table of all rows.
pub(crate) fn markdown(rows: &[(CallRow, Calls)]) -> String {
    let mut table = format!("| once | median | p99 | {AT_A_TIME} at a time |\n|---|---:|---:|---:|\n");
    for (row, calls) in rows {
        let mut times = calls.one_by_one.clone();
        times.sort_unstable();
        let [median, p99] = [50, 99].map(|percent| microseconds(percentile(&times, percent)));
        let rate = grouped(per_second(calls));
        table.push_str(&format!("| {} | {median} | {p99} | {rate} per second |\n", row.name));
    }
    table
}

/// The time within which so many of a hundred calls are answered. The times are sorted.
fn percentile(times: &[Duration], percent: usize) -> Duration {
    let position = (times.len() * percent).div_ceil(100).saturating_sub(1);
    times.get(position).copied().unwrap_or_default()
}

fn microseconds(time: Duration) -> String {
    let microseconds = (time.as_secs_f64() * 1e6).round();
    format!("{} \u{b5}s", grouped(microseconds as u64))
}

fn per_second(calls: &Calls) -> u64 {
    // Nothing takes no time; were it so, the integer's largest would stand for infinity.
    (calls.together as f64 / calls.together_took.as_secs_f64()).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let times: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&times, 50), Duration::from_millis(100));
        assert_eq!(percentile(&times, 99), Duration::from_millis(198));
        assert_eq!(percentile(&[Duration::from_millis(7)], 99), Duration::from_millis(7));
        assert_eq!(percentile(&[], 50), Duration::ZERO);
    }

    #[test]
    fn a_row_shows_what_calls_take_in_any_order() {
        let row = CallRow { name: "a call", measure: || Err("not here".to_owned()) };
        let one_by_one = [3_000, 1, 2].map(Duration::from_micros).to_vec();
        let calls = Calls { one_by_one, together: 2_400, together_took: Duration::from_secs(2) };
        let shown = "| a call | 2 \u{b5}s | 3,000 \u{b5}s | 1,200 per second |";
        assert_eq!(markdown(&[(row, calls)]).lines().last(), Some(shown));
    }
}
