//! The parser's errors in the author's words.

use gatelet_model::Problem;
use saphyr_parser::ScanError;

use super::Cursor;
use crate::document::builder::too_deep;
use crate::document::{Source, Span};

/// What the parser says of a line that is indented less than what it stands in.
const INDENTATION: [&str; 2] = ["invalid indentation", "invalid indentation in flow construct"];

/// `bracket` is where the innermost open bracket stands, if the parser is inside one.
pub(super) fn explain(
    source: &Source,
    cursor: &mut Cursor<'_>,
    error: &ScanError,
    bracket: Option<usize>,
) -> Problem {
    let start = cursor.byte_of(error.marker().index());
    let next = source.text().get(start..).and_then(|rest| rest.chars().next());
    let mut span = Span::new(start, start + next.map_or(0, char::len_utf8));
    let info = error.info();
    if info == "recursion limit exceeded" {
        return too_deep().at(source.place(span));
    }
    let leaves_bracket = next.is_none() || INDENTATION.contains(&info);
    let (message, help) = if let Some(bracket) = bracket.filter(|_| leaves_bracket) {
        span = Span::new(bracket, bracket + 1);
        let message = format!("this `{}` is not closed", source.slice(span));
        (message, "close it, and indent all lines up to there further than the key it belongs to")
    } else if let Some((tab, message, help)) = tab_indentation(source, start, info) {
        span = tab;
        (message, help)
    } else if let Some((place, message, help)) = incomplete_key(source, start, info) {
        span = place;
        (message.to_owned(), help)
    } else {
        if info == "while parsing a quoted scalar, found unknown escape character" {
            span = unknown_escape(source, start).unwrap_or(span);
        }
        words(info)
    };
    Problem::error(message).help(help).at(source.place(span))
}

/// Tabs are behind many messages of the parser, some of which name no tab: look whether the line begins with one.
/// A message about a tab may point at the line before.
fn tab_indentation(source: &Source, at: usize, info: &str) -> Option<(Span, String, &'static str)> {
    let is_about_a_tab = info.contains("tab");
    let is_about_indentation =
        ["indent", "key", "token", "block", "context", "content"].iter().any(|word| info.contains(word));
    let lines = if is_about_a_tab { usize::MAX } else { usize::from(is_about_indentation) };

    let before = source.text().get(..at)?;
    let mut start = before.rfind(['\n', '\r']).map_or(0, |break_at| break_at + 1);
    for line in source.text().get(start..)?.split_inclusive('\n').take(lines) {
        let blank = line.get(..line.len() - line.trim_start().len()).unwrap_or_default();
        if let Some(tab) = blank.find('\t') {
            let tabs = blank.get(tab..).unwrap_or_default().chars().take_while(|c| *c == '\t').count();
            let span = Span::new(start + tab, start + tab + tabs);
            let message = "a tab is used to indent".to_owned();
            return Some((span, message, "YAML indents with spaces only: replace the tab"));
        }
        start += line.len();
    }
    None
}

/// A line that should have been a key is noticed only where the next key or its `:` stands.
fn incomplete_key(source: &Source, at: usize, info: &str) -> Option<(Span, &'static str, &'static str)> {
    let needs_key = matches!(info, "simple key expected" | "simple key expect ':'");
    if !needs_key && info != "mapping values are not allowed in this context" {
        return None;
    }
    let (mut before, after) = source.text().split_at_checked(at)?;
    if after.starts_with(':') {
        // This key was read as the second line of a text that begins above.
        before = before.rsplit_once('\n')?.0;
    }
    let before = before.trim_end();
    let line = before.rsplit('\n').next()?.trim();
    let start = before.len() - line.len();
    let (key, value) = line.split_once(':').unwrap_or((line, ""));
    if !value.is_empty() && !value.starts_with([' ', '/']) {
        let colon = start + key.len();
        let help = "write `key: value`";
        return Some((Span::new(colon, colon + 1), "a space is missing behind this `:`", help));
    }
    let help = "write `key: value`; to continue the text of the line above, indent this one more";
    needs_key.then_some((Span::new(start, before.len()), "a `:` is missing behind this key", help))
}

/// The parser points at the quote where the text begins.
fn unknown_escape(source: &Source, quote: usize) -> Option<Span> {
    let mut characters = source.text().get(quote..)?.char_indices();
    while let Some((at, character)) = characters.next() {
        if character == '\\' {
            let (_, escaped) = characters.next()?;
            if !"0abtnvfre \"/\\N_LPxuU\t\r\n".contains(escaped) {
                let start = quote + at;
                return Some(Span::new(start, start + 1 + escaped.len_utf8()));
            }
        }
    }
    None
}

fn words(info: &str) -> (String, &'static str) {
    let (message, help) = match info {
        "illegal placement of ':' indicator" => (
            "a `:` stands inside a `[` of a line above",
            "close it with `]`, or write the key and its `:` on one line",
        ),
        "mapping values are not allowed in this context" => (
            "a `:` stands where no key can be",
            "text that contains `: ` needs quotes; a key inside a mapping stands on its own line, indented like the others",
        ),
        "while parsing a block mapping, did not find expected key" => (
            "this does not fit the mapping it stands in",
            "indent all keys of a mapping alike; text that begins with a quote ends with it",
        ),
        "while parsing a block collection, did not find expected '-' indicator" => (
            "this is no item of the sequence it stands in",
            "begin it with `- `, or indent it like the key it belongs to",
        ),
        "while parsing a flow mapping, did not find expected ',' or '}'" => (
            "a `,` or `}` is missing before this",
            "separate the keys with `,`; text with `{` or `,` in it needs quotes",
        ),
        "while parsing a flow sequence, expected ',' or ']'" => (
            "a `,` or `]` is missing before this",
            "separate the items with `,`; text with `[` or `,` in it needs quotes",
        ),
        "while parsing a node, did not find expected node content" => (
            "a value is missing before this",
            "write the value, or quotes around text that is meant literally",
        ),
        "while parsing node, found unknown anchor" => (
            "this alias names no anchor that stands before it",
            "write `&name` at the value it means; text that begins with `*` needs quotes",
        ),
        "while scanning a quoted scalar, found unexpected end of stream" | "unexpected eof" => {
            ("a text in quotes, or a bracket, is never closed", "close it where it ends")
        }
        "invalid indentation in quoted scalar" => (
            "this text in quotes is not closed before its indentation ends",
            "close it where it ends, or indent its other lines further than its key",
        ),
        "misplaced bracket" => ("this bracket closes nothing", "remove it, or put the text in quotes"),
        "invalid indentation" | "invalid indentation in flow construct" => {
            ("this line is indented too little", "indent it further than the key it belongs to")
        }
        "wrongly indented line in block scalar" => {
            ("this line is indented less than the first line of its text", "indent all lines of a text alike")
        }
        "while parsing a quoted scalar, found unknown escape character" => (
            "YAML does not know this escape",
            "write `\\\\` for a backslash, or use single quotes, where it stands for itself",
        ),
        "while parsing a quoted scalar, did not find expected hexadecimal number"
        | "while parsing a quoted scalar, found invalid Unicode character escape code" => {
            ("this escape is no character", "write the character itself")
        }
        "invalid trailing content after double-quoted scalar" => (
            "something follows the closing quote",
            "put the whole text in quotes; a quote inside is `\\\"` in double and `''` in single quotes",
        ),
        "while scanning a quoted scalar, found unexpected document indicator" => {
            ("a text in quotes is not closed before the document ends", "close it where it ends")
        }
        "comment intercepting the multiline text" => (
            "a comment stands inside a text of several lines",
            "move the comment, or write the text with `|`",
        ),
        "block sequence entries are not allowed in this context" => (
            "an item of a sequence cannot begin here",
            "put `- ` on a line of its own, indented under its key; text that begins with `- ` needs quotes",
        ),
        "a byte order mark must not appear inside a document" => {
            ("the invisible character U+FEFF (a byte order mark) stands here", "remove it")
        }
        "the handle wasn't declared" => {
            ("this tag has a prefix that is not declared", "if this is text, put it in quotes")
        }
        "while scanning a block scalar, did not find expected comment or line break" => {
            ("text begins on the line of its `|` or `>`", "begin it on the next line, or put it in quotes")
        }
        _ if info.starts_with("unexpected character") => {
            ("a text without quotes cannot begin with this character", "put the text in quotes")
        }
        _ if info.contains("anchor or alias") => {
            ("a name is missing behind `&` or `*`", "text that begins with `&` or `*` needs quotes")
        }
        _ => {
            return (
                format!("this is not YAML: {info}"),
                "put text with special characters in quotes, and check the indentation",
            );
        }
    };
    (message.to_owned(), help)
}
