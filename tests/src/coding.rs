//! Bodies in content codings, as clients send and read them.

use std::io::{self, Read, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::{GzDecoder, ZlibDecoder};
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

/// What a decoded body may have, and the bomb has one byte more.
const BODY_BYTES_MAX: usize = 10 * 1024 * 1024;

/// A body as a case has it coded: `gzip`, `deflate`, `raw` (deflate without zlib's head), `br`, `cut` (gzip without its end), `bomb` (gzip
/// of more than any body may have, whatever the body is).
///
/// # Errors
/// The text of another coding.
pub fn coded(body: &[u8], coding: &str) -> Result<Bytes, String> {
    let coded = match coding {
        "gzip" => gzip(body),
        "deflate" => {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(body).and_then(|()| encoder.finish())
        }
        "raw" => {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(body).and_then(|()| encoder.finish())
        }
        "br" => {
            let mut coded = Vec::new();
            brotli::CompressorReader::new(body, 4_096, 5, 20).read_to_end(&mut coded).map(|_| coded)
        }
        "cut" => gzip(body).map(|mut coded| {
            coded.truncate(coded.len() - 9);
            coded
        }),
        "bomb" => gzip(&vec![0; BODY_BYTES_MAX + 1]),
        other => return Err(format!("`{other}` is no coding of a case")),
    };
    coded.map(Bytes::from).map_err(|error| error.to_string())
}

fn gzip(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body)?;
    encoder.finish()
}

/// A body as a client reads it, by its `Content-Encoding`.
///
/// # Errors
/// Why it cannot be read.
pub fn decoded(body: &[u8], coding: &str) -> Result<Bytes, String> {
    let mut text = Vec::new();
    match coding {
        "gzip" => GzDecoder::new(body).read_to_end(&mut text),
        "deflate" => ZlibDecoder::new(body).read_to_end(&mut text),
        "br" => brotli::Decompressor::new(body, 4_096).read_to_end(&mut text),
        "zstd" => {
            zstd::stream::read::Decoder::new(body).and_then(|mut decoder| decoder.read_to_end(&mut text))
        }
        other => return Err(format!("`{other}` is no coding that a client knows")),
    }
    .map_err(|error| format!("the body is not in {coding}: {error}"))?;
    Ok(text.into())
}
