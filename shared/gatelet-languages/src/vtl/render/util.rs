//! `$util`
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html>).

use std::fmt::Write as _;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{Halt, Item, Renderer};
use crate::heap::{ELEMENT_BYTES, ListKind, MEMBER_BYTES, Value, bytes_of_list, bytes_of_map};
use crate::json;

/// As Java's `Base64`: padding is written, and may be left out where it is read.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// How many bytes are encoded, decoded or read as JSON in one step.
const CODED_BYTES_PER_STEP: usize = 8;

/// What the values of a document take in memory at most, in bytes, as far as one can tell without reading it.
fn document_bytes_max(text: &str) -> usize {
    let bytes = text.bytes().fold(0, |bytes, byte| {
        bytes
            + match byte {
                b'[' => bytes_of_list(1),
                b'{' => bytes_of_map(0),
                b':' => MEMBER_BYTES,
                b',' => ELEMENT_BYTES,
                // A text with escapes is kept anew.
                _ => 1,
            }
    });
    // As long as texts have no escapes, they are not copied.
    if text.contains('\\') { bytes } else { bytes.saturating_sub(text.len()) }
}

impl<'a> Renderer<'a> {
    /// A method of `$util`. What is given something other than a text gives nothing.
    pub(super) fn util_method(
        &mut self,
        name: &str,
        arguments: &[Value<'a>],
    ) -> Result<Option<Item<'a>>, Halt> {
        let [Value::Text(text)] = arguments else {
            return Ok(None);
        };
        self.work(text.len())?;
        self.steps((text.len() / CODED_BYTES_PER_STEP) as u64)?;
        let made = match name {
            // Most texts need nothing.
            "escapeJavaScript" if text.bytes().all(is_plain) => {
                return Ok(Some(Item::Value(Value::Text(text))));
            }
            "escapeJavaScript" => escape_java_script(text),
            "urlEncode" => url_encode(text),
            "urlDecode" => url_decode(text).ok_or_else(|| self.error("the text cannot be URL-decoded"))?,
            "base64Encode" => BASE64.encode(text),
            "base64Decode" => {
                let bytes = BASE64
                    .decode(text)
                    .map_err(|error| self.error(format!("the text is not Base64: {error}")))?;
                String::from_utf8_lossy(&bytes).into_owned()
            }
            "parseJson" => {
                let first = self.heap.count_lists();
                let before = self.heap.bytes();
                self.room(document_bytes_max(text))?;
                let Ok(value) = json::read_lenient(text, &mut self.heap) else {
                    return Ok(None);
                };
                self.heap.set_kind_from(first, ListKind::Java);
                let made = self.heap.bytes().saturating_sub(before);
                self.work(made)?;
                return Ok(Some(Item::Value(value)));
            }
            _ => return Ok(None),
        };
        Ok(Some(Item::Value(self.keep_value(&made)?)))
    }
}

/// Whether a byte is a character that `escapeJavaScript` leaves as it is.
const fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'\x7f') && !matches!(byte, b'\'' | b'"' | b'\\' | b'/')
}

/// As the `StringEscapeUtils` of Commons Lang 2: quotes of both kinds, `/` and control characters with a backslash, and what is not ASCII as `\uXXXX`.
fn escape_java_script(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 8);
    for character in text.chars() {
        let short = match character {
            '\'' | '"' | '\\' | '/' => Some(character),
            '\u{8}' => Some('b'),
            '\n' => Some('n'),
            '\t' => Some('t'),
            '\u{c}' => Some('f'),
            '\r' => Some('r'),
            _ => None,
        };
        match short {
            Some(short) => {
                escaped.push('\\');
                escaped.push(short);
            }
            None if (' '..'\u{7f}').contains(&character) || character == '\u{7f}' => escaped.push(character),
            None => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(escaped, "\\u{unit:04X}").unwrap_or_default();
                }
            }
        }
    }
    escaped
}

/// As Java's `URLEncoder`: a space becomes `+`.
fn url_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() + text.len() / 4);
    for byte in text.bytes() {
        match byte {
            b' ' => encoded.push('+'),
            b'.' | b'-' | b'*' | b'_' => encoded.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => encoded.push(char::from(byte)),
            byte => write!(encoded, "%{byte:02X}").unwrap_or_default(),
        }
    }
    encoded
}

/// As Java's `URLDecoder`; none where two digits do not stand behind a `%`.
fn url_decode(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        decoded.push(match first {
            b'+' => b' ',
            b'%' => {
                let digits = std::str::from_utf8(behind.get(..2)?).ok()?;
                if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                    return None;
                }
                rest = behind.get(2..)?;
                u8::from_str_radix(digits, 16).ok()?
            }
            byte => *byte,
        });
    }
    Some(String::from_utf8_lossy(&decoded).into_owned())
}
