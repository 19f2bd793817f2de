//! Files of API keys: reading one never panics, is the same each time, has no more keys than it has lines, and no message has a line
//! break of the file's own in it.

#![no_main]

use gatelet_control::usage::{FILE_ROWS_MAX, judge_key_file};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let judged = judge_key_file("keys.csv", bytes);
    assert_eq!(judged, judge_key_file("keys.csv", bytes));
    let Ok((keys, problems)) = judged else { return };
    assert!(keys <= FILE_ROWS_MAX && keys <= bytes.len());
    for problem in problems.iter() {
        assert!(!problem.message.contains('\n'), "{}", problem.message);
    }
});
