//! What is believed of the client: the door's own word, and the edge's where it proves itself.

use std::net::IpAddr;

use serde_json::json;

use super::*;

const FORGERIES: [(&str, &str); 3] = [
    ("x-gatelet-host", "pets.example.com"),
    ("x-gatelet-client", "198.51.100.9"),
    ("x-gatelet-origin-secret", "wrong-0123456789abcd"),
];

fn with(mut event: Value, headers: &[(&str, &str)]) -> Value {
    for (name, value) in headers {
        match event.get_mut("multiValueHeaders") {
            Some(several) => several[*name] = json!([value]),
            None => event["headers"][*name] = (*value).into(),
        }
    }
    event
}

/// Every door that strangers reach.
fn public() -> [Value; 5] {
    [
        "function-url/page.json",
        "alb/page.json",
        "alb/page-multi-value.json",
        "rest/page.json",
        "http/page.json",
    ]
    .map(sample)
}

#[test]
fn nothing_that_a_client_says_of_itself_is_believed() {
    for event in public() {
        let honest = received(&event);
        let forged = received(&with(event.clone(), &FORGERIES));
        assert_eq!(
            (forged.peer, forged.scheme, forged.origin),
            (honest.peer, honest.scheme, Origin::Anybody)
        );
        assert_eq!(forged.request.headers()["host"], honest.request.headers()["host"]);
        for name in ["x-gatelet-host", "x-gatelet-client", "x-gatelet-origin-secret"] {
            assert!(!forged.request.headers().contains_key(name), "{name}");
        }
        assert_eq!(received_with(SECRET, &with(event, &FORGERIES)).origin, Origin::Unproven);
    }
}

#[test]
fn the_edge_is_believed_where_it_proves_itself() {
    for event in public() {
        let proof = [&FORGERIES[..2], &[("x-gatelet-origin-secret", SECRET)]].concat();
        let told = received_with(SECRET, &with(event, &proof));
        assert_eq!((told.origin, told.peer), (Origin::Proven, IpAddr::from([198, 51, 100, 9])));
        assert_eq!(told.request.headers()["host"], "pets.example.com");
        assert!(!told.request.headers().contains_key("x-gatelet-origin-secret"));
    }
}

#[test]
fn the_edge_tells_one_client_or_none() {
    for (text, expected) in [
        ("198.51.100.9", Some("198.51.100.9")),
        ("2001:db8::9", Some("2001:db8::9")),
        ("10.0.0.1,198.51.100.9", None),
        ("nobody", None),
        ("", None),
    ] {
        let headers = [("x-gatelet-origin-secret", SECRET), ("x-gatelet-client", text)];
        let told = received_with(SECRET, &with(sample("function-url/page.json"), &headers));
        let usual = "203.0.113.7";
        assert_eq!(told.peer.to_string(), expected.unwrap_or(usual), "{text}");
    }
    let mut twice = with(sample("alb/page-multi-value.json"), &[("x-gatelet-origin-secret", SECRET)]);
    let honest = received_with(SECRET, &twice);
    twice["multiValueHeaders"]["x-gatelet-client"] = json!(["10.0.0.1", "198.51.100.9"]);
    twice["multiValueHeaders"]["x-gatelet-host"] = json!(["evil.example.com", "pets.example.com"]);
    let told = received_with(SECRET, &twice);
    assert_eq!((told.origin, told.peer), (Origin::Proven, honest.peer), "one of two may be the client's own");
    assert_eq!(told.request.headers()["host"], honest.request.headers()["host"]);
}

#[test]
fn a_load_balancer_writes_the_client_last() {
    let several = |values: &[&str]| {
        let mut event = sample("alb/page-multi-value.json");
        event["multiValueHeaders"]["x-forwarded-for"] = json!(values);
        received(&event).peer.to_string()
    };
    assert_eq!(several(&["6.6.6.6", "10.0.12.34"]), "10.0.12.34");
    assert_eq!(several(&["6.6.6.6,10.0.12.34"]), "10.0.12.34");
    assert_eq!(several(&["6.6.6.6, 10.0.12.34:4711"]), "10.0.12.34");
    assert_eq!(several(&["[2001:db8::9]:4711"]), "2001:db8::9");
    assert_eq!(several(&["6.6.6.6, nobody"]), "0.0.0.0", "it is nobody, and not the one before");
    assert_eq!(several(&[]), "0.0.0.0");
}

#[test]
fn what_the_client_writes_into_forwarded_headers_is_no_address_of_other_doors() {
    for name in ["function-url/page.json", "rest/page.json", "http/page.json"] {
        let told = received(&with(sample(name), &[("x-forwarded-for", "6.6.6.6")]));
        assert_eq!(told.peer.to_string(), "203.0.113.7", "{name}");
    }
}

#[test]
fn what_the_way_here_added_is_taken_off_again() {
    let left = |received: Received| {
        let values = received.request.headers().get_all("x-forwarded-for").iter();
        values.map(|value| value.to_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let url = |text: &str| with(sample("function-url/page.json"), &[("x-forwarded-for", text)]);
    assert!(left(received(&url("203.0.113.7"))).is_empty());
    assert_eq!(left(received(&url("6.6.6.6, 203.0.113.7"))), ["6.6.6.6"]);
    assert_eq!(
        left(received(&url("203.0.113.7, 203.0.113.7"))),
        ["203.0.113.7"],
        "the first one is the client's own"
    );
    assert_eq!(left(received(&url("6.6.6.6"))), ["6.6.6.6"], "nobody has added anything");
    let proof = [("x-gatelet-origin-secret", SECRET), ("x-gatelet-client", "198.51.100.9")];
    let proven = |text: &str| left(received_with(SECRET, &with(url(text), &proof)));
    assert!(proven("198.51.100.9, 203.0.113.7").is_empty());
    assert_eq!(proven("6.6.6.6,198.51.100.9,203.0.113.7"), ["6.6.6.6"]);
    assert_eq!(left(received(&sample("alb/page-multi-value.json"))), ["198.51.100.9"]);
    assert!(left(received(&sample("alb/page.json"))).is_empty());
    let mut several = sample("alb/page-multi-value.json");
    several["multiValueHeaders"]["x-forwarded-for"] = json!(["6.6.6.6", "7.7.7.7, 10.0.12.34"]);
    assert_eq!(left(received(&several)), ["6.6.6.6,7.7.7.7"]);
}
