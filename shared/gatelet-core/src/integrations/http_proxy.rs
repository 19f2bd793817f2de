//! `HTTP_PROXY`: the backend sees the request as it came, apart from what mappings change and what may not cross
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/setup-http-integrations.html>,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-http.html>).

use std::sync::Arc;
use std::time::Duration;

use gatelet_model::v2::{HttpIntegration, HttpRouteKey};
use gatelet_model::{ApiId, StageVariables};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName};
use http::{HeaderValue, Uri};

use super::target::Target;
use super::{Call, trace, way};
use crate::payload::{Response, headers};
use crate::ports::Arrival;
use crate::ports::{BackendCall, BackendError, BackendWay, Clock, World};
use crate::record::Record;
use crate::refusal::Refusal;

pub(super) const X_AMZN_APIGATEWAY_API_ID: HeaderName = HeaderName::from_static("x-amzn-apigateway-api-id");
pub(super) const X_AMZN_TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");
/// The type of an empty body on HTTP APIs, where the client gave none.
const OCTET_STREAM: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// A compiled HTTP proxy.
#[derive(Debug)]
pub struct HttpProxy {
    /// The method that the backend sees; none is the client's own.
    method: Option<http::Method>,
    address: Address,
    timeout: Duration,
    way: Arc<BackendWay>,
    dialect: Dialect,
}

/// Where it is.
#[derive(Debug)]
enum Address {
    /// At a URI.
    Uri(Target),
    /// At the end of a VPC link, which has no other name than the client's.
    EndOfLink { scheme: &'static str },
}

/// Which kind of API it belongs to.
#[derive(Debug)]
enum Dialect {
    Rest { api_id: HeaderValue },
    Http { appends_path: bool },
}

impl HttpProxy {
    pub(super) fn compile_rest(
        api_id: &ApiId,
        integration: &gatelet_model::Integration,
        certificate: Option<&str>,
        variables: &StageVariables,
    ) -> Result<Self, String> {
        Ok(Self {
            method: method(integration.http_method.as_deref())?,
            address: Address::Uri(Target::compile(
                integration.uri.as_deref().unwrap_or_default(),
                variables,
            )?),
            timeout: Duration::from_millis(integration.timeout.milliseconds().into()),
            way: way::compile_rest(integration, certificate, variables)?,
            dialect: Dialect::Rest {
                api_id: HeaderValue::from_str(api_id.as_str()).map_err(|error| error.to_string())?,
            },
        })
    }

    pub(super) fn compile_http(
        integration: &HttpIntegration,
        route: &HttpRouteKey,
        variables: &StageVariables,
    ) -> Result<Self, String> {
        let way = way::compile_http(integration, variables)?;
        let address = match &way.link {
            None => Address::Uri(Target::compile(integration.uri.as_deref().unwrap_or_default(), variables)?),
            // A TLS configuration is what makes private integrations speak HTTPS
            // (<https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-integrations.html>).
            Some(_) => {
                let is_secure = integration.tls.server_name_to_verify.is_some();
                Address::EndOfLink { scheme: if is_secure { "https" } else { "http" } }
            }
        };
        Ok(Self {
            method: method(integration.method.as_deref())?,
            address,
            timeout: Duration::from_millis(integration.timeout.milliseconds().into()),
            way,
            dialect: Dialect::Http { appends_path: *route == HttpRouteKey::Default },
        })
    }

    pub(super) async fn call<W: World>(
        &self,
        world: &W,
        arrival: &Arrival,
        mut call: Call<'_>,
        record: &mut Record,
    ) -> Result<Response, Refusal> {
        let refuse = |error| Err(Refusal::Integration(error));
        let uri = match self.uri(&call) {
            Ok(uri) => uri,
            Err(why) => return refuse(BackendError::BadAddress(why)),
        };
        match &self.dialect {
            Dialect::Rest { api_id } => {
                headers::remove_unforwarded_by_rest_proxy(&mut call.headers);
                call.headers.insert(X_AMZN_APIGATEWAY_API_ID, api_id.clone());
            }
            Dialect::Http { .. } => {
                forward(&mut call.headers, &call.located.host, arrival);
                if call.body.exact_length() == Some(0)
                    && call.headers.contains_key(CONTENT_LENGTH)
                    && !call.headers.contains_key(CONTENT_TYPE)
                {
                    call.headers.insert(CONTENT_TYPE, OCTET_STREAM);
                }
                call.headers.remove(CONTENT_LENGTH);
            }
        }
        if let Ok(trace) = HeaderValue::from_str(&trace::header(arrival)) {
            call.headers.insert(X_AMZN_TRACE_ID, trace);
        }
        let mut request = http::Request::new(call.body);
        *request.method_mut() = self.method.clone().unwrap_or(call.method);
        *request.uri_mut() = uri;
        *request.headers_mut() = call.headers;
        *request.extensions_mut() = call.extensions;
        let Some(timeout) = arrival.time_for(self.timeout, world.clock().now()) else {
            return refuse(BackendError::Timeout(self.timeout));
        };
        way::send(world, BackendCall { request, timeout, way: Arc::clone(&self.way) }, record)
            .await
            .or_else(refuse)
    }

    /// The address for one request.
    fn uri(&self, call: &Call<'_>) -> Result<Uri, String> {
        let replaced = call.path_is_mapped.then_some(&*call.path);
        let target = match &self.address {
            Address::Uri(target) => target,
            Address::EndOfLink { scheme } => return end_of_link(scheme, call, replaced),
        };
        let appended = match self.dialect {
            Dialect::Http { appends_path: true } => &*call.path,
            _ => "",
        };
        let uri = target.render(&call.path_values, replaced, appended, &call.query);
        uri.map_err(|error| error.to_string())
    }
}

/// The client's own address and path, with what it wrote to address the stage, unless a mapping put another path in its place
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-private.html>).
///
/// ASSUMPTION: the backend sees the client's own host, as the end of a link is only known by an ARN; and on a custom domain the base path
/// stands where the stage's name does.
fn end_of_link(scheme: &str, call: &Call<'_>, replaced: Option<&str>) -> Result<Uri, String> {
    let (base, path) = match replaced {
        Some(path) => (if path.starts_with('/') { "" } else { "/" }, path),
        None => (call.located.base(), &*call.path),
    };
    let (separator, query) = if call.query.is_empty() { ("", "") } else { ("?", &*call.query) };
    let text = format!("{scheme}://{}{base}{path}{separator}{query}", call.located.host);
    text.parse().map_err(|_| format!("what the mappings make of the address is not one: `{text}`"))
}

/// The backend's method, where the definition gives one; `ANY` is the client's own.
pub(super) fn method(text: Option<&str>) -> Result<Option<http::Method>, String> {
    match text {
        None => Ok(None),
        Some(text) if text.eq_ignore_ascii_case("ANY") => Ok(None),
        Some(text) => match text.to_ascii_uppercase().parse() {
            Ok(method) => Ok(Some(method)),
            Err(_) => Err(format!("`{text}` is not a method")),
        },
    }
}

/// Takes off what HTTP APIs do not forward, turns `X-Forwarded-*` into `Forwarded` and adds this hop
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-http.html>).
fn forward(headers: &mut http::HeaderMap, host: &str, arrival: &Arrival) {
    // Another host than the client's own is a mapping's, for the backend.
    let name = |value: &HeaderValue| value.to_str().ok()?.parse::<http::uri::Authority>().ok();
    if headers.get(HOST).and_then(name).is_some_and(|authority| authority.host().eq_ignore_ascii_case(host)) {
        headers.remove(HOST);
    }
    let mut text = String::with_capacity(64);
    if let Some(earlier) = headers::joined_values(headers, "forwarded") {
        text.push_str(&earlier);
        text.push_str(", ");
    }
    // ASSUMPTION: a client's X-Forwarded-* say nothing that the gateway vouches for, so only this hop is told.
    for name in
        ["forwarded", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto", "x-forwarded-host", "via"]
    {
        headers.remove(name);
    }
    headers.remove(http::header::PROXY_AUTHORIZATION);
    let peer = arrival.peer;
    let address = if peer.is_ipv6() { format!("\"[{peer}]\"") } else { peer.to_string() };
    text.push_str("for=");
    text.push_str(&address);
    text.push_str(";host=\"");
    text.push_str(host);
    text.push('"');
    text.push_str(";proto=");
    text.push_str(arrival.scheme.as_str());
    if let Ok(value) = HeaderValue::from_str(&text) {
        headers.insert(http::header::FORWARDED, value);
    }
}
