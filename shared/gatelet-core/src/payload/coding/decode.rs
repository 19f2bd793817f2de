//! Bodies out of a coding, with a limit that is held while they grow.

use std::io::Read as _;

use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use flate2::{Decompress, FlushDecompress, Status};

use super::Coding;

/// The least by which the room for a decoded body grows, in bytes.
const ROOM_BYTES_MIN: usize = 16 * 1024;

/// Why a body cannot be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// It is not in this coding, breaks off, or has something behind its end.
    #[error("the body is not in the coding that it is said to be in")]
    Broken,
    /// It is longer than allowed.
    #[error("the decoded body is longer than {limit} bytes")]
    TooLong {
        /// The limit, in bytes.
        limit: usize,
    },
}

/// Decodes a whole body of one of AWS's codings.
///
/// # Errors
/// [`DecodeError::TooLong`] as soon as it is longer than `limit` bytes, and [`DecodeError::Broken`] where it is no such body, or of
/// another coding.
pub fn decode(coded: &[u8], coding: Coding, limit: usize) -> Result<Bytes, DecodeError> {
    let decoded = match coding {
        Coding::Gzip => gunzip(coded, limit),
        Coding::Deflate => inflate(coded, limit),
        #[cfg(any(feature = "brotli", feature = "zstd"))]
        _ => Err(DecodeError::Broken),
    }?;
    if decoded.len() > limit { Err(DecodeError::TooLong { limit }) } else { Ok(decoded.into()) }
}

/// A byte more than the limit is enough to know.
fn gunzip(coded: &[u8], limit: usize) -> Result<Vec<u8>, DecodeError> {
    let mut decoded = Vec::with_capacity(ROOM_BYTES_MIN.min(limit));
    let mut decoder = MultiGzDecoder::new(coded).take(limit as u64 + 1);
    decoder.read_to_end(&mut decoded).map_err(|_| DecodeError::Broken)?;
    Ok(decoded)
}

fn inflate(coded: &[u8], limit: usize) -> Result<Vec<u8>, DecodeError> {
    let mut decoder = Decompress::new(is_zlib(coded));
    let (mut rest, mut decoded) = (coded, Vec::new());
    while decoded.len() <= limit {
        if decoded.len() == decoded.capacity() {
            decoded.reserve(decoded.len().max(ROOM_BYTES_MIN).min(limit + 1 - decoded.len()));
        }
        let before = decoder.total_in();
        let status = decoder.decompress_vec(rest, &mut decoded, FlushDecompress::None);
        let read = usize::try_from(decoder.total_in() - before).unwrap_or(usize::MAX);
        rest = rest.get(read..).unwrap_or_default();
        match status {
            Ok(Status::StreamEnd) if rest.is_empty() => return Ok(decoded),
            Ok(Status::Ok | Status::BufError) if decoded.len() == decoded.capacity() || !rest.is_empty() => {}
            _ => return Err(DecodeError::Broken),
        }
    }
    Ok(decoded)
}

/// Whether a body begins as zlib's form does (<https://www.rfc-editor.org/rfc/rfc1950#section-2.2>): senders are divided about
/// whether `deflate` is that or what is inside of it.
fn is_zlib(coded: &[u8]) -> bool {
    const DEFLATE: u8 = 8;
    match coded {
        [method, flags, ..] => {
            method & 0x0f == DEFLATE && u16::from_be_bytes([*method, *flags]).is_multiple_of(31)
        }
        _ => false,
    }
}
