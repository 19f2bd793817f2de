//! The document reader: whatever the bytes are, it neither panics nor hangs, and every place it names is in the text.

#![no_main]

use gatelet_control::document::{
    MAX_BYTES, Node, Source, Span, Value, caret_column, follow, parse, parse_json,
};
use gatelet_model::{Problem, Problems};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let source = match Source::from_bytes("fuzz", bytes) {
        Ok(source) => source,
        Err(problem) => return check_problem(&problem),
    };
    let read = parse(&source);
    let strict = parse_json(&source);
    match &read {
        Ok(root) => {
            check_spans(&source, root);
            let json = root.to_json();
            if json.len() <= MAX_BYTES {
                let again =
                    parse_json(&Source::new("again", &json)).expect("what is written as JSON is JSON");
                assert_eq!(again.to_json(), json);
            }
            if let Err(problem) = follow(&source, root, root) {
                check_problem(&problem);
            }
        }
        Err(problems) => check_problems(problems),
    }
    match strict {
        Ok(strict) => assert_eq!(read.expect("all JSON is read").to_json(), strict.to_json()),
        Err(problems) => check_problems(&problems),
    }
});

fn check_spans(source: &Source, node: &Node) {
    check_span(source, node.span);
    match &node.value {
        Value::Sequence(items) => items.iter().for_each(|item| check_spans(source, item)),
        Value::Mapping(mapping) => {
            for entry in mapping {
                check_span(source, entry.key_span);
                check_spans(source, &entry.value);
                let found = mapping.get(&entry.key).expect("every key is found");
                assert_eq!(found.span, entry.value.span);
            }
        }
        _ => {}
    }
}

fn check_span(source: &Source, span: Span) {
    let text = source.text();
    let (start, end) = (span.start as usize, span.end as usize);
    assert!(start <= end && end <= text.len(), "{span:?} is outside of the text");
    assert!(text.is_char_boundary(start) && text.is_char_boundary(end), "{span:?} cuts a character");
}

fn check_problems(problems: &Problems) {
    assert!(problems.has_errors());
    problems.iter().for_each(check_problem);
}

fn check_problem(problem: &Problem) {
    assert!(!problem.message.is_empty());
    if let Some(place) = &problem.place {
        assert!(place.line >= 1 && place.column >= 1 && place.length >= 1);
        let shown = place.source_line.chars().count();
        assert!(shown <= 162 && caret_column(place) as usize <= shown + 1, "{place:?}");
    }
}
