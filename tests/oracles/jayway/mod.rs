//! JSONPath, held against Jayway 2.0 with json-smart, on generated documents and paths.
//!
//! `GATELET_TEST_JAYWAY` is the class path of both and what they need, which Debian has as `libjsonpath-java`, `libjson-smart-java`,
//! `libasm-java` and `libslf4j-java`; without it the test is skipped, and says so.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use gatelet_languages::heap::Heap;
use gatelet_languages::json;
use gatelet_languages::json_path::JsonPath;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

/// How many documents and paths are tried.
const PAIRS: usize = 20_000;

fn document() -> impl Strategy<Value = String> {
    let scalar = prop::sample::select(vec![
        "1",
        "2",
        "-1",
        "0",
        "1.5",
        "10.0",
        "12345678901234567890",
        r#""a""#,
        r#""b""#,
        r#""1""#,
        r#""x y""#,
        r#""""#,
        r#""null""#,
        r#""true""#,
        r#""it's""#,
        "null",
        "true",
        "false",
    ]);
    scalar.prop_map(str::to_owned).prop_recursive(4, 40, 4, |inner| {
        let name = prop::sample::select(vec!["a", "b", "c", "d", "x"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|values| format!("[{}]", values.join(","))),
            prop::collection::vec((name, inner), 0..4).prop_map(|members| {
                let members: Vec<_> =
                    members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

fn criterion() -> impl Strategy<Value = String> {
    let operand = || {
        prop::sample::select(vec![
            "@.a", "@.b", "@", "@['c']", "$.a", "@.a.b", "@.a[0]", "1", "2", "'a'", "'b'", "'1'", "true",
            "null", "1.50", "/a.*/", "/A/i", "'it\\'s'", "abc", "@.d[-1]",
        ])
    };
    let operator = prop::sample::select(vec!["==", "!=", "<", " <= ", ">", " >= ", "=~"]);
    let path = prop::sample::select(vec![
        "@.a",
        "!@.b",
        "@.a.b",
        "@['a','b']",
        "@.c[0]",
        "!@.a[(@.length-1)]",
        "$.a",
    ]);
    prop_oneof![
        (operand(), operator, operand())
            .prop_map(|(left, operator, right)| format!("{left}{operator}{right}")),
        path.prop_map(str::to_owned),
    ]
}

fn path() -> impl Strategy<Value = String> {
    let plain = prop::sample::select(vec![
        ".a",
        ".b",
        ".c",
        ".x",
        "['a']",
        "['a','b']",
        "[0]",
        "[1]",
        "[-1]",
        "[0,1]",
        "[0:1]",
        "[1:]",
        "[:1]",
        "[-1:]",
        "[:-1]",
        "[-2:1]",
        "[(@.length-1)]",
        "[(@.size() - 2)]",
        ".*",
        "[*]",
        "..a",
        "..*",
        "..[0]",
        "..['b']",
        "..[-1:]",
        "....a",
    ]);
    let join = prop::sample::select(vec!["&&", " || "]);
    let filter = (prop::collection::vec(criterion(), 1..4), join)
        .prop_map(|(criteria, join)| format!("[?({})]", criteria.join(join)));
    let step = prop_oneof![4 => plain.prop_map(str::to_owned), 1 => filter];
    let path = prop::collection::vec(step, 0..5).prop_map(|steps| format!("${}", steps.concat()));
    // Now and then one character is taken out or put in.
    let mark = prop::sample::select(vec![
        "[", "]", "'", ".", "@", "?", "(", ")", "*", ":", ",", "-", " ", "1", "a", "!", "&",
    ]);
    let slip = prop::option::weighted(0.15, (any::<prop::sample::Index>(), prop::option::of(mark)));
    (path, slip).prop_map(|(path, slip)| match slip {
        None => path,
        Some((at, mark)) => {
            let (before, behind) = path.split_at(1 + at.index(path.len()));
            match mark {
                Some(mark) => format!("{before}{mark}{behind}"),
                None => format!("{}{behind}", &before[..before.len() - 1]),
            }
        }
    })
}

/// Answers as the program does.
fn ours(document: &str, path: &str) -> String {
    let texts = bumpalo::Bump::new();
    let mut heap = Heap::new(&texts);
    let root = json::read_lenient(document, &mut heap).unwrap();
    let found = JsonPath::parse(path).and_then(|path| path.find(root, &mut heap));
    match found {
        Ok(Some(value)) => {
            let mut out = String::new();
            json::write(value, &heap, &mut out).unwrap();
            format!("V{}", BASE64.encode(out))
        }
        Ok(None) => "N".to_owned(),
        Err(_) => "E".to_owned(),
    }
}

/// Where the two may differ: a second `$` and filters without parentheses, of which Jayway takes some by accident, are refused here, and
/// `**` in a pattern there.
fn may_differ(path: &str) -> bool {
    let second_root = path.get(1..).is_some_and(|rest| rest.replace("$.a", "").contains('$'));
    second_root || (path.contains('?') && !path.contains("?(")) || path.contains("**")
}

#[test]
fn json_path_finds_what_jayway_finds() {
    let Some(class_path) = std::env::var_os("GATELET_TEST_JAYWAY") else {
        eprintln!("skipped: GATELET_TEST_JAYWAY names no class path of Jayway's JSONPath");
        return;
    };
    let mut runner = TestRunner::new(crate::cases(1));
    let pair = (document().prop_filter("no document", |document| document != "null"), path());
    let pairs: Vec<_> = (0..PAIRS).map(|_| pair.new_tree(&mut runner).unwrap().current()).collect();
    let mut java = Command::new("java")
        .arg("-cp")
        .arg(class_path)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("oracles/jayway/Jayway.java"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = java.stdin.take().unwrap();
    let lines: Vec<String> = pairs
        .iter()
        .map(|(document, path)| format!("{}\t{}\n", BASE64.encode(document), BASE64.encode(path)))
        .collect();
    let writing = std::thread::spawn(move || stdin.write_all(lines.concat().as_bytes()));
    let output = java.wait_with_output().unwrap();
    writing.join().unwrap().unwrap();
    assert!(output.status.success(), "java ended with {}", output.status);
    let answers: Vec<&str> = std::str::from_utf8(&output.stdout).unwrap().lines().collect();
    assert_eq!(answers.len(), pairs.len());
    let mut found = 0;
    for ((document, path), theirs) in pairs.iter().zip(answers) {
        let ours = ours(document, path);
        if may_differ(path) {
            continue;
        }
        assert_eq!(ours, theirs, "{path} in {document}");
        found += usize::from(ours.starts_with('V'));
    }
    assert!(found > PAIRS / 10, "only {found} paths found anything");
}
