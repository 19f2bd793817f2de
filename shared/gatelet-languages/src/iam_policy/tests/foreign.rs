//! What authorizers of other projects' tests answer, read in place.
#![allow(clippy::disallowed_methods, reason = "the answers are foreign test data, read in place")]

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::*;

#[test]
fn answers_of_authorizers_are_read() {
    let root = match std::env::var_os("GATELET_VECTORS") {
        Some(root) => PathBuf::from(root),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
    };
    let folder = root.join("events");
    if !folder.is_dir() {
        eprintln!("skipped: {} is not there; GATELET_VECTORS may name another place", folder.display());
        return;
    }
    for (name, decision) in [
        ("", Decision::ExplicitDeny { statement: 0 }),
        ("-with-condition", Decision::ImplicitDeny),
        ("-with-single-value-action", allowed(0)),
        ("-with-single-value-resource", allowed(0)),
    ] {
        let file = folder.join(format!("example-apigw-custom-auth-response{name}.json"));
        let answer: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let policy = parse(&answer["policyDocument"].to_string(), PolicyKind::Authorizer);
        let resource = "arn:aws:execute-api:{regionId}:{accountId}:{appId}/{stage}/{httpVerb}/[{resource}/[child-resources]]";
        assert_eq!(Caller { resource, ..Caller::ANONYMOUS }.asks(&policy), decision, "{name}");
    }
}
