//! Bodies of gateway responses: text with references in it. References are replaced and nothing is computed: it is no
//! Velocity (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html>).

use super::rest::{RequestSource, parse_request_source};

/// How the references begin that need no `$`: AWS's page writes them without.
const BARE: &str = "method.request.";

/// A part of such a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// What stays as it is.
    Text(Box<str>),
    /// `$context.NAME`, `$stageVariables.NAME`, or `method.request.header.NAME` and the like with a `$` or without: never
    /// the body.
    Reference(RequestSource),
}

/// Takes a text apart. What is no reference is text.
#[must_use]
pub fn parse(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    // All before `from` is taken apart, all before `at` is looked at.
    let (mut from, mut at) = (0, 0);
    while let Some(found) = next_candidate(text, at) {
        let candidate = text.get(found..).unwrap_or_default();
        match reference(candidate) {
            Some((source, length)) => {
                push_text(&mut pieces, text.get(from..found));
                pieces.push(Piece::Reference(source));
                from = found + length;
                at = from;
            }
            None => at = found + 1,
        }
    }
    push_text(&mut pieces, text.get(from..));
    pieces
}

fn push_text(pieces: &mut Vec<Piece>, text: Option<&str>) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        pieces.push(Piece::Text(text.into()));
    }
}

/// Where the next reference may begin: at a `$`, or at a bare one that is no part of a longer word.
fn next_candidate(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let marked = rest.find('$');
    let bare = rest.match_indices(BARE).map(|(found, _)| found).find(|found| {
        let before = text.get(..at + found).unwrap_or_default();
        !before.ends_with(|it: char| is_name(it) || it == '.')
    });
    marked.into_iter().chain(bare).min().map(|found| at + found)
}

/// The reference that a text begins with, and its length in bytes.
fn reference(text: &str) -> Option<(RequestSource, usize)> {
    let (path, length) = match text.strip_prefix('$') {
        None => {
            let path = path(text);
            (path, path.len())
        }
        Some(marked) => match marked.strip_prefix('{') {
            None => {
                let path = path(marked);
                (path, 1 + path.len())
            }
            Some(braced) => {
                let path = path(braced);
                braced.get(path.len()..)?.strip_prefix('}')?;
                (path, path.len() + "${}".len())
            }
        },
    };
    match parse_request_source(path).ok()? {
        RequestSource::Body(_) => None,
        source => Some((source, length)),
    }
}

/// The names joined by dots that a text begins with; a dot behind which no name stands ends a sentence.
fn path(text: &str) -> &str {
    let end = text.find(|it: char| !is_name(it) && it != '.').unwrap_or(text.len());
    text.get(..end).unwrap_or_default().trim_end_matches('.')
}

const fn is_name(it: char) -> bool {
    it.is_ascii_alphanumeric() || matches!(it, '_' | '-')
}

#[cfg(test)]
mod tests {
    use super::super::rest::GeneralSource;
    use super::*;

    fn shown(text: &str) -> String {
        let piece = |piece| match piece {
            Piece::Text(text) => text.into_string(),
            Piece::Reference(RequestSource::General(GeneralSource::Context(name))) => format!("<c {name}>"),
            Piece::Reference(RequestSource::General(GeneralSource::StageVariable(name))) => {
                format!("<v {name}>")
            }
            Piece::Reference(source) => format!("<{source:?}>"),
        };
        parse(text).into_iter().map(piece).collect()
    }

    #[test]
    fn references_are_found_and_all_else_is_text() {
        for (text, expected) in [
            ("", ""),
            ("no reference", "no reference"),
            (r#"{"message":$context.error.messageString}"#, r#"{"message":<c error.messageString>}"#),
            ("Error on $context.resourcePath.", "Error on <c resourcePath>."),
            ("${context.stage}x$stageVariables.a-b", "<c stage>x<v a-b>"),
            (r#""stageVariables.a": "$stageVariables.a""#, r#""stageVariables.a": "<v a>""#),
            ("$$context.stage$", "$<c stage>$"),
            (
                "costs $5, $contextual, $context, $context., ${context.stage",
                "costs $5, $contextual, $context, $context., ${context.stage",
            ),
            ("method.request.header.Accept!", r#"<Header("Accept")>!"#),
            ("$method.request.path.id/method.request.querystring.q", r#"<Path("id")>/<QueryString("q")>"#),
            (
                "a.method.request.header.x $method.request.body $method.request.other.x",
                "a.method.request.header.x $method.request.body $method.request.other.x",
            ),
            ("#set($x = 1)é$context.path", "#set($x = 1)é<c path>"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }
}
