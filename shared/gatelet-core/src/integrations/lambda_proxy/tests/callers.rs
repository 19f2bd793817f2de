//! What events tell of callers.

use std::sync::Arc;

use gatelet_model::PayloadFormat;
use serde_json::{Value, json};

use super::{Kind, Setup, http, request, rest};
use crate::authorizers::iam::IamIdentity;
use crate::authorizers::jwt::{ClaimsForm, Verified};
use crate::authorizers::lambda::answer::{self, Form};
use crate::authorizers::{Caller, ClientCertificate, Finding};
use crate::refusal::Refusal;
use crate::snapshot::routes::Rules;

/// A policy that lets everybody in.
pub(super) fn policy() -> Value {
    let statement = json!({"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"});
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

/// What a Lambda authorizer's answer makes of a caller.
pub(super) fn judged(answer: &Value, rules: Rules, is_simple: bool) -> Finding {
    let judgement = answer::read(answer.to_string().as_bytes(), Form { rules, is_simple }).unwrap();
    Finding::Lambda(Arc::new(judgement))
}

/// A caller with a token of these claims.
pub(super) fn verified(claims: &Value) -> Finding {
    Finding::Jwt { token: Arc::new(Verified::of_claims(claims, ClaimsForm::Http)), has_scopes: true }
}

fn called(mut setup: Setup, finding: Finding, milliseconds: u64) -> Value {
    setup.caller = Some(Caller { finding, authorizer_latency_milliseconds: Some(milliseconds) });
    setup.event(request("GET /", &[], ""))
}

fn policy_answer() -> Value {
    json!({
        "principalId": "u\"1",
        "policyDocument": policy(),
        "context": {
            "text": "a\r\nb\u{0}", "number": 1.50, "yes": true, "nothing": null,
            "principalId": "forged", "integrationLatency": "forged"
        }
    })
}

#[test]
fn a_rest_function_hears_of_an_authorizers_context_as_text() {
    let event = called(rest("/"), judged(&policy_answer(), Rules::Rest, false), 12);
    assert_eq!(
        event["requestContext"]["authorizer"],
        json!({
            "text": "a\r\nb\u{0}", "number": "1.5", "yes": "true", "principalId": "u\"1",
            "integrationLatency": 12
        })
    );
}

#[test]
fn an_http_function_hears_of_an_authorizers_context_as_it_came() {
    let finding = || judged(&policy_answer(), Rules::Http, false);
    let two = called(http("/", PayloadFormat::Two), finding(), 12);
    assert_eq!(two["requestContext"]["authorizer"], json!({"lambda": policy_answer()["context"]}));
    let one = called(http("/", PayloadFormat::One), finding(), 0);
    assert_eq!(
        one["requestContext"]["authorizer"],
        json!({
            "text": "a\r\nb\u{0}", "number": 1.5, "yes": true, "nothing": null, "principalId": "u\"1",
            "integrationLatency": 0
        })
    );
    let bare = judged(&json!({"isAuthorized": true}), Rules::Http, true);
    let bare = called(http("/", PayloadFormat::Two), bare, 1);
    assert_eq!(bare["requestContext"]["authorizer"], json!({"lambda": null}));
}

#[test]
fn a_context_that_no_header_can_hold_never_becomes_one() {
    let mut context = policy_answer()["context"].clone();
    for value in ["a\r\nset-cookie: x", "a\nb", "a\u{0}b", "\r"] {
        context["text"] = json!(value);
        let mut setup = http("/", PayloadFormat::Two);
        let Kind::Http(integration) = &mut setup.kind else { unreachable!("an HTTP API is set up") };
        let (target, source) = ("overwrite:header.x-user", "$context.authorizer.text");
        integration.request_parameters.insert(target.to_owned(), source.to_owned());
        let answer = json!({"isAuthorized": true, "context": context});
        let finding = judged(&answer, Rules::Http, true);
        setup.caller = Some(Caller { finding, authorizer_latency_milliseconds: None });
        let outcome = setup.answered(request("GET /", &[], ""), r#"{"statusCode": 200}"#);
        assert!(matches!(outcome.result, Err(Refusal::Configuration(_))), "{value:?}");
        assert!(outcome.calls.is_empty());
    }
}

#[test]
fn functions_hear_of_a_tokens_claims() {
    let claims = json!({"sub": "u1", "exp": "1", "scope": "a b"});
    let token = || Arc::new(Verified::of_claims(&claims, ClaimsForm::Http));
    let jwt = |has_scopes| Finding::Jwt { token: token(), has_scopes };
    let authorizer = |setup, finding| called(setup, finding, 0)["requestContext"]["authorizer"].clone();
    for finding in [Finding::Cognito(token()), jwt(true)] {
        assert_eq!(authorizer(rest("/"), finding), json!({"claims": claims}));
    }
    for (has_scopes, scopes) in [(true, json!(["a", "b"])), (false, Value::Null)] {
        let told = json!({"claims": claims, "scopes": scopes});
        assert_eq!(authorizer(http("/", PayloadFormat::One), jwt(has_scopes)), told);
        assert_eq!(authorizer(http("/", PayloadFormat::Two), jwt(has_scopes)), json!({"jwt": told}));
    }
}

#[test]
fn functions_hear_of_who_signed() {
    let identity = |is_known: bool| {
        Finding::Iam(Arc::new(IamIdentity {
            account_id: "123456789012".into(),
            user_arn: "arn:aws:iam::123456789012:user/ann".into(),
            user_id: "AIDAEXAMPLE".into(),
            access_key: is_known.then(|| "AKIAEXAMPLE".into()),
            principal_org_id: is_known.then(|| "o-1".into()),
        }))
    };
    for (is_known, key, organisation) in
        [(true, json!("AKIAEXAMPLE"), json!("o-1")), (false, json!(null), json!(null))]
    {
        let event = called(rest("/"), identity(is_known), 0);
        assert!(event["requestContext"].get("authorizer").is_none());
        assert_eq!(
            event["requestContext"]["identity"],
            json!({
                "accessKey": key, "accountId": "123456789012", "caller": "AIDAEXAMPLE",
                "cognitoAuthenticationProvider": null, "cognitoAuthenticationType": null,
                "cognitoIdentityId": null, "cognitoIdentityPoolId": null, "principalOrgId": organisation,
                "sourceIp": "203.0.113.7", "user": "AIDAEXAMPLE", "userAgent": null,
                "userArn": "arn:aws:iam::123456789012:user/ann"
            })
        );
        let event = called(http("/", PayloadFormat::Two), identity(is_known), 0);
        assert_eq!(
            event["requestContext"]["authorizer"],
            json!({"iam": {
                "accessKey": key, "accountId": "123456789012", "callerId": "AIDAEXAMPLE",
                "cognitoIdentity": null, "principalOrgId": organisation,
                "userArn": "arn:aws:iam::123456789012:user/ann", "userId": "AIDAEXAMPLE"
            }})
        );
    }
}

#[test]
fn functions_hear_of_the_clients_certificate() {
    let certificate = Arc::new(ClientCertificate {
        pem: "-----BEGIN CERTIFICATE-----\n".into(),
        subject: "CN=a".into(),
        issuer: "CN=b".into(),
        serial_number: "01".into(),
        not_before: "May 28 12:30:02 2019 GMT".into(),
        not_after: "Aug  5 09:36:04 2021 GMT".into(),
    });
    let told = json!({
        "clientCertPem": "-----BEGIN CERTIFICATE-----\n", "issuerDN": "CN=b", "serialNumber": "01",
        "subjectDN": "CN=a",
        "validity": {"notAfter": "Aug  5 09:36:04 2021 GMT", "notBefore": "May 28 12:30:02 2019 GMT"}
    });
    let event = |mut setup: Setup| {
        setup.arrival.vouched.certificate = Some(Arc::clone(&certificate));
        setup.event(request("GET /", &[], ""))
    };
    assert_eq!(event(rest("/"))["requestContext"]["identity"]["clientCert"], told);
    assert_eq!(event(http("/", PayloadFormat::One))["requestContext"]["identity"]["clientCert"], told);
    let two = event(http("/", PayloadFormat::Two));
    assert_eq!(two["requestContext"]["authentication"], json!({"clientCert": told}));
}
