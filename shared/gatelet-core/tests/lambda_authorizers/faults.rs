//! Whatever goes wrong stays closed, and is forgotten at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gatelet_core::authorizers::lambda::ANSWER_BYTES_MAX;
use gatelet_core::payload::Body;
use gatelet_core::ports::{FunctionAnswer, FunctionError};
use gatelet_core::refusal::Refusal;
use gatelet_core::snapshot::routes::Rules;
use gatelet_world::MemoryDecisions;
use http::StatusCode;

use super::fixture::{ALLOW, Asking, answered, request, rest, simple, world};

type Fault = Box<dyn Fn() -> Result<FunctionAnswer, FunctionError> + Send + Sync>;

/// What clients of REST APIs hear: the type of the gateway response.
#[derive(Clone, Copy)]
enum Heard {
    Unauthorized,
    Failure,
    ConfigurationError,
}

fn payload(text: impl Into<String>) -> Fault {
    let text = text.into();
    Box::new(move || answered(text.clone()))
}

fn failed(payload: &'static str) -> Fault {
    Box::new(move || {
        Ok(FunctionAnswer::Payload { payload: payload.into(), function_error: Some("Unhandled".into()) })
    })
}

fn fails(error: FunctionError) -> Fault {
    Box::new(move || Err(error.clone()))
}

fn with(member: &str) -> Fault {
    payload(ALLOW.replacen('{', &format!("{{{member},"), 1))
}

fn policy(statement: &str) -> Fault {
    payload(format!(r#"{{"policyDocument":{{"Version":"2012-10-17","Statement":[{statement}]}}}}"#))
}

fn faults() -> Vec<(&'static str, Fault, Heard)> {
    use Heard::{ConfigurationError, Failure, Unauthorized};
    let allow = r#""Effect":"Allow","Action":"execute-api:Invoke","Resource":"*""#;
    vec![
        ("time-out", fails(FunctionError::Timeout(Duration::from_secs(10))), ConfigurationError),
        ("throttled", fails(FunctionError::Throttled("slowly".to_owned())), ConfigurationError),
        ("not found", fails(FunctionError::NotFound("gate".to_owned())), ConfigurationError),
        ("denied", fails(FunctionError::Denied("no permission".to_owned())), ConfigurationError),
        ("too large", fails(FunctionError::TooLarge(7_000_000)), ConfigurationError),
        ("unavailable", fails(FunctionError::Unavailable("503".to_owned())), Failure),
        ("unauthorized", failed(r#"{"errorMessage":"Unauthorized","errorType":"Error"}"#), Unauthorized),
        ("lower case", failed(r#"{"errorMessage":"unauthorized"}"#), ConfigurationError),
        ("more words", failed(r#"{"errorMessage":"Unauthorized: expired"}"#), ConfigurationError),
        ("no message", failed(r#"{"errorType":"Unauthorized"}"#), ConfigurationError),
        ("message is no text", failed(r#"{"errorMessage":["Unauthorized"]}"#), ConfigurationError),
        ("error of junk", failed("Unauthorized"), ConfigurationError),
        ("error with a policy", failed(ALLOW), ConfigurationError),
        ("says it is unauthorized", payload("\"Unauthorized\""), ConfigurationError),
        ("error as an answer", payload(r#"{"errorMessage":"Unauthorized"}"#), ConfigurationError),
        ("empty", payload(""), ConfigurationError),
        ("null", payload("null"), ConfigurationError),
        ("true", payload("true"), ConfigurationError),
        ("list", payload(format!("[{ALLOW}]")), ConfigurationError),
        ("text", payload(serde_json::Value::from(ALLOW).to_string()), ConfigurationError),
        ("junk", payload(format!("{ALLOW}}}")), ConfigurationError),
        ("cut", payload(&ALLOW[..ALLOW.len() - 1]), ConfigurationError),
        ("not UTF-8", Box::new(|| answered(b"{\"principalId\":\"\xFF\"}".as_slice())), ConfigurationError),
        ("huge", payload(format!("{ALLOW}{}", " ".repeat(ANSWER_BYTES_MAX))), ConfigurationError),
        ("no policy", payload(r#"{"principalId":"u1"}"#), ConfigurationError),
        ("policy is null", payload(r#"{"policyDocument":null}"#), ConfigurationError),
        ("policy without statements", payload(r#"{"policyDocument":{"Statement":[]}}"#), ConfigurationError),
        ("unknown effect", policy(&allow.replace("Allow", "allow")), ConfigurationError),
        (
            "unknown operator",
            policy(&format!(r#"{{{allow},"Condition":{{"Like":{{"a":"b"}}}}}}"#)),
            ConfigurationError,
        ),
        ("unknown element", policy(&format!(r#"{{{allow},"Wen":1}}"#)), ConfigurationError),
        ("no resource", policy(r#"{"Effect":"Allow","Action":"*"}"#), ConfigurationError),
        ("context is a list", with(r#""context":["a"]"#), ConfigurationError),
        ("key is an object", with(r#""usageIdentifierKey":{}"#), ConfigurationError),
        ("accepted", Box::new(|| Ok(FunctionAnswer::Accepted)), ConfigurationError),
        ("stream", Box::new(|| Ok(FunctionAnswer::Stream(Body::from(ALLOW)))), ConfigurationError),
    ]
}

#[test]
fn every_fault_is_closed_and_forgotten() {
    assert!(faults().len() >= 24);
    for shared in [false, true] {
        for rules in [Rules::Rest, Rules::Http] {
            for (name, fault, heard) in faults() {
                let calls = AtomicUsize::new(0);
                let mut world = world(move |_| match calls.fetch_add(1, Ordering::Relaxed) {
                    0 => fault(),
                    _ => answered(ALLOW),
                });
                if shared {
                    world.decisions = MemoryDecisions::shared();
                }
                let (authorizer, asking) = match rules {
                    Rules::Rest => (rest(300, &["method.request.header.A"]), Asking::new(Rules::Rest)),
                    Rules::Http => {
                        let function = super::fixture::function(300);
                        (
                            request("a1", function, &["$request.header.A"], Rules::Http),
                            Asking::new(Rules::Http),
                        )
                    }
                };
                let asking = asking.header("a", "1");
                let judged = asking.judged(&authorizer, &world);
                let Err(refusal) = &judged.result else { panic!("{name} lets in") };
                let (rest, http) = (refusal.rest_form(), refusal.http_form());
                match heard {
                    Heard::Unauthorized => {
                        assert_eq!(*refusal, Refusal::Unauthorized(None), "{name}");
                        assert_eq!(
                            (rest.status, http.status),
                            (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED)
                        );
                    }
                    Heard::Failure => assert!(matches!(refusal, Refusal::AuthorizerFailed(_)), "{name}"),
                    Heard::ConfigurationError => {
                        assert!(
                            matches!(refusal, Refusal::AuthorizerMisconfigured(_)),
                            "{name}: {refusal:?}"
                        );
                        assert_eq!(rest.body, r#"{"message":null}"#);
                    }
                }
                if !matches!(heard, Heard::Unauthorized) {
                    let internal = StatusCode::INTERNAL_SERVER_ERROR;
                    assert_eq!((rest.status, http.status), (internal, internal), "{name}");
                }
                let next = asking.judged(&authorizer, &world);
                assert!(next.result.is_ok(), "{name} is remembered: {:?}", next.result);
                assert_eq!(world.functions.seen().len(), 2, "{name}");
            }
        }
    }
}

#[test]
fn a_simple_answer_is_yes_or_no_and_nothing_else() {
    for (answer, allowed) in [
        (r#"{"isAuthorized":true,"context":{"a":[1]}}"#, Some(true)),
        (r#"{"isAuthorized":false}"#, Some(false)),
        (r#"{"isAuthorized":"true"}"#, None),
        (r#"{"isAuthorized":1}"#, None),
        (r#"{"isAuthorized":null}"#, None),
        (r#"{"IsAuthorized":true}"#, None),
        (r#"{"isAuthorized":true,"context":"x"}"#, None),
        (ALLOW, None),
        ("{}", None),
        ("true", None),
    ] {
        let world = world(move |_| answered(answer));
        let asking = Asking::new(Rules::Http).header("a", "1");
        let judged = asking.judged(&simple(300, &["$request.header.A"]), &world);
        let found = judged.result.is_ok().then(|| judged.allows(&asking.arn()));
        assert_eq!(found, allowed, "{answer}");
    }
}

#[test]
fn rest_contexts_are_scalar_and_http_contexts_anything() {
    let answer = ALLOW.replacen('{', r#"{"context":{"deep":{"a":[1]}},"#, 1);
    let world = world(move |_| answered(answer.clone()));
    let judged = Asking::new(Rules::Rest).judged(&rest(0, &[]), &world);
    assert!(matches!(judged.refusal(), Refusal::AuthorizerMisconfigured(why) if why.contains("`deep`")));
    let authorizer = request("a1", super::fixture::function(0), &[], Rules::Http);
    let judged = Asking::new(Rules::Http).judged(&authorizer, &world);
    assert_eq!(judged.result.unwrap().0.context_value("deep"), Some(r#"{"a":[1]}"#));
}
