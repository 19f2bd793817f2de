//! The JSON Schema Test Suite for draft 4, read in place.
#![allow(clippy::disallowed_methods, reason = "the suite is foreign test data, read in place")]

use std::path::{Path, PathBuf};

use super::*;

/// What the suite's optional part would have otherwise than here, by how the names of its tests begin, and why.
const DIFFERENT: &[(&str, &str)] = &[
    (
        "optional/ecmascript-regex.json: patterns always use unicode semantics",
        "`\\p` means nothing in the service's engine, which is older: refused at check",
    ),
    ("optional/ecmascript-regex.json: pattern with non-ASCII digits", "the same"),
    ("optional/ecmascript-regex.json: patternProperties with non-ASCII digits", "the same"),
    (
        "optional/format/date-time.json: validation of date-time strings: a valid date-time with a leap second",
        "Java's clock has no leap seconds",
    ),
    (
        "optional/format/date-time.json: validation of date-time strings: a second fraction of fifteen nines",
        "the service's validator takes 12 digits",
    ),
];

/// What a schema of draft 4 is, as far as the suite asks.
const META_SCHEMA: &str = r##"{
  "id": "http://json-schema.org/draft-04/schema#",
  "definitions": {
    "count": {"type": "integer", "minimum": 0},
    "schemas": {"type": "array", "minItems": 1, "items": {"$ref": "#"}},
    "byName": {"type": "object", "additionalProperties": {"$ref": "#"}},
    "schemaOrFlag": {"anyOf": [{"type": "boolean"}, {"$ref": "#"}]},
    "simpleType": {"enum": ["array", "boolean", "integer", "null", "number", "object", "string"]},
    "names": {"type": "array", "minItems": 1, "uniqueItems": true, "items": {"type": "string"}}
  },
  "type": "object",
  "properties": {
    "id": {"type": "string"}, "$schema": {"type": "string"}, "title": {"type": "string"}, "description": {"type": "string"},
    "multipleOf": {"type": "number", "minimum": 0, "exclusiveMinimum": true},
    "maximum": {"type": "number"}, "exclusiveMaximum": {"type": "boolean"},
    "minimum": {"type": "number"}, "exclusiveMinimum": {"type": "boolean"},
    "maxLength": {"$ref": "#/definitions/count"}, "minLength": {"$ref": "#/definitions/count"},
    "maxItems": {"$ref": "#/definitions/count"}, "minItems": {"$ref": "#/definitions/count"},
    "maxProperties": {"$ref": "#/definitions/count"}, "minProperties": {"$ref": "#/definitions/count"},
    "pattern": {"type": "string"}, "uniqueItems": {"type": "boolean"},
    "additionalItems": {"$ref": "#/definitions/schemaOrFlag"}, "additionalProperties": {"$ref": "#/definitions/schemaOrFlag"},
    "items": {"anyOf": [{"$ref": "#"}, {"$ref": "#/definitions/schemas"}]},
    "required": {"$ref": "#/definitions/names"},
    "definitions": {"$ref": "#/definitions/byName"}, "properties": {"$ref": "#/definitions/byName"},
    "patternProperties": {"$ref": "#/definitions/byName"},
    "dependencies": {"type": "object", "additionalProperties": {"anyOf": [{"$ref": "#"}, {"$ref": "#/definitions/names"}]}},
    "enum": {"type": "array", "minItems": 1, "uniqueItems": true},
    "type": {"anyOf": [{"$ref": "#/definitions/simpleType"},
      {"type": "array", "minItems": 1, "uniqueItems": true, "items": {"$ref": "#/definitions/simpleType"}}]},
    "allOf": {"$ref": "#/definitions/schemas"}, "anyOf": {"$ref": "#/definitions/schemas"},
    "oneOf": {"$ref": "#/definitions/schemas"}, "not": {"$ref": "#"}
  }
}"##;

#[derive(serde::Deserialize)]
struct Group {
    description: String,
    schema: Box<serde_json::value::RawValue>,
    tests: Vec<Test>,
}

#[derive(serde::Deserialize)]
struct Test {
    description: String,
    data: Box<serde_json::value::RawValue>,
    valid: bool,
}

fn vectors() -> Option<PathBuf> {
    let root = match std::env::var_os("GATELET_VECTORS") {
        Some(root) => PathBuf::from(root),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
    };
    let folder = root.join("json-schema-draft4");
    if !folder.is_dir() {
        eprintln!("skipped: {} is not there; GATELET_VECTORS may name another place", folder.display());
        return None;
    }
    Some(folder)
}

/// All files below a folder, by their names below it.
fn files(folder: &Path, below: &str, found: &mut Vec<(String, PathBuf)>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()).collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        match entry.path().is_dir() {
            true => files(&entry.path(), &format!("{name}/"), found),
            false => found.push((name, entry.path())),
        }
    }
}

#[test]
fn the_suite_passes_but_for_what_is_listed() {
    let Some(folder) = vectors() else { return };
    let remotes = folder.join("remotes");
    let documents = |address: &str| match address.strip_prefix("http://localhost:1234/") {
        Some(name) => std::fs::read_to_string(remotes.join(name)).ok(),
        None => (address == "http://json-schema.org/draft-04/schema").then(|| META_SCHEMA.to_owned()),
    };
    let mut found = Vec::new();
    files(&folder.join("tests/draft4"), "", &mut found);
    let (mut required, mut optional, mut different) = (0, 0, Vec::new());
    for (name, path) in found {
        // With its own numbers, which may be larger than others keep them.
        let groups: Vec<Group> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        for group in groups {
            let compiled = Schema::compile(group.schema.get(), "", &documents);
            for test in group.tests {
                match name.starts_with("optional/") {
                    true => optional += 1,
                    false => required += 1,
                }
                let valid = compiled.as_ref().map_err(Clone::clone);
                let valid = valid.and_then(|schema| judge(schema, test.data.get()));
                if valid.clone().map(|violations| violations.is_empty()) != Ok(test.valid) {
                    let place = format!("{name}: {}: {}", group.description, test.description);
                    different.push((place, format!("{valid:?}")));
                }
            }
        }
    }
    assert!(required >= 618 && optional >= 319, "{required} required and {optional} optional ones are there");
    let unlisted: Vec<_> = different
        .iter()
        .filter(|(place, _)| !DIFFERENT.iter().any(|(listed, _)| place.starts_with(listed)))
        .collect();
    assert!(unlisted.is_empty(), "{unlisted:#?}");
    for (listed, _) in DIFFERENT {
        assert!(
            different.iter().any(|(place, _)| place.starts_with(listed)),
            "`{listed}` is as the suite has it: strike it off"
        );
    }
}
