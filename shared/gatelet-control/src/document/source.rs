//! The text of a definition file, and where in it something stands.

use std::sync::{Arc, OnceLock};

use gatelet_model::{Place, Problem};

use super::MAX_BYTES;

/// The longest line a [`Place`] shows, in characters; of a longer one (minified JSON) a window is shown.
const MAX_LINE_CHARACTERS: usize = 160;

/// How many characters of a cut line are shown before what is meant.
const WINDOW_LEAD: usize = 60;

/// Stands where a line was cut.
const CUT: char = '…';

/// How far apart the positions are that a source remembers, so that finding a place never walks the whole text.
const MARK_DISTANCE_BYTES: usize = 4096;

/// A piece of a source's text: byte offsets, the end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

impl Span {
    /// From offsets; those no source can have (a text ends at [`MAX_BYTES`]) become the greatest.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        let offset = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { start: offset(start), end: offset(end.max(start)) }
    }

    /// From the start of this span to the end of the other.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start, end: other.end.max(self.start) }
    }

    /// The same span in a source into which its own was included at this offset.
    #[must_use]
    pub const fn shifted(self, by: u32) -> Self {
        Self { start: self.start.saturating_add(by), end: self.end.saturating_add(by) }
    }
}

/// A definition file: its name as the user knows it, and its text.
#[derive(Debug, Clone)]
pub struct Source {
    file: Arc<str>,
    text: Arc<str>,
    marks: OnceLock<Vec<Mark>>,
    /// Other files whose text a definition takes in, each with the offset at which its spans begin.
    included: Vec<(u32, Self)>,
}

impl Source {
    /// From text that is already at hand. A byte order mark at its start is dropped.
    #[must_use]
    pub fn new(file: impl Into<Arc<str>>, text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self { file: file.into(), text: text.into(), marks: OnceLock::new(), included: Vec::new() }
    }

    /// From the bytes of a file, which must be UTF-8; a byte order mark is dropped.
    ///
    /// # Errors
    ///
    /// More than [`MAX_BYTES`], or a byte that is not UTF-8, with its place.
    pub fn from_bytes(file: impl Into<Arc<str>>, bytes: &[u8]) -> Result<Self, Problem> {
        if bytes.len() > MAX_BYTES {
            return Err(too_large(bytes.len()));
        }
        let file = file.into();
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Self::new(file, text)),
            Err(error) => {
                let offset = error.valid_up_to();
                let message = if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
                    "the file is UTF-16, not UTF-8".to_owned()
                } else {
                    let byte = bytes.get(offset).copied().unwrap_or_default();
                    format!("the byte 0x{byte:02X} at offset {offset} is not UTF-8")
                };
                // Up to the bad byte the readable form has the same offsets; `new` would shift them by a byte order mark.
                let text = String::from_utf8_lossy(bytes);
                let readable =
                    Self { file, text: text.as_ref().into(), marks: OnceLock::new(), included: Vec::new() };
                let place = readable.place(Span::new(offset, offset + 1));
                Err(Problem::error(message).help("save the file as UTF-8").at(place))
            }
        }
    }

    /// Takes in another file: its nodes, [shifted](super::Node::shifted) by the offset that this returns, have
    /// their places in that file. None where there is no more room for offsets.
    pub fn include(&mut self, other: Self) -> Option<u32> {
        let end = self.included.last().map_or((0, self.text.len()), |(at, last)| (*at, last.text.len()));
        let at = u32::try_from(end.1).ok()?.checked_add(end.0)?.checked_add(1)?;
        at.checked_add(u32::try_from(other.text.len()).ok()?)?;
        self.included.push((at, other));
        Some(at)
    }

    /// The included file that a span is of, with the span's place in it.
    fn included(&self, span: Span) -> Option<(&Self, Span)> {
        let behind = self.included.partition_point(|(at, _)| *at <= span.start);
        let (at, source) = self.included.get(behind.checked_sub(1)?)?;
        let back = |offset: u32| offset.saturating_sub(*at);
        Some((source, Span { start: back(span.start), end: back(span.end) }))
    }

    /// The file as the user named it.
    #[must_use]
    pub fn file(&self) -> &Arc<str> {
        &self.file
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The text of a span; empty where the span is not of this source.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        if let Some((source, span)) = self.included(span) {
            return source.slice(span);
        }
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// Where a span stands. A span over several lines is shown on its first.
    ///
    /// `line` and `column` are always those of the file, so that an editor jumps to the right place. `source_line` is
    /// the whole line up to 160 characters; of a longer one it is a window with `…` where it was cut, and
    /// [`caret_column`] tells where in it the meant text begins.
    #[must_use]
    pub fn place(&self, span: Span) -> Place {
        if let Some((source, span)) = self.included(span) {
            return source.place(span);
        }
        let start = self.text.floor_char_boundary((span.start as usize).min(self.text.len()));
        let end = self.text.floor_char_boundary((span.end as usize).clamp(start, self.text.len()));
        let (before, after) = self.text.split_at(start);
        let position = self.position(start);
        let is_break = |character: &char| matches!(character, '\n' | '\r');

        // One character more than can be shown tells whether the line goes on.
        let lead: Vec<char> =
            before.chars().rev().take_while(|c| !is_break(c)).take(MAX_LINE_CHARACTERS + 1).collect();
        let rest: Vec<char> =
            after.chars().take_while(|c| !is_break(c)).take(MAX_LINE_CHARACTERS + 1).collect();

        let is_cut = lead.len() + rest.len() > MAX_LINE_CHARACTERS;
        let cut_before = is_cut && lead.len() > WINDOW_LEAD;
        let lead_shown = if cut_before { WINDOW_LEAD } else { lead.len() };
        let rest_shown = rest.len().min(MAX_LINE_CHARACTERS - lead_shown);

        let mut source_line = String::new();
        source_line.extend(cut_before.then_some(CUT));
        source_line.extend(lead.iter().take(lead_shown).rev());
        source_line.extend(rest.iter().take(rest_shown));
        source_line.extend((rest_shown < rest.len()).then_some(CUT));

        let meant = self.text.get(start..end).unwrap_or_default().chars().take(rest_shown).count();
        Place {
            file: Arc::clone(&self.file),
            line: position.line,
            column: position.column,
            length: u32::try_from(meant).unwrap_or(u32::MAX).max(1),
            source_line,
        }
    }

    fn position(&self, offset: usize) -> Mark {
        let bytes = self.text.as_bytes();
        let marks = self.marks.get_or_init(|| {
            let starts = (0..bytes.len()).step_by(MARK_DISTANCE_BYTES);
            let mut mark = Mark { offset: 0, line: 1, column: 1 };
            starts
                .map(|start| {
                    mark = mark.advanced(bytes, start);
                    mark
                })
                .collect()
        });
        let nearest = marks.partition_point(|mark| mark.offset <= offset).saturating_sub(1);
        let mark = marks.get(nearest).copied().unwrap_or(Mark { offset: 0, line: 1, column: 1 });
        mark.advanced(bytes, offset)
    }
}

/// The column, from 1, at which the meant text begins in the `source_line` of a place that [`Source::place`] made:
/// the place's own column, unless the line was cut before it.
#[must_use]
pub fn caret_column(place: &Place) -> u32 {
    let is_cut = place.source_line.starts_with(CUT);
    let shown = WINDOW_LEAD as u32 + 2;
    if is_cut { place.column.min(shown) } else { place.column }
}

pub(super) fn too_large(bytes: usize) -> Problem {
    Problem::error(format!(
        "the definition has {bytes} bytes, the most that can be imported is {MAX_BYTES} bytes (6 MB)"
    ))
    .help("split the API, or leave out examples and descriptions")
}

/// A known position in the text; what stands before `column` is counted in characters.
#[derive(Debug, Clone, Copy)]
struct Mark {
    offset: usize,
    line: u32,
    column: u32,
}

impl Mark {
    fn advanced(self, bytes: &[u8], to: usize) -> Self {
        let passed = bytes.get(self.offset..to).unwrap_or_default();
        let (mut line, mut column) = (self.line, self.column);
        for (index, byte) in passed.iter().enumerate() {
            let ends_line =
                *byte == b'\n' || (*byte == b'\r' && bytes.get(self.offset + index + 1) != Some(&b'\n'));
            // Bytes 0x80 to 0xBF continue a character that was counted at its first byte.
            let begins_character = (*byte as i8) >= -0x40;
            if ends_line {
                line += 1;
                column = 1;
            } else {
                column += u32::from(begins_character);
            }
        }
        Self { offset: self.offset + passed.len(), line, column }
    }
}
