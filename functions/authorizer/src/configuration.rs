//! The document that says what is asked of callers. It is read strictly, once: whatever is not understood could be what was to
//! keep somebody out.

use std::collections::BTreeSet;

use gatelet_core::authorizers::jwt::{ClaimsForm, Verifier};
use gatelet_model::{JwtIssuer, RequiredClaim};
use http::HeaderName;
use http::header::AUTHORIZATION;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::api_keys::{ApiKeysDocument, KeyRules};
use crate::event::TokenPlace;
use crate::statements::{Addresses, Statements, is_range};

/// The longest document, in bytes.
pub(crate) const CONFIGURATION_BYTES_MAX: usize = 64 * 1_024;

/// How API Gateway names a header that is an identity source.
const HEADER_PREFIXES: [&str; 3] = ["$request.header.", "method.request.header.", "route.request.header."];

/// What is asked of callers, compiled.
#[derive(Debug)]
pub struct Rules {
    pub(crate) token: Option<TokenRules>,
    pub(crate) keys: Option<KeyRules>,
    pub(crate) statements: Statements,
    pub(crate) answer: AnswerKind,
}

/// What is asked of tokens.
#[derive(Debug)]
pub(crate) struct TokenRules {
    pub(crate) verifier: Verifier,
    header: Option<HeaderName>,
    /// The scopes of which one is needed; none where the list is empty.
    pub(crate) scopes: Vec<String>,
}

/// What is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AnswerKind {
    /// A policy.
    #[default]
    Policy,
    /// Yes or no, for whatever has the same token.
    Simple,
    /// Yes or no, for one request alone: API Gateway keeps no answers.
    SimpleUncached,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<'a> {
    #[serde(default, deserialize_with = "present")]
    jwt: Option<JwtDocument>,
    #[serde(default, rename = "apiKeys", deserialize_with = "present")]
    api_keys: Option<ApiKeysDocument>,
    #[serde(default, deserialize_with = "present")]
    addresses: Option<AddressesDocument>,
    #[serde(borrow, default, deserialize_with = "present")]
    policy: Option<&'a RawValue>,
    #[serde(default)]
    answer: AnswerKind,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct JwtDocument {
    #[serde(default, deserialize_with = "present")]
    identity_source: Option<String>,
    issuers: Vec<IssuerDocument>,
    #[serde(default, deserialize_with = "present")]
    scopes: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct IssuerDocument {
    issuer: String,
    audiences: Vec<String>,
    #[serde(default, deserialize_with = "present")]
    algorithms: Option<Vec<String>>,
    #[serde(default)]
    required_claims: Vec<ClaimDocument>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClaimDocument {
    name: String,
    #[serde(default, deserialize_with = "present")]
    values: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddressesDocument {
    #[serde(default, deserialize_with = "present")]
    allow: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    deny: Option<Vec<String>>,
}

/// A member that may be left out, and may not be null: who writes one means to ask for something.
pub(crate) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl Rules {
    /// Reads and compiles a document. `is_mapped` tells for which issuers the operator has said where their keys are.
    ///
    /// # Errors
    /// What is wrong with it and what to write.
    pub fn parse(text: &str, is_mapped: impl Fn(&str) -> bool) -> Result<Self, String> {
        if text.len() > CONFIGURATION_BYTES_MAX {
            return Err(format!("it has {} bytes, and may have {CONFIGURATION_BYTES_MAX}", text.len()));
        }
        let document: Document<'_> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let tells_requests_apart = document.addresses.is_some() || document.policy.is_some();
        if document.jwt.is_none() && document.api_keys.is_none() && !tells_requests_apart {
            return Err(
                "it asks for nothing, and so would let everybody in: write `jwt`, `apiKeys`, `addresses` or `policy`"
                    .to_owned(),
            );
        }
        if document.answer == AnswerKind::Simple && (tells_requests_apart || document.api_keys.is_some()) {
            return Err("`simple` answers are kept by API Gateway for other routes and callers, which `apiKeys`, `addresses` and \
                        `policy` tell apart: answer with a `policy`, or switch the authorizer's cache off and write \
                        `simple-uncached`"
                .to_owned());
        }
        let keys = document.api_keys.map(ApiKeysDocument::compile).transpose();
        let keys = keys.map_err(|why| format!("`apiKeys`: {why}"))?;
        if document.answer != AnswerKind::Policy && keys.as_ref().is_some_and(|keys| keys.is_told) {
            return Err("`apiKeys`: simple answers tell no `usageIdentifierKey`: HTTP APIs have no usage plans of their own"
                .to_owned());
        }
        let token = document.jwt.map(|jwt| jwt.compile(is_mapped)).transpose();
        let mut token = token.map_err(|why| format!("`jwt`: {why}"))?;
        if let (Some(token), Some(keys)) = (&mut token, &keys) {
            // The first identity source may be the key's.
            let header = token.header.get_or_insert(AUTHORIZATION);
            if header == keys.header() {
                return Err(format!(
                    "tokens and API keys are both in the header `{header}`: name another as `identitySource`"
                ));
            }
        }
        let addresses = document.addresses.map(AddressesDocument::compile).transpose();
        let addresses = addresses.map_err(|why| format!("`addresses`: {why}"))?;
        let part = if document.policy.is_some() { "policy" } else { "addresses" };
        let statements = Statements::compile(document.policy.map(RawValue::get), addresses.as_ref())
            .map_err(|why| format!("`{part}`: {why}"))?;
        Ok(Self { token, keys, statements, answer: document.answer })
    }
}

impl TokenRules {
    /// Where tokens are.
    pub(crate) fn place(&self) -> TokenPlace<'_> {
        self.header.as_ref().map_or(TokenPlace::IdentitySource, |name| TokenPlace::Header(name.as_str()))
    }
}

impl JwtDocument {
    fn compile(self, is_mapped: impl Fn(&str) -> bool) -> Result<TokenRules, String> {
        let mut names = BTreeSet::new();
        for one in &self.issuers {
            let issuer = &one.issuer;
            if !names.insert(issuer.as_str()) {
                return Err(format!("the issuer `{issuer}` stands twice: name each once"));
            }
            let is_https = issuer.strip_prefix("https://").is_some_and(|rest| !rest.is_empty());
            if !is_https && !is_mapped(issuer) {
                return Err(format!(
                    "the issuer `{issuer}` is no `https://` URL: write what the claim `iss` says, and where its keys are in \
                     `GATELET_ISSUERS`"
                ));
            }
            if one.audiences.is_empty() || one.audiences.iter().any(String::is_empty) {
                return Err(format!(
                    "`audiences` of `{issuer}`: name whom tokens must be for (`aud`, or `client_id` of tokens without it)"
                ));
            }
        }
        let lists = self.issuers.iter().flat_map(|one| {
            let values = one.required_claims.iter().filter_map(|claim| claim.values.as_ref());
            one.algorithms.iter().chain(values)
        });
        if lists.chain(&self.scopes).any(Vec::is_empty) {
            return Err(
                "a list of `algorithms`, `values` or `scopes` is empty: leave it out where any will do"
                    .to_owned(),
            );
        }
        let issuers: Vec<JwtIssuer> = self.issuers.into_iter().map(IssuerDocument::into_model).collect();
        Ok(TokenRules {
            verifier: Verifier::compile(&issuers, ClaimsForm::RestJwt)?,
            header: self.identity_source.as_deref().map(parse_header).transpose()?,
            scopes: self.scopes.unwrap_or_default(),
        })
    }
}

impl IssuerDocument {
    fn into_model(self) -> JwtIssuer {
        let claims = self.required_claims.into_iter();
        let claims =
            claims.map(|claim| RequiredClaim { name: claim.name, values: claim.values.unwrap_or_default() });
        JwtIssuer {
            issuer: self.issuer,
            audiences: self.audiences,
            algorithms: self.algorithms.unwrap_or_default(),
            required_claims: claims.collect(),
        }
    }
}

impl AddressesDocument {
    fn compile(self) -> Result<Addresses, String> {
        if self.allow.is_none() && self.deny.is_none() {
            return Err("write `allow` or `deny`".to_owned());
        }
        for (name, ranges) in [("allow", &self.allow), ("deny", &self.deny)] {
            let Some(ranges) = ranges else { continue };
            if ranges.is_empty() {
                return Err(format!("`{name}` is empty: leave it out, or name ranges of addresses"));
            }
            if let Some(wrong) = ranges.iter().find(|range| !is_range(range)) {
                return Err(format!(
                    "`{wrong}` is no range of addresses: write one such as `203.0.113.0/24`"
                ));
            }
        }
        Ok(Addresses { allow: self.allow, deny: self.deny.unwrap_or_default() })
    }
}

pub(crate) fn parse_header(text: &str) -> Result<HeaderName, String> {
    let name = HEADER_PREFIXES.iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(text);
    // A header's name may have these; the name of another identity source does.
    let is_other = name.contains(['$', '.']);
    HeaderName::from_bytes(name.as_bytes())
        .ok()
        .filter(|_| !is_other)
        .ok_or_else(|| format!("`{text}` is no header: write one such as `$request.header.Authorization`"))
}
