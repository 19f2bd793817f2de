use super::*;

#[track_caller]
fn assert_refused(configuration: &Value, part: &str) {
    let problem = rules(configuration).map(|_| ()).expect_err("it is taken");
    assert!(problem.contains(part), "{problem}");
}

fn with_jwt(name: &str, value: Value) -> Value {
    let mut jwt = jwt();
    jwt[name] = value;
    json!({"jwt": jwt})
}

fn with_issuer(name: &str, value: Value) -> Value {
    let mut jwt = jwt();
    jwt["issuers"][0][name] = value;
    json!({"jwt": jwt})
}

fn with_statement(name: &str, value: Value) -> Value {
    let mut statement = json!({"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"});
    statement[name] = value;
    json!({"policy": {"Version": "2012-10-17", "Statement": [statement]}})
}

#[test]
fn what_asks_for_nothing_is_no_configuration() {
    assert_refused(&json!({}), "let everybody in");
    assert_refused(&json!({"answer": "simple"}), "let everybody in");
    assert_refused(&json!("jwt"), "invalid type");
    assert!(Rules::parse("", |_| false).is_err() && Rules::parse("{", |_| false).is_err());
    let long = format!("{}{{}}", " ".repeat(64 * 1_024));
    assert!(Rules::parse(&long, |_| false).unwrap_err().contains("bytes"));
}

#[test]
fn a_member_that_is_not_known_stands_twice_or_is_null_is_told() {
    assert_refused(&json!({"jwt": jwt(), "adresses": {"deny": ["10.0.0.0/8"]}}), "unknown field `adresses`");
    assert_refused(&with_jwt("audience", json!("app")), "unknown field `audience`");
    assert_refused(&with_issuer("required_claims", json!([])), "unknown field `required_claims`");
    assert_refused(&json!({"addresses": {"allow": ["10.0.0.0/8"], "block": []}}), "unknown field `block`");
    for name in ["jwt", "apiKeys", "addresses", "policy"] {
        let mut configuration = json!({"jwt": jwt(), "addresses": {"deny": ["10.0.0.0/8"]}});
        configuration[name] = Value::Null;
        assert!(rules(&configuration).is_err(), "{name}");
    }
    assert_refused(&json!({"addresses": {"allow": ["10.0.0.0/8"], "deny": null}}), "null");
    assert_refused(&with_jwt("scopes", Value::Null), "null");
    let twice = r#"{"addresses": {"deny": ["10.0.0.0/8"]}, "addresses": {"deny": ["192.0.2.0/24"]}}"#;
    assert!(Rules::parse(twice, |_| false).unwrap_err().contains("duplicate"));
}

#[test]
fn issuers_must_be_such() {
    assert_refused(&json!({"jwt": {"issuers": []}}), "names no issuer");
    assert_refused(&with_issuer("issuer", json!("http://id.example.com")), "GATELET_ISSUERS");
    assert_refused(&with_issuer("issuer", json!("https://")), "GATELET_ISSUERS");
    assert_refused(&with_issuer("audiences", json!([])), "audiences");
    assert_refused(&with_issuer("audiences", json!([""])), "audiences");
    assert_refused(&with_issuer("algorithms", json!(["HS256"])), "`HS256` is no algorithm");
    assert_refused(&with_issuer("algorithms", json!(["none"])), "`none` is no algorithm");
    assert_refused(&with_issuer("algorithms", json!([])), "is empty");
    assert_refused(&with_issuer("requiredClaims", json!([{"name": "a", "values": []}])), "is empty");
    assert_refused(&with_jwt("scopes", json!([])), "is empty");
    assert_refused(&with_jwt("identitySource", json!("$request.querystring.token")), "is no header");
    assert_refused(&with_jwt("issuers", json!([jwt()["issuers"][0], jwt()["issuers"][0]])), "stands twice");
    let mapped = with_issuer("issuer", json!("http://id.example.com"));
    assert!(Rules::parse(&mapped.to_string(), |issuer| issuer == "http://id.example.com").is_ok());
}

#[test]
fn ranges_of_addresses_must_be_such() {
    assert_refused(&json!({"addresses": {}}), "`allow` or `deny`");
    for name in ["allow", "deny"] {
        assert_refused(&json!({"addresses": {name: []}}), "is empty");
        for wrong in ["10.0.0.0/33", "10.0.0.*", "", "example.com", "::/129", "10.0.0.0/8, 192.0.2.1"] {
            assert_refused(
                &json!({"addresses": {name: ["192.0.2.0/24", wrong]}}),
                "is no range of addresses",
            );
        }
    }
    assert!(rules(&json!({"addresses": {"allow": ["2001:db8::/32", "192.0.2.1"]}})).is_ok());
}

#[test]
fn policies_are_read_as_strictly_as_resource_policies() {
    assert!(rules(&with_statement("Sid", json!("all"))).is_ok());
    assert_refused(&with_statement("Effect", json!("Permit")), "`policy`: in its line 1, column");
    assert_refused(
        &with_statement("Condition", json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/99"}})),
        "10.0.0.0/99",
    );
    assert_refused(
        &with_statement("Condition", json!({"StringEquals": {"aws:SourceIpp": "a"}})),
        "aws:SourceIpp",
    );
    assert_refused(&with_statement("Action", json!("execute-api:Invok")), "execute-api:Invok");
    assert_refused(
        &with_statement("Principal", json!({"AWS": "arn:aws:iam::123456789012:root"})),
        "statement 1",
    );
    assert_refused(&with_statement("Principal", Value::Null), "`policy`");
    assert_refused(&with_statement("Resource", json!("execute-api:/".to_owned() + &"a".repeat(512))), "512");
    let mut version = with_statement("Sid", json!("all"));
    version["policy"]["Version"] = json!("2008-10-17");
    assert_refused(&version, "2012-10-17");
    assert_refused(&json!({"policy": {"Version": "2012-10-17", "Statement": []}}), "is empty");
    let mut many = with_statement("Sid", json!("s0"));
    for number in 1..60 {
        let mut statement = many["policy"]["Statement"][0].clone();
        statement["Sid"] = json!(format!("s{number}"));
        many["policy"]["Statement"].as_array_mut().unwrap().push(statement);
    }
    assert_refused(&many, "shorten");
    // Read by `serde_json` alone, the second would quietly take the place of the first.
    let twice = r#"{"policy": {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Effect": "Allow", "Principal": "*",
        "Action": "*", "Resource": "*"}]}}"#;
    assert!(Rules::parse(twice, |_| false).is_err());
}

#[test]
fn simple_answers_that_are_kept_tell_no_requests_apart() {
    assert!(rules(&json!({"jwt": jwt(), "answer": "simple"})).is_ok());
    assert_refused(&json!({"jwt": jwt(), "answer": "Simple"}), "unknown variant");
    let addresses = json!({"allow": ["10.0.0.0/8"]});
    assert_refused(&json!({"addresses": addresses, "answer": "simple"}), "simple-uncached");
    assert!(rules(&json!({"addresses": addresses, "answer": "simple-uncached"})).is_ok());
    let mut policy = with_statement("Sid", json!("all"));
    policy["answer"] = json!("simple");
    assert_refused(&policy, "simple-uncached");
}

#[test]
fn api_keys_are_asked_for_in_a_header_of_their_own() {
    assert!(rules(&json!({"apiKeys": {}})).is_ok());
    let all = json!({"identitySource": "$request.header.X-Key", "limits": true, "usageIdentifierKey": true});
    assert!(rules(&json!({"apiKeys": all})).is_ok());
    assert_refused(&json!({"apiKeys": {"limit": true}}), "unknown field `limit`");
    assert_refused(&json!({"apiKeys": {"limits": "yes"}}), "invalid type");
    assert_refused(&json!({"apiKeys": {"limits": null}}), "null");
    assert_refused(&json!({"apiKeys": {"identitySource": null}}), "null");
    assert_refused(&json!({"apiKeys": {"identitySource": "$request.querystring.key"}}), "`apiKeys`: ");
    assert_refused(&json!({"apiKeys": true}), "invalid type");
    assert_refused(&json!({"apiKeys": {"identitySource": "Authorization"}, "jwt": jwt()}), "`authorization`");
    let mut same = with_jwt("identitySource", json!("X-API-Key"));
    same["apiKeys"] = json!({});
    assert_refused(&same, "`x-api-key`");
}

#[test]
fn simple_answers_about_keys_are_not_kept() {
    assert_refused(&json!({"apiKeys": {}, "answer": "simple"}), "simple-uncached");
    assert_refused(&json!({"apiKeys": {"limits": true}, "answer": "simple"}), "simple-uncached");
    assert!(rules(&json!({"apiKeys": {"limits": true}, "answer": "simple-uncached"})).is_ok());
    let told = json!({"usageIdentifierKey": true});
    assert_refused(&json!({"apiKeys": told, "answer": "simple-uncached"}), "usageIdentifierKey");
}

#[tokio::test]
async fn a_function_without_rules_lets_nobody_in() {
    let ports = Ports::new(true);
    let closed = Authorizer::new(Err("it is wrong".to_owned()), ports);
    for event in [token_event(&good_token()), http_event(&good_token(), "192.0.2.1"), json!({})] {
        assert_eq!(ask(&closed, &event).await, Err(Failure::Closed("it is wrong".to_owned())));
    }
}

#[test]
fn the_document_is_the_variable_s_or_lies_beside_the_function() {
    use gatelet_aws::environment::Environment;

    let folder = tempfile::tempdir().unwrap();
    let made = |variables: &[(&str, &str)]| {
        let root = ("LAMBDA_TASK_ROOT".to_owned(), folder.path().display().to_string());
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let (environment, problems) = Environment::read(variables.chain([root]));
        let authorizer = Authorizer::of_process(&environment, &problems);
        authorizer.rules.map(|_| ())
    };
    assert!(made(&[]).unwrap_err().contains("set `GATELET_AUTHORIZER`"));
    let document = json!({"jwt": jwt()}).to_string();
    assert_eq!(made(&[("GATELET_AUTHORIZER", &document)]), Ok(()));
    assert!(made(&[("GATELET_AUTHORIZER", "{}")]).unwrap_err().starts_with("`GATELET_AUTHORIZER`: "));
    let also_wrong = [("GATELET_AUTHORIZER", document.as_str()), ("GATELET_ISSUERS", "nonsense")];
    assert!(made(&also_wrong).unwrap_err().contains("GATELET_ISSUERS"));
    let keys = |limits: bool| json!({"apiKeys": {"limits": limits}}).to_string();
    let (keys, limits) = (keys(false), keys(true));
    let document_of_keys = ("GATELET_AUTHORIZER", keys.as_str());
    let store = [
        ("GATELET_CREDENTIALS_TABLE", "c"),
        ("GATELET_CREDENTIALS_KEY", "GhZk3P1sVxQ9bT7mWc2NfRy5JdLa8EuKo4HiXvSz6B1"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
    ];
    assert!(made(&[document_of_keys]).unwrap_err().contains("GATELET_CREDENTIALS_TABLE"));
    let with = |more: &[(&'static str, &str)]| made(&[&store[..], more].concat());
    assert_eq!(with(&[document_of_keys]), Ok(()));
    assert!(made(&[&store[..2], &[document_of_keys]].concat()).unwrap_err().contains("AWS_ACCESS_KEY_ID"));
    assert!(with(&[("GATELET_AUTHORIZER", &limits)]).unwrap_err().contains("GATELET_COUNTERS_TABLE"));
    assert_eq!(with(&[("GATELET_AUTHORIZER", &limits), ("GATELET_COUNTERS_TABLE", "t")]), Ok(()));
    std::fs::write(folder.path().join("gatelet-authorizer.json"), &document).unwrap();
    assert_eq!(made(&[]), Ok(()));
    std::fs::write(folder.path().join("gatelet-authorizer.json"), "{").unwrap();
    assert!(made(&[]).unwrap_err().starts_with("`gatelet-authorizer.json`: "));
}
