//! Which function an integration's URI names.

use gatelet_model::StageVariables;

use crate::integrations::variables::filled;

/// The function in an integration's URI, with the stage's variables filled in.
///
/// REST APIs name the action that invokes it,
/// `arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function}/invocations`; HTTP APIs take the function's
/// own ARN or name beside that
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>,
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html>,
/// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-integrations-integrationid.html>).
///
/// # Errors
/// What is wrong with it, for the author.
pub(crate) fn function(uri: &str, variables: &StageVariables, plain: Plain) -> Result<Box<str>, String> {
    let text = filled(uri, variables)?;
    let function = match (action_path(&text), plain) {
        (Some(path), _) => of_action(path).ok_or_else(|| {
            format!("the URI `{text}` invokes no function: end it with `path/2015-03-31/functions/{{ARN of the function}}/invocations`")
        })?,
        (None, Plain::Taken) => &*text,
        (None, Plain::Refused) => {
            return Err(format!(
                "the URI `{text}` is not the action that invokes a function: write \
                 `arn:aws:apigateway:{{region}}:lambda:path/2015-03-31/functions/{{ARN of the function}}/invocations`"
            ));
        }
    };
    if is_function(function) {
        Ok(function.into())
    } else {
        Err(format!("`{function}` is not a Lambda function"))
    }
}

/// Whether a function may be named without the action that invokes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plain {
    Taken,
    Refused,
}

/// What stands behind `:lambda:path/` in the ARN of an action, or `None` where it is no such ARN.
fn action_path(text: &str) -> Option<&str> {
    let mut parts = text.splitn(6, ':');
    let (Some("arn"), Some(_partition), Some("apigateway"), Some(_region), Some("lambda"), Some(path)) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    Some(path.strip_prefix("path").unwrap_or_default())
}

/// The function in `/2015-03-31/functions/{function}/invocations`, or the streaming form.
fn of_action(path: &str) -> Option<&str> {
    let (version, rest) = path.strip_prefix('/')?.split_once("/functions/")?;
    let is_date = version.len() == "2015-03-31".len()
        && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let function =
        rest.strip_suffix("/response-streaming-invocations").or_else(|| rest.strip_suffix("/invocations"))?;
    is_date.then_some(function)
}

/// `arn:...:lambda:...:function:{name}[:{qualifier}]`, `{account}:function:{name}`, or `{name}[:{qualifier}]`.
fn is_function(text: &str) -> bool {
    let characters = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':' | b'$');
    let named = match text.strip_prefix("arn:") {
        Some(arn) => {
            let mut parts = arn.splitn(6, ':');
            (parts.next().is_some(), parts.next()) == (true, Some("lambda"))
                && parts.nth(2) == Some("function")
                && parts.next().is_some_and(|name| !name.is_empty())
        }
        None => !text.is_empty() && !text.starts_with(':'),
    };
    named && text.bytes().all(characters)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:pets";

    fn find(uri: &str, plain: Plain) -> Result<String, String> {
        let pairs = [("fn", "pets"), ("alias", "live"), ("arn", FUNCTION), ("junk", "a b")];
        let variables =
            StageVariables::new(pairs.map(|(name, value)| (name.to_owned(), value.to_owned()))).unwrap();
        function(uri, &variables, plain).map(Into::into)
    }

    fn action(function: &str) -> String {
        format!("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations")
    }

    #[test]
    fn a_function_is_found_in_the_action_that_invokes_it() {
        let stream = format!(
            "arn:aws-cn:apigateway:x:lambda:path/2021-11-15/functions/{FUNCTION}:1/response-streaming-invocations"
        );
        for (uri, expected) in [
            (action(FUNCTION), FUNCTION.to_owned()),
            (action(&format!("{FUNCTION}:$LATEST")), format!("{FUNCTION}:$LATEST")),
            (action("${stageVariables.arn}"), FUNCTION.to_owned()),
            (
                action(
                    "arn:aws:lambda:us-east-1:123456789012:function:${stageVariables.fn}:${stageVariables.alias}",
                ),
                format!("{FUNCTION}:live"),
            ),
            (stream, format!("{FUNCTION}:1")),
        ] {
            assert_eq!(find(&uri, Plain::Refused), Ok(expected.clone()), "{uri}");
            assert_eq!(find(&uri, Plain::Taken), Ok(expected), "{uri}");
        }
    }

    #[test]
    fn http_apis_take_a_function_as_it_is() {
        for plain in [FUNCTION, "pets", "pets:live", "123456789012:function:pets"] {
            assert_eq!(find(plain, Plain::Taken), Ok(plain.to_owned()));
            assert!(find(plain, Plain::Refused).unwrap_err().contains("is not the action"), "{plain}");
        }
        assert_eq!(find("${stageVariables.arn}", Plain::Taken), Ok(FUNCTION.to_owned()));
    }

    #[test]
    fn what_names_no_function_is_told_to_its_author() {
        for (uri, why) in [
            (action(""), "is not a Lambda function"),
            (action("${stageVariables.missing}"), "no variable `missing`"),
            (action("${stageVariables.junk}"), "is not a Lambda function"),
            (action("{proxy}"), "nothing fills `{proxy}`"),
            ("arn:aws:apigateway:us-east-1:sqs:path/x".to_owned(), "is not a Lambda function"),
            ("arn:aws:apigateway:us-east-1:lambda:action/Invoke".to_owned(), "invokes no function"),
            (
                "arn:aws:apigateway:us-east-1:lambda:path/now/functions/x/invocations".to_owned(),
                "invokes no function",
            ),
            ("arn:aws:lambda:us-east-1:123456789012:layer:x".to_owned(), "is not a Lambda function"),
            ("https://example.com/".to_owned(), "is not a Lambda function"),
            (String::new(), "is not a Lambda function"),
        ] {
            let problem = find(&uri, Plain::Taken).unwrap_err();
            assert!(problem.contains(why), "{uri}: {problem}");
        }
    }
}
