//! The document reader: the bytes of a definition file become an ordered value in which every part knows its place.
//!
//! Here live the two syntaxes (JSON, YAML), their limits, and `$ref`. What OpenAPI, SAM or CloudFormation
//! mean by a document is not decided here, and nothing here opens a file.
//!
//! What is read, and how:
//!
//! - A text that begins with `{` or `[` is read as strict JSON ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259)).
//!   Where it is not JSON but a YAML flow collection (comments, a comma too many, keys without quotes), it is read
//!   as that. [`parse_json`] is without this leniency. Everything else is YAML.
//! - YAML's plain scalars follow the [core schema of YAML 1.2](https://yaml.org/spec/1.2.2/#103-core-schema), so
//!   `yes`, `no`, `on`, `off` and dates are strings. Two departures, because a definition must not lose digits:
//!   a number with a leading zero (`012345678901`, an account id) stays the string it is, which YAML 1.1 and 1.2
//!   read as different numbers; `.inf` and `.nan` stay strings because JSON has no such numbers.
//! - Every key is its own text: `200:` is the key `200`, `true:` the key `true`.
//! - CloudFormation's short forms become what they stand for: `!Sub x` is `{"Fn::Sub": "x"}`. An unknown tag is an error, as it is for
//!   AWS's own tools.
//! - Anchors, aliases and merge keys (`<<`) work; what aliases repeat is bounded.
//! - A key that is given twice is an error that shows both places.

mod builder;
mod json;
mod node;
mod reference;
mod source;
mod yaml;

use gatelet_model::{Problem, Problems};

pub use node::{Entry, Mapping, Node, Value};
pub use reference::{follow, nearest, resolve};
pub use source::{Source, Span, caret_column};

/// The largest definition file that is read, in bytes: what API Gateway imports at most
/// ([quotas](https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html), "API definition file for import").
pub const MAX_BYTES: usize = 6 * 1024 * 1024;

/// How many mappings and sequences may stand inside one another. Definitions of real users stay below 40;
/// the bound lets everything that walks a document be recursive.
pub const MAX_DEPTH: usize = 128;

/// The most values a document may have, aliases counted as what they stand for.
pub const MAX_NODES: usize = 2_000_000;

/// The most values that the aliases of one YAML document may repeat altogether.
pub const MAX_ALIASED_NODES: usize = 250_000;

/// The most bytes of text that the aliases of one YAML document may repeat altogether: as much as a file may have.
pub const MAX_ALIASED_BYTES: usize = MAX_BYTES;

/// The most problems that are collected before reading stops.
pub const MAX_PROBLEMS: usize = 100;

/// Reads a definition file, JSON or YAML by its content.
///
/// # Errors
///
/// Everything that is wrong with the text, each with its place: a syntax error alone (what follows it cannot be
/// trusted), otherwise all duplicate keys and unknown tags up to [`MAX_PROBLEMS`], or the limit that was exceeded.
pub fn parse(source: &Source) -> Result<Node, Problems> {
    check_text(source)?;
    let text = source.text().trim_start();
    if !text.starts_with(['{', '[']) {
        return yaml::read(source);
    }
    match json::read(source) {
        Ok(node) => Ok(node),
        Err(json::Failure::Content(problems)) => Err(problems),
        Err(json::Failure::Syntax(problem)) => yaml::read(source).map_err(|problems| {
            // Both syntaxes refuse it: the author hears about the one that was meant.
            if is_meant_as_json(text) { (*problem).into() } else { problems }
        }),
    }
}

/// Reads a text as strict JSON.
///
/// # Errors
///
/// As [`parse`]; what only YAML would accept is an error too.
pub fn parse_json(source: &Source) -> Result<Node, Problems> {
    check_text(source)?;
    json::read(source).map_err(|failure| match failure {
        json::Failure::Content(problems) => problems,
        json::Failure::Syntax(problem) => (*problem).into(),
    })
}

/// Whether the first thing inside the outermost bracket is one that JSON allows there.
fn is_meant_as_json(text: &str) -> bool {
    let inside =
        text.trim_start_matches(|character: char| character.is_whitespace() || "{[".contains(character));
    inside.is_empty() || inside.starts_with(['"', '}', ']', '/'])
}

/// What holds for both syntaxes before any is tried.
fn check_text(source: &Source) -> Result<(), Problem> {
    let text = source.text();
    if text.len() > MAX_BYTES {
        return Err(source::too_large(text.len()));
    }
    if let Some(offset) = text.bytes().position(|byte| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r'))
    {
        let code = text.as_bytes().get(offset).copied().unwrap_or_default();
        return Err(Problem::error(format!(
            "the control character U+{code:04X} cannot stand in a definition"
        ))
        .help(
            "remove it, or write it as an escape such as `\\u0000` in a quoted string; is this a text file?",
        )
        .at(source.place(Span::new(offset, offset + 1))));
    }
    if text.trim().is_empty() {
        return Err(no_content(source));
    }
    Ok(())
}

fn no_content(source: &Source) -> Problem {
    Problem::error("the file has no content")
        .help("write a definition into it")
        .at(source.place(Span::new(0, 0)))
}

#[cfg(test)]
mod tests;
