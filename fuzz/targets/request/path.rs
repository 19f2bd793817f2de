//! The canonical path and the query: whatever a request line holds, the path is refused or has one spelling that
//! reads back as itself, and a query reads back as it was written.

#![no_main]

use gatelet_core::payload::{CanonicalPath, Query, push_pair};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(path) = CanonicalPath::parse(text) {
        let again = CanonicalPath::parse(path.as_str()).expect("a canonical path is a path");
        assert_eq!(again, path);
        assert!(path.as_str().bytes().all(|byte| byte.is_ascii_graphic()));
        for segment in 0..path.segment_count() {
            assert!(!matches!(path.matching_segment(segment), "." | ".."));
            assert!(!path.matching_segment(segment).contains(['/', '\\', '\0', '\r', '\n']));
        }
    }
    let mut written = String::new();
    for (name, value) in Query::new(text).pairs() {
        push_pair(&mut written, &name, &value);
    }
    let read: Vec<_> = Query::new(text).pairs().collect();
    assert_eq!(Query::new(&written).pairs().collect::<Vec<_>>(), read);
});
