//! A request's target, put together from what an event kept of it.

use http::uri::PathAndQuery;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::query::SentQuery;

/// What a path as the client wrote it cannot hold; where an event holds it all the same, it is written as a client would.
const NOT_IN_PATHS: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'?').add(b'`').add(b'{').add(b'}');
/// What a decoded path holds as data: `%` too.
const DATA_IN_PATHS: &AsciiSet = &NOT_IN_PATHS.add(b'%');
/// What a query as the client wrote it cannot hold.
const NOT_IN_QUERIES: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>');
/// What a decoded name or value of a query holds as data.
const DATA_IN_QUERIES: &AsciiSet = &NOT_IN_QUERIES.add(b'%').add(b'&').add(b'+').add(b'=').add(b';');

/// Whether a text is as the client wrote it, or what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// With its escapes.
    AsSent,
    /// Without them.
    Decoded,
}

/// Begins a target with a path, which begins with `/`.
pub(super) fn path(text: &str, spelling: Spelling) -> String {
    let escaped = match spelling {
        Spelling::AsSent => NOT_IN_PATHS,
        Spelling::Decoded => DATA_IN_PATHS,
    };
    let mut target = String::with_capacity(text.len() + 1);
    if !text.starts_with('/') {
        target.push('/');
    }
    target.extend(utf8_percent_encode(text, escaped));
    target
}

/// Adds a query as the client wrote it.
pub(super) fn push_raw_query(target: &mut String, query: &str) {
    if !query.is_empty() {
        target.push('?');
        target.extend(utf8_percent_encode(query, NOT_IN_QUERIES));
    }
}

/// Adds parameters, in their order.
pub(super) fn push_query(target: &mut String, query: &SentQuery, spelling: Spelling) {
    let escaped = match spelling {
        Spelling::AsSent => NOT_IN_QUERIES,
        Spelling::Decoded => DATA_IN_QUERIES,
    };
    let mut separator = '?';
    for (name, value) in &query.0 {
        target.push(separator);
        separator = '&';
        target.extend(utf8_percent_encode(name, escaped));
        target.push('=');
        target.extend(utf8_percent_encode(value, escaped));
    }
}

/// The target as a URI; none where it is longer than one can be.
pub(super) fn uri(target: String) -> Option<http::Uri> {
    PathAndQuery::from_maybe_shared(target.into_bytes()).ok().map(http::Uri::from)
}
