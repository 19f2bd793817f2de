//! AWS's Security Token Service, which hands out roles (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials as SigningCredentials;
use aws_smithy_types::date_time::{DateTime, Format};
use bytes::Bytes;
use gatelet_core::ports::BackendError;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::endpoint::{based_on, domain};
use super::roles::{AssumeError, Moment, Session};
use super::settings::ServiceSettings;
use super::xml::element;

/// AWS's name for it, as endpoint variables have it.
const SERVICE: &str = "STS";

/// What an assumed role's sessions are called, in CloudTrail for example.
const SESSION_NAME: &str = "gatelet";

/// How long a session is asked for. A role that is assumed by a role, as a function's is, lasts this long at most
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining>).
const SESSION: Duration = Duration::from_secs(3_600);

/// The longest answer that is taken in, in bytes; real ones have some two thousand.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// What the codes of refusals begin with that have nothing to do with the role.
const THROTTLING: &str = "Throttling";

/// Where roles are assumed.
#[derive(Clone)]
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
        let seconds = SESSION.as_secs();
        let form = format!(
            "Action=AssumeRole&Version=2011-06-15&RoleArn={role}&RoleSessionName={SESSION_NAME}\
             &DurationSeconds={seconds}"
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
}

/// The session in an answer to what was asked at a moment.
///
/// # Errors
/// What it says instead.
pub(super) async fn read(answer: Response<Incoming>, asked: Moment) -> Result<Session, AssumeError> {
    let status = answer.status();
    let collected = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await;
    let unanswered = |why: String| AssumeError::Unreachable(BackendError::BadAnswer(why));
    let body = collected.map_err(|why| unanswered(why.to_string()))?.to_bytes();
    let text = String::from_utf8_lossy(&body);
    if !status.is_success() {
        let code = element(&text, "Code").unwrap_or("no reason given");
        let message = element(&text, "Message").unwrap_or_default();
        let said = format!("the token service answered {}: {code}: {message}", status.as_u16());
        let is_passing = status.is_server_error() || code.starts_with(THROTTLING);
        return Err(if is_passing { unanswered(said) } else { AssumeError::Refused(said) });
    }
    read_session(&text, asked)
        .ok_or_else(|| AssumeError::Refused("the token service's answer has no credentials".to_owned()))
}

/// The session in the text of an answer. It ends when the answer says, and after the time that was asked for, whatever the time of day is.
fn read_session(text: &str, asked: Moment) -> Option<Session> {
    let key = element(text, "AccessKeyId")?;
    let secret = element(text, "SecretAccessKey")?;
    let token = element(text, "SessionToken")?;
    let expiration = element(text, "Expiration").and_then(time_of_day);
    let ends = Moment {
        monotonic: asked.monotonic + SESSION,
        time_of_day: expiration.unwrap_or(asked.time_of_day + SESSION),
    };
    let credentials = SigningCredentials::new(key, secret, Some(token.to_owned()), None, "assumed role");
    Some(Session { credentials, ends })
}

fn time_of_day(text: &str) -> Option<SystemTime> {
    SystemTime::try_from(DateTime::from_str(text, Format::DateTime).ok()?).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
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
    fn a_session_is_read_from_xml() {
        let text = |expiration: &str| {
            format!(
                "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId>\
                 <SecretAccessKey>s/+=</SecretAccessKey><SessionToken>t</SessionToken>{expiration}</Credentials>"
            )
        };
        let asked = Moment::now();
        let read = read_session(&text(""), asked).unwrap();
        assert_eq!(
            (
                read.credentials.access_key_id(),
                read.credentials.secret_access_key(),
                read.credentials.session_token()
            ),
            ("ASIA", "s/+=", Some("t"))
        );
        assert_eq!(read.ends, asked.after(SESSION));
        for expiration in ["2026-11-21T06:00:00Z", "2026-11-21T06:00:00.000Z"] {
            let read = read_session(&text(&format!("<Expiration>{expiration}</Expiration>")), asked).unwrap();
            let expected = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_240_800);
            assert_eq!(read.ends.time_of_day, expected, "{expiration}");
        }
        assert!(read_session("<AccessKeyId>ASIA</AccessKeyId>", asked).is_none());
    }
}
