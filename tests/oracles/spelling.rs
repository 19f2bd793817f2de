//! A second reader of request paths, and the ways in which an attacker spells one.

use crate::linear::decoded;

/// Reads a path into segments as routes are held against them, or refuses it: the rules of RFC 3986 and of the
/// gateway, without a thought for speed.
pub(crate) fn read(raw: &str) -> Option<Vec<String>> {
    let rest = raw.strip_prefix('/')?.trim_start_matches('/');
    if rest.is_empty() {
        return Some(Vec::new());
    }
    rest.split('/').map(read_segment).collect()
}

fn read_segment(segment: &str) -> Option<String> {
    let mut rest = segment;
    let mut bytes = Vec::new();
    while let Some(at) = rest.find('%') {
        bytes.extend(rest[..at].bytes());
        let digits =
            rest.get(at + 1..at + 3).filter(|digits| digits.bytes().all(|it| it.is_ascii_hexdigit()))?;
        bytes.push(u8::from_str_radix(digits, 16).unwrap());
        rest = &rest[at + 3..];
    }
    bytes.extend(rest.bytes());
    let text = String::from_utf8(bytes).ok()?;
    // Some read `..;x` as `..`, and some an escaped slash as a slash.
    let dots = text
        .split('/')
        .any(|part| part == "." || part == ".." || part.starts_with(".;") || part.starts_with("..;"));
    let doubtful = text.chars().any(|it| it.is_control() || it == '\\') || dots;
    (!doubtful).then(|| decoded(segment))
}

/// What is done to the spelling of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mutation {
    EscapeUpper,
    EscapeLower,
    DoubledFront,
    TrailingSlash,
    DoubledInner,
    OtherCase,
    DotSegment,
    DotDotSegment,
    EncodedDotDot,
    HalfEncodedDotDot,
    PathParameter,
    EncodedSlash,
    DoublyEncodedSlash,
    DoublyEncoded,
    Nul,
    LineBreak,
    Backslash,
    EncodedBackslash,
    Overlong,
    BrokenEscape,
    Fragment,
    Space,
}

pub(crate) const MUTATIONS: [Mutation; 22] = [
    Mutation::EscapeUpper,
    Mutation::EscapeLower,
    Mutation::DoubledFront,
    Mutation::TrailingSlash,
    Mutation::DoubledInner,
    Mutation::OtherCase,
    Mutation::DotSegment,
    Mutation::DotDotSegment,
    Mutation::EncodedDotDot,
    Mutation::HalfEncodedDotDot,
    Mutation::PathParameter,
    Mutation::EncodedSlash,
    Mutation::DoublyEncodedSlash,
    Mutation::DoublyEncoded,
    Mutation::Nul,
    Mutation::LineBreak,
    Mutation::Backslash,
    Mutation::EncodedBackslash,
    Mutation::Overlong,
    Mutation::BrokenEscape,
    Mutation::Fragment,
    Mutation::Space,
];

impl Mutation {
    /// Whether both spellings mean the same path, so that they must meet the same fate.
    pub(crate) const fn keeps_meaning(self) -> bool {
        matches!(self, Self::EscapeUpper | Self::EscapeLower | Self::DoubledFront)
    }

    /// The path spelled so, at one of its characters.
    pub(crate) fn apply(self, path: &str, place: usize) -> String {
        let positions: Vec<usize> = path.char_indices().map(|(at, _)| at).collect();
        let at = positions[place % positions.len()];
        let (before, behind) = path.split_at(at);
        let character = behind.chars().next().unwrap();
        let after = &behind[character.len_utf8()..];
        let escaped =
            |format: fn(u8) -> String| -> String { character.to_string().bytes().map(format).collect() };
        // An escape or a slash cannot be escaped without a change of meaning.
        let in_escape = matches!(character, '%' | '/') || before.chars().rev().take(2).any(|it| it == '%');
        match self {
            Self::EscapeUpper | Self::EscapeLower | Self::DoublyEncoded if in_escape => path.to_owned(),
            Self::EscapeUpper => format!("{before}{}{after}", escaped(|byte| format!("%{byte:02X}"))),
            Self::EscapeLower => format!("{before}{}{after}", escaped(|byte| format!("%{byte:02x}"))),
            Self::DoublyEncoded => format!("{before}{}{after}", escaped(|byte| format!("%25{byte:02X}"))),
            Self::DoubledFront => format!("//{path}"),
            Self::TrailingSlash => format!("{path}/"),
            Self::DoubledInner => path.replacen("/a", "//a", 1),
            Self::OtherCase => path.to_uppercase(),
            Self::DotSegment => path.replacen('/', "/./", 1),
            Self::DotDotSegment => format!("/a/..{path}"),
            Self::EncodedDotDot => format!("/b/%2e%2e{path}"),
            Self::HalfEncodedDotDot => format!("{path}/.%2E/a"),
            Self::PathParameter => format!("{before};x{behind}"),
            Self::EncodedSlash => path.replace("/a", "%2fa"),
            Self::DoublyEncodedSlash => path.replace("/a", "%252fa"),
            Self::Nul => format!("{before}%00{behind}"),
            Self::LineBreak => format!("{before}%0D%0a{behind}"),
            Self::Backslash => path.replace('/', "\\"),
            Self::EncodedBackslash => format!("{before}%5c{behind}"),
            Self::Overlong => format!("{before}%c0%af{behind}"),
            Self::BrokenEscape => format!("{before}%zz{behind}"),
            Self::Fragment => format!("{before}#{behind}"),
            Self::Space => format!("{before} {behind}"),
        }
    }
}
