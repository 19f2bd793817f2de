//! What the platform in front has verified of the caller. Each source is believed where nobody else can write it, and nowhere
//! else.

use std::sync::Arc;

use gatelet_core::Vouched;
use gatelet_core::authorizers::ClientCertificate;
use gatelet_core::authorizers::iam::IamIdentity;
use http::{HeaderMap, HeaderName};
use serde_json::Value;

use super::event::{Client, Door, RequestContext};
use super::origin::{self, Origin, Trust};
use super::receive::single;
use crate::edge::certificate_of_header;

/// The client's certificate, as a load balancer tells it that verified it itself
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/mutual-authentication.html>). What one tells that has
/// verified nothing ("passthrough") bears another name, and counts for nothing.
const VERIFIED_BY_LOAD_BALANCER: HeaderName = HeaderName::from_static("x-amzn-mtls-clientcert-leaf");

/// What is vouched for in a request.
pub(super) fn vouched(
    door: Door,
    origin: Origin,
    trust: &Trust,
    context: &RequestContext,
    headers: &HeaderMap,
) -> Vouched {
    Vouched {
        identity: identity(door, origin, context).map(Arc::new),
        certificate: certificate(door, origin, trust, headers).map(Arc::new),
    }
}

/// The client's certificate as the edge tells it that has proven itself, or as a load balancer does of which the operator says
/// that it verifies them.
///
/// CloudFront's own `CloudFront-Viewer-Cert-*` are not read: nothing is documented of what becomes of a client's headers of
/// these names, and behind an edge that asks for no certificate they would be the client's. Ours is written, or removed, by the
/// edge in every request.
///
/// ASSUMPTION: a load balancer that verifies writes its headers over the client's own, or after them. Where a target group gets
/// one value for each header alone, that cannot be seen, and nothing is believed.
fn certificate(door: Door, origin: Origin, trust: &Trust, headers: &HeaderMap) -> Option<ClientCertificate> {
    let told = match (origin, door) {
        // Behind an edge, whoever shows a load balancer a certificate is the edge and not the client.
        (Origin::Proven, _) => single(headers, &origin::CERTIFICATE),
        (Origin::Anybody, Door::LoadBalancer { multi_value: true }) if trust.load_balancer_certificates => {
            single(headers, &VERIFIED_BY_LOAD_BALANCER)
        }
        _ => None,
    };
    certificate_of_header(told?)
}

/// Who signed the request, where the door has verified that: a Function URL of `AuthType: AWS_IAM`
/// (<https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads>), or a route of API Gateway of
/// `AWS_IAM`, which tells it in a place that no client writes.
///
/// Behind an edge that has proven itself it is the edge who signed, and not the client.
fn identity(door: Door, origin: Origin, context: &RequestContext) -> Option<IamIdentity> {
    if origin != Origin::Anybody {
        return None;
    }
    match door {
        Door::FunctionUrl | Door::HttpApi => of_format_2(context.authorizer.as_ref()?.get("iam")?),
        Door::RestApi => of_format_1(context.identity.as_ref()?),
        Door::LoadBalancer { .. } | Door::Invoke => None,
    }
}

fn of_format_2(iam: &Value) -> Option<IamIdentity> {
    let text = |name: &str| iam.get(name)?.as_str().filter(|text| !text.is_empty()).map(Into::into);
    Some(IamIdentity {
        account_id: text("accountId")?,
        user_arn: text("userArn")?,
        user_id: text("userId")?,
        access_key: text("accessKey"),
        principal_org_id: text("principalOrgId"),
    })
}

fn of_format_1(client: &Client) -> Option<IamIdentity> {
    Some(IamIdentity {
        account_id: client.account_id.clone()?,
        user_arn: client.user_arn.clone()?,
        user_id: client.user.clone()?,
        access_key: client.access_key.clone(),
        principal_org_id: client.principal_org_id.clone(),
    })
}
