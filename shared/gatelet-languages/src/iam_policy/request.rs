//! What a policy is asked about.

/// A request, as policies see it. Nothing is copied for it.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The action, such as `execute-api:Invoke`.
    pub action: &'a str,
    /// The method that is called.
    pub resource: ResourceArn<'a>,
    /// Who calls.
    pub principal: Principal<'a>,
    /// The values of a condition key, which is given in lower case: `aws:sourceip`, `aws:principaltag/team`.
    /// Times are given as ISO 8601 or seconds since 1970, booleans as `true` and `false`.
    pub context: &'a dyn Fn(&str) -> Values<'a>,
}

/// What a request has under a condition key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values<'a> {
    /// The request has no such key.
    Missing,
    /// The one value of a key with one value.
    One(&'a str),
    /// The values of a key that may have several. None is the same as [`Values::Missing`].
    Many(&'a [&'a str]),
}

impl<'a> Values<'a> {
    pub(super) fn as_slice<'s>(&'s self) -> &'s [&'a str] {
        match self {
            Self::Missing => &[],
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Principal<'a> {
    /// Nobody has shown who they are.
    Anonymous,
    /// An identity of an AWS account.
    Aws {
        /// The account's twelve digits.
        account: &'a str,
        /// The identity's ARN; of a role's session its own ARN and the role's. A session does not tell the path of its
        /// role: a role's ARN without a path is taken for any role of that name.
        arns: &'a [&'a str],
    },
    /// An AWS service, such as `apigateway.amazonaws.com`.
    Service(&'a str),
    /// An identity provider, such as `accounts.google.com` or the ARN of a SAML provider.
    Federated(&'a str),
    /// A canonical user id.
    CanonicalUser(&'a str),
}

/// The ARN of what is called:
/// `arn:aws:execute-api:{region}:{account}:{api-id}/{stage}/{METHOD}/{path}`
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html>).
/// Characters of the path are themselves: `*`, `?` and `${` mean nothing in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResourceArn<'a> {
    pub(super) whole: &'a str,
    pub(super) head: [&'a str; HEAD],
    pub(super) resource: &'a str,
    /// What stands behind the API's id: `{stage}/{METHOD}/{path}`.
    pub(super) below_api: Option<&'a str>,
}

/// How the resource of a role's ARN begins.
pub(super) const ROLE: &str = "role/";

/// How many parts an ARN has before its resource: `arn`, partition, service, region, account.
pub(super) const HEAD: usize = 5;

impl<'a> ResourceArn<'a> {
    /// Divides an ARN into its six parts. `None` where there are fewer, or the first is not `arn`.
    #[must_use]
    pub fn parse(arn: &'a str) -> Option<Self> {
        let (head, resource) = divide(arn)?;
        let below_api = resource.split_once('/').map(|(_, below)| below);
        (head.first() == Some(&"arn")).then_some(Self { whole: arn, head, resource, below_api })
    }

    /// The whole ARN.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.whole
    }
}

impl<'a> Principal<'a> {
    /// The name of the role whose session calls, if one does.
    pub(super) fn role_of_session(&self) -> Option<&'a str> {
        let Self::Aws { arns, .. } = self else { return None };
        arns.iter().find_map(|arn| {
            let (head, resource) = divide(arn)?;
            let (role, _session) = resource.strip_prefix("assumed-role/")?.split_once('/')?;
            (head.get(2) == Some(&"sts")).then_some(role)
        })
    }
}

/// The parts before the fifth colon, and what is behind it.
pub(super) fn divide(arn: &str) -> Option<([&str; HEAD], &str)> {
    let mut parts = arn.splitn(HEAD + 1, ':');
    let mut head = [""; HEAD];
    for part in &mut head {
        *part = parts.next()?;
    }
    Some((head, parts.next()?))
}
