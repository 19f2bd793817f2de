//! `HTTP_PROXY`: the backend sees the request as it came, apart from what mappings change and what may not cross
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/setup-http-integrations.html>,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-http.html>).

use std::time::Duration;

use gatelet_model::v2::{HttpIntegration, HttpRouteKey};
use gatelet_model::{ApiId, Connection, StageVariables, TlsConfig};
use http::HeaderValue;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName};

use super::target::Target;
use super::{Call, trace};
use crate::payload::{Response, headers};
use crate::ports::Arrival;
use crate::ports::{BackendCall, BackendError, Backends, Clock, World};
use crate::refusal::Refusal;

const X_AMZN_APIGATEWAY_API_ID: HeaderName = HeaderName::from_static("x-amzn-apigateway-api-id");
const X_AMZN_TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");
/// The type of an empty body on HTTP APIs, where the client gave none.
const OCTET_STREAM: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// A compiled HTTP proxy.
#[derive(Debug)]
pub struct HttpProxy {
    /// The method that the backend sees; none is the client's own.
    method: Option<http::Method>,
    target: Target,
    timeout: Duration,
    tls: TlsConfig,
    dialect: Dialect,
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
        variables: &StageVariables,
    ) -> Result<Self, String> {
        if integration.connection != Connection::Internet {
            return Err("VPC links are not served by this version".to_owned());
        }
        Ok(Self {
            method: method(integration.http_method.as_deref())?,
            target: Target::compile(integration.uri.as_deref().unwrap_or_default(), variables)?,
            timeout: Duration::from_millis(integration.timeout.milliseconds().into()),
            tls: integration.tls.clone(),
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
        if integration.connection != Connection::Internet {
            return Err("VPC links are not served by this version".to_owned());
        }
        Ok(Self {
            method: method(integration.method.as_deref())?,
            target: Target::compile(integration.uri.as_deref().unwrap_or_default(), variables)?,
            timeout: Duration::from_millis(integration.timeout.milliseconds().into()),
            tls: integration.tls.clone(),
            dialect: Dialect::Http { appends_path: *route == HttpRouteKey::Default },
        })
    }

    pub(super) async fn call<W: World>(
        &self,
        world: &W,
        arrival: &Arrival,
        mut call: Call<'_>,
    ) -> Result<Response, Refusal> {
        let refuse = |error| Err(Refusal::Integration(error));
        let appended = match self.dialect {
            Dialect::Http { appends_path: true } => &*call.path,
            _ => "",
        };
        let replaced = call.path_is_mapped.then_some(&*call.path);
        let uri = match self.target.render(&call.path_values, replaced, appended, &call.query) {
            Ok(uri) => uri,
            Err(error) => return refuse(BackendError::BadAddress(error.to_string())),
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
        world.backends().call(BackendCall { request, timeout, tls: self.tls.clone() }).await.or_else(refuse)
    }
}

/// The backend's method, where the definition gives one; `ANY` is the client's own.
fn method(text: Option<&str>) -> Result<Option<http::Method>, String> {
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
