//! Cross-origin requests to an HTTP API whose definition has rules for them
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html>).
//!
//! The gateway answers preflight requests by itself, and what it says to pages of other origins stands on every answer,
//! refusals included: a page that is refused reads why. What a backend says of it is ignored.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderName, ORIGIN,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::payload::{Body, Request, Response, headers};
use crate::snapshot::CorsRules;

/// What a backend may say and nobody hears.
const BACKENDS_OWN: [HeaderName; 6] = [
    ACCESS_CONTROL_ALLOW_CREDENTIALS,
    ACCESS_CONTROL_ALLOW_HEADERS,
    ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS,
    ACCESS_CONTROL_MAX_AGE,
];

/// What a request's origin is granted, for its answer, whatever that will be.
#[derive(Debug)]
pub struct Granted {
    is_preflight: bool,
    /// Nothing without an origin, or with one that may not call.
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Whether another origin would be told something else.
    varies: bool,
}

impl Granted {
    /// Judges a request's origin by an API's rules.
    #[must_use]
    pub fn judge(rules: &CorsRules, request: &Request) -> Self {
        let varies = !rules.allows_every_origin();
        let origin = single(request.headers(), &ORIGIN);
        let is_preflight = request.method() == Method::OPTIONS
            && origin.is_some()
            && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        // ASSUMPTION: an origin that may not call is told nothing, and what only a preflight asks is told to no other.
        let allowed = origin.filter(|origin| origin.to_str().is_ok_and(|origin| rules.allows(origin)));
        let headers = allowed.map(|origin| granted(rules, origin, is_preflight)).unwrap_or_default();
        Self { is_preflight, headers, varies }
    }

    /// The answer to a preflight request; nothing for any other.
    #[must_use]
    pub fn preflight(&self) -> Option<Response> {
        self.is_preflight.then(|| {
            let mut response = Response::new(Body::Empty);
            // ASSUMPTION: 204, for allowed origins and others.
            *response.status_mut() = StatusCode::NO_CONTENT;
            response
        })
    }

    /// Puts on an answer what the origin is granted, in place of what a backend says of it.
    pub(crate) fn mark(&self, headers: &mut HeaderMap) {
        for name in BACKENDS_OWN {
            headers.remove(name);
        }
        for (name, value) in &self.headers {
            headers.insert(name, value.clone());
        }
        // ASSUMPTION: AWS's page says nothing of caches. Without it they would hand one origin's answer to another.
        if self.varies {
            headers::add_to_vary(headers, HeaderValue::from_static("Origin"));
        }
    }
}

fn granted(rules: &CorsRules, origin: &HeaderValue, is_preflight: bool) -> Vec<(HeaderName, HeaderValue)> {
    let origin = match rules.allows_every_origin() {
        true => HeaderValue::from_static("*"),
        false => origin.clone(),
    };
    let credentials = rules.allow_credentials.then_some(HeaderValue::from_static("true"));
    let of_preflight = |value: &Option<HeaderValue>| value.clone().filter(|_| is_preflight);
    [
        (ACCESS_CONTROL_ALLOW_ORIGIN, Some(origin)),
        (ACCESS_CONTROL_ALLOW_CREDENTIALS, credentials),
        (ACCESS_CONTROL_ALLOW_HEADERS, of_preflight(&rules.allow_headers)),
        (ACCESS_CONTROL_ALLOW_METHODS, of_preflight(&rules.allow_methods)),
        (ACCESS_CONTROL_EXPOSE_HEADERS, rules.expose_headers.clone().filter(|_| !is_preflight)),
        (ACCESS_CONTROL_MAX_AGE, of_preflight(&rules.max_age)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}

/// The value of a header that is there once: of several none is what a browser sent.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}
