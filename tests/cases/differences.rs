//! What is compared.

use std::collections::BTreeMap;

use gatelet_core::record::SealedRecord;
use gatelet_world::{SeenCall, SeenInvocation};

use crate::case::{Exchange, SeenByFunction};
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
    if let Some(expected) = &expect.body {
        differences.compare("body", expected, &String::from_utf8_lossy(&happened.body));
    }
    differences.record(exchange, &happened.record);
    differences.backend(exchange, &happened.calls);
    let (of_authorizer, of_integration): (Vec<_>, Vec<_>) =
        happened.invocations.iter().partition(|call| is_authorizer(&call.function));
    differences.function("the authorizer", expect.authorizer.as_ref(), &of_authorizer);
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
                    self.compare("the backend's body", body, &String::from_utf8_lossy(&call.body));
                }
            }
            (Some(_), calls) => {
                self.list.push(format!("the backend was called {} times, not once", calls.len()))
            }
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
