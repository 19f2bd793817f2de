//! Operations on API keys and usage plans, asked of the control door by the commands of this machine.

use gatelet_control::usage::{Failure, Operation};
use gatelet_core::Arrival;
use gatelet_core::payload::Request;
use http::StatusCode;
use http::header::{CONTENT_TYPE, ORIGIN};
use serde_json::json;

use super::control::{Reply, message};
use super::token::{ControlToken, TOKEN_HEADER};
use crate::operations::UsagePlace;
use crate::server::limits::BODY_BYTES_MAX;

/// How browsers say where a request comes from (<https://www.w3.org/TR/fetch-metadata/>).
const FETCH_SITE: &str = "sec-fetch-site";
/// The only type that is taken. Whoever sends it from a page must be allowed to first, which nobody here does.
const JSON: &str = "application/json";

/// Does what is asked for, where it is asked by a program of this machine that has the token.
///
/// INVARIANT (no page): whatever a browser sends for a page is refused, and so is what comes from another machine or another
/// user of this one: answers may hold the values of keys.
pub(super) async fn reply(
    place: &UsagePlace,
    token: &ControlToken,
    arrival: &Arrival,
    request: Request,
) -> Reply {
    if let Some(why) = refused(token, arrival, &request) {
        return message(StatusCode::FORBIDDEN, why);
    }
    let body = match request.into_body().collect_up_to(BODY_BYTES_MAX).await {
        Ok(body) => body,
        Err(error) => return message(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    // What is wrong with it is not repeated: a value may stand there.
    let Ok(operation) = serde_json::from_slice::<Operation>(&body) else {
        return message(
            StatusCode::BAD_REQUEST,
            "this is no operation; use the `gatelet` command of the same version",
        );
    };
    match place.perform(operation).await {
        Ok(answer) => super::control::json(&answer),
        Err(failure) => (status(&failure), json!({ "failure": failure }).to_string()),
    }
}

/// Why a request is not taken, whatever it says: also the door of `gatelet invoke` takes none of these, since what it tells may hold
/// what a backend alone should see.
pub(super) fn refused(token: &ControlToken, arrival: &Arrival, request: &Request) -> Option<&'static str> {
    let headers = request.headers();
    if !arrival.peer.to_canonical().is_loopback() {
        return Some("operations are taken from this machine alone");
    }
    if headers.contains_key(ORIGIN) || headers.contains_key(FETCH_SITE) {
        return Some("operations are not taken from pages");
    }
    if !token.is(headers.get(TOKEN_HEADER)) {
        return Some(
            "operations take the token of this run of `gatelet dev`, which is in `control.token` of its state directory: do it \
             where that runs, or name the file with `--control-token FILE`",
        );
    }
    let is_json = headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes() == JSON.as_bytes());
    (!is_json).then_some("an operation is `application/json`")
}

const fn status(failure: &Failure) -> StatusCode {
    match failure {
        Failure::NotFound(_) => StatusCode::NOT_FOUND,
        Failure::Conflict(_) => StatusCode::CONFLICT,
        Failure::BadRequest(_) => StatusCode::BAD_REQUEST,
        Failure::LimitExceeded(_) => StatusCode::TOO_MANY_REQUESTS,
        Failure::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
