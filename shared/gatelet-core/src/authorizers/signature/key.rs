//! Signing keys: a secret, narrowed to one day, region and service, so that it can be kept where the secret is not
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#derive-signing-key>).

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::{TERMINATOR, hexadecimal};

/// What stands before the secret where the first key is made of it.
const SECRET_PREFIX: &str = "AWS4";

/// What a signing key is good for. With an access key's id it is all that a cache of signing keys needs to know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope<'a> {
    /// The day in UTC, as `20261120`.
    pub date: String,
    /// The region.
    pub region: &'a str,
    /// The service, by its name in scopes.
    pub service: &'a str,
}

impl fmt::Display for Scope<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}/{}/{TERMINATOR}", self.date, self.region, self.service)
    }
}

/// A key that signs for one [`Scope`].
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey([u8; 32]);

impl SigningKey {
    /// What is signed with where there is no key, so that an unknown access key costs the time of a known one.
    pub(super) const NOBODY: Self = Self([0; 32]);

    /// The key that a secret access key gives for a scope.
    #[must_use]
    pub fn derive(secret: &str, scope: &Scope<'_>) -> Self {
        let first = [SECRET_PREFIX, secret].concat();
        let of_date = code(first.as_bytes(), scope.date.as_bytes());
        let of_region = code(&of_date, scope.region.as_bytes());
        let of_service = code(&of_region, scope.service.as_bytes());
        Self(code(&of_service, TERMINATOR.as_bytes()))
    }

    /// The signature of a string, in lower-case hexadecimal digits.
    pub(super) fn sign(&self, string_to_sign: &str) -> String {
        hexadecimal(&code(&self.0, string_to_sign.as_bytes()))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningKey(..)")
    }
}

/// HMAC-SHA-256 of a message.
fn code(key: &[u8], message: &[u8]) -> [u8; 32] {
    // RFC 2104 section 2: a key is filled up with zeros to a block, and one that is longer than a block is hashed first.
    let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
    let hashed;
    let key = if key.len() > block.len() {
        hashed = Sha256::digest(key);
        hashed.as_slice()
    } else {
        key
    };
    block.iter_mut().zip(key).for_each(|(place, byte)| *place = *byte);
    Hmac::<Sha256>::new(&block).chain_update(message).finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, cases 2, 3 and 6: a short key, a key of 20 bytes, and one that is longer than a block.
    #[test]
    fn codes_are_those_of_the_standard() {
        let cases: [(&[u8], &[u8], &str); 3] = [
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (&[0xaa; 20], &[0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ];
        for (key, message, expected) in cases {
            assert_eq!(hexadecimal(&code(key, message)), expected);
        }
    }

    #[test]
    fn a_key_is_never_printed() {
        assert_eq!(format!("{:?}", SigningKey([7; 32])), "SigningKey(..)");
    }
}
