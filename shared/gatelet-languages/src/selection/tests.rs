use proptest::prelude::*;

use super::*;

fn matches(pattern: &str, text: &str) -> bool {
    let compiled = SelectionPattern::compile(Some(pattern));
    assert_eq!(compiled.error(), None, "{pattern}");
    compiled.matches(text) == Match::Yes
}

#[test]
fn patterns_match_the_whole_text() {
    for (pattern, text, expected) in [
        ("200", "200", true),
        ("200", "2000", false),
        ("20", "200", false),
        ("4\\d{2}", "404", true),
        ("4\\d{2}", "500", false),
        ("400|404", "404", true),
        ("400|404", "4040", false),
        ("[45]\\d\\d", "503", true),
        ("5..", "503", true),
        (".*Bad Request.*", "Error: Bad Request (7)", true),
        (".*Bad Request.*", "Error:\nBad Request", false),
        ("(\\n|.)+", "Error:\nBad Request", true),
        ("(?i)not found", "Not Found", true),
        ("(?s).*x", "\nx", true),
        ("[^0-9]+", "caf\u{e9}", true),
        ("\\Qa.b\\E.", "a.bc", true),
        ("\\Qa.b", "a.b", true),
        ("\\Qa.b\\E", "axb", false),
        ("\\w+\\W\\w+", "ab-cd", true),
        ("\\w+", "caf\u{e9}", false),
        ("\\d+", "\u{663}", false),
        ("[\\d.]+", "1.5", true),
        ("a\\sb", "a\tb", true),
        ("a\\bb?", "a", true),
        ("^200$", "200", true),
        ("\\.\\*\\[\\]", ".*[]", true),
        ("[a-z&&[^b]]", "b", false),
        ("[+--]+", "+,-", true),
        ("[+--]+", ".", false),
        ("[--a]", "A", true),
        ("[a~~b]+", "a~b", true),
        ("\\x41\\t", "A\t", true),
        ("\\<\\_\\\u{e9}\\>", "<_\u{e9}>", true),
        ("20\\d\\Z", "204", true),
    ] {
        assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
    }
}

#[test]
fn only_the_beginning_of_a_long_text_counts() {
    let long = |end: &str| format!("{}{end}", "\u{e9}".repeat(TEXT_BYTES_MAX / 2));
    assert!(matches("Error: .*", &format!("Error: {}", long(""))));
    assert!(matches("\u{e9}+", &long("x")));
    assert!(!matches(".*x", &long("x")));
    // Half a character is none.
    assert!(matches("x\u{e9}+", &format!("x{}", long("x"))));
}

#[test]
fn none_and_everything_are_the_default() {
    for pattern in [None, Some(""), Some(".*")] {
        assert_eq!(SelectionPattern::compile(pattern).matches("200"), Match::Default);
    }
}

#[test]
fn what_cannot_be_run_is_kept_as_an_error() {
    for (pattern, offset, why) in [
        ("(?!200).*", 0, "look-ahead"),
        ("a(?=b)", 1, "look-ahead"),
        ("(?<!x)a", 0, "look-behind"),
        ("(?<=x)a", 0, "look-behind"),
        ("(?>a)", 0, "an atomic group"),
        ("(a)\\1", 3, "a back reference"),
        ("(?<n>a)\\k<n>", 7, "a back reference"),
        ("a*+", 1, "a possessive quantifier"),
        ("a{2}+", 3, "a possessive quantifier"),
        ("a\\", 1, "a backslash at its end"),
        ("(", 0, "cannot be run: unclosed group"),
        ("*", 0, "cannot be run"),
        ("a)|(b", 0, "cannot be run"),
        ("a\\p{L}", 1, "`\\p`"),
        ("(.{1000}){1000}", 0, "grows too large"),
    ] {
        let compiled = SelectionPattern::compile(Some(pattern));
        let error = compiled.error().unwrap_or_else(|| panic!("{pattern} was compiled"));
        assert_eq!(error.offset, offset, "{pattern}: {error}");
        assert!(error.message.contains(why), "{pattern}: {error}");
        assert!(matches!(compiled.matches("200"), Match::Broken(_)));
    }
    // A class holds such marks as text.
    assert!(matches("[*+]+", "+*"));
}

#[test]
fn the_first_match_goes_before_the_default_and_the_preferred_one_before_all() {
    let patterns = |texts: &[&str]| -> Vec<_> {
        texts.iter().map(|text| SelectionPattern::compile(Some(text))).collect()
    };
    let chosen = |texts: &[&str], text: &str, preferred: &[usize]| {
        select(&patterns(texts), text, |position| preferred.contains(&position)).ok()
    };
    assert_eq!(chosen(&["", "2..", "200"], "200", &[]), Some(Some(1)));
    assert_eq!(chosen(&["", "2..", "200"], "200", &[2]), Some(Some(2)));
    assert_eq!(chosen(&["", "2..", "200"], "404", &[2]), Some(Some(0)));
    assert_eq!(chosen(&["", "2..", "4..", "200"], "200", &[2, 3]), Some(Some(3)));
    assert_eq!(chosen(&[".*", "2.."], "200", &[0]), Some(Some(1)));
    assert_eq!(chosen(&["2.."], "404", &[]), Some(None));
    assert_eq!(chosen(&[], "404", &[]), Some(None));
    assert_eq!(chosen(&["(?!4).*", "2..", ""], "200", &[]), Some(Some(1)));
    assert_eq!(chosen(&["(?!4).*", "2..", ""], "404", &[]), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_pattern_panics(pattern in "[a-d0-9.*+?|(){}\\[\\]^$\\\\QEdwsbZ&\u{e9},-]{0,16}", text in "[a-d0-9\u{e9}]{0,8}") {
        let compiled = SelectionPattern::compile(Some(&pattern));
        if let Match::Broken(error) = compiled.matches(&text) {
            prop_assert!(pattern.is_char_boundary(error.offset));
        }
    }

    #[test]
    fn a_quoted_text_matches_itself_alone(text in "[a-z.*+?(\\[{^$|-]{1,12}", other in "[a-z]{1,3}") {
        let pattern = format!("\\Q{text}\\E");
        prop_assert!(matches(&pattern, &text));
        let longer = format!("{text}{other}");
        prop_assert!(!matches(&pattern, &longer));
    }
}
