//! What each request arrives with and no rule may invent: its ids, its draw, its deadline.

use std::net::IpAddr;

use gatelet_core::{Arrival, Scheme, Timestamp};

const HEXADECIMAL: &[u8; 16] = b"0123456789abcdef";
const BASE64_URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Random bytes of one request: 16 for its id, 15 for its extended id, 8 for its draw.
const RANDOM_BYTES: usize = 39;

/// Opens the arrival of a request that came at `now` from `peer` and is given up at `deadline`: ids and draw are
/// random. A client's own `x-amzn-RequestId` is not taken over.
#[must_use]
pub fn arrival(now: Timestamp, peer: IpAddr, scheme: Scheme, deadline: Timestamp) -> Arrival {
    let random = random_bytes();
    let (request_id, rest) = random.split_at(16);
    let (extended_request_id, draw) = rest.split_at(15);
    Arrival {
        now,
        request_id: uuid(request_id).into(),
        extended_request_id: extended_id(extended_request_id).into(),
        draw: draw.iter().fold(0, |draw, byte| draw << 8 | u64::from(*byte)),
        peer,
        scheme,
        trace_id: None,
        vouched: gatelet_core::Vouched::default(),
        deadline,
    }
}

/// Without the machine's randomness, ids are not unguessable any more; they still tell requests apart, and
/// nothing of the gateway's protection rests on them.
fn random_bytes() -> [u8; RANDOM_BYTES] {
    use std::sync::atomic::{AtomicU64, Ordering};
    static SPARE: AtomicU64 = AtomicU64::new(0);
    let mut bytes = [0; RANDOM_BYTES];
    if getrandom::fill(&mut bytes).is_err() {
        let count = SPARE.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        for (position, byte) in bytes.iter_mut().enumerate() {
            *byte = count.get(position % count.len()).copied().unwrap_or_default();
        }
    }
    bytes
}

/// A UUID of version 4.
fn uuid(random: &[u8]) -> String {
    let mut text = String::with_capacity(36);
    for (position, byte) in random.iter().enumerate() {
        if matches!(position, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let byte = match position {
            6 => byte & 0x0F | 0x40,
            8 => byte & 0x3F | 0x80,
            _ => *byte,
        };
        for digit in [byte >> 4, byte & 0x0F] {
            text.extend(HEXADECIMAL.get(usize::from(digit)).copied().map(char::from));
        }
    }
    text
}

/// 15 base64 characters and `=`, as AWS's look.
fn extended_id(random: &[u8]) -> String {
    let character = |byte: &u8| BASE64_URL.get(usize::from(byte & 0x3F)).copied().map(char::from);
    let mut text: String = random.iter().filter_map(character).collect();
    text.push('=');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_look_like_those_of_aws_and_differ() {
        let peer = IpAddr::from([127, 0, 0, 1]);
        let now = Timestamp::from_milliseconds(1_000);
        let deadline = Timestamp::from_milliseconds(6_000);
        let [one, two] = [0, 1].map(|_| arrival(now, peer, Scheme::Https, deadline));
        let id = one.request_id.as_bytes();
        assert_eq!(id.len(), 36);
        assert!(id.iter().enumerate().all(|(position, byte)| match position {
            8 | 13 | 18 | 23 => *byte == b'-',
            14 => *byte == b'4',
            19 => b"89ab".contains(byte),
            _ => HEXADECIMAL.contains(byte),
        }));
        assert_eq!(one.extended_request_id.len(), 16);
        assert!(one.extended_request_id.ends_with('='));
        assert_eq!((one.deadline, one.scheme), (deadline, Scheme::Https));
        assert_ne!(one.request_id, two.request_id);
        assert_ne!(one.extended_request_id, two.extended_request_id);
        assert_ne!(one.draw, two.draw);
    }
}
