//! Signatures and headers: what an attacker would try.

use super::*;

#[test]
fn every_kind_of_key_verifies_its_own_signatures() {
    let es384 = TestKey::new("es384", Algorithm::ES384, &rcgen::PKCS_ECDSA_P384_SHA384);
    let world = world_of(&[rsa(), ec(), ed(), &es384]);
    for key in [rsa(), ec(), ed(), &es384] {
        assert!(verify(&world, &key.signed(&claims())).is_ok(), "{:?}", key.algorithm);
    }
    for algorithm in [Algorithm::RS384, Algorithm::RS512] {
        let token = resigned(rsa(), json!({"alg": format!("{algorithm:?}"), "kid": "rsa"}), algorithm);
        assert!(verify(&world, &token).is_ok(), "{algorithm:?}");
    }
}

/// A token of good claims with this header, signed by this algorithm.
fn resigned(key: &TestKey, header: Value, algorithm: Algorithm) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    key.sign(&format!("{}.{}", part(&header), part(&claims())), algorithm)
}

#[test]
fn pss_needs_the_keys_or_the_authorizers_word() {
    let token = resigned(rsa(), json!({"alg": "PS256", "kid": "rsa"}), Algorithm::PS256);
    assert_eq!(judged(&token).unwrap_err(), Defect::Algorithm);
    let listed = JwtIssuer { algorithms: vec!["PS256".to_owned()], ..issuer() };
    let listed = Verifier::compile(&[listed], ClaimsForm::Http).unwrap();
    assert!(verify_at(&world_of(&[rsa()]), &listed, &token, NOW).is_ok());
    // What is listed is all that is taken.
    assert_eq!(
        verify_at(&world_of(&[rsa()]), &listed, &rsa().signed(&claims()), NOW).unwrap_err(),
        Defect::Algorithm
    );
    let mut named = key_set(&[rsa()]);
    named["keys"][0]["alg"] = json!("PS256");
    let world = world_of(&[]);
    world.publish(KEYS_URL, &named.to_string());
    assert!(verify(&world, &token).is_ok());
    assert_eq!(verify(&world, &rsa().signed(&claims())).unwrap_err(), Defect::Algorithm);
}

#[test]
fn the_algorithm_is_never_the_tokens_choice() {
    let payload = URL_SAFE_NO_PAD.encode(claims().to_string());
    let header = |alg: &str, kid: &str| URL_SAFE_NO_PAD.encode(json!({"alg": alg, "kid": kid}).to_string());
    for none in ["none", "None", "NONE", "", "nOnE"] {
        for signature in ["", "AAAA"] {
            let token = format!("{}.{payload}.{signature}", header(none, "rsa"));
            assert!(judged(&token).is_err(), "{none}");
        }
    }
    // The public key as the secret of a symmetric signature, in each form in which somebody might load it.
    let n = rsa().public["n"].as_str().unwrap();
    for secret in
        [n.as_bytes().to_vec(), rsa().public.to_string().into_bytes(), URL_SAFE_NO_PAD.decode(n).unwrap()]
    {
        for (name, algorithm) in
            [("HS256", Algorithm::HS256), ("HS512", Algorithm::HS512), ("RS256", Algorithm::HS256)]
        {
            let signed = format!("{}.{payload}", header(name, "rsa"));
            let signature =
                jsonwebtoken::crypto::sign(signed.as_bytes(), &EncodingKey::from_secret(&secret), algorithm)
                    .unwrap();
            assert!(judged(&format!("{signed}.{signature}")).is_err(), "{name}");
        }
    }
    // A good signature of one key under the name of another.
    for (key, other) in [(rsa(), "ec"), (ec(), "ed"), (ed(), "rsa"), (ec(), "rsa")] {
        let mut header = key.header();
        header["kid"] = json!(other);
        assert_eq!(judged(&key.token(&header, &claims())).unwrap_err(), Defect::Algorithm);
    }
    let liar = resigned(rsa(), json!({"alg": "ES256", "kid": "rsa"}), Algorithm::RS256);
    assert_eq!(judged(&liar).unwrap_err(), Defect::Algorithm);
    assert_eq!(super::super::token::algorithm_of("HS256"), None);
}

#[test]
fn extensions_are_refused_and_keys_in_headers_are_not_looked_at() {
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("crit", json!(null)),
        ("b64", json!(false)),
        ("b64", json!("true")),
    ] {
        let mut header = ec().header();
        header[name] = value;
        assert_eq!(judged(&ec().token(&header, &claims())).unwrap_err(), Defect::Extension, "{header}");
    }
    // The attacker's own key, offered in every way that a header has.
    let own = TestKey::new("ec", Algorithm::ES256, &rcgen::PKCS_ECDSA_P256_SHA256);
    for (name, value) in [
        ("jwk", own.public.clone()),
        ("jku", json!("https://evil.example/keys")),
        ("x5u", json!("https://evil.example/chain")),
        ("x5c", json!(["MIIB"])),
    ] {
        let world = world_of(&[ec()]);
        verify(&world, &ec().signed(&claims())).unwrap();
        let before = world.seen();
        let mut header = own.header();
        header[name] = value;
        assert_eq!(verify(&world, &own.token(&header, &claims())).unwrap_err(), Defect::Signature, "{name}");
        header.as_object_mut().unwrap().remove("kid");
        assert_eq!(verify(&world, &own.token(&header, &claims())).unwrap_err(), Defect::UnknownKey, "{name}");
        assert_eq!(world.seen(), before, "nothing is fetched because of `{name}`");
    }
}

#[test]
fn headers_are_read_strictly() {
    let payload = URL_SAFE_NO_PAD.encode(claims().to_string());
    for header in [
        r#"{"alg":"ES256","kid":"ec","kid":"ec"}"#,
        r#"{"alg":"ES256","alg":"ES256","kid":"ec"}"#,
        r#"{"alg":"ES256","kid":"ec"} x"#,
        r#"["ES256"]"#,
        r#""ES256""#,
        r#"{"alg":["ES256"],"kid":"ec"}"#,
        r#"{"alg":"es256","kid":"ec"}"#,
        r#"{"alg":"ES256","kid":1}"#,
        r#"{"alg":"ES256","kid":null}"#,
        r#"{"alg":"ES256"}"#,
        r#"{"kid":"ec"}"#,
        r"{}",
        "",
        "\u{feff}{\"alg\":\"ES256\",\"kid\":\"ec\"}",
    ] {
        let signed = format!("{}.{payload}", URL_SAFE_NO_PAD.encode(header));
        assert!(judged(&ec().sign(&signed, Algorithm::ES256)).is_err(), "{header}");
    }
    let twins = format!(r#"{{"aud":"me","aud":"me","iss":"{ISSUER}","exp":{}}}"#, NOW + 60);
    let signed =
        format!("{}.{}", URL_SAFE_NO_PAD.encode(ec().header().to_string()), URL_SAFE_NO_PAD.encode(twins));
    assert_eq!(judged(&ec().sign(&signed, Algorithm::ES256)).unwrap_err(), Defect::Malformed);
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    let signed =
        format!("{}.{}", URL_SAFE_NO_PAD.encode(ec().header().to_string()), URL_SAFE_NO_PAD.encode(deep));
    assert!(judged(&ec().sign(&signed, Algorithm::ES256)).is_err());
}

#[test]
fn every_mutation_of_a_good_token_is_refused() {
    for key in [rsa(), ec(), ed()] {
        let token = key.signed(&claims());
        let world = world_of(&[rsa(), ec(), ed()]);
        assert!(verify(&world, &token).is_ok());
        let parts: Vec<&str> = token.split('.').collect();
        let (header, payload, signature) = (parts[0], parts[1], parts[2]);
        let flipped = |text: &str, at: usize| {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            String::from_utf8(bytes).unwrap()
        };
        let mut mutations = vec![
            String::new(),
            ".".to_owned(),
            "..".to_owned(),
            "...".to_owned(),
            format!("{header}.{payload}"),
            format!("{header}.{payload}."),
            format!(".{payload}.{signature}"),
            format!("{header}..{signature}"),
            format!("{payload}.{header}.{signature}"),
            format!("{header}.{signature}.{payload}"),
            format!("{signature}.{payload}.{header}"),
            format!("{token}."),
            format!(".{token}"),
            format!("{token}.{signature}"),
            format!("{token}="),
            format!("{token}=="),
            format!("{header}=.{payload}.{signature}"),
            format!("{header}.{payload}=.{signature}"),
            format!("{header}.{payload}.{signature}A"),
            format!("{header}.{payload}.A{signature}"),
            format!("{header}.{payload}.{signature}%20"),
            format!("{header}\n.{payload}.{signature}"),
            format!("{header}. {payload}.{signature}"),
            format!("{header}.{payload}.{}", signature.replace('-', "+").replace('_', "/") + "+"),
            format!("{header}.{payload}.{}", "A".repeat(signature.len())),
            format!("{header}.{payload}.{}", signature.split_at(signature.len() - 1).0),
            format!("{header}.{payload}.{}", signature.split_at(signature.len() / 2).0),
            format!("{header}.{payload}.{signature}{signature}"),
            format!("{token}{}", "A".repeat(9_000)),
            "A".repeat(9_000),
        ];
        for at in (0..token.len()).step_by(7).filter(|at| token.as_bytes()[*at] != b'.') {
            mutations.push(flipped(&token, at));
        }
        // The last character has bits that no byte takes: only their zero is canonical.
        let last = signature.as_bytes()[signature.len() - 1];
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        for other in alphabet.iter().filter(|other| **other != last) {
            let mut text = token.clone();
            text.pop();
            text.push(char::from(*other));
            mutations.push(text);
        }
        for mutation in mutations {
            assert!(verify(&world, &mutation).is_err(), "{:?}: {mutation}", key.algorithm);
        }
    }
}
