//! The status code of a mock integration: no text makes its reader panic, and what it reads stands in the text.

#![no_main]

use gatelet_languages::mock_status;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match mock_status::parse(text) {
        Ok(code) => {
            assert!(text.contains("statusCode"));
            let canonical = format!("{{\"statusCode\": {code}}}");
            assert_eq!(mock_status::parse(&canonical), Ok(code));
        }
        Err(error) => assert!(text.get(..error.offset).is_some(), "{error:?} has no place in {text:?}"),
    }
});
