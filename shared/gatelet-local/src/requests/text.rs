//! Text that comes from elsewhere, made safe for a terminal and for one line.

use std::borrow::Cow;
use std::fmt::Write;

/// Shows stand for what was cut off.
const CUT: char = '…';

/// A text in which everything is visible as itself: control characters, terminal escapes and characters that change
/// the direction or the width of what follows are spelt out, and what is longer than `characters_max` is cut.
#[must_use]
pub fn printable(text: &str, characters_max: usize) -> Cow<'_, str> {
    if text.len() <= characters_max && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len().min(characters_max) + 8);
    for (position, character) in text.chars().enumerate() {
        if position >= characters_max {
            shown.push(CUT);
            break;
        }
        if misleads(character) {
            let _ = write!(shown, "{}", character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// Control characters, line separators, and Unicode's formatting characters.
fn misleads(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_invisible_reaches_the_terminal() {
        assert!(matches!(printable("/pets?x=1", 80), Cow::Borrowed("/pets?x=1")));
        assert_eq!(printable("/\u{1b}[31mred\r\n\0", 80), "/\\u{1b}[31mred\\u{d}\\u{a}\\u{0}");
        assert_eq!(printable("/\u{202e}txt\u{9b}31m", 80), "/\\u{202e}txt\\u{9b}31m");
        assert_eq!(printable("/käse/🧀", 80), "/käse/🧀");
        assert_eq!(printable("/abcdef", 4), "/abc…");
    }
}
