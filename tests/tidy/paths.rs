//! The paths that Rust code names, with `use` groups spelt out: `a::{b, c::d}` names `a::b` and `a::c::d`.

use crate::source::line_at;

/// A path as written, without generic arguments, and the line it begins on.
#[derive(Debug, PartialEq)]
pub(crate) struct NamedPath {
    pub(crate) path: String,
    pub(crate) line: usize,
}

struct Token<'a> {
    text: &'a str,
    at: usize,
}

/// Every path in code that has neither comments nor strings (see `code_only`). A single word is a path too.
pub(crate) fn named(code: &str) -> Vec<NamedPath> {
    let tokens = tokens(code);
    let mut paths = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        if is_name(token.text) {
            at = read_path(&tokens, at, "", &mut |path, offset| {
                paths.push(NamedPath { path, line: line_at(code, offset) });
            });
        } else {
            at += 1;
        }
    }
    paths
}

/// Reads one path from the token `at`, reports it (or, with a group, all of it) and returns where it ends.
fn read_path(
    tokens: &[Token<'_>],
    mut at: usize,
    prefix: &str,
    report: &mut dyn FnMut(String, usize),
) -> usize {
    let start = tokens.get(at).map_or(0, |token| token.at);
    let mut path = prefix.to_owned();
    let text_at = |at: usize| tokens.get(at).map_or("", |token| token.text);
    loop {
        let segment = text_at(at);
        at += 1;
        if segment == "{" {
            while !matches!(text_at(at), "}" | "") {
                at = match text_at(at) {
                    "," => at + 1,
                    // A new name is not a path of its own.
                    "as" => at + 2,
                    _ => read_path(tokens, at, &path, report),
                };
            }
            return at + 1;
        }
        // `a::{self}` names `a`.
        if segment != "self" || path.is_empty() {
            if !path.is_empty() {
                path.push_str("::");
            }
            path.push_str(segment);
        }
        let next_is_segment = text_at(at) == "::" && {
            let next = text_at(at + 1);
            is_name(next) || next == "{" || next == "*"
        };
        if !next_is_segment {
            break;
        }
        at += 1;
    }
    report(path, start);
    at
}

fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = code.get(at..).filter(|rest| !rest.is_empty()) {
        let name = rest.find(|it: char| !it.is_alphanumeric() && it != '_').unwrap_or(rest.len());
        let length = match name {
            0 if rest.starts_with("::") => 2,
            0 => rest.chars().next().map_or(1, char::len_utf8),
            name => name,
        };
        let (text, _) = rest.split_at(length);
        if !text.trim().is_empty() {
            tokens.push(Token { text, at });
        }
        at += length;
    }
    tokens
}

fn is_name(text: &str) -> bool {
    text.starts_with(|it: char| it.is_alphabetic() || it == '_')
}

#[cfg(test)]
mod tests {
    use super::named;

    fn paths(code: &str) -> Vec<String> {
        named(code).into_iter().map(|named| named.path).collect()
    }

    #[test]
    fn groups_are_spelt_out() {
        let code = "use a::{self, b, c::{d, e as f}, g::*};";
        assert_eq!(paths(code), ["use", "a", "a::b", "a::c::d", "a::c::e", "a::g::*"]);
    }

    #[test]
    fn paths_in_expressions_and_types_are_found() {
        assert_eq!(
            paths("let x: a::B<c::D> = e::f::<G>(h);"),
            ["let", "x", "a::B", "c::D", "e::f", "G", "h"]
        );
        assert_eq!(paths("a::\n    b"), ["a::b"]);
        assert_eq!(named("\n\na::b").first().map(|named| named.line), Some(3));
    }

    #[test]
    fn broken_code_ends() {
        assert_eq!(paths("use a::{b, "), ["use", "a::b"]);
        assert_eq!(paths("a::"), ["a"]);
    }
}
