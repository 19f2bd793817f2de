//! From the client's parameters to the backend's.

use std::borrow::Cow;

use crate::integrations::{Call, Integration};
use crate::payload::{CanonicalPath, Query, Request, headers};
use crate::record::Record;
use crate::refusal::Refusal;
use crate::snapshot::routes::{self, Rules};
use crate::snapshot::{HttpRoute, RestMethod, Sources};
use crate::stages::locate::Located;

/// Maps a REST request's parameters
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html>).
///
/// # Errors
/// [`Refusal::Configuration`] where a mapping yields no header.
pub fn rest<'a>(
    located: &'a Located,
    path: &'a CanonicalPath,
    method: &'a RestMethod,
    request: Request,
    record: &Record,
) -> Result<Call<'a>, Refusal> {
    let (head, body) = request.into_parts();
    let sources = Sources {
        path,
        template: Some(&method.path),
        rules: Rules::Rest,
        query: Query::new(head.uri.query().unwrap_or_default()),
        headers: &head.headers,
        variables: located.stage.variables(),
        record,
    };
    let mapped = method.mapping.map(&sources)?;
    let mut headers = head.headers;
    if matches!(method.integration, Integration::HttpProxy(_)) {
        headers::remove_clients_way(&mut headers);
    }
    for (name, value) in mapped.headers {
        headers.insert(name, value);
    }
    Ok(Call {
        method: head.method,
        extensions: head.extensions,
        headers,
        body,
        query: mapped.query,
        path_values: mapped.path_values,
        variables: located.stage.variables(),
        path: Cow::Borrowed(path.as_str()),
        path_is_mapped: false,
        located,
        canonical: path,
    })
}

/// Maps an HTTP API request's parameters; the route's own parameters fill the URI by themselves
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html>).
///
/// # Errors
/// [`Refusal::Configuration`] where a mapping yields no header or no path.
pub fn http<'a>(
    located: &'a Located,
    path: &'a CanonicalPath,
    route: &'a HttpRoute,
    request: Request,
    record: &Record,
) -> Result<Call<'a>, Refusal> {
    let (head, body) = request.into_parts();
    let sources = Sources {
        path,
        template: route.path.as_ref(),
        rules: Rules::Http,
        query: Query::new(head.uri.query().unwrap_or_default()),
        headers: &head.headers,
        variables: located.stage.variables(),
        record,
    };
    let mapped = route.mapping.map_request(&sources)?;
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
