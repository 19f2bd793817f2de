#![allow(clippy::unwrap_used, reason = "tests")]
use proptest::prelude::*;

use super::*;

fn canonical(raw: &str) -> String {
    CanonicalPath::parse(raw).unwrap().as_str().to_owned()
}

#[test]
fn every_spelling_becomes_one() {
    for (raw, expected) in [
        ("/", "/"),
        ("//", "/"),
        ("///pets", "/pets"),
        ("/pets", "/pets"),
        ("/%70ets", "/pets"),
        ("/p%65%74s/", "/pets/"),
        ("/a//b", "/a//b"),
        ("/a%2fb", "/a%2Fb"),
        ("/a%252fb", "/a%252fb"),
        ("/a b", "/a%20b"),
        ("/caf\u{e9}", "/caf%C3%A9"),
        ("/caf%c3%a9", "/caf%C3%A9"),
        ("/a;b=1,2", "/a;b=1,2"),
        ("/%7Euser", "/~user"),
        ("/{x}|\"^`", "/%7Bx%7D%7C%22%5E%60"),
    ] {
        assert_eq!(canonical(raw), expected, "{raw}");
    }
}

#[test]
fn doubtful_paths_are_refused() {
    for (raw, expected) in [
        ("pets", PathError::NotAbsolute),
        ("*", PathError::NotAbsolute),
        ("", PathError::NotAbsolute),
        ("/%", PathError::BadEscape),
        ("/%4", PathError::BadEscape),
        ("/%zz", PathError::BadEscape),
        ("/a%00b", PathError::BadCharacter),
        ("/a%0d%0ab", PathError::BadCharacter),
        ("/%c0%af", PathError::BadCharacter),
        ("/a\\b", PathError::BadCharacter),
        ("/a%5cb", PathError::BadCharacter),
        ("/%c2%85", PathError::BadCharacter),
        ("/a/../b", PathError::DotSegment),
        ("/a/%2e%2E/b", PathError::DotSegment),
        ("/.", PathError::DotSegment),
        ("/a/..;/b", PathError::DotSegment),
        ("/a/.;x=1", PathError::DotSegment),
        ("/a/..%2Fb", PathError::DotSegment),
        ("/a/b%2f%2e%2e", PathError::DotSegment),
        ("/a/x%2F..%3Bv%2Fy", PathError::DotSegment),
    ] {
        assert_eq!(CanonicalPath::parse(raw).unwrap_err(), expected, "{raw}");
    }
}

#[test]
fn segments_keep_their_spelling_and_tell_their_meaning() {
    let path = CanonicalPath::parse("/a%3Ab/x%2Fy//z/").unwrap();
    assert_eq!(path.segment_count(), 5);
    assert_eq!(path.segment(0), "a%3Ab");
    assert_eq!(path.matching_segment(0), "a:b");
    assert_eq!(path.matching_segment(1), "x%2Fy");
    assert_eq!(path.segment(2), "");
    assert_eq!(path.from_segment(1), "x%2Fy//z/");
    assert_eq!(path.from_segment(9), "");
    assert!(path.has_trailing_slash());
    assert_eq!(CanonicalPath::parse("/").unwrap().segment_count(), 0);
}

proptest! {
    #[test]
    fn canonical_is_a_fixed_point(raw in "/[ -~é/%.]{0,40}") {
        if let Ok(path) = CanonicalPath::parse(&raw) {
            let again = CanonicalPath::parse(path.as_str()).unwrap();
            prop_assert_eq!(&again, &path);
        }
    }

    #[test]
    fn escaping_any_character_changes_neither_meaning_nor_outcome(
        raw in "/[a-z:@!$;=~._-]{1,8}(/[a-z:@!$;=~._-]{1,8}){0,4}", pick in any::<prop::sample::Index>()
    ) {
        let position = 1 + pick.index(raw.len() - 1);
        let byte = raw.as_bytes()[position];
        prop_assume!(byte != b'/');
        let spelled = format!("{}%{byte:02x}{}", &raw[..position], &raw[position + 1..]);
        match (CanonicalPath::parse(&raw), CanonicalPath::parse(&spelled)) {
            (Ok(plain), Ok(escaped)) => for segment in 0..plain.segment_count() {
                prop_assert_eq!(plain.matching_segment(segment), escaped.matching_segment(segment));
            },
            (plain, escaped) => prop_assert_eq!(plain.is_err(), escaped.is_err()),
        }
    }
}
