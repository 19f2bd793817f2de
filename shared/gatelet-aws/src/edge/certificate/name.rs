//! Distinguished names as text.

use std::fmt::Write as _;

use super::der::{Der, tag};

/// The types that have a short name (<https://www.rfc-editor.org/rfc/rfc4514#section-3>, and those that OpenSSL adds).
const SHORT_NAMES: [(&[u8], &str); 17] = [
    (&[0x55, 4, 3], "CN"),
    (&[0x55, 4, 4], "SN"),
    (&[0x55, 4, 5], "serialNumber"),
    (&[0x55, 4, 6], "C"),
    (&[0x55, 4, 7], "L"),
    (&[0x55, 4, 8], "ST"),
    (&[0x55, 4, 9], "street"),
    (&[0x55, 4, 10], "O"),
    (&[0x55, 4, 11], "OU"),
    (&[0x55, 4, 12], "title"),
    (&[0x55, 4, 42], "GN"),
    (&[0x55, 4, 43], "initials"),
    (&[0x55, 4, 46], "dnQualifier"),
    (&[0x55, 4, 97], "organizationIdentifier"),
    (&[0x09, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 1, 1], "UID"),
    (&[0x09, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 1, 25], "DC"),
    (&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 1], "emailAddress"),
];

/// A distinguished name as text: `C=US,ST=Washington,O=Example,CN=My Client`, in the order of the certificate, as AWS tells it.
///
/// ASSUMPTION: what has a meaning of its own is escaped as RFC 2253 (section 2.4) has it, and a type without a short name is
/// told by its number, with its encoded value in hexadecimal digits.
pub(super) fn text(name: &[u8]) -> Option<String> {
    let mut text = String::new();
    let mut parts = Der::new(name);
    while !parts.is_empty() {
        let mut attributes = Der::new(parts.take(tag::SET)?);
        let mut separator = if text.is_empty() { "" } else { "," };
        while !attributes.is_empty() {
            text.push_str(separator);
            separator = "+";
            let mut attribute = Der::new(attributes.take(tag::SEQUENCE)?);
            write_attribute(&mut text, &mut attribute)?;
        }
    }
    Some(text)
}

fn write_attribute(text: &mut String, attribute: &mut Der<'_>) -> Option<()> {
    let kind = attribute.take(tag::OBJECT_IDENTIFIER)?;
    let encoded = attribute.rest();
    let (tag, value) = attribute.next()?;
    let short = SHORT_NAMES.iter().find(|(known, _)| *known == kind);
    match short.map(|(_, name)| name).zip(characters(tag, value)) {
        Some((name, value)) => {
            text.push_str(name);
            text.push('=');
            push_escaped(text, &value);
        }
        None => {
            push_number(text, kind)?;
            text.push_str("=#");
            encoded.iter().for_each(|byte| {
                let _ = write!(text, "{byte:02x}");
            });
        }
    }
    Some(())
}

/// A value's characters, where it is text.
fn characters(kind: u8, value: &[u8]) -> Option<String> {
    match kind {
        tag::UTF8_STRING
        | tag::NUMERIC_STRING
        | tag::PRINTABLE_STRING
        | tag::IA5_STRING
        | tag::VISIBLE_STRING => String::from_utf8(value.to_vec()).ok(),
        // Everybody writes Latin-1 into it, whatever its definition says.
        tag::TELETEX_STRING => Some(value.iter().map(|byte| char::from(*byte)).collect()),
        tag::BMP_STRING => {
            let (units, rest) = value.as_chunks::<2>();
            let units: Vec<u16> = units.iter().map(|unit| u16::from_be_bytes(*unit)).collect();
            String::from_utf16(&units).ok().filter(|_| rest.is_empty())
        }
        _ => None,
    }
}

fn push_escaped(text: &mut String, value: &str) {
    let last = value.len().saturating_sub(1);
    for (position, character) in value.char_indices() {
        let is_special = matches!(character, ',' | '+' | '"' | '\\' | '<' | '>' | ';')
            || position == 0 && matches!(character, ' ' | '#')
            || position == last && character == ' ';
        match character {
            character if character.is_control() => {
                let mut bytes = [0; 4];
                character.encode_utf8(&mut bytes).bytes().for_each(|byte| {
                    let _ = write!(text, "\\{byte:02X}");
                });
            }
            character => {
                text.extend(is_special.then_some('\\'));
                text.push(character);
            }
        }
    }
}

/// An object identifier as numbers with dots between.
fn push_number(text: &mut String, identifier: &[u8]) -> Option<()> {
    let mut number: u64 = 0;
    let mut is_first = true;
    for byte in identifier {
        number = number.checked_mul(128)? | u64::from(byte & 0x7F);
        if byte & 0x80 != 0 {
            continue;
        }
        if is_first {
            // The first two arcs are one number.
            let first = (number / 40).min(2);
            let _ = write!(text, "{first}.{}", number - first * 40);
        } else {
            let _ = write!(text, ".{number}");
        }
        (number, is_first) = (0, false);
    }
    (!is_first && number == 0).then_some(())
}
