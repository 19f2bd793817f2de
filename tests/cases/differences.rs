//! What is compared.

use std::collections::BTreeMap;

use gatelet_core::ports::{BackendWay, InvocationMode};
use gatelet_core::record::SealedRecord;
use gatelet_tests::coding;
use gatelet_world::{SeenCall, SeenInvocation, SeenServiceCall};

use crate::case::{Exchange, SeenByFunction, Way, written};
use crate::ways::Happened;
use crate::world::is_authorizer;

/// What stands in a case for what each request has of its own.
const REQUEST_ID: &str = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef";
const EXTENDED_REQUEST_ID: &str = "JKJaXmPLvHcESHA=";
const API_ID: &str = "{api}";
const TRACE_ID: &str = "c6af9ac67b6111e69a4193e8";

/// All differences between what an exchange expects and what happened.
pub(crate) fn differences(exchange: &Exchange, happened: &Happened) -> Vec<String> {
    let mut differences = Differences { list: Vec::new(), own: own(happened) };
    let expect = &exchange.expect;
    differences.compare("status", &expect.status.to_string(), &happened.status.as_u16().to_string());
    differences.headers("the client's", &expect.headers, &expect.absent, &happened.headers);
    let mut body = happened.body.clone();
    if let Some(coding) = &expect.coding {
        let told = happened.headers.get("content-encoding").and_then(|value| value.to_str().ok());
        differences.compare("the body's coding", coding, told.unwrap_or_default());
        if let Some(told) = told {
            body = coding::decoded(&body, told).unwrap_or_else(|why| why.into());
        }
    }
    if let Some(expected) = &expect.body {
        differences.compare("body", expected, &written(&body, expected));
    }
    differences.record(exchange, &happened.record);
    differences.backend(exchange, &happened.calls);
    differences.service(exchange, &happened.service_calls);
    let (of_authorizer, of_integration): (Vec<_>, Vec<_>) =
        happened.invocations.iter().partition(|call| is_authorizer(&call.function));
    differences.function("the authorizer", expect.authorizer.as_ref(), &of_authorizer);
    if happened.way == Way::DataPlane {
        differences.log(&expect.log, &happened.record);
    }
    differences.function("the function", expect.function.as_ref(), &of_integration);
    differences.list
}

/// What this request has in place of what stands in the case: ids that the edge draws, and what its way says of the client.
fn own(happened: &Happened) -> Vec<(&'static str, String)> {
    let record = &happened.record;
    let trace: String =
        record.request_id().chars().filter(char::is_ascii_hexdigit).take(TRACE_ID.len()).collect();
    let api = record.place().map_or_else(String::new, |place| place.api_id.to_string());
    let mut own = vec![
        (API_ID, api),
        (REQUEST_ID, record.request_id().to_owned()),
        (EXTENDED_REQUEST_ID, record.extended_request_id().to_owned()),
        (TRACE_ID, trace),
    ];
    own.extend(happened.way.own().map(|(told, own)| (told, own.to_owned())));
    own
}

struct Differences {
    list: Vec<String>,
    own: Vec<(&'static str, String)>,
}

impl Differences {
    fn compare(&mut self, what: &str, expected: &str, actual: &str) {
        let told = |text: String, (told, own): &(&str, String)| text.replace(told, own);
        let expected = self.own.iter().fold(expected.to_owned(), told);
        if expected != actual {
            self.list.push(format!("{what} should be `{expected}` and is `{actual}`"));
        }
    }

    fn headers(
        &mut self,
        whose: &str,
        expected: &BTreeMap<String, String>,
        absent: &[String],
        actual: &http::HeaderMap,
    ) {
        for (name, value) in expected {
            let values: Vec<_> =
                actual.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
            self.compare(&format!("{whose} header `{name}`"), value, &values.join("\n"));
        }
        for name in absent {
            if let Some(value) = actual.get(name) {
                self.list.push(format!("{whose} header `{name}` should not be there and is {value:?}"));
            }
        }
    }

    fn record(&mut self, exchange: &Exchange, record: &SealedRecord) {
        let expect = &exchange.expect;
        if let Some(route) = &expect.route {
            self.compare("the record's route", route, record.route().unwrap_or_default());
        }
        if let Some(refusal) = &expect.refusal {
            self.compare("the record's refusal", refusal, record.refusal_type().unwrap_or_default());
        }
        self.compare(
            "the record's status",
            &expect.status.to_string(),
            &record.status().unwrap_or_default().to_string(),
        );
        if record.refusal().is_some() && record.status().is_some_and(|status| status < 400) {
            self.list.push("a refused request has a status below 400".to_owned());
        }
    }

    fn log(&mut self, expected: &[String], record: &SealedRecord) {
        let lines = record.take_execution_log();
        let mut rest = lines.iter();
        for line in expected {
            let told = |text: String, (told, own): &(&str, String)| text.replace(told, own);
            let line = self.own.iter().fold(line.clone(), told);
            if !rest.any(|other| other.text == line) {
                let all: Vec<_> = lines.iter().map(|line| &*line.text).collect();
                return self
                    .list
                    .push(format!("the execution log has no `{line}` there:\n{}", all.join("\n")));
            }
        }
    }

    fn backend(&mut self, exchange: &Exchange, seen: &[SeenCall]) {
        match (&exchange.expect.backend, seen) {
            (None, []) => {}
            (None, calls) => self
                .list
                .push(format!("the backend was called: {:?}", calls.first().map(|call| &call.head.uri))),
            (Some(expected), [call]) => {
                self.compare(
                    "the backend's request",
                    &expected.request,
                    &format!("{} {}", call.head.method, call.head.uri),
                );
                self.headers("the backend's", &expected.headers, &expected.absent, &call.head.headers);
                if let Some(body) = &expected.body {
                    self.compare("the backend's body", body, &written(&call.body, body));
                }
                if let Some(way) = &expected.way {
                    self.compare("the way to the backend", way, &shown_way(&call.way));
                }
                if let Some(timeout) = expected.timeout_milliseconds {
                    let taken = call.timeout.as_millis().to_string();
                    self.compare("the backend's time", &timeout.to_string(), &taken);
                }
            }
            (Some(_), calls) => {
                self.list.push(format!("the backend was called {} times, not once", calls.len()))
            }
        }
    }

    fn service(&mut self, exchange: &Exchange, seen: &[SeenServiceCall]) {
        let (expected, call) = match (&exchange.expect.service, seen) {
            (None, []) => return,
            (Some(expected), [call]) => (expected, call),
            (expected, calls) => {
                let times = usize::from(expected.is_some());
                return self.list.push(format!("services were called {} times, not {times}", calls.len()));
            }
        };
        let shown = format!("{} {}", call.head.method, call.head.uri);
        self.compare("the service's request", &expected.request, &shown);
        self.compare("the service's host", &expected.host, &call.address.host);
        if let Some(signed_for) = &expected.signed_for {
            let shown = format!("{}/{}", call.address.region, call.address.signing_name);
            self.compare("what the call is signed for", signed_for, &shown);
        }
        if let Some(role) = &expected.role {
            self.compare("the role", role, call.role.as_deref().unwrap_or_default());
        }
        self.headers("the service's", &expected.headers, &expected.absent, &call.head.headers);
        if let Some(body) = &expected.body {
            self.compare("the service's body", body, &written(&call.body, body));
        }
    }

    fn function(&mut self, which: &str, expected: Option<&SeenByFunction>, seen: &[&SeenInvocation]) {
        let (expected, call) = match (expected, seen) {
            (None, []) => return,
            (None, calls) => {
                let called = calls.first().map(|call| &call.function);
                return self.list.push(format!("{which} was called: {called:?}"));
            }
            (Some(expected), [call]) => (expected, call),
            (Some(_), calls) => {
                return self.list.push(format!("{which} was called {} times, not once", calls.len()));
            }
        };
        if let Some(name) = &expected.name {
            self.compare(which, name, &call.function);
        }
        self.compare(
            &format!("whether {which} was only told"),
            &expected.told.to_string(),
            &(call.mode == InvocationMode::Event).to_string(),
        );
        if let Some(payload) = &expected.payload {
            self.compare(&format!("{which} event"), payload, &written(&call.payload, payload));
        }
        let event: serde_json::Value = match serde_json::from_slice(&call.payload) {
            Ok(event) => event,
            Err(error) => return self.list.push(format!("the event of {which} is not JSON: {error}")),
        };
        let shown = |value: Option<&serde_json::Value>| {
            value.map_or_else(|| "nothing".to_owned(), ToString::to_string)
        };
        for (member, value) in &expected.event {
            self.compare(
                &format!("{which} event's {member}"),
                &value.to_string(),
                &shown(event.pointer(member)),
            );
        }
        for member in &expected.null {
            self.compare(&format!("{which} event's {member}"), "null", &shown(event.pointer(member)));
        }
        for member in &expected.absent {
            self.compare(&format!("{which} event's {member}"), "nothing", &shown(event.pointer(member)));
        }
    }
}

/// A way as cases write it.
fn shown_way(way: &BackendWay) -> String {
    let mut parts = Vec::new();
    if let Some(link) = &way.link {
        parts.push(
            format!("link {} {}", link.id, link.target.as_deref().unwrap_or_default()).trim_end().to_owned(),
        );
    }
    if way.tls.insecure_skip_verification {
        parts.push("any issuer".to_owned());
    }
    parts.extend(way.tls.server_name_to_verify.iter().map(|name| format!("name {name}")));
    parts.extend(way.certificate.iter().map(|id| format!("certificate {id}")));
    parts.join(", ")
}
