#![allow(clippy::unwrap_used, reason = "tests")]
use super::*;

fn front() -> Front {
    Front {
        allowed_hosts: vec!["gateway.lan".into()],
        path_forms: true,
        own_name_suffixes: vec!["localhost".into(), "amazonaws.com".into()],
        only_api: Some(ApiId::parse("only1").unwrap()),
        ..Front::default()
    }
}

fn request(host: &str) -> Request {
    http::Request::builder().uri("/").header(HOST, host).body(crate::payload::Body::Empty).unwrap()
}

#[test]
fn hosts_are_read_in_every_spelling() {
    for (header, expected) in [
        ("LocalHost:8080", "localhost"),
        ("abc.execute-api.localhost.", "abc.execute-api.localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]:8080", "[::1]"),
    ] {
        assert_eq!(&*host(&request(header)).unwrap(), expected);
    }
    for header in ["", "a b", "user@host", "a,b", "a;b=c", "localhost:80,for=1"] {
        assert!(matches!(host(&request(header)), Err(Refusal::BadHeaders(_))), "{header}");
    }
    let mut twice = request("localhost");
    twice.headers_mut().append(HOST, "localhost".parse().unwrap());
    assert!(matches!(host(&twice), Err(Refusal::BadHeaders(_))));
    let differing =
        http::Request::builder().uri("http://a/").header(HOST, "b").body(crate::payload::Body::Empty);
    assert!(matches!(host(&differing.unwrap()), Err(Refusal::BadHeaders(_))));
}

#[test]
fn addresses_take_every_form() {
    let front = front();
    let api = |id, stage, rest, is_execute_api| Ok(Address::Api { id, stage, rest, is_execute_api });
    for (host, path, expected) in [
        ("abc.execute-api.localhost", "/dev/x", api("abc", None, "/dev/x", true)),
        ("abc.execute-api.us-east-1.amazonaws.com", "/", api("abc", None, "/", true)),
        ("abc.execute-api.evil.example", "/dev/x", Ok(Address::Domain)),
        ("abc.execute-api.evilamazonaws.com", "/dev/x", Ok(Address::Domain)),
        ("abc.execute-api", "/dev/x", Ok(Address::Domain)),
        ("127.0.0.1", "/_aws/execute-api/abc/dev/x", api("abc", None, "/dev/x", false)),
        ("127.0.0.1", "/_aws/execute-api/abc", api("abc", None, "", false)),
        ("localhost", "/restapis/abc/dev/_user_request_/x", api("abc", Some("dev"), "/x", false)),
        ("localhost", "/restapis/abc/dev/_user_request_", api("abc", Some("dev"), "", false)),
        ("localhost", "/restapis/abc/dev/other", api("only1", None, "/restapis/abc/dev/other", false)),
        ("gateway.lan", "/dev/x", api("only1", None, "/dev/x", false)),
        ("evil.example", "/dev/x", Ok(Address::Domain)),
        ("abc.execute-apix.localhost", "/dev/x", api("only1", None, "/dev/x", false)),
        ("169.254.169.254", "/", Ok(Address::Domain)),
    ] {
        assert_eq!(address(&front, host, path), expected, "{host}{path}");
    }
    let strict = Front::default();
    assert_eq!(address(&strict, "localhost", "/_aws/execute-api/abc/dev/x"), Err(Refusal::NoSuchStage));
}

#[test]
fn the_longest_mapping_wins() {
    let mapping = |key: &str| gatelet_model::ApiMapping {
        id: gatelet_model::PartId::parse("m1").unwrap(),
        key: MappingKey::parse(key).unwrap(),
        api_id: ApiId::parse("abc").unwrap(),
        stage: None,
    };
    let domain = DomainName {
        name: gatelet_model::Domain::parse("api.example.com").unwrap(),
        endpoint_type: gatelet_model::rest::EndpointType::Regional,
        certificate_arn: None,
        security_policy: None,
        mutual_tls: None,
        routing_mode: gatelet_model::RoutingMode::ApiMappingOnly,
        mappings: vec![mapping("(none)"), mapping("v1"), mapping("v1/pets")],
        routing_rules: Vec::new(),
        tags: Default::default(),
    };
    for (path, key, rest) in [
        ("/v1/pets/1", "v1/pets", "/1"),
        ("/v1/pets", "v1/pets", ""),
        ("/v1/petsx", "v1", "/petsx"),
        ("/v10", "", "/v10"),
        ("/", "", "/"),
    ] {
        let (mapping, left) = longest_mapping(&domain, path).unwrap();
        assert_eq!((mapping.key.as_str(), left), (key, rest), "{path}");
    }
}

#[test]
fn where_strangers_come_in_a_path_form_is_an_address_that_an_api_can_refuse() {
    let public = Front { is_public: true, ..front() };
    for path in ["/_aws/execute-api/abc/dev/x", "/restapis/abc/dev/_user_request_/x"] {
        let found = address(&public, "gateway.lan", path).unwrap();
        assert!(matches!(found, Address::Api { id: "abc", is_execute_api: true, .. }), "{path}: {found:?}");
    }
    let only = address(&public, "gateway.lan", "/dev/x").unwrap();
    assert!(matches!(only, Address::Api { id: "only1", is_execute_api: false, .. }), "{only:?}");
}

#[test]
fn a_pinned_api_takes_every_host_and_whole_paths_where_its_stage_is_pinned_too() {
    let stage = StageName::parse("prod").unwrap();
    let pinned = Front { every_host: true, path_forms: false, only_stage: Some(stage), ..front() };
    for host in ["evil.example", "abc.execute-api.localhost", "api.example.com"] {
        let path = "/_aws/execute-api/abc/dev/x";
        let expected = Address::Api { id: "only1", stage: Some("prod"), rest: path, is_execute_api: false };
        assert_eq!(address(&pinned, host, path), Ok(expected), "{host}");
    }
}
