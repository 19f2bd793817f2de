//! Which keys of a set are used.

use super::*;

fn usable(key: Value) -> usize {
    KeySet::parse(json!({"keys": [key]}).to_string().as_bytes()).unwrap().len()
}

fn changed(key: &TestKey, name: &str, value: Value) -> Value {
    let mut public = key.public.clone();
    public[name] = value;
    public
}

#[test]
fn keys_that_are_not_for_signatures_are_left_out() {
    for key in [rsa(), ec(), ed()] {
        assert_eq!(usable(key.public.clone()), 1);
        for (name, value, expected) in [
            ("use", json!("sig"), 1),
            ("use", json!("enc"), 0),
            ("use", json!(["sig"]), 0),
            ("key_ops", json!(["verify"]), 1),
            ("key_ops", json!(["sign", "verify"]), 1),
            ("key_ops", json!(["encrypt"]), 0),
            ("key_ops", json!([]), 0),
            ("key_ops", json!("verify"), 0),
            ("kid", json!(""), 0),
            ("kid", json!(7), 0),
            ("kid", json!(null), 0),
            ("kid", json!("../../etc/passwd' OR 1=1 --"), 1),
            ("alg", json!("HS256"), 0),
            ("alg", json!("RSA-OAEP"), 0),
            ("alg", json!("none"), 0),
            ("alg", json!(1), 0),
            ("kty", json!("oct"), 0),
            ("kty", json!("rsa"), 0),
            ("kty", json!(null), 0),
            ("d", json!("AAAA"), 0),
            ("x5u", json!("https://evil.example/"), 1),
        ] {
            let public = changed(key, name, value);
            assert_eq!(usable(public.clone()), expected, "{public}");
        }
    }
    for (key, alg, expected) in [
        (rsa(), "RS256", 1),
        (rsa(), "ES256", 0),
        (ec(), "ES256", 1),
        (ec(), "ES384", 0),
        (ec(), "RS256", 0),
        (ed(), "EdDSA", 1),
        (ed(), "Ed25519", 1),
        (ed(), "ES256", 0),
    ] {
        assert_eq!(usable(changed(key, "alg", json!(alg))), expected, "{alg}");
    }
    assert_eq!(usable(json!({"kty": "oct", "kid": "a", "k": "AAAA"})), 0);
}

#[test]
fn malformed_keys_are_left_out() {
    let short = URL_SAFE_NO_PAD.encode([0xff; 128]);
    let long = URL_SAFE_NO_PAD.encode(vec![0xff; 1_025]);
    for (key, name, value) in [
        (rsa(), "n", json!(short)),
        (rsa(), "n", json!(long)),
        (rsa(), "n", json!("")),
        (rsa(), "n", json!(null)),
        (rsa(), "n", json!(format!("{}=", rsa().public["n"].as_str().unwrap()))),
        (rsa(), "e", json!("A+B/")),
        (ec(), "x", json!("AAAA")),
        (ec(), "y", json!(null)),
        (ec(), "crv", json!("P-521")),
        (ec(), "crv", json!("secp256k1")),
        (ec(), "crv", json!("P-384")),
        (ed(), "x", json!("AAAA")),
        (ed(), "crv", json!("X25519")),
        (ed(), "crv", json!("Ed448")),
    ] {
        let public = changed(key, name, value);
        assert_eq!(usable(public.clone()), 0, "{public}");
    }
    // Not on the curve: nothing is ever signed by it.
    let world = world_of(&[]);
    let public = changed(ec(), "y", ec().public["x"].clone());
    world.publish(KEYS_URL, &json!({"keys": [public]}).to_string());
    assert_eq!(verify(&world, &ec().signed(&claims())).unwrap_err(), Defect::Signature);
}

#[test]
fn an_id_that_two_keys_have_is_nobodys_and_bad_neighbours_do_no_harm() {
    let twin = changed(rsa(), "kid", json!("ec"));
    let set = json!({"keys": [ec().public, twin, ed().public, 7, null, {"kid": "x"}, ["a"]]});
    let set = KeySet::parse(set.to_string().as_bytes()).unwrap();
    assert_eq!((set.len(), set.is_empty()), (1, false));
    assert!(set.get("ec").is_none() && set.get("ed").is_some());
    let twice = ec().public.to_string().replacen('{', r#"{"kid":"ec","#, 1);
    assert!(KeySet::parse(format!(r#"{{"keys":[{twice}]}}"#).as_bytes()).unwrap().is_empty());
}

#[test]
fn what_is_no_key_set_or_too_large_is_refused() {
    for text in
        ["", "null", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[]"#, r#"{"keys":[],"keys":[]}"#, "<html>"]
    {
        assert!(matches!(KeySet::parse(text.as_bytes()), Err(KeySetError::NotAKeySet(_))), "{text}");
    }
    let many = format!(r#"{{"keys":[{}]}}"#, vec!["0"; 201].join(","));
    assert_eq!(KeySet::parse(many.as_bytes()).unwrap_err(), KeySetError::TooManyKeys(201));
    assert_eq!(KeySet::parse(&vec![b' '; 150_001]).unwrap_err(), KeySetError::TooLarge);
}
