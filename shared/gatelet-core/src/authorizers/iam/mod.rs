//! Callers by AWS credentials, found out in one of three ways:
//!
//! - the platform in front has verified the signature: a Function URL of `AuthType: AWS_IAM`;
//! - the request carries a `GetCallerIdentity` that the caller signed for this request alone, and AWS says who that is
//!   (`token_service`);
//! - the request is signed with an access key that this installation issued (`signed`).
//!
//! Only the last comes with the caller's own policies. AWS lets nobody outside read those of its principals: what they may
//! call is attached to them here, or said by the API's resource policy. What is attached to a user, a role or an account
//! counts for all three, so that a denial holds however its subject calls.

mod known;
mod presigned;
mod signed;
mod token_service;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use gatelet_languages::iam_policy::{Decision, Request};

pub use known::{Attached, KnownKey};
pub use signed::Sent;
pub use token_service::{CALLER_IDENTITY, CALLS_MAX, Calls};

use super::Asked;
use crate::memory::{Fetched, Key};
use crate::payload::Body;
use crate::ports::Timestamp;
use crate::ports::{Credentials, PortError, World};
use crate::refusal::Refusal;

/// For how long an access key, or what is attached to a principal, is remembered, in seconds. A key that is disabled
/// stops to work within that time.
pub const REMEMBERED_SECONDS: u64 = 30;

/// A caller by AWS credentials, and what may be asked about him.
#[derive(Debug, Clone)]
pub struct Signer {
    /// Who it is.
    pub identity: Arc<IamIdentity>,
    /// What is attached to him here.
    attached: Vec<Arc<Attached>>,
}

impl Signer {
    /// What the policies that are attached to the caller say together of a request.
    #[must_use]
    pub fn decide(&self, request: &Request<'_>) -> Decision {
        let mut decision = Decision::ImplicitDeny;
        for policy in self.attached.iter().flat_map(|attached| &attached.policies) {
            match policy.decide(request) {
                denied @ Decision::ExplicitDeny { .. } => return denied,
                allowed @ Decision::Allow { .. } => decision = allowed,
                Decision::ImplicitDeny => {}
            }
        }
        decision
    }
}

/// Finds out who signed a request.
///
/// # Errors
/// [`Refusal::Signature`] where nobody did, or not rightly; [`Refusal::CredentialsUnavailable`] where it cannot be known,
/// which closes the gate.
pub async fn signer<W: World>(
    world: &W,
    asked: &Asked<'_>,
    sent: Option<&Sent>,
    body: &mut Body,
) -> Result<Signer, Refusal> {
    if let Some(identity) = &asked.arrival.vouched.identity {
        asked.record.explain(|| format!("AWS has verified in front that `{}` signed", identity.user_arn));
        return attached(world, asked, Arc::clone(identity), Vec::new()).await;
    }
    if let Some(query) = sent.and_then(Sent::caller_identity) {
        let identity = token_service::caller(world, asked, query, body).await?;
        return attached(world, asked, identity, Vec::new()).await;
    }
    let known = signed::known_key(world, asked, sent, body).await?;
    let identity = Arc::new(known.key.identity.clone());
    asked.record.explain(|| format!("signed with an access key of `{}`", identity.user_arn));
    attached(world, asked, identity, vec![Arc::clone(&known.attached)]).await
}

/// A caller with the policies that come with the access key, and those attached here to the user or role and to the account.
async fn attached<W: World>(
    world: &W,
    asked: &Asked<'_>,
    identity: Arc<IamIdentity>,
    mut attached: Vec<Arc<Attached>>,
) -> Result<Signer, Refusal> {
    for arn in [identity.principal_arn(), identity.account_arn()] {
        let deadline = asked.arrival.deadline;
        let fetch = Box::pin(async {
            let texts = world.credentials().attached_policies(&arn, deadline).await?;
            let value = Arc::new(Attached::compile(&texts)?);
            Ok::<_, PortError>(Fetched { value, keep_until: Some(remembered_until(asked)) })
        });
        let key = Key::of([arn.as_bytes()]);
        let found = world.memory().principals.get_or_fetch(key, asked.arrival.now, fetch).await;
        let (policies, _) = found.map_err(|error| closed(&error))?;
        asked.record.explain(|| format!("{} policies are attached to `{arn}`", policies.policies.len()));
        attached.push(policies);
    }
    Ok(Signer { identity, attached })
}

/// What cannot be known closes the gate.
fn closed(error: &PortError) -> Refusal {
    Refusal::CredentialsUnavailable(error.to_string())
}

fn remembered_until(asked: &Asked<'_>) -> Timestamp {
    asked.arrival.now.after(Duration::from_secs(REMEMBERED_SECONDS))
}

/// An identity in AWS's sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IamIdentity {
    /// The account, twelve digits.
    pub account_id: Box<str>,
    /// The ARN of the user, or of the session of a role.
    pub user_arn: Box<str>,
    /// The unique id, such as `AIDA...`, or `AROA...:session`.
    pub user_id: Box<str>,
    /// The access key, where it is known.
    pub access_key: Option<Box<str>>,
    /// The organisation, where it is known.
    pub principal_org_id: Option<Box<str>>,
}

impl IamIdentity {
    /// The ARN that policies are attached to: the user's, or that of the role whose session this is.
    #[must_use]
    pub fn principal_arn(&self) -> String {
        self.role_arn().unwrap_or_else(|| self.user_arn.to_string())
    }

    /// The ARN that stands for the whole account.
    #[must_use]
    pub fn account_arn(&self) -> String {
        let partition = self.user_arn.split(':').nth(1).unwrap_or("aws");
        format!("arn:{partition}:iam::{}:root", self.account_id)
    }

    /// The ARN of the role whose session this is; none where it is no session.
    ///
    /// A session's ARN does not tell the role's path, so a role under a path is told as if it had none; policies
    /// hold a path that they name against every session of a role of that name.
    #[must_use]
    pub fn role_arn(&self) -> Option<String> {
        let mut parts = self.user_arn.splitn(6, ':');
        let (_arn, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (_region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        let (role, _session) = resource.strip_prefix("assumed-role/")?.split_once('/')?;
        (service == "sts").then(|| format!("arn:{partition}:iam::{account}:role/{role}"))
    }
}

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Box<str>);

impl Secret {
    /// Takes a text out of sight.
    #[must_use]
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}
