//! Parameter mappings of REST and HTTP APIs: no text makes them panic, and every error has a place in the text.

#![no_main]

use gatelet_languages::LanguageError;
use gatelet_languages::parameters::http::{Message, Part, Value};
use gatelet_languages::parameters::{http, rest};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    check(text, rest::parse_request_target(text));
    check(text, rest::parse_response_target(text));
    check(text, rest::parse_gateway_response_target(text));
    check(text, rest::parse_request_source(text));
    check(text, rest::parse_response_source(text));
    check(text, rest::parse_gateway_response_source(text));
    check(text, http::parse_request_target(text));
    check(text, http::parse_response_target(text));
    for message in [Message::Request, Message::Response] {
        let Some(value) = check(text, Value::parse(text, message)) else { continue };
        // Text is only ever cut out of the value, in order.
        let mut rest = text;
        for part in value.parts() {
            if let Part::Text(part) = part {
                let at = rest.find(&**part).expect("text comes from the value");
                rest = &rest[at + part.len()..];
            }
        }
    }
});

fn check<T>(text: &str, parsed: Result<T, LanguageError>) -> Option<T> {
    parsed
        .map_err(|error| assert!(text.get(..error.offset).is_some(), "{error:?} has no place in {text:?}"))
        .ok()
}
