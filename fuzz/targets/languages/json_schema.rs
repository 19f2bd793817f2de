//! Schemas: no schema and no document makes the validator panic or run on, and the same are judged the same.

#![no_main]

use gatelet_languages::json_schema::Schema;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (schema, document) = text.split_once('\n').unwrap_or((text, "{}"));
    let own = |address: &str| (address == "a:own").then(|| schema.to_owned());
    let Ok(compiled) = Schema::compile(schema, "a:own", &own) else { return };
    let judged = compiled.validate_document(document);
    assert_eq!(judged, compiled.validate_document(document));
    if let Ok(Err(violations)) = judged {
        assert!(!violations.texts().is_empty());
    }
});
