//! The lenient reader: what json-smart takes in its permissive mode beyond JSON
//! (<https://netplex.github.io/json-smart/>).
//!
//! ASSUMPTION: the service runs that mode whole. What its own examples and recordings show of it fits, see this folder's sign.

use super::{DEPTH_MAX, number};
use crate::LanguageError;
use crate::heap::{Heap, Map, Value};

/// Reads a whole document; what stands behind its first list, map or quoted text is not looked at.
pub(super) fn read<'a>(text: &'a str, heap: &mut Heap<'a>) -> Result<Value<'a>, LanguageError> {
    let mut reader = Reader { text, at: 0, depth: 0, heap };
    reader.skip(is_json_space);
    match reader.peek() {
        None => Ok(Value::Text("")),
        Some(_) => reader.value(&[]),
    }
}

struct Reader<'a, 'h> {
    text: &'a str,
    at: usize,
    depth: usize,
    heap: &'h mut Heap<'a>,
}

fn is_json_space(character: char) -> bool {
    matches!(character, ' ' | '\n' | '\t' | '\r')
}

/// What json-smart skips behind names and values, and cuts from texts without quotes.
fn is_space(character: char) -> bool {
    character <= ' '
}

impl<'a> Reader<'a, '_> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip(&mut self, skipped: fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(skipped).len();
    }

    fn error(&self, why: &str) -> LanguageError {
        LanguageError::new(self.at, format!("not JSON: {why}"))
    }

    fn unexpected(&self) -> LanguageError {
        match self.peek() {
            Some(character) => self.error(&format!("`{character}` stands where it cannot")),
            None => self.error("it ends too early"),
        }
    }

    /// A value, which one of `stops` ends if it has no quotes.
    fn value(&mut self, stops: &[char]) -> Result<Value<'a>, LanguageError> {
        self.skip(is_json_space);
        match self.peek() {
            Some(':' | '}' | ']') | None => Err(self.unexpected()),
            Some('{') => self.nested(Self::object),
            Some('[') => self.nested(Self::array),
            Some('"' | '\'') => self.quoted().map(Value::Text),
            Some('-' | '0'..='9') => self.number(stops),
            Some(_) => Ok(match self.bare(stops) {
                "null" => Value::Null,
                "true" => Value::Boolean(true),
                "false" => Value::Boolean(false),
                "NaN" => Value::Double(f64::NAN),
                text => Value::Text(text),
            }),
        }
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
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn array(&mut self) -> Result<Value<'a>, LanguageError> {
        let mut values = Vec::new();
        loop {
            self.skip(|character| is_json_space(character) || character == ',');
            if self.peek() == Some(']') {
                self.at += 1;
                return Ok(Value::List(self.heap.new_list(values)));
            }
            let value = self.value(&[',', ']'])?;
            values.push(value);
        }
    }

    fn object(&mut self) -> Result<Value<'a>, LanguageError> {
        let mut map = Map::default();
        loop {
            self.skip(|character| is_json_space(character) || character == ',');
            let name = match self.peek() {
                Some('}') => {
                    self.at += 1;
                    return Ok(Value::Map(self.heap.new_map(map)));
                }
                Some(':' | ']' | '[' | '{') | None => return Err(self.unexpected()),
                Some('"' | '\'') => self.quoted()?,
                Some(_) => self.bare(&[':']),
            };
            self.skip(is_space);
            if self.peek() != Some(':') {
                return Err(self.unexpected());
            }
            self.at += 1;
            let value = self.value(&[',', '}'])?;
            map.put(name, value);
            self.skip(is_space);
            if !matches!(self.peek(), Some(',' | '}')) {
                return Err(self.unexpected());
            }
        }
    }

    /// What stands before one of `stops`, without the space at its ends.
    fn bare(&mut self, stops: &[char]) -> &'a str {
        let rest = self.rest();
        let end = rest.find(stops).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default().trim_matches(is_space)
    }

    fn number(&mut self, stops: &[char]) -> Result<Value<'a>, LanguageError> {
        let start = self.at;
        let text = self.bare(stops);
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let digits = |text: &'a str| text.trim_start_matches(|character: char| character.is_ascii_digit());
        let behind_whole = digits(unsigned);
        if behind_whole.is_empty() {
            return match text {
                "-" => Ok(Value::Integer(0)),
                _ => number::integer(text, start, self.heap.texts()),
            };
        }
        let behind_fraction = match behind_whole.strip_prefix('.') {
            Some(fraction) => digits(fraction),
            None => behind_whole,
        };
        let behind = match behind_fraction.strip_prefix(['e', 'E']) {
            Some(exponent) => match exponent.chars().next() {
                Some('+' | '-' | '0'..='9') => digits(exponent.get(1..).unwrap_or_default()),
                _ => behind_fraction,
            },
            None => behind_fraction,
        };
        match behind {
            "" => number::float(text, start, self.heap.texts()),
            _ => Ok(Value::Text(text)),
        }
    }

    /// A text in double or single quotes, in which control characters stand for themselves unless it has escapes: then they are left out.
    fn quoted(&mut self) -> Result<&'a str, LanguageError> {
        let quote = self.peek().unwrap_or('"');
        self.at += 1;
        let rest = self.rest();
        let Some((text, _)) = rest.split_once(quote) else {
            return Err(LanguageError::new(self.at, "not JSON: a text is not closed"));
        };
        if !text.contains('\\') {
            self.at += text.len() + 1;
            return Ok(text);
        }
        let mut unescaped = String::new();
        loop {
            let Some(character) = self.peek() else { return Err(self.unexpected()) };
            self.at += character.len_utf8();
            match character {
                '\\' => {
                    if let Some(character) = self.escape()? {
                        unescaped.push(character);
                    }
                }
                it if it == quote => return Ok(self.heap.text(&unescaped)),
                ..' ' | '\u{7f}' => {}
                it => unescaped.push(it),
            }
        }
    }

    /// What an escape stands for; none for a letter that json-smart does not know, which it drops.
    fn escape(&mut self) -> Result<Option<char>, LanguageError> {
        let Some(letter) = self.peek() else { return Err(self.unexpected()) };
        self.at += letter.len_utf8();
        Ok(Some(match letter {
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'f' => '\u{c}',
            'b' => '\u{8}',
            '\\' | '/' | '\'' | '"' => letter,
            'u' => return self.unicode().map(Some),
            'x' => char::from_u32(self.hexadecimal(2)?).unwrap_or('?'),
            _ => return Ok(None),
        }))
    }

    fn unicode(&mut self) -> Result<char, LanguageError> {
        let first = self.hexadecimal(4)?;
        if let Some(character) = char::from_u32(first) {
            return Ok(character);
        }
        let before = self.at;
        if (0xd800..0xdc00).contains(&first) && self.rest().starts_with("\\u") {
            self.at += 2;
            let second = self.hexadecimal(4)?;
            if (0xdc00..0xe000).contains(&second) {
                let pair = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(pair).unwrap_or('?'));
            }
        }
        self.at = before;
        Ok('?')
    }

    fn hexadecimal(&mut self, count: usize) -> Result<u32, LanguageError> {
        let digits =
            self.rest().get(..count).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let code = code.ok_or_else(|| self.error("an escape lacks its hexadecimal digits"))?;
        self.at += count;
        Ok(code)
    }
}
