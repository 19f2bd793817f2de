//! A token's outer form, read strictly.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde_json::Value;

use super::defect::Defect;
use super::key_set::KeySet;
use super::members::Members;

/// The longest token that is read, in bytes: AWS takes no more than 10,240 bytes of headers altogether.
pub(super) const TOKEN_BYTES_MAX: usize = 8 * 1024;

/// A token in the compact form of RFC 7515, of which nothing is believed yet.
#[derive(Debug)]
pub struct Token<'a> {
    signed: &'a str,
    signature: &'a str,
    algorithm: Algorithm,
    key_id: String,
    claims: Members,
}

impl<'a> Token<'a> {
    /// Reads a token: three parts of unpadded canonical base64url, of which the first two are JSON objects without twins.
    ///
    /// `jwk`, `jku`, `x5u` and `x5c` in its header are no keys to anybody here, and are not looked at.
    ///
    /// # Errors
    /// A [`Defect`] where it is no such token, or none that could be verified.
    pub fn parse(text: &'a str) -> Result<Self, Defect> {
        if text.len() > TOKEN_BYTES_MAX {
            return Err(Defect::TooLarge);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(Defect::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(Defect::Malformed)?;
        let header = object(header)?;
        // Unsigned and symmetric algorithms are none of those that follow.
        let algorithm = header.text("alg").map_err(|_| Defect::Malformed)?.ok_or(Defect::Malformed)?;
        let algorithm = algorithm_of(algorithm).ok_or(Defect::Algorithm)?;
        // RFC 7515 section 4.1.11: what is critical and not understood makes it invalid; RFC 7797: `b64` would change what is signed.
        if header.get("crit").is_some() || header.get("b64").is_some_and(|value| *value != Value::Bool(true))
        {
            return Err(Defect::Extension);
        }
        // AWS wants the token to name its key: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
        let key_id = header.text("kid").map_err(|_| Defect::Malformed)?.ok_or(Defect::UnknownKey)?.to_owned();
        let claims = object(payload)?;
        if signature.is_empty() || decoded(signature).is_none() {
            return Err(Defect::Malformed);
        }
        Ok(Self { signed, signature, algorithm, key_id, claims })
    }

    /// The id of the key that it says it is signed with.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// What it claims.
    pub(super) const fn claims(&self) -> &Members {
        &self.claims
    }

    /// Verifies its signature with the key of a set that it names, by an algorithm which that key has and, where any is listed,
    /// the authorizer allows.
    ///
    /// # Errors
    /// [`Defect::UnknownKey`], [`Defect::Algorithm`], [`Defect::Signature`].
    pub fn verify(&self, keys: &KeySet, allowed: &[Algorithm]) -> Result<(), Defect> {
        let key = keys.get(&self.key_id).ok_or(Defect::UnknownKey)?;
        if !key.takes(self.algorithm, allowed) {
            return Err(Defect::Algorithm);
        }
        match jsonwebtoken::crypto::verify(
            self.signature,
            self.signed.as_bytes(),
            key.decoding(),
            self.algorithm,
        ) {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(Defect::Signature),
        }
    }
}

/// The asymmetric algorithms by their names; `Ed25519` is the newer name of what `EdDSA` is here (RFC 9864).
pub(super) fn algorithm_of(name: &str) -> Option<Algorithm> {
    Some(match name {
        "RS256" => Algorithm::RS256,
        "RS384" => Algorithm::RS384,
        "RS512" => Algorithm::RS512,
        "PS256" => Algorithm::PS256,
        "PS384" => Algorithm::PS384,
        "PS512" => Algorithm::PS512,
        "ES256" => Algorithm::ES256,
        "ES384" => Algorithm::ES384,
        "EdDSA" | "Ed25519" => Algorithm::EdDSA,
        _ => return None,
    })
}

fn object(part: &str) -> Result<Members, Defect> {
    let json = decoded(part).ok_or(Defect::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| Defect::Malformed)
}

/// Unpadded base64url; none where it has padding, other characters, or last bits that are not zero.
pub(super) fn decoded(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}
