//! The one form of a request that client and gateway sign alike
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>).

use std::borrow::Cow;

use http::HeaderMap;
use http::header::HOST;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use sha2::{Digest, Sha256};

use super::claim::{Claim, Form};
use super::request::{PathForm, PayloadHash, TokenPlace};
use super::signed_headers::AUTHORITY;
use super::{ALGORITHM, hexadecimal, presigned};

/// What is escaped in names and values of the query: all but RFC 3986's unreserved characters.
const QUERY_PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What is escaped in the path, percent signs among it: a path was encoded once already where it was sent.
const PATH: &AsciiSet = &QUERY_PART.remove(b'/');

/// About how long a canonical request is.
const CAPACITY: usize = 512;

impl Claim<'_> {
    /// The canonical request, as the client should have signed it. It holds nothing that the client did not send.
    #[must_use]
    pub fn canonical_request(&self, payload: &PayloadHash) -> Vec<u8> {
        let mut canonical = Vec::with_capacity(CAPACITY);
        let mut line = |part: &[u8]| {
            canonical.extend_from_slice(part);
            canonical.push(b'\n');
        };
        line(self.request.method.as_bytes());
        line(path(self.request.path, self.service.path_form).as_bytes());
        line(query(self.request.query, |name| self.leaves_out(name)).as_bytes());
        for name in self.signed_headers.split(';') {
            line(&header(name, self.request.host, self.request.headers));
        }
        line(b"");
        line(self.signed_headers.as_bytes());
        canonical.extend_from_slice(payload.as_str().as_bytes());
        canonical
    }

    /// The string that the client should have signed, by its canonical request.
    #[must_use]
    pub fn string_to_sign(&self, canonical_request: &[u8]) -> String {
        let hash = hexadecimal(&Sha256::digest(canonical_request));
        format!("{ALGORITHM}\n{}\n{}\n{hash}", self.signed_at, self.scope())
    }

    /// What a pre-signed URL says that it could not know while it was signed.
    fn leaves_out(&self, name: &str) -> bool {
        self.form == Form::Query
            && (name == presigned::SIGNATURE
                || name == presigned::SECURITY_TOKEN && self.service.token_place == TokenPlace::Added)
    }
}

fn path(sent: &str, form: PathForm) -> String {
    let path = match form {
        PathForm::Normalized => normalized(sent),
        PathForm::AsSent => Cow::Borrowed(sent),
    };
    let path = if path.is_empty() { "/" } else { &*path };
    percent_encode(path.as_bytes(), PATH).to_string()
}

/// A path without `.`, `..` and empty segments (RFC 3986 section 5.2.4). A slash at the end stays.
fn normalized(sent: &str) -> Cow<'_, str> {
    if !sent.contains("//") && !sent.contains("/.") {
        return Cow::Borrowed(sent);
    }
    let mut kept: Vec<&str> = Vec::new();
    let mut ends_in_slash = false;
    for segment in sent.split('/') {
        ends_in_slash = matches!(segment, "" | "." | "..");
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
    }
    let mut path = String::with_capacity(sent.len());
    for segment in &kept {
        path.push('/');
        path.push_str(segment);
    }
    if ends_in_slash || kept.is_empty() {
        path.push('/');
    }
    Cow::Owned(path)
}

/// The query in order of its encoded names, and of the values under one name.
fn query(sent: &str, left_out: impl Fn(&str) -> bool) -> String {
    let mut pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> = sent
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (encoded(name), encoded(value)))
        .filter(|(name, _)| !left_out(name))
        .collect();
    pairs.sort_unstable();
    let mut query = String::with_capacity(sent.len());
    for (name, value) in &pairs {
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(name);
        query.push('=');
        query.push_str(value);
    }
    query
}

/// A name or value of a query in its one spelling, whatever bytes it stands for; `+` is a space.
fn encoded(sent: &str) -> Cow<'_, str> {
    if sent.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')) {
        return Cow::Borrowed(sent);
    }
    let spaced = sent.replace('+', " ");
    let bytes: Cow<'_, [u8]> = percent_decode_str(&spaced).into();
    Cow::Owned(percent_encode(&bytes, QUERY_PART).to_string())
}

/// `name:values`, every value without spaces around it and with single ones within.
fn header(name: &str, host: &str, headers: &HeaderMap) -> Vec<u8> {
    let mut line = Vec::with_capacity(64);
    line.extend_from_slice(name.as_bytes());
    line.push(b':');
    if name == HOST.as_str() || name == AUTHORITY {
        push_trimmed(host.as_bytes(), &mut line);
        return line;
    }
    for (position, value) in headers.get_all(name).iter().enumerate() {
        if position > 0 {
            line.push(b',');
        }
        push_trimmed(value.as_bytes(), &mut line);
    }
    line
}

fn push_trimmed(value: &[u8], line: &mut Vec<u8>) {
    let words = value.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    for (position, word) in words.enumerate() {
        if position > 0 {
            line.push(b' ');
        }
        line.extend_from_slice(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_encoded_once_more_than_they_were_sent() {
        // Recorded of execute-api, in its answer to a wrong signature: the first path.
        for (sent, canonical) in [
            ("/$default/%40connections/P-S_9e%3D", "/%24default/%2540connections/P-S_9e%253D"),
            ("", "/"),
            ("/", "/"),
            ("/a", "/a"),
            ("/a/", "/a/"),
            ("/a(1)*!'", "/a%281%29%2A%21%27"),
            ("/caf\u{e9}", "/caf%C3%A9"),
            ("/a%2Fb", "/a%252Fb"),
            ("//a//b//", "/a/b/"),
            ("/./", "/"),
            ("/a/..", "/"),
            ("/../../a", "/a"),
            ("/a/b/../c/./d/.", "/a/c/d/"),
            ("/a/.b", "/a/.b"),
            ("/a...", "/a..."),
        ] {
            assert_eq!(path(sent, PathForm::Normalized), canonical, "{sent}");
        }
        assert_eq!(path("//a/./b/..", PathForm::AsSent), "//a/./b/..");
    }

    #[test]
    fn queries_are_ordered_by_encoded_name_and_value() {
        for (sent, canonical) in [
            ("", ""),
            ("a", "a="),
            ("a=&b", "a=&b="),
            ("b=2&a=1&a=0", "a=0&a=1&b=2"),
            ("Param-3=Value3&Param=Value2&%E1%88%B4=Value1", "%E1%88%B4=Value1&Param=Value2&Param-3=Value3"),
            ("a=b=c", "a=b%3Dc"),
            ("a=1+2&b=1%202", "a=1%202&b=1%202"),
            ("a=%2b&b=%zz&c=%", "a=%2B&b=%25zz&c=%25"),
            ("%61=1", "a=1"),
            ("a=%ff", "a=%FF"),
            ("&&a=1&&", "a=1"),
        ] {
            assert_eq!(query(sent, |_| false), canonical, "{sent}");
        }
        assert_eq!(query("b=2&a%2Db=1&c=3", |name| name == "a-b"), "b=2&c=3");
    }

    #[test]
    fn values_of_headers_are_trimmed_and_joined() {
        let mut headers = HeaderMap::new();
        for value in ["  b   c ", "", "\"a   b\""] {
            headers.append("x", http::HeaderValue::from_static(value));
        }
        headers.append("host", http::HeaderValue::from_static("door.example"));
        assert_eq!(header("x", "h", &headers), b"x:b c,,\"a b\"");
        assert_eq!(header("host", "h:1", &headers), b"host:h:1");
        assert_eq!(header(":authority", "h", &headers), b":authority:h");
    }
}
