//! Names of users, and ARNs of principals that AWS knows.

use std::fmt;

use gatelet_model::Problem;

/// How long a user's name may be
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names>).
const NAME_CHARACTERS_MAX: usize = 64;
/// How long an ARN of a principal may be: a path of 512 characters and a name behind the rest.
const ARN_CHARACTERS_MAX: usize = 1_024;

/// The name of a user, as IAM takes them: letters, digits and `_+=,.@-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserName(Box<str>);

impl UserName {
    /// Reads a name.
    ///
    /// # Errors
    /// A [`Problem`] where IAM would not take it.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        if !text.is_empty() && text.len() <= NAME_CHARACTERS_MAX && text.bytes().all(is_of_name) {
            return Ok(Self(text.into()));
        }
        Err(Problem::error(format!("`{}` is no name of a user", text.escape_debug()))
            .help(format!("write 1 to {NAME_CHARACTERS_MAX} letters, digits and `_+=,.@-`")))
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte)
}

/// The ARN by which policies are attached to a user or a role that AWS knows, or, as `root`, to everybody in an account.
///
/// A role's is without its path: who calls is known by the session of the role, whose ARN tells the role's name alone, which no
/// other role of the account has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrincipalArn(Box<str>);

impl PrincipalArn {
    /// Reads an ARN.
    ///
    /// # Errors
    /// A [`Problem`] where it is none, or one of something else.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let bad = |help: &str| {
            Err(Problem::error(format!("`{}` is no principal", text.escape_debug())).help(help.to_owned()))
        };
        let usual = "write the ARN of a user or a role, such as `arn:aws:iam::123456789012:role/caller`";
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let [arn, partition, service, region, account, resource] = parts.as_slice() else {
            return bad(usual);
        };
        if *service == "sts" && resource.starts_with("assumed-role/") {
            return bad("write the ARN of the role, not of one of its sessions");
        }
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        let is_principal = *arn == "arn"
            && partition.starts_with("aws")
            && partition.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
            && *service == "iam"
            && region.is_empty()
            && is_account
            && text.len() <= ARN_CHARACTERS_MAX;
        if !is_principal {
            return bad(usual);
        }
        let segments: Vec<&str> = resource.split('/').collect();
        let is_printable = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_graphic());
        match segments.as_slice() {
            ["root"] => Ok(Self(text.into())),
            ["user", path @ .., name] if path.iter().all(is_printable) && UserName::parse(name).is_ok() => {
                Ok(Self(text.into()))
            }
            ["role", path @ .., name] if path.iter().all(is_printable) && UserName::parse(name).is_ok() => {
                Ok(Self(format!("arn:{partition}:iam::{account}:role/{name}").into()))
            }
            _ => bad(usual),
        }
    }

    /// As it is looked up.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PrincipalArn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
