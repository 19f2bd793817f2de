//! Access keys that an installation issues, and principals to which it attaches policies.
//!
//! Here lives what they look like and what may be in them. Where they are kept, and with which key their secrets are
//! encrypted, is the adapters'.

mod names;

use std::fmt;

use gatelet_core::ports::{IamIdentity, Secret};
use gatelet_languages::iam_policy::{Policy, PolicyKind};
use gatelet_model::{AccountId, Problem, Region};
use sha2::{Digest, Sha256};

use crate::document::{Source, Span};

pub use names::{PrincipalArn, UserName};

/// What every access key's id begins with. AWS's own begin with `AKIA` or `ASIA`
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>); these never do.
const ID_PREFIX: &str = "GTLK";
/// What every user's unique id begins with; AWS's begin with `AIDA`.
const USER_ID_PREFIX: &str = "GTLU";
/// How many characters of chance an id has: with its prefix it is as long as AWS's, which SDKs count on.
const ID_CHARACTERS: usize = 16;
/// How long a secret is: as long as AWS's.
const SECRET_CHARACTERS: usize = 40;
/// How long a session token is.
const SESSION_TOKEN_CHARACTERS: usize = 64;
/// How many policies one access key or principal may have: as many as AWS lets a role have
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
pub const POLICIES_MAX: usize = 20;

/// Five bits each, upper-case, as RFC 4648 has them.
const BASE_32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Six bits each; none has a meaning in a shell or a URL.
const BASE_64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The id of an access key: `GTLK` and 16 of the characters `A` to `Z` and `2` to `7`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccessKeyId(Box<str>);

impl AccessKeyId {
    /// The id that chance makes.
    #[must_use]
    pub fn from_random(random: &[u8; ID_CHARACTERS]) -> Self {
        Self(spelled(ID_PREFIX, random, BASE_32))
    }

    /// Reads an id.
    ///
    /// # Errors
    /// A [`Problem`] where it is none.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let is_id = text.strip_prefix(ID_PREFIX).is_some_and(|rest| {
            rest.len() == ID_CHARACTERS && rest.bytes().all(|byte| BASE_32.contains(&byte))
        });
        if is_id {
            Ok(Self(text.into()))
        } else {
            Err(Problem::error(format!("`{}` is no access key of a gatelet", text.escape_debug()))
                .help(format!("write its id, such as `{ID_PREFIX}ABCDEFGHIJKLMNOP`")))
        }
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccessKeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The secret that chance makes: 240 bits.
#[must_use]
pub fn secret(random: &[u8; SECRET_CHARACTERS]) -> Secret {
    Secret::new(spelled("", random, BASE_64))
}

/// The session token that chance makes: 384 bits.
#[must_use]
pub fn session_token(random: &[u8; SESSION_TOKEN_CHARACTERS]) -> Secret {
    Secret::new(spelled("", random, BASE_64))
}

/// One character of a power of two of them for each byte, so that each is as likely as any other.
fn spelled(prefix: &str, random: &[u8], alphabet: &[u8]) -> Box<str> {
    let mut text = String::with_capacity(prefix.len() + random.len());
    text.push_str(prefix);
    text.extend(random.iter().filter_map(|byte| {
        let position = usize::from(*byte) % alphabet.len();
        alphabet.get(position).copied().map(char::from)
    }));
    text.into()
}

/// The user of an account that owns an access key. Users exist by their names alone: two access keys with the same one
/// belong to the same user, whose unique id follows from account and name.
#[must_use]
pub fn user(account: &AccountId, region: &Region, name: &UserName, key: &AccessKeyId) -> IamIdentity {
    let mut hash = Sha256::new();
    for text in [account.as_str(), name.as_str()] {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    let digest: [u8; 32] = hash.finalize().into();
    let (of_id, _) = digest.split_at(ID_CHARACTERS);
    let partition = crate::import::partition(region.as_str());
    IamIdentity {
        account_id: account.as_str().into(),
        user_arn: format!("arn:{partition}:iam::{account}:user/{name}").into(),
        user_id: spelled(USER_ID_PREFIX, of_id, BASE_32),
        access_key: Some(key.as_str().into()),
        principal_org_id: None,
    }
}

/// Reads a policy of an identity from the bytes of a file, as it will be stored: what the data plane would not understand is
/// refused here, with its place.
///
/// # Errors
/// A [`Problem`], with its place.
pub fn policy(file: &str, bytes: &[u8]) -> Result<Box<str>, Problem> {
    let source = Source::from_bytes(file, bytes)?;
    let text = source.text();
    match Policy::parse(text, PolicyKind::Identity) {
        Ok(_) => Ok((**text).into()),
        Err(error) => {
            let place = source.place(Span::new(error.offset, error.offset));
            Err(Problem::error(error.message).at(place))
        }
    }
}

#[cfg(test)]
mod tests;
