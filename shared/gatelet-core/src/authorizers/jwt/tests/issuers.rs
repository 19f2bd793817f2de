//! When keys are fetched, from where, and how long they are used.

use super::*;

fn kid(id: &str) -> String {
    let mut header = ec().header();
    header["kid"] = json!(id);
    ec().token(&header, &claims())
}

#[test]
fn a_second_request_fetches_and_verifies_nothing() {
    let (world, verifier) = (world_of(&[ec()]), verifier());
    let token = ec().signed(&claims());
    let first = verify_at(&world, &verifier, &token, NOW).unwrap();
    assert_eq!(world.seen(), [DISCOVERY_URL, KEYS_URL]);
    let second = verify_at(&world, &verifier, &token, NOW + 1).unwrap();
    assert!(Arc::ptr_eq(&first, &second));
    // Another token by the same key is verified with what is known.
    verify_at(&world, &verifier, &ec().signed(&with("sub", json!("another"))), NOW + 2).unwrap();
    assert_eq!(world.seen().len(), 2);
}

#[test]
fn a_remembered_token_counts_no_longer_than_it_says() {
    let (world, verifier) = (world_of(&[ec()]), verifier());
    let token = ec().signed(&with("exp", json!(NOW + 60)));
    let first = verify_at(&world, &verifier, &token, NOW).unwrap();
    assert!(Arc::ptr_eq(&first, &verify_at(&world, &verifier, &token, NOW + 59).unwrap()));
    // Within the leeway it is good, but judged anew each time.
    assert!(!Arc::ptr_eq(&first, &verify_at(&world, &verifier, &token, NOW + 60).unwrap()));
    assert_eq!(verify_at(&world, &verifier, &token, NOW + 70).unwrap_err(), Defect::Expired);
}

#[test]
fn what_is_remembered_is_one_authorizers_alone() {
    let world = world_of(&[ec()]);
    let token = ec().signed(&claims());
    verify(&world, &token).unwrap();
    for other in [
        JwtIssuer { audiences: vec!["us".to_owned()], ..issuer() },
        JwtIssuer { algorithms: vec!["RS256".to_owned()], ..issuer() },
        JwtIssuer { issuer: "https://other.example".to_owned(), ..issuer() },
    ] {
        let other = Verifier::compile(&[other], ClaimsForm::Http).unwrap();
        assert!(verify_at(&world, &other, &token, NOW).is_err());
    }
    let other_form = Verifier::compile(&[issuer()], ClaimsForm::RestJwt).unwrap();
    let verified = verify_at(&world, &other_form, &token, NOW).unwrap();
    assert_eq!(verified.claim("sub").as_deref(), Some("\"somebody\""));
}

#[test]
fn a_flood_of_unknown_key_ids_costs_one_fetch_each_half_minute() {
    let (world, verifier) = (world_of(&[ec()]).mapping(ISSUER, KEYS_URL), verifier());
    let known = ec().signed(&claims());
    verify_at(&world, &verifier, &known, NOW).unwrap();
    assert_eq!(world.seen().len(), 1);
    let signed = kid("x");
    let (_, rest) = signed.split_once('.').unwrap();
    for number in 0..10_000_u64 {
        let header = json!({"alg": "ES256", "kid": format!("random-{number}")}).to_string();
        let token = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header));
        // Over 100 seconds: tries at 30, 60 and 90.
        let seconds = NOW + number / 100;
        assert_eq!(verify_at(&world, &verifier, &token, seconds).unwrap_err(), Defect::UnknownKey);
    }
    assert_eq!(world.seen().len(), 4);
    let legitimate = ec().signed(&with("sub", json!("another")));
    assert!(verify_at(&world, &verifier, &legitimate, NOW + 100).is_ok());
    assert_eq!(world.seen().len(), 4);
}

#[test]
fn an_issuer_that_fails_is_left_alone_for_half_a_minute() {
    let (world, verifier) = (TestWorld::at(NOW).mapping(ISSUER, KEYS_URL), verifier());
    let token = ec().signed(&claims());
    for second in 0..60 {
        assert_eq!(verify_at(&world, &verifier, &token, NOW + second).unwrap_err(), Defect::Keys);
    }
    assert_eq!(world.seen().len(), 2);
    world.publish(KEYS_URL, &key_set(&[ec()]).to_string());
    assert!(verify_at(&world, &verifier, &token, NOW + 60).is_ok());
}

#[test]
fn a_new_key_is_found_and_one_that_is_withdrawn_is_forgotten() {
    let (world, verifier) = (world_of(&[ec()]).mapping(ISSUER, KEYS_URL), verifier());
    verify_at(&world, &verifier, &ec().signed(&claims()), NOW).unwrap();
    world.publish(KEYS_URL, &key_set(&[ed()]).to_string());
    let new = ed().signed(&claims());
    assert_eq!(verify_at(&world, &verifier, &new, NOW + 29).unwrap_err(), Defect::UnknownKey);
    assert!(verify_at(&world, &verifier, &new, NOW + 30).is_ok());
    let old = ec().signed(&with("sub", json!("another")));
    assert_eq!(verify_at(&world, &verifier, &old, NOW + 31).unwrap_err(), Defect::UnknownKey);
}

#[test]
fn old_keys_are_fetched_again_and_used_for_two_hours_where_they_cannot_be() {
    let (world, verifier) = (world_of(&[ec()]).mapping(ISSUER, KEYS_URL), verifier());
    let fresh = |name: u64| ec().signed(&json!({"iss": ISSUER, "aud": "me", "exp": NOW + 90_000, "n": name}));
    verify_at(&world, &verifier, &fresh(0), NOW).unwrap();
    verify_at(&world, &verifier, &fresh(1), NOW + 3_599).unwrap();
    assert_eq!(world.seen().len(), 1);
    world.withdraw(KEYS_URL);
    for second in 0..30 {
        verify_at(&world, &verifier, &fresh(second), NOW + 3_600 + second).unwrap();
    }
    assert_eq!(world.seen().len(), 2, "a refresh that fails is one try");
    let remembered = fresh(2);
    verify_at(&world, &verifier, &remembered, NOW + 7_199).unwrap();
    assert_eq!(verify_at(&world, &verifier, &fresh(3), NOW + 7_200).unwrap_err(), Defect::Keys);
    assert_eq!(
        verify_at(&world, &verifier, &remembered, NOW + 7_200).unwrap_err(),
        Defect::Keys,
        "a remembered token counts no longer than its key"
    );
    world.publish(KEYS_URL, &key_set(&[ec()]).to_string());
    assert!(verify_at(&world, &verifier, &fresh(3), NOW + 7_300).is_ok());
}

#[test]
fn discovery_documents_must_be_the_issuers_own_and_lead_to_https() {
    let token = ec().signed(&claims());
    for (document, defect) in [
        (json!({"issuer": ISSUER, "jwks_uri": KEYS_URL}), None),
        (json!({"issuer": format!("{ISSUER}/"), "jwks_uri": KEYS_URL}), Some(Defect::Discovery)),
        (json!({"issuer": "https://evil.example", "jwks_uri": KEYS_URL}), Some(Defect::Discovery)),
        (json!({"issuer": ISSUER, "jwks_uri": "http://issuer.example.com/keys"}), Some(Defect::Discovery)),
        (json!({"issuer": ISSUER, "jwks_uri": "file:///etc/passwd"}), Some(Defect::Discovery)),
        (json!({"issuer": ISSUER, "jwks_uri": 1}), Some(Defect::Discovery)),
        (json!({"issuer": ISSUER}), Some(Defect::Discovery)),
        (json!({"jwks_uri": KEYS_URL}), Some(Defect::Discovery)),
        (json!([]), Some(Defect::Discovery)),
        (json!({"issuer": ISSUER, "jwks_uri": "https://issuer.example.com/none"}), Some(Defect::Keys)),
    ] {
        let world = world_of(&[ec()]);
        world.publish(DISCOVERY_URL, &document.to_string());
        assert_eq!(verify(&world, &token).err(), defect, "{document}");
    }
    let slash = JwtIssuer { issuer: format!("{ISSUER}/"), ..issuer() };
    let slash = Verifier::compile(&[slash], ClaimsForm::Http).unwrap();
    let world = world_of(&[ec()]);
    world.publish(DISCOVERY_URL, &json!({"issuer": format!("{ISSUER}/"), "jwks_uri": KEYS_URL}).to_string());
    let token = ec().signed(&with("iss", json!(format!("{ISSUER}/"))));
    assert!(verify_at(&world, &slash, &token, NOW).is_ok());
}

#[test]
fn an_issuer_without_https_needs_a_mapping_and_an_unknown_one_is_never_asked() {
    let plain = JwtIssuer { issuer: "http://localhost:9000/pool".to_owned(), ..issuer() };
    let plain = Verifier::compile(&[plain], ClaimsForm::Http).unwrap();
    let token = ec().signed(&with("iss", json!("http://localhost:9000/pool")));
    let world = world_of(&[ec()]);
    assert_eq!(verify_at(&world, &plain, &token, NOW).unwrap_err(), Defect::Discovery);
    assert_eq!(verify(&world, &token).unwrap_err(), Defect::Issuer);
    assert!(world.seen().is_empty());
    let world = world_of(&[ec()]).mapping("http://localhost:9000/pool", KEYS_URL);
    assert!(verify_at(&world, &plain, &token, NOW).is_ok());
    assert_eq!(world.seen(), [KEYS_URL]);
}

#[test]
fn those_who_ask_together_fetch_once() {
    let (world, verifier) = (world_of(&[ec()]).mapping(ISSUER, KEYS_URL), verifier());
    world.be_slow();
    let (arrival, record) = (arrival(NOW), record());
    let tokens = [ec().signed(&claims()), ec().signed(&with("sub", json!("another")))];
    let mut context = Context::from_waker(Waker::noop());
    let mut first = pin!(verifier.verify(&world, &arrival, &record, &tokens[0]));
    let mut second = pin!(verifier.verify(&world, &arrival, &record, &tokens[1]));
    assert!(first.as_mut().poll(&mut context).is_pending());
    assert!(second.as_mut().poll(&mut context).is_pending());
    assert!(matches!(first.as_mut().poll(&mut context), Poll::Ready(Ok(_))));
    assert!(matches!(second.as_mut().poll(&mut context), Poll::Ready(Ok(_))));
    assert_eq!(world.seen().len(), 1);
}

#[test]
fn whoever_knows_its_key_does_not_wait_for_a_refresh() {
    let (world, verifier) = (world_of(&[ec()]).mapping(ISSUER, KEYS_URL), verifier());
    verify_at(&world, &verifier, &ec().signed(&claims()), NOW).unwrap();
    world.set_time(NOW + 3_700);
    world.be_slow();
    let (arrival, record) = (arrival(NOW + 3_700), record());
    let late =
        |name: &str| ec().signed(&json!({"iss": ISSUER, "aud": "me", "exp": NOW + 9_000, "sub": name}));
    let (one, other) = (late("one"), late("other"));
    let mut context = Context::from_waker(Waker::noop());
    let mut first = pin!(verifier.verify(&world, &arrival, &record, &one));
    assert!(first.as_mut().poll(&mut context).is_pending());
    assert!(now(verifier.verify(&world, &arrival, &record, &other)).is_ok());
    assert!(matches!(first.as_mut().poll(&mut context), Poll::Ready(Ok(_))));
    assert_eq!(world.seen().len(), 2);
}

/// One that asks with a token and leaves before the issuer answers.
fn leave(world: &TestWorld, verifier: &Verifier, token: &str, milliseconds: u64) {
    let moment = Timestamp::from_milliseconds(milliseconds);
    world.set_moment(moment);
    world.be_slow();
    let (arrival, record) = (Arrival { now: moment, ..arrival(milliseconds / 1_000) }, record());
    let mut context = Context::from_waker(Waker::noop());
    // It is refused at once where nobody may ask.
    let _ = pin!(verifier.verify(world, &arrival, &record, token)).poll(&mut context);
    world.be_quick();
}

#[test]
fn a_fetch_that_is_left_keeps_nobody_from_the_next() {
    for leavers in 1..6_u64 {
        let (world, verifier) = (world_of(&[ec()]).mapping(ISSUER, KEYS_URL), verifier());
        verify_at(&world, &verifier, &ec().signed(&claims()), NOW).unwrap();
        world.publish(KEYS_URL, &key_set(&[ec(), ed()]).to_string());
        let rotated = ed().signed(&claims());
        for leaver in 0..leavers {
            leave(&world, &verifier, &kid(&format!("random-{leaver}")), (NOW + 60) * 1_000);
        }
        // A few may leave before anybody pauses, and whoever has a known key never waits.
        let asked = 1 + usize::try_from(leavers.min(4)).unwrap();
        assert_eq!(world.seen().len(), asked, "{leavers} left");
        assert!(verify_at(&world, &verifier, &ec().signed(&with("sub", json!("x"))), NOW + 60).is_ok());
        assert_eq!(verify_at(&world, &verifier, &rotated, NOW + 60).is_ok(), leavers <= 3, "{leavers} left");
        assert!(verify_at(&world, &verifier, &rotated, NOW + 61).is_ok(), "{leavers} left");
        assert_eq!(world.seen().len(), asked + 1);
        // What ended counts in full again.
        assert_eq!(verify_at(&world, &verifier, &kid("other"), NOW + 62).unwrap_err(), Defect::UnknownKey);
        assert_eq!(world.seen().len(), asked + 1);
    }
}

#[test]
fn a_flood_of_those_who_leave_costs_one_fetch_each_second_and_hides_no_new_key() {
    for is_known in [true, false] {
        let (world, verifier) = (world_of(&[ec()]).mapping(ISSUER, KEYS_URL), verifier());
        if is_known {
            verify_at(&world, &verifier, &ec().signed(&claims()), NOW).unwrap();
        }
        world.publish(KEYS_URL, &key_set(&[ec(), ed()]).to_string());
        let before = world.seen().len();
        let signed = kid("x");
        let (_, rest) = signed.split_once('.').unwrap();
        for number in 0..1_000_u64 {
            let header = json!({"alg": "ES256", "kid": format!("random-{number}")}).to_string();
            let token = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header));
            leave(&world, &verifier, &token, (NOW + 60) * 1_000 + number * 10);
        }
        // Four at the beginning, and one at each of the nine seconds that follow.
        assert_eq!(world.seen().len() - before, 4 + 9, "known: {is_known}");
        let (old, new) = (ec().signed(&with("sub", json!("x"))), ed().signed(&claims()));
        assert_eq!(verify_at(&world, &verifier, &old, NOW + 69).is_ok(), is_known);
        assert!(verify_at(&world, &verifier, &new, NOW + 71).is_ok());
    }
}

#[test]
fn one_who_waits_asks_when_the_one_who_asked_has_left() {
    let (world, verifier) = (world_of(&[ec()]).mapping(ISSUER, KEYS_URL), verifier());
    world.be_slow();
    let (arrival, record) = (arrival(NOW), record());
    let (one, other) = (ec().signed(&claims()), ec().signed(&with("sub", json!("another"))));
    let mut context = Context::from_waker(Waker::noop());
    let mut first = Box::pin(verifier.verify(&world, &arrival, &record, &one));
    let mut second = pin!(verifier.verify(&world, &arrival, &record, &other));
    assert!(first.as_mut().poll(&mut context).is_pending());
    assert!(second.as_mut().poll(&mut context).is_pending());
    drop(first);
    assert!(matches!(second.as_mut().poll(&mut context), Poll::Ready(Ok(_))));
    assert_eq!(world.seen().len(), 2);
}

#[test]
fn a_clock_that_is_set_back_keeps_nobody_waiting() {
    let (world, verifier) = (world_of(&[ec()]).mapping(ISSUER, KEYS_URL), verifier());
    let lasting =
        |key: &TestKey| key.signed(&json!({"iss": ISSUER, "aud": "me", "exp": NOW + 90_000, "sub": "s"}));
    verify_at(&world, &verifier, &lasting(ec()), NOW + 50_000).unwrap();
    world.publish(KEYS_URL, &key_set(&[ed()]).to_string());
    assert!(verify_at(&world, &verifier, &lasting(ed()), NOW).is_ok(), "the new key is looked for");
    assert_eq!(world.seen().len(), 2);
    // A step that is shorter than the pause makes it no longer than both together.
    assert_eq!(verify_at(&world, &verifier, &kid("x"), NOW - 20).unwrap_err(), Defect::UnknownKey);
    assert_eq!(world.seen().len(), 2);
    assert_eq!(verify_at(&world, &verifier, &kid("x"), NOW + 30).unwrap_err(), Defect::UnknownKey);
    assert_eq!(world.seen().len(), 3);
}

#[test]
fn keys_of_a_time_to_come_are_not_fresh() {
    let (world, verifier) = (world_of(&[ec()]).mapping(ISSUER, KEYS_URL), verifier());
    let of = |name: &str| ec().signed(&json!({"iss": ISSUER, "aud": "me", "exp": NOW + 90_000, "sub": name}));
    verify_at(&world, &verifier, &of("a"), NOW + 50_000).unwrap();
    world.publish(KEYS_URL, &key_set(&[ed()]).to_string());
    assert_eq!(verify_at(&world, &verifier, &of("b"), NOW).unwrap_err(), Defect::UnknownKey, "withdrawn");
}

#[test]
fn explanations_tell_each_step_and_never_the_token() {
    let world = world_of(&[ec()]);
    let token = ec().signed(&claims());
    let record = record();
    now(verifier().verify(&world, &arrival(NOW), &record, &token)).unwrap();
    now(verifier().verify(&world, &arrival(NOW), &record, &token)).unwrap();
    let _ = now(verifier().verify(&world, &arrival(NOW), &record, &kid("other")));
    let told = record.explanation().join("\n");
    for step in [
        "/.well-known/openid-configuration",
        "1 usable keys",
        "signature is good",
        "remembered as verified",
        "is not accepted",
    ] {
        assert!(told.contains(step), "{step}: {told}");
    }
    for part in token.split('.') {
        assert!(!told.contains(part));
    }
}
