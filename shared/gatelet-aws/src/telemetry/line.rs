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
    if record.is_unverified() {
        insert(&mut line, "integrationCertificateVerified", Value::from(false));
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
    use std::time::Duration;

    use gatelet_world::proxied_record;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_certificate_of_any_issuer_is_told() {
        let told = |is_unverified: bool| {
            let (mut text, mut record) = (String::new(), proxied_record());
            if is_unverified {
                record.note_unverified();
            }
            push_line(&record.seal(End::Complete, 5, Duration::ZERO), None, &mut text);
            text.contains("\"integrationCertificateVerified\":false")
        };
        assert!(told(true) && !told(false));
    }

    #[test]
    fn json_has_the_names_of_context() {
        let mut text = String::new();
        push_line(
            &proxied_record().seal(End::Complete, 5, Duration::from_millis(21)),
            Some("why"),
            &mut text,
        );
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
