//! Selection patterns: no pattern makes the compiler or a match panic, and what is no default matches by the whole.

#![no_main]

use gatelet_languages::selection::{self, Match, SelectionPattern};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (pattern, subject) = text.split_once('\n').unwrap_or((text, "404"));
    let compiled = SelectionPattern::compile(Some(pattern));
    assert_eq!(compiled.error().is_some(), matches!(compiled.matches(subject), Match::Broken(_)));
    let selected = selection::select([&compiled], subject, |_| false);
    assert_eq!(selected.is_err(), compiled.error().is_some());
});
