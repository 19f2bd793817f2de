#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use gatelet_core::refusal::Refusal;
use proptest::prelude::*;

use super::*;

/// What a gate gives out for these bytes, taken in piece by piece, and how it ended.
fn passed(bytes: &[u8], piece: usize) -> (Vec<u8>, Step) {
    let mut gate = Gate::new();
    let mut given = Vec::new();
    for piece in bytes.chunks(piece) {
        gate.take(piece);
        loop {
            let step = gate.step();
            given.extend_from_slice(gate.given());
            gate.given().clear();
            match step {
                Step::Give | Step::Head(..) => {}
                Step::Need => break,
                ended => return (given, ended),
            }
        }
    }
    (given, Step::Need)
}

fn plain(bytes: &[u8]) -> String {
    let (whole, step) = passed(bytes, usize::MAX);
    assert_eq!(step, Step::Need, "{}", bytes.escape_ascii());
    assert_eq!(passed(bytes, 1), (whole.clone(), Step::Need), "byte by byte it is another request");
    String::from_utf8(whole).unwrap()
}

fn refused(bytes: &[u8]) -> (u64, Refusal) {
    let (given, step) = passed(bytes, usize::MAX);
    assert_eq!(passed(bytes, 1).1, step, "byte by byte it ends otherwise: {}", bytes.escape_ascii());
    assert!(given.ends_with(b" HTTP/1.1\r\nhost: refused.invalid\r\nconnection: close\r\n\r\n"));
    match step {
        Step::Refuse(number, refusal) => (number, refusal),
        other => panic!("{other:?}: {}", bytes.escape_ascii()),
    }
}

#[test]
fn plain_requests_pass_as_they_are() {
    for request in [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a?b=c HTTP/1.0\r\nX_Y: \u{e9}\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u{4}\n\n",
    ] {
        assert_eq!(plain(request.as_bytes()), request);
    }
}

#[test]
fn acceptable_requests_are_brought_into_plain_form() {
    for (from, to) in [
        ("\r\n\r\nGET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"),
        ("GET /a b?c=d e HTTP/1.1 \r\n\r\n", "GET /a%20b?c=d%20e HTTP/1.1\r\n\r\n"),
        ("GET /\u{e9}#<`> HTTP/1.2\r\n\r\n", "GET /%C3%A9%23%3C%60%3E HTTP/1.1\r\n\r\n"),
        ("GET  HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"),
        ("GET /\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"),
        (
            "GET / HTTP/1.1\r\nA : 1\r\n\u{1}B: 2\r\nC: \u{1}\r\nD:\t4 \r\nE\r\n\r\n",
            "GET / HTTP/1.1\r\nD: 4\r\n\r\n",
        ),
        ("GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"),
        (
            "POST / HTTP/1.1\r\ntransfer-encoding: gzip;q=1 , chunked\r\nA: 1\r\n\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nA: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ),
    ] {
        assert_eq!(plain(from.as_bytes()), to);
    }
}

#[test]
fn whatever_passes_is_a_url_to_hyper() {
    for byte in (b'!'..=u8::MAX).filter(|byte| *byte != 0x7f) {
        for start in [b"GET /a".as_slice(), b"GET /a?b="] {
            let (head, step) = passed(&[start, &[byte], b" HTTP/1.1\r\n\r\n"].concat(), usize::MAX);
            assert_eq!(step, Step::Need, "{byte:#x}");
            let head = String::from_utf8(head).unwrap();
            let target = head.split(' ').nth(1).unwrap();
            let uri: http::Uri = target.parse().unwrap();
            assert_eq!(uri.to_string(), target, "{byte:#x}");
        }
    }
}

#[test]
fn a_request_is_refused_in_its_place_and_nothing_behind_it_is_read() {
    let bytes =
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nxGET /b HTTP/1.1\nX: y\r\n\r\nGET /c HTTP/1.1\r\n\r\n";
    let (given, step) = passed(bytes, usize::MAX);
    assert!(matches!(step, Step::Refuse(1, Refusal::BadHeaders(_))));
    let given = String::from_utf8(given).unwrap();
    assert!(given.contains("GET /b HTTP/1.1\r\nhost: refused.invalid"), "{given}");
    assert!(!given.contains("/c"));
}

#[test]
fn each_head_comes_with_its_own_names() {
    let first = "POST / HTTP/1.1\r\nHOST: a\r\nX-A: 1\r\nx_b: 2\r\nBad Name: 3\r\ncontent-LENGTH: 1\r\nx-a: 4\r\n\r\nx";
    let second = "GET / HTTP/1.1\r\nhost: a\r\nx-A: 1\r\n\r\n";
    let refused = "GET / HTTP/1.1\nX-a: 1\r\n\r\n";
    for piece in [1, 7, usize::MAX] {
        let mut gate = Gate::new();
        let mut named = Vec::new();
        for piece in [first, second, refused].concat().as_bytes().chunks(piece) {
            gate.take(piece);
            loop {
                gate.given().clear();
                match gate.step() {
                    Step::Give => {}
                    Step::Head(number, names) => named.push((number, names)),
                    _ => break,
                }
            }
        }
        let names = |names: &[&str]| names.iter().copied().collect::<HeaderNames>();
        let expected = [(0, names(&["HOST", "X-A", "x_b", "x-a"])), (1, names(&["host", "x-A"]))];
        assert_eq!(named, expected, "in pieces of {piece}");
    }
}

#[test]
fn heads_without_end_are_refused() {
    let long = |start: &str| [start.as_bytes(), "a".repeat(HEAD_BYTES_READ_MAX).as_bytes()].concat();
    assert_eq!(passed(&long("GET /"), usize::MAX).1, Step::Refuse(0, Refusal::UriTooLong));
    assert_eq!(
        passed(&long("GET / HTTP/1.1\r\nA: "), usize::MAX).1,
        Step::Refuse(0, Refusal::HeadersTooLarge)
    );
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: 1\r\n".repeat(super::super::limits::HEADERS_MAX + 1));
    assert_eq!(refused(many.as_bytes()), (0, Refusal::HeadersTooLarge));
}

#[test]
fn what_two_readers_could_understand_differently_is_refused() {
    for request in [
        "GET / HTTP/1.1\nHost: a\n\n",
        "GET / HTTP/1.1\r\nHost: a\n\r\n",
        "GET / HTTP/1.1\r\nA: 1\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\n A: 1\r\n\r\n",
        "GET / HTTP/1.1\r\nA: 1\rB: 2\r\n\r\n",
        "GET / HTTP/1.1\r\n: 1\r\n\r\n",
        "GET / HTTP/1.1 HTTP/1.1\r\n\r\n",
        "GET / HTTP/3.0\r\n\r\n",
        "GET example.com HTTP/1.1\r\n\r\n",
        "CONNECT a:1 HTTP/1.1\r\n\r\n",
        "G(T / HTTP/1.1\r\n\r\n",
        "GET /\t HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: 1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding\r\n\r\n",
        "POST / HTTP/1.1\r\nContent_Length: 1\r\n\r\n",
        "POST / HTTP/1.1\r\nTran\u{17f}fer-Encoding: chunked\r\n\r\n",
    ] {
        let refused = refused(request.as_bytes());
        assert!(matches!(refused, (0, Refusal::BadHeaders(_))), "{refused:?}: {request:?}");
    }
}

#[test]
fn a_body_that_is_not_in_chunks_breaks_the_connection() {
    let bytes = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc";
    assert_eq!(passed(bytes, usize::MAX).1, Step::Broken);
    assert_eq!(passed(bytes, 1).1, Step::Broken);
}

/// Pieces that heads and bodies are made of, whole and broken.
const PIECES: [&[u8]; 30] = [
    b"GET ",
    b"POST ",
    b"HEAD ",
    b"/",
    b"/a b",
    b"*",
    b"?x=y#",
    b" HTTP/1.1",
    b" HTTP/1.0",
    b" HTTP/0.9",
    b"\r\n",
    b"\r\n\r\n",
    b"\n",
    b"\r",
    b"\0",
    b" ",
    b"\t",
    b":",
    b"Host: a",
    b"Content-Length: 3",
    b"Content-Length: 0",
    b"Content_Length: 3",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip, chunked",
    b"X: y",
    b"abc",
    b"3\r\nabc\r\n",
    b"0\r\n\r\n",
    b"\xff",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
];

fn requests() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => proptest::sample::select(&PIECES[..]).prop_map(<[u8]>::to_vec),
        1 => proptest::collection::vec(any::<u8>(), 1..4),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_096))]

    /// However the bytes are cut on their way, the same comes out.
    #[test]
    fn pieces_make_no_difference(bytes in requests(), piece in 1_usize..16) {
        prop_assert_eq!(passed(&bytes, usize::MAX), passed(&bytes, piece));
    }

    /// What comes out is in plain form: it comes out again as it is, unless it is refused or broken off.
    #[test]
    fn what_comes_out_is_plain(bytes in requests()) {
        let (given, step) = passed(&bytes, usize::MAX);
        let (again, second) = passed(&given, usize::MAX);
        prop_assert_eq!(&again, &given);
        prop_assert_eq!(second, Step::Need, "{:?}: {}", step, given.escape_ascii());
    }
}
