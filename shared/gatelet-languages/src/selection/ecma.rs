//! From the regular expressions of ECMA 262, which schemas are written with, to those of the `regex` crate, which run in linear time whatever
//! the text (<https://262.ecma-international.org/5.1/#sec-15.10>, with what browsers take beside it,
//! <https://262.ecma-international.org/6.0/#sec-regular-expressions-patterns>).
//!
//! In a class nothing but `\`, `]`, `^` in front and `-` between two characters means anything; `{` that begins no quantifier is itself, and so is a
//! letter that no escape knows. What needs backtracking is refused here, where it can be named.

use super::java::{refuse_backtracking, unsupported};
use crate::LanguageError;

/// What `\s` stands for: white space and line ends.
const SPACES: &str = "\\t\\n\\x0B\\f\\r\\x20\\u{A0}\\u{1680}\\u{2000}-\\u{200A}\\u{2028}\\u{2029}\\u{202F}\\u{205F}\\u{3000}\\u{FEFF}";

/// Rewrites a pattern.
///
/// # Errors
/// A [`LanguageError`] for look-around, back references and classes by a Unicode property.
pub(crate) fn translate_ecma(pattern: &str) -> Result<String, LanguageError> {
    let mut reader = Reader { pattern, at: 0, written: String::with_capacity(pattern.len() * 2) };
    while let Some(character) = reader.peek() {
        match character {
            '[' => reader.class()?,
            '\\' => {
                let escape = reader.escape(false)?;
                reader.written.push_str(&escape.written());
            }
            '{' => reader.brace(),
            ']' | '}' => {
                reader.at += 1;
                reader.literal(character);
            }
            other => {
                refuse_backtracking(reader.rest(), reader.at)?;
                reader.at += other.len_utf8();
                reader.written.push(other);
            }
        }
    }
    Ok(reader.written)
}

struct Reader<'p> {
    pattern: &'p str,
    at: usize,
    written: String,
}

/// What an escape, or one place of a class, means.
enum Atom {
    Character(char),
    /// Something that stands for several characters, or for a place, as it is written for the crate.
    Other(String),
}

impl Atom {
    fn written(&self) -> String {
        match self {
            Self::Character(character) => quoted(*character),
            Self::Other(written) => written.clone(),
        }
    }
}

/// A character for itself, wherever it stands.
fn quoted(character: char) -> String {
    match character {
        // In a class these mean something where they stand twice, or between others.
        '&' | '~' | '-' => format!("\\{character}"),
        other => regex::escape(other.encode_utf8(&mut [0; 4])),
    }
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.pattern.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn literal(&mut self, character: char) {
        self.written.push_str(&quoted(character));
    }

    /// `{`: a quantifier is written as it is.
    fn brace(&mut self) {
        let inside = self.rest().strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let quantifier = inside.map(|(inside, _)| inside).filter(|inside| match inside.split_once(',') {
            Some((from, to)) => is_number(from) && (to.is_empty() || is_number(to)),
            None => is_number(inside),
        });
        match quantifier {
            Some(quantifier) => {
                let length = quantifier.len() + 1;
                let quantifier = format!("{{{quantifier}");
                self.written.push_str(&quantifier);
                self.written.push('}');
                self.at += length + 1;
            }
            None => {
                self.literal('{');
                self.at += 1;
            }
        }
    }

    /// `[...]`
    fn class(&mut self) -> Result<(), LanguageError> {
        let start = self.at;
        self.at += 1;
        let negated = self.rest().starts_with('^');
        self.at += usize::from(negated);
        let mut inside = String::new();
        loop {
            match self.peek() {
                None => return Err(LanguageError::new(start, "the pattern has a `[` that is not closed")),
                Some(']') => break,
                Some(_) => {}
            }
            let from = self.class_atom()?;
            inside.push_str(&from.written());
            // A `-` before the end is itself.
            let ranges = self.rest().starts_with('-') && !self.rest().starts_with("-]");
            if !ranges {
                continue;
            }
            self.at += 1;
            if self.peek().is_none() {
                continue;
            }
            let to = self.class_atom()?;
            match (&from, &to) {
                (Atom::Character(_), Atom::Character(_)) => inside.push('-'),
                // Beside what stands for several characters it is itself, too.
                _ => inside.push_str("\\-"),
            }
            inside.push_str(&to.written());
        }
        self.at += 1;
        self.written.push_str(&match (inside.is_empty(), negated) {
            (true, false) => "[^\\x00-\\u{10FFFF}]".to_owned(),
            (true, true) => "(?s:.)".to_owned(),
            (false, negated) => format!("[{}{inside}]", if negated { "^" } else { "" }),
        });
        Ok(())
    }

    fn class_atom(&mut self) -> Result<Atom, LanguageError> {
        match self.peek() {
            Some('\\') => self.escape(true),
            Some(character) => {
                self.at += character.len_utf8();
                Ok(Atom::Character(character))
            }
            None => Ok(Atom::Other(String::new())),
        }
    }

    /// An escape, from its backslash on.
    fn escape(&mut self, in_class: bool) -> Result<Atom, LanguageError> {
        let at = self.at;
        self.at += 1;
        let Some(letter) = self.peek() else { return Err(unsupported(at, "a backslash at its end")) };
        self.at += letter.len_utf8();
        let class = |inside: &str, negated: bool| {
            Atom::Other(format!("[{}{inside}]", if negated { "^" } else { "" }))
        };
        Ok(match letter {
            'd' | 'D' => class("0-9", letter == 'D'),
            'w' | 'W' => class("0-9A-Za-z_", letter == 'W'),
            's' | 'S' => class(SPACES, letter == 'S'),
            'b' if in_class => Atom::Character('\u{8}'),
            'b' => Atom::Other("(?-u:\\b)".to_owned()),
            'B' if !in_class => Atom::Other("(?-u:\\B)".to_owned()),
            't' => Atom::Character('\t'),
            'n' => Atom::Character('\n'),
            'v' => Atom::Character('\u{b}'),
            'f' => Atom::Character('\u{c}'),
            'r' => Atom::Character('\r'),
            '0' if !self.rest().starts_with(|next: char| next.is_ascii_digit()) => Atom::Character('\0'),
            '0'..='9' => return Err(unsupported(at, "a back reference")),
            'k' if !in_class => return Err(unsupported(at, "a back reference")),
            'p' | 'P' => return Err(unsupported(at, &format!("`\\{letter}`"))),
            'c' => match self.peek() {
                Some(control) if control.is_ascii_alphabetic() => {
                    self.at += 1;
                    Atom::Character(char::from(u8::try_from(control).unwrap_or_default() & 0x1f))
                }
                _ => {
                    self.at -= 1;
                    Atom::Character('\\')
                }
            },
            'x' => self.hexadecimal(at, 2, letter)?,
            'u' => self.hexadecimal(at, 4, letter)?,
            other => Atom::Character(other),
        })
    }

    /// A character by its number; the letter itself where the digits are not there.
    fn hexadecimal(&mut self, at: usize, count: usize, letter: char) -> Result<Atom, LanguageError> {
        let Some(code) = self.digits(count) else { return Ok(Atom::Character(letter)) };
        self.at += count;
        if let Some(character) = char::from_u32(code) {
            return Ok(Atom::Character(character));
        }
        let behind = self.at;
        if (0xd800..0xdc00).contains(&code) && self.rest().starts_with("\\u") {
            self.at += 2;
            if let Some(second) = self.digits(4).filter(|second| (0xdc00..0xe000).contains(second)) {
                self.at += 4;
                let pair = 0x10000 + ((code - 0xd800) << 10) + (second - 0xdc00);
                return Ok(Atom::Character(char::from_u32(pair).unwrap_or('?')));
            }
        }
        self.at = behind;
        Err(unsupported(at, "half of a surrogate pair"))
    }

    fn digits(&self, count: usize) -> Option<u32> {
        let digits = self.rest().get(..count)?;
        let right = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        right.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Regex::new(&translate_ecma(pattern).unwrap()).unwrap().is_match(text)
    }

    #[test]
    fn patterns_mean_what_they_mean_in_ecma_262() {
        for (pattern, text, expected) in [
            ("^[^[\\]]*$", "ab", true),
            ("^[^[\\]]*$", "a[b", false),
            ("^{.*}$", "{a}", true),
            ("^{.*}$", "a", false),
            ("^a{,3}$", "a{,3}", true),
            ("^a{,3}$", "aa", false),
            ("^a{1,}b{2}c{1,2}$", "aabbc", true),
            ("^a{1,}b{2}c{1,2}$", "abc", false),
            ("^a{2}?$", "aa", true),
            ("^\\0$", "\0", true),
            ("a\\B", "ab", true),
            ("a\\B", "a", false),
            ("^[+--]+$", "+,-", true),
            ("^[+--]+$", ".", false),
            ("^[--a]$", "A", true),
            ("^[a-]$", "-", true),
            ("^[-a]$", "-", true),
            ("^[\\w-.]+$", "a-.", true),
            ("^[\\w-.]+$", "+", false),
            ("^[a-z&&b]+$", "a&z", true),
            ("^[a~~b]+$", "a~b", true),
            ("^[^]$", "\n", true),
            ("[]", "a", false),
            ("^[\\b]$", "\u{8}", true),
            ("^[a^]$", "^", true),
            ("^\\cC$", "\u{3}", true),
            ("^\\a\\_\\/\\-$", "a_/-", true),
            ("^\\u00e9\\x41$", "\u{e9}A", true),
            ("^\\uD83D\\uDE00$", "\u{1f600}", true),
            ("^\\s$", "\u{a0}", true),
            ("^[\\s\\S]$", "\n", true),
            ("^\\d$", "\u{663}", false),
            ("]}", "]}", true),
            ("^[\u{e9}-\u{eb}]$", "\u{ea}", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} on {text:?}");
        }
    }

    #[test]
    fn what_needs_backtracking_is_refused_at_its_place() {
        for (pattern, offset, why) in [
            ("a(?=b)", 1, "look-ahead"),
            ("(?<!b)", 0, "look-behind"),
            ("(a)\\1", 3, "a back reference"),
            ("\\p{L}", 0, "`\\p`"),
            ("a[b", 1, "not closed"),
            ("a\\", 1, "a backslash at its end"),
            ("\\ud800", 0, "surrogate"),
        ] {
            let error = translate_ecma(pattern).unwrap_err();
            assert!(error.offset == offset && error.message.contains(why), "{pattern}: {error}");
        }
        assert!(translate_ecma("[(?=a)*+]").is_ok());
    }
}
