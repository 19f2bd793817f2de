//! Foreign templates, read in place: those of real APIs with what they render to, and those of Velocity's own tests.
#![allow(clippy::disallowed_methods, reason = "foreign test data, read in place")]

use std::path::{Path, PathBuf};

use super::line;
use crate::heap::Value;
use crate::vtl::{NoScope, Overrides, Template};

/// The templates of Velocity's tests that ask for nothing in their context and that Velocity 1.7 renders as the newer Velocity
/// does from which they are. What the others render to has been held against Velocity 1.7 itself.
const EQUAL: &[&str] = &[
    "arithmetic",
    "commas",
    "comment-eof",
    "curly-directive",
    "encodingtest",
    "encodingtest2",
    "encodingtest3",
    "encodingtest_KOI8-R",
    "equality",
    "foreach-introspect",
    "newline",
    "settest",
    "shorthand",
    "stop1",
    "stop2",
];

fn vectors(name: &str) -> Option<PathBuf> {
    let root = match std::env::var_os("GATELET_VECTORS") {
        Some(root) => PathBuf::from(root),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
    };
    let found = root.join(name);
    if !found.exists() {
        eprintln!("skipped: {} is not there; GATELET_VECTORS may name another place", found.display());
        return None;
    }
    Some(found)
}

#[test]
fn templates_of_real_apis_render_to_the_letter() {
    let Some(file) = vectors("vtl-pairs/pairs.json") else {
        return;
    };
    let pairs: Vec<Box<serde_json::value::RawValue>> =
        serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let (mut equal, mut refused) = (0, 0);
    for pair in &pairs {
        line::with(pair.get(), |line| {
            let text = line.text(&["template"]).unwrap();
            let rendered =
                Template::parse(text).and_then(|template| template.render(line, Overrides::default()));
            match line.value(&["expected"]) {
                Some(Value::Text(expected)) => {
                    assert_eq!(rendered.map(|it| it.text).as_deref(), Ok(expected), "{text}");
                    equal += 1;
                }
                _ => {
                    rendered.unwrap_err();
                    refused += 1;
                }
            }
        });
    }
    assert_eq!((equal, refused), (174, 3));
}

#[test]
fn templates_of_velocity_render_where_they_need_no_java_and_never_panic() {
    let Some(folder) = vectors("velocity/templates") else {
        return;
    };
    let mut equal = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "vm") {
            continue;
        }
        count += 1;
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        let rendered = Template::parse(&text).and_then(|it| it.render(&NoScope, Overrides::default()));
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let wanted = std::fs::read(folder.join("compare").join(format!("{name}.cmp")));
        let wanted = wanted.map(|wanted| String::from_utf8_lossy(&wanted).into_owned());
        match (rendered, wanted) {
            (Ok(rendered), Ok(wanted)) if rendered.text == wanted => equal.push(name),
            (Err(error), _) => assert!(text.get(..error.offset).is_some(), "{name}: {error:?}"),
            _ => {}
        }
    }
    equal.sort();
    assert_eq!((count, equal), (60, EQUAL.iter().map(|name| (*name).to_owned()).collect()));
}
