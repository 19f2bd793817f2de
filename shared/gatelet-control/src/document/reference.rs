//! `$ref` inside one document: JSON Pointers in a URI fragment.

use std::borrow::Cow;

use gatelet_model::Problem;
use percent_encoding::percent_decode_str;

use super::{Node, Source, Value};

/// How many references may lead to one another before something that is no reference.
const MAX_REFERENCE_HOPS: usize = 32;

/// How many names are looked through for one that is near to a missing one.
const MAX_NAMES_COMPARED: usize = 2_000;

/// What a reference such as `#/components/schemas/Pet` names: a
/// [JSON Pointer](https://www.rfc-editor.org/rfc/rfc6901#section-6) with percent-encoding, `~1` for `/` and `~0` for `~`.
///
/// # Errors
///
/// A reference to another file (API Gateway imports none), one that is no pointer, or one whose target is missing: then the message
/// says which part of it, and which name is near. The problem has no place; the caller knows where the reference stands.
pub fn resolve<'d>(root: &'d Node, reference: &str) -> Result<&'d Node, Problem> {
    let Some(fragment) = reference.strip_prefix('#') else {
        return Err(Problem::error(format!(
            "`{reference}` refers to another file, which cannot be imported"
        ))
        .help("copy what it names into this file and refer to it by `#/...`"));
    };
    let pointer = percent_decode_str(fragment).decode_utf8().map_err(|_| {
        Problem::error(format!("`{reference}` is no reference: its percent-encoding is not UTF-8"))
    })?;
    if pointer.is_empty() {
        return Ok(root);
    }
    let Some(path) = pointer.strip_prefix('/') else {
        return Err(Problem::error(format!("`{reference}` is no reference"))
            .help(format!("write `#/` and the path to what is meant, such as `#/{pointer}`")));
    };
    let mut node = root;
    let mut walked = String::from("#");
    for segment in path.split('/') {
        let name = unescape(segment);
        node = step(node, &name).map_err(|near| missing(reference, &name, &walked, node, near))?;
        walked.push('/');
        walked.push_str(segment);
    }
    Ok(node)
}

/// What a node stands for: itself, or where it is `{"$ref": ".."}` the end of that chain of references.
///
/// # Errors
///
/// As [`resolve`], with the place of the reference; also references that lead to one another in a circle.
pub fn follow<'d>(source: &Source, root: &'d Node, node: &'d Node) -> Result<&'d Node, Problem> {
    let mut current = node;
    for _ in 0..MAX_REFERENCE_HOPS {
        let Some((target, reference)) = current.get("$ref").and_then(|r| Some((r, r.as_str()?))) else {
            return Ok(current);
        };
        current = resolve(root, reference).map_err(|problem| problem.at(source.place(target.span)))?;
    }
    let place = source.place(node.get("$ref").map_or(node.span, |reference| reference.span));
    Err(Problem::error("this reference leads back to itself, or through too many others")
        .help(format!(
            "refer to the value itself; at most {MAX_REFERENCE_HOPS} references may follow one another"
        ))
        .at(place))
}

/// Of several names the one that a writer of `name` most likely meant, if any is near.
pub fn nearest<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let lower = name.to_lowercase();
    let most = (name.chars().count() / 3).max(1);
    names
        .into_iter()
        .take(MAX_NAMES_COMPARED)
        .filter(|other| other.len().abs_diff(name.len()) <= most * 4)
        .map(|other| (strsim::levenshtein(&lower, &other.to_lowercase()), other))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
}

fn unescape(segment: &str) -> Cow<'_, str> {
    if segment.contains('~') { segment.replace("~1", "/").replace("~0", "~").into() } else { segment.into() }
}

/// One step down, or the name that is near to the missing one.
fn step<'d>(node: &'d Node, name: &str) -> Result<&'d Node, Option<&'d str>> {
    match &node.value {
        Value::Mapping(mapping) => mapping.get(name).ok_or_else(|| nearest(name, mapping.keys())),
        Value::Sequence(items) => {
            // RFC 6901: digits without a leading zero.
            let is_index =
                name == "0" || (!name.starts_with('0') && name.bytes().all(|b| b.is_ascii_digit()));
            let index = is_index.then(|| name.parse::<usize>().ok()).flatten();
            index.and_then(|index| items.get(index)).ok_or(None)
        }
        _ => Err(None),
    }
}

fn missing(reference: &str, name: &str, walked: &str, node: &Node, near: Option<&str>) -> Problem {
    let whole = if walked == "#" { "the document" } else { walked };
    let problem = match &node.value {
        Value::Mapping(_) => {
            Problem::error(format!("`{reference}` names nothing: {} has no `{name}`", quoted(whole)))
        }
        Value::Sequence(items) => {
            let items = items.len();
            Problem::error(format!(
                "`{reference}` names nothing: {} has {items} items and no `{name}`",
                quoted(whole)
            ))
        }
        _ => {
            let found = node.type_name();
            Problem::error(format!(
                "`{reference}` names nothing: {} is a {found} and has no `{name}`",
                quoted(whole)
            ))
        }
    };
    match near {
        Some(near) => {
            let near = near.replace('~', "~0").replace('/', "~1");
            problem.help(format!("did you mean `{walked}/{near}`?"))
        }
        None => problem.help(format!("add `{name}` to {}, or correct the reference", quoted(whole))),
    }
}

fn quoted(whole: &str) -> String {
    if whole.starts_with('#') { format!("`{whole}`") } else { whole.to_owned() }
}
