//! Issuers of tokens: keys of their own, key sets, and tokens signed with them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

/// A key that an issuer signs with.
pub struct TokenKey {
    id: String,
    algorithm: Algorithm,
    private: EncodingKey,
    public: Value,
}

impl TokenKey {
    /// A new key for RS256, of this id.
    #[must_use]
    pub fn rs256(id: &str) -> Self {
        let pair =
            rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
        Self::new(id, Algorithm::RS256, EncodingKey::from_rsa_pem(pem(&pair).as_bytes()).unwrap())
    }

    /// A new key for ES256, of this id.
    #[must_use]
    pub fn es256(id: &str) -> Self {
        let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        Self::new(id, Algorithm::ES256, EncodingKey::from_ec_pem(pem(&pair).as_bytes()).unwrap())
    }

    /// A new key for ES384, of this id.
    #[must_use]
    pub fn es384(id: &str) -> Self {
        let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
        Self::new(id, Algorithm::ES384, EncodingKey::from_ec_pem(pem(&pair).as_bytes()).unwrap())
    }

    fn new(id: &str, algorithm: Algorithm, private: EncodingKey) -> Self {
        let mut public = Jwk::from_encoding_key(&private, algorithm).unwrap();
        public.common.key_id = Some(id.to_owned());
        let public = serde_json::to_value(public).unwrap();
        Self { id: id.to_owned(), algorithm, private, public }
    }

    /// The public key, as key sets have it.
    #[must_use]
    pub const fn public(&self) -> &Value {
        &self.public
    }

    /// A token of these claims.
    #[must_use]
    pub fn token(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.id.clone()), ..Header::new(self.algorithm) };
        jsonwebtoken::encode(&header, claims, &self.private).unwrap()
    }
}

/// The key set of these keys, as issuers publish it.
#[must_use]
pub fn key_set<'a>(keys: impl IntoIterator<Item = &'a TokenKey>) -> String {
    let keys: Vec<_> = keys.into_iter().map(TokenKey::public).collect();
    json!({ "keys": keys }).to_string()
}

fn pem(pair: &rcgen::KeyPair) -> String {
    let der = STANDARD.encode(pair.serialized_der());
    format!("-----BEGIN PRIVATE KEY-----\n{der}\n-----END PRIVATE KEY-----\n")
}
