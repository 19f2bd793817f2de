//! From Java's regular expressions to those of the `regex` crate, which run in linear time whatever the text.
//!
//! Most of both is the same. Java's `\d`, `\w`, `\s`, `\b` and `\h` know ASCII alone
//! (<https://docs.oracle.com/javase/8/docs/api/java/util/regex/Pattern.html>); `\Q...\E` quotes. What needs
//! backtracking is refused here, where it can be named.

use crate::LanguageError;

/// Rewrites a pattern.
///
/// # Errors
/// A [`LanguageError`] for look-around, back references, atomic groups and possessive quantifiers.
pub(crate) fn translate(pattern: &str) -> Result<String, LanguageError> {
    let mut translated = String::with_capacity(pattern.len());
    let mut at = 0;
    let mut class_depth = 0_usize;
    while let Some(rest) = pattern.get(at..).filter(|rest| !rest.is_empty()) {
        let (token, written) = match rest.strip_prefix('\\') {
            Some(escape) => escaped(escape, at, class_depth > 0)?,
            None => {
                let token = rest.chars().next().map_or(0, char::len_utf8);
                let written = rest.get(..token).unwrap_or_default();
                if class_depth > 0
                    && let Some((length, written)) = doubled(rest, pattern.get(..at).unwrap_or_default())
                {
                    translated.push_str(written);
                    at += length;
                    continue;
                }
                match written {
                    "[" => class_depth += 1,
                    "]" => class_depth = class_depth.saturating_sub(1),
                    _ if class_depth == 0 => refuse_backtracking(rest, at)?,
                    _ => {}
                }
                (token, written.into())
            }
        };
        translated.push_str(&written);
        at += token;
    }
    Ok(translated)
}

/// The length of marks in a class that mean something only to the crate where they stand twice, and what they become.
fn doubled(rest: &str, before: &str) -> Option<(usize, &'static str)> {
    match rest.as_bytes() {
        [b'~', ..] => Some((1, "\\~")),
        // The first of a class is itself, and may begin a range.
        [b'-', b'-', ..] if before.ends_with(['[', '^']) => Some((1, "\\-")),
        // Any other ends one with the second.
        [b'-', b'-', ..] => Some((2, "-\\-")),
        _ => None,
    }
}

/// The length of an escape with its backslash, and what it becomes.
fn escaped(escape: &str, at: usize, in_class: bool) -> Result<(usize, String), LanguageError> {
    let Some(letter) = escape.chars().next() else {
        return Err(unsupported(at, "a backslash at its end"));
    };
    let length = 1 + letter.len_utf8();
    let class = |inside: &str, negated: bool| format!("[{}{inside}]", if negated { "^" } else { "" });
    let written = match letter {
        'd' | 'D' => class("0-9", letter == 'D'),
        'w' | 'W' => class("0-9A-Za-z_", letter == 'W'),
        's' | 'S' => class("\\t\\n\\x0B\\f\\r\\x20", letter == 'S'),
        'h' | 'H' => class(
            "\\t\\x20\\u{A0}\\u{1680}\\u{180E}\\u{2000}-\\u{200A}\\u{202F}\\u{205F}\\u{3000}",
            letter == 'H',
        ),
        'b' if !in_class => "(?-u:\\b)".to_owned(),
        'Q' => {
            let quoted = escape.get(1..).unwrap_or_default();
            let (text, end) = match quoted.split_once("\\E") {
                Some((text, _)) => (text, text.len() + "\\E".len()),
                None => (quoted, quoted.len()),
            };
            return Ok((length + end, regex::escape(text)));
        }
        // It also stands before a last line break, which nothing would then be left to match.
        'Z' if !in_class => "\\z".to_owned(),
        '1'..='9' | 'k' => return Err(unsupported(at, "a back reference")),
        'p' | 'P' if posix_class(escape).is_some() => {
            let (name, inside) = posix_class(escape).unwrap_or_default();
            return Ok((length + name.len() + "{}".len(), class(inside, letter == 'P')));
        }
        'B' | 'G' | 'P' | 'X' | 'p' => return Err(unsupported(at, &format!("`\\{letter}`"))),
        it if it.is_ascii_alphanumeric() => format!("\\{it}"),
        // Here Java takes any other character for itself.
        it => regex::escape(it.encode_utf8(&mut [0; 4])),
    };
    Ok((length, written))
}

/// Java's classes of ASCII characters, as `p{Alpha}`: the name and what is in it. Those of Unicode are not known.
fn posix_class(escape: &str) -> Option<(&str, &'static str)> {
    let (name, _) = escape.get(1..)?.strip_prefix('{')?.split_once('}')?;
    let inside = match name {
        "Lower" => "a-z",
        "Upper" => "A-Z",
        "ASCII" => "\\x00-\\x7F",
        "Alpha" => "a-zA-Z",
        "Digit" => "0-9",
        "Alnum" => "a-zA-Z0-9",
        "Punct" => "!-/:-@\\[-`\\{-~",
        "Graph" => "!-~",
        "Print" => "\\x20-~",
        "Blank" => "\\x20\\t",
        "Cntrl" => "\\x00-\\x1F\\x7F",
        "XDigit" => "0-9a-fA-F",
        "Space" => "\\x20\\t\\n\\x0B\\f\\r",
        _ => return None,
    };
    Some((name, inside))
}

/// Refuses what needs backtracking, where the rest of a pattern begins with it.
pub(super) fn refuse_backtracking(rest: &str, at: usize) -> Result<(), LanguageError> {
    for (mark, name) in [
        ("(?=", "look-ahead"),
        ("(?!", "look-ahead"),
        ("(?<=", "look-behind"),
        ("(?<!", "look-behind"),
        ("(?>", "an atomic group"),
        ("*+", "a possessive quantifier"),
        ("++", "a possessive quantifier"),
        ("?+", "a possessive quantifier"),
        ("}+", "a possessive quantifier"),
    ] {
        if rest.starts_with(mark) {
            return Err(unsupported(at, name));
        }
    }
    Ok(())
}

pub(super) fn unsupported(at: usize, what: &str) -> LanguageError {
    let message = format!("the pattern uses {what}, which this gateway does not run: write it without");
    LanguageError::new(at, message)
}
