//! Content codings: whatever a client accepts, the choice is one that was offered; whatever a body holds, it decodes to no more than the
//! limit or is refused, and what is encoded reads back.

#![no_main]

use gatelet_core::payload::coding::{Coding, DecodeError, Offer, decode, encode};
use http::header::ACCEPT_ENCODING;
use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;

/// So few that a bomb is found soon.
const LIMIT: usize = 64 * 1024;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(value) = HeaderValue::from_bytes(bytes) {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, value);
        let aws = Offer::new(Vec::new()).choose(&headers);
        assert!(aws.is_none_or(Coding::is_of_aws));
        if let Some(chosen) = Offer::new(vec![Coding::Brotli, Coding::Zstandard]).choose(&headers) {
            let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
            assert!(text.contains(chosen.as_str()), "nobody is given what it does not name");
        }
    }
    for coding in [Coding::Gzip, Coding::Deflate] {
        match decode(bytes, coding, LIMIT) {
            Ok(decoded) => assert!(decoded.len() <= LIMIT),
            Err(error) => {
                assert!(matches!(error, DecodeError::Broken | DecodeError::TooLong { limit: LIMIT }))
            }
        }
        let coded = encode(bytes, coding).expect("every body can be encoded");
        assert_eq!(decode(&coded, coding, bytes.len()).as_deref(), Ok(bytes));
    }
});
