//! Requests to AWS's services, signed and sent.

use std::time::SystemTime;

use aws_credential_types::Credentials as SigningCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use gatelet_core::ports::FunctionError;
use http::{HeaderName, HeaderValue, Request, Response};
use hyper::body::Incoming;
use hyper_util::client::legacy::Error;

use super::settings::LambdaSettings;
use crate::environment::Credentials;
use crate::https::{self, Https};

/// The name by which signatures know Lambda.
const SIGNING_NAME: &str = "lambda";

/// A client that signs with the credentials of the environment.
pub(super) struct SignedClient {
    https: Https,
    credentials: Option<SigningCredentials>,
}

impl SignedClient {
    /// A client; nothing is connected yet.
    ///
    /// # Errors
    /// Where TLS cannot be set up.
    pub(super) fn new(settings: &LambdaSettings) -> Result<Self, rustls::Error> {
        Ok(Self {
            https: Https::new(settings.limits.https())?,
            credentials: settings.credentials.as_ref().map(signing_credentials),
        })
    }

    /// Uses none of the connections made before.
    pub(super) fn forget_connections(&self) {
        self.https.forget_connections();
    }

    /// Whether anybody is known to sign for.
    pub(super) const fn can_sign(&self) -> bool {
        self.credentials.is_some()
    }

    /// Signs a request, where there is somebody to sign for, and sends it once. A reused connection that turns out
    /// to be closed before anything was sent is replaced; whatever was sent is never sent again.
    ///
    /// # Errors
    /// [`FunctionError::Unavailable`].
    pub(super) async fn send(
        &self,
        mut request: Request<Bytes>,
        region: &str,
    ) -> Result<Response<Incoming>, FunctionError> {
        if let Some(credentials) = &self.credentials {
            sign_as(&mut request, credentials.clone(), region)
                .map_err(|why| FunctionError::Unavailable(format!("the call cannot be signed: {why}")))?;
        }
        self.https.send(request).await.map_err(|error| unavailable(&error))
    }
}

fn signing_credentials(credentials: &Credentials) -> SigningCredentials {
    SigningCredentials::new(
        &credentials.access_key_id,
        credentials.secret_access_key.reveal(),
        credentials.session_token.as_ref().map(|token| token.reveal().to_owned()),
        None,
        "environment",
    )
}

/// Adds a [signature](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html) to a request.
fn sign_as(
    request: &mut Request<Bytes>,
    credentials: SigningCredentials,
    region: &str,
) -> Result<(), String> {
    let failed = |why: &dyn std::fmt::Display| why.to_string();
    let identity = credentials.into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(SIGNING_NAME)
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .map_err(|why| failed(&why))?
        .into();
    let uri = request.uri().to_string();
    let headers =
        request.headers().iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let body = SignableBody::Bytes(request.body());
    let signable = SignableRequest::new(request.method().as_str(), uri.as_str(), headers, body)
        .map_err(|why| failed(&why))?;
    let (instructions, _) = sign(signable, &params).map_err(|why| failed(&why))?.into_parts();
    let (signed, _) = instructions.into_parts();
    for header in signed {
        let name = HeaderName::try_from(header.name()).map_err(|why| failed(&why))?;
        let mut value = HeaderValue::try_from(header.value()).map_err(|why| failed(&why))?;
        value.set_sensitive(header.sensitive());
        request.headers_mut().insert(name, value);
    }
    Ok(())
}

fn unavailable(error: &Error) -> FunctionError {
    let what = if error.is_connect() { "Lambda cannot be reached" } else { "Lambda broke off" };
    FunctionError::Unavailable(format!("{what}: {}", https::causes(error)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_request_is_signed_for_its_region_and_says_no_secret() {
        let mut request =
            Request::post("https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/f/invocations")
                .body(Bytes::from_static(b"{}"))
                .unwrap();
        let credentials =
            SigningCredentials::new("AKIDEXAMPLE", "secret", Some("token".into()), None, "test");
        sign_as(&mut request, credentials, "eu-west-1").unwrap();
        let header = |name: &str| request.headers()[name].to_str().unwrap().to_owned();
        assert!(header("authorization").starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
        assert!(header("authorization").contains("/eu-west-1/lambda/aws4_request"));
        assert_eq!(header("x-amz-security-token"), "token");
        assert!(!format!("{request:?}").contains("secret"));
    }
}
