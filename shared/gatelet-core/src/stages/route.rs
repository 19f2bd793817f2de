//! Which method or route of the API a request takes.

use gatelet_model::Method;

use crate::integrations::Integration;
use crate::payload::CanonicalPath;
use crate::refusal::Refusal;
use crate::snapshot::{HttpApiSnapshot, HttpRoute, RestApiSnapshot, RestMethod};

/// Finds a REST API's method. Path and verb are chosen as a pair: a resource that lacks the verb is passed over for
/// a less specific one that has it, as measured on the real service
/// (<https://github.com/ministackorg/ministack/pull/1423>).
///
/// # Errors
/// [`Refusal::NoRoute`] where nothing has both.
pub fn rest<'a>(
    api: &'a RestApiSnapshot,
    path: &CanonicalPath,
    method: &http::Method,
) -> Result<&'a RestMethod, Refusal> {
    api.find(path, known(method)).ok_or(Refusal::NoRoute)
}

/// Finds an HTTP API's route and what stands behind it.
///
/// # Errors
/// [`Refusal::NoRoute`] where no route takes the request, or the one that does has no integration: it still
/// keeps the request from less specific routes, which might be open where it is not.
pub fn http<'a>(
    api: &'a HttpApiSnapshot,
    path: &CanonicalPath,
    method: &http::Method,
) -> Result<(&'a HttpRoute, &'a Integration), Refusal> {
    let route = api.find(path, known(method)).ok_or(Refusal::NoRoute)?;
    Ok((route, route.integration.as_ref().ok_or(Refusal::NoRoute)?))
}

/// The method, where API Gateway knows it. Only the request line counts: no header overrides it.
fn known(method: &http::Method) -> Option<Method> {
    Method::parse(method.as_str()).ok()
}
