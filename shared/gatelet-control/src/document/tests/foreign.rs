//! Definitions and JSON texts that were not written for this reader.

use std::path::{Path, PathBuf};

use super::super::{Node, Source, Value, parse, parse_json};
use super::shown;

/// Files whose problem is their own, and what is said about it.
const OWN_PROBLEMS: [(&str, &str); 3] = [
    (
        "serverless-patterns/apigw-custom-domain-edge/template.yaml",
        ":34:18: error: a space is missing behind this `:`",
    ),
    (
        "serverless-patterns/cloudfront-apigw-http-api-lambda-rust/template.yml",
        ":74:9: error: the key `Name` is given twice",
    ),
    ("serverless-patterns/sam-webapp-cognito/template.yaml", ":29:9: error: the key `Name` is given twice"),
];

/// The folder of foreign data, or nothing where it is absent.
fn vectors(folder: &str) -> Option<PathBuf> {
    let root = match std::env::var_os("GATELET_VECTORS") {
        Some(root) => PathBuf::from(root),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
    };
    let folder = root.join(folder);
    if !folder.is_dir() {
        eprintln!("skipped: {} is not there", folder.display());
        return None;
    }
    Some(folder)
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else if path
            .extension()
            .is_some_and(|extension| ["json", "yaml", "yml"].iter().any(|e| extension == *e))
        {
            found.push(path);
        }
    }
}

#[test]
fn definitions_of_real_users_are_read() {
    let mut wrong = String::new();
    for folder in ["real-definitions", "localstack-aws-snapshots/definitions"] {
        let Some(folder) = vectors(folder) else { continue };
        let mut paths = Vec::new();
        files(&folder, &mut paths);
        assert!(!paths.is_empty(), "{}", folder.display());
        for path in paths {
            let name = path.strip_prefix(&folder).unwrap().to_string_lossy().into_owned();
            let bytes = std::fs::read(&path).unwrap();
            let source = Source::from_bytes(name.as_str(), &bytes).unwrap();
            match parse(&source) {
                Ok(root) => check(&source, &root, &name, &bytes),
                Err(problems) => {
                    let said = shown(&problems);
                    let own = OWN_PROBLEMS.iter().find(|(file, _)| *file == name);
                    if !own.is_some_and(|(_, own)| said.contains(own)) {
                        wrong.push_str(&said);
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Holds what was read against an independent reader, and every span against the text.
fn check(source: &Source, root: &Node, name: &str, bytes: &[u8]) {
    assert!(root.as_mapping().is_some(), "{name} is a {}", root.type_name());
    let written: serde_json::Value = serde_json::from_str(&root.to_json()).unwrap();
    if name.ends_with(".json") {
        assert_eq!(written, serde_json::from_slice::<serde_json::Value>(bytes).unwrap(), "{name}");
    }
    check_spans(source, root, name);
}

fn check_spans(source: &Source, node: &Node, name: &str) {
    let text = source.slice(node.span);
    match &node.value {
        Value::Null => {}
        Value::Number(number) => assert_eq!(text, number.as_ref(), "{name}"),
        Value::Bool(value) => assert_eq!(text.to_lowercase(), value.to_string(), "{name}"),
        Value::String(value) => {
            // The first word of the value stands in the text, unless it is written with an escape.
            let word = value
                .split(|c: char| c.is_whitespace() || "'\"\\/".contains(c))
                .find(|word| !word.is_empty());
            assert!(word.is_none_or(|word| text.contains(word) || text.contains('\\')), "{name}: {text}");
        }
        Value::Sequence(items) => items.iter().for_each(|item| check_spans(source, item, name)),
        Value::Mapping(mapping) => {
            for entry in mapping {
                let key = source.slice(entry.key_span);
                let short_form = key.strip_prefix('!').is_some_and(|short| entry.key.ends_with(short));
                assert!(key.contains(entry.key.as_ref()) || short_form, "{name}: {key}");
                check_spans(source, &entry.value, name);
            }
        }
    }
}

#[test]
fn json_is_what_the_json_test_suite_says() {
    let Some(folder) = vectors("json-parsing/test_parsing") else { return };
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    let (mut accepted, mut refused) = (0, 0);
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        let result = Source::from_bytes(name.as_str(), &bytes)
            .map_err(Into::into)
            .and_then(|source| parse_json(&source).map(|node| node.to_json()));
        // Two keys alike are valid JSON, but no definition.
        let is_refused_anyway = name.starts_with("y_object_duplicated_key");
        if name.starts_with("n_") || is_refused_anyway {
            assert!(result.is_err(), "{name} was read as {}", result.unwrap());
            refused += 1;
        } else if name.starts_with("y_") {
            let json = result.unwrap_or_else(|problems| panic!("{name}: {}", shown(&problems)));
            let expected: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap(), expected, "{name}");
            accepted += 1;
        }
        if let Ok(source) = Source::from_bytes(name.as_str(), &bytes) {
            // Whatever `parse` makes of it, it neither hangs nor panics.
            let _ = parse(&source);
        }
    }
    assert_eq!((accepted, refused), (93, 190));
}
