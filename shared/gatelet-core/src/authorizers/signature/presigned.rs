//! The query of a pre-signed URL
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html>).

use std::borrow::Cow;

use super::claim::{Form, Parts};
use super::error::SignatureError;
use crate::payload::Query;

pub(super) const SIGNATURE: &str = "X-Amz-Signature";
pub(super) const SECURITY_TOKEN: &str = "X-Amz-Security-Token";

/// The parameters that carry a signature. Names are told apart by case.
#[derive(Default)]
pub(super) struct Parameters<'a> {
    algorithm: Option<Cow<'a, str>>,
    credential: Option<Cow<'a, str>>,
    signature: Option<Cow<'a, str>>,
    signed_headers: Option<Cow<'a, str>>,
    date: Option<Cow<'a, str>>,
    expires: Option<Cow<'a, str>>,
    pub(super) session_token: Option<Cow<'a, str>>,
}

impl<'a> Parameters<'a> {
    /// Finds them.
    ///
    /// # Errors
    /// One of them is there twice.
    pub(super) fn find(query: &'a str) -> Result<Self, SignatureError> {
        let mut found = Self::default();
        for (name, value) in Query::new(query).pairs() {
            let (place, name) = match &*name {
                "X-Amz-Algorithm" => (&mut found.algorithm, "X-Amz-Algorithm"),
                "X-Amz-Credential" => (&mut found.credential, "X-Amz-Credential"),
                "X-Amz-SignedHeaders" => (&mut found.signed_headers, "X-Amz-SignedHeaders"),
                "X-Amz-Date" => (&mut found.date, "X-Amz-Date"),
                "X-Amz-Expires" => (&mut found.expires, "X-Amz-Expires"),
                SIGNATURE => (&mut found.signature, SIGNATURE),
                SECURITY_TOKEN => (&mut found.session_token, SECURITY_TOKEN),
                _ => continue,
            };
            if place.replace(value).is_some() {
                return Err(SignatureError::Repeated(name));
            }
        }
        Ok(found)
    }

    /// Whether the query claims to be signed, be it ever so incompletely.
    pub(super) const fn claims(&self) -> bool {
        self.algorithm.is_some() || self.credential.is_some() || self.signature.is_some()
    }

    /// What the query says, if it says all.
    pub(super) fn into_parts(self) -> Result<Parts<'a>, SignatureError> {
        let given = |value: Option<Cow<'a, str>>| value.filter(|value| !value.is_empty());
        let (algorithm, credential, signature) =
            (given(self.algorithm), given(self.credential), given(self.signature));
        let (signed_headers, date) = (given(self.signed_headers), given(self.date));
        let missing = [
            ("X-Amz-Algorithm", algorithm.is_none()),
            ("X-Amz-Credential", credential.is_none()),
            (SIGNATURE, signature.is_none()),
            ("X-Amz-SignedHeaders", signed_headers.is_none()),
            ("X-Amz-Date", date.is_none()),
        ];
        let (Some(algorithm), Some(credential), Some(signature), Some(signed_headers), Some(date)) =
            (algorithm, credential, signature, signed_headers, date)
        else {
            let names = missing.iter().filter(|(_, missing)| *missing).map(|(name, _)| *name);
            return Err(SignatureError::QueryLacks(names.collect()));
        };
        Ok(Parts {
            form: Form::Query,
            algorithm,
            credential,
            signed_headers,
            signature,
            date,
            expires: self.expires,
        })
    }
}
