//! From the client's parameters to the backend's.

use std::borrow::Cow;

use bytes::Bytes;
use gatelet_model::{PathTemplate, StageVariables};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Uri};

use crate::integrations::lambda_proxy::event::add_own_headers;
use crate::integrations::lambda_proxy::event::json::text_of;
use crate::integrations::{Call, Integration, has_body};
use crate::payload::{Body, CanonicalPath, HeaderNames, PAYLOAD_BYTES_MAX, Query, Request, headers};
use crate::ports::{Arrival, BackendError};
use crate::record::Record;
use crate::refusal::Refusal;
use crate::snapshot::routes::{self, Rules};
use crate::snapshot::{HttpRoute, RestMethod, Sources};
use crate::stages::locate::Located;

/// A REST API's request as the client sent it, kept for mappings that come behind those of its parameters. Of a proxy, whose backend is
/// given the headers themselves, they are not kept.
#[derive(Debug)]
pub struct ClientRequest<'a> {
    path: &'a CanonicalPath,
    template: &'a PathTemplate,
    uri: Uri,
    headers: HeaderMap,
    names: Option<HeaderNames>,
    variables: &'a StageVariables,
}

impl ClientRequest<'_> {
    /// Its headers, with those that the gateway adds where somebody looks at them.
    #[must_use]
    pub const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// How the client spelled them, where the edge has seen it.
    #[must_use]
    pub const fn names(&self) -> Option<&HeaderNames> {
        self.names.as_ref()
    }

    /// The stage's variables.
    #[must_use]
    pub const fn variables(&self) -> &StageVariables {
        self.variables
    }

    /// What mappings can read of it.
    #[must_use]
    pub fn sources<'s>(&'s self, record: &'s Record) -> Sources<'s> {
        Sources {
            path: self.path,
            template: Some(self.template),
            rules: Rules::Rest,
            query: Query::new(self.uri.query().unwrap_or_default()),
            headers: &self.headers,
            variables: self.variables,
            record,
        }
    }
}

/// Maps a REST request's parameters
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html>).
///
/// # Errors
/// [`Refusal::Configuration`] where a mapping yields no header.
pub async fn rest<'a>(
    located: &'a Located,
    path: &'a CanonicalPath,
    method: &'a RestMethod,
    arrival: &Arrival,
    request: Request,
    record: &Record,
) -> Result<(Call<'a>, ClientRequest<'a>), Refusal> {
    let (mut head, mut body) = request.into_parts();
    let is_proxy = method.answers.is_none();
    if method.mapping.reads_added_headers() || method.looks() {
        add_own_headers(&mut head.headers, arrival, &located.host);
    }
    let in_body = match method.mapping.body().is_empty() {
        true => Vec::new(),
        false => {
            let bytes = collected(&mut body).await?;
            method.mapping.body().values(&text_of(&bytes), PAYLOAD_BYTES_MAX)
        }
    };
    let mut client = ClientRequest {
        path,
        template: &method.path,
        uri: head.uri,
        headers: head.headers,
        names: None,
        variables: located.stage.variables(),
    };
    let mapped = method.mapping.map(&client.sources(record), &in_body)?;
    let (mut headers, extensions) = match is_proxy {
        true => (std::mem::take(&mut client.headers), head.extensions),
        false => {
            client.names = head.extensions.remove();
            (HeaderMap::new(), http::Extensions::new())
        }
    };
    match is_proxy {
        true if matches!(method.integration, Integration::HttpProxy(_)) => {
            headers::remove_clients_way(&mut headers);
        }
        true => {}
        // Recorded: what is mapped and nothing else, but for the type of a body.
        false if has_body(&head.method) => {
            if let Some(value) = client.headers.get_all(CONTENT_TYPE).iter().next_back() {
                headers.insert(CONTENT_TYPE, value.clone());
            }
        }
        false => {}
    }
    for (name, value) in mapped.headers {
        headers.insert(name, value);
    }
    let call = Call {
        method: head.method,
        extensions,
        headers,
        body,
        query: mapped.query,
        path_values: mapped.path_values,
        variables: located.stage.variables(),
        path: Cow::Borrowed(path.as_str()),
        path_is_mapped: false,
        located,
        canonical: path,
    };
    Ok((call, client))
}

/// The whole body, which stays in its place.
pub(super) async fn collected(body: &mut Body) -> Result<Bytes, Refusal> {
    let bytes = std::mem::take(body).collect_up_to(PAYLOAD_BYTES_MAX).await;
    let bytes = bytes.map_err(|error| Refusal::Integration(BackendError::RequestBody(error)))?;
    *body = Body::from(bytes.clone());
    Ok(bytes)
}

/// Maps an HTTP API request's parameters; the route's own parameters fill the URI by themselves
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html>).
///
/// # Errors
/// [`Refusal::Configuration`] where a mapping yields no header or no path.
pub async fn http<'a>(
    located: &'a Located,
    path: &'a CanonicalPath,
    route: &'a HttpRoute,
    request: Request,
    record: &Record,
) -> Result<Call<'a>, Refusal> {
    let (head, mut body) = request.into_parts();
    let bytes = match route.mapping.reads_request() {
        true => collected(&mut body).await?,
        false => Bytes::new(),
    };
    let sources = Sources {
        path,
        template: route.path.as_ref(),
        rules: Rules::Http,
        query: Query::new(head.uri.query().unwrap_or_default()),
        headers: &head.headers,
        variables: located.stage.variables(),
        record,
    };
    let mapped = route.mapping.map_request(&sources, &bytes)?;
    let path_is_mapped = mapped.path.is_some();
    Ok(Call {
        method: head.method,
        extensions: head.extensions,
        headers: mapped.headers.unwrap_or(head.headers),
        body,
        query: mapped.query,
        path_values: path_parameters(route, path),
        variables: located.stage.variables(),
        path: mapped.path.map_or(Cow::Borrowed(path.as_str()), Cow::Owned),
        path_is_mapped,
        located,
        canonical: path,
    })
}

fn path_parameters<'a>(route: &'a HttpRoute, path: &'a CanonicalPath) -> Vec<(&'a str, String)> {
    let template = route.path.iter();
    template
        .flat_map(|template| routes::parameters(template, path, Rules::Http))
        .map(|(name, value)| (name.as_str(), value.to_owned()))
        .collect()
}
