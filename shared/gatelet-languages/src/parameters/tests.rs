use proptest::prelude::*;

use super::http::{Action, Message, Part, Value, Variable, is_reserved_header};
use super::rest::{GeneralSource, RequestSource, RequestTarget, ResponseSource};
use super::{BodyPath, http, rest};
use crate::LanguageError;

fn path(text: &str) -> BodyPath {
    BodyPath(text.into())
}

#[test]
fn rest_keys() {
    for (key, expected) in [
        ("integration.request.path.petId", RequestTarget::Path("petId".into())),
        ("integration.request.querystring.page", RequestTarget::QueryString("page".into())),
        ("integration.request.header.X-Amz-Target", RequestTarget::Header("X-Amz-Target".into())),
        ("integration.request.header.a.b_c$d:e", RequestTarget::Header("a.b_c$d:e".into())),
    ] {
        assert_eq!(rest::parse_request_target(key).unwrap(), expected, "{key}");
    }
    let header = "Access-Control-Allow-Origin";
    assert_eq!(&*rest::parse_response_target(&format!("method.response.header.{header}")).unwrap(), header);
    assert_eq!(
        &*rest::parse_gateway_response_target(&format!("gatewayresponse.header.{header}")).unwrap(),
        header
    );
}

#[test]
fn what_is_no_rest_key_is_an_error() {
    let of_request = |key| rest::parse_request_target(key).unwrap_err();
    for (key, offset) in [
        ("", 0),
        ("method.request.header.a", 0),
        ("integration.request.body.a", 0),
        ("Integration.request.header.a", 0),
        ("integration.request.header.", 27),
        ("integration.request.header.a b", 27),
        ("integration.request.querystring.f[0]", 32),
    ] {
        assert_eq!(of_request(key).offset, offset, "{key}: {}", of_request(key));
    }
    for key in [
        "method.response.body",
        "method.response.header.",
        "gatewayresponse.header.a",
        "integration.response.header.a",
    ] {
        assert!(rest::parse_response_target(key).is_err(), "{key}");
    }
    for key in ["gatewayresponse.path.a", "gatewayresponse.querystring.a", "method.response.header.a"] {
        assert!(rest::parse_gateway_response_target(key).is_err(), "{key}");
    }
}

#[test]
fn rest_request_values() {
    for (value, expected) in [
        ("method.request.path.petId", RequestSource::Path("petId".into())),
        ("method.request.querystring.page", RequestSource::QueryString("page".into())),
        ("method.request.multivaluequerystring.a", RequestSource::MultiValueQueryString("a".into())),
        ("method.request.header.Content-Type", RequestSource::Header("Content-Type".into())),
        ("method.request.multivalueheader.Accept", RequestSource::MultiValueHeader("Accept".into())),
        ("method.request.body", RequestSource::Body(path("$"))),
        ("method.request.body.petstore.pets[0].name", RequestSource::Body(path("$.petstore.pets[0].name"))),
        ("stageVariables.version", RequestSource::General(GeneralSource::StageVariable("version".into()))),
        ("context.requestId", RequestSource::General(GeneralSource::Context("requestId".into()))),
        (
            "context.authorizer.claims.cognito:groups",
            RequestSource::General(GeneralSource::Context("authorizer.claims.cognito:groups".into())),
        ),
        ("'Event'", RequestSource::General(GeneralSource::Static("Event".into()))),
        ("''", RequestSource::General(GeneralSource::Static("".into()))),
        (
            "'frame-ancestors 'self''",
            RequestSource::General(GeneralSource::Static("frame-ancestors 'self'".into())),
        ),
        (
            "'method.request.path.a'",
            RequestSource::General(GeneralSource::Static("method.request.path.a".into())),
        ),
    ] {
        assert_eq!(rest::parse_request_source(value).unwrap(), expected, "{value}");
    }
    assert!(path("$").is_whole());
    assert!(!path("$.a").is_whole());
}

#[test]
fn rest_response_values() {
    for (value, expected) in [
        ("integration.response.header.Date", ResponseSource::Header("Date".into())),
        (
            "integration.response.multivalueheader.Set-Cookie",
            ResponseSource::MultiValueHeader("Set-Cookie".into()),
        ),
        ("integration.response.body", ResponseSource::Body(path("$"))),
        ("integration.response.body.redirect.url", ResponseSource::Body(path("$.redirect.url"))),
        ("'*'", ResponseSource::General(GeneralSource::Static("*".into()))),
        ("context.requestId", ResponseSource::General(GeneralSource::Context("requestId".into()))),
    ] {
        assert_eq!(rest::parse_response_source(value).unwrap(), expected, "{value}");
    }
}

#[test]
fn what_is_no_rest_value_is_an_error() {
    for (value, offset) in [
        ("", 0),
        ("*", 0),
        ("true", 0),
        ("'", 1),
        ("'*", 2),
        ("method.request.cookie.a", 0),
        ("method.request.header.", 22),
        ("method.request.body.", 19),
        ("method.request.body[0]", 19),
        ("method.request.bodyguard", 19),
        ("context.", 8),
        ("context.a..b", 8),
        ("context.a b", 8),
        ("$context.requestId", 0),
        ("stageVariables.", 15),
        ("integration.response.header.a", 0),
    ] {
        let error = rest::parse_request_source(value).unwrap_err();
        assert_eq!(error.offset, offset, "{value}: {error}");
    }
    assert!(rest::parse_response_source("method.request.header.a").is_err());
    assert!(rest::parse_gateway_response_source("method.request.body.a").is_err());
    assert!(rest::parse_gateway_response_source("method.request.header.Accept").is_ok());
}

#[test]
fn http_keys() {
    for (key, expected) in [
        ("append:header.Header1", http::RequestTarget::Header(Action::Append, "header1".into())),
        ("overwrite:header.host", http::RequestTarget::Header(Action::Overwrite, "host".into())),
        ("remove:header.x", http::RequestTarget::Header(Action::Remove, "x".into())),
        ("append:querystring.Page", http::RequestTarget::QueryString(Action::Append, "Page".into())),
        ("remove:querystring.f[0]", http::RequestTarget::QueryString(Action::Remove, "f[0]".into())),
        ("overwrite:path", http::RequestTarget::Path),
    ] {
        assert_eq!(http::parse_request_target(key).unwrap(), expected, "{key}");
    }
    for (key, expected) in [
        ("append:header.Header1", http::ResponseTarget::Header(Action::Append, "header1".into())),
        ("overwrite:statuscode", http::ResponseTarget::StatusCode),
    ] {
        assert_eq!(http::parse_response_target(key).unwrap(), expected, "{key}");
    }
    for (key, offset) in [
        ("", 0),
        ("header.a", 0),
        ("Append:header.a", 0),
        ("append:path", 7),
        ("remove:path", 7),
        ("overwrite:statuscode", 10),
        ("append:header.", 14),
        ("append:header.a b", 14),
        ("append:querystring.", 19),
        ("append:header.Authorization", 14),
        ("overwrite:header.X-Amz-Date", 17),
    ] {
        let error = http::parse_request_target(key).unwrap_err();
        assert_eq!(error.offset, offset, "{key}: {error}");
    }
    assert!(http::parse_response_target("overwrite:path").is_err());
    assert!(http::parse_response_target("append:querystring.a").is_err());
    assert!(http::parse_response_target("overwrite:header.Access-Control-Allow-Origin").is_err());
}

#[test]
fn reserved_headers_are_known_whatever_their_case() {
    for name in ["Via", "ORIGIN", "access-control-allow-origin", "x-amzn-trace-id", "apigw-requestid", "TE"] {
        assert!(is_reserved_header(name), "{name}");
    }
    for name in ["host", "x-amazon", "teapot", "x-forwarded-port", "content-type"] {
        assert!(!is_reserved_header(name), "{name}");
    }
}

fn value(text: &str, message: Message) -> Result<Vec<Part>, LanguageError> {
    Value::parse(text, message).map(|value| value.parts().to_vec())
}

fn text(text: &str) -> Part {
    Part::Text(text.into())
}

#[test]
fn http_values() {
    use Variable::*;
    for (written, expected) in [
        ("", vec![]),
        ("static", vec![text("static")]),
        ("'quoted'", vec![text("'quoted'")]),
        ("costs $5, or 5$", vec![text("costs $5, or 5$")]),
        ("$request.header.Header1", vec![Part::Variable(RequestHeader("header1".into()))]),
        ("${request.querystring.Page}", vec![Part::Variable(RequestQueryString("Page".into()))]),
        ("$request.path", vec![Part::Variable(RequestPath)]),
        ("/v1$request.path", vec![text("/v1"), Part::Variable(RequestPath)]),
        (
            "${request.path.name} ${request.path.id}",
            vec![
                Part::Variable(RequestPathParameter("name".into())),
                text(" "),
                Part::Variable(RequestPathParameter("id".into())),
            ],
        ),
        ("$request.body", vec![Part::Variable(RequestBody(path("$")))]),
        ("$request.body.pets[0].name", vec![Part::Variable(RequestBody(path("$.pets[0].name")))]),
        ("$context.identity.sourceIp!", vec![Part::Variable(Context("identity.sourceIp".into())), text("!")]),
        (
            "See $context.requestId.",
            vec![text("See "), Part::Variable(Context("requestId".into())), text(".")],
        ),
        (
            "${context.authorizer.claims.cognito:groups}",
            vec![Part::Variable(Context("authorizer.claims.cognito:groups".into()))],
        ),
        ("$stageVariables.environmentId", vec![Part::Variable(StageVariable("environmentId".into()))]),
        ("$$context.stage", vec![text("$"), Part::Variable(Context("stage".into()))]),
    ] {
        assert_eq!(value(written, Message::Request).unwrap(), expected, "{written}");
    }
    for (written, expected) in [
        ("403", vec![text("403")]),
        ("$response.header.Location", vec![Part::Variable(ResponseHeader("location".into()))]),
        ("${response.body.error.code}", vec![Part::Variable(ResponseBody(path("$.error.code")))]),
    ] {
        assert_eq!(value(written, Message::Response).unwrap(), expected, "{written}");
    }
    assert_eq!(Value::parse("403", Message::Response).unwrap().as_static(), Some("403"));
    assert_eq!(Value::parse("", Message::Response).unwrap().as_static(), Some(""));
    assert_eq!(Value::parse("$context.a", Message::Response).unwrap().as_static(), None);
}

#[test]
fn what_is_no_http_value_is_an_error_at_its_place() {
    for (written, message, offset, why) in [
        ("$default", Message::Request, 1, "`default` is no variable"),
        ("a $request.cookie.x", Message::Request, 3, "`request.cookie.x` is no variable"),
        ("$response.header.a", Message::Request, 1, "`request.header.NAME`"),
        ("$request.header.a", Message::Response, 1, "`response.header.NAME`"),
        ("${request.path", Message::Request, 0, "is not closed"),
        ("a ${}", Message::Request, 4, "is no variable"),
        ("${request.header.}", Message::Request, 17, "a name is missing"),
        ("${request.header.a b}", Message::Request, 17, "`a b` is no name"),
        ("$request.body..name", Message::Request, 13, "recursive descent"),
        ("${request.body.a[?(@.b)]}", Message::Request, 17, "a filter"),
        ("$request.body.a[?(@.b)]", Message::Request, 16, "a filter"),
        ("${request.body.a[ ? (@.b)]}", Message::Request, 18, "a filter"),
        ("${request.body.a['b'][?(@.c)]}", Message::Request, 22, "a filter"),
        ("${response.body.a..b}", Message::Response, 17, "recursive descent"),
        ("${context.}", Message::Request, 10, "no context variable"),
    ] {
        let error = value(written, message).unwrap_err();
        assert_eq!(error.offset, offset, "{written}: {error}");
        assert!(error.message.contains(why), "{written}: {error}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "[${}:.'a-c \u{e9}]{0,12}", prefix in prop::sample::select(vec![
        "", "method.request.", "method.request.body", "integration.response.", "$request.header.", "${request.body",
        "append:header.", "overwrite:", "context.", "stageVariables.",
    ])) {
        let text = format!("{prefix}{text}");
        let errors = [
            rest::parse_request_target(&text).err(),
            rest::parse_response_target(&text).err(),
            rest::parse_gateway_response_target(&text).err(),
            rest::parse_request_source(&text).err(),
            rest::parse_response_source(&text).err(),
            rest::parse_gateway_response_source(&text).err(),
            http::parse_request_target(&text).err(),
            http::parse_response_target(&text).err(),
            Value::parse(&text, Message::Request).err(),
            Value::parse(&text, Message::Response).err(),
        ];
        for error in errors.into_iter().flatten() {
            prop_assert!(text.get(..error.offset).is_some(), "{error:?}");
        }
    }

    #[test]
    fn text_without_a_dollar_is_static(text in "[^$]*") {
        let value = Value::parse(&text, Message::Request).unwrap();
        prop_assert_eq!(value.as_static(), Some(text.as_str()));
    }
}
