use super::*;

/// What is wrong with a document, one text for each.
fn texts(schema: &str, document: &str) -> Vec<String> {
    let violations = compile(schema).validate_document(document).unwrap().unwrap_err();
    violations.texts().to_vec()
}

/// Whether judging a document ends at a limit.
fn ends(schema: &str, document: &str) -> bool {
    match compile(schema).validate_document(document) {
        Err(error) => error.message.contains("takes more than"),
        Ok(_) => false,
    }
}

fn list(of: &str, count: usize) -> String {
    format!("[{}{of}]", format!("{of},").repeat(count - 1))
}

#[test]
fn violations_are_told_up_to_a_number_and_a_length() {
    let told = texts(r#"{"items":{"type":"null"}}"#, &list("1", 5 * VIOLATIONS_MAX));
    assert_eq!(told.len(), VIOLATIONS_MAX);
    let values: Vec<String> = (0..5000).map(|at| format!("\"value {at}\"")).collect();
    let told = texts(&format!(r#"{{"items":{{"enum":[{}]}}}}"#, values.join(",")), &list("1", 1000));
    let bytes: usize = told.iter().map(String::len).sum();
    assert!(bytes <= TOLD_BYTES_MAX + 2 * SHOWN_BYTES_MAX, "{bytes}");
    let names: Vec<String> = (0..5000).map(|at| format!("\"name {at}\"")).collect();
    let told = texts(&format!(r#"{{"items":{{"required":[{}]}}}}"#, names.join(",")), &list("{}", 1000));
    let bytes: usize = told.iter().map(String::len).sum();
    assert!(told.len() > 1 && bytes <= TOLD_BYTES_MAX + 2 * SHOWN_BYTES_MAX, "{bytes}");
}

#[test]
fn shown_values_are_cut() {
    let long = "\u{e9}".repeat(SHOWN_BYTES_MAX);
    let text = format!("\"{long}\"");
    let members: Vec<String> = (0..SHOWN_BYTES_MAX).map(|at| format!("\"{at}\":1")).collect();
    let map = format!("{{{}}}", members.join(","));
    for (schema, document) in [
        (r#"{"enum":[1]}"#, &text),
        (r#"{"enum":[1]}"#, &map),
        (r#"{"pattern":"^a$"}"#, &text),
        (r#"{"maxLength":1}"#, &text),
        (r#"{"minLength":9999}"#, &text),
        (r#"{"format":"email"}"#, &text),
        (r#"{"additionalProperties":false}"#, &map),
        (r#"{"additionalProperties":false}"#, &format!("{{{text}:1}}")),
    ] {
        let told = texts(schema, document);
        assert!(told.len() == 1 && told[0].contains("..."), "{schema}: {told:?}");
        assert!(told[0].len() < SHOWN_BYTES_MAX + 300, "{schema}: {} bytes", told[0].len());
    }
}

/// Each of these would be looked at far more often than a validation may, though it has few places.
#[test]
fn work_is_taken_from_the_budget_by_its_size() {
    // The same schema a thousand times, none of which takes the value.
    let again = vec![r##"{"$ref":"#/definitions/a"}"##; 1000].join(",");
    let any = |inner: &str| format!(r#"{{"definitions":{{"a":{inner}}},"anyOf":[{again}]}}"#);
    let text = format!("\"{}\"", "a".repeat(200_000));
    assert!(ends(&any(r#"{"maxLength":1}"#), &text));
    assert!(ends(&any(r#"{"pattern":"b$"}"#), &text));
    assert!(ends(&any(&format!(r#"{{"enum":[{}]}}"#, list("1", 30_000))), &list("1", 30_001)));
    assert!(ends(&any(r#"{"uniqueItems":true,"type":"null"}"#), &format!("[{text}]")));
    let names: Vec<String> = (0..3000).map(|at| format!("\"n{at}\"")).collect();
    let all: Vec<String> = names.iter().map(|name| format!("{name}:1")).collect();
    let map = format!("{{{}}}", all.join(","));
    assert!(ends(&any(&format!(r#"{{"required":[{},"z"]}}"#, names.join(","))), &map));
    assert!(ends(&any(&format!(r#"{{"dependencies":{{"n1":[{},"z"]}}}}"#, names.join(","))), &map));
    assert!(ends(&any(r#"{"additionalProperties":false,"properties":{"n1":{}}}"#), &map));
    assert!(ends(&any(r#"{"patternProperties":{"^x":{},"^y":{}},"additionalProperties":false}"#), &map));
    let number = format!("1{}1", "0".repeat(900));
    assert!(ends(r#"{"items":{"not":{"multipleOf":7}}}"#, &list(&number, 1500)));
}

#[test]
fn what_is_longer_than_all_values_of_an_enum_is_not_written() {
    let heap_texts = Bump::new();
    let mut heap = Heap::new(&heap_texts);
    let document = heap_texts.alloc_str(&list("{\"a\":[1,2]}", 100));
    let value = json::read(document, &mut heap).unwrap();
    let whole = canonical::written(value, &heap, usize::MAX).unwrap();
    assert_eq!(canonical::written(value, &heap, whole.len()).as_deref(), Some(&*whole));
    for short in [0, 1, 5, 100, whole.len() - 1] {
        assert_eq!(canonical::written(value, &heap, short), None, "{short}");
    }
    assert_eq!(judge(&compile(&format!(r#"{{"enum":[3,{document}]}}"#)), document).unwrap(), "");
}
