//! What events tell of who calls
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format>,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>).

use super::json::Json;
use crate::authorizers::iam::IamIdentity;
use crate::authorizers::jwt::Verified;
use crate::authorizers::{Caller, ClientCertificate, Finding};
use crate::snapshot::routes::Rules;

/// Writes `authorizer` of format 1.0, where an authorizer was asked. Who signed is told in `identity`.
///
/// ASSUMPTION: HTTP APIs tell of functions in this format as REST APIs do, and REST APIs tell no scopes.
pub(super) fn write_authorizer_1_0(json: &mut Json, caller: Option<&Caller>, rules: Rules) {
    let Some(caller) = caller else { return };
    match &caller.finding {
        Finding::Anonymous | Finding::Iam(_) => {}
        Finding::Lambda(judgement) => {
            json.object("authorizer");
            json.members(judgement.event_members());
            json.number("integrationLatency", caller.authorizer_latency_milliseconds.unwrap_or(0));
            json.close();
        }
        Finding::Cognito(token) => {
            json.object("authorizer");
            json.raw("claims", token.claims_json());
            json.close();
        }
        Finding::Jwt { token, has_scopes } => {
            json.object("authorizer");
            match rules {
                Rules::Rest => json.raw("claims", token.claims_json()),
                Rules::Http => write_token(json, token, *has_scopes),
            }
            json.close();
        }
    }
}

/// Writes `authorizer` of format 2.0, where one was asked.
pub(super) fn write_authorizer_2_0(json: &mut Json, caller: Option<&Caller>) {
    let Some(caller) = caller else { return };
    if matches!(caller.finding, Finding::Anonymous) {
        return;
    }
    json.object("authorizer");
    match &caller.finding {
        Finding::Anonymous => {}
        Finding::Iam(identity) => write_iam(json, identity),
        // ASSUMPTION: null where the function gave none.
        Finding::Lambda(judgement) => json.raw("lambda", judgement.event_context().unwrap_or("null")),
        Finding::Jwt { token, has_scopes } => {
            json.object("jwt");
            write_token(json, token, *has_scopes);
            json.close();
        }
        Finding::Cognito(token) => {
            json.object("jwt");
            write_token(json, token, false);
            json.close();
        }
    }
    json.close();
}

fn write_token(json: &mut Json, token: &Verified, has_scopes: bool) {
    json.raw("claims", token.claims_json());
    if has_scopes {
        json.texts("scopes", token.scopes());
    } else {
        json.raw("scopes", "null");
    }
}

/// An identity pool's part is null: nobody vouches for it.
fn write_iam(json: &mut Json, identity: &IamIdentity) {
    json.object("iam");
    json.optional("accessKey", identity.access_key.as_deref());
    json.text("accountId", &identity.account_id);
    json.text("callerId", &identity.user_id);
    json.raw("cognitoIdentity", "null");
    json.optional("principalOrgId", identity.principal_org_id.as_deref());
    json.text("userArn", &identity.user_arn);
    json.text("userId", &identity.user_id);
    json.close();
}

/// Writes `clientCert`.
pub(super) fn write_certificate(json: &mut Json, certificate: &ClientCertificate) {
    json.object("clientCert");
    json.text("clientCertPem", &certificate.pem);
    json.text("issuerDN", &certificate.issuer);
    json.text("serialNumber", &certificate.serial_number);
    json.text("subjectDN", &certificate.subject);
    json.object("validity");
    json.text("notAfter", &certificate.not_after);
    json.text("notBefore", &certificate.not_before);
    json.close();
    json.close();
}
