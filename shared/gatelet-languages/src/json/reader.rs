//! The strict reader: what RFC 8259 calls JSON.

use super::{DEPTH_MAX, number};
use crate::LanguageError;
use crate::error::shown;
use crate::heap::{Heap, Map, Value};

/// What is made of two members of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Members {
    /// The last value counts.
    LastWins,
    /// An error.
    Unique,
}

/// Reads a whole document.
pub(super) fn read<'a>(
    text: &'a str,
    heap: &mut Heap<'a>,
    members: Members,
) -> Result<Value<'a>, LanguageError> {
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        at: 0,
        depth: 0,
        members,
        heap,
        pending: Vec::new(),
        members_pending: Vec::new(),
    };
    reader.skip_whitespace();
    let value = reader.value()?;
    reader.skip_whitespace();
    if reader.at < text.len() {
        return Err(reader.error("something stands behind the end of the document"));
    }
    Ok(value)
}

struct Reader<'a, 'h> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    depth: usize,
    members: Members,
    heap: &'h mut Heap<'a>,
    /// The values of lists that are being read, so that each list takes its memory once.
    pending: Vec<Value<'a>>,
    /// The members of maps that are being read.
    members_pending: Vec<(&'a str, Value<'a>)>,
}

impl<'a> Reader<'a, '_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_whitespace(&mut self) {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn error(&self, why: &str) -> LanguageError {
        LanguageError::new(self.at, format!("not JSON: {why}"))
    }

    fn between(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }

    fn value(&mut self) -> Result<Value<'a>, LanguageError> {
        match self.peek() {
            Some(b'"') => self.string().map(Value::Text),
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::Boolean(true)),
            Some(b'f') => self.word("false", Value::Boolean(false)),
            Some(b'n') => self.word("null", Value::Null),
            Some(_) => Err(self.error("a value is missing")),
            None => Err(self.error("it ends where a value must stand")),
        }
    }

    fn word(&mut self, word: &str, value: Value<'a>) -> Result<Value<'a>, LanguageError> {
        let end = self.at + word.len();
        if self.bytes.get(self.at..end) != Some(word.as_bytes()) {
            return Err(self.error("a value is missing"));
        }
        self.at = end;
        Ok(value)
    }

    fn nested(
        &mut self,
        read: fn(&mut Self) -> Result<Value<'a>, LanguageError>,
    ) -> Result<Value<'a>, LanguageError> {
        if self.depth == DEPTH_MAX {
            return Err(
                self.error(&format!("its lists and maps lie in each other more than {DEPTH_MAX} deep"))
            );
        }
        self.depth += 1;
        self.at += 1;
        self.skip_whitespace();
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn array(&mut self) -> Result<Value<'a>, LanguageError> {
        let start = self.pending.len();
        if !self.takes(b']') {
            loop {
                let value = self.value()?;
                self.pending.push(value);
                if self.ends(b']', "a `,` or the closing `]` is missing")? {
                    break;
                }
            }
        }
        let values = self.pending.split_off(start);
        Ok(Value::List(self.heap.new_list(values)))
    }

    fn object(&mut self) -> Result<Value<'a>, LanguageError> {
        let (place, start) = (self.at, self.members_pending.len());
        if !self.takes(b'}') {
            loop {
                if self.peek() != Some(b'"') {
                    return Err(self.error("the name of a member must stand in double quotes"));
                }
                let name = self.string()?;
                self.skip_whitespace();
                if !self.takes(b':') {
                    return Err(self.error("a `:` is missing behind the name of a member"));
                }
                self.skip_whitespace();
                let value = self.value()?;
                self.members_pending.push((name, value));
                if self.ends(b'}', "a `,` or the closing `}` is missing")? {
                    break;
                }
            }
        }
        let (map, doubled) = Map::collected(self.members_pending.split_off(start));
        if let (Some(name), Members::Unique) = (doubled, self.members) {
            let message = format!("{} stands twice in one map: send it once", shown(name));
            return Err(LanguageError::new(place, message));
        }
        Ok(Value::Map(self.heap.new_map(map)))
    }

    fn takes(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    /// Behind a member: whether it was the last.
    fn ends(&mut self, close: u8, why: &str) -> Result<bool, LanguageError> {
        self.skip_whitespace();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                self.skip_whitespace();
                Ok(false)
            }
            Some(byte) if byte == close => {
                self.at += 1;
                Ok(true)
            }
            _ => Err(self.error(why)),
        }
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Result<Value<'a>, LanguageError> {
        let start = self.at;
        self.takes(b'-');
        let zero = self.peek() == Some(b'0');
        let digits = self.digits();
        if digits == 0 || (zero && digits > 1) {
            return Err(
                self.error("a number begins with one digit other than `0`, or is `0` before its fraction")
            );
        }
        let mut whole = true;
        if self.takes(b'.') {
            whole = false;
            if self.digits() == 0 {
                return Err(self.error("a number has a digit behind its point"));
            }
        }
        if let Some(b'e' | b'E') = self.peek() {
            whole = false;
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(self.error("a number has a digit in its exponent"));
            }
        }
        let text = self.between(start, self.at);
        match whole {
            true => number::integer(text, start, self.heap.texts()),
            false => number::float(text, start, self.heap.texts()),
        }
    }

    /// A text in double quotes, at the first of which it stands.
    fn string(&mut self) -> Result<&'a str, LanguageError> {
        self.at += 1;
        let start = self.at;
        match self.plain() {
            Some(b'"') => {
                let text = self.between(start, self.at);
                self.at += 1;
                Ok(text)
            }
            Some(b'\\') => self.escaped(start),
            _ => Err(self.unclosed()),
        }
    }

    /// Goes on to what ends the text, escapes, or must not stand in it.
    fn plain(&mut self) -> Option<u8> {
        let rest = self.bytes.get(self.at..)?;
        let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..0x20));
        self.at += plain.unwrap_or(rest.len());
        self.peek()
    }

    fn unclosed(&self) -> LanguageError {
        self.error(match self.peek() {
            None => "a text is not closed",
            Some(_) => "a control character stands in a text: write it as an escape",
        })
    }

    #[cold]
    fn escaped(&mut self, start: usize) -> Result<&'a str, LanguageError> {
        let mut text = self.between(start, self.at).to_owned();
        loop {
            match self.peek() {
                Some(b'\\') => {
                    self.at += 1;
                    let character = self.escape()?;
                    text.push(character);
                }
                Some(b'"') => {
                    self.at += 1;
                    return Ok(self.heap.text(&text));
                }
                Some(0x20..) => {
                    let start = self.at;
                    self.plain();
                    text.push_str(self.between(start, self.at));
                }
                _ => return Err(self.unclosed()),
            }
        }
    }

    fn escape(&mut self) -> Result<char, LanguageError> {
        let letter = self.peek();
        self.at += 1;
        Ok(match letter {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => {
                self.at -= 1;
                return Err(self.error("a backslash stands before what it does not escape"));
            }
        })
    }

    fn unicode(&mut self) -> Result<char, LanguageError> {
        let first = self.hexadecimal()?;
        if let Some(character) = char::from_u32(first) {
            return Ok(character);
        }
        let before = self.at;
        if (0xd800..0xdc00).contains(&first) && self.takes(b'\\') && self.takes(b'u') {
            let second = self.hexadecimal()?;
            if (0xdc00..0xe000).contains(&second) {
                let pair = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(pair).unwrap_or('?'));
            }
        }
        self.at = before;
        Ok('?')
    }

    fn hexadecimal(&mut self) -> Result<u32, LanguageError> {
        const DIGITS: usize = 4;
        let digits = self.text.get(self.at..self.at + DIGITS);
        let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let code = code.ok_or_else(|| self.error("`\\u` stands before four hexadecimal digits"))?;
        self.at += DIGITS;
        Ok(code)
    }
}
