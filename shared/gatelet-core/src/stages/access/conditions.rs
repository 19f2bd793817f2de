//! What a request has under each condition key of policies
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-aws-condition-keys.html>).

use std::borrow::Cow;

use gatelet_languages::iam_policy::Values;

use crate::Scheme;
use crate::authorizers::Asked;
use crate::authorizers::iam::IamIdentity;
use crate::payload::headers;
use crate::record::iso_8601;
use crate::snapshot::partition;

/// The action that calling an API is
/// (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigateway.html>).
pub(super) const INVOKE: &str = "execute-api:Invoke";

/// The values of a request under the condition keys that it can have. Keys of VPC endpoints, of multi-factor authentication
/// and of tags are those of front doors that this gateway does not have: no request has a value under them.
pub(super) struct Conditions<'a> {
    current_time: String,
    epoch_time: String,
    source_ip: String,
    secure_transport: &'static str,
    user_agent: Option<&'a str>,
    referer: Option<&'a str>,
    via_domain_arn: Option<String>,
    principal: Option<Identity<'a>>,
}

struct Identity<'a> {
    identity: &'a IamIdentity,
    arn: Cow<'a, str>,
    kind: &'static str,
    user_name: Option<&'a str>,
}

impl<'a> Conditions<'a> {
    pub(super) fn of(asked: &Asked<'a>, identity: Option<&'a IamIdentity>) -> Self {
        let seconds = asked.arrival.now.milliseconds() / 1_000;
        let headers = &asked.head.headers;
        let located = asked.located;
        Self {
            current_time: iso_8601(seconds),
            epoch_time: seconds.to_string(),
            source_ip: asked.arrival.peer.to_canonical().to_string(),
            secure_transport: if asked.arrival.scheme == Scheme::Https { "true" } else { "false" },
            user_agent: headers::last_value(headers, "user-agent"),
            referer: headers::last_value(headers, "referer"),
            via_domain_arn: located.custom_domain.then(|| {
                let region = located.stage.region();
                format!("arn:{}:apigateway:{region}::/domainnames/{}", partition(region), located.host)
            }),
            principal: identity.map(Identity::of),
        }
    }

    /// The values under a key, which is given in lower case.
    pub(super) fn value(&self, key: &str) -> Values<'_> {
        let principal = self.principal.as_ref();
        let value = match key {
            "aws:currenttime" => Some(&*self.current_time),
            "aws:epochtime" => Some(&*self.epoch_time),
            "aws:sourceip" => Some(&*self.source_ip),
            "aws:securetransport" => Some(self.secure_transport),
            "aws:useragent" => self.user_agent,
            "aws:referer" => self.referer,
            "execute-api:viadomainarn" => self.via_domain_arn.as_deref(),
            "aws:principalarn" => principal.map(|principal| &*principal.arn),
            "aws:principalaccount" => principal.map(|principal| &*principal.identity.account_id),
            "aws:principalorgid" => {
                principal.and_then(|principal| principal.identity.principal_org_id.as_deref())
            }
            "aws:principaltype" => Some(principal.map_or("Anonymous", |principal| principal.kind)),
            "aws:userid" => Some(principal.map_or("anonymous", |principal| &*principal.identity.user_id)),
            "aws:username" => principal.and_then(|principal| principal.user_name),
            _ => None,
        };
        value.map_or(Values::Missing, Values::One)
    }
}

impl<'a> Identity<'a> {
    fn of(identity: &'a IamIdentity) -> Self {
        let role = identity.role_arn();
        let resource = identity.user_arn.splitn(6, ':').nth(5).unwrap_or_default();
        let user = resource.strip_prefix("user/");
        let kind = match (&role, resource) {
            (Some(_), _) => "AssumedRole",
            (None, "root") => "Account",
            _ => "User",
        };
        Self {
            identity,
            arn: role.map_or(Cow::Borrowed(&*identity.user_arn), Cow::Owned),
            kind,
            // Behind the user's path.
            user_name: user.and_then(|user| user.rsplit('/').next()),
        }
    }
}
