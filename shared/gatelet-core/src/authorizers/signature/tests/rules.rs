//! What is refused before and beside a wrong signature, and in what words.

use gatelet_model::rest::GatewayResponseType as Type;

use super::*;

const HOST: &str = "door.example";
const HEADERS: &str = "host;x-amz-date";

/// A request that is signed in its header, but for the signature.
fn unsigned() -> Sent {
    Sent {
        method: "GET".to_owned(),
        host: HOST.to_owned(),
        path: "/dev/pets".to_owned(),
        query: String::new(),
        headers: vec![
            ("Authorization".to_owned(), authorization("service", HEADERS)),
            ("X-Amz-Date".to_owned(), "20150830T123600Z".to_owned()),
        ],
        body: String::new(),
    }
}

fn authorization(service: &str, signed_headers: &str) -> String {
    let scope = format!("20150830/us-east-1/{service}/aws4_request");
    format!("{ALGORITHM} Credential={ACCESS_KEY_ID}/{scope}, SignedHeaders={signed_headers}, Signature=?")
}

/// The request with the signature that its claim asks for.
fn signed(sent: &Sent, known: &Known) -> Sent {
    let headers = sent.headers();
    let claim = Claim::read(sent.view(&headers), known.service, known.now).unwrap();
    let canonical = claim.canonical_request(&PayloadHash::of(sent.body.as_bytes()));
    let signature = SigningKey::derive(SECRET, &claim.scope()).sign(&claim.string_to_sign(&canonical));
    match sent.header("authorization") {
        Some(text) => {
            sent.with_header("authorization", &text.replace("Signature=?", &format!("Signature={signature}")))
        }
        None => {
            sent.with_query(sent.query.replace("X-Amz-Signature=?", &format!("X-Amz-Signature={signature}")))
        }
    }
}

fn presigned(more: &str) -> Sent {
    let query = format!(
        "X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={ACCESS_KEY_ID}%2F20150830%2Fus-east-1%2Fservice%2Faws4_request\
         &X-Amz-Date=20150830T123600Z&X-Amz-SignedHeaders=host&X-Amz-Signature=?{more}"
    );
    Sent { query, headers: Vec::new(), ..unsigned() }
}

/// What a client is told, by header.
fn told(name: &str, value: &str) -> String {
    refused(&unsigned().with_header(name, value)).to_string()
}

fn refused(sent: &Sent) -> SignatureError {
    sent.judge(&Known::new()).unwrap_err()
}

#[test]
fn what_is_signed_is_accepted_in_either_form() {
    let known = Known::new();
    assert_eq!(signed(&unsigned(), &known).judge(&known), Ok(()));
    assert_eq!(signed(&presigned("&X-Amz-Expires=60&a=1"), &known).judge(&known), Ok(()));
    assert_eq!(signed(&presigned(""), &known).judge(&known), Ok(()));
    let authority =
        unsigned().with_header("authorization", &authorization("service", ":authority;x-amz-date"));
    assert_eq!(signed(&authority, &known).judge(&known), Ok(()));
    let by_date = unsigned()
        .without_header("x-amz-date")
        .with_header("Date", "20150830T123600Z")
        .with_header("authorization", &authorization("service", "date;host"));
    assert_eq!(signed(&by_date, &known).judge(&known), Ok(()));
    let announced = unsigned()
        .with_header("X-Amz-Content-Sha256", PayloadHash::of(b"").as_str())
        .with_header("authorization", &authorization("service", "host;x-amz-content-sha256;x-amz-date"));
    assert_eq!(signed(&announced, &known).judge(&known), Ok(()));
    let unannounced = signed(&announced.with_header("x-amz-content-sha256", "UNSIGNED-PAYLOAD"), &known);
    assert_eq!(unannounced.judge(&known), Err(SignatureError::PayloadMismatch));
}

#[test]
fn no_signature_is_told_from_half_of_one() {
    assert_eq!(refused(&unsigned().without_header("authorization")), SignatureError::Missing);
    assert_eq!(
        refused(&presigned("").with_query("a=1&x-amz-algorithm=b".to_owned())),
        SignatureError::Missing
    );
    // Recorded of API Gateway, hash and all.
    assert_eq!(
        told("authorization", "x-api-key 1XVOAZHZ87fuDLuWzKAQmG_0RRGYO_eo8YhJHmugf68"),
        "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with \
         Base64): 'Qqm1lWKN0Dm4/4GF/mKO4XIJ4s5tpXme/lz40NVd3ZQ='."
    );
    assert_eq!(
        refused(
            &unsigned().without_header("x-amz-date").with_header("authorization", "eyJhbGciOiJIUzI1NiJ9")
        )
        .to_string(),
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. \
         Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either \
         a 'X-Amz-Date' or a 'Date' header. (Hashed with SHA-256 and encoded with Base64) \
         Authorization=48rafG733/EbwS0jRQC0Wdss/cJxaQI6eY0t7fKXCGs="
    );
    let text = told("authorization", "Basic a2V5OnZhbHVlcw==");
    assert!(text.starts_with("Authorization header requires 'Credential' parameter. "), "{text}");
    let text = told("authorization", "AWS4-HMAC-SHA256 Credential=, SignedHeaders=a, Signature=");
    assert!(
        text.starts_with(
            "Authorization header requires 'Credential' parameter. Authorization header requires \
                              'Signature' parameter. (Hashed"
        ),
        "{text}"
    );
    let sent = unsigned();
    let mut headers = sent.headers();
    headers.insert("authorization", HeaderValue::from_bytes(b"Bearer \xff=").unwrap());
    let claim = Claim::read(sent.view(&headers), Known::new().service, NOW);
    assert!(matches!(claim, Err(SignatureError::NotKeyValue(_))), "{claim:?}");
    assert_eq!(
        refused(&presigned("").with_query("X-Amz-Credential=a&X-Amz-Date=&X-Amz-Signature=b".to_owned()))
            .to_string(),
        "AWS query-string parameters must include 'X-Amz-Algorithm'. AWS query-string parameters must include \
         'X-Amz-SignedHeaders'. AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string \
         parameters."
    );
}

#[test]
fn what_counts_once_is_not_there_twice() {
    let mut twice = unsigned();
    twice.headers.push(("authorization".to_owned(), "AWS4-HMAC-SHA256 a=b".to_owned()));
    assert_eq!(refused(&twice), SignatureError::Repeated("Authorization"));
    for (name, said) in [("x-amz-date", "X-Amz-Date"), ("x-amz-security-token", "X-Amz-Security-Token")] {
        let mut twice = unsigned().with_header(name, "20150830T123600Z");
        twice.headers.push((name.to_owned(), "20150830T123600Z".to_owned()));
        assert_eq!(refused(&twice), SignatureError::Repeated(said));
    }
    let twice = authorization("service", HEADERS) + ", Signature=b";
    assert_eq!(
        refused(&unsigned().with_header("authorization", &twice)),
        SignatureError::Repeated("Signature")
    );
    for name in
        ["Algorithm", "Credential", "Date", "SignedHeaders", "Signature", "Expires", "Security%2DToken"]
    {
        let twice = presigned(&format!("&X-Amz-{name}=1&X-Amz-{name}=1"));
        assert!(matches!(refused(&twice), SignatureError::Repeated(_)), "{name}");
    }
    let both = presigned("").with_header("authorization", "Bearer a");
    assert_eq!(refused(&both), SignatureError::BothForms);
    let two_tokens = presigned("&X-Amz-Security-Token=a").with_header("x-amz-security-token", "a");
    assert_eq!(refused(&two_tokens), SignatureError::Repeated("X-Amz-Security-Token"));
}

#[test]
fn clocks_may_differ_by_five_minutes() {
    let at = |seconds: i64, milliseconds: u64| Known {
        now: Timestamp::from_milliseconds(
            NOW.milliseconds().strict_add_signed(seconds * 1_000) + milliseconds,
        ),
        ..Known::new()
    };
    let sent = signed(&unsigned(), &Known::new());
    for seconds in [-300, -1, 0, 299, 300] {
        assert_eq!(sent.judge(&at(seconds, 999)), Ok(()), "{seconds}");
    }
    assert_eq!(
        sent.judge(&at(301, 0)).unwrap_err().to_string(),
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z - 5 min.)"
    );
    assert_eq!(
        sent.judge(&at(-301, 0)).unwrap_err().to_string(),
        "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T123059Z + 5 min.)"
    );
    for (lifetime, last) in [("60", 60), ("0", 0), ("90", 90), ("604800", 604_800)] {
        let sent = signed(&presigned(&format!("&X-Amz-Expires={lifetime}")), &Known::new());
        assert_eq!(sent.judge(&at(last, 999)), Ok(()), "{lifetime}");
        assert!(matches!(sent.judge(&at(last + 1, 0)), Err(SignatureError::Expired { .. })), "{lifetime}");
        assert!(matches!(sent.judge(&at(-301, 0)), Err(SignatureError::NotYetCurrent { .. })), "{lifetime}");
    }
    assert_eq!(
        refused(
            &presigned("&X-Amz-Expires=90")
                .with_query(presigned("&X-Amz-Expires=90").query.replace("1236", "1230"))
        )
        .to_string(),
        "Signature expired: 20150830T123000Z is now earlier than 20150830T123430Z (20150830T123600Z - 90 sec.)"
    );
    for (lifetime, word) in [("604801", "week"), ("99999999999999999999999", "week"), ("-1", "non-negative")]
    {
        let text = refused(&presigned(&format!("&X-Amz-Expires={lifetime}"))).to_string();
        assert!(text.contains(word), "{text}");
    }
    for lifetime in ["", "%2B60", "+60", "60s", "-", "6e1"] {
        let text = refused(&presigned(&format!("&X-Amz-Expires={lifetime}"))).to_string();
        assert_eq!(text, "X-Amz-Expires should be a number", "{lifetime}");
    }
    assert_eq!(
        told("x-amz-date", "201"),
        "Date must be in ISO-8601 'basic format'. Got '201'. See http://en.wikipedia.org/wiki/ISO_8601"
    );
}

#[test]
fn the_host_and_amazons_headers_are_signed() {
    let list =
        |list: &str| refused(&unsigned().with_header("authorization", &authorization("service", list)));
    assert_eq!(list("x-amz-date"), SignatureError::HostNotSigned);
    assert_eq!(list(""), SignatureError::HostNotSigned);
    assert_eq!(list("host"), SignatureError::HeaderNotSigned("x-amz-date".to_owned()));
    for bad in
        ["host;host;x-amz-date", "x-amz-date;host", "Accept;host", "accept;host", ";host", "host;", "host;("]
    {
        assert!(matches!(list(bad), SignatureError::BadSignedHeaders(_)), "{bad}");
    }
    let extra = unsigned().with_header("x-amz-target", "1");
    assert_eq!(
        refused(&extra).to_string(),
        "'x-amz-target' must be a 'SignedHeader' in the AWS Authorization."
    );
    let known = Known::new();
    for name in ["x-amz-cf-id", "x-amz-user-agent", "x-amzn-trace-id", "content-type"] {
        assert_eq!(signed(&unsigned(), &known).with_header(name, "1").judge(&known), Ok(()), "{name}");
    }
}

#[test]
fn the_scope_is_the_requests() {
    for algorithm in ["AWS4-ECDSA-P256-SHA256", "aws4-hmac-sha256"] {
        let text = authorization("service", HEADERS).replace(ALGORITHM, algorithm);
        let refused = refused(&unsigned().with_header("authorization", &text));
        assert_eq!(
            refused.to_string(),
            format!("Unsupported AWS 'algorithm': '{algorithm}' (only AWS4-HMAC-SHA256 for now). ")
        );
        assert!(refused.cause().is_some());
    }
    let credential = |credential: &str| {
        let text = format!("{ALGORITHM} Credential={credential}, SignedHeaders={HEADERS}, Signature=a");
        refused(&unsigned().with_header("authorization", &text)).to_string()
    };
    for bad in ["a/b/c/d", "a/b/c/d/e/f", "a", "a/20150830/us-east-1/service/aws4_request/"] {
        assert_eq!(
            credential(bad),
            format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{bad}'"
            )
        );
    }
    assert_eq!(
        credential("a/b/c/d/e"),
        "Credential should be scoped to a valid region, not 'c'. Credential should be scoped to correct service: \
         'service'. Credential should be scoped with a valid terminator: 'aws4_request', not 'e'. Date in Credential \
         scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: 'b' != '20150830', from \
         '20150830T123600Z'. "
    );
}

#[test]
fn a_token_and_its_key_belong_together() {
    let temporary = Known { session_token: Some("token".to_owned()), ..Known::new() };
    let with = |token: &str| signed(&unsigned().with_header("x-amz-security-token", token), &temporary);
    assert_eq!(with("token").judge(&temporary), Ok(()));
    for sent in [with("tokeN"), with(""), with("token0"), signed(&unsigned(), &temporary)] {
        assert_eq!(sent.judge(&temporary), Err(SignatureError::InvalidToken), "{sent:?}");
    }
    assert_eq!(with("token").judge(&Known::new()), Err(SignatureError::InvalidToken));
    let over = Known { expires: Some(NOW), ..temporary.clone() };
    assert_eq!(with("token").judge(&over), Err(SignatureError::ExpiredToken));
    let not_yet =
        Known { expires: Some(Timestamp::from_milliseconds(NOW.milliseconds() + 1)), ..temporary.clone() };
    assert_eq!(with("token").judge(&not_yet), Ok(()));
    // A wrong signature never tells whether the token was right or the key over.
    let wrong = unsigned().with_header("x-amz-security-token", "token");
    assert_eq!(wrong.judge(&over), Err(SignatureError::Mismatch));
}

#[test]
fn a_key_is_unknown_whatever_its_signature() {
    let known = Known::new();
    let sent = unsigned();
    let text = sent.header("authorization").unwrap().replace(ACCESS_KEY_ID, "AKIDNOBODY");
    let nobody = sent.with_header("authorization", &text);
    assert_eq!(nobody.judge(&known), Err(SignatureError::InvalidToken));
    // Not even the key that stands in for a missing one signs for it.
    let headers = nobody.headers();
    let claim = Claim::read(nobody.view(&headers), known.service, known.now).unwrap();
    assert_eq!((claim.access_key_id(), claim.session_token()), ("AKIDNOBODY", None));
    assert_eq!(claim.scope().to_string(), "20150830/us-east-1/service/aws4_request");
    let canonical = claim.canonical_request(&PayloadHash::of(b""));
    let signature = SigningKey::NOBODY.sign(&claim.string_to_sign(&canonical));
    let forged =
        nobody.with_header("authorization", &text.replace("Signature=?", &format!("Signature={signature}")));
    assert_eq!(forged.judge(&known), Err(SignatureError::InvalidToken));
}

#[test]
fn errors_are_answered_as_aws_answers_them() {
    for (error, error_type, response_type) in [
        (SignatureError::Missing, "MissingAuthenticationTokenException", Type::MissingAuthenticationToken),
        (SignatureError::Mismatch, "InvalidSignatureException", Type::InvalidSignature),
        (SignatureError::BothForms, "InvalidSignatureException", Type::InvalidSignature),
        (SignatureError::BadSignedHeaders(""), "InvalidSignatureException", Type::InvalidSignature),
        (SignatureError::NotKeyValue(String::new()), "IncompleteSignatureException", Type::Default4xx),
        (SignatureError::BadCredential(String::new()), "IncompleteSignatureException", Type::Default4xx),
        (SignatureError::InvalidToken, "UnrecognizedClientException", Type::Default4xx),
        (SignatureError::ExpiredToken, "ExpiredTokenException", Type::ExpiredToken),
    ] {
        assert_eq!((error.error_type(), error.response_type()), (error_type, response_type), "{error:?}");
    }
}

#[test]
fn a_body_in_parts_has_the_hash_of_the_whole() {
    let whole = PayloadHash::of(b"Param1=value1");
    assert_eq!(whole.as_str(), "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e");
    assert_eq!(PayloadHash::of_parts([&b"Param1"[..], b"", b"=value1"]), whole);
}
