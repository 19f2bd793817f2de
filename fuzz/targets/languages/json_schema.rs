//! Schemas: no schema and no document makes the validator panic, run on or tell without end, and the same are judged the same.
//!
//! The input is a schema and, behind a line end, the document that is held against it.

#![no_main]

use gatelet_languages::json_schema::{Schema, TOLD_BYTES_MAX, VIOLATIONS_MAX};
use libfuzzer_sys::fuzz_target;

/// How long one thing that is wrong may be told, in bytes: some shown values, and words between.
const TEXT_BYTES_MAX: usize = 8 * 1024;

fuzz_target!(|text: &str| {
    let (schema, document) = text.split_once('\n').unwrap_or((text, "{}"));
    let own = |address: &str| (address == "a:own").then(|| schema.to_owned());
    let Ok(compiled) = Schema::compile(schema, "a:own", &own) else { return };
    let judged = compiled.validate_document(document);
    assert_eq!(judged, compiled.validate_document(document));
    if let Ok(Err(violations)) = judged {
        let texts = violations.texts();
        assert!(!texts.is_empty() && texts.len() <= VIOLATIONS_MAX);
        let bytes: usize = texts.iter().map(String::len).sum();
        assert!(bytes <= TOLD_BYTES_MAX + TEXT_BYTES_MAX, "{bytes} bytes are told");
    }
});
