//! Chance for new keys and plans.

use std::io;

use gatelet_control::usage::CHANCE_BYTES;
use sha2::{Digest, Sha256};

/// Unguessable bytes without end, from a seed of the machine's. The seed alone can fail, before anything is done: whoever makes
/// a key half-way through a file cannot be told that there is no chance any more.
pub(super) struct Chances {
    seed: [u8; 32],
    taken: u64,
}

impl Chances {
    /// # Errors
    /// Where the machine has no randomness.
    pub(super) fn new() -> io::Result<Self> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| io::Error::other(error.to_string()))?;
        Ok(Self { seed, taken: 0 })
    }

    /// Bytes that no other call gives: the hash of the seed and a number, block by block.
    pub(super) fn next(&mut self) -> [u8; CHANCE_BYTES] {
        let mut bytes = [0; CHANCE_BYTES];
        for block in bytes.chunks_mut(<Sha256 as Digest>::output_size()) {
            let mut hash = Sha256::new();
            hash.update(self.seed);
            hash.update(self.taken.to_be_bytes());
            self.taken = self.taken.wrapping_add(1);
            for (into, from) in block.iter_mut().zip(hash.finalize()) {
                *into = from;
            }
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn chance_never_repeats_itself() {
        let mut blocks = BTreeSet::new();
        for _ in 0..3 {
            let mut chances = Chances::new().unwrap();
            for _ in 0..10 {
                blocks.extend(chances.next().chunks(24).map(<[u8]>::to_vec));
            }
        }
        assert_eq!(blocks.len(), 90);
    }
}
