//! JSONPath: no path and no document makes the search panic, run on or keep much; a definite path gives what stands in the document.
//!
//! The input is a path and, behind a line end, the document that it searches.

#![no_main]

use bumpalo::Bump;
use gatelet_languages::heap::{Heap, Value};
use gatelet_languages::json;
use gatelet_languages::json_path::{FindError, JsonPath};
use libfuzzer_sys::fuzz_target;

/// What is searched where the input brings no document.
const DOCUMENT: &str = r#"{"a":[{"b":1,"c":"x"},{"b":2.5,"d":[1,[2,3]]},null,"t",true],"b":{"a":{"a":"it's"}},"c":12345678901234567890}"#;

/// How much a search may do here.
const VISITS: u64 = 100_000;

fuzz_target!(|text: &str| {
    let (path, document) = text.split_once('\n').unwrap_or((text, DOCUMENT));
    let Ok(path) = JsonPath::parse(path) else { return };
    let texts = Bump::new();
    let mut heap = Heap::new(&texts);
    let Ok(root) = json::read_lenient(document, &mut heap) else { return };
    let mut visits_left = VISITS;
    match path.find_within(root, &mut heap, &mut visits_left) {
        Ok(Some(found)) => {
            assert!(path.is_definite() || matches!(found, Value::List(_)));
            if let (Value::List(list), false) = (found, path.is_definite()) {
                // What is kept was paid for.
                assert!(heap.list(list).len() as u64 <= VISITS - visits_left);
            }
            let mut written = String::new();
            let _ = json::write(found, &heap, &mut written);
        }
        Ok(None) | Err(FindError::Data(_)) => {}
        Err(FindError::Limit(error)) => {
            assert!(visits_left == 0 || error.message.contains("deep"), "{error:?}")
        }
    }
});
