//! JSON written straight into its bytes.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;

/// JSON under construction. Whoever writes closes what was opened.
pub(crate) struct Json(Vec<u8>);

impl Json {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub(crate) fn into_text(self) -> Box<str> {
        // What is written is text, piece by piece.
        String::from_utf8(self.0).unwrap_or_default().into()
    }

    /// Begins an object, a member's value or the whole.
    pub(crate) fn open(&mut self) {
        self.0.push(b'{');
    }

    pub(crate) fn close(&mut self) {
        self.0.push(b'}');
    }

    /// Begins a member of one of AWS's names, which need no escape.
    pub(crate) fn key(&mut self, name: &'static str) {
        self.separate();
        self.0.push(b'"');
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
    }

    /// Begins a member of any name.
    pub(crate) fn any_key(&mut self, name: &str) {
        self.separate();
        self.push_text(name);
        self.0.push(b':');
    }

    pub(crate) fn object(&mut self, name: &'static str) {
        self.key(name);
        self.open();
    }

    pub(crate) fn text(&mut self, name: &'static str, value: &str) {
        self.key(name);
        self.push_text(value);
    }

    pub(crate) fn optional(&mut self, name: &'static str, value: Option<&str>) {
        match value {
            Some(value) => self.text(name, value),
            None => self.raw(name, "null"),
        }
    }

    /// A member whose value is JSON already.
    pub(crate) fn raw(&mut self, name: &'static str, json: &str) {
        self.key(name);
        self.0.extend_from_slice(json.as_bytes());
    }

    /// Members that are JSON already, without the braces of their object; none at all is none.
    pub(crate) fn members(&mut self, json: &str) {
        if !json.is_empty() {
            self.separate();
            self.0.extend_from_slice(json.as_bytes());
        }
    }

    pub(crate) fn number(&mut self, name: &'static str, value: u64) {
        self.raw(name, itoa::Buffer::new().format(value));
    }

    /// A member that is bytes in base64.
    pub(crate) fn base64(&mut self, name: &'static str, bytes: &[u8]) {
        self.key(name);
        self.0.push(b'"');
        let start = self.0.len();
        let length = base64::encoded_len(bytes.len(), true).unwrap_or(usize::MAX);
        self.0.resize(start.saturating_add(length), 0);
        let written = self.0.get_mut(start..).and_then(|place| STANDARD.encode_slice(bytes, place).ok());
        self.0.truncate(start + written.unwrap_or(0));
        self.0.push(b'"');
    }

    /// A member that is a list of texts.
    pub(crate) fn texts<'t>(&mut self, name: &'static str, values: impl Iterator<Item = &'t str>) {
        self.key(name);
        self.push_texts(values);
    }

    pub(crate) fn push_texts<'t>(&mut self, values: impl Iterator<Item = &'t str>) {
        self.0.push(b'[');
        for value in values {
            self.separate();
            self.push_text(value);
        }
        self.0.push(b']');
    }

    /// One text made of several, with commas between.
    pub(crate) fn push_joined<'t>(&mut self, values: impl Iterator<Item = &'t str>) {
        self.0.push(b'"');
        for (position, value) in values.enumerate() {
            if position > 0 {
                self.0.push(b',');
            }
            self.push_escaped(value);
        }
        self.0.push(b'"');
    }

    /// A value that is JSON already.
    pub(crate) fn push_json(&mut self, json: &str) {
        self.0.extend_from_slice(json.as_bytes());
    }

    pub(crate) fn push_text(&mut self, text: &str) {
        self.0.push(b'"');
        self.push_escaped(text);
        self.0.push(b'"');
    }

    /// A comma, unless this is the first in its object or list. No value ends in an opening bracket.
    fn separate(&mut self) {
        if !matches!(self.0.last(), None | Some(b'{' | b'[')) {
            self.0.push(b',');
        }
    }

    fn push_escaped(&mut self, text: &str) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut rest = text.as_bytes();
        loop {
            let (before, from) = rest.split_at(plain_length(rest));
            self.0.extend_from_slice(before);
            let Some((byte, behind)) = from.split_first() else { break };
            match byte {
                b'"' => self.0.extend_from_slice(b"\\\""),
                b'\\' => self.0.extend_from_slice(b"\\\\"),
                b'\n' => self.0.extend_from_slice(b"\\n"),
                b'\r' => self.0.extend_from_slice(b"\\r"),
                b'\t' => self.0.extend_from_slice(b"\\t"),
                control => {
                    self.0.extend_from_slice(b"\\u00");
                    for nibble in [control >> 4, control & 0xF] {
                        self.0.extend(DIGITS.get(usize::from(nibble)));
                    }
                }
            }
            rest = behind;
        }
    }
}

/// How many bytes stand before the first that needs an escape, looked at in blocks that the processor takes at once.
fn plain_length(bytes: &[u8]) -> usize {
    const BLOCK: usize = 16;
    let mut length = 0;
    for block in bytes.chunks(BLOCK) {
        if block.iter().fold(false, |any, byte| any | needs_escape(*byte)) {
            return length + block.iter().position(|byte| needs_escape(*byte)).unwrap_or(block.len());
        }
        length += block.len();
    }
    length
}

const fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Bytes as text; what is not UTF-8 is mended.
pub(crate) fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    // Quicker than mending at once, for what is UTF-8 almost always.
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// A percent-encoded text decoded.
pub(crate) fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let hostile: String = (0..0x300).filter_map(char::from_u32).chain("\u{2028}😀\"\\".chars()).collect();
        let mut json = Json::with_capacity(0);
        json.open();
        json.text("text", &hostile);
        json.optional("none", None);
        json.number("number", u64::MAX);
        json.texts("list", ["a", "", "\""].into_iter());
        json.texts("empty", std::iter::empty());
        json.object("inner");
        json.any_key("{\"");
        json.push_joined(["x", "y{"].into_iter());
        json.close();
        json.object("nothing");
        json.close();
        json.base64("bytes", &[0xFF, 0, 1]);
        json.close();
        let read: serde_json::Value = serde_json::from_slice(&json.into_bytes()).unwrap();
        assert_eq!(
            read,
            serde_json::json!({
                "text": hostile, "none": null, "number": u64::MAX, "list": ["a", "", "\""], "empty": [],
                "inner": {"{\"": "x,y{"}, "nothing": {}, "bytes": "/wAB"
            })
        );
    }
}
