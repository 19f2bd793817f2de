//! Which headers cross the gateway. One list for each place where AWS has one.

use http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, DATE, EXPECT, HOST, HeaderMap, HeaderName,
    HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, SERVER, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
    USER_AGENT, VARY, VIA, WWW_AUTHENTICATE,
};

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");

/// Prefix that AWS puts before the name of a backend's header whose own name is the gateway's.
const REMAPPED: &str = "x-amzn-remapped-";

/// Headers that belong to one connection and never cross (RFC 9110 section 7.6.1; `Expect`, since the edge has answered it).
const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    EXPECT,
    KEEP_ALIVE,
    PROXY_CONNECTION,
    PROXY_AUTHENTICATE,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Whether a name may never be taken off by a `Connection` header that nominates it: headers that say who
/// calls or who called before (the hop-by-hop abuse that <https://nathandavison.com/blog/abusing-http-hop-by-hop-request-headers> tells of).
fn is_end_to_end(name: &HeaderName) -> bool {
    let text = name.as_str();
    text.starts_with("x-")
        || matches!(
            text,
            "authorization" | "cookie" | "host" | "forwarded" | "content-type" | "content-length"
        )
}

/// Takes off all headers that belong to the connection, and those that its `Connection` header nominates.
pub fn remove_hop_by_hop(headers: &mut HeaderMap) {
    if headers.contains_key(CONNECTION) {
        let nominated: Vec<HeaderName> = headers
            .get_all(CONNECTION)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(|name| HeaderName::from_bytes(name.trim().as_bytes()).ok())
            .filter(|name| !is_end_to_end(name))
            .collect();
        for name in nominated {
            headers.remove(name);
        }
    }
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

/// Headers that AWS takes off every request of a REST API before anything sees it, as recorded.
pub fn remove_unseen(headers: &mut HeaderMap) {
    remove_hop_by_hop(headers);
    for name in ["content-md5", "max-forwards", "server", "www-authenticate"] {
        headers.remove(name);
    }
}

/// Headers that a client may not give to a backend in the gateway's name.
pub fn remove_forgeries(headers: &mut HeaderMap) {
    for name in [
        "x-amzn-apigateway-api-id",
        "x-amzn-trace-id",
        "x-apigateway-event",
        "x-apigateway-context",
        // A caller has signed it for this gateway alone.
        "x-gatelet-caller-identity",
    ] {
        headers.remove(name);
    }
    let is_forged = |name: &&HeaderName| name.as_str().starts_with(REMAPPED);
    let forged: Vec<HeaderName> = headers.keys().filter(is_forged).cloned().collect();
    for name in forged {
        headers.remove(name);
    }
}

/// Takes off what a client says of its own way here, and of the host that it called: a REST proxy's backend hears of
/// neither, unless a mapping tells it.
pub fn remove_clients_way(headers: &mut HeaderMap) {
    // ASSUMPTION: a client's own X-Forwarded-* would be a forgery of the gateway's, and REST proxies add none.
    for name in
        ["x-forwarded-for", "x-forwarded-port", "x-forwarded-proto", "x-forwarded-host", "forwarded", "host"]
    {
        headers.remove(name);
    }
}

/// Takes off what an HTTP proxy of a REST API does not forward, mapped or not
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html>).
pub fn remove_unforwarded_by_rest_proxy(headers: &mut HeaderMap) {
    for name in HOP_BY_HOP.into_iter().chain([CONTENT_LENGTH, PROXY_AUTHORIZATION, VIA, CONTENT_ENCODING]) {
        headers.remove(name);
    }
}

/// Takes off what an HTTP integration does not send on, mapped or not.
pub fn remove_unforwarded_by_rest_http(headers: &mut HeaderMap) {
    for name in HOP_BY_HOP.into_iter().chain([CONTENT_LENGTH, VIA]) {
        headers.remove(name);
    }
}

/// Renames the headers of a backend's answer whose names are the gateway's own, and drops those of the connection
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html>).
///
/// AWS's page says that an HTTP proxy also drops `Content-Encoding`; it is kept here, since the body passes
/// through as it is and could not be read without it.
pub fn remap_rest_proxy_answer(headers: &mut HeaderMap) {
    remap(headers, &[CONNECTION, CONTENT_LENGTH, DATE, SERVER, HeaderName::from_static("x-amzn-requestid")]);
    remove_hop_by_hop(headers);
}

/// The same for answers that the gateway composed of a definition's mappings, where AWS renames more.
pub fn remap_rest_answer(headers: &mut HeaderMap) {
    const MORE: [HeaderName; 10] = [
        AUTHORIZATION,
        HeaderName::from_static("content-md5"),
        EXPECT,
        HOST,
        HeaderName::from_static("max-forwards"),
        PROXY_AUTHENTICATE,
        TRAILER,
        UPGRADE,
        USER_AGENT,
        WWW_AUTHENTICATE,
    ];
    remap(headers, &MORE);
    remap_rest_proxy_answer(headers);
}

fn remap(headers: &mut HeaderMap, names: &[HeaderName]) {
    for name in names {
        let values: Vec<HeaderValue> = headers.get_all(name).iter().cloned().collect();
        if values.is_empty() {
            continue;
        }
        headers.remove(name);
        let remapped = format!("{REMAPPED}{name}");
        let Ok(remapped) = HeaderName::from_bytes(remapped.as_bytes()) else { continue };
        for value in values {
            headers.append(&remapped, value);
        }
    }
}

/// Says that an answer depends on a header of the request, where it does not say so already.
pub fn add_to_vary(headers: &mut HeaderMap, name: HeaderValue) {
    let says = |value: &HeaderValue| {
        let mut names = value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        names.any(|known| known == b"*" || known.eq_ignore_ascii_case(name.as_bytes()))
    };
    if !headers.get_all(VARY).iter().any(says) {
        headers.append(VARY, name);
    }
}

/// A value as text: what is no UTF-8 is none.
#[must_use]
pub fn text(value: &HeaderValue) -> Option<&str> {
    std::str::from_utf8(value.as_bytes()).ok()
}

/// The last value of a header as text, the one that counts where only one can.
#[must_use]
pub fn last_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get_all(name).iter().next_back().and_then(text)
}

/// All values of a header, joined by commas.
#[must_use]
pub fn joined_values(headers: &HeaderMap, name: &str) -> Option<String> {
    let values: Vec<&str> = headers.get_all(name).iter().filter_map(text).collect();
    (!values.is_empty()).then(|| values.join(","))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn a_connection_header_takes_off_what_it_names_but_not_who_calls() {
        let mut map = headers(&[
            ("connection", "close, x-forwarded-for, Authorization, custom"),
            ("x-forwarded-for", "1.2.3.4"),
            ("authorization", "secret"),
            ("custom", "1"),
            ("te", "trailers"),
            ("accept", "*/*"),
        ]);
        remove_hop_by_hop(&mut map);
        let mut left: Vec<_> = map.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["accept", "authorization", "x-forwarded-for"]);
    }

    #[test]
    fn values_are_read_as_utf_8() {
        let mut map = HeaderMap::new();
        for value in [&b"caf\xc3\xa9"[..], b"\xff", b"th\xc3\xa9"] {
            map.append("x-own", HeaderValue::from_bytes(value).unwrap());
        }
        assert_eq!(last_value(&map, "x-own"), Some("th\u{e9}"));
        assert_eq!(joined_values(&map, "x-own").as_deref(), Some("caf\u{e9},th\u{e9}"));
        map.append("x-own", HeaderValue::from_bytes(b"\xff").unwrap());
        assert_eq!(last_value(&map, "x-own"), None);
    }

    #[test]
    fn vary_names_a_header_once() {
        for (before, after) in [
            (&[][..], &["Origin"][..]),
            (&[("vary", "accept, ORIGIN")], &["accept, ORIGIN"]),
            (&[("vary", "*")], &["*"]),
            (&[("vary", "accept"), ("vary", "x-origin")], &["accept", "x-origin", "Origin"]),
        ] {
            let mut map = headers(before);
            add_to_vary(&mut map, HeaderValue::from_static("Origin"));
            let values: Vec<_> = map.get_all(VARY).iter().map(|value| value.to_str().unwrap()).collect();
            assert_eq!(values, after);
        }
    }

    #[test]
    fn a_backends_own_headers_are_renamed() {
        let mut map = headers(&[
            ("server", "nginx"),
            ("date", "today"),
            ("connection", "keep-alive"),
            ("content-length", "3"),
            ("transfer-encoding", "chunked"),
            ("x-amzn-requestid", "theirs"),
            ("content-type", "text/plain"),
        ]);
        remap_rest_proxy_answer(&mut map);
        let mut left: Vec<_> =
            map.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        left.sort_unstable();
        assert_eq!(
            left,
            [
                "content-type: text/plain",
                "x-amzn-remapped-connection: keep-alive",
                "x-amzn-remapped-content-length: 3",
                "x-amzn-remapped-date: today",
                "x-amzn-remapped-server: nginx",
                "x-amzn-remapped-x-amzn-requestid: theirs",
            ]
        );
    }
}
