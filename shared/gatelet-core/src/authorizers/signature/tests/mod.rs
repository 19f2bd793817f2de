//! What is accepted and what is refused. [`Sent`] is a signed request that can be changed before it is judged.
#![allow(clippy::unwrap_used, reason = "tests")]

mod mutations;
mod rules;
mod vectors;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::*;
use crate::ports::Timestamp;

const ACCESS_KEY_ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// `20150830T123600Z`
const NOW: Timestamp = Timestamp::from_milliseconds(1_440_938_160_000);

/// A request on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Sent {
    method: String,
    host: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: String,
}

/// What the gateway knows.
#[derive(Debug, Clone)]
struct Known {
    service: Service<'static>,
    secret: &'static str,
    session_token: Option<String>,
    expires: Option<Timestamp>,
    now: Timestamp,
}

impl Known {
    fn new() -> Self {
        Self {
            service: Service::new("service", "us-east-1"),
            secret: SECRET,
            session_token: None,
            expires: None,
            now: NOW,
        }
    }
}

impl Sent {
    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            headers.append(
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                HeaderValue::from_bytes(value.as_bytes()).unwrap(),
            );
        }
        headers
    }

    fn view<'a>(&'a self, headers: &'a HeaderMap) -> SignedRequest<'a> {
        SignedRequest {
            method: &self.method,
            host: &self.host,
            path: &self.path,
            query: &self.query,
            headers,
        }
    }

    fn judge(&self, known: &Known) -> Result<(), SignatureError> {
        let headers = self.headers();
        let claim = Claim::read(self.view(&headers), known.service, known.now)?;
        let signing_key = SigningKey::derive(known.secret, &claim.scope());
        let credential = Credential {
            signing_key: &signing_key,
            session_token: known.session_token.as_deref(),
            expires: known.expires,
        };
        let is_known = claim.access_key_id() == ACCESS_KEY_ID;
        claim.verify(&PayloadHash::of(self.body.as_bytes()), is_known.then_some(&credential))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    fn with_header(&self, name: &str, value: &str) -> Self {
        let mut sent = self.clone();
        match sent.headers.iter_mut().find(|(other, _)| other.eq_ignore_ascii_case(name)) {
            Some((_, place)) => value.clone_into(place),
            None => sent.headers.push((name.to_owned(), value.to_owned())),
        }
        sent
    }

    fn without_header(&self, name: &str) -> Self {
        let mut sent = self.clone();
        sent.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        sent
    }

    fn with_query(&self, query: String) -> Self {
        Self { query, ..self.clone() }
    }
}
