//! The life of a request: three short lists of stages, in the order in which API Gateway works
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html>,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html>).
//!
//! A stage returns what it established, and a later one takes it: nothing runs without the finding it stands on.
//! Whatever is refused before the integration's answer becomes the gateway's own answer in one place, `refusal`.

use std::sync::Arc;

use crate::authorizers::iam::Sent;
use crate::integrations::Integration;
use crate::payload::{CanonicalPath, Request, Response, headers};
use crate::ports::{Arrival, World};
use crate::record::Record;
use crate::refusal::{self, Customisation, Refusal};
use crate::snapshot::{ApiSnapshot, HttpApiSnapshot, HttpRoute, RestApiSnapshot, RestMethod};
use crate::stages::client::Client;
use crate::stages::cors::Granted;
use crate::stages::locate::Located;
pub use crate::stages::locate::{Front, OWN_NAME_SUFFIXES};
use crate::stages::{
    access, client, compress, locate, map_body, map_request, map_response, route, throttle, validate,
};

/// Serves one request. The record is the edge's: it is written in here, and sealed by the edge when the answer's
/// body has ended or the client has gone.
pub async fn serve<W: World>(
    world: &W,
    front: &Front,
    arrival: &Arrival,
    request: Request,
    record: &mut Record,
) -> Response {
    if world.memory().limits.settings.headers {
        record.tell_limits();
    }
    let (host, path) = (note(&request, record), request.uri().path());
    let located = match locate(world, front, arrival, host, path, record).await {
        Ok(located) => located,
        Err(refusal) => return refuse(refusal, record),
    };
    let answered = match located.stage.api() {
        ApiSnapshot::Rest(api) => {
            record.note_customisation(Customisation::of(&located, api, &request));
            let answered = rest(world, &located, api, arrival, request, record).await;
            record.trace_outcome(&answered);
            answered
        }
        ApiSnapshot::Http(api) => {
            record.note_cors(api.cors().map(|rules| Granted::judge(rules, &request)));
            let answered = http(world, &located, api, arrival, request, record).await;
            record.trace_outcome(&answered);
            answered
        }
        ApiSnapshot::WebSocket => Err(websocket()),
    };
    match answered {
        Ok(mut response) => {
            refusal::mark(&mut response, record);
            record.note_status(response.status());
            response
        }
        Err(refusal) => refuse(refusal, record),
    }
}

/// Who would be let in, without any call of what stands behind and without taking anything of a limit. The record tells each step if it is
/// [`explained`](Record::explained).
///
/// # Errors
/// The [`Refusal`] that the client would hear.
pub async fn authorize<W: World>(
    world: &W,
    front: &Front,
    arrival: &Arrival,
    request: Request,
    record: &mut Record,
) -> Result<(), Refusal> {
    let (host, path) = (note(&request, record), request.uri().path());
    let located = locate(world, front, arrival, host, path, record).await?;
    let path = located.path()?;
    match located.stage.api() {
        ApiSnapshot::Rest(api) => {
            let (method, client, _) =
                admit_rest(world, &located, &path, api, arrival, request, record).await?;
            throttle::explain(client.as_deref(), &method.limits, record);
        }
        ApiSnapshot::Http(api) => {
            let (route, ..) = admit_http(world, &located, &path, api, arrival, request, record).await?;
            throttle::explain(None, &route.limits, record);
        }
        ApiSnapshot::WebSocket => return Err(websocket()),
    }
    Ok(())
}

/// Notes what a request says of itself, and returns the host that it names.
fn note(request: &Request, record: &mut Record) -> Result<Box<str>, Refusal> {
    record.note_request(request.uri().path(), headers::last_value(request.headers(), "user-agent"));
    locate::host(request)
}

/// Custom domain, mapping and stage first: nothing else is known before
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html>).
async fn locate<W: World>(
    world: &W,
    front: &Front,
    arrival: &Arrival,
    host: Result<Box<str>, Refusal>,
    path: &str,
    record: &mut Record,
) -> Result<Located, Refusal> {
    let located = locate::locate(world, front, arrival, host?, path, record).await?;
    record.note_host(&located.host);
    record.note_place(located.stage.place());
    Ok(located)
}

/// A REST API's request.
async fn rest<W: World>(
    world: &W,
    located: &Located,
    api: &RestApiSnapshot,
    arrival: &Arrival,
    request: Request,
    record: &mut Record,
) -> Result<Response, Refusal> {
    let path = located.path()?;
    let (method, client, request) = admit_rest(world, located, &path, api, arrival, request, record).await?;
    // The client's plan, the stage, all APIs together.
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
    throttle::rest(world, &located.stage, method, client.as_deref(), arrival, record).await?;
    // Out of its coding before anything reads the body.
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gzip-compression-decompression.html
    let coding = api.compression().filter(|_| !method.is_streamed).and_then(|it| it.wanted(&request));
    let request = compress::decompress(request).await?;
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
    let request = validate::rest(&path, method, request, record).await?;
    // ASSUMPTION: parameters are mapped before the cache is asked, since its keys may be integration parameters.
    let (mut call, asked) = map_request::rest(located, &path, method, arrival, request, record).await?;
    let overrides = map_body::rest(method, &mut call, &asked, record).await?;
    map_body::override_request(method, &mut call, &overrides)?;
    let answer = method.integration.call(world, arrival, call, record).await?;
    let response = map_response::rest(method, answer, &asked, overrides, record).await?;
    // A stream's content is not encoded, and other answers when all else is done.
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html
    compress::compress(coding, response).await
}

/// The stages of a REST API's request that find out which method it takes and who calls.
async fn admit_rest<'a, W: World>(
    world: &W,
    located: &Located,
    path: &CanonicalPath,
    api: &'a RestApiSnapshot,
    arrival: &Arrival,
    mut request: Request,
    record: &mut Record,
) -> Result<(&'a RestMethod, Option<Arc<Client>>, Request), Refusal> {
    let method = route::rest(api, path, request.method())?;
    record.note_route(method.route_key.clone());
    record.note_resource(Arc::clone(&method.resource_id));
    let sent = method.access.is_signed().then(|| Sent::of(&request));
    headers::remove_forgeries(request.headers_mut());
    headers::remove_unseen(request.headers_mut());
    record.trace_request(&request, &method.path, path);
    // The resource policy's explicit deny, the authorizer and the outcome of both are one stage.
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
    let asking = access::Asking { located, path, arrival, sent: sent.as_ref() };
    let request = access::rest(world, &asking, api, method, request, record).await?;
    // A key counts only for a caller who may call, and before any limit of its plan.
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
    let client = match method.api_key_required {
        true => Some(
            client::client(world, located, arrival, api.api_key_source(), request.headers(), record).await?,
        ),
        false => None,
    };
    Ok((method, client, request))
}

/// An HTTP API's request.
async fn http<W: World>(
    world: &W,
    located: &Located,
    api: &HttpApiSnapshot,
    arrival: &Arrival,
    request: Request,
    record: &mut Record,
) -> Result<Response, Refusal> {
    // ASSUMPTION: before the route is looked for, so that no route needs to let preflights through.
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
    if let Some(answer) = record.cors().and_then(Granted::preflight) {
        // ASSUMPTION: AWS's pages do not say that these count. What anybody may ask without a limit is work for nothing.
        throttle::http(world, &located.stage, api.preflights(), arrival, record).await?;
        return Ok(answer);
    }
    let path = located.path()?;
    let (route, integration, request) =
        admit_http(world, located, &path, api, arrival, request, record).await?;
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
    throttle::http(world, &located.stage, &route.limits, arrival, record).await?;
    let call = map_request::http(located, &path, route, request, record).await?;
    let answer = integration.call(world, arrival, call, record).await?;
    map_response::http(&route.mapping, located.stage.variables(), answer.response, record).await
}

/// The stages of an HTTP API's request that find out which route it takes and who calls.
async fn admit_http<'a, W: World>(
    world: &W,
    located: &Located,
    path: &CanonicalPath,
    api: &'a HttpApiSnapshot,
    arrival: &Arrival,
    mut request: Request,
    record: &mut Record,
) -> Result<(&'a HttpRoute, &'a Integration, Request), Refusal> {
    let (route, integration) = route::http(api, path, request.method())?;
    record.note_route(route.route_key.clone());
    record.trace_http_request(&request, &route.route_key);
    let sent = route.access.is_signed().then(|| Sent::of(&request));
    headers::remove_forgeries(request.headers_mut());
    headers::remove_hop_by_hop(request.headers_mut());
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control.html
    let asking = access::Asking { located, path, arrival, sent: sent.as_ref() };
    let request = access::http(world, &asking, route, request, record).await?;
    Ok((route, integration, request))
}

/// A WebSocket API's request: none is served by this version.
const fn websocket() -> Refusal {
    Refusal::NoRoute
}

/// The gateway's own answer where there is no other: the edge gives it, too, for what never reached an API and for what
/// it cuts off.
pub fn refuse(refusal: Refusal, record: &mut Record) -> Response {
    record.note_refusal(refusal);
    let response = refusal::answer(record);
    record.note_status(response.status());
    response
}

/// The gateway's own answer in place of one that its door cannot hand over.
pub fn replace(refusal: Refusal, record: &mut Record) -> Response {
    record.forget_answer();
    refuse(refusal, record)
}
