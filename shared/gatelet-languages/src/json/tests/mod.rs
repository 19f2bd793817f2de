//! Reading and writing, held against what json-smart makes of the same, and against a foreign suite.

mod foreign;
mod numbers;

use bumpalo::Bump;

use super::*;

type Read = for<'a> fn(&'a str, &mut Heap<'a>) -> Result<Value<'a>, LanguageError>;

/// A document read and written again.
fn rewritten(text: &str, read: Read) -> Result<String, LanguageError> {
    let texts = Bump::new();
    let text = texts.alloc_str(text);
    let mut heap = Heap::new(&texts);
    let value = read(text, &mut heap)?;
    let mut out = String::new();
    write(value, &heap, &mut out)?;
    Ok(out)
}

#[test]
fn texts_without_escapes_are_borrowed() {
    let texts = Bump::new();
    let mut heap = Heap::new(&texts);
    let document = String::from(r#"["plain","a\tb"]"#);
    let Value::List(list) = read(&document, &mut heap).unwrap() else { panic!("no list") };
    let [Value::Text(plain), Value::Text(escaped)] = heap.list(list) else { panic!("no texts") };
    assert_eq!((*plain, *escaped), ("plain", "a\tb"));
    assert!(document.as_bytes().as_ptr_range().contains(&plain.as_ptr()));
}

#[test]
fn what_the_strict_reader_kept_is_forgotten_by_the_lenient_one() {
    let texts = Bump::new();
    let mut heap = Heap::new(&texts);
    let before = heap.new_list(vec![Value::Null]);
    let Value::List(all) = read_lenient("[[1],[2],{},[3],,]", &mut heap).unwrap() else { panic!("no list") };
    assert_eq!((heap.count_lists(), heap.list(all).len()), (1 + 4, 4));
    assert_eq!(heap.list(before), [Value::Null]);
}

#[test]
fn no_more_is_written_than_there_may_be() {
    let texts = Bump::new();
    let mut heap = Heap::new(&texts);
    let long = texts.alloc_str(&"x".repeat(1000));
    let list = Value::List(heap.new_list(vec![Value::Text(long); 1000]));
    let mut map = crate::heap::Map::default();
    map.put(long, list);
    let map = Value::Map(heap.new_map(map));
    for (value, bytes_max) in [(list, 10_000), (list, 500), (map, 500), (map, 3000)] {
        let mut out = String::new();
        assert!(writer::write_within(value, &heap, bytes_max, &mut out).is_err());
        assert!(out.len() <= bytes_max + 3, "{} of {bytes_max}", out.len());
    }
    let mut out = String::new();
    writer::write_within(list, &heap, 1000 * 1003 + 1, &mut out).unwrap();
    assert_eq!(out.len(), 1000 * 1003 + 1);
}

#[test]
fn errors_have_their_place() {
    for (document, offset, message) in [
        ("", 0, "not JSON: it ends where a value must stand"),
        ("[1,]", 3, "not JSON: a value is missing"),
        (r#"{"a" 1}"#, 5, "not JSON: a `:` is missing behind the name of a member"),
        ("[1 2]", 3, "not JSON: a `,` or the closing `]` is missing"),
        ("{} {}", 3, "not JSON: something stands behind the end of the document"),
        ("\"a\nb\"", 2, "not JSON: a control character stands in a text: write it as an escape"),
    ] {
        let error = rewritten(document, read).unwrap_err();
        assert_eq!((error.offset, error.message.as_str()), (offset, message), "{document}");
    }
}

#[test]
fn of_two_members_of_one_name_the_last_counts_at_the_place_of_the_first() {
    let document = r#"{"a":1,"b":2,"\u0061":3}"#;
    assert_eq!(rewritten(document, read).unwrap(), r#"{"a":3,"b":2}"#);
    let error = rewritten(document, read_unambiguous).unwrap_err();
    assert_eq!((error.offset, error.message.as_str()), (1, "`a` stands twice in one map: send it once"));
    assert_eq!(rewritten(r#"[{"a":1},{"a":1}]"#, read_unambiguous).unwrap(), r#"[{"a":1},{"a":1}]"#);
}

#[test]
fn depth_ends_at_a_limit() {
    for read in [read as Read, read_unambiguous, read_lenient] {
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(rewritten(&deep(DEPTH_MAX), read).unwrap(), deep(DEPTH_MAX));
        assert!(rewritten(&deep(DEPTH_MAX + 1), read).is_err());
        assert!(rewritten(&"[".repeat(1_000_000), read).is_err());
        assert!(rewritten(&"{\"a\":".repeat(200_000), read).is_err());
    }
}

#[test]
fn what_contains_itself_or_multiplies_is_not_written() {
    let texts = Bump::new();
    let mut heap = Heap::new(&texts);
    let itself = heap.new_list(Vec::new());
    heap.list_mut(itself).unwrap().push(Value::List(itself));
    assert!(write(Value::List(itself), &heap, &mut String::new()).is_err());
    let mut value = Value::Text("x");
    for _ in 0..60 {
        value = Value::List(heap.new_list(vec![value; 2]));
    }
    let mut out = String::new();
    assert!(write(value, &heap, &mut out).is_err());
    assert!(out.len() < 2 * WRITTEN_BYTES_MAX);
}

/// All of these are what json-smart 2.2 makes of them.
#[test]
fn texts_are_escaped_as_json_smart_does() {
    for (document, written) in [
        (r#"["a\/b","</script>","'"]"#, r#"["a/b","</script>","'"]"#),
        (r#""\t\n\r\b\f\"\\""#, r#""\t\n\r\b\f\"\\""#),
        (r#""\u00e9\u2028\u007f\u0080\u0001""#, r#""é\u2028\u007F\u0080\u0001""#),
        (r#""\ud83d\ude00""#, r#""😀""#),
        (r#""\ud800x""#, r#""?x""#),
        (r#""€â☃""#, r#""\u20ACâ☃""#),
        (r#"{"a/b\"":null}"#, r#"{"a/b\"":null}"#),
    ] {
        assert_eq!(rewritten(document, read).unwrap(), written, "{document}");
    }
}

/// All of these are what json-smart 2.2 makes of them.
#[test]
fn what_is_not_json_is_read_as_json_smart_does() {
    for (document, written) in [
        ("a=b&c=d", r#""a=b&c=d""#),
        ("{a:1,b:x y}", r#"{"a":1,"b":"x y"}"#),
        ("{'a':'b'}", r#"{"a":"b"}"#),
        ("[1,,2,]", "[1,2]"),
        (r#"{"a":1,}"#, r#"{"a":1}"#),
        (r#"{"a":1 "b":2}"#, r#"{"a":"1 \"b\":2"}"#),
        ("  ", r#""""#),
        ("true x", r#""true x""#),
        (r#""abc" x"#, r#""abc""#),
        ("[1] x", "[1]"),
        ("{}}", "{}"),
        ("01", "1"),
        ("-", "0"),
        ("1.", "1.0"),
        (".5", r#"".5""#),
        ("1e", r#""1e""#),
        ("[1 2]", r#"["1 2"]"#),
        ("[- 1, 1.5x, 1e5x, 0012, nullx]", r#"["- 1","1.5x","1e5x",12,"nullx"]"#),
        ("a:b", r#""a:b""#),
        ("{a b:1}", r#"{"a b":1}"#),
        (r#"{"a":  x y  ,"b":2}"#, r#"{"a":"x y","b":2}"#),
        ("\u{feff}{}", "\"\u{feff}{}\""),
        ("\u{1}", r#""""#),
        ("{\"a\":\"x\ny\"}", r#"{"a":"x\ny"}"#),
        ("2015-01-01", r#""2015-01-01""#),
        (r"\u0041", r#""\\u0041""#),
        ("/*x*/1", r#""/*x*/1""#),
    ] {
        assert_eq!(rewritten(document, read_lenient).unwrap(), written, "{document}");
    }
    for document in
        [r#"{"a"}"#, r#"{"a":}"#, "[1", r#"{"a":1"#, "\"abc", "'abc", "{:1}", "[{]", "\"\\x\"", r#"{"a"=1}"#]
    {
        assert!(rewritten(document, read_lenient).is_err(), "{document}");
    }
}
