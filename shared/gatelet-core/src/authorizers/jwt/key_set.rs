//! The keys that an issuer publishes (RFC 7517).

use std::collections::BTreeMap;

use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::members::Members;
use super::token::{algorithm_of, decoded};
use crate::memory::{self, Weight};

/// The largest key set that is read, in bytes, as AWS has it
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html>).
pub(super) const KEY_SET_BYTES_MAX: usize = 150_000;
/// How many keys a set may have.
const KEYS_MAX: usize = 200;
/// The sizes of RSA moduli that are used, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=8_192;

/// What a key takes in memory, in bytes: as much as the largest RSA modulus, and its place.
const KEY_BYTES: usize = 1_200;

const RSA: &[Algorithm] = &[
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
];

/// The usable keys of an issuer by their ids.
#[derive(Debug, Default)]
pub struct KeySet {
    keys: BTreeMap<String, PublicKey>,
}

/// Why a key set is not used at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// It is larger than any that is read.
    #[error("the key set has more than {KEY_SET_BYTES_MAX} bytes")]
    TooLarge,
    /// It has too many keys.
    #[error("the key set has {0} keys, more than the {KEYS_MAX} that are read")]
    TooManyKeys(usize),
    /// It is no JSON object with a list of `keys`.
    #[error("the key set is no JSON object with a list of `keys`: {0}")]
    NotAKeySet(String),
}

/// A public key and the algorithms that it is for.
#[derive(Debug)]
pub(super) struct PublicKey {
    decoding: DecodingKey,
    algorithms: Algorithms,
}

#[derive(Debug)]
enum Algorithms {
    /// The one that the key names, or its curve.
    One(Algorithm),
    /// An RSA key that names none.
    AnyRsa,
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    keys: Vec<&'a RawValue>,
}

impl KeySet {
    /// Reads a key set. A key that cannot be used here is left out, as RFC 7517 section 5 has it: without an id, of another kind
    /// or curve, for encryption, symmetric, with its private half, malformed, or with twins among its members. An id that two
    /// keys have is nobody's.
    ///
    /// # Errors
    /// [`KeySetError`] where it is no key set, or a larger one than is read.
    pub fn parse(json: &[u8]) -> Result<Self, KeySetError> {
        if json.len() > KEY_SET_BYTES_MAX {
            return Err(KeySetError::TooLarge);
        }
        let document: Document<'_> =
            serde_json::from_slice(json).map_err(|error| KeySetError::NotAKeySet(error.to_string()))?;
        if document.keys.len() > KEYS_MAX {
            return Err(KeySetError::TooManyKeys(document.keys.len()));
        }
        let mut keys = BTreeMap::new();
        let mut ambiguous = Vec::new();
        for (id, key) in document.keys.into_iter().filter_map(read) {
            if keys.insert(id.clone(), key).is_some() {
                ambiguous.push(id);
            }
        }
        for id in ambiguous {
            keys.remove(&id);
        }
        Ok(Self { keys })
    }

    /// The key of an id: any text, which only has to be equal.
    pub(super) fn get(&self, id: &str) -> Option<&PublicKey> {
        self.keys.get(id)
    }

    /// How many keys can be used.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether no key can be used.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

impl Weight for KeySet {
    fn bytes(&self) -> usize {
        size_of::<Self>() + memory::texts(self.keys.keys().map(String::as_str)) + self.len() * KEY_BYTES
    }
}

impl PublicKey {
    pub(super) const fn decoding(&self) -> &DecodingKey {
        &self.decoding
    }

    /// Whether a signature by this key may be of an algorithm, given those that the authorizer lists, if it lists any. An RSA
    /// key that names none is for PKCS#1 signatures, and for PSS only where the authorizer lists it.
    pub(super) fn takes(&self, algorithm: Algorithm, allowed: &[Algorithm]) -> bool {
        let is_allowed = allowed.is_empty() || allowed.contains(&algorithm);
        match self.algorithms {
            Algorithms::One(own) => own == algorithm && is_allowed,
            Algorithms::AnyRsa => {
                let is_pss = matches!(algorithm, Algorithm::PS256 | Algorithm::PS384 | Algorithm::PS512);
                RSA.contains(&algorithm) && is_allowed && !(is_pss && allowed.is_empty())
            }
        }
    }
}

fn read(raw: &RawValue) -> Option<(String, PublicKey)> {
    let members: Members = serde_json::from_str(raw.get()).ok()?;
    let text = |name| members.text(name).ok().flatten();
    let id = text("kid").filter(|id| !id.is_empty())?;
    // Whoever publishes the private half has no secret to sign with.
    if members.get("d").is_some() || !is_for_signatures(&members) {
        return None;
    }
    let own = match members.text("alg").ok()? {
        Some(name) => Some(algorithm_of(name)?),
        None => None,
    };
    let coordinate = |name, bytes: usize| decoded(text(name)?).filter(|value| value.len() == bytes);
    let (decoding, algorithms) = match (text("kty")?, text("crv")) {
        ("RSA", _) => {
            let (n, e) = (decoded(text("n")?)?, decoded(text("e")?)?);
            if !RSA_BITS.contains(&bits(&n)) || own.is_some_and(|own| !RSA.contains(&own)) {
                return None;
            }
            (DecodingKey::from_rsa_raw_components(&n, &e), own.map_or(Algorithms::AnyRsa, Algorithms::One))
        }
        ("EC", Some(curve @ ("P-256" | "P-384"))) => {
            let (algorithm, bytes) =
                if curve == "P-256" { (Algorithm::ES256, 32) } else { (Algorithm::ES384, 48) };
            let (x, y) = (coordinate("x", bytes)?, coordinate("y", bytes)?);
            let point = [&[UNCOMPRESSED], x.as_slice(), y.as_slice()].concat();
            (DecodingKey::from_ec_der(&point), Algorithms::One(algorithm))
        }
        ("OKP", Some("Ed25519")) => {
            let x = coordinate("x", 32)?;
            (DecodingKey::from_ed_der(&x), Algorithms::One(Algorithm::EdDSA))
        }
        _ => return None,
    };
    // The key's own word must be what it can be used for.
    match (&algorithms, own) {
        (Algorithms::One(possible), Some(own)) if *possible != own => None,
        _ => Some((id.to_owned(), PublicKey { decoding, algorithms })),
    }
}

/// The first byte of a point of which both coordinates follow.
const UNCOMPRESSED: u8 = 4;

fn is_for_signatures(members: &Members) -> bool {
    let usage = match members.get("use") {
        None => true,
        Some(Value::String(usage)) => usage == "sig",
        Some(_) => false,
    };
    let operations = match members.get("key_ops") {
        None => true,
        Some(Value::Array(operations)) => operations.iter().any(|operation| operation == "verify"),
        Some(_) => false,
    };
    usage && operations
}

/// How many bits a number has.
fn bits(number: &[u8]) -> usize {
    let significant = number.iter().position(|byte| *byte != 0).and_then(|start| number.get(start..));
    let first = significant.and_then(<[u8]>::first);
    significant.map_or(0, <[u8]>::len) * 8 - first.map_or(0, |first| first.leading_zeros() as usize)
}
