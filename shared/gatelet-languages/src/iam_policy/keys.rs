//! The condition keys that a request to an API can have.

use crate::error::shown;

/// Every condition key that API Gateway supports, in AWS's spelling
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-aws-condition-keys.html>,
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigateway.html>).
/// `aws:PrincipalTag` is followed by `/` and the tag's key. Case does not matter; requests are asked in lower case.
pub const CONDITION_KEYS: [&str; 22] = [
    "aws:CurrentTime",
    "aws:EpochTime",
    "aws:MultiFactorAuthAge",
    "aws:MultiFactorAuthPresent",
    "aws:PrincipalAccount",
    PRINCIPAL_ARN,
    "aws:PrincipalOrgID",
    ORG_PATHS,
    PRINCIPAL_TAG,
    "aws:PrincipalType",
    "aws:Referer",
    "aws:SecureTransport",
    "aws:SourceArn",
    "aws:SourceIp",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:TokenIssueTime",
    "aws:userid",
    "aws:username",
    "aws:UserAgent",
    "aws:VpcSourceIp",
    "execute-api:viaDomainArn",
];

/// The one key with several values.
const ORG_PATHS: &str = "aws:PrincipalOrgPaths";

/// The key of which only a part is known where a role's session calls.
pub(super) const PRINCIPAL_ARN: &str = "aws:PrincipalArn";

/// The one key that is many.
const PRINCIPAL_TAG: &str = "aws:PrincipalTag";

/// Where the list stands, for messages.
const LIST: &str = "API Gateway's list of condition keys names what it can ask for, such as `aws:SourceIp`";

/// Why a condition on the key could not be meant, if so. What a key that no request ever has was to forbid would
/// silently be allowed.
pub(super) fn problem(key: &str) -> Option<String> {
    let tag = key.split_once('/').filter(|(name, _)| name.eq_ignore_ascii_case(PRINCIPAL_TAG));
    match tag {
        Some((_, tag)) if !tag.is_empty() => None,
        Some(_) => Some("a tag's key is missing: write it as `aws:PrincipalTag/department`".to_owned()),
        None if key.eq_ignore_ascii_case(PRINCIPAL_TAG) => {
            Some("a tag's key is missing: write it as `aws:PrincipalTag/department`".to_owned())
        }
        None if CONDITION_KEYS.iter().any(|known| known.eq_ignore_ascii_case(key)) => None,
        None => Some(format!("{} is no condition key of a request to an API: {LIST}", shown(key))),
    }
}

/// Why a policy variable cannot name the key, if so: only a key with one value can stand in a text
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>).
pub(super) fn problem_of_variable(key: &str) -> Option<String> {
    if key.eq_ignore_ascii_case(ORG_PATHS) {
        return Some(format!("{} may have several values: no variable can name it", shown(key)));
    }
    problem(key)
}
