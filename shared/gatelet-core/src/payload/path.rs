//! The one canonical path, computed once, before anything looks at the request. The route, the policy ARN,
//! the cache key, the throttle key, the upstream path and the log all derive from it.

use std::borrow::Cow;
use std::ops::Range;

use percent_encoding::percent_decode_str;

/// Why a path is refused with 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It does not begin with `/`.
    #[error("the path does not begin with `/`")]
    NotAbsolute,
    /// A `%` is not followed by two hexadecimal digits.
    #[error("a percent sign is not followed by two hexadecimal digits")]
    BadEscape,
    /// It has, encoded or not, a control character or a backslash, or decodes to no UTF-8.
    #[error("the path has a character that no path may hold")]
    BadCharacter,
    /// A segment is `.` or `..`, encoded or not, behind an encoded slash or before a path parameter.
    #[error("the path has a `.` or `..` segment")]
    DotSegment,
}

/// A path in the one spelling that the gateway goes by.
///
/// RFC 3986 section 6.2.2: escapes of unreserved characters are undone, all others have upper-case digits,
/// and what a path may not hold bare is escaped. An escaped slash stays escaped and never parts segments.
/// Slashes at the front count as one, as AWS has it. Dot segments, control characters, backslashes and what is not UTF-8
/// are refused rather than mended: two readers could mend them differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanonicalPath {
    text: String,
    /// Where each segment stands in `text`. A trailing slash is an empty last segment; `/` has none.
    segments: Vec<Range<u32>>,
    /// For each segment whose meaning differs from its spelling: the text that routes are held against.
    respelled: Vec<(u32, Box<str>)>,
}

impl CanonicalPath {
    /// Reads a path as it stood in the request line, without query and without what addressed the stage.
    ///
    /// # Errors
    /// A [`PathError`] where two readers could understand the path differently.
    pub fn parse(raw: &str) -> Result<Self, PathError> {
        let rest = raw.strip_prefix('/').ok_or(PathError::NotAbsolute)?.trim_start_matches('/');
        let mut text = String::with_capacity(rest.len() + 1);
        let mut segments = Vec::with_capacity(rest.bytes().filter(|byte| *byte == b'/').count() + 1);
        let mut respelled = Vec::new();
        text.push('/');
        if !rest.is_empty() {
            for (position, segment) in rest.split('/').enumerate() {
                if position > 0 {
                    text.push('/');
                }
                let start = text.len();
                push_segment(segment, &mut text)?;
                let canonical = text.get(start..).unwrap_or_default();
                if is_dot_segment(canonical) {
                    return Err(PathError::DotSegment);
                }
                if let Some(meaning) = meaning(canonical)? {
                    respelled.push((bounded(position), meaning));
                }
                segments.push(bounded(start)..bounded(text.len()));
            }
        }
        Ok(Self { text, segments, respelled })
    }

    /// The path in its canonical spelling; begins with `/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How many segments it has; a trailing slash counts as an empty one, and `/` has none.
    #[must_use]
    pub fn segment_count(&self) -> usize {
        self.segments.len()
    }

    /// Whether the path ends in a slash, `/` itself excepted.
    #[must_use]
    pub fn has_trailing_slash(&self) -> bool {
        self.segments.last().is_some_and(|last| last.is_empty())
    }

    /// A segment in its canonical spelling, percent-encoded; empty where there is none.
    #[must_use]
    pub fn segment(&self, position: usize) -> &str {
        self.segments
            .get(position)
            .and_then(|range| self.text.get(range.start as usize..range.end as usize))
            .unwrap_or_default()
    }

    /// A segment as routes are held against it: every escape undone but those of `/` and `%`.
    #[must_use]
    pub fn matching_segment(&self, position: usize) -> &str {
        if self.respelled.is_empty() {
            return self.segment(position);
        }
        let place = self.respelled.iter().find(|(respelled, _)| *respelled as usize == position);
        place.map_or_else(|| self.segment(position), |(_, meaning)| meaning)
    }

    /// The path in the one spelling in which it is named in ARNs: no escape stands for a character that a path may hold bare.
    #[must_use]
    pub fn bare(&self) -> Cow<'_, str> {
        if self.respelled.is_empty() {
            return Cow::Borrowed(&self.text);
        }
        let mut bare = String::with_capacity(self.text.len());
        let mut rest = &*self.text;
        while let Some((before, behind)) = rest.split_once('%') {
            bare.push_str(before);
            let digits = behind.get(..2).unwrap_or_default();
            match u8::from_str_radix(digits, 16) {
                Ok(byte) if is_bare(byte) => bare.push(char::from(byte)),
                _ => {
                    bare.push('%');
                    bare.push_str(digits);
                }
            }
            rest = behind.get(2..).unwrap_or_default();
        }
        bare.push_str(rest);
        Cow::Owned(bare)
    }

    /// The path as routes understand it, every escape undone but those of `/` and `%`; none where that is how it is spelled.
    #[must_use]
    pub fn meaning(&self) -> Option<String> {
        (!self.respelled.is_empty()).then(|| {
            let segments = (0..self.segment_count()).map(|position| self.matching_segment(position));
            segments.fold(String::with_capacity(self.text.len()), |path, segment| path + "/" + segment)
        })
    }

    /// All from a segment on, percent-encoded, slashes between; empty where there is none.
    #[must_use]
    pub fn from_segment(&self, position: usize) -> &str {
        let start = self.segments.get(position).map_or(self.text.len(), |range| range.start as usize);
        self.text.get(start..).unwrap_or_default()
    }
}

/// Whether a segment is `.` or `..` to a reader that knows path parameters, as in `..;x`.
fn is_dot_segment(segment: &str) -> bool {
    matches!(segment.split(';').next(), Some("." | ".."))
}

/// Offsets fit: the edge refuses longer request lines long before.
fn bounded(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// What a segment may hold bare besides unreserved characters (RFC 3986 section 3.3).
const fn is_bare(byte: u8) -> bool {
    is_unreserved(byte)
        || matches!(
            byte,
            b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' | b':' | b'@'
        )
}

fn push_segment(segment: &str, text: &mut String) -> Result<(), PathError> {
    if segment.bytes().all(is_bare) {
        text.push_str(segment);
        return Ok(());
    }
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let (Some(high), Some(low)) = (bytes.next().and_then(digit), bytes.next().and_then(digit))
                else {
                    return Err(PathError::BadEscape);
                };
                let decoded = high << 4 | low;
                if is_unreserved(decoded) {
                    text.push(char::from(decoded))
                } else {
                    push_escape(decoded, text)?
                }
            }
            bare if is_bare(bare) => text.push(char::from(bare)),
            other => push_escape(other, text)?,
        }
    }
    Ok(())
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn push_escape(byte: u8, text: &mut String) -> Result<(), PathError> {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    if byte.is_ascii_control() || byte == b'\\' {
        return Err(PathError::BadCharacter);
    }
    text.push('%');
    for nibble in [byte >> 4, byte & 0xF] {
        text.push(DIGITS.get(usize::from(nibble)).copied().map_or('0', char::from));
    }
    Ok(())
}

/// What a canonical segment means to a route, where that differs from its spelling.
fn meaning(canonical: &str) -> Result<Option<Box<str>>, PathError> {
    if !canonical.contains('%') {
        return Ok(None);
    }
    let decoded = percent_decode_str(canonical).decode_utf8().map_err(|_| PathError::BadCharacter)?;
    if decoded.chars().any(char::is_control) {
        return Err(PathError::BadCharacter);
    }
    if decoded.split('/').any(is_dot_segment) {
        return Err(PathError::DotSegment);
    }
    let meaning = match decoded.contains(['/', '%']) {
        false => decoded,
        true => Cow::Owned(decoded.replace('%', "%25").replace('/', "%2F")),
    };
    Ok(Some(meaning.into()))
}

#[cfg(test)]
mod tests;
