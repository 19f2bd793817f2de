#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use super::{Environment, EnvironmentProblem, IntegrationRole};

fn parse(variables: &[(&str, &str)]) -> Result<Environment, Vec<EnvironmentProblem>> {
    Environment::parse(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

fn endpoint(environment: &Environment, service: &str) -> Option<String> {
    environment.endpoint(service).map(ToString::to_string)
}

#[test]
fn nothing_set_is_one_s_own_machine() {
    let environment = parse(&[("AWS_REGION", ""), ("AWS_ENDPOINT_URL", " ")]).unwrap();
    assert_eq!(environment.region(), None);
    assert!(environment.endpoint("DynamoDB").is_none());
    assert!(environment.credentials().is_none());
    assert!(!environment.is_lambda());
}

#[test]
fn a_service_s_own_endpoint_comes_first() {
    let environment = parse(&[
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"),
        ("AWS_ENDPOINT_URL_DYNAMODB", "https://dynamodb.example/base"),
        ("AWS_ENDPOINT_URL_APPCONFIGDATA", "http://localhost:1"),
        ("AWS_ENDPOINT_URL_STEP_FUNCTIONS", "http://localhost:2"),
    ])
    .unwrap();
    assert_eq!(endpoint(&environment, "DynamoDB").unwrap(), "https://dynamodb.example/base");
    assert_eq!(endpoint(&environment, "lambda").unwrap(), "http://127.0.0.1:4566/");
    assert_eq!(endpoint(&environment, "AppConfigData").unwrap(), "http://localhost:1/");
    assert_eq!(endpoint(&environment, "Step Functions").unwrap(), "http://localhost:2/");
    assert_eq!(endpoint(&environment, "step-functions").unwrap(), "http://localhost:2/");
}

#[test]
fn endpoints_can_be_ignored() {
    let variables = [
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"),
        ("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:4567"),
        ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE"),
    ];
    let environment = parse(&variables).unwrap();
    assert!(environment.endpoint("SQS").is_none() && environment.endpoint("SNS").is_none());
}

#[test]
fn the_region_has_a_second_name() {
    let both = parse(&[("AWS_REGION", "eu-west-1"), ("AWS_DEFAULT_REGION", "us-east-2")]).unwrap();
    assert_eq!(both.region(), Some("eu-west-1"));
    assert_eq!(parse(&[("AWS_DEFAULT_REGION", "us-east-2")]).unwrap().region(), Some("us-east-2"));
}

#[test]
fn integrations_have_the_role_that_is_named_for_them() {
    let role = |text: &str| {
        let variables = [("GATELET_INTEGRATION_ROLE".to_owned(), text.to_owned())];
        let (environment, problems) = Environment::read(variables);
        (environment.integration_role().clone(), problems.len())
    };
    let arn = "arn:aws:iam::123456789012:role/gatelet-IntegrationRole-1";
    assert_eq!(role(""), (IntegrationRole::OwnCredentials, 0));
    assert_eq!(role(arn), (IntegrationRole::Assumed(arn.into()), 0));
    assert_eq!(role("none"), (IntegrationRole::Nobody, 0));
    // A mistake opens nothing.
    assert_eq!(role("gatelet-IntegrationRole-1"), (IntegrationRole::Nobody, 1));
}

#[test]
fn links_and_certificates_of_the_ways_to_backends_are_read() {
    let environment =
        parse(&[("GATELET_VPC_LINKS", "abc123=10.0.0.7:8080, arn:x=https://orders, direct")]).unwrap();
    let links = environment.vpc_links();
    assert!(
        links.knows("abc123", None) && links.knows("other", Some("arn:x")) && links.knows("direct", None)
    );
    assert!(!links.knows("other", Some("arn:y")));
    for (variable, value, said) in [
        ("GATELET_VPC_LINKS", "abc=h:x", "`h:x` is no address"),
        ("GATELET_CLIENT_CERTIFICATES", "-----BEGIN PRIVATE KEY-----", "no JSON object"),
        ("GATELET_CLIENT_CERTIFICATES", "{\"a\": \"secret\"}", "`a`: it holds no certificate"),
    ] {
        let problems = parse(&[(variable, value)]).unwrap_err();
        assert_eq!((problems.len(), problems[0].variable.as_str()), (1, variable));
        assert!(
            problems[0].message.contains(said) && !problems[0].message.contains("secret"),
            "{problems:?}"
        );
    }
}

#[test]
fn credentials_are_never_shown() {
    let environment = parse(&[
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI"),
        ("AWS_SESSION_TOKEN", "FwoGZXIvYXdzE"),
    ])
    .unwrap();
    let credentials = environment.credentials().unwrap();
    assert_eq!(credentials.secret_access_key.reveal(), "wJalrXUtnFEMI");
    assert_eq!(credentials.session_token.as_ref().unwrap().reveal(), "FwoGZXIvYXdzE");
    let shown = format!("{environment:?}");
    assert!(shown.contains("AKIDEXAMPLE"));
    assert!(!shown.contains("wJalr") && !shown.contains("FwoG"), "{shown}");
}

#[test]
fn every_problem_is_said_and_none_shows_a_secret() {
    let problems = parse(&[
        ("AWS_ENDPOINT_URL", "localhost:4566"),
        ("AWS_ENDPOINT_URL_SQS", "ftp://example.com"),
        ("AWS_ENDPOINT_URL_SNS", "http://user:password@example.com"),
        ("AWS_REGION", "Frankfurt"),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI"),
        ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1"),
        ("GATELET_ALLOW_PRIVATE_BACKENDS", "yes"),
        ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "1"),
    ])
    .unwrap_err();
    let variables: Vec<&str> = problems.iter().map(|problem| problem.variable.as_str()).collect();
    assert_eq!(
        variables,
        [
            "AWS_ENDPOINT_URL",
            "AWS_ENDPOINT_URL_SNS",
            "AWS_ENDPOINT_URL_SQS",
            "AWS_REGION",
            "AWS_ACCESS_KEY_ID",
            "AWS_LAMBDA_RUNTIME_API",
            "GATELET_ALLOW_PRIVATE_BACKENDS",
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        ]
    );
    assert!(problems.iter().all(|problem| !problem.to_string().contains("wJalr")));
    assert_eq!(
        problems[3].to_string(),
        "environment variable `AWS_REGION`: `Frankfurt` is not a region: write one such as `us-east-1`"
    );
    let lonely = parse(&[("AWS_SESSION_TOKEN", "FwoGZXIvYXdzE")]).unwrap_err();
    assert_eq!(lonely[0].variable, "AWS_SESSION_TOKEN");
}

#[test]
fn lambda_is_known_by_its_runtime_api() {
    // The second is what `cargo lambda watch` says.
    for api in ["127.0.0.1:9001", "http://127.0.0.1:9001/.rt/router"] {
        assert!(parse(&[("AWS_LAMBDA_RUNTIME_API", api)]).unwrap().is_lambda(), "{api}");
    }
}

#[test]
fn what_is_said_about_callers_is_read_and_no_key_is_shown() {
    let key = "GhZk3P1sVxQ9bT7mWc2NfRy5JdLa8EuKo4HiXvSz6B1";
    let environment = parse(&[
        (
            "GATELET_ISSUERS",
            "https://a.example=http://127.0.0.1:1/jwks, https://b.example=https://c.example/k",
        ),
        ("GATELET_CREDENTIALS_TABLE", "keys"),
        ("GATELET_CREDENTIALS_KEY", key),
        ("GATELET_DECISIONS_TABLE", "decisions"),
    ])
    .unwrap();
    let access = environment.access();
    assert_eq!(access.key_set_urls.len(), 2);
    assert_eq!(access.key_set_urls["https://a.example"], "http://127.0.0.1:1/jwks");
    assert_eq!(access.credentials_table.as_deref(), Some("keys"));
    assert!(access.credential_keys.is_some());
    assert_eq!(access.decisions_table.as_deref(), Some("decisions"));
    assert!(!format!("{environment:?}").contains(key));

    let half = "c2VjcmV0LWhhbGY";
    let problems =
        parse(&[("GATELET_ISSUERS", "https://a.example"), ("GATELET_CREDENTIALS_KEY", half)]).unwrap_err();
    let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(
        texts[0].starts_with("environment variable `GATELET_ISSUERS`: `https://a.example` is not an issuer")
    );
    assert!(
        texts[1].starts_with("environment variable `GATELET_CREDENTIALS_KEY`: is not 32 bytes in base64")
    );
    assert!(!texts[1].contains(half));
}

#[test]
fn what_is_said_about_limits_is_read() {
    let environment = parse(&[
        ("GATELET_COUNTERS_TABLE", "counters"),
        ("GATELET_ACCOUNT_THROTTLE", "0.5: 5000"),
        ("GATELET_RATE_LIMIT_HEADERS", "true"),
    ])
    .unwrap();
    let counters = environment.counters();
    assert_eq!(counters.table.as_deref(), Some("counters"));
    let account = counters.limits.account.unwrap();
    assert_eq!((account.rate_per_second(), account.burst()), (0.5, 5_000));
    assert!(counters.limits.headers);

    let unset = parse(&[]).unwrap();
    assert_eq!(unset.counters().table, None);
    assert_eq!((unset.counters().limits.account, unset.counters().limits.headers), (None, false));

    for text in
        ["10", "10:", ":10", "a:b", "-1:10", "NaN:10", "inf:10", "10:-1", "10:1.5", "10:10:10", "1e400:1"]
    {
        let problems = parse(&[("GATELET_ACCOUNT_THROTTLE", text)]).unwrap_err();
        assert_eq!(
            problems[0].to_string(),
            format!(
                "environment variable `GATELET_ACCOUNT_THROTTLE`: `{text}` is no throttle: write requests a second, a colon, \
                 and how many at once: `10000:5000`"
            )
        );
    }
}
