//! The one error of all languages.

/// How much of a user's text an error repeats, in characters.
const SHOWN_CHARACTERS_MAX: usize = 60;

/// A text that its language does not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct LanguageError {
    /// Where in the text, in bytes from its beginning.
    pub offset: usize,
    /// What is wrong and what to do, in the user's words.
    pub message: String,
}

impl LanguageError {
    pub(crate) fn new(offset: usize, message: impl Into<String>) -> Self {
        Self { offset, message: message.into() }
    }

    /// The same error in a longer text, in which this one begins at `start`.
    #[must_use]
    pub(crate) fn moved_by(self, start: usize) -> Self {
        Self { offset: self.offset + start, ..self }
    }
}

/// The user's text for a message, in backticks and cut to what a line holds.
pub(crate) fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARACTERS_MAX) {
        Some((end, _)) => format!("`{}...`", text.get(..end).unwrap_or_default()),
        None => format!("`{text}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(shown("a"), "`a`");
        assert_eq!(shown(&"\u{e9}".repeat(61)), format!("`{}...`", "\u{e9}".repeat(60)));
    }
}
