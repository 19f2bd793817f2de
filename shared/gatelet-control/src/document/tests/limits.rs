use std::time::{Duration, Instant};

use super::super::{MAX_BYTES, MAX_DEPTH, MAX_PROBLEMS, Source, parse_json};
use super::{json_of, mark_of, problem_of, problems_of};

/// Far above what a limit costs even without optimisation on a busy machine, far below a hang.
const PATIENCE: Duration = Duration::from_secs(10);

fn nested(depth: usize, open: &str, close: &str) -> String {
    format!("{}1{}", open.repeat(depth), close.repeat(depth))
}

fn block(depth: usize) -> String {
    (0..depth).map(|level| format!("{}k:\n", " ".repeat(level))).collect()
}

#[test]
fn depth_is_bounded_in_every_spelling() {
    let message = format!("more than {MAX_DEPTH} mappings and sequences stand inside one another");
    for text in [
        nested(200, "[", "]"),
        nested(200, "{\"a\":", "}"),
        nested(200, "[{\"a\":", "}]"),
        nested(200, "{a: ", "}"),
        nested(300, "{a: [", "]}"),
        "[".repeat(100_000),
        "{\"a\":".repeat(100_000),
        "{a: ".repeat(100_000),
        "k: ".to_owned() + &"[".repeat(100_000),
        "- ".repeat(100_000),
        block(200),
    ] {
        let begun = Instant::now();
        let problem = problem_of(&text);
        assert_eq!(problem.message, message);
        assert!(begun.elapsed() < PATIENCE);
    }
}

#[test]
fn the_greatest_depth_can_be_read_and_written() {
    let text = nested(MAX_DEPTH, "[", "]");
    assert_eq!(json_of(&text), text);
    assert!(parse_json(&Source::new("a", &nested(MAX_DEPTH + 1, "[", "]"))).is_err());
    assert_eq!(json_of(&block(MAX_DEPTH)), nested(MAX_DEPTH, "{\"k\":", "}").replace('1', "null"));
    problem_of(&block(MAX_DEPTH + 1));
}

#[test]
fn tags_and_aliases_count_as_depth() {
    let half = MAX_DEPTH / 2;
    json_of(&format!(
        "a: &a {}\nb: {}",
        nested(half, "[", "]"),
        nested(half - 1, "[", "]").replace('1', "*a")
    ));
    problem_of(&format!(
        "a: &a {}\nb: {}",
        nested(half, "[", "]"),
        nested(half, "[", "]").replace('1', "*a")
    ));
    problem_of(&nested(MAX_DEPTH, "[", "]").replace('1', "!Ref a"));
    // Each alias is one level deeper than the last.
    let chain: String = (1..1000).map(|n| format!("a{n}: &a{n} [*a{}]\n", n - 1)).collect();
    problem_of(&format!("a0: &a0 [1]\n{chain}"));
}

#[test]
fn alias_bombs_are_refused_at_once() {
    let laughs: String =
        (1..30).map(|n| format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(","))).collect();
    let begun = Instant::now();
    let problem = problem_of(&format!("a0: &a0 laugh\n{laughs}"));
    assert!(
        problem.message.starts_with("the aliases of this document stand for more than"),
        "{}",
        problem.message
    );
    assert!(begun.elapsed() < PATIENCE);

    let text = "x".repeat(1_000_000);
    problem_of(&format!("a: &a {text}\nb: [*a, *a, *a, *a, *a, *a, *a]\n"));
    json_of(&format!("a: &a {text}\nb: [*a, *a, *a, *a, *a]\n"));

    let merges: String =
        (1..30).map(|n| format!("a{n}: &a{n} {{<<: [*a{0}, *a{0}], k{n}: *a{0}}}\n", n - 1)).collect();
    problem_of(&format!("a0: &a0 {{a: b}}\n{merges}"));
}

#[test]
fn a_document_without_end_is_bounded() {
    let begun = Instant::now();
    let commas = format!("[{}]", "1,".repeat(MAX_BYTES / 2 - 1));
    assert!(problem_of(&commas).message.starts_with("the definition has more than"));
    let flow = format!("a:\n  [{}", "b,".repeat(MAX_BYTES / 2 - 4));
    assert!(problem_of(&flow).message.starts_with("a value with more than"));
    assert!(begun.elapsed() < 6 * PATIENCE);
}

#[test]
fn size_is_bounded() {
    let text = format!("# {}", "x".repeat(MAX_BYTES));
    let message = problem_of(&text).message;
    assert!(message.contains("6291458 bytes"), "{message}");
    assert_eq!(Source::from_bytes("a", text.as_bytes()).unwrap_err().message, message);
}

#[test]
fn problems_are_bounded() {
    let text: String = (0..1000).map(|number| format!("k{number}: !Unknown x\n")).collect();
    assert_eq!(problems_of(&text).len(), MAX_PROBLEMS);
    let text = "a: 1\n".repeat(1000);
    assert_eq!(problems_of(&text).len(), MAX_PROBLEMS);
}

#[test]
fn bytes_that_are_no_text_are_shown() {
    let problem = Source::from_bytes("api.yaml", b"a: 1\nb: caf\xe9\n").unwrap_err();
    assert_eq!(problem.message, "the byte 0xE9 at offset 11 is not UTF-8");
    assert_eq!((mark_of(&problem).0, mark_of(&problem).1), (2, 7));
    let problem = Source::from_bytes("api.yaml", b"\xff\xfea\0").unwrap_err();
    assert_eq!(problem.message, "the file is UTF-16, not UTF-8");
    for text in ["a: \0b\n", "{\"a\": \"\0b\"}"] {
        assert_eq!(problem_of(text).message, "the control character U+0000 cannot stand in a definition");
    }
    assert_eq!(json_of("\u{feff}{\"a\": 1}"), "{\"a\":1}");
    assert_eq!(Source::from_bytes("a", b"\xef\xbb\xbfa: 1").unwrap().text().as_ref(), "a: 1");
}
