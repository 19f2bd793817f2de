//! JSONPath: no path and no document makes the search panic or run on; a definite path gives what stands in the document.

#![no_main]

use bumpalo::Bump;
use gatelet_languages::heap::{Heap, Value};
use gatelet_languages::json;
use gatelet_languages::json_path::JsonPath;
use libfuzzer_sys::fuzz_target;

/// What is searched where the input brings no document.
const DOCUMENT: &str = r#"{"a":[{"b":1,"c":"x"},{"b":2.5,"d":[1,[2,3]]},null,"t",true],"b":{"a":{"a":"it's"}},"c":12345678901234567890}"#;

fuzz_target!(|text: &str| {
    let (path, document) = text.split_once('\n').unwrap_or((text, DOCUMENT));
    let Ok(path) = JsonPath::parse(path) else { return };
    let texts = Bump::new();
    let mut heap = Heap::new(&texts);
    let Ok(root) = json::read_lenient(document, &mut heap) else { return };
    if let Ok(Some(found)) = path.find(root, &mut heap) {
        assert!(path.is_definite() || matches!(found, Value::List(_)));
        let mut written = String::new();
        let _ = json::write(found, &heap, &mut written);
    }
});
