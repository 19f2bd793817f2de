//! Mapping templates: what is taken for plain text has no reference and no comment in it.

#![no_main]

use gatelet_languages::template::Template;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Template::Plain(plain) = Template::parse(text) {
        assert_eq!(&*plain, text);
        assert!(
            !text.contains("##") && !text.contains("#*") && !text.contains("#set(") && !text.ends_with('$')
        );
        assert!(!text.as_bytes().windows(2).any(|pair| pair[0] == b'$' && pair[1].is_ascii_alphabetic()));
    }
});
