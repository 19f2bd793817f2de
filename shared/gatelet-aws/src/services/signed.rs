//! Requests to AWS's services, signed and sent: the one way for all of them.

use std::sync::Arc;
use std::time::SystemTime;

use aws_credential_types::Credentials as SigningCredentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use gatelet_core::ports::BackendError;
use http::{HeaderName, HeaderValue, Request, Response, Uri};
use hyper::body::Incoming;
use hyper_util::client::legacy;

use super::https::Https;
use super::roles::{AssumeError, Moment, Roles, Session};
use super::settings::ServiceSettings;
use super::token_service::{self, TokenService};
use crate::backends;
use crate::environment::Credentials;

/// The service that wants its paths signed as they are, and the hash of its bodies in a header
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>).
const S3: &str = "s3";

/// A client that signs with the credentials of the environment, or with those of a role that they may assume. Clones share
/// connections and roles.
#[derive(Clone)]
pub(crate) struct SignedClient(Arc<Shared>);

struct Shared {
    https: Https,
    credentials: Option<SigningCredentials>,
    roles: Roles,
    token_service: TokenService,
}

/// What a request is signed for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signing<'a> {
    /// The name by which signatures know the service.
    pub(crate) service: &'a str,
    /// Its region.
    pub(crate) region: &'a str,
    /// The role to assume; none is the gateway's own.
    pub(crate) role: Option<&'a str>,
    /// Whether it goes to AWS itself.
    pub(crate) is_aws: bool,
}

/// Why a request was not answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    #[error("no credentials are known: set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`")]
    NoCredentials,
    #[error("the role `{role}` cannot be assumed: {why}")]
    Role { role: Box<str>, why: String },
    #[error("the role `{role}` cannot be assumed, the token service does not answer: {error}")]
    TokenService { role: Box<str>, error: BackendError },
    #[error("the call cannot be signed: {0}")]
    Unsignable(String),
    #[error("{0}")]
    Network(legacy::Error),
}

impl SignedClient {
    /// A client; nothing is connected yet.
    ///
    /// # Errors
    /// Where TLS cannot be set up.
    pub(crate) fn new(settings: &ServiceSettings) -> Result<Self, rustls::Error> {
        Ok(Self(Arc::new(Shared {
            https: Https::new(settings.connections)?,
            credentials: settings.credentials().map(signing_credentials),
            roles: Roles::default(),
            token_service: TokenService::of(settings),
        })))
    }

    /// Uses none of the connections made before, and waits for nothing that was asked over them.
    pub(crate) fn forget_connections(&self) {
        self.0.https.forget_connections();
        self.0.roles.forget_asking();
    }

    /// Whether anybody is known to sign for.
    pub(crate) fn can_sign(&self) -> bool {
        self.0.credentials.is_some()
    }

    /// Signs a request and sends it once. A reused connection that turns out to be closed before anything was sent is replaced;
    /// whatever was sent is never sent again.
    ///
    /// Without credentials AWS is not asked; whoever stands in for it is, unsigned. A role is assumed unless only the service itself has
    /// a stand-in: AWS would not know what it is needed for.
    ///
    /// # Errors
    /// A [`SendError`] where no answer began.
    pub(crate) async fn send(
        &self,
        mut request: Request<Bytes>,
        signing: Signing<'_>,
    ) -> Result<Response<Incoming>, SendError> {
        let shared = &*self.0;
        match &shared.credentials {
            Some(own) => {
                let role = signing.role.filter(|_| signing.is_aws || shared.token_service.is_stand_in());
                let credentials = match role {
                    None => own.clone(),
                    Some(role) => self.assumed(role, own, signing.region).await?,
                };
                sign_as(&mut request, credentials, signing).map_err(SendError::Unsignable)?;
            }
            None if signing.is_aws => return Err(SendError::NoCredentials),
            None => {}
        }
        shared.https.send(request).await.map_err(SendError::Network)
    }

    async fn assumed(
        &self,
        role: &str,
        own: &SigningCredentials,
        region: &str,
    ) -> Result<SigningCredentials, SendError> {
        let now = Moment::now();
        let asking = || {
            let shared = Arc::clone(&self.0);
            ask(shared, role.to_owned(), own.clone(), region.to_owned(), now)
        };
        self.0.roles.credentials(role, now, asking).await.map_err(|error| match error {
            AssumeError::Refused(why) => SendError::Role { role: role.into(), why },
            AssumeError::Unreachable(error) => SendError::TokenService { role: role.into(), error },
        })
    }
}

/// Asks the token service for a role.
async fn ask(
    shared: Arc<Shared>,
    role: String,
    own: SigningCredentials,
    region: String,
    now: Moment,
) -> Result<Session, AssumeError> {
    let Shared { https, token_service, .. } = &*shared;
    let region = token_service.region().unwrap_or(&region);
    let mut request = token_service.assume(&role, region).map_err(AssumeError::Refused)?;
    let signing = Signing { service: "sts", region, role: None, is_aws: !token_service.is_stand_in() };
    sign_as(&mut request, own, signing).map_err(AssumeError::Refused)?;
    let answer = https.send(request).await;
    let answer = answer.map_err(|error| AssumeError::Unreachable(backends::service_failure(&error)))?;
    token_service::read(answer, now).await
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
    signing: Signing<'_>,
) -> Result<(), String> {
    let failed = |why: &dyn std::fmt::Display| why.to_string();
    let mut settings = SigningSettings::default();
    if signing.service == S3 {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    let identity = credentials.into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(signing.region)
        .name(signing.service)
        .time(SystemTime::now())
        .settings(settings)
        .build()
        .map_err(|why| failed(&why))?
        .into();
    let uri: Uri = request.uri().clone();
    let headers =
        request.headers().iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let body = SignableBody::Bytes(request.body());
    let signable = SignableRequest::new(request.method().as_str(), uri.to_string(), headers, body)
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn signed(uri: &str, service: &str) -> Request<Bytes> {
        let mut request = Request::post(uri).body(Bytes::from_static(b"{}")).unwrap();
        let credentials =
            SigningCredentials::new("AKIDEXAMPLE", "secret", Some("token".into()), None, "test");
        let signing = Signing { service, region: "eu-west-1", role: None, is_aws: true };
        sign_as(&mut request, credentials, signing).unwrap();
        request
    }

    #[test]
    fn a_request_is_signed_for_its_region_and_says_no_secret() {
        let request =
            signed("https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/f/invocations", "lambda");
        let header = |name: &str| request.headers()[name].to_str().unwrap().to_owned();
        assert!(header("authorization").starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
        assert!(header("authorization").contains("/eu-west-1/lambda/aws4_request"));
        assert_eq!(header("x-amz-security-token"), "token");
        assert!(!request.headers().contains_key("x-amz-content-sha256"));
        assert!(!format!("{request:?}").contains("secret"));
    }

    #[test]
    fn s3_is_told_the_hash_of_the_body() {
        let request = signed("https://s3.eu-west-1.amazonaws.com/b/a%20b//c", "s3");
        let hash = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        assert_eq!(request.headers()["x-amz-content-sha256"], hash);
        assert!(request.headers()["authorization"].to_str().unwrap().contains("x-amz-content-sha256"));
    }
}
