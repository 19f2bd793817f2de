//! The judgement of one head: the request line and the header lines, as they stand on the wire.

use gatelet_core::payload::HeaderNames;
use gatelet_core::refusal::Refusal;

use crate::server::limits::{HEADERS_MAX, URL_BYTES_MAX};

/// The largest length that a body is believed to have; far above what is allowed, and far below what overflows.
const LENGTH_DIGITS_MAX: usize = 18;

/// Codings that a body in chunks may have besides (<https://www.rfc-editor.org/rfc/rfc9112#section-7>).
const CODINGS: [&str; 7] = ["chunked", "gzip", "x-gzip", "deflate", "compress", "x-compress", "identity"];

/// How a body's end is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// There is no body.
    None,
    /// It has so many bytes.
    Length(u64),
    /// It comes in chunks.
    Chunked,
}

/// What becomes of a head.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Judged {
    /// It goes on, in plain form; the names of its headers are as the client spelled them.
    Pass { head: Vec<u8>, framing: Framing, names: HeaderNames },
    /// It is refused.
    Refuse(Refusal),
}

/// Why a head is refused: each could be read in two ways.
type Verdict<T> = Result<T, &'static str>;

/// The length of the head that `taken` begins with, its empty line included; nothing where it is not there whole.
/// `scanned` remembers how far it has been looked for. Lines may end as they like here: [`judge`] looks at that.
pub(super) fn length(taken: &[u8], scanned: &mut usize) -> Option<usize> {
    let mut at = *scanned;
    while let Some(found) = taken.get(at..)?.iter().position(|byte| *byte == b'\n') {
        let end = at + found;
        let rest = taken.get(end + 1..)?;
        if rest.starts_with(b"\n") {
            return Some(end + 2);
        }
        if rest.starts_with(b"\r\n") {
            return Some(end + 3);
        }
        // The empty line may be half there.
        if rest.len() < 2 {
            *scanned = end;
            return None;
        }
        at = end + 1;
    }
    *scanned = at;
    None
}

/// Judges a whole head.
pub(super) fn judge(head: &[u8]) -> Judged {
    match plain_form(head) {
        Ok(plain) if plain.headers > HEADERS_MAX => Judged::Refuse(Refusal::HeadersTooLarge),
        Ok(Plain { head, framing, names, .. }) => Judged::Pass { head, framing, names },
        Err(why) => Judged::Refuse(Refusal::BadHeaders(why)),
    }
}

/// A harmless request that stands for a refused one: with its method and path, as far as those are readable.
pub(super) fn stand_in(head: &[u8]) -> Vec<u8> {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let mut words = line.split(|byte| *byte == b' ');
    let method = words.next().filter(|word| is_token(word)).unwrap_or(b"GET");
    let is_path = |word: &&[u8]| {
        word.starts_with(b"/")
            && word.len() <= URL_BYTES_MAX
            && word.iter().all(|byte| byte.is_ascii_graphic())
    };
    let path = words.next().filter(is_path).unwrap_or(b"/");
    let mut request = Vec::new();
    request.extend_from_slice(method);
    request.push(b' ');
    push_target(path, &mut request);
    request.extend_from_slice(b" HTTP/1.1\r\nhost: refused.invalid\r\nconnection: close\r\n\r\n");
    request
}

/// A head in plain form.
struct Plain {
    /// As hyper gets it.
    head: Vec<u8>,
    /// How its body is framed.
    framing: Framing,
    /// How many headers the client sent.
    headers: usize,
    /// How it spelled the names of those that are left.
    names: HeaderNames,
}

fn plain_form(head: &[u8]) -> Verdict<Plain> {
    let mut lines = head.split_inclusive(|byte| *byte == b'\n');
    let first = lines.next().ok_or("the request is empty")?;
    let request_line = RequestLine::read(line(first)?)?;
    let mut plain = Vec::with_capacity(head.len() + 16);
    plain.extend_from_slice(request_line.method);
    plain.push(b' ');
    let target = plain.len();
    push_target(request_line.target, &mut plain);
    // What hyper would refuse by itself, and leave no record of.
    if http::Uri::try_from(plain.get(target..).unwrap_or_default()).is_err() {
        return Err("the request line's target is no URL");
    }
    plain.push(b' ');
    plain.extend_from_slice(request_line.version.plain().as_bytes());
    plain.extend_from_slice(b"\r\n");

    let mut body = BodyHeaders::default();
    let mut headers = 0;
    let mut names = HeaderNames::default();
    for header in lines {
        let header = line(header)?;
        if header.is_empty() {
            break;
        }
        headers += 1;
        if let Some(name) = push_header(header, &mut body, &mut plain)? {
            names.push(name);
        }
    }
    let framing = body.framing(&request_line)?;
    match framing {
        Framing::None => {}
        Framing::Length(length) => {
            plain.extend_from_slice(format!("Content-Length: {length}\r\n").as_bytes())
        }
        Framing::Chunked => plain.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
    }
    plain.extend_from_slice(b"\r\n");
    Ok(Plain { head: plain, framing, headers, names })
}

/// A line without its end, which is a carriage return and a line feed and nothing else.
fn line(text: &[u8]) -> Verdict<&[u8]> {
    let text = text.strip_suffix(b"\r\n").ok_or("a line of the head does not end in CR LF")?;
    match text.iter().any(|byte| matches!(byte, b'\r' | b'\0')) {
        true => Err("a line of the head holds a CR or NUL"),
        false => Ok(text),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    /// `HTTP/0.9`, or none: answered as 1.0.
    Before10,
    Http10,
    /// 1.1, and what later 1.x there may be.
    Http11,
}

impl Version {
    fn read(text: &[u8]) -> Verdict<Self> {
        match text {
            b"" | b"HTTP/0.9" => Ok(Self::Before10),
            b"HTTP/1.0" => Ok(Self::Http10),
            [b'H', b'T', b'T', b'P', b'/', b'1', b'.', digit] if digit.is_ascii_digit() => Ok(Self::Http11),
            _ => Err("the request line's version is none of HTTP/1"),
        }
    }

    const fn plain(self) -> &'static str {
        match self {
            Self::Before10 | Self::Http10 => "HTTP/1.0",
            Self::Http11 => "HTTP/1.1",
        }
    }
}

struct RequestLine<'a> {
    method: &'a [u8],
    target: &'a [u8],
    version: Version,
}

impl<'a> RequestLine<'a> {
    /// Reads method, target and version. Spaces inside the target are taken for the client's forgetting to escape
    /// them, unless what follows one looks like a version.
    fn read(line: &'a [u8]) -> Verdict<Self> {
        let space = line.iter().position(|byte| *byte == b' ').ok_or("the request line has no target")?;
        let (method, rest) = line.split_at(space);
        if !is_token(method) {
            return Err("the request line's method is not one");
        }
        let rest = rest.get(1..).unwrap_or_default();
        let rest = rest.trim_ascii_end();
        let (target, version) = match rest.iter().rposition(|byte| *byte == b' ') {
            Some(space) => {
                let (target, version) = rest.split_at(space);
                (target, Version::read(version.get(1..).unwrap_or_default())?)
            }
            None if rest.starts_with(b"HTTP/") => (b"".as_slice(), Version::read(rest)?),
            None => (rest, Version::Before10),
        };
        if target.iter().any(|byte| byte.is_ascii_control()) {
            return Err("the request line's target holds a control character");
        }
        if target.windows(6).any(|window| window.eq_ignore_ascii_case(b" HTTP/")) {
            return Err("the request line has two versions");
        }
        let target = if target.is_empty() { b"/" } else { target };
        let is_absolute = |scheme: &[u8]| {
            target.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
        };
        if target.starts_with(b"/") || target == b"*" || is_absolute(b"http://") || is_absolute(b"https://") {
            Ok(Self { method, target, version })
        } else {
            Err("the request line's target is no path")
        }
    }

    fn is_without_body(&self) -> bool {
        matches!(self.method, b"GET" | b"HEAD")
    }
}

/// Writes a target so that every reader of URLs understands it: what a URL may not hold bare is escaped.
fn push_target(target: &[u8], plain: &mut Vec<u8>) {
    for byte in target {
        match byte {
            b' ' | b'"' | b'<' | b'>' | b'`' | b'#' | 0x7f.. => {
                plain.extend_from_slice(format!("%{byte:02X}").as_bytes())
            }
            other => plain.push(*other),
        }
    }
}

/// Writes a header, or notes what it says of the body. One whose name or value no header may have is left out,
/// unless it may have been meant to say something of the body. Returns the name of one that was written.
fn push_header<'a>(
    header: &'a [u8],
    body: &mut BodyHeaders,
    plain: &mut Vec<u8>,
) -> Verdict<Option<&'a str>> {
    if header.starts_with(b" ") || header.starts_with(b"\t") {
        return Err("a header line begins with a space, which once continued the line above");
    }
    let colon = header.iter().position(|byte| *byte == b':');
    let (name, value) = match colon {
        Some(0) => return Err("a header has no name"),
        Some(colon) => (header.get(..colon).unwrap_or_default(), header.get(colon + 1..).unwrap_or_default()),
        None => (header, b"".as_slice()),
    };
    let value = trimmed(value);
    if name.eq_ignore_ascii_case(b"content-length") && colon.is_some() {
        return body.add_length(value).map(|()| None);
    }
    if name.eq_ignore_ascii_case(b"transfer-encoding") && colon.is_some() {
        return body.add_codings(value).map(|()| None);
    }
    if resembles_body_header(name) {
        return Err("a header's name resembles Content-Length or Transfer-Encoding");
    }
    if name.trim_ascii().is_empty() {
        return Err("a header has no name");
    }
    if colon.is_some()
        && is_token(name)
        && value.iter().all(|byte| *byte == b'\t' || !byte.is_ascii_control())
    {
        plain.extend_from_slice(name);
        plain.extend_from_slice(b": ");
        plain.extend_from_slice(value);
        plain.extend_from_slice(b"\r\n");
        return Ok(std::str::from_utf8(name).ok());
    }
    Ok(None)
}

/// What a head says of its body.
#[derive(Debug, Default)]
struct BodyHeaders {
    length: Option<u64>,
    codings: Vec<String>,
}

impl BodyHeaders {
    fn add_length(&mut self, value: &[u8]) -> Verdict<()> {
        let digits =
            std::str::from_utf8(value).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let length =
            digits.filter(|digits| digits.len() <= LENGTH_DIGITS_MAX).and_then(|digits| digits.parse().ok());
        match (length, self.length) {
            (None, _) => Err("the Content-Length is not a length"),
            (_, Some(_)) => Err("more than one Content-Length"),
            (Some(length), None) => {
                self.length = Some(length);
                Ok(())
            }
        }
    }

    fn add_codings(&mut self, value: &[u8]) -> Verdict<()> {
        let unknown = "the Transfer-Encoding is none that is known";
        let text = std::str::from_utf8(value).map_err(|_| unknown)?;
        for coding in text.split(',') {
            let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
            let name = name.trim_matches([' ', '\t']).to_ascii_lowercase();
            let is_plain = parameters.bytes().all(|byte| byte == b'\t' || !byte.is_ascii_control());
            if !CODINGS.contains(&name.as_str()) || !is_plain {
                return Err(unknown);
            }
            self.codings.push(name);
        }
        Ok(())
    }

    fn framing(&self, request: &RequestLine<'_>) -> Verdict<Framing> {
        let is_chunked = self.codings.last().is_some_and(|last| last == "chunked");
        match (self.codings.as_slice(), self.length) {
            ([], None) => Ok(Framing::None),
            ([], Some(0)) if request.is_without_body() => Ok(Framing::None),
            ([], Some(_)) if request.is_without_body() => Err("a GET or HEAD request has a body"),
            ([], Some(_)) if request.version == Version::Before10 => {
                Err("a request before HTTP/1.0 has a body")
            }
            ([], Some(length)) => Ok(Framing::Length(length)),
            (_, Some(_)) => Err("both Content-Length and Transfer-Encoding"),
            _ if request.is_without_body() => Err("a GET or HEAD request has a body"),
            _ if request.version != Version::Http11 => Err("Transfer-Encoding before HTTP/1.1"),
            (codings, None) if codings.iter().filter(|coding| *coding == "chunked").count() > 1 => {
                Err("a body in chunks of chunks")
            }
            // Without chunks the body of a request would have no end.
            (_, None) if !is_chunked => Err("the last Transfer-Encoding is not `chunked`"),
            (_, None) => Ok(Framing::Chunked),
        }
    }
}

/// Whether a name that is neither could be taken for one of the two headers by a lenient reader: letters alone are
/// compared, with those that fold into ASCII ones.
fn resembles_body_header(name: &[u8]) -> bool {
    let text = String::from_utf8_lossy(name);
    let letters: String = text
        .chars()
        .filter_map(|character| match character {
            'ſ' => Some('s'),
            'ı' | 'İ' => Some('i'),
            'K' => Some('k'),
            letter if letter.is_ascii_alphabetic() => Some(letter.to_ascii_lowercase()),
            _ => None,
        })
        .collect();
    matches!(letters.as_str(), "contentlength" | "transferencoding")
}

/// A value without the spaces and tabs around it; no other space is one here.
fn trimmed(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

fn is_token(text: &[u8]) -> bool {
    !text.is_empty()
        && text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte))
}
