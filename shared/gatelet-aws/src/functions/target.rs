//! Where a function is called.

use gatelet_core::ports::{FunctionError, InvocationMode};
use http::Uri;
use http::uri::{Authority, Scheme};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::settings::LambdaSettings;
use crate::services::{based_on, domain};

/// The longest name of a function, as an ARN with its qualifier, in bytes. From
/// [AWS's reference](https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html).
const FUNCTION_NAME_BYTES_MAX: usize = 170;

/// The region that a signature names where neither the function nor the environment says one. Whoever stands in for
/// AWS does not mind it.
const STAND_IN_REGION: &str = "us-east-1";

/// What a segment of a path is written with.
const SEGMENT: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where a call goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) uri: Uri,
    /// The region that the signature names.
    pub(super) region: String,
    /// Whether this is AWS itself, which hears nobody without a signature.
    pub(super) is_aws: bool,
}

impl Target {
    /// Finds where a function is called: at the endpoint of the settings, else at AWS's own in the function's region.
    ///
    /// # Errors
    /// [`FunctionError::NotFound`] where the text can be no function, [`FunctionError::Unavailable`] where no region
    /// is known.
    pub(super) fn of(
        settings: &LambdaSettings,
        function: &str,
        mode: InvocationMode,
    ) -> Result<Self, FunctionError> {
        if !can_be_function(function) {
            return Err(FunctionError::NotFound(function.to_owned()));
        }
        let region = region_of(function).or(settings.region.as_deref());
        let path = path(function, mode);
        let unusable = |why: &dyn std::fmt::Display| FunctionError::Unavailable(why.to_string());
        if let Some(endpoint) = &settings.endpoint {
            let uri = based_on(endpoint, &path).map_err(|why| unusable(&why))?;
            return Ok(Self { uri, region: region.unwrap_or(STAND_IN_REGION).to_owned(), is_aws: false });
        }
        let Some(region) = region else {
            let why = format!("`{function}` names no region: set `AWS_REGION`, or write the function's ARN");
            return Err(FunctionError::Unavailable(why));
        };
        let authority = Authority::try_from(format!("lambda.{region}.{}", domain(region)));
        let uri = Uri::builder()
            .scheme(Scheme::HTTPS)
            .authority(authority.map_err(|why| unusable(&why))?)
            .path_and_query(path)
            .build()
            .map_err(|why| unusable(&why))?;
        Ok(Self { uri, region: region.to_owned(), is_aws: true })
    }
}

/// Function names may hold what a stage variable brought: nothing of it may reach into another path or host.
fn can_be_function(text: &str) -> bool {
    let is_letter =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':' | b'$' | b'.');
    !text.is_empty()
        && text.len() <= FUNCTION_NAME_BYTES_MAX
        && text.bytes().all(is_letter)
        && !text.bytes().all(|byte| byte == b'.')
}

/// The region in `arn:{partition}:lambda:{region}:{account}:function:{name}`.
fn region_of(function: &str) -> Option<&str> {
    let mut parts = function.split(':');
    let region = match (parts.next()?, parts.next()?, parts.next()?) {
        ("arn", _, "lambda") => parts.next()?,
        _ => return None,
    };
    let is_region = !region.is_empty()
        && region.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-');
    is_region.then_some(region)
}

/// The paths of [`Invoke`](https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html) and
/// [`InvokeWithResponseStream`](https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html).
fn path(function: &str, mode: InvocationMode) -> String {
    let function = utf8_percent_encode(function, &SEGMENT);
    match mode {
        InvocationMode::RequestResponse | InvocationMode::Event => {
            format!("/2015-03-31/functions/{function}/invocations")
        }
        InvocationMode::ResponseStream => {
            format!("/2021-11-15/functions/{function}/response-streaming-invocations")
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const ARN: &str = "arn:aws:lambda:eu-west-1:123456789012:function:orders:live";

    fn at(endpoint: &str) -> LambdaSettings {
        LambdaSettings::default().at(endpoint.parse().unwrap())
    }

    #[test]
    fn a_function_is_called_in_its_own_region() {
        let settings = LambdaSettings { region: Some("us-east-2".into()), ..LambdaSettings::default() };
        let target = Target::of(&settings, ARN, InvocationMode::RequestResponse).unwrap();
        assert_eq!(
            target.uri,
            "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/\
             arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Aorders%3Alive/invocations"
        );
        assert_eq!((target.region.as_str(), target.is_aws), ("eu-west-1", true));
        let by_name = Target::of(&settings, "orders", InvocationMode::ResponseStream).unwrap();
        assert_eq!(
            by_name.uri,
            "https://lambda.us-east-2.amazonaws.com/2021-11-15/functions/orders/response-streaming-invocations"
        );
        let nowhere = Target::of(&LambdaSettings::default(), "orders", InvocationMode::Event).unwrap_err();
        assert!(nowhere.to_string().contains("AWS_REGION"), "{nowhere}");
    }

    #[test]
    fn an_endpoint_keeps_its_path() {
        let target = Target::of(&at("http://127.0.0.1:9001/secret/"), "f", InvocationMode::Event).unwrap();
        assert_eq!(target.uri, "http://127.0.0.1:9001/secret/2015-03-31/functions/f/invocations");
        assert_eq!((target.region.as_str(), target.is_aws), (STAND_IN_REGION, false));
    }

    #[test]
    fn what_cannot_be_a_function_goes_nowhere() {
        for text in ["", "..", "a/b", "a?b", "a b", "a@b", "a%2fb", "ä", &"a".repeat(171)] {
            let found = Target::of(&at("http://127.0.0.1"), text, InvocationMode::Event);
            assert_eq!(found, Err(FunctionError::NotFound(text.to_owned())));
        }
        // A region that is none must not become a host.
        let settings = LambdaSettings { region: Some("us-east-1".into()), ..LambdaSettings::default() };
        let arn = "arn:aws:lambda:evil.example:1:function:f";
        let target = Target::of(&settings, arn, InvocationMode::Event).unwrap();
        assert_eq!(target.uri.host(), Some("lambda.us-east-1.amazonaws.com"));
    }
}
