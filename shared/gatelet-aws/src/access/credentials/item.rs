//! Access keys and attached policies as items.

use aws_sdk_dynamodb::types::AttributeValue;
use gatelet_control::access_keys::{AccessKeyId, PrincipalArn, UserName};
use gatelet_core::ports::{AccessKey, IamIdentity, PortError, Secret, Timestamp};
use gatelet_model::FORMAT;
use serde::{Deserialize, Serialize};

use super::WHAT;
use super::keys::{CredentialKeys, Sealed};
use crate::dynamodb::{Attributes, Item, NewItem, PARTITION_KEY, SORT_KEY, global};

/// What the sort key of an access key begins with.
pub(super) const ACCESS_KEY_PREFIX: &str = "access-key#";
/// What the sort key of a principal begins with.
pub(super) const PRINCIPAL_PREFIX: &str = "principal#";

pub(super) const STATUS: &str = "status";
pub(super) const POLICIES: &str = "policies";
const ACCOUNT: &str = "account";
const USER_ARN: &str = "user_arn";
const USER_ID: &str = "user_id";
const USER_NAME: &str = "user_name";
const CREATED: &str = "created_milliseconds";
/// Not the attribute of a time to live: a key that has ended is still listed.
const EXPIRES: &str = "expires_milliseconds";
pub(super) const ENCRYPTED: &str = "encrypted";
pub(super) const ENCRYPTION_KEY: &str = "encryption_key";

/// AWS's words
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKeyMetadata.html>).
pub(super) const ACTIVE: &str = "Active";
pub(super) const INACTIVE: &str = "Inactive";

/// An access key that is about to be stored.
#[derive(Debug)]
pub struct NewAccessKey {
    /// Its id.
    pub id: AccessKeyId,
    /// The name of the user whose it is.
    pub user: UserName,
    /// Who that is.
    pub identity: IamIdentity,
    /// Its secret.
    pub secret: Secret,
    /// The token that must come with it.
    pub session_token: Option<Secret>,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends, if it does.
    pub expires: Option<Timestamp>,
    /// What its owner may do: JSON.
    pub policies: Vec<Box<str>>,
}

/// An access key as it is told to its operator: all but the secret, which nobody is told again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAccessKey {
    /// Its id.
    pub id: AccessKeyId,
    /// The name of the user whose it is.
    pub user: UserName,
    /// Who that is.
    pub identity: IamIdentity,
    /// Whether it may be used.
    pub enabled: bool,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends, if it does.
    pub expires: Option<Timestamp>,
    /// What its owner may do: JSON.
    pub policies: Vec<Box<str>>,
}

/// What is attached to a principal that AWS knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachedPolicies {
    /// The principal.
    pub principal: PrincipalArn,
    /// The policies: JSON.
    pub policies: Vec<Box<str>>,
}

/// What is encrypted of an access key.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hidden<'a> {
    #[serde(borrow)]
    secret: std::borrow::Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session_token: Option<String>,
}

/// Where an item stands.
pub(super) struct ItemKey {
    pub(super) partition: String,
    pub(super) sort: String,
}

impl ItemKey {
    pub(super) fn of_access_key(id: &AccessKeyId) -> Self {
        Self { partition: global(id.as_str()), sort: format!("{ACCESS_KEY_PREFIX}{id}") }
    }

    pub(super) fn of_principal(arn: &str) -> Self {
        Self { partition: global(arn), sort: format!("{PRINCIPAL_PREFIX}{arn}") }
    }

    pub(super) fn into_attributes(self) -> Attributes {
        let text = AttributeValue::S;
        [(PARTITION_KEY, text(self.partition)), (SORT_KEY, text(self.sort))]
            .map(|(name, value)| (name.to_owned(), value))
            .into()
    }
}

/// What an encrypted secret is bound to: it opens in this format and beside just this, so that whoever writes to the table can make
/// nobody of somebody else, lengthen no life and widen no policy of a key whose secret they know. The status is free, for it changes.
/// The name of the table is not bound: a table that is restored has another.
#[derive(Serialize)]
struct Bound<'a> {
    what: &'static str,
    format: u64,
    id: &'a str,
    account: &'a str,
    user_arn: &'a str,
    user_id: &'a str,
    user_name: &'a str,
    created: u64,
    expires: Option<u64>,
    policies: &'a [Box<str>],
}

impl<'a> Bound<'a> {
    fn new(
        id: &'a AccessKeyId,
        user: &'a UserName,
        identity: &'a IamIdentity,
        (created, expires): (Timestamp, Option<Timestamp>),
        policies: &'a [Box<str>],
    ) -> Self {
        Self {
            what: "gatelet access key",
            format: u64::from(FORMAT),
            id: id.as_str(),
            account: &identity.account_id,
            user_arn: &identity.user_arn,
            user_id: &identity.user_id,
            user_name: user.as_str(),
            created: created.milliseconds(),
            expires: expires.map(Timestamp::milliseconds),
            policies,
        }
    }

    /// JSON, in which no two differ and read alike.
    fn about(&self) -> Result<String, PortError> {
        serde_json::to_string(self).map_err(|error| unreadable(error.to_string()))
    }
}

pub(super) fn stored_policies(policies: &[Box<str>]) -> Result<String, PortError> {
    serde_json::to_string(policies).map_err(|error| unreadable(error.to_string()))
}

impl NewAccessKey {
    pub(super) fn into_item(self, keys: &CredentialKeys) -> Result<NewItem, PortError> {
        let hidden = Hidden {
            secret: self.secret.reveal().into(),
            session_token: self.session_token.as_ref().map(|token| token.reveal().to_owned()),
        };
        let plain = serde_json::to_vec(&hidden).map_err(|error| unreadable(error.to_string()))?;
        let lived = (self.created, self.expires);
        let about = Bound::new(&self.id, &self.user, &self.identity, lived, &self.policies).about()?;
        let sealed = keys.seal(&about, &plain)?;
        let key = ItemKey::of_access_key(&self.id);
        let mut item = NewItem::new(key.partition, key.sort, 1)
            .text(STATUS, ACTIVE)
            .text(ACCOUNT, &*self.identity.account_id)
            .text(USER_ARN, &*self.identity.user_arn)
            .text(USER_ID, &*self.identity.user_id)
            .text(USER_NAME, self.user.as_str())
            .number(CREATED, self.created.milliseconds())
            .text(POLICIES, stored_policies(&self.policies)?)
            .text(ENCRYPTION_KEY, &*sealed.key_id)
            .bytes(ENCRYPTED, sealed.bytes);
        if let Some(expires) = self.expires {
            item = item.number(EXPIRES, expires.milliseconds());
        }
        Ok(item)
    }
}

impl StoredAccessKey {
    pub(super) fn read(item: &Item) -> Result<Self, PortError> {
        let id = item.sort_key()?.strip_prefix(ACCESS_KEY_PREFIX).unwrap_or_default();
        let id = AccessKeyId::parse(id).map_err(|problem| unreadable(problem.message))?;
        let enabled = match item.text(STATUS)? {
            ACTIVE => true,
            INACTIVE => false,
            other => {
                return Err(unreadable(format!("the status `{}` is not known here", other.escape_debug())));
            }
        };
        Ok(Self {
            identity: IamIdentity {
                account_id: item.text(ACCOUNT)?.into(),
                user_arn: item.text(USER_ARN)?.into(),
                user_id: item.text(USER_ID)?.into(),
                access_key: Some(id.as_str().into()),
                principal_org_id: None,
            },
            user: item.parsed(USER_NAME, UserName::parse)?,
            enabled,
            created: Timestamp::from_milliseconds(item.number(CREATED)?),
            expires: item.optional_number(EXPIRES)?.map(Timestamp::from_milliseconds),
            policies: item.stored(POLICIES)?,
            id,
        })
    }

    fn about(&self) -> Result<String, PortError> {
        let lived = (self.created, self.expires);
        Bound::new(&self.id, &self.user, &self.identity, lived, &self.policies).about()
    }

    /// What is encrypted, encrypted with the first key; nothing where it is so already.
    pub(super) fn sealed_anew(&self, item: Item, keys: &CredentialKeys) -> Result<Option<Sealed>, PortError> {
        let about = self.about()?;
        let sealed = sealed(item)?;
        let plain = keys.open(&about, &sealed)?;
        if keys.is_first(&sealed) { Ok(None) } else { keys.seal(&about, &plain).map(Some) }
    }

    /// The same as the data plane uses it.
    pub(super) fn unlocked(self, item: Item, keys: Option<&CredentialKeys>) -> Result<AccessKey, PortError> {
        let Some(keys) = keys else {
            let why = "secrets are encrypted, and no key to them is known: set `GATELET_CREDENTIALS_KEY`";
            return Err(unreadable(why.to_owned()));
        };
        let plain = keys.open(&self.about()?, &sealed(item)?)?;
        // What serde says could repeat a piece of the secret.
        let hidden: Hidden<'_> = serde_json::from_slice(&plain)
            .map_err(|_| unreadable("what a secret decrypts to is not understood".to_owned()))?;
        Ok(AccessKey {
            identity: self.identity,
            secret: Secret::new(&*hidden.secret),
            session_token: hidden.session_token.map(Secret::new),
            expires: self.expires,
            enabled: self.enabled,
            policies: self.policies,
        })
    }
}

impl AttachedPolicies {
    pub(super) fn read(item: &Item) -> Result<Self, PortError> {
        let arn = item.sort_key()?.strip_prefix(PRINCIPAL_PREFIX).unwrap_or_default();
        let principal = PrincipalArn::parse(arn).map_err(|problem| unreadable(problem.message))?;
        Ok(Self { principal, policies: item.stored(POLICIES)? })
    }
}

fn sealed(item: Item) -> Result<Sealed, PortError> {
    let key_id = item.text(ENCRYPTION_KEY)?.into();
    Ok(Sealed { key_id, bytes: item.into_bytes(ENCRYPTED)? })
}

pub(super) fn unreadable(why: String) -> PortError {
    PortError::Unreadable { what: WHAT, why }
}
