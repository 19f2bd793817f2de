//! The error contract, as one table: each refusal with what clients of REST and of HTTP APIs see.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fmt::Write as _;
use std::time::Duration;

use super::*;
use crate::payload::BodyError;
use crate::record::{ApiFamily, Place, Record};
use crate::{Arrival, Timestamp};

fn every_refusal() -> Vec<(&'static str, Refusal)> {
    let text = || "for the author".to_owned();
    let integration = Refusal::Integration;
    let function = Refusal::Function;
    let denial = PolicyDenial {
        caller: "anonymous".into(),
        resource: "arn:aws:execute-api:us-east-1:********0000:petstore00/dev/GET/pets".into(),
        explicit: true,
    };
    vec![
        ("unknown host", Refusal::UnknownHost),
        ("unproven origin", Refusal::UnprovenOrigin),
        ("no such stage", Refusal::NoSuchStage),
        ("no such stage of an HTTP API", Refusal::NoSuchHttpApiStage),
        ("bad path", Refusal::BadPath(PathError::BadEscape)),
        ("bad headers", Refusal::BadHeaders("two hosts")),
        ("uri too long", Refusal::UriTooLong),
        ("headers too large", Refusal::HeadersTooLarge),
        ("request too large", Refusal::RequestTooLarge),
        ("request body failed", Refusal::RequestBodyFailed),
        ("no route", Refusal::NoRoute),
        ("not signed", Refusal::Signature(SignatureError::Missing)),
        ("wrongly signed", Refusal::Signature(SignatureError::Mismatch)),
        ("signed with a token that is over", Refusal::Signature(SignatureError::ExpiredToken)),
        ("unauthorized", Refusal::Unauthorized(None)),
        ("no token", Refusal::Unauthorized(Some(Challenge::Missing))),
        ("bad token", Refusal::Unauthorized(Some(Challenge::InvalidToken("the token has expired")))),
        ("token expired", Refusal::TokenExpired),
        ("insufficient scope", Refusal::InsufficientScope),
        ("invalid api key", Refusal::InvalidApiKey),
        ("throttled", Refusal::Throttled { retry_after: Some(Duration::from_secs(1)) }),
        ("quota used up", Refusal::QuotaExceeded { retry_after: None }),
        ("quota not known", Refusal::QuotaUnavailable),
        ("access denied", Refusal::AccessDenied { explicit: false }),
        ("access denied explicitly", Refusal::AccessDenied { explicit: true }),
        ("denied by a policy", Refusal::PolicyDenied(Box::new(denial))),
        ("authorizer failed", Refusal::AuthorizerFailed("it broke".to_owned())),
        ("authorizer misconfigured", Refusal::AuthorizerMisconfigured("it said nothing".to_owned())),
        ("method ARN too long", Refusal::MethodArnTooLong),
        ("no credentials", Refusal::CredentialsUnavailable("the table is away".to_owned())),
        ("missing parameters", Refusal::MissingParameters("a, b".to_owned())),
        ("body does not fit", Refusal::InvalidBody),
        ("media type", Refusal::UnsupportedMediaType),
        ("configuration", Refusal::Configuration(text())),
        ("backend: bad address", integration(BackendError::BadAddress(text()))),
        ("backend: forbidden", integration(BackendError::ForbiddenAddress(text()))),
        ("backend: network", integration(BackendError::Network(text()))),
        ("backend: refused", integration(BackendError::Refused(text()))),
        ("backend: timeout", integration(BackendError::Timeout(Duration::from_secs(29)))),
        ("backend: bad answer", integration(BackendError::BadAnswer(text()))),
        ("backend: client's body", integration(BackendError::RequestBody(BodyError::BrokenOff))),
        (
            "backend: client's body too long",
            integration(BackendError::RequestBody(BodyError::TooLong { limit: 1 })),
        ),
        ("function: not found", function(FunctionError::NotFound(text()))),
        ("function: denied", function(FunctionError::Denied(text()))),
        ("function: throttled", function(FunctionError::Throttled(text()))),
        ("function: event too large", function(FunctionError::TooLarge(1))),
        ("function: timeout", function(FunctionError::Timeout(Duration::from_secs(29)))),
        ("function: unavailable", function(FunctionError::Unavailable(text()))),
        ("function: bad answer", Refusal::BadFunctionAnswer(text())),
        ("answer too large", Refusal::AnswerTooLarge(1)),
        ("no definitions", Refusal::DefinitionsUnavailable(text())),
        ("internal", Refusal::Internal),
    ]
}

#[test]
fn the_error_contract() {
    let mut table = String::new();
    for (name, refusal) in every_refusal() {
        let (rest, http) = (refusal.rest_form(), refusal.http_form());
        let kind = rest.response_type.map_or("-", Type::as_str);
        writeln!(table, "{name}").unwrap();
        writeln!(table, "  REST {} {kind} {} {}", rest.status.as_u16(), rest.error_type, rest.body).unwrap();
        writeln!(table, "  HTTP {} {}", http.status.as_u16(), http.body).unwrap();
    }
    assert_eq!(table, include_str!("contract.txt"), "the contract differs; it is now:\n{table}");
}

#[test]
fn no_answer_tells_the_client_what_lies_behind() {
    for (name, refusal) in every_refusal() {
        assert!(!refusal.rest_form().body.contains("for the author"), "{name}");
        assert!(!refusal.http_form().body.contains("for the author"), "{name}");
    }
}

/// The record of a refused request to an API of a service, or before one is known.
fn refused(family: Option<ApiFamily>, refusal: Refusal) -> Record {
    let arrival = Arrival {
        request_id: "id".into(),
        extended_request_id: "extended=".into(),
        ..Arrival::in_tests(Timestamp::from_milliseconds(0))
    };
    let mut record = Record::open(&arrival, http::Method::GET, http::Version::HTTP_11);
    if let Some(family) = family {
        let text = std::sync::Arc::from("x");
        let [api_id, api_name, account_id, stage, deployment_id] =
            std::array::from_fn(|_| std::sync::Arc::clone(&text));
        record.note_place(Place {
            family,
            api_id,
            api_name,
            account_id,
            stage,
            deployment_id,
            canary: false,
        });
    }
    record.note_refusal(refusal);
    record
}

#[test]
fn answers_bear_the_ids_of_their_kind_of_api() {
    for family in [None, Some(ApiFamily::Rest)] {
        let record = refused(family, Refusal::NoRoute);
        let rest = answer(&record);
        assert_eq!(rest.headers()["x-amzn-requestid"], "id");
        assert_eq!(rest.headers()["x-amz-apigw-id"], "extended=");
        assert_eq!(rest.headers()["x-amzn-errortype"], "MissingAuthenticationTokenException");
        assert_eq!(record.context("requestId").unwrap(), "id");
    }
    let record = refused(Some(ApiFamily::V2), Refusal::DefinitionsUnavailable(String::new()));
    let http = answer(&record);
    assert_eq!(http.headers()["apigw-requestid"], "extended=");
    assert_eq!(http.headers()["retry-after"], "1");
    assert!(!http.headers().contains_key("x-amzn-requestid"));
    assert_eq!(record.context("requestId").unwrap(), "extended=");
    assert_eq!(record.context("extendedRequestId").unwrap(), "extended=");
}

#[test]
fn the_execution_log_ends_with_the_status_of_the_answer() {
    for family in [ApiFamily::Rest, ApiFamily::V2] {
        let now = std::sync::Arc::new(|| Timestamp::from_milliseconds(0));
        let record = refused(Some(family), Refusal::InvalidBody).traced(now);
        record.trace_outcome(&Err(Refusal::InvalidBody));
        let status = answer(&record).status();
        let lines: Vec<_> = record.take_execution_log().into_iter().map(|line| line.text).collect();
        let ends: Vec<_> = lines.iter().filter(|line| line.starts_with("Method completed")).collect();
        assert_eq!(ends, [&format!("Method completed with status: {}", status.as_u16())]);
        assert_eq!(lines.last(), ends.first().copied());
    }
}

#[test]
fn an_http_api_without_the_stage_refuses_as_one() {
    let record = refused(None, Refusal::NoSuchHttpApiStage);
    let answer = answer(&record);
    assert_eq!(answer.headers()["apigw-requestid"], "extended=");
    assert_eq!(record.context("requestId").unwrap(), "extended=");
}
