//! How functions are called, and what becomes of it when they cannot be.

use std::time::Duration;

use gatelet_model::{PayloadFormat, Timeout};

use super::{FUNCTION, Setup, http, request, rest, shown};
use crate::payload::{Body, BodyError};
use crate::ports::{FunctionAnswer, FunctionError, InvocationMode};
use crate::refusal::Refusal;

const OK: &str = r#"{"statusCode": 200}"#;

#[test]
fn a_function_is_called_as_its_integration_says() {
    let mut setup = rest("/").integration(|integration| {
        integration.uri = Some(format!(
            "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{FUNCTION}:${{stageVariables.alias}}/invocations"
        ));
        integration.credentials = Some("arn:aws:iam::123456789012:role/${stageVariables.alias}".to_owned());
        integration.timeout = Timeout::from_milliseconds(1_500).unwrap();
    });
    setup.variables = vec![("alias".to_owned(), "live".to_owned())];
    let outcome = setup.answered(request("GET /", &[], ""), OK);
    let call = &outcome.calls[0];
    assert_eq!(&*call.function, format!("{FUNCTION}:live"));
    assert_eq!(call.credentials.as_deref(), Some("arn:aws:iam::123456789012:role/live"));
    assert_eq!(call.timeout, Duration::from_millis(1_500));
    assert_eq!(call.mode, InvocationMode::RequestResponse);
}

#[test]
fn the_edge_s_deadline_bounds_a_call() {
    let mut setup = rest("/");
    setup.arrival.deadline = super::NOW.after(Duration::from_secs(3));
    assert_eq!(setup.answered(request("GET /", &[], ""), OK).calls[0].timeout, Duration::from_secs(3));
    setup.arrival.deadline = super::NOW;
    let outcome = setup.answered(request("GET /", &[], ""), OK);
    assert!(outcome.calls.is_empty());
    assert_eq!(outcome.result.err().unwrap().rest_form().status.as_u16(), 504);
}

#[test]
fn what_cannot_work_is_told_to_the_author() {
    let broken = |setup: Setup| shown(setup.answered(request("GET /", &[], ""), OK).result);
    let get = rest("/").integration(|integration| integration.http_method = Some("GET".to_owned()));
    assert!(broken(get).contains("set `httpMethod: POST`"));
    let nowhere = rest("/").integration(|integration| integration.uri = Some(FUNCTION.to_owned()));
    assert!(broken(nowhere).contains("is not the action that invokes a function"));
    let missing = rest("/").integration(|integration| {
        integration.uri = Some(super::URI.replace("pets", "${stageVariables.fn}"));
    });
    assert!(broken(missing).contains("no variable `fn`"));
    for header in ["content-length", "Authorization", "TE", "X-Amzn-Trace-Id"] {
        let mapped = rest("/").integration(|integration| {
            let target = format!("integration.request.header.{header}");
            integration.request_parameters.insert(target, "'x'".to_owned());
        });
        assert!(broken(mapped).contains("no mapping may set this header"), "{header}");
    }
}

#[test]
fn a_function_that_fails_is_502_and_500() {
    let failed = |payload: &'static str| {
        move || {
            let function_error = Some("Unhandled".into());
            Ok(FunctionAnswer::Payload { payload: payload.into(), function_error })
        }
    };
    let payload = r#"{"errorType": "KeyError", "errorMessage": "'id'", "stackTrace": []}"#;
    let refusal = rest("/").scripted(request("GET /", &[], ""), failed(payload)).result.err().unwrap();
    assert_eq!(refusal.rest_form().status.as_u16(), 502);
    assert_eq!(refusal.cause().unwrap(), "the function failed (Unhandled): KeyError: 'id'");
    for format in [PayloadFormat::One, PayloadFormat::Two] {
        let refusal = http("/", format).scripted(request("GET /", &[], ""), failed(OK)).result.err().unwrap();
        assert_eq!(refusal.http_form().status.as_u16(), 500);
        assert_eq!(refusal.cause().unwrap(), "the function failed (Unhandled)");
    }
    let told = rest("/").scripted(request("GET /", &[], ""), || Ok(FunctionAnswer::Accepted));
    assert_eq!(told.result.err().unwrap().rest_form().status.as_u16(), 502);
}

#[test]
fn what_keeps_a_function_from_answering_is_passed_on() {
    let error = FunctionError::Throttled("too many".to_owned());
    let script = move || Err(error.clone());
    let outcome = rest("/").scripted(request("GET /", &[], ""), script);
    assert_eq!(
        outcome.result.err(),
        Some(Refusal::Function(FunctionError::Throttled("too many".to_owned())))
    );
    assert_eq!(outcome.calls.len(), 1, "nothing is sent twice");
}

#[test]
fn an_event_that_is_too_large_is_not_sent() {
    // Every quote takes two bytes in the event.
    let body = "\"".repeat(3 * 1024 * 1024);
    let outcome = rest("/").answered(request("POST /", &[], body.clone()), OK);
    assert!(outcome.calls.is_empty());
    assert_eq!(outcome.result.err().unwrap().rest_form().status.as_u16(), 413);
    let typed = [("content-type", "text/plain")];
    let outcome = http("/", PayloadFormat::Two).answered(request("POST /", &typed, body), OK);
    assert_eq!(outcome.result.err().unwrap().http_form().body, r#"{"message":"Request Entity Too Large"}"#);
    let most = rest("/").answered(request("POST /", &[], "x".repeat(6 * 1024 * 1024 - 4_096)), OK);
    assert!(most.result.is_ok());
    let over = rest("/").answered(request("POST /", &[], "x".repeat(10 * 1024 * 1024 + 1)), OK);
    assert_eq!(over.result.err().unwrap().rest_form().status.as_u16(), 413);
}

#[test]
fn a_body_that_breaks_off_is_the_client_s_fault() {
    let mut broken = request("POST /", &[], "");
    *broken.body_mut() = Body::stream(Failing);
    let outcome = rest("/").answered(broken, OK);
    assert!(outcome.calls.is_empty());
    assert_eq!(outcome.result.err().unwrap().rest_form().status.as_u16(), 400);
}

/// A body of which nothing comes but its end.
struct Failing;

impl http_body::Body for Failing {
    type Data = bytes::Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<bytes::Bytes>, BodyError>>> {
        std::task::Poll::Ready(Some(Err(BodyError::BrokenOff)))
    }
}
