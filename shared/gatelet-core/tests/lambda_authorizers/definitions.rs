//! Authorizers that cannot work as they are defined.

use gatelet_core::snapshot::routes::Rules;
use gatelet_model::{AuthorizerFunction, AuthorizerKind};

use super::fixture::{AUTHORIZATION, FUNCTION, compile, function, request};

#[test]
fn an_authorizer_that_cannot_work_is_told_to_its_author() {
    let token = |source: &str, validation: Option<&str>| AuthorizerKind::Token {
        function: function(300),
        identity_source: source.to_owned(),
        identity_validation_expression: validation.map(str::to_owned),
    };
    let uri = |uri: &str| AuthorizerFunction { uri: uri.to_owned(), ..function(300) };
    let asks = |function, source: &str| AuthorizerKind::Request {
        function,
        identity_sources: vec![source.to_owned()],
    };
    let role = AuthorizerFunction { credentials: Some("${stageVariables.none}".to_owned()), ..function(300) };
    for (kind, rules, why) in [
        (token("method.request.querystring.q", None), Rules::Rest, "is no header"),
        (token("Authorization", None), Rules::Rest, "is no identity source"),
        (token(AUTHORIZATION, Some("(")), Rules::Rest, "identity validation expression"),
        (token(AUTHORIZATION, Some("(?=x)y")), Rules::Rest, "identity validation expression"),
        (asks(function(300), "method.request.path.id"), Rules::Rest, "is no identity source"),
        (asks(uri(FUNCTION), AUTHORIZATION), Rules::Rest, "is not the action that invokes a function"),
        (asks(uri("https://example.com"), "$request.header.A"), Rules::Http, "is not a Lambda function"),
        (asks(uri("${stageVariables.none}"), "$request.header.A"), Rules::Http, "no variable `none`"),
        (asks(role, AUTHORIZATION), Rules::Rest, "no variable `none`"),
        (
            AuthorizerKind::Jwt { identity_sources: Vec::new(), issuers: Vec::new() },
            Rules::Http,
            "asks no function",
        ),
    ] {
        let error = compile("a1", kind, rules).unwrap_err();
        assert!(error.contains(why) && error.starts_with("the authorizer `gate`: "), "{error}");
    }
}

#[test]
fn functions_are_named_with_stage_variables_as_integrations_name_them() {
    let uri = |uri: &str| AuthorizerFunction { uri: uri.to_owned(), ..function(300) };
    let action = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:${stageVariables.fn}/invocations";
    for (text, rules) in [(action, Rules::Rest), (action, Rules::Http), (FUNCTION, Rules::Http)] {
        assert_eq!(request("a1", uri(text), &[], rules).function(), FUNCTION);
    }
}
