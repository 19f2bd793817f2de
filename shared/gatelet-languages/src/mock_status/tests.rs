use proptest::prelude::*;

use super::*;

#[test]
fn what_templates_of_real_users_render() {
    for (text, expected) in [
        ("{\"statusCode\": 200}", 200),
        ("{\"statusCode\":404}", 404),
        ("{ statusCode: 200 }", 200),
        ("{statusCode:200}", 200),
        ("{'statusCode': 201}", 201),
        ("\n{\n  \"statusCode\" : 200\n}\n", 200),
        ("{\"statusCode\": 200,}", 200),
        ("{\"statusCode\": 500, \"message\": \"a } in a string, and \\\" too\"}", 500),
        ("{\"body\": {\"a\": [1, {\"b\": \"]}\"}]}, \"statusCode\": 302, \"empty\": }", 302),
        ("{\"statusCode\": 200, \"statusCode\": 201}", 201),
        ("{\"statusCode\": 0}", 0),
        ("{\"statusCode\": -1000}", -1000),
    ] {
        assert_eq!(parse(text).unwrap(), expected, "{text}");
    }
}

#[test]
fn what_has_no_status_code_is_an_error() {
    for (text, offset, why) in [
        ("", 0, "does not begin with `{`"),
        ("200", 0, "does not begin with `{`"),
        ("  [200]", 2, "does not begin with `{`"),
        ("{}", 0, "it has no `statusCode`"),
        ("{\"status\": 200}", 0, "it has no `statusCode`"),
        ("{\"statuscode\": 200}", 0, "it has no `statusCode`"),
        ("{\"body\": {\"statusCode\": 200}}", 0, "it has no `statusCode`"),
        ("{\"statusCode\": \"200\"}", 15, "`statusCode` is `\"200\"`, not an integer"),
        ("{\"statusCode\": '200'}", 15, "not an integer"),
        ("{\"statusCode\": 200.5}", 15, "not an integer"),
        ("{\"statusCode\": 2e2}", 15, "not an integer"),
        ("{\"statusCode\": }", 15, "not an integer"),
        ("{\"statusCode\": {}}", 15, "not an integer"),
        ("{\"statusCode\": 99999999999999999999}", 15, "not an integer"),
        ("{\"statusCode\": 200", 18, "a `,` or the closing `}` is missing"),
        ("{\"statusCode\": 200} {}", 20, "something stands behind"),
        ("{\"statusCode\" 200}", 14, "has no value"),
        ("{\"statusCode: 200}", 1, "a string is not closed"),
        ("{a: [1, 2}, statusCode: 200", 27, "is missing"),
        ("{a: [1, [2}, statusCode: 200", 4, "a bracket is not closed"),
        ("{,}", 1, "has no value"),
        ("{message: it's fine, statusCode: 200}", 12, "is missing"),
    ] {
        let error = parse(text).unwrap_err();
        assert_eq!(error.offset, offset, "{text}: {error}");
        assert!(error.message.contains(why), "{text}: {error}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "[{}\\[\\]:,\"'\\\\ a-z0-9\u{e9}]{0,40}") {
        if let Err(error) = parse(&text) {
            prop_assert!(text.is_char_boundary(error.offset));
        }
    }

    #[test]
    fn every_integer_is_read_whatever_stands_beside_it(code: i64, name in "[a-z]{0,8}", text in "[^\"\\\\]*") {
        prop_assert_eq!(parse(&format!("{{\"{name}\": \"{text}\", statusCode : {code} }}")).unwrap(), code);
    }
}
