//! AWS's own signatures, 38 requests signed in two ways: the canonical request and the string to sign are equal byte for
//! byte, and the signature is accepted. Read where they lie; absent, they are named and skipped.
#![allow(clippy::disallowed_methods, reason = "foreign vectors are read where they lie")]

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::*;

/// One request, signed in one way.
pub(super) struct Vector {
    pub(super) name: String,
    pub(super) sent: Sent,
    pub(super) known: Known,
    canonical_request: String,
    string_to_sign: String,
}

/// All of them; none where they are not there.
pub(super) fn all() -> Vec<Vector> {
    let root = match std::env::var_os("GATELET_VECTORS") {
        Some(root) => PathBuf::from(root),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
    };
    let folder = root.join("sigv4-aws-c-auth/v4");
    let Ok(cases) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: {} is not there; GATELET_VECTORS may name another place", folder.display());
        return Vec::new();
    };
    let mut cases: Vec<PathBuf> = cases.map(|case| case.unwrap().path()).collect();
    cases.sort();
    let vectors: Vec<Vector> =
        cases.iter().flat_map(|case| ["header", "query"].map(|way| vector(case, way))).collect();
    assert_eq!(vectors.len(), 76);
    vectors
}

fn vector(case: &Path, way: &str) -> Vector {
    let file = |name: &str| std::fs::read_to_string(case.join(name)).unwrap();
    let context: Value = serde_json::from_str(&file("context.json")).unwrap();
    assert_eq!(context["timestamp"], "2015-08-30T12:36:00Z");
    assert_eq!(context["credentials"]["secret_access_key"], SECRET);
    let mut known = Known::new();
    if context["normalize"] == false {
        known.service.path_form = PathForm::AsSent;
    }
    if context["omit_session_token"] == true {
        known.service.token_place = TokenPlace::Added;
    }
    known.session_token = context["credentials"]["token"].as_str().map(str::to_owned);
    Vector {
        name: format!("{} ({way})", case.file_name().unwrap().display()),
        sent: parse(&file(&format!("{way}-signed-request.txt"))),
        known,
        canonical_request: file(&format!("{way}-canonical-request.txt")),
        string_to_sign: file(&format!("{way}-string-to-sign.txt")),
    }
}

/// Reads the text of a request. Lines that go on with spaces belong to the header before.
fn parse(text: &str) -> Sent {
    let (head, body) = text.split_once("\n\n").unwrap();
    let mut lines = head.lines();
    let (method, rest) = lines.next().unwrap().split_once(' ').unwrap();
    let target = rest.strip_suffix(" HTTP/1.1").unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in lines {
        match line.split_once(':') {
            Some((name, value)) if !line.starts_with(' ') => {
                headers.push((name.to_owned(), value.trim_start().to_owned()));
            }
            _ => {
                let (_, value) = headers.last_mut().unwrap();
                value.push(' ');
                value.push_str(line);
            }
        }
    }
    let host = headers.iter().find(|(name, _)| name == "Host").unwrap().1.clone();
    Sent {
        method: method.to_owned(),
        host,
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body: body.to_owned(),
    }
}

#[test]
fn every_signature_is_reproduced_and_accepted() {
    for vector in all() {
        let headers = vector.sent.headers();
        let request = vector.sent.view(&headers);
        let claim = Claim::read(request, vector.known.service, vector.known.now).unwrap();
        let canonical = claim.canonical_request(&PayloadHash::of(vector.sent.body.as_bytes()));
        assert_eq!(String::from_utf8_lossy(&canonical), vector.canonical_request, "{}", vector.name);
        assert_eq!(claim.string_to_sign(&canonical), vector.string_to_sign, "{}", vector.name);
        assert_eq!(claim.access_key_id(), ACCESS_KEY_ID);
        assert_eq!(vector.sent.judge(&vector.known), Ok(()), "{}", vector.name);
    }
}
