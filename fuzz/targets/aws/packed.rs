//! Packed definitions: whatever the bytes are, as a whole file and as the parts behind a head that fits, reading neither
//! panics nor hangs, and what is read is read again the same way.

#![no_main]

use gatelet_aws::definitions::{PACK_FORMAT, PackError, PackedDefinitions};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    let Some((sizes, rest)) = bytes.split_at_checked(8) else { return };
    let formats = [PACK_FORMAT, gatelet_model::FORMAT].map(u32::to_be_bytes).concat();
    let file = [b"\x89GATELET", &formats[..], sizes, rest].concat();
    let error = check(&file);
    assert!(!matches!(error, Some(PackError::NotAPack | PackError::UnknownFormat { .. })), "{error:?}");
});

fn check(bytes: &[u8]) -> Option<PackError> {
    let packed = match PackedDefinitions::read(bytes) {
        Ok(packed) => packed,
        Err(error) => return Some(error),
    };
    assert_eq!(packed.only_api().is_some(), packed.apis().count() == 1);
    let compiled = packed.compile_all();
    assert_eq!(packed.compile_all(), compiled, "an API is compiled once");
    compiled.err()
}
