//! Parts of texts, counted as Java counts: in UTF-16.

/// How long a text is to Java.
pub(super) fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

/// A part of a text; none where Java would throw.
pub(super) fn slice(text: &str, from: i64, to: i64) -> Option<String> {
    let from = usize::try_from(from).ok()?;
    let to = usize::try_from(to).ok()?;
    if text.is_ascii() {
        return text.get(from..to).map(str::to_owned);
    }
    let units: Vec<u16> = text.encode_utf16().collect();
    // Half of a pair, which is no character, becomes `?`, as it would where Java writes it.
    let part = char::decode_utf16(units.get(from..to)?.iter().copied());
    Some(part.map(|character| character.unwrap_or('?')).collect())
}

/// Where a text stands in another, from a place on.
pub(super) fn find(text: &str, wanted: &str, from: i64) -> i64 {
    let start = byte_of(text, from);
    let found = text.get(start..).and_then(|rest| rest.find(wanted));
    found.map_or(-1, |at| unit_of(text, start + at))
}

/// Where a text stands last in another, up to a place.
pub(super) fn find_last(text: &str, wanted: &str, up_to: Option<i64>) -> i64 {
    let end = match up_to {
        Some(up_to) if up_to < 0 => return -1,
        Some(up_to) => (byte_of(text, up_to) + wanted.len()).min(text.len()),
        None => text.len(),
    };
    let end = (end..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    let found = text.get(..end).and_then(|rest| rest.rfind(wanted));
    found.map_or(-1, |at| unit_of(text, at))
}

/// The byte at which a character begins that Java counts so; the end where there is none.
fn byte_of(text: &str, unit: i64) -> usize {
    let Ok(unit) = usize::try_from(unit) else {
        return 0;
    };
    if text.is_ascii() {
        return unit.min(text.len());
    }
    let mut counted = 0;
    for (at, character) in text.char_indices() {
        if counted >= unit {
            return at;
        }
        counted += character.len_utf16();
    }
    text.len()
}

fn unit_of(text: &str, byte: usize) -> i64 {
    let units = text.get(..byte).map_or(byte, length);
    i64::try_from(units).unwrap_or(i64::MAX)
}

/// As Java's `compareTo`.
pub(super) fn compare(left: &str, right: &str) -> i64 {
    let mut rights = right.encode_utf16();
    for unit in left.encode_utf16() {
        match rights.next() {
            Some(other) if unit == other => {}
            Some(other) => return i64::from(unit) - i64::from(other),
            None => break,
        }
    }
    let signed = |length| i64::try_from(length).unwrap_or(i64::MAX);
    signed(length(left)) - signed(length(right))
}

/// As Java's `hashCode`.
pub(super) fn hash(text: &str) -> i64 {
    i64::from(
        text.encode_utf16().fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit))),
    )
}
