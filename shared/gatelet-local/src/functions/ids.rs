//! Names that nobody can guess.

use std::io;

/// A random text of 32 hexadecimal digits.
///
/// # Errors
/// Where the machine has no randomness.
pub(super) fn token() -> io::Result<String> {
    Ok(format!("{:032x}", random()?))
}

/// A UUID of version 4, as AWS's request ids are.
///
/// # Errors
/// Where the machine has no randomness.
pub(super) fn request_id() -> io::Result<String> {
    let random = random()? & !(0xF000_C000_u128 << 48) | (0x4000_8000_u128 << 48);
    let part = |shift: u32, digits: u32| (random >> shift) & ((1 << (digits * 4)) - 1);
    Ok(format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        part(96, 8),
        part(80, 4),
        part(64, 4),
        part(48, 4),
        part(0, 12)
    ))
}

fn random() -> io::Result<u128> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(u128::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn ids_have_their_form_and_differ() {
        for _ in 0..50 {
            let id = request_id().unwrap();
            let groups: Vec<usize> = id.split('-').map(str::len).collect();
            assert_eq!(groups, [8, 4, 4, 4, 12]);
            assert_eq!(id.as_bytes().get(14), Some(&b'4'), "{id}");
            assert!(b"89ab".contains(id.as_bytes().get(19).unwrap()), "{id}");
            assert_ne!(id, request_id().unwrap());
        }
        assert_eq!(token().unwrap().len(), 32);
    }
}
