//! Each door's event becomes the request that the client sent, as far as the door kept it.

use gatelet_core::Scheme;
use serde_json::json;

use super::*;

/// The request of an event, without the headers that AWS adds.
fn request(event: &Value) -> String {
    let text = shown(received(event));
    let is_told = |line: &&str| {
        let added =
            ["accept", "sec-", "upgrade-", "user-agent", "via", "x-amz", "x-forwarded-", "cloudfront-"];
        !added.iter().any(|name| line.starts_with(name))
    };
    text.lines().filter(is_told).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_function_url_tells_the_request_as_it_was_sent() {
    assert_eq!(
        request(&sample("function-url/page.json")),
        "GET /dev/?utm_source=mail&utm_source=web&q=a%20b%26c HTTP/1.1\n\
         cookie: session=7f3a; theme=dark; light\n\
         host: ilqxz6k2gxfyqdt3vnd4zm5rqe0aaaaa.lambda-url.us-east-1.on.aws\n"
    );
    let preflight = sample("function-url/preflight.json");
    let told = received(&preflight);
    assert_eq!(told.request.uri(), "/dev/pets/a%2Fb%20c%C3%BC");
    assert_eq!(told.request.headers()["via"], "1.1 one.example.com,1.1 two.example.com");
    assert_eq!((told.peer.to_string().as_str(), told.scheme), ("2001:db8::7", Scheme::Https));
    assert_eq!((told.door, told.origin), (Door::FunctionUrl, Origin::Anybody));
    assert_eq!(spelled(&told, "host"), None, "its names are all in lower case: nobody spelled them so");
    let upload = received(&sample("function-url/upload.json"));
    assert_eq!(upload.request.method(), "POST");
    assert_eq!(whole(upload.request.into_body()), b"\x89PNG\r\n\x1a\n"[..]);
}

#[test]
fn a_load_balancer_tells_the_path_and_the_query_as_they_were_sent() {
    assert_eq!(
        request(&sample("alb/page.json")),
        "GET /dev/?q=a%20b%26c&utm_source=web HTTP/1.1\n\
         cookie: session=7f3a; theme=dark\n\
         host: internal-gatelet-1234567890.us-east-1.elb.amazonaws.com\n"
    );
    let several = sample("alb/page-multi-value.json");
    assert_eq!(
        request(&several),
        "GET /dev/?q=a%20b%26c&utm_source=mail&utm_source=web HTTP/1.1\n\
         cookie: session=7f3a; theme=dark\n\
         host: internal-gatelet-1234567890.us-east-1.elb.amazonaws.com\n\
         x-wanted: one\n\
         x-wanted: two\n"
    );
    let told = received(&several);
    assert_eq!((told.door, told.scheme), (Door::LoadBalancer { multi_value: true }, Scheme::Https));
    assert_eq!(told.peer.to_string(), "10.0.12.34", "what the balancer added, not what the client wrote");
    let preflight = received(&sample("alb/preflight-multi-value.json"));
    assert_eq!(
        (preflight.request.uri().to_string().as_str(), preflight.scheme),
        ("/dev/pets/a%2Fb%20c%C3%BC", Scheme::Http)
    );
}

#[test]
fn a_health_check_calls_no_host_and_comes_from_nobody() {
    let told = received(&sample("alb/health-check.json"));
    assert_eq!((told.door, told.peer.is_unspecified()), (Door::LoadBalancer { multi_value: false }, true));
    assert_eq!(shown(told), "GET /dev/ HTTP/1.1\nhost: localhost\nuser-agent: ELB-HealthChecker/2.0\n\n");
}

#[test]
fn a_rest_api_tells_spelling_and_number_of_headers_and_a_decoded_query() {
    let page = sample("rest/page.json");
    assert_eq!(
        request(&page),
        "GET /dev/?q=a%20b%26c&utm_source=mail&utm_source=web HTTP/1.1\n\
         host: a1b2c3d4e5.execute-api.us-east-1.amazonaws.com\n\
         x-wanted: one\n\
         x-wanted: two\n"
    );
    let told = received(&page);
    assert_eq!((told.door, told.peer.to_string().as_str()), (Door::RestApi, "203.0.113.7"));
    assert_eq!(spelled(&told, "x-amz-cf-id").as_deref(), Some("X-Amz-Cf-Id"));
    assert_eq!(spelled(&told, "x-wanted").as_deref(), Some("x-wanted"));
    assert_eq!(
        request(&sample("rest/upload.json")).lines().next(),
        Some("POST /dev/photos/a%2Fb%20c HTTP/1.1")
    );
}

#[test]
fn what_a_decoded_query_holds_stays_data() {
    let event =
        |value: &str| json!({ "httpMethod": "GET", "path": "/a", "queryStringParameters": { value: value } });
    for (data, escaped) in [
        ("a&b=c", "a%26b%3Dc"),
        ("100%25", "100%2525"),
        ("1+1;2", "1%2B1%3B2"),
        ("#\u{fc}?/", "%23%C3%BC?/"),
        ("a\"<>\u{0}", "a%22%3C%3E%00"),
    ] {
        let uri = received(&event(data)).request.uri().to_string();
        assert_eq!(uri, format!("/a?{escaped}={escaped}"), "{data}");
    }
}

#[test]
fn an_http_apis_decoded_path_stays_a_path() {
    assert_eq!(
        request(&sample("http/page.json")),
        "GET /dev/?utm_source=mail&utm_source=web&q=a%20b%26c HTTP/1.1\n\
         content-length: 0\n\
         cookie: session=7f3a; theme=dark\n\
         host: f6g7h8i9j0.execute-api.us-east-1.amazonaws.com\n\
         x-wanted: one,two\n"
    );
    let told = received(&sample("http/preflight.json"));
    assert_eq!(told.door, Door::HttpApi);
    assert_eq!(told.request.uri(), "/dev/pets/100%25%20a%3Fb%23c%C3%BC");
    assert_eq!((told.request.uri().query(), told.request.method().as_str()), (None, "OPTIONS"));
}

#[test]
fn an_http_apis_payload_1_0_has_its_stage_in_the_path_and_a_rest_apis_has_not() {
    for (version, expected) in [(json!("1.0"), "/dev/pets"), (json!(null), "/front/dev/pets")] {
        let event = json!({
            "version": version,
            "httpMethod": "GET",
            "path": "/front/dev/pets",
            "requestContext": {"apiId": "a", "stage": "front", "domainName": "a.execute-api.us-east-1.amazonaws.com"},
        });
        assert_eq!(received(&event).request.uri(), expected, "{version}");
    }
}

#[test]
fn an_http_apis_stage_is_no_part_of_the_path_where_it_stands_there() {
    let own = "f6g7h8i9j0.execute-api.us-east-1.amazonaws.com";
    for (domain, stage, path, expected) in [
        (own, "front", "/front/a", "/a"),
        (own, "front", "/front", "/"),
        (own, "front", "/frontier/a", "/frontier/a"),
        (own, "$default", "/$default/a", "/$default/a"),
        (own, "$default", "/a", "/a"),
        // Below a custom domain stands the mapping's path, and what looks like the stage is the client's.
        ("api.example.com", "front", "/front/a", "/front/a"),
    ] {
        let mut event = sample("http/page.json");
        event["rawPath"] = path.into();
        event["rawQueryString"] = "".into();
        event["requestContext"]["stage"] = stage.into();
        event["requestContext"]["domainName"] = domain.into();
        assert_eq!(received(&event).request.uri(), expected, "{domain} {stage} {path}");
    }
}

#[test]
fn the_smallest_event_is_a_method_and_a_path() {
    let told = received(&sample("invoke/page.json"));
    assert_eq!((told.door, told.origin, told.scheme), (Door::Invoke, Origin::Anybody, Scheme::Https));
    assert!(told.peer.is_unspecified() && told.refusal.is_none());
    assert_eq!(shown(told), "GET /dev/ HTTP/1.1\nhost: localhost\n\n");
    let order = received(&sample("invoke/order.json"));
    assert_eq!(spelled(&order, "x-wanted").as_deref(), Some("X-Wanted"));
    assert_eq!(
        shown(order),
        "POST /dev/orders?q=a%20b%26c HTTP/1.1\n\
         content-type: application/json\n\
         host: localhost\n\
         x-wanted: one\n\n\
         {\"pet\": 1}"
    );
}

#[test]
fn a_version_is_told_where_the_door_knows_it() {
    let mut event = sample("function-url/page.json");
    for (told, version) in [
        ("HTTP/1.0", http::Version::HTTP_10),
        ("HTTP/1.1", http::Version::HTTP_11),
        ("HTTP/2.0", http::Version::HTTP_2),
        ("HTTP/3.0", http::Version::HTTP_3),
        ("SPDY", http::Version::HTTP_11),
    ] {
        event["requestContext"]["http"]["protocol"] = told.into();
        assert_eq!(received(&event).request.version(), version, "{told}");
    }
}

#[test]
fn null_members_count_as_absent() {
    let event = json!({
        "httpMethod": "GET", "path": "/a", "headers": null, "multiValueHeaders": null,
        "queryStringParameters": null, "multiValueQueryStringParameters": null, "body": null,
        "isBase64Encoded": null, "requestContext": null, "cookies": null, "version": null,
    });
    assert_eq!(shown(received(&event)), "GET /a HTTP/1.1\nhost: localhost\n\n");
    let event = json!({
        "httpMethod": "GET", "path": "/a", "multiValueHeaders": {}, "headers": { "x-a": "1", "x-b": null },
        "multiValueQueryStringParameters": {}, "queryStringParameters": { "q": "1", "r": null },
        "requestContext": { "identity": null, "elb": null },
    });
    assert_eq!(shown(received(&event)), "GET /a?q=1 HTTP/1.1\nhost: localhost\nx-a: 1\n\n");
}

#[test]
fn text_beyond_ascii_goes_through_headers_and_cookies() {
    let mut event = sample("function-url/page.json");
    event["headers"]["x-name"] = "M\u{fc}ller".into();
    event["cookies"] = json!(["name=M\u{fc}ller"]);
    let told = received(&event);
    assert_eq!(told.refusal, None);
    assert_eq!(told.request.headers()["x-name"].as_bytes(), "M\u{fc}ller".as_bytes());
    assert_eq!(told.request.headers()["cookie"].as_bytes(), "name=M\u{fc}ller".as_bytes());
}
