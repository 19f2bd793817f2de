//! Roles that integrations name: assumed when first needed, and remembered until shortly before they end
//! (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_credential_types::Credentials as SigningCredentials;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::endpoint::{based_on, domain};
use super::settings::ServiceSettings;
use super::xml::element;

/// AWS's name for its Security Token Service, as endpoint variables have it.
const SERVICE: &str = "STS";

/// What an assumed role's sessions are called, in CloudTrail for example.
const SESSION_NAME: &str = "gatelet";

/// How long a session is asked for. A role that is assumed by a role, as a function's is, lasts this long at most
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining>).
const SESSION_SECONDS: u64 = 3_600;

/// How long before its end a session is not used any more.
const MARGIN_SECONDS: u64 = 300;

/// How long a refusal is believed, so that what cannot work does not ask AWS with every request.
const REFUSAL_KEPT: Duration = Duration::from_secs(1);

/// How many roles are remembered.
const ROLES_MAX: usize = 1_000;

/// The longest answer that is taken in, in bytes; real ones have some two thousand.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// What is remembered of a role, and until when.
type Known = Option<(Result<SigningCredentials, String>, Instant)>;

/// The roles that were assumed.
#[derive(Default)]
pub(super) struct Roles(Mutex<BTreeMap<Box<str>, Arc<tokio::sync::Mutex<Known>>>>);

impl Roles {
    /// The credentials of a role: remembered, or asked for by one at a time. `now` is when they were first wanted.
    ///
    /// # Errors
    /// Why the role cannot be assumed.
    pub(super) async fn credentials(
        &self,
        role: &str,
        now: Instant,
        ask: impl AsyncFnOnce() -> Result<SigningCredentials, String>,
    ) -> Result<SigningCredentials, String> {
        let slot = self.slot(role);
        let mut known = slot.lock().await;
        if let Some((credentials, until)) = &*known
            && now < *until
        {
            return credentials.clone();
        }
        let credentials = ask().await;
        let kept = match &credentials {
            Ok(_) => Duration::from_secs(SESSION_SECONDS - MARGIN_SECONDS),
            Err(_) => REFUSAL_KEPT,
        };
        *known = Some((credentials.clone(), now + kept));
        credentials
    }

    fn slot(&self, role: &str) -> Arc<tokio::sync::Mutex<Known>> {
        let mut roles = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = roles.get(role) {
            return Arc::clone(slot);
        }
        if roles.len() >= ROLES_MAX {
            roles.clear();
        }
        Arc::clone(roles.entry(role.into()).or_default())
    }
}

/// Where roles are assumed.
pub(super) struct TokenService {
    stand_in: Option<Uri>,
    region: Option<Box<str>>,
}

impl TokenService {
    pub(super) fn of(settings: &ServiceSettings) -> Self {
        Self {
            stand_in: settings.endpoint(SERVICE).cloned(),
            region: settings.environment.region().map(Into::into),
        }
    }

    /// Whether it is somebody else than AWS.
    pub(super) const fn is_stand_in(&self) -> bool {
        self.stand_in.is_some()
    }

    /// The region whose token service is asked, where the environment says one.
    pub(super) fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// The request that asks for a role, unsigned.
    ///
    /// # Errors
    /// Where the role or the region cannot be one.
    pub(super) fn assume(&self, role: &str, region: &str) -> Result<Request<Bytes>, String> {
        let role = utf8_percent_encode(role, NON_ALPHANUMERIC);
        let form = format!(
            "Action=AssumeRole&Version=2011-06-15&RoleArn={role}&RoleSessionName={SESSION_NAME}\
             &DurationSeconds={SESSION_SECONDS}"
        );
        let uri = match &self.stand_in {
            Some(stand_in) => based_on(stand_in, "/")?,
            None => format!("https://sts.{region}.{}/", domain(region))
                .parse()
                .map_err(|why: http::uri::InvalidUri| why.to_string())?,
        };
        let mut request = Request::new(Bytes::from(form));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = uri;
        let form = HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8");
        request.headers_mut().insert(CONTENT_TYPE, form);
        Ok(request)
    }

    /// The credentials in its answer.
    ///
    /// # Errors
    /// What it says instead.
    pub(super) async fn read(&self, answer: Response<Incoming>) -> Result<SigningCredentials, String> {
        let status = answer.status();
        let collected = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await;
        let body =
            collected.map_err(|why| format!("the token service's answer broke off: {why}"))?.to_bytes();
        let text = String::from_utf8_lossy(&body);
        if !status.is_success() {
            let code = element(&text, "Code").unwrap_or("no reason given");
            let message = element(&text, "Message").unwrap_or_default();
            return Err(format!("the token service answered {}: {code}: {message}", status.as_u16()));
        }
        read_credentials(&text).ok_or_else(|| "the token service's answer has no credentials".to_owned())
    }
}

fn read_credentials(text: &str) -> Option<SigningCredentials> {
    let key = element(text, "AccessKeyId")?;
    let secret = element(text, "SecretAccessKey")?;
    let token = element(text, "SessionToken")?;
    Some(SigningCredentials::new(key, secret, Some(token.to_owned()), None, "assumed role"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const ROLE: &str = "arn:aws:iam::123456789012:role/a b";

    fn token_service(stand_in: Option<&str>) -> TokenService {
        TokenService { stand_in: stand_in.map(|uri| uri.parse().unwrap()), region: None }
    }

    #[test]
    fn a_role_is_asked_for_in_its_region() {
        let request = token_service(None).assume(ROLE, "cn-north-1").unwrap();
        assert_eq!(request.uri(), "https://sts.cn-north-1.amazonaws.com.cn/");
        assert_eq!(
            request.body(),
            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fa%20b\
             &RoleSessionName=gatelet&DurationSeconds=3600"
        );
        let request = token_service(Some("http://localhost:5000")).assume(ROLE, "eu-west-1").unwrap();
        assert_eq!(request.uri(), "http://localhost:5000/");
    }

    #[test]
    fn credentials_are_read_from_xml() {
        let text = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId>\
                    <SecretAccessKey>s/+=</SecretAccessKey><SessionToken>t</SessionToken></Credentials>";
        let read = read_credentials(text).unwrap();
        assert_eq!(
            (read.access_key_id(), read.secret_access_key(), read.session_token()),
            ("ASIA", "s/+=", Some("t"))
        );
        assert!(read_credentials("<AccessKeyId>ASIA</AccessKeyId>").is_none());
    }

    #[tokio::test]
    async fn a_role_is_remembered_until_shortly_before_its_end() {
        let (roles, asked) = (Roles::default(), AtomicUsize::new(0));
        let now = Instant::now();
        let assume = |seconds: u64| {
            roles.credentials(ROLE, now + Duration::from_secs(seconds), async || {
                asked.fetch_add(1, Ordering::Relaxed);
                Ok(SigningCredentials::new("a", "b", None, None, "test"))
            })
        };
        for _ in 0..3 {
            assume(0).await.unwrap();
        }
        assume(SESSION_SECONDS - MARGIN_SECONDS - 1).await.unwrap();
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        assume(SESSION_SECONDS - MARGIN_SECONDS).await.unwrap();
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn a_refusal_is_believed_for_a_moment() {
        let (roles, asked) = (Roles::default(), AtomicUsize::new(0));
        let now = Instant::now();
        let assume = |seconds: u64| {
            roles.credentials(ROLE, now + Duration::from_secs(seconds), async || {
                asked.fetch_add(1, Ordering::Relaxed);
                Err("no".to_owned())
            })
        };
        let (first, second) = tokio::join!(assume(0), assume(0));
        assert_eq!((first.unwrap_err(), second.unwrap_err()), ("no".to_owned(), "no".to_owned()));
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        assume(REFUSAL_KEPT.as_secs()).await.unwrap_err();
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }
}
