//! The two authorizers: where tokens are read, scopes, user pools.

use super::*;
use crate::authorizers::{Asked, Finding, IdentitySource, Route};
use crate::payload::CanonicalPath;
use crate::refusal::{Challenge, Refusal};
use crate::snapshot::StageSnapshot;
use crate::snapshot::routes::Rules;
use crate::stages::locate::Located;
use gatelet_model::rest::{RestApi, RestApiParts, RestStage};
use gatelet_model::{
    AccountId, Api, ApiId, Authorizer, AuthorizerKind, Deployment, PartId, Region, Stage, StageName,
    StagePointer, StageVariables,
};

const POOL_ARN: &str = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbCdEfGhI";
const POOL: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI";

fn located() -> Located {
    let api = RestApi::new(RestApiParts::new(ApiId::parse("abc123").unwrap(), "test")).unwrap();
    let variables = StageVariables::new(vec![("who".to_owned(), "staged".to_owned())]).unwrap();
    let stage = RestStage { variables, ..RestStage::new(StageName::parse("dev").unwrap()) };
    let id = PartId::parse("d1").unwrap();
    let pointer = StagePointer {
        stage: Stage::Rest(stage),
        deployment_id: id.clone(),
        previous_deployment_id: None,
        version: 1,
    };
    let (account, region) = (AccountId::parse("123456789012").unwrap(), Region::parse("us-east-1").unwrap());
    let deployment = Deployment { id, description: None, api: Api::Rest(api) };
    let stage = StageSnapshot::compile(&deployment, &pointer, &account, &region);
    Located::new(Arc::new(stage), "localhost".into(), "".into(), "/".into())
}

/// Asks about a request with these headers.
fn ask<T>(uri: &str, headers: &[(&str, &str)], scopes: &[String], then: impl FnOnce(&Asked<'_>) -> T) -> T {
    let mut request = http::Request::builder().uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (head, ()) = request.body(()).unwrap().into_parts();
    let (arrival, located, record) = (arrival(NOW), located(), record());
    let path = CanonicalPath::parse("/").unwrap();
    let route = Route { key: "GET /", template: None, resource_id: "r", rules: Rules::Rest, scopes };
    then(&Asked {
        arrival: &arrival,
        located: &located,
        path: &path,
        route,
        head: &head,
        record: &record,
        arn: "arn:aws:execute-api:us-east-1:123456789012:abc123/dev/GET/",
    })
}

fn authorizer(kind: AuthorizerKind) -> Authorizer {
    Authorizer { id: PartId::parse("a1").unwrap(), name: "test".to_owned(), auth_type: None, kind }
}

fn jwt(source: &str) -> JwtAuthorizer {
    let kind = AuthorizerKind::Jwt { identity_sources: vec![source.to_owned()], issuers: vec![issuer()] };
    JwtAuthorizer::compile(&authorizer(kind), Rules::Http).unwrap()
}

fn cognito() -> CognitoAuthorizer {
    cognito_for(None).unwrap()
}

fn cognito_for(expression: Option<&str>) -> Result<CognitoAuthorizer, String> {
    let kind = AuthorizerKind::CognitoUserPools {
        provider_arns: vec![
            "arn:aws:cognito-idp:eu-west-1:1:userpool/eu-west-1_other".to_owned(),
            POOL_ARN.to_owned(),
        ],
        identity_source: "method.request.header.Authorization".to_owned(),
        identity_validation_expression: expression.map(str::to_owned),
    };
    CognitoAuthorizer::compile(&authorizer(kind), Rules::Rest)
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn identity_sources_of_both_dialects_are_read() {
    let headers = [("x-a", "1"), ("X-A", "2"), ("blank", " "), ("one", "o")];
    for (source, value, values) in [
        ("method.request.header.x-A", Some("2"), vec!["1", "2"]),
        ("$request.header.X-a", Some("1,2"), vec!["1", "2"]),
        ("method.request.querystring.q", Some("b c"), vec!["a", "b c"]),
        ("$request.querystring.q", Some("a,b c"), vec!["a", "b c"]),
        ("$request.querystring.Q", None, vec![]),
        ("stageVariables.who", Some("staged"), vec!["staged"]),
        ("$stageVariables.who", Some("staged"), vec!["staged"]),
        ("context.httpMethod", Some("GET"), vec!["GET"]),
        ("$context.httpMethod", Some("GET"), vec!["GET"]),
        ("method.request.header.blank", None, vec![" "]),
        ("method.request.querystring.empty", None, vec![""]),
        ("method.request.header.none", None, vec![]),
        (" method.request.header.one ", Some("o"), vec!["o"]),
    ] {
        ask("/?q=a&q=b+c&empty=", &headers, &[], |asked| {
            let source = IdentitySource::parse(source).unwrap();
            assert_eq!(source.value(asked).as_deref(), value, "{source:?}");
            assert_eq!(source.values(asked), values, "{source:?}");
        });
    }
    for wrong in [
        "",
        "Authorization",
        "request.header.a",
        "method.request.header.",
        "method.request.header",
        "method.request.header.a b",
        "method.request.path.id",
        "method.request.body",
        "$request.path.id",
        "$request.path",
        "$method.request.header.a",
        "method.stageVariables.a",
        "method.context.a",
        "$context.",
        "stageVariables.",
    ] {
        assert!(IdentitySource::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn the_token_may_stand_alone_or_behind_bearer() {
    let token = ec().signed(&claims());
    let world = world_of(&[ec()]);
    let authorizer = jwt("$request.header.Authorization");
    for good in
        [token.clone(), format!("Bearer {token}"), format!("bearer  {token} "), format!("BEARER {token}")]
    {
        let found = ask("/", &[("authorization", &good)], &[], |asked| now(authorizer.judge(&world, asked)));
        let Ok(Finding::Jwt { token, has_scopes: false }) = found else { panic!("{found:?}") };
        assert_eq!(token.subject(), Some("somebody"));
    }
    for bad in [
        format!("Basic {token}"),
        format!("Bearer{token}"),
        format!("Bearer Bearer {token}"),
        "Bearer".to_owned(),
    ] {
        let found = ask("/", &[("authorization", &bad)], &[], |asked| now(authorizer.judge(&world, asked)));
        assert!(
            matches!(found, Err(Refusal::Unauthorized(Some(Challenge::InvalidToken(_))))),
            "{bad}: {found:?}"
        );
    }
    let missing = ask("/", &[], &[], |asked| now(authorizer.judge(&world, asked)));
    assert_eq!(missing.unwrap_err(), Refusal::Unauthorized(Some(Challenge::Missing)));
    let query = jwt("$request.querystring.token");
    let found = ask(&format!("/?token={token}"), &[], &[], |asked| now(query.judge(&world, asked)));
    assert!(found.is_ok());
}

#[test]
fn scopes_are_judged_on_each_route_though_the_token_is_remembered() {
    let token = ec().signed(&with("scope", json!("read write")));
    let world = world_of(&[ec()]);
    let authorizer = jwt("$request.header.Authorization");
    for (scopes, good) in [
        (vec!["read"], true),
        (vec!["admin"], false),
        (vec!["admin", "write"], true),
        (vec!["Read"], false),
        (vec![], true),
    ] {
        let found = ask("/", &[("authorization", &token)], &texts(&scopes), |asked| {
            now(authorizer.judge(&world, asked))
        });
        match (good, found) {
            (true, Ok(Finding::Jwt { has_scopes, .. })) => assert_eq!(has_scopes, !scopes.is_empty()),
            (false, Err(Refusal::InsufficientScope)) => {}
            (_, other) => panic!("{scopes:?}: {other:?}"),
        }
    }
}

#[test]
fn user_pools_take_id_tokens_and_with_scopes_access_tokens() {
    let world = TestWorld::at(NOW);
    world.publish(&format!("{POOL}/.well-known/jwks.json"), &key_set(&[rsa(), ec()]).to_string());
    let base = json!({"iss": POOL, "sub": "u", "exp": NOW + 60, "iat": NOW, "auth_time": NOW, "cognito:groups": ["a", "b"]});
    let of = |changes: Value| {
        let mut claims = base.clone();
        claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        claims
    };
    let id = of(json!({"token_use": "id", "aud": "client"}));
    let access = of(json!({"token_use": "access", "client_id": "client", "scope": "pets/read"}));
    let authorizer = cognito();
    let judge = |token: &str, scopes: &[&str]| {
        ask("/", &[("authorization", token)], &texts(scopes), |asked| now(authorizer.judge(&world, asked)))
    };
    let Ok(Finding::Cognito(token)) = judge(&rsa().signed(&id), &[]) else { panic!() };
    assert_eq!(token.claim("cognito:groups").as_deref(), Some("a,b"));
    assert_eq!(token.claim("exp").as_deref(), Some("Fri Jan 15 08:01:00 UTC 2027"));
    assert!(matches!(judge(&rsa().signed(&access), &["pets/write", "pets/read"]), Ok(Finding::Cognito(_))));
    assert_eq!(judge(&rsa().signed(&access), &["pets/write"]).unwrap_err(), Refusal::InsufficientScope);
    for (claims, scopes) in [
        (access, vec![]),
        (id.clone(), vec!["pets/read"]),
        (of(json!({"token_use": "id", "scope": "pets/read"})), vec!["pets/read"]),
        (of(json!({})), vec![]),
        (of(json!({"token_use": ["id"]})), vec![]),
        (
            of(
                json!({"token_use": "id", "iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_third"}),
            ),
            vec![],
        ),
    ] {
        let refusal = judge(&rsa().signed(&claims), &scopes).unwrap_err();
        assert!(matches!(refusal, Refusal::Unauthorized(_)), "{claims}: {refusal:?}");
    }
    // A pool signs by RS256 alone.
    assert!(judge(&ec().signed(&id), &[]).is_err());
    let old = of(json!({"token_use": "id", "exp": NOW - 60}));
    assert_eq!(judge(&rsa().signed(&old), &[]).unwrap_err(), Refusal::TokenExpired);
    assert_eq!(world.seen(), [format!("{POOL}/.well-known/jwks.json")]);
}

#[test]
fn a_validation_expression_is_held_against_the_audience() {
    let world = TestWorld::at(NOW);
    world.publish(&format!("{POOL}/.well-known/jwks.json"), &key_set(&[rsa()]).to_string());
    let of = |usage: &str, audience: &Value| {
        let mut claims = json!({"iss": POOL, "sub": "u", "exp": NOW + 60, "token_use": usage, "scope": "read", "client_id": "web-1"});
        if !audience.is_null() {
            claims["aud"] = audience.clone();
        }
        rsa().signed(&claims)
    };
    let expect = |expression: Option<&str>, usage: &str, audience: Value, good: bool| {
        let authorizer = cognito_for(expression).unwrap();
        let scopes = if usage == "id" { vec![] } else { texts(&["read"]) };
        let token = of(usage, &audience);
        let (found, told) = ask("/", &[("authorization", &token)], &scopes, |asked| {
            (now(authorizer.judge(&world, asked)), asked.record.explanation().join("\n"))
        });
        match found {
            Ok(Finding::Cognito(_)) => assert!(good, "{expression:?} {audience}"),
            Err(Refusal::Unauthorized(Some(Challenge::InvalidToken(_)))) => {
                assert!(!good, "{expression:?} {audience}");
                assert!(told.contains("not accepted"), "{told}");
            }
            other => panic!("{expression:?} {audience}: {other:?}"),
        }
    };
    // The same token under different expressions: what one authorizer remembers is not the other's.
    expect(None, "id", json!("web-1"), true);
    expect(Some("mobile-.*"), "id", json!("web-1"), false);
    expect(Some("(web|mobile)-[0-9]"), "id", json!("web-1"), true);
    expect(Some("(web|mobile)-[0-9]"), "id", json!("web-12"), false);
    expect(Some("web"), "id", json!("web-1"), false);
    expect(Some(""), "id", json!("web-1"), true);
    expect(Some("web-1"), "id", json!(["other", "web-1"]), true);
    expect(Some("web-1"), "id", json!(["other"]), false);
    expect(Some("web-1"), "id", json!(1), false);
    expect(Some("web-1"), "id", Value::Null, false);
    // Access tokens have no audience, and `client_id` does not stand in for it.
    expect(None, "access", Value::Null, true);
    expect(Some("web-1"), "access", Value::Null, false);
    expect(Some(".*"), "access", Value::Null, false);
    expect(Some(".*"), "id", json!("web-1"), true);
    let why = cognito_for(Some("(")).unwrap_err();
    assert!(why.contains("identity validation expression"), "{why}");
}

#[test]
fn an_expression_that_does_not_match_is_told() {
    let world = TestWorld::at(NOW);
    world.publish(&format!("{POOL}/.well-known/jwks.json"), &key_set(&[rsa()]).to_string());
    let claims = json!({"iss": POOL, "exp": NOW + 60, "token_use": "id", "aud": "web-1"});
    for (expression, step) in [("web-.", "`aud` matches"), ("app-.", "`aud` does not match")] {
        let authorizer = cognito_for(Some(expression)).unwrap();
        let told = ask("/", &[("authorization", &rsa().signed(&claims))], &[], |asked| {
            let _ = now(authorizer.judge(&world, asked));
            asked.record.explanation().join("\n")
        });
        assert!(told.contains(step) && told.contains(expression), "{told}");
    }
}

#[test]
fn definitions_that_cannot_work_say_why() {
    let cognito = |arn: &str| {
        let kind = AuthorizerKind::CognitoUserPools {
            provider_arns: texts(&[arn]),
            identity_source: "method.request.header.Authorization".to_owned(),
            identity_validation_expression: None,
        };
        CognitoAuthorizer::compile(&authorizer(kind), Rules::Rest)
    };
    assert!(cognito("arn:aws-cn:cognito-idp:cn-north-1:1:userpool/cn-north-1_a").is_ok());
    for arn in [
        "",
        "eu-west-1_AbCdEfGhI",
        "arn:aws:cognito-idp:eu-west-1:1:userpool/",
        "arn:aws:cognito-idp::1:userpool/a_b",
        "arn:aws:cognito-idp:evil.example/:1:userpool/a",
        "arn:aws:cognito-idp:eu-west-1:1:userpool/../a",
        "arn:aws:cognito-idp:eu-west-1:1:userpool/a@evil.example",
        "arn:aws:cognito-identity:eu-west-1:1:userpool/a",
    ] {
        assert!(cognito(arn).unwrap_err().contains("user pool"), "{arn}");
    }
    let compile = |sources: &[&str], issuers: Vec<JwtIssuer>| {
        let kind = AuthorizerKind::Jwt { identity_sources: texts(sources), issuers };
        JwtAuthorizer::compile(&authorizer(kind), Rules::Http).unwrap_err()
    };
    assert!(compile(&[], vec![issuer()]).contains("where the token is"));
    assert!(compile(&["Authorization"], vec![issuer()]).contains("no identity source"));
    assert!(compile(&["$request.header.a"], Vec::new()).contains("no issuer"));
    for name in JwtIssuer::ALGORITHMS {
        assert!(super::super::token::algorithm_of(name).is_some(), "{name}");
    }
    for name in ["HS256", "none", "ES512", ""] {
        let one = JwtIssuer { algorithms: texts(&[name]), ..issuer() };
        assert!(compile(&["$request.header.a"], vec![one]).contains("no algorithm"));
    }
}
