//! Bodies into a coding, whole or as they come. Levels are chosen for the processor's time: it is what an invocation costs.

use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use http_body::{Body as HttpBody, Frame};

use super::Coding;
use crate::payload::{Body, BodyError};

/// Of gzip and deflate: three quarters of the time of zlib's own 6, for a few more bytes.
const DEFLATE_LEVEL: u32 = 4;
/// Of Brotli: the first that is clearly smaller than gzip.
#[cfg(feature = "brotli")]
const BROTLI_QUALITY: u32 = 5;
/// Of Zstandard: smaller than gzip in half of the time.
#[cfg(feature = "zstd")]
const ZSTANDARD_LEVEL: i32 = 1;
/// How far back Brotli looks, as a power of two: from a small body's length up to 1 MB.
#[cfg(feature = "brotli")]
const BROTLI_WINDOW_BITS: std::ops::RangeInclusive<u32> = 12..=20;
/// How many bytes of a coded stream are worth handing on.
const HANDED_BYTES_MIN: usize = 8 * 1024;

/// A body that is put into a coding.
pub struct Encoder(Kind);

enum Kind {
    Gzip(GzEncoder<Vec<u8>>),
    Deflate(ZlibEncoder<Vec<u8>>),
    #[cfg(feature = "brotli")]
    Brotli(Box<brotli::CompressorWriter<Vec<u8>>>),
    #[cfg(feature = "zstd")]
    Zstandard(zstd::stream::write::Encoder<'static, Vec<u8>>),
}

impl Encoder {
    /// Begins a body that will have about so many bytes, where that is known.
    #[cfg_attr(
        not(any(feature = "brotli", feature = "zstd")),
        allow(unused_variables, reason = "gzip and deflate work alike for any length")
    )]
    fn begin(coding: Coding, length: Option<u64>) -> io::Result<Self> {
        let level = Compression::new(DEFLATE_LEVEL);
        Ok(Self(match coding {
            Coding::Gzip => Kind::Gzip(GzEncoder::new(Vec::new(), level)),
            Coding::Deflate => Kind::Deflate(ZlibEncoder::new(Vec::new(), level)),
            #[cfg(feature = "brotli")]
            Coding::Brotli => {
                const BUFFER_BYTES: usize = 4 * 1024;
                let (least, most) = (*BROTLI_WINDOW_BITS.start(), *BROTLI_WINDOW_BITS.end());
                let bits =
                    length.map_or(most, |length| (u64::BITS - length.leading_zeros()).clamp(least, most));
                let writer = brotli::CompressorWriter::new(Vec::new(), BUFFER_BYTES, BROTLI_QUALITY, bits);
                Kind::Brotli(Box::new(writer))
            }
            #[cfg(feature = "zstd")]
            Coding::Zstandard => {
                let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), ZSTANDARD_LEVEL)?;
                encoder.set_pledged_src_size(length)?;
                Kind::Zstandard(encoder)
            }
        }))
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.0 {
            Kind::Gzip(encoder) => encoder.write_all(bytes),
            Kind::Deflate(encoder) => encoder.write_all(bytes),
            #[cfg(feature = "brotli")]
            Kind::Brotli(encoder) => encoder.write_all(bytes),
            #[cfg(feature = "zstd")]
            Kind::Zstandard(encoder) => encoder.write_all(bytes),
        }
    }

    /// What there is of the coded body and was not handed on.
    fn ready(&mut self) -> &mut Vec<u8> {
        match &mut self.0 {
            Kind::Gzip(encoder) => encoder.get_mut(),
            Kind::Deflate(encoder) => encoder.get_mut(),
            #[cfg(feature = "brotli")]
            Kind::Brotli(encoder) => encoder.get_mut(),
            #[cfg(feature = "zstd")]
            Kind::Zstandard(encoder) => encoder.get_mut(),
        }
    }

    fn finish(self) -> io::Result<Vec<u8>> {
        match self.0 {
            Kind::Gzip(encoder) => encoder.finish(),
            Kind::Deflate(encoder) => encoder.finish(),
            #[cfg(feature = "brotli")]
            Kind::Brotli(encoder) => Ok(encoder.into_inner()),
            #[cfg(feature = "zstd")]
            Kind::Zstandard(encoder) => encoder.finish(),
        }
    }
}

/// Encodes a whole body.
///
/// # Errors
/// Where the coding's library fails.
pub fn encode(body: &[u8], coding: Coding) -> io::Result<Bytes> {
    let mut encoder = Encoder::begin(coding, Some(body.len() as u64))?;
    encoder.write(body)?;
    encoder.finish().map(Bytes::from)
}

/// Encodes a body as it comes, with what came of it before. What is coded is handed on when it is worth it, so that the end
/// of a slow stream may wait in here.
///
/// # Errors
/// Where the coding's library fails.
pub fn encode_stream(before: &[u8], rest: Body, coding: Coding) -> io::Result<Body> {
    let mut encoder = Encoder::begin(coding, None)?;
    encoder.write(before)?;
    Ok(Body::stream(Encoded { encoder: Some(encoder), rest }))
}

/// A stream that is put into a coding as it comes.
struct Encoded {
    /// None after the end.
    encoder: Option<Encoder>,
    rest: Body,
}

impl HttpBody for Encoded {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        loop {
            let Some(encoder) = &mut this.encoder else { return Poll::Ready(None) };
            let data = match ready!(Pin::new(&mut this.rest).poll_frame(context)) {
                None => None,
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => Some(data),
                    // Trailers were said of the body as it was.
                    Err(_) => continue,
                },
                Some(Err(error)) => {
                    this.encoder = None;
                    return Poll::Ready(Some(Err(error)));
                }
            };
            let coded = match data {
                Some(data) => encoder.write(&data).map(|()| {
                    let ready = encoder.ready();
                    if ready.len() >= HANDED_BYTES_MIN { std::mem::take(ready) } else { Vec::new() }
                }),
                None => this.encoder.take().map_or(Ok(Vec::new()), Encoder::finish),
            };
            match coded {
                Ok(coded) if coded.is_empty() && this.encoder.is_some() => {}
                Ok(coded) if coded.is_empty() => return Poll::Ready(None),
                Ok(coded) => return Poll::Ready(Some(Ok(Frame::data(coded.into())))),
                Err(_) => {
                    this.encoder = None;
                    return Poll::Ready(Some(Err(BodyError::BrokenOff)));
                }
            }
        }
    }
}
