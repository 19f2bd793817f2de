//! OpenAPI import: whatever the bytes are, as either kind of API, it neither panics nor hangs; there is an API exactly
//! where there is no error, and every problem has a place and a way out.

#![no_main]

use gatelet_control::document::Source;
use gatelet_control::identity;
use gatelet_control::import::{self, ApiKind, ImportOptions};
use gatelet_model::{AccountId, Region};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(source) = Source::from_bytes("fuzz", bytes) else { return };
    let account = AccountId::parse("123456789012").expect("twelve digits");
    let region = Region::parse("us-east-1").expect("a region");
    let options = ImportOptions::for_file("fuzz", account, region);
    for kind in [None, Some(ApiKind::Rest), Some(ApiKind::Http)] {
        let imported = import::openapi(&source, &ImportOptions { kind, ..options.clone() });
        assert_eq!(imported.api.is_some(), !imported.problems.has_errors(), "{:?}", imported.problems);
        for problem in &imported.problems {
            assert!(problem.place.is_some() && !problem.message.is_empty(), "{problem:?}");
        }
        if let Some(api) = &imported.api {
            assert_eq!(api.id(), &options.api_id);
            let stored = serde_json::to_string(api).expect("an API has a stored form");
            let again = serde_json::from_str(&stored).expect("what is stored can be read");
            assert_eq!(api, &again);
            identity::deployment_id(api).expect("an API has a stored form");
        }
    }
});
