//! Who claims to have signed a request, and whether it is true.

use std::borrow::Cow;
use std::fmt;

use subtle::ConstantTimeEq;

use super::authorization::{self, X_AMZ_CONTENT_SHA256, X_AMZ_SECURITY_TOKEN, as_text, single};
use super::error::{ScopeProblem, SignatureError, expires};
use super::key::{Scope, SigningKey};
use super::moment::Moment;
use super::presigned::{self, Parameters};
use super::request::{PayloadHash, Service, SignedRequest};
use super::{ALGORITHM, LIFETIME_SECONDS_MAX, SKEW_SECONDS, TERMINATOR, signed_headers};
use crate::ports::Timestamp;

/// A request that claims to be signed, with all checked that needs no secret.
pub struct Claim<'a> {
    pub(super) request: SignedRequest<'a>,
    pub(super) service: Service<'a>,
    pub(super) form: Form,
    pub(super) signed_at: Moment,
    pub(super) signed_headers: Cow<'a, str>,
    access_key_id: String,
    signature: Cow<'a, str>,
    session_token: Option<Cow<'a, str>>,
    now: Timestamp,
}

/// Where the signature stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Header,
    Query,
}

/// What a request says of its signature, before any of it is believed.
pub(super) struct Parts<'a> {
    pub(super) form: Form,
    pub(super) algorithm: Cow<'a, str>,
    pub(super) credential: Cow<'a, str>,
    pub(super) signed_headers: Cow<'a, str>,
    pub(super) signature: Cow<'a, str>,
    pub(super) date: Cow<'a, str>,
    pub(super) expires: Option<Cow<'a, str>>,
}

/// What is known of an access key.
#[derive(Debug, Clone, Copy)]
pub struct Credential<'a> {
    /// Its key for the claim's [`Scope`].
    pub signing_key: &'a SigningKey,
    /// Its token, if it is temporary.
    pub session_token: Option<&'a str>,
    /// When it ends, if it does.
    pub expires: Option<Timestamp>,
}

impl<'a> Claim<'a> {
    /// Reads the claim of a request, in the order in which AWS looks, and refuses what no secret could make right.
    ///
    /// # Errors
    /// Any [`SignatureError`] but those that need the secret or the body.
    pub fn read(
        request: SignedRequest<'a>,
        service: Service<'a>,
        now: Timestamp,
    ) -> Result<Self, SignatureError> {
        let (parts, session_token) = parts(&request)?;
        let signed_at = Moment::parse(&parts.date)
            .ok_or_else(|| SignatureError::BadDate(parts.date.as_ref().to_owned()))?;
        check_time(signed_at, parts.expires.as_deref(), Moment::of(now))?;
        signed_headers::check(&parts.signed_headers, request.headers)?;
        if parts.algorithm != ALGORITHM {
            return Err(SignatureError::UnsupportedAlgorithm(parts.algorithm.into_owned()));
        }
        Ok(Self {
            access_key_id: access_key_id(&parts.credential, signed_at, &service)?.to_owned(),
            request,
            service,
            form: parts.form,
            signed_at,
            signed_headers: parts.signed_headers,
            signature: parts.signature,
            session_token,
            now,
        })
    }

    /// The access key that is said to have signed. Not yet proven.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The session token that comes with it, if it is temporary. Not yet proven.
    #[must_use]
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    /// What the signing key must be derived for. Two claims of one access key and one scope have one signing key.
    #[must_use]
    pub fn scope(&self) -> Scope<'a> {
        Scope { date: self.signed_at.date(), region: self.service.region, service: self.service.name }
    }

    /// Whether the access key has signed this request with this body. An access key that is unknown or switched off
    /// is none, and costs the same time.
    ///
    /// # Errors
    /// The signature is another's, the token is not the key's, or the key is over.
    pub fn verify(
        &self,
        payload: &PayloadHash,
        credential: Option<&Credential<'_>>,
    ) -> Result<(), SignatureError> {
        self.check_announced(payload)?;
        let key = credential.map_or(&SigningKey::NOBODY, |credential| credential.signing_key);
        let signature = key.sign(&self.string_to_sign(&self.canonical_request(payload)));
        let is_right = bool::from(signature.as_bytes().ct_eq(self.signature.as_bytes()));
        let credential = credential.ok_or(SignatureError::InvalidToken)?;
        if !is_right {
            return Err(SignatureError::Mismatch);
        }
        let token_is_right = match (credential.session_token, self.session_token()) {
            (None, None) => true,
            (Some(known), Some(given)) => bool::from(known.as_bytes().ct_eq(given.as_bytes())),
            (None, Some(_)) | (Some(_), None) => false,
        };
        if !token_is_right {
            return Err(SignatureError::InvalidToken);
        }
        match credential.expires {
            Some(expires) if self.now >= expires => Err(SignatureError::ExpiredToken),
            _ => Ok(()),
        }
    }

    /// A client that announces the body's hash must announce the right one.
    fn check_announced(&self, payload: &PayloadHash) -> Result<(), SignatureError> {
        match single(self.request.headers, &X_AMZ_CONTENT_SHA256)? {
            Some(announced) if announced.as_bytes() != payload.as_str().as_bytes() => {
                Err(SignatureError::PayloadMismatch)
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Claim<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Claim")
            .field("access_key_id", &self.access_key_id)
            .field("form", &self.form)
            .field("signed_at", &self.signed_at.to_string())
            .field("signed_headers", &self.signed_headers)
            .finish_non_exhaustive()
    }
}

/// What the request says, in one form. One that has both, or a token in each place, could be understood in two ways; a
/// token counts wherever it stands.
fn parts<'a>(request: &SignedRequest<'a>) -> Result<(Parts<'a>, Option<Cow<'a, str>>), SignatureError> {
    let mut parameters = Parameters::find(request.query)?;
    let token_in_header = single(request.headers, &X_AMZ_SECURITY_TOKEN)?.map(as_text);
    let has_header = request.headers.contains_key(http::header::AUTHORIZATION);
    if has_header && parameters.claims() {
        return Err(SignatureError::BothForms);
    }
    if !has_header && !parameters.claims() {
        return Err(SignatureError::Missing);
    }
    let session_token = match (parameters.session_token.take(), token_in_header) {
        (Some(_), Some(_)) => return Err(SignatureError::Repeated(presigned::SECURITY_TOKEN)),
        (in_query, in_header) => in_query.or(in_header),
    };
    let parts = match authorization::read(request.headers)? {
        Some(parts) => parts,
        None => parameters.into_parts()?,
    };
    Ok((parts, session_token))
}

/// Signatures live for five minutes, those of pre-signed URLs as long as they say; clocks may differ by five minutes.
///
/// ASSUMPTION: AWS's text of an over-aged pre-signed URL is that of any signature, with its own lifetime.
fn check_time(signed_at: Moment, expires: Option<&str>, now: Moment) -> Result<(), SignatureError> {
    let lifetime_seconds = expires.map_or(Ok(SKEW_SECONDS), lifetime_seconds)?;
    let (earliest, latest) = (now.before(lifetime_seconds), now.after(SKEW_SECONDS));
    if signed_at < earliest {
        return Err(SignatureError::Expired {
            signed: signed_at.to_string(),
            limit: earliest.to_string(),
            now: now.to_string(),
            window: window(lifetime_seconds),
        });
    }
    if signed_at > latest {
        return Err(SignatureError::NotYetCurrent {
            signed: signed_at.to_string(),
            limit: latest.to_string(),
            now: now.to_string(),
            window: window(SKEW_SECONDS),
        });
    }
    Ok(())
}

fn window(seconds: u64) -> String {
    if seconds.is_multiple_of(60) { format!("{} min", seconds / 60) } else { format!("{seconds} sec") }
}

fn lifetime_seconds(text: &str) -> Result<u64, SignatureError> {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(SignatureError::BadExpires(expires::NO_NUMBER));
    }
    if sign == "-" {
        return Err(SignatureError::BadExpires(expires::NEGATIVE));
    }
    let seconds = digits.parse().ok().filter(|seconds| *seconds <= LIFETIME_SECONDS_MAX);
    seconds.ok_or(SignatureError::BadExpires(expires::TOO_LONG))
}

/// The access key's id of a credential whose scope is the request's.
fn access_key_id<'a>(
    credential: &'a str,
    signed_at: Moment,
    service: &Service<'_>,
) -> Result<&'a str, SignatureError> {
    let parts: Vec<&str> = credential.splitn(6, '/').collect();
    let &[access_key_id, date, region, name, terminator] = parts.as_slice() else {
        return Err(SignatureError::BadCredential(credential.to_owned()));
    };
    let mut problems = Vec::new();
    if region != service.region {
        problems.push(ScopeProblem::Region(region.to_owned()));
    }
    if name != service.name {
        problems.push(ScopeProblem::Service(service.name.to_owned()));
    }
    if terminator != TERMINATOR {
        problems.push(ScopeProblem::Terminator(terminator.to_owned()));
    }
    if date != signed_at.date() {
        problems.push(ScopeProblem::Date {
            scope: date.to_owned(),
            date: signed_at.date(),
            signed: signed_at.to_string(),
        });
    }
    if problems.is_empty() { Ok(access_key_id) } else { Err(SignatureError::BadScope(problems)) }
}
