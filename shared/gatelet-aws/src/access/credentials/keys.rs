//! The keys with which secrets are encrypted.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac::{self, HMAC_SHA256};
use base64::Engine as _;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use gatelet_core::ports::PortError;
use sha2::{Digest, Sha256};

use super::WHAT;

/// How long a key is: AES-256's.
const KEY_BYTES: usize = 32;
/// How many keys are known at a time: the present one, and the one before it while what it encrypted is encrypted anew.
const KEYS_MAX: usize = 2;
/// How much of a key's digest names it.
const ID_BYTES: usize = 8;
/// What a key signs to become the key of digests.
const PEPPER_LABEL: &[u8] = b"gatelet api key pepper";

/// Base64 as whoever generates secrets writes it: with or without padding, and whatever the two bits say that 43 characters have
/// beside 32 bytes. So 43 letters and digits are a key, which is what AWS Secrets Manager can make of chance.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The keys with which secrets of access keys are encrypted: the first encrypts, all decrypt. Never shown.
#[derive(Clone)]
pub struct CredentialKeys(Arc<Known>);

struct Known {
    first: Key,
    second: Option<Key>,
}

struct Key {
    id: Box<str>,
    cipher: LessSafeKey,
    /// Derived from the key, so that nothing is signed with what encrypts.
    pepper: hmac::Key,
}

/// A key made of chance.
pub struct NewCredentialKey {
    /// As it is written into a variable or a file.
    pub text: String,
    /// As it is used.
    pub keys: CredentialKeys,
}

/// A secret as it is stored.
pub(in crate::access) struct Sealed {
    /// Which key encrypted it.
    pub(in crate::access) key_id: Box<str>,
    /// The nonce, what is encrypted, and the tag.
    pub(in crate::access) bytes: Vec<u8>,
}

impl CredentialKeys {
    /// Reads a key, 32 bytes in base64, or two with a comma between: the present one and the one before it.
    ///
    /// # Errors
    /// What is wrong and what to write. It repeats nothing of what was read.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut keys = text.split(',').map(str::trim).map(Key::parse);
        let first = keys.next().unwrap_or_else(|| Err(malformed()))?;
        let second = keys.next().transpose()?;
        if keys.next().is_some() {
            return Err(format!(
                "holds more than {KEYS_MAX} keys: write the present one and the one before it"
            ));
        }
        if second.as_ref().is_some_and(|second| second.id == first.id) {
            return Err(
                "holds the same key twice: write the present one, and another before it or none".to_owned()
            );
        }
        Ok(Self(Arc::new(Known { first, second })))
    }

    /// Makes a key of the machine's chance.
    ///
    /// # Errors
    /// What the machine says.
    pub fn generate() -> Result<NewCredentialKey, String> {
        let mut bytes = [0; KEY_BYTES];
        getrandom::fill(&mut bytes).map_err(|error| error.to_string())?;
        let keys = Self(Arc::new(Known { first: Key::new(&bytes)?, second: None }));
        Ok(NewCredentialKey { text: STANDARD.encode(bytes), keys })
    }

    /// Encrypts under the first key. `about` is bound to it: nobody decrypts it who believes that it is about something else.
    pub(in crate::access) fn seal(&self, about: &str, plain: &[u8]) -> Result<Sealed, PortError> {
        let failed = |why: &dyn fmt::Display| PortError::Unavailable {
            what: WHAT,
            why: format!("a secret cannot be encrypted: {why}"),
        };
        let Key { id, cipher, .. } = &self.0.first;
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(|error| failed(&error))?;
        let mut encrypted = plain.to_vec();
        cipher
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(about.as_bytes()),
                &mut encrypted,
            )
            .map_err(|error| failed(&error))?;
        Ok(Sealed { key_id: id.clone(), bytes: [&nonce[..], &encrypted].concat() })
    }

    /// The digests under which a secret's holder may be found: the one of the first key, and that of the second where there is one.
    /// Nobody makes them, or tells from them what they are of, without the key.
    pub(in crate::access) fn digests(&self, secret: &str) -> (String, Option<String>) {
        (self.0.first.digest(secret), self.0.second.as_ref().map(|key| key.digest(secret)))
    }

    /// Whether the first key encrypted it.
    pub(in crate::access) fn is_first(&self, sealed: &Sealed) -> bool {
        self.0.first.id == sealed.key_id
    }

    /// Decrypts what [`Self::seal`] encrypted.
    pub(in crate::access) fn open(&self, about: &str, sealed: &Sealed) -> Result<Vec<u8>, PortError> {
        let unreadable = |why: String| PortError::Unreadable { what: WHAT, why };
        let mut keys = [Some(&self.0.first), self.0.second.as_ref()].into_iter().flatten();
        let key = keys.find(|key| key.id == sealed.key_id).ok_or_else(|| {
            unreadable(format!(
                "a secret is encrypted with the key `{}`, which is not known here; give it as the second one",
                sealed.key_id.escape_debug()
            ))
        })?;
        let forged = || unreadable("a secret does not decrypt: what is stored was changed".to_owned());
        let (nonce, encrypted) = sealed.bytes.split_at_checked(NONCE_LEN).ok_or_else(forged)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| forged())?;
        let mut encrypted = encrypted.to_vec();
        let plain = key.cipher.open_in_place(nonce, Aad::from(about.as_bytes()), &mut encrypted);
        Ok(plain.map_err(|_| forged())?.to_vec())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn malformed() -> String {
    format!("is not {KEY_BYTES} bytes in base64: write what `openssl rand -base64 {KEY_BYTES}` says")
}

impl Key {
    fn parse(text: &str) -> Result<Self, String> {
        let bytes = LENIENT.decode(text).map_err(|_| malformed())?;
        let bytes: [u8; KEY_BYTES] = bytes.try_into().map_err(|_| malformed())?;
        Self::new(&bytes)
    }

    fn new(bytes: &[u8; KEY_BYTES]) -> Result<Self, String> {
        let cipher = UnboundKey::new(&AES_256_GCM, bytes).map_err(|error| error.to_string())?;
        let digest = Sha256::new().chain_update("gatelet credentials key").chain_update(bytes).finalize();
        let id = hex(digest.get(..ID_BYTES).unwrap_or_default());
        let pepper = hmac::sign(&hmac::Key::new(HMAC_SHA256, bytes), PEPPER_LABEL);
        let pepper = hmac::Key::new(HMAC_SHA256, pepper.as_ref());
        Ok(Self { id: id.into(), cipher: LessSafeKey::new(cipher), pepper })
    }

    fn digest(&self, secret: &str) -> String {
        hex(hmac::sign(&self.pepper, secret.as_bytes()).as_ref())
    }
}

impl fmt::Debug for CredentialKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CredentialKeys(..)")
    }
}

impl fmt::Debug for NewCredentialKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("NewCredentialKey(..)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

    use super::*;

    fn made() -> NewCredentialKey {
        CredentialKeys::generate().unwrap()
    }

    #[test]
    fn what_is_sealed_opens_and_shows_nothing() {
        let keys = made().keys;
        let sealed = keys.seal("a", b"the secret").unwrap();
        assert!(!sealed.bytes.windows(6).any(|window| window == b"secret"));
        let again = keys.seal("a", b"the secret").unwrap();
        assert_ne!(again.bytes, sealed.bytes, "each has a nonce of its own");
        assert_eq!(keys.open("a", &sealed).unwrap(), b"the secret");
    }

    #[test]
    fn whatever_is_changed_does_not_open() {
        let keys = made().keys;
        let sealed = keys.seal("a", b"the secret").unwrap();
        for position in 0..sealed.bytes.len() {
            let mut bytes = sealed.bytes.clone();
            bytes[position] ^= 1;
            assert!(keys.open("a", &Sealed { key_id: sealed.key_id.clone(), bytes }).is_err(), "{position}");
        }
        for length in 0..sealed.bytes.len() {
            let bytes = sealed.bytes[..length].to_vec();
            assert!(keys.open("a", &Sealed { key_id: sealed.key_id.clone(), bytes }).is_err(), "{length}");
        }
        assert!(keys.open("b", &sealed).is_err());
    }

    #[test]
    fn a_key_is_followed_by_another() {
        let (old, new) = (made(), made());
        let of_old = || old.keys.seal("a", b"1").unwrap();
        let both = CredentialKeys::parse(&format!("{}, {}", new.text, old.text)).unwrap();
        assert_eq!(both.open("a", &of_old()).unwrap(), b"1");
        assert_eq!(new.keys.open("a", &both.seal("a", b"2").unwrap()).unwrap(), b"2");
        let error = new.keys.open("a", &of_old()).unwrap_err().to_string();
        assert!(error.contains("is encrypted with the key `"), "{error}");
        assert!(error.ends_with("which is not known here; give it as the second one"), "{error}");
    }

    #[test]
    fn digests_follow_from_value_and_key() {
        let (old, new) = (made(), made());
        let both = CredentialKeys::parse(&format!("{},{}", new.text, old.text)).unwrap();
        let of_old = old.keys.digests("a value").0;
        assert_eq!(of_old.len(), 64);
        assert_eq!(both.digests("a value"), (new.keys.digests("a value").0, Some(of_old.clone())));
        assert_ne!(of_old, new.keys.digests("a value").0);
        assert_ne!(of_old, old.keys.digests("another value").0);
        assert_eq!(old.keys.digests("a value").1, None);
    }

    #[test]
    fn a_digest_is_what_it_was_when_keys_were_stored() {
        // HMAC-SHA-256 of `value` with HMAC-SHA-256 of the label with 32 zero bytes; as Python's `hmac` has it.
        let keys = CredentialKeys::parse(&STANDARD.encode([0; KEY_BYTES])).unwrap();
        assert_eq!(
            keys.digests("value").0,
            "62cb124676e50228cfbdb7388b8185128fc9da8997a42f33d21e62c46ac1f32c"
        );
    }

    #[test]
    fn keys_are_read_as_generators_write_them() {
        let letters = "GhZk3P1sVxQ9bT7mWc2NfRy5JdLa8EuKo4HiXvSz6B1";
        assert_eq!(letters.len(), 43);
        for text in
            [letters.to_owned(), format!("{}=", made().text.trim_end_matches('=')), format!(" {letters} ")]
        {
            assert!(CredentialKeys::parse(&text).is_ok());
        }
        for (text, message) in [
            ("", "is not 32 bytes in base64: write what `openssl rand -base64 32` says"),
            ("c2hvcnQ=", "is not 32 bytes in base64"),
            (&*format!("{letters},"), "is not 32 bytes in base64"),
            (&*format!("{letters},{letters}"), "holds the same key twice"),
            (&*format!("{letters},{},{}", made().text, made().text), "holds more than 2 keys"),
        ] {
            let error = CredentialKeys::parse(text).unwrap_err();
            assert!(error.starts_with(message), "{error}");
        }
        assert!(!format!("{:?}", made()).contains(&made().text) && format!("{:?}", made().keys).len() < 20);
    }
}
