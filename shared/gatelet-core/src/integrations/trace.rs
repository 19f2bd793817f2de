//! The trace that a request belongs to.

use std::borrow::Cow;

use crate::ports::Arrival;

/// The value of `X-Amzn-Trace-Id`: the platform's, else a trace that begins here.
pub(crate) fn header(arrival: &Arrival) -> Cow<'_, str> {
    match &arrival.trace_id {
        Some(trace_id) => Cow::Borrowed(trace_id),
        None => Cow::Owned(root(arrival)),
    }
}

/// `Root=1-{seconds}-{24 digits}`, made of the request's time and id
/// (<https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-traceids>).
fn root(arrival: &Arrival) -> String {
    const RANDOM_DIGITS: usize = 24;
    const SECONDS_DIGITS: usize = 8;
    let mut text = String::with_capacity("Root=1--".len() + SECONDS_DIGITS + RANDOM_DIGITS);
    text.push_str("Root=1-");
    let seconds = arrival.now.milliseconds() / 1_000;
    for shift in (0..SECONDS_DIGITS).rev() {
        let digit = u32::try_from(seconds >> (4 * shift) & 0xF).unwrap_or_default();
        text.push(char::from_digit(digit, 16).unwrap_or('0'));
    }
    text.push('-');
    let start = text.len();
    text.extend(arrival.request_id.chars().filter(char::is_ascii_hexdigit).take(RANDOM_DIGITS));
    while text.len() - start < RANDOM_DIGITS {
        text.push('0');
    }
    text
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::Timestamp;

    #[test]
    fn a_root_is_the_time_and_what_makes_it_unique() {
        let mut arrival = Arrival {
            request_id: "1de4d666-d4dd-26ac-ed65-2b6c93e8dead".into(),
            ..Arrival::in_tests(Timestamp::from_milliseconds(1_587_481_701_067))
        };
        assert_eq!(root(&arrival), "Root=1-5e9f0c65-1de4d666d4dd26aced652b6c");
        arrival.request_id = "f".into();
        assert_eq!(header(&arrival), "Root=1-5e9f0c65-f00000000000000000000000");
        arrival.trace_id = Some("Root=1-0-1;Parent=2;Sampled=1".into());
        assert_eq!(header(&arrival), "Root=1-0-1;Parent=2;Sampled=1");
    }
}
