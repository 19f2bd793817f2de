//! JSON documents: what the strict reader takes is JSON to another reader, the lenient one takes it alike, and what is written
//! is read again as the same.

#![no_main]

use bumpalo::Bump;
use gatelet_languages::heap::Heap;
use gatelet_languages::json;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let texts = Bump::new();
    let mut heap = Heap::new(&texts);
    let strict = json::read(text, &mut heap);
    let lenient = json::read_lenient(text, &mut heap);
    match strict {
        Ok(value) => {
            let mut written = String::new();
            json::write(value, &heap, &mut written).expect("a document has an end");
            let mut again = String::new();
            json::write(lenient.expect("it is JSON"), &heap, &mut again).expect("a document has an end");
            assert_eq!(written, again);
            serde_json::from_str::<serde::de::IgnoredAny>(&written).expect("what is written is JSON");
            let written = texts.alloc_str(&written);
            json::read(written, &mut heap).expect("what is written is read");
        }
        Err(error) => assert!(text.get(..error.offset).is_some(), "{error:?} has no place in {text:?}"),
    }
    if let Err(error) = json::read_lenient(text, &mut heap) {
        assert!(text.get(..error.offset).is_some(), "{error:?} has no place in {text:?}");
    }
});
