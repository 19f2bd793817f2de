//! Time and allocations of one run.

use std::time::{Duration, Instant};

use crate::Work;

/// A batch takes about so long: long enough for the clock, short enough to fall between two disturbances.
const BATCH: Duration = Duration::from_millis(5);

/// Of so many batches the fastest counts: it was disturbed the least.
const BATCHES: u32 = 60;

/// Work that takes longer than a batch is done at least so often.
const RUNS_MIN: u32 = 5;

/// Runs whose allocations are counted.
const COUNTED_RUNS: u64 = 64;

/// Nanoseconds for one run.
pub(crate) fn nanoseconds(work: &mut Work) -> f64 {
    let size = batch_size(work);
    let batches = if size == 1 { RUNS_MIN } else { BATCHES };
    let fastest = (0..batches).map(|_| time(work, size)).min().unwrap_or_default();
    fastest.as_secs_f64() * 1e9 / f64::from(size)
}

/// Allocations and their bytes for one run, rounded up.
pub(crate) fn allocations(work: &mut Work) -> (u64, u64) {
    (work.run)();
    let counted = allocation_counter::measure(|| (0..COUNTED_RUNS).for_each(|_| (work.run)()));
    (counted.count_total.div_ceil(COUNTED_RUNS), counted.bytes_total.div_ceil(COUNTED_RUNS))
}

/// How many runs fill a batch.
fn batch_size(work: &mut Work) -> u32 {
    let mut size = 1;
    loop {
        if time(work, size) >= BATCH || size > u32::MAX / 2 {
            return size;
        }
        size *= 2;
    }
}

fn time(work: &mut Work, runs: u32) -> Duration {
    let start = Instant::now();
    (0..runs).for_each(|_| (work.run)());
    start.elapsed()
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::*;

    #[test]
    fn every_allocation_of_a_run_is_counted() {
        let mut work = Work::new(|| drop(black_box((vec![1_u8; 100], Box::new(7_u64)))));
        assert_eq!(allocations(&mut work), (2, 108));
        assert_eq!(allocations(&mut Work::new(|| ())), (0, 0));
    }

    #[test]
    fn slow_work_takes_longer_than_quick_work() {
        let mut slow = Work::new(|| std::thread::sleep(Duration::from_millis(6)));
        assert!(nanoseconds(&mut slow) > 5e6);
        assert!(nanoseconds(&mut Work::new(|| ())) < 1e6);
    }
}
