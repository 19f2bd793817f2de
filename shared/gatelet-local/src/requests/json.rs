//! A request as a JSON object on one line, with the names that `$context` has
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html#context-variable-reference>).
//! What is not known is left out.

use gatelet_core::record::{End, SealedRecord};
use serde_json::{Map, Value};

use super::hint;

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

/// Writes the line of a request.
pub(super) fn push(record: &SealedRecord, output: &mut String) {
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
    if let Some(hint) = hint::of(record) {
        insert(&mut line, "error.message", Value::from(hint));
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
