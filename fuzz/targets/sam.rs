//! SAM and CloudFormation templates: no bytes make the importer panic or hang, and every problem has a place and a way out.
#![no_main]

use gatelet_control::document::Source;
use gatelet_control::import::{TemplateOptions, template};
use gatelet_model::{AccountId, Region};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(source) = Source::from_bytes("fuzz/template.yaml", bytes) else { return };
    let account = AccountId::parse("123456789012").expect("an account");
    let region = Region::parse("us-east-1").expect("a region");
    // A file that the template names is the template itself: the nearest thing to another definition.
    let read = |_: &str| Ok(bytes.to_vec());
    let options = TemplateOptions::for_file(source.file(), account, region, &read);
    for problem in template(&source, &options).problems {
        assert!(problem.help.is_some(), "{problem} has no way out");
        assert!(problem.place.is_some(), "{problem} has no place");
    }
});
