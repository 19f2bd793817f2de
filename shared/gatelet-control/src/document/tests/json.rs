use super::super::{Source, Value, parse_json};
use super::{json_of, mark_of, node_of, problem_of, problems_of};

#[test]
fn keeps_order_and_number_text() {
    let text = r#"{"b":1e2,"a":[0.1000,12345678901234567890123,-0],"é":"\u00e9\ud83d\ude00\n\"\\/","n":null,"t":true}"#;
    let expected = r#"{"b":1e2,"a":[0.1000,12345678901234567890123,-0],"é":"é😀\n\"\\/","n":null,"t":true}"#;
    assert_eq!(json_of(text), expected);
}

#[test]
fn to_json_agrees_with_serde_json_on_every_kind_of_character() {
    let text: String = (0..0x300).filter_map(char::from_u32).chain("\u{2028}😀\u{fffd}".chars()).collect();
    let (_, node) = node_of(&serde_json::to_string(&[&text]).unwrap());
    let read: Vec<String> = serde_json::from_str(&node.to_json()).unwrap();
    assert_eq!(read, [text]);
}

#[test]
fn spans_hold_quotes_and_brackets() {
    let (source, node) = node_of(" {\"k\" : [ \"vé\" , 1 ] } ");
    assert_eq!(source.slice(node.span), "{\"k\" : [ \"vé\" , 1 ] }");
    let entry = node.as_mapping().unwrap().entry("k").unwrap();
    assert_eq!(source.slice(entry.key_span), "\"k\"");
    assert_eq!(source.slice(entry.value.span), "[ \"vé\" , 1 ]");
    let items = entry.value.as_sequence().unwrap();
    assert_eq!(items.iter().map(|item| source.slice(item.span)).collect::<Vec<_>>(), ["\"vé\"", "1"]);
}

#[test]
fn a_large_mapping_finds_every_key() {
    let entries: Vec<String> = (0..1000).rev().map(|number| format!("\"k{number}\":{number}")).collect();
    let (_, node) = node_of(&format!("{{{}}}", entries.join(",")));
    let mapping = node.as_mapping().unwrap();
    assert_eq!(mapping.len(), 1000);
    assert!((0..1000).all(|number| mapping.get(&format!("k{number}")).unwrap().as_u64() == Some(number)));
    assert!(mapping.get("k1000").is_none());
    assert_eq!(mapping.keys().next(), Some("k999"));
}

#[test]
fn conversions_take_only_their_own_kind() {
    let (_, node) = node_of(r#"{"n":42,"f":1.5,"i":-3,"s":"42","b":true,"z":null}"#);
    let get = |key| node.get(key).unwrap();
    assert_eq!(
        (get("n").as_u64(), get("f").as_u64(), get("i").as_u64(), get("s").as_u64()),
        (Some(42), None, None, None)
    );
    assert_eq!((get("i").as_i64(), get("f").as_f64()), (Some(-3), Some(1.5)));
    assert_eq!((get("b").as_bool(), get("s").as_bool()), (Some(true), None));
    assert_eq!(
        (get("s").as_str(), get("n").as_str(), get("n").scalar_text()),
        (Some("42"), None, Some("42"))
    );
    let names: Vec<_> = node.as_mapping().unwrap().iter().map(|entry| entry.value.type_name()).collect();
    assert_eq!(names, ["number", "number", "number", "string", "boolean", "null"]);
    assert!(matches!(get("z").value, Value::Null) && get("z").is_null());
}

#[test]
fn a_repeated_key_shows_both_places() {
    let problem = problem_of("{\n  \"a\": 1,\n  \"b\": 2,\n  \"a\": 3\n}");
    assert_eq!(problem.message, "the key `a` is given twice");
    assert_eq!(problem.help.as_deref(), Some("keep one of them; the first is on line 2, column 3"));
    assert_eq!(mark_of(&problem), (4, 3, "\"a\"".into()));

    let large: String = (0..20).map(|number| format!("\"k{}\":1,", number % 10)).collect();
    let problems = problems_of(&format!("{{{large}\"k3\":{{\"x\":1,\"x\":2}}}}"));
    let messages: Vec<_> = problems.iter().map(|problem| problem.message.clone()).collect();
    assert_eq!(messages.len(), 12);
    assert_eq!(messages.iter().filter(|message| message.contains("`k3`")).count(), 2);
}

#[test]
fn syntax_errors_speak_to_the_author() {
    // What stands in the file, what is said, and which text at which line and column is marked.
    let cases = [
        ("{\"a\": [1, 2}", "`}` closes what is not open here", (1, 12, "}")),
        ("{\"a\": {\n  \"b\": 1\n", "this `{` is never closed", (1, 7, "{")),
        ("{\"a\": 1 \"b\": 2}", "a comma is missing before `\"b\"`", (1, 8, " ")),
        ("{\"a\" 1}", "a `:` is missing before `1`", (1, 5, " ")),
        ("{\"a\": tru, \"b\"}{", "`tru` is no value of JSON", (1, 7, "tru")),
        ("{\"a\": , \"b\"}{", "a value is expected, found `,`", (1, 7, ",")),
        ("{\"a\": 'x', \"b\" 1}", "JSON has no single quotes", (1, 7, "'")),
        ("{\"a\": 1}}", "`}` stands behind the end of the document", (1, 9, "}")),
        (
            "{\"a\": \"\\q\"}",
            "a `\\` in this string is not followed by an escape that JSON knows",
            (1, 8, "\\q"),
        ),
        ("{\"a\": \"x}", "this string is never closed", (1, 7, "\"x}")),
        ("{\"a\": \"\\ud800\"}", "this escape is half of a character", (1, 8, "\\ud800\"")),
        ("{\"a\": [1, 01]]}", "a comma is missing before `1`", (1, 12, "1")),
        ("{\"a\": 1.}}", "this is not a number as JSON writes it: `1.`", (1, 7, "1.")),
        ("{\"a\": 1, \"b\" // x\n : 1 2}", "JSON has no comments", (1, 14, "// x")),
    ];
    for (text, message, (line, column, marked)) in cases {
        let problem = problem_of(text);
        assert_eq!(problem.message, message, "{text}");
        assert_eq!(mark_of(&problem), (line, column, marked.into()), "{text}");
        assert!(problem.help.is_some(), "{text}");
    }
}

#[test]
fn only_parse_is_lenient_about_what_yaml_can_read() {
    for (text, json) in [
        ("{\"a\": [1, 2,],}", "{\"a\":[1,2]}"),
        ("{a: b, 'c': 1} # comment", "{\"a\":\"b\",\"c\":1}"),
        ("[a, b]", "[\"a\",\"b\"]"),
    ] {
        assert_eq!(json_of(text), json);
        assert!(parse_json(&Source::new("api.json", text)).is_err(), "{text}");
    }
    let strict = parse_json(&Source::new("api.json", "{\"a\": [1, 2,]}")).unwrap_err();
    let problem = strict.into_iter().next().unwrap();
    assert_eq!(problem.message, "nothing follows this comma before `]`");
    assert_eq!(mark_of(&problem), (1, 12, ",".into()));
}

#[test]
fn only_the_white_space_of_json_stands_between_values() {
    let problem = parse_json(&Source::new("a", "{\"a\":\u{a0}1}")).unwrap_err().into_iter().next().unwrap();
    assert_eq!(problem.message, "the invisible character U+00A0 stands between values");
    let problem = parse_json(&Source::new("a", "{\"a\":\"x\ny\"}")).unwrap_err().into_iter().next().unwrap();
    assert_eq!(problem.message, "a string in JSON cannot hold a line break or a tab");
    assert_eq!(mark_of(&problem).0, 1);
}
