//! A deployment's content on its way into items: compressed, then cut; and back.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

/// How content is compressed, as its head says.
pub(super) const ENCODING: &str = "gzip";
/// Largest chunk. An item holds 400 KB in all
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html>); ours stay under 350,000
/// bytes with their keys.
pub(super) const CHUNK_BYTES_MAX: usize = 340 * 1024;
/// Most chunks of one deployment; their positions have four digits.
pub(super) const CHUNKS_MAX: usize = 9_999;
/// Of the levels 1 to 9, measured on definitions of 6 MB: beyond this one the size hardly falls, and the time grows.
const LEVEL: u32 = 6;
/// Bytes of the digest in a chunk's key.
const DIGEST_BYTES: usize = 8;

/// Content as it is stored.
#[derive(Debug)]
pub(super) struct Packed {
    /// Names this sequence of chunks among others of the same deployment.
    pub(super) digest: String,
    /// The chunks, in order; never none.
    pub(super) chunks: Vec<Vec<u8>>,
}

/// Compresses and cuts.
pub(super) fn pack(content: &[u8]) -> std::io::Result<Packed> {
    let packed = compress(content)?;
    let hash = Sha256::digest(&packed);
    let digest = hash.iter().take(DIGEST_BYTES).map(|byte| format!("{byte:02x}")).collect();
    Ok(Packed { digest, chunks: packed.chunks(CHUNK_BYTES_MAX).map(<[u8]>::to_vec).collect() })
}

/// Joins and decompresses. More bytes than were announced are not read.
pub(super) fn unpack(chunks: &[Vec<u8>], bytes: usize) -> Result<Vec<u8>, String> {
    decompress(&chunks.concat(), bytes)
}

/// Compresses.
pub(crate) fn compress(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(LEVEL));
    encoder.write_all(content)?;
    encoder.finish()
}

/// Decompresses. More bytes than were announced are not read.
pub(crate) fn decompress(compressed: &[u8], bytes: usize) -> Result<Vec<u8>, String> {
    let mut content = Vec::with_capacity(bytes);
    let limit = u64::try_from(bytes).unwrap_or(u64::MAX).saturating_add(1);
    GzDecoder::new(compressed)
        .take(limit)
        .read_to_end(&mut content)
        .map_err(|error| format!("its content does not decompress: {error}"))?;
    if content.len() == bytes {
        Ok(content)
    } else {
        Err(format!("its content is not the {bytes} bytes that were stored"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

    use super::*;

    /// Bytes that do not compress, and are the same every time.
    fn noise(bytes: usize) -> Vec<u8> {
        let blocks = (0u64..).map(|block| Sha256::digest(block.to_be_bytes()));
        blocks.flatten().take(bytes).collect()
    }

    #[test]
    fn content_comes_back_whole() {
        for content in [Vec::new(), b"{}".to_vec(), noise(CHUNK_BYTES_MAX), noise(3 * CHUNK_BYTES_MAX)] {
            let packed = pack(&content).unwrap();
            assert!(packed.chunks.iter().all(|chunk| (1..=CHUNK_BYTES_MAX).contains(&chunk.len())));
            assert_eq!(unpack(&packed.chunks, content.len()).unwrap(), content);
        }
        assert_eq!(
            pack(&noise(3 * CHUNK_BYTES_MAX)).unwrap().chunks.len(),
            4,
            "headers and noise do not shrink"
        );
    }

    #[test]
    fn equal_content_has_an_equal_digest() {
        assert_eq!(pack(b"pets").unwrap().digest, pack(b"pets").unwrap().digest);
        assert_ne!(pack(b"pets").unwrap().digest, pack(b"cats").unwrap().digest);
    }

    #[test]
    fn damage_is_noticed() {
        let content = noise(2 * CHUNK_BYTES_MAX);
        let chunks = pack(&content).unwrap().chunks;
        assert!(unpack(&chunks[..1], content.len()).is_err(), "a chunk is missing");
        let mut swapped = chunks.clone();
        swapped.swap(0, 1);
        assert!(unpack(&swapped, content.len()).is_err(), "the order is another");
        let mut flipped = chunks;
        flipped[0][1000] ^= 1;
        assert!(unpack(&flipped, content.len()).is_err(), "a bit is another");
    }

    #[test]
    fn a_small_chunk_cannot_become_a_large_content() {
        let packed = pack(&vec![0; 10_000_000]).unwrap();
        assert_eq!(
            unpack(&packed.chunks, 1000),
            Err("its content is not the 1000 bytes that were stored".to_owned())
        );
    }
}
