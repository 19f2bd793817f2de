//! What an integration with an AWS service names: `arn:aws:apigateway:{region}:{subdomain.service|service}:{path|action}/{service_api}`
//! (<https://docs.aws.amazon.com/apigateway/latest/api/API_Integration.html#apigw-Type-Integration-uri>).

use crate::LanguageError;
use crate::error::shown;

const HELP: &str = "write `arn:aws:apigateway:{region}:{service}:action/{name}` or \
                    `arn:aws:apigateway:{region}:{service}:path/{path}`";

/// Where the API of an AWS service is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceUri<'a> {
    /// The region.
    pub region: &'a str,
    /// The service with what a definition says before it, such as `dynamodb`, `runtime.sagemaker` or `bucket.s3`.
    pub service: &'a str,
    /// What is called there.
    pub api: ServiceApi<'a>,
}

/// What of a service is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceApi<'a> {
    /// An action by its name, with parameters behind it where the definition has some: `GetObject&Bucket={bucket}`.
    Action {
        /// Its name.
        name: &'a str,
        /// The parameters, written as in a query; empty where there are none.
        parameters: &'a str,
    },
    /// A path of its API, without its first slash; it may have a query.
    Path(&'a str),
}

impl<'a> ServiceUri<'a> {
    /// Reads an address whose stage variables are filled in. Placeholders, `{name}`, may stand in paths and in the parameters of actions:
    /// a request never chooses the service or the action.
    ///
    /// # Errors
    /// A [`LanguageError`] for anything else.
    pub fn parse(text: &'a str) -> Result<Self, LanguageError> {
        let fail = |offset: usize, what: &str| {
            Err(LanguageError::new(offset, format!("{} {what}: {HELP}", shown(text))))
        };
        let mut parts = text.splitn(6, ':');
        let mut offset = 0;
        let mut next = || {
            let part = parts.next();
            let start = offset;
            offset += part.map_or(0, str::len) + 1;
            part.map(|part| (part, start))
        };
        let (Some(("arn", _)), Some(_partition), Some(("apigateway", _))) = (next(), next(), next()) else {
            return fail(0, "names no AWS service");
        };
        let (Some((region, at_region)), Some((service, at_service)), Some((api, at_api))) =
            (next(), next(), next())
        else {
            return fail(0, "names no AWS service");
        };
        if !is_label(region) {
            return fail(at_region, "names no region");
        }
        if !service.split('.').all(is_label) {
            return fail(at_service, "names no service that can be called");
        }
        let api = if let Some(action) = api.strip_prefix("action/") {
            let (name, parameters) = action.split_once('&').unwrap_or((action, ""));
            if name.is_empty()
                || !name.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'_' | b'-'))
            {
                return fail(at_api, "names an action that cannot be one");
            }
            ServiceApi::Action { name, parameters }
        } else if let Some(path) = api.strip_prefix("path/") {
            // `s3:path//` is written for the root, and `batch:path//v1/submitjob` like any other path.
            ServiceApi::Path(path.strip_prefix('/').unwrap_or(path))
        } else {
            return fail(at_api, "names neither an action nor a path");
        };
        Ok(Self { region, service, api })
    }
}

/// Whether a text can be a label of a host's name.
fn is_label(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !text.is_empty()
        && text.len() <= 63
        && text.bytes().all(fits)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn actions_and_paths_are_told_apart() {
        for (text, service, api) in [
            ("dynamodb:action/PutItem", "dynamodb", ServiceApi::Action { name: "PutItem", parameters: "" }),
            (
                "s3:action/GetObject&Bucket={b}&Key={k}",
                "s3",
                ServiceApi::Action { name: "GetObject", parameters: "Bucket={b}&Key={k}" },
            ),
            ("s3:path/{bucket}/{key}?acl", "s3", ServiceApi::Path("{bucket}/{key}?acl")),
            ("s3:path//", "s3", ServiceApi::Path("")),
            ("batch:path//v1/submitjob", "batch", ServiceApi::Path("v1/submitjob")),
            ("sqs:path/", "sqs", ServiceApi::Path("")),
            ("runtime.sagemaker:path/endpoints/a:b", "runtime.sagemaker", ServiceApi::Path("endpoints/a:b")),
        ] {
            let text = format!("arn:aws-cn:apigateway:cn-north-1:{text}");
            let parsed = ServiceUri::parse(&text).unwrap();
            assert_eq!(parsed, ServiceUri { region: "cn-north-1", service, api }, "{text}");
        }
    }

    #[test]
    fn what_names_no_service_is_refused_at_its_place() {
        for (text, offset) in [
            ("https://example.com", 0),
            ("arn:aws:lambda:us-east-1:s3:path/x", 0),
            ("arn:aws:apigateway:us-east-1:s3", 0),
            ("arn:aws:apigateway::s3:path/x", 19),
            ("arn:aws:apigateway:a.b/c:s3:path/x", 19),
            ("arn:aws:apigateway:us-east-1::path/x", 29),
            ("arn:aws:apigateway:us-east-1:{x}:path/x", 29),
            ("arn:aws:apigateway:us-east-1:a..s3:path/x", 29),
            ("arn:aws:apigateway:us-east-1:s3@evil:path/x", 29),
            ("arn:aws:apigateway:us-east-1:s3:object/x", 32),
            ("arn:aws:apigateway:us-east-1:sqs:action/", 33),
            ("arn:aws:apigateway:us-east-1:sqs:action/{x}", 33),
            ("arn:aws:apigateway:us-east-1:sqs:action/Send Message", 33),
        ] {
            let error = ServiceUri::parse(text).unwrap_err();
            assert_eq!(error.offset, offset, "{text}");
            assert!(error.to_string().contains("arn:aws:apigateway:{region}"), "{text}");
        }
    }
}
