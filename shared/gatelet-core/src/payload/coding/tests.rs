#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use http_body::{Body as HttpBody, Frame};
use http_body_util::BodyExt as _;

use super::*;
use crate::payload::{Body, BodyError};

const ALL: [Coding; 4] = [Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstandard];

fn chosen(offer: &Offer, lines: &[&str]) -> Option<Coding> {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(ACCEPT_ENCODING, HeaderValue::from_str(line).unwrap());
    }
    offer.choose(&headers)
}

#[test]
fn the_highest_weight_counts_and_the_first_of_several() {
    use Coding::{Deflate, Gzip};
    let aws = Offer::new(Vec::new());
    for (line, expected) in [
        ("gzip", Some(Gzip)),
        ("GZIP", Some(Gzip)),
        ("deflate,gzip", Some(Deflate)),
        ("", None),
        ("*", None),
        ("identity", None),
        ("deflate;q=0.5,gzip;q=1.0", Some(Gzip)),
        ("gzip;q=1.0,identity;q=0.5,*;q=0", Some(Gzip)),
        ("gzip, deflate, br, zstd", Some(Gzip)),
        ("br, gzip", None),
        ("br;q=1.0, gzip;q=0.8", None),
        ("br;q=0.5, gzip;q=0.8", Some(Gzip)),
        ("identity, gzip", None),
        ("*;q=0.1, gzip;q=0.05", None),
        ("gzip;q=0", None),
        ("gzip;q=0, deflate;q=0.001", Some(Deflate)),
        ("gzip;q=1.001", None),
        ("gzip;q=2, deflate", Some(Deflate)),
        ("gzip;q=0.1234, deflate;q=0.1", Some(Deflate)),
        ("gzip;q=x, deflate;q=0.1", Some(Deflate)),
        ("gzip;q=-1", None),
        (" gzip ; Q = 0.5 , deflate;q=0.4", Some(Gzip)),
        ("gzip;level=9;q=0.3", Some(Gzip)),
        ("gzip;level", None),
        (",,gzip,", Some(Gzip)),
        ("gzip deflate", None),
    ] {
        assert_eq!(chosen(&aws, &[line]), expected, "`{line}`");
    }
    assert_eq!(chosen(&aws, &[]), None);
    assert_eq!(chosen(&aws, &["deflate;q=0.2", "gzip;q=0.3"]), Some(Gzip));
}

#[test]
fn our_own_codings_go_first_where_the_client_has_no_other_preference() {
    use Coding::{Brotli, Gzip, Zstandard};
    let own = Offer::new(vec![Zstandard, Brotli]);
    for (line, expected) in [
        ("gzip, deflate, br, zstd", Some(Zstandard)),
        ("gzip, deflate, br", Some(Brotli)),
        ("gzip, br;q=0.9", Some(Gzip)),
        ("br;q=1.0, gzip;q=0.8", Some(Brotli)),
        ("identity, br", Some(Brotli)),
        ("zstd;q=0, gzip", Some(Gzip)),
    ] {
        assert_eq!(chosen(&own, &[line]), expected, "`{line}`");
    }
    assert!(own.has_own() && !Offer::new(Vec::new()).has_own());
}

/// What a client makes of a coded body.
fn read(coded: &[u8], coding: Coding) -> Vec<u8> {
    match coding {
        Coding::Gzip | Coding::Deflate => decode(coded, coding, usize::MAX / 2).unwrap().to_vec(),
        Coding::Brotli => {
            let mut text = Vec::new();
            brotli::Decompressor::new(coded, 4_096).read_to_end(&mut text).unwrap();
            text
        }
        Coding::Zstandard => zstd::stream::decode_all(coded).unwrap(),
    }
}

fn sample(length: usize) -> Vec<u8> {
    (0..length).map(|at| if at % 7 == 0 { (at / 7 % 251) as u8 } else { b'a' }).collect()
}

/// A stream of these frames.
struct Frames(VecDeque<Result<Vec<u8>, BodyError>>);

impl HttpBody for Frames {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        Poll::Ready(self.0.pop_front().map(|frame| frame.map(|bytes| Frame::data(bytes.into()))))
    }
}

fn stream(frames: impl IntoIterator<Item = Result<Vec<u8>, BodyError>>) -> Body {
    Body::stream(Frames(frames.into_iter().collect()))
}

/// What a future gives that has nothing to wait for.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("there is nothing to wait for"),
    }
}

#[test]
fn what_is_coded_reads_back() {
    for coding in ALL {
        for length in [0, 1, 20, 5_000, 300_000] {
            let text = sample(length);
            let coded = encode(&text, coding).unwrap();
            assert!(length < 1_000 || coded.len() < length / 2, "{coding:?} of {length}: {}", coded.len());
            assert_eq!(read(&coded, coding), text, "{coding:?} of {length}");
            let (before, rest) = text.split_at(length / 3);
            let rest = stream(rest.chunks(10_000).map(|chunk| Ok(chunk.to_vec())));
            let coded = at_once(encode_stream(before, rest, coding).unwrap().collect_up_to(1 << 20)).unwrap();
            assert_eq!(read(&coded, coding), text, "{coding:?} of a stream of {length}");
        }
    }
}

#[test]
fn a_stream_that_breaks_off_breaks_off_coded() {
    let broken = stream([Ok(vec![1; 10]), Err(BodyError::Idle { seconds: 3 })]);
    let mut coded = encode_stream(b"before", broken, Coding::Gzip).unwrap();
    assert_eq!(at_once(coded.frame()).unwrap().unwrap_err(), BodyError::Idle { seconds: 3 });
    assert!(at_once(coded.frame()).is_none());
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zlib(text: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn raw(text: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn bodies_are_decoded_up_to_the_limit() {
    let forms =
        [(Coding::Gzip, gzip as fn(&[u8]) -> Vec<u8>), (Coding::Deflate, zlib), (Coding::Deflate, raw)];
    for (coding, form) in forms {
        for length in [0, 1, 1_000, 16 * 1_024, 16 * 1_024 + 1, 300_000] {
            let (text, coded) = (sample(length), form(&sample(length)));
            assert_eq!(decode(&coded, coding, length), Ok(text.into()), "{coding:?} {length}");
            if length > 0 {
                let limit = length - 1;
                assert_eq!(decode(&coded, coding, limit), Err(DecodeError::TooLong { limit }), "{length}");
            }
        }
        // A bomb: a thousand times what it is allowed to be.
        let bomb = form(&vec![0; 10_000_000]);
        assert!(bomb.len() < 20_000);
        assert_eq!(decode(&bomb, coding, 10_000), Err(DecodeError::TooLong { limit: 10_000 }));
    }
    let several = [gzip(b"one "), gzip(b""), gzip(b"two")].concat();
    assert_eq!(decode(&several, Coding::Gzip, 7), Ok("one two".into()));
}

#[test]
fn what_is_not_in_the_coding_is_broken() {
    let text = sample(5_000);
    for (coding, coded) in
        [(Coding::Gzip, gzip(&text)), (Coding::Deflate, zlib(&text)), (Coding::Deflate, raw(&text))]
    {
        for end in 0..coded.len() {
            let cut = coded.get(..end).unwrap();
            assert_eq!(decode(cut, coding, 10_000), Err(DecodeError::Broken), "{coding:?} cut at {end}");
        }
        let longer = [&coded[..], b"!"].concat();
        assert_eq!(decode(&longer, coding, 10_000), Err(DecodeError::Broken), "{coding:?} with a tail");
        assert_eq!(decode(b"{\"plain\": \"text\"}", coding, 10_000), Err(DecodeError::Broken));
    }
    let mut wrong_sum = gzip(&text);
    let at = wrong_sum.len() - 8;
    wrong_sum[at] ^= 1;
    assert_eq!(decode(&wrong_sum, Coding::Gzip, 10_000), Err(DecodeError::Broken));
    assert_eq!(decode(&gzip(&text), Coding::Brotli, 10_000), Err(DecodeError::Broken));
}
