//! A request as a JSON object on one line, with the names that `$context` has
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html#context-variable-reference>).
//! What is not known is left out.

use gatelet_core::record::{End, SealedRecord};
use serde_json::{Map, Value};

/// Variables that are text.
const TEXTS: [&str; 15] = [
    "requestId",
    "extendedRequestId",
    "requestTime",
    "apiId",
    "stage",
    "deploymentId",
    "domainName",
    "httpMethod",
    "path",
    "protocol",
    "routeKey",
    "resourcePath",
    "identity.sourceIp",
    "identity.userAgent",
    "error.responseType",
];
/// Variables that are numbers.
const NUMBERS: [&str; 4] = ["requestTimeEpoch", "status", "integrationStatus", "integrationLatency"];

/// Writes the line of a request, its line break included. `why` is what went wrong beyond what the status says, for
/// the API's author: see [`cause`](super::cause).
pub fn push_line(record: &SealedRecord, why: Option<&str>, output: &mut String) {
    let mut line = Map::new();
    for name in TEXTS {
        if let Some(value) = record.context(name) {
            insert(&mut line, name, Value::from(value.into_owned()));
        }
    }
    for name in NUMBERS {
        if let Some(number) = record.context(name).and_then(|value| value.parse::<u64>().ok()) {
            insert(&mut line, name, Value::from(number));
        }
    }
    let latency = u64::try_from(record.elapsed.as_millis()).unwrap_or(u64::MAX);
    insert(&mut line, "responseLatency", Value::from(latency));
    insert(&mut line, "responseLength", Value::from(record.response_bytes));
    if let Some(error) = record.integration().and_then(|call| call.error.as_deref()) {
        insert(&mut line, "integrationErrorMessage", Value::from(error));
    }
    if let Some(why) = why {
        insert(&mut line, "error.message", Value::from(why));
    }
    let end = match &record.end {
        End::Complete => "complete",
        End::ClientGone => "client gone",
        End::BrokenOff(_) => "broken off",
    };
    insert(&mut line, "end", Value::from(end));
    output.push_str(&Value::Object(line).to_string());
    output.push('\n');
}

/// `identity.sourceIp` stands inside `identity`.
fn insert(line: &mut Map<String, Value>, name: &str, value: Value) {
    match name.split_once('.') {
        None => {
            line.insert(name.to_owned(), value);
        }
        Some((outer, inner)) => {
            let outer = line.entry(outer).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(outer) = outer {
                outer.insert(inner.to_owned(), value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::net::IpAddr;
    use std::time::Duration;

    use gatelet_core::record::{ApiFamily, IntegrationCall, Place, Record};
    use gatelet_core::{Arrival, Scheme, Timestamp};
    use serde_json::json;

    use super::*;

    fn record(path: &str) -> Record {
        let arrival = Arrival {
            now: Timestamp::from_milliseconds(1_795_190_400_000),
            request_id: "id".into(),
            extended_request_id: "extended=".into(),
            draw: 0,
            peer: IpAddr::from([127, 0, 0, 1]),
            scheme: Scheme::Https,
            trace_id: None,
            deadline: Timestamp::from_milliseconds(1_795_190_500_000),
        };
        let mut record = Record::open(&arrival, http::Method::GET, http::Version::HTTP_11);
        record.note_request(path, Some("curl"));
        record
    }

    fn proxied() -> Record {
        let mut record = record("/_aws/execute-api/abc/dev/pets/1");
        record.note_place(Place {
            family: ApiFamily::Rest,
            api_id: "abc".into(),
            api_name: "Pets".into(),
            stage: "dev".into(),
            deployment_id: "deployment".into(),
            canary: false,
        });
        record.note_route("GET /pets/{petId}".into());
        record.note_integration(IntegrationCall {
            kind: "HTTP_PROXY",
            status: Some(200),
            latency: Duration::from_millis(17),
            error: None,
        });
        record.note_status(http::StatusCode::OK);
        record
    }

    #[test]
    fn json_has_the_names_of_context() {
        let mut text = String::new();
        push_line(&proxied().seal(End::Complete, 5, Duration::from_millis(21)), Some("why"), &mut text);
        let line: Value = serde_json::from_str(&text).unwrap();
        let expected = json!({
            "requestId": "id", "extendedRequestId": "extended=", "requestTimeEpoch": 1_795_190_400_000_u64,
            "apiId": "abc", "stage": "dev", "deploymentId": "deployment", "httpMethod": "GET", "protocol": "HTTP/1.1",
            "routeKey": "GET /pets/{petId}", "resourcePath": "/pets/{petId}", "status": 200,
            "identity": {"sourceIp": "127.0.0.1", "userAgent": "curl"},
            "integrationStatus": 200, "integrationLatency": 17, "responseLatency": 21, "responseLength": 5,
            "error": {"message": "why"}, "end": "complete",
        });
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(line.get(name), Some(value), "{name}");
        }
        assert_eq!(text.lines().count(), 1);
    }
}
