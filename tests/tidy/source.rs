//! Rust without its comments and strings, and the rules that need no more than that.

use crate::files::{Finding, HouseFile};

/// The same text with comments and the contents of strings and characters blanked: every line keeps its
/// number, and a word that is only spoken of is not taken for code.
pub(crate) fn code_only(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let length = skipped(rest, code.chars().next_back());
        let (head, tail) = rest.split_at(length.unwrap_or(character.len_utf8()));
        match length {
            Some(_) => code.extend(head.chars().map(|it| if it == '\n' { '\n' } else { ' ' })),
            None => code.push_str(head),
        }
        rest = tail;
    }
    code
}

/// The length of the comment, string or character that `rest` begins with.
fn skipped(rest: &str, before: Option<char>) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Some(block_comment(rest));
    }
    // A prefix is one only where an identifier could begin: `br"x"`, but not the `r` of `var`.
    if before.is_none_or(|before| !before.is_alphanumeric() && before != '_') {
        let prefix = rest.find(|it: char| !matches!(it, 'b' | 'c' | 'r')).unwrap_or(0);
        let body = rest.get(prefix..)?;
        if rest.get(..prefix)?.contains('r') {
            let hashes = body.len() - body.trim_start_matches('#').len();
            if body.get(hashes..)?.starts_with('"') {
                let end = format!("\"{}", "#".repeat(hashes));
                let from = prefix + hashes + 1;
                return Some(rest.get(from..)?.find(&end).map_or(rest.len(), |at| from + at + end.len()));
            }
        } else if body.starts_with('"') {
            return Some(prefix + quoted(body));
        }
        if body.starts_with('\'') {
            return character(body).map(|length| prefix + length);
        }
    }
    rest.starts_with('"').then(|| quoted(rest)).or_else(|| character(rest))
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(tail) = rest.get(at..).filter(|tail| !tail.is_empty()) {
        if tail.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if tail.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += tail.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// The length of a string with its quotes.
fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of a character literal with its quotes; `None` for a lifetime.
fn character(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix('\'')?;
    let first = body.chars().next()?;
    if first == '\\' {
        let after = 1 + body.chars().nth(1)?.len_utf8();
        return body.get(after..)?.find('\'').map(|at| 1 + after + at + 1);
    }
    body.get(first.len_utf8()..)?.starts_with('\'').then(|| first.len_utf8() + 2)
}

/// The number of the line at a byte offset.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    text.get(..offset).unwrap_or(text).matches('\n').count() + 1
}

/// A folder's `mod.rs` is its sign, as `lib.rs` and `main.rs` are: what lives here, what must not.
pub(crate) fn signs(files: &[HouseFile]) -> Vec<Finding> {
    files
        .iter()
        .filter(|file| matches!(file.name(), "mod.rs" | "lib.rs" | "main.rs"))
        .filter(|file| !file.text.starts_with("//! "))
        .map(|file| Finding::new(&file.path, 1, "start with a `//!` comment: what lives here, what must not"))
        .collect()
}

/// Notes to oneself, holes and switched-off tests.
pub(crate) fn unfinished(files: &[HouseFile]) -> Vec<Finding> {
    // Joined here so that this file does not find itself.
    let notes = [concat!("TO", "DO"), concat!("FIX", "ME")];
    let holes = ["todo!", "unimplemented!", "#[ignore"];
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| !file.is_foreign()) {
        for (line, text) in file.lines() {
            for note in notes.iter().filter(|note| has_word(text, note)) {
                findings.push(Finding::new(
                    &file.path,
                    line,
                    format!("`{note}`: do it now or open an issue"),
                ));
            }
        }
        if file.is_rust() {
            let code = code_only(&file.text);
            for hole in holes {
                findings.extend(code.match_indices(hole).map(|(at, _)| {
                    Finding::new(
                        &file.path,
                        line_at(&code, at),
                        format!("`{hole}` is not done work: finish it"),
                    )
                }));
            }
        }
    }
    findings
}

fn has_word(text: &str, word: &str) -> bool {
    let in_word = |it: char| it.is_alphanumeric() || it == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(in_word) && !after.is_some_and(in_word)
    })
}

/// A lint is switched off only with a reason.
pub(crate) fn exceptions(files: &[HouseFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let code = code_only(&file.text);
        for (at, _) in code.match_indices('#') {
            let Some(attribute) = attribute(code.get(at..).unwrap_or_default()) else { continue };
            let excepts = ["allow", "expect"].iter().any(|word| {
                attribute.match_indices(word).any(|(at, _)| {
                    let before = attribute.get(..at).and_then(|before| before.chars().next_back());
                    let after = attribute.get(at + word.len()..).unwrap_or_default();
                    before.is_some_and(|it| !it.is_alphanumeric() && it != '_') && after.starts_with('(')
                })
            });
            if excepts && !has_word(attribute, "reason") {
                let message = "switches a lint off without `reason = \"...\"`: say why, or fix the cause";
                findings.push(Finding::new(&file.path, line_at(&code, at), message));
            }
        }
    }
    findings
}

/// From `#[` or `#![` to the bracket that closes it.
fn attribute(code: &str) -> Option<&str> {
    let body = code.strip_prefix('#')?;
    if !body.strip_prefix('!').unwrap_or(body).starts_with('[') {
        return None;
    }
    let mut depth = 0_usize;
    for (at, character) in code.char_indices() {
        match character {
            '[' => depth += 1,
            ']' if depth == 1 => return code.get(..=at),
            ']' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{HouseFile, code_only, exceptions, has_word, signs, unfinished};

    fn rust(text: &str) -> Vec<HouseFile> {
        vec![HouseFile::new("src/lib.rs", text)]
    }

    #[test]
    fn comments_and_strings_are_not_code() {
        for spoken in [
            "// word",
            "/* a /* word */ word */",
            "\"a \\\" word\"",
            "r#\"a \" word\"#",
            "br\"word\"",
            "c\"word\"",
            "'\\u{77}' /// word",
            "\"word",
        ] {
            assert!(!code_only(spoken).contains("word"), "{spoken}: {}", code_only(spoken));
        }
        for code in
            ["fn f<'a>(word: &'a str) {}", "var\"x\" + word", "'\"' word '\"'", "r#word", "b'\\'' word"]
        {
            assert!(code_only(code).contains("word"), "{code}: {}", code_only(code));
        }
        assert_eq!(code_only("a /* x\ny */ b").matches('\n').count(), 1, "lines keep their numbers");
    }

    #[test]
    fn a_room_without_a_sign_is_found() {
        assert_eq!(signs(&rust("mod a;\n")).len(), 1);
        assert_eq!(signs(&rust("//! The rooms.\nmod a;\n")), []);
    }

    #[test]
    fn unfinished_work_is_found() {
        let note = concat!("// TO", "DO: later\n");
        assert_eq!(unfinished(&rust(note)).len(), 1);
        assert_eq!(unfinished(&rust("fn f() { todo!() }\n")).len(), 1);
        assert_eq!(unfinished(&rust("fn f() { unimplemented!() }\n")).len(), 1);
        assert_eq!(
            unfinished(&rust("#[test]\n#[ignore = \"slow\"]\nfn f() {}\n")).first().map(|it| it.line),
            Some(2)
        );
        assert_eq!(unfinished(&rust("// `todo!()` is banned\nlet s = \"unimplemented!\";\n")), []);
        assert_eq!(unfinished(&[HouseFile::new("tests/fixtures/a.json", note)]), []);
    }

    #[test]
    fn an_exception_without_a_reason_is_found() {
        assert_eq!(exceptions(&rust("\n#[allow(dead_code)]\nfn f() {}")).first().map(|it| it.line), Some(2));
        assert_eq!(exceptions(&rust("#![cfg_attr(test, allow(clippy::panic))]")).len(), 1);
        assert_eq!(exceptions(&rust("#[expect(\n    unused,\n)]\nfn f() {}")).len(), 1);
        assert_eq!(exceptions(&rust("#[allow(dead_code, reason = \"used by both\")]\nfn f() {}")), []);
        assert_eq!(exceptions(&rust("// #[allow(dead_code)]\n#[must_use]\nfn f() { x.expect(\"y\") }")), []);
    }

    #[test]
    fn words_are_whole() {
        assert!(has_word("a note: word", "word"));
        assert!(!has_word("words and swords", "word"));
    }
}
