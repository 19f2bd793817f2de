//! Certificates of clients: whatever stands in one, or in the header of a front door, reading it never panics, and what is
//! read can be told in a header again.
#![no_main]

use gatelet_aws::edge::{certificate_of_header, client_certificate};
use http::HeaderValue;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let found = client_certificate(data);
    if let Some(certificate) = &found {
        assert!(certificate.pem.starts_with("-----BEGIN CERTIFICATE-----"));
        for text in [&certificate.subject, &certificate.issuer, &certificate.serial_number] {
            assert!(!text.contains('\n') && !text.contains('\0'), "{text:?}");
        }
    }
    if let Ok(value) = HeaderValue::from_bytes(data) {
        let _ = certificate_of_header(&value);
    }
});
