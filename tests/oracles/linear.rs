//! The route matcher that tries every route: what AWS says of routing, sentence by sentence.

/// Where REST and HTTP APIs differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Rest,
    Http,
}

/// A route as a definition writes it, such as `GET` and `/pets/{id}`.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) method: &'static str,
    pub(crate) path: String,
}

/// How specific a segment of a route is: static text, then a parameter, then a greedy parameter.
const STATIC: u8 = 0;
const PARAMETER: u8 = 1;
const GREEDY: u8 = 2;

/// The methods that `ANY` stands for.
const KNOWN_METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// The position of the route that a request takes, whose path has already been read into segments.
pub(crate) fn find(routes: &[Route], kind: Kind, method: &str, segments: &[String]) -> Option<usize> {
    let segments = matched_segments(kind, segments);
    let mut best = None;
    for (position, route) in routes.iter().enumerate() {
        let Some(by_any) = by_any(route.method, method) else { continue };
        let Some(ranks) = ranks(&route.path, segments) else { continue };
        let greedy_goes_last = kind == Kind::Http && ranks.last() == Some(&GREEDY);
        let key = (greedy_goes_last, ranks, by_any, position);
        if best.as_ref().is_none_or(|best| key < *best) {
            best = Some(key);
        }
    }
    best.map(|(_, _, _, position)| position)
}

/// In a REST API a trailing slash counts for nothing.
pub(crate) fn matched_segments(kind: Kind, segments: &[String]) -> &[String] {
    match segments.split_last() {
        Some((last, others)) if kind == Kind::Rest && last.is_empty() => others,
        _ => segments,
    }
}

/// Whether the method is the route's by `ANY`; `None` where it is not the route's at all.
fn by_any(of_route: &str, of_request: &str) -> Option<bool> {
    if !KNOWN_METHODS.contains(&of_request) {
        None
    } else if of_route == of_request {
        Some(false)
    } else {
        (of_route == "ANY").then_some(true)
    }
}

/// How specific each segment of a route's path is, where the path matches.
fn ranks(path: &str, segments: &[String]) -> Option<Vec<u8>> {
    let mut ranks = Vec::new();
    let mut rest = segments;
    for part in path.split('/').filter(|part| !part.is_empty()) {
        let (first, behind) = rest.split_first()?;
        if part.ends_with("+}") {
            ranks.push(GREEDY);
            return Some(ranks);
        } else if part.starts_with('{') {
            if first.is_empty() {
                return None;
            }
            ranks.push(PARAMETER);
        } else {
            if decoded(part) != *first {
                return None;
            }
            ranks.push(STATIC);
        }
        rest = behind;
    }
    rest.is_empty().then_some(ranks)
}

/// A segment that is known to be well formed, with every escape undone but those of `/` and `%`.
pub(crate) fn decoded(segment: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = segment.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = std::str::from_utf8(&behind[..2]).unwrap();
        match u8::from_str_radix(digits, 16).unwrap() {
            b'/' => bytes.extend(b"%2F"),
            b'%' => bytes.extend(b"%25"),
            byte => bytes.push(byte),
        }
        rest = &behind[2..];
    }
    String::from_utf8(bytes).unwrap()
}
