use super::*;

#[test]
fn patterns_are_those_of_ecma_262() {
    for (pattern, text, fits) in [
        ("^[^[\\]]*$", "ab", true),
        ("^{.*}$", "{a}", true),
        ("^a{,3}$", "aa", false),
        ("^[+--]+$", "+,-", true),
        ("^[a-z&&b]+$", "a&z", true),
        ("^.{1,255}$", "\u{e9}", true),
        ("^\\w{1,255}$", "", false),
    ] {
        let mut schema = String::from(r#"{"pattern":"#);
        json::write_text(pattern, &mut schema);
        schema.push('}');
        let mut document = String::new();
        json::write_text(text, &mut document);
        let compiled = compile(&schema);
        assert_eq!(compiled.problems().next(), None, "{pattern}");
        assert_eq!(judge(&compiled, &document).unwrap().is_empty(), fits, "{pattern} on {text}");
    }
}

#[test]
fn patterns_that_cannot_be_run_are_told_and_fail_only_what_meets_them() {
    for (pattern, why) in [
        ("(?=a)", "the pattern uses look-ahead"),
        ("(", "has the pattern `(`, which cannot be run"),
        ("(\\\\w{900}){900}", "which grows too large"),
    ] {
        let schema = compile(&format!(
            r#"{{"properties":{{"a":{{"pattern":"{pattern}"}},"b":{{"patternProperties":{{"{pattern}":{{}}}}}}}}}}"#
        ));
        let problems: Vec<_> = schema.problems().map(ToString::to_string).collect();
        assert!(problems.len() == 2 && problems.iter().all(|problem| problem.contains(why)), "{problems:?}");
        assert_eq!(judge(&schema, r#"{"a":1,"b":{},"c":"x"}"#).unwrap(), "");
        for met in [r#"{"a":"x"}"#, r#"{"b":{"x":1}}"#] {
            assert!(judge(&schema, met).unwrap_err().to_string().contains(why), "{met}");
        }
    }
    // What is wrong before is wrong.
    let schema = compile(r#"{"items":[{"type":"null"},{"pattern":"(?=a)"}]}"#);
    assert!(judge(&schema, r#"[1,"a"]"#).unwrap().starts_with("[instance type (integer)"));
}

#[test]
fn patterns_are_counted_and_weighed_together() {
    let schema = |patterns: &mut dyn Iterator<Item = String>| {
        let all: Vec<_> = patterns.map(|pattern| format!(r#"{{"pattern":"{pattern}"}}"#)).collect();
        format!(r#"{{"allOf":[{}]}}"#, all.join(","))
    };
    let many = schema(&mut (0..=PATTERNS_MAX).map(|at| format!("a{at}")));
    assert!(refusal(&many).contains("has more than 1000 patterns"));
    let same = compile(&schema(&mut (0..=PATTERNS_MAX).map(|_| "[a-z]{90}".to_owned())));
    assert_eq!(same.problems().count(), 0);
    // Each grows to nearly all that one may.
    let fit = PATTERNS_BYTES_MAX / PATTERN_BYTES_MAX;
    let large = compile(&schema(&mut (0..fit + 2).map(|at| format!("[a-z]{{{}}}", 7000 + at))));
    let problems: Vec<_> = large.problems().map(ToString::to_string).collect();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].contains("grows too large"), "{problems:?}");
}
