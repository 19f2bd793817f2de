//! The `Authorization` header of a signed request
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html>).

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, DATE};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha256};

use super::claim::{Form, Parts};
use super::error::SignatureError;

pub(super) const X_AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");
pub(super) const X_AMZ_SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
pub(super) const X_AMZ_CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");

/// Takes the header apart. Whatever a service answers it, AWS reads any scheme by the same rules, so that a bearer token
/// where a signature was needed is told that it is no `key=value`.
pub(super) fn read(headers: &HeaderMap) -> Result<Option<Parts<'_>>, SignatureError> {
    let Some(header) = single(headers, &AUTHORIZATION)? else { return Ok(None) };
    let text = as_text(header);
    let Cow::Borrowed(text) = text else { return Err(SignatureError::NotKeyValue(hash(header))) };
    let (algorithm, rest) = text.split_once(' ').unwrap_or((text, ""));
    let (mut credential, mut signed_headers, mut signature) = (None, None, None);
    for part in rest.split([',', ' ']).filter(|part| !part.is_empty()) {
        let Some((name, value)) = part.split_once('=') else {
            return Err(SignatureError::NotKeyValue(hash(header)));
        };
        let (place, name) = match name {
            "Credential" => (&mut credential, "Credential"),
            "SignedHeaders" => (&mut signed_headers, "SignedHeaders"),
            "Signature" => (&mut signature, "Signature"),
            _ => continue,
        };
        if place.replace(value).is_some() {
            return Err(SignatureError::Repeated(name));
        }
    }
    let (credential, signature) = (credential.filter(is_given), signature.filter(is_given));
    let date = match single(headers, &X_AMZ_DATE)? {
        Some(date) => Some(date),
        None => single(headers, &DATE)?,
    };
    let (Some(credential), Some(signature), Some(signed_headers), Some(date)) =
        (credential, signature, signed_headers, date)
    else {
        let named = [("Credential", credential), ("Signature", signature), ("SignedHeaders", signed_headers)];
        return Err(SignatureError::AuthorizationLacks {
            parameters: named.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| *name).collect(),
            date: date.is_none(),
            authorization_hash: hash(header),
        });
    };
    Ok(Some(Parts {
        form: Form::Header,
        algorithm: Cow::Borrowed(algorithm),
        credential: Cow::Borrowed(credential),
        signed_headers: Cow::Borrowed(signed_headers),
        signature: Cow::Borrowed(signature),
        date: as_text(date),
        expires: None,
    }))
}

/// An empty list of signed headers is one; the other parameters have to say something.
fn is_given(value: &&str) -> bool {
    !value.is_empty()
}

/// A header of which two readers could each take a different one, were it there twice.
pub(super) fn single<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'a HeaderValue>, SignatureError> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    match values.next() {
        None => Ok(first),
        Some(_) => Err(SignatureError::Repeated(match name.as_str() {
            "x-amz-date" => "X-Amz-Date",
            "x-amz-security-token" => "X-Amz-Security-Token",
            "x-amz-content-sha256" => "X-Amz-Content-Sha256",
            "date" => "Date",
            _ => "Authorization",
        })),
    }
}

/// What a header says, whatever bytes it has.
pub(super) fn as_text(value: &HeaderValue) -> Cow<'_, str> {
    String::from_utf8_lossy(value.as_bytes())
}

/// How AWS speaks of a header without repeating it: recorded of `x-api-key ...` in the header's place.
fn hash(header: &HeaderValue) -> String {
    STANDARD.encode(Sha256::digest(header.as_bytes()))
}
