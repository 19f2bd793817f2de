use super::super::{Source, Span, caret_column};
use super::{mark_of, node_of, problem_of};

#[test]
fn lines_and_columns_count_characters() {
    let source = Source::new("api.yaml", "a: é\r\nb: 😀x\rc: 1\n\nlast");
    let at = |needle: &str| {
        let start = source.text().find(needle).unwrap();
        let place = source.place(Span::new(start, start + needle.len()));
        (place.line, place.column, place.length, place.source_line)
    };
    assert_eq!(at("é"), (1, 4, 1, "a: é".into()));
    assert_eq!(at("😀x"), (2, 4, 2, "b: 😀x".into()));
    assert_eq!(at("x"), (2, 5, 1, "b: 😀x".into()));
    assert_eq!(at("1"), (3, 4, 1, "c: 1".into()));
    assert_eq!(at("last"), (5, 1, 4, "last".into()));
    assert_eq!(at("é\r\nb"), (1, 4, 1, "a: é".into()));
    let end = source.place(Span::new(9999, 99999));
    assert_eq!((end.line, end.column, end.length), (5, 5, 1));
    assert_eq!(source.place(Span::new(4, 4)).column, 4, "inside a character is at its start");
}

#[test]
fn far_places_agree_with_counting_from_the_start() {
    let text: String =
        (0..9000).map(|n| if n % 97 == 0 { "\r\n" } else { ["é", "a", "😀"][n % 3] }).collect();
    let source = Source::new("a", &text);
    let (mut line, mut column) = (1, 1);
    for (offset, character) in text.char_indices() {
        let place = source.place(Span::new(offset, offset));
        assert_eq!((place.line, place.column), (line, column));
        (line, column) = if character == '\n' { (line + 1, 1) } else { (line, column + 1) };
    }
}

#[test]
fn a_long_line_is_shown_through_a_window() {
    let long: Vec<String> = (0..2000).map(|number| format!("\"k{number}\":{number}")).collect();
    let text = format!("{{{},\"k7\":0}}", long.join(","));
    let problem = problem_of(&text);
    let place = problem.place.as_ref().unwrap();
    let column = text.rfind("\"k7\"").unwrap() + 1;
    assert_eq!((place.line, place.column as usize), (1, column), "an editor jumps to the true column");
    assert_eq!(mark_of(&problem).2, "\"k7\"");
    assert!(place.source_line.starts_with('…') && place.source_line.ends_with('}'), "{}", place.source_line);
    assert!(place.source_line.chars().count() <= 162);

    let source = Source::new("a", &text);
    let start = source.place(Span::new(1, 5));
    assert!(start.source_line.starts_with("{\"k0\"") && start.source_line.ends_with('…'));
    assert_eq!((start.column, caret_column(&start)), (2, 2));
    let whole = source.place(Span::new(0, text.len()));
    assert_eq!(whole.length, 160, "what is meant ends with what is shown");
}

#[test]
fn a_place_names_the_file() {
    let (source, node) = node_of("a: [1]\n");
    let place = source.place(node.get("a").unwrap().span);
    assert_eq!(format!("{}:{}:{}", place.file, place.line, place.column), "api.yaml:1:4");
}

#[test]
fn nodes_of_included_files_have_their_places_in_them() {
    let mut source = Source::new("template.yaml", "a: 1\n");
    let included = |name: &str, text: &str| {
        let source = Source::new(name, text);
        let node = super::super::parse(&source).unwrap();
        (source, node)
    };
    let (first, first_node) = included("first.yaml", "x: 1\ny: [two, {z: three}]\n");
    let (second, second_node) = included("second.json", "{\"long\": 1, \"key\": true}");
    let first_at = source.include(first).unwrap();
    let second_at = source.include(second).unwrap();
    assert!(first_at > 5 && second_at > first_at);
    let inner =
        first_node.shifted(first_at).get("y").unwrap().as_sequence().unwrap()[1].get("z").unwrap().clone();
    let place = source.place(inner.span);
    assert_eq!((place.file.as_ref(), place.line, place.column), ("first.yaml", 2, 14));
    assert_eq!(source.slice(inner.span), "three");
    let shifted = second_node.shifted(second_at);
    let entry = shifted.as_mapping().unwrap().entry("key").unwrap();
    let place = source.place(entry.key_span);
    assert_eq!((place.file.as_ref(), place.line, place.column), ("second.json", 1, 13));
    assert_eq!(source.place(Span::new(3, 4)).file.as_ref(), "template.yaml");
}
