//! The author's own forms of the gateway's answers, compiled
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html>).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use gatelet_languages::parameters::rest::{
    GeneralSource, RequestSource, parse_gateway_response_source, parse_gateway_response_target,
};
use gatelet_languages::parameters::substitution::{self, Piece};
use gatelet_model::rest::{GatewayResponse, GatewayResponseType as Type};
use http::header::{ACCEPT, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue, StatusCode};

use crate::payload::{JSON, essence};
use crate::record::execution_log::SECRETS;

/// Headers that belong to the connection: no mapping may set them.
const UNMAPPABLE: [HeaderName; 3] = [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING];

/// The author's own forms of a REST API's refusals, by their types.
#[derive(Debug, Default)]
pub struct GatewayResponses {
    own: BTreeMap<Type, Own>,
    reads_request: bool,
    headers: BTreeSet<Box<str>>,
}

/// The form of one type.
#[derive(Debug)]
struct Own {
    status: Option<StatusCode>,
    headers: Vec<(HeaderName, RequestSource)>,
    bodies: Vec<OwnBody>,
}

/// A body, with its content type.
#[derive(Debug)]
struct OwnBody {
    content_type: HeaderValue,
    pieces: Vec<Piece>,
    /// Whether it repeats what lets in whoever knows it.
    is_secret: bool,
}

/// What a refusal becomes.
#[derive(Debug, PartialEq, Eq)]
pub struct OwnAnswer {
    /// The status.
    pub status: StatusCode,
    /// Headers to set. A value is marked as sensitive where it repeats what lets in whoever knows it.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body with its type; none where the default one stays.
    pub body: Option<(HeaderValue, String)>,
    /// Whether the body repeats what lets in whoever knows it.
    pub is_secret: bool,
}

impl GatewayResponses {
    /// Compiles all of an API. A mapping or content type that cannot be one is left out: import tells of it.
    #[must_use]
    pub fn compile(responses: &[GatewayResponse]) -> Self {
        let own: BTreeMap<Type, Own> =
            responses.iter().map(|response| (response.kind, Own::compile(response))).collect();
        let reads_request = own.values().any(Own::reads_request);
        let headers = own.values().flat_map(Own::headers_read).collect();
        Self { own, reads_request, headers }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.own.is_empty()
    }

    /// Whether any of them repeats something of the request, or asks which types the client accepts.
    #[must_use]
    pub const fn reads_request(&self) -> bool {
        self.reads_request
    }

    /// The request's headers that any of them needs.
    pub fn headers_read(&self) -> impl Iterator<Item = &str> {
        self.headers.iter().map(AsRef::as_ref)
    }

    /// What a refusal of a type becomes whose own status is `status`: the type's own form, else that of `DEFAULT_4XX` or
    /// `DEFAULT_5XX`. The status of these two is that of every type that names none
    /// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html>).
    pub fn answer<'a>(
        &'a self,
        kind: Type,
        status: StatusCode,
        accept: Option<&str>,
        value: impl Fn(&'a RequestSource, StatusCode) -> Option<Cow<'a, str>>,
    ) -> Option<OwnAnswer> {
        let fallback = match status.is_server_error() {
            true => Type::Default5xx,
            false => Type::Default4xx,
        };
        let fallback = self.own.get(&fallback);
        let own = self.own.get(&kind).or(fallback)?;
        let status = own.status.or(fallback.and_then(|fallback| fallback.status)).unwrap_or(status);
        // ASSUMPTION: what has no value sets no header, and puts nothing into a body.
        let headers = own.headers.iter().filter_map(|(name, source)| {
            let value = value(source, status).filter(|value| !value.is_empty())?;
            let mut value = HeaderValue::from_str(&value).ok()?;
            value.set_sensitive(is_secret(source));
            Some((name.clone(), value))
        });
        let chosen = own.body(accept);
        let body = chosen.map(|body| {
            let text = |piece: &'a Piece| match piece {
                Piece::Text(text) => Cow::Borrowed(&**text),
                Piece::Reference(source) => value(source, status).unwrap_or_default(),
            };
            (body.content_type.clone(), body.pieces.iter().map(text).collect())
        });
        let is_secret = chosen.is_some_and(|body| body.is_secret);
        Some(OwnAnswer { status, headers: headers.collect(), body, is_secret })
    }
}

impl Own {
    fn compile(response: &GatewayResponse) -> Self {
        let status = response.status_code.as_ref().and_then(|code| StatusCode::from_u16(code.number()).ok());
        let headers = response
            .response_parameters
            .iter()
            .filter_map(|(target, source)| gateway_response_header(target, source).ok());
        let bodies = response.response_templates.iter().filter_map(|(kind, text)| {
            let content_type = gateway_response_type(kind).ok()?;
            let pieces = substitution::parse(text);
            let is_secret = references(&pieces).any(is_secret);
            Some(OwnBody { content_type, pieces, is_secret })
        });
        Self {
            status: status.filter(|status| !status.is_informational()),
            headers: headers.collect(),
            bodies: bodies.collect(),
        }
    }

    fn sources(&self) -> impl Iterator<Item = &RequestSource> {
        let in_bodies = self.bodies.iter().flat_map(|body| references(&body.pieces));
        self.headers.iter().map(|(_, source)| source).chain(in_bodies)
    }

    fn reads_request(&self) -> bool {
        self.bodies.len() > 1 || self.sources().any(|source| !matches!(source, RequestSource::General(_)))
    }

    fn headers_read(&self) -> impl Iterator<Item = Box<str>> {
        let accept = (self.bodies.len() > 1).then_some(ACCEPT.as_str());
        let mapped = self.sources().filter_map(|source| match source {
            RequestSource::Header(name) | RequestSource::MultiValueHeader(name) => Some(&**name),
            _ => None,
        });
        accept.into_iter().chain(mapped).map(|name| name.to_ascii_lowercase().into())
    }

    /// The body for a client: that of the first type in its `Accept` header that there is, else JSON's, else the first.
    ///
    /// ASSUMPTION: AWS's pages do not say how it chooses; weights (`q`) count as little as in its other choices.
    fn body(&self, accept: Option<&str>) -> Option<&OwnBody> {
        let of = |wanted: &str| {
            let wanted = essence(wanted);
            self.bodies.iter().find(|body| {
                body.content_type.to_str().is_ok_and(|kind| essence(kind).eq_ignore_ascii_case(wanted))
            })
        };
        let accepted = accept.unwrap_or_default().split(',').find_map(of);
        accepted.or_else(|| of(JSON)).or(self.bodies.first())
    }
}

/// A header that a gateway response sets, and what it takes its value from.
///
/// # Errors
/// Why the mapping cannot be one, for the author.
pub fn gateway_response_header(target: &str, source: &str) -> Result<(HeaderName, RequestSource), String> {
    let name = parse_gateway_response_target(target).map_err(|error| error.to_string())?;
    let name = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| format!("`{name}` cannot be the name of a header"))?;
    if UNMAPPABLE.contains(&name) {
        return Err(format!("`{name}` belongs to the connection: no mapping may set it"));
    }
    let source = parse_gateway_response_source(source).map_err(|error| error.to_string())?;
    Ok((name, source))
}

/// The content type of a gateway response's body.
///
/// # Errors
/// Why it cannot be one, for the author.
pub fn gateway_response_type(kind: &str) -> Result<HeaderValue, String> {
    HeaderValue::from_str(kind.trim())
        .map_err(|_| "it has characters that no header may have, such as a line break".to_owned())
}

fn references(pieces: &[Piece]) -> impl Iterator<Item = &RequestSource> {
    pieces.iter().filter_map(|piece| match piece {
        Piece::Text(_) => None,
        Piece::Reference(source) => Some(source),
    })
}

/// Whether a value lets in whoever knows it, so that no log shows it.
fn is_secret(source: &RequestSource) -> bool {
    match source {
        RequestSource::Header(name) | RequestSource::MultiValueHeader(name) => {
            SECRETS.iter().any(|secret| name.eq_ignore_ascii_case(secret))
        }
        RequestSource::General(GeneralSource::Context(name)) => &**name == "identity.apiKey",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use gatelet_model::StatusCode as Code;

    use super::*;

    fn own(kind: Type, status: Option<&str>, headers: &[&str], bodies: &[(&str, &str)]) -> GatewayResponse {
        let header = |name: &&str| (format!("gatewayresponse.header.{name}"), "context.requestId".to_owned());
        let body = |(kind, text): &(&str, &str)| ((*kind).to_owned(), (*text).to_owned());
        GatewayResponse {
            kind,
            status_code: status.map(|status| Code::parse(status).unwrap()),
            response_parameters: headers.iter().map(header).collect(),
            response_templates: bodies.iter().map(body).collect(),
        }
    }

    fn answer(all: &[GatewayResponse], kind: Type, status: u16, accept: Option<&str>) -> Option<OwnAnswer> {
        let compiled = GatewayResponses::compile(all);
        let value = |source: &RequestSource, status: StatusCode| match source {
            RequestSource::General(_) => Some(Cow::Owned(status.as_str().to_owned())),
            _ => None,
        };
        compiled.answer(kind, StatusCode::from_u16(status).unwrap(), accept, value)
    }

    #[test]
    fn a_type_falls_back_to_its_default_whose_status_is_that_of_all() {
        let all = [
            own(Type::Throttled, Some("420"), &["x-own"], &[]),
            own(Type::InvalidApiKey, None, &[], &[("application/json", "key")]),
            own(Type::Default4xx, Some("444"), &["x-default"], &[]),
        ];
        let seen = |kind, status| {
            let answer = answer(&all, kind, status, None)?;
            let names: Vec<_> = answer.headers.iter().map(|(name, _)| name.to_string()).collect();
            Some((answer.status.as_u16(), names.join(","), answer.body.map(|(_, text)| text)))
        };
        assert_eq!(seen(Type::Throttled, 429), Some((420, "x-own".to_owned(), None)));
        assert_eq!(seen(Type::InvalidApiKey, 403), Some((444, String::new(), Some("key".to_owned()))));
        assert_eq!(seen(Type::Unauthorized, 401), Some((444, "x-default".to_owned(), None)));
        assert_eq!(seen(Type::Default4xx, 400), Some((444, "x-default".to_owned(), None)));
        assert_eq!(seen(Type::IntegrationFailure, 504), None);
    }

    #[test]
    fn a_body_is_chosen_by_what_the_client_accepts() {
        let bodies =
            [("text/xml", "xml"), ("application/json; charset=utf-8", "json"), ("text/html", "html")];
        let all = [own(Type::Default4xx, None, &[], &bodies)];
        let chosen = |accept: Option<&str>| {
            let (kind, text) = answer(&all, Type::Throttled, 429, accept).unwrap().body.unwrap();
            format!("{} {text}", kind.to_str().unwrap())
        };
        for (accept, expected) in [
            (None, "application/json; charset=utf-8 json"),
            (Some("*/*"), "application/json; charset=utf-8 json"),
            (Some("Text/HTML;q=0.1, text/xml"), "text/html html"),
            (Some("image/png, text/xml"), "text/xml xml"),
            (Some("application/json"), "application/json; charset=utf-8 json"),
            (Some(""), "application/json; charset=utf-8 json"),
        ] {
            assert_eq!(chosen(accept), expected, "{accept:?}");
        }
        let all = [own(Type::Default4xx, None, &[], &[("text/xml", "xml")])];
        let (kind, _) = answer(&all, Type::Throttled, 429, Some("text/html")).unwrap().body.unwrap();
        assert_eq!(kind, "text/xml");
    }

    #[test]
    fn what_cannot_be_is_left_out() {
        let mut broken = own(Type::Default5xx, None, &["content-length", "a b", "x-good"], &[("a\nb", "x")]);
        let parameters = &mut broken.response_parameters;
        parameters.insert("gatewayresponse.path.x".to_owned(), "'1'".to_owned());
        parameters.insert("gatewayresponse.header.x-body".to_owned(), "method.request.body".to_owned());
        let answer = answer(&[broken], Type::IntegrationTimeout, 504, None).unwrap();
        let names: Vec<_> = answer.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!((names, answer.body), (vec!["x-good"], None));
    }

    #[test]
    fn the_request_is_kept_only_for_what_repeats_it() {
        let reads = |response| GatewayResponses::compile(&[response]).reads_request();
        assert!(!reads(own(
            Type::Throttled,
            None,
            &["x"],
            &[("text/xml", "$context.stage $stageVariables.a")]
        )));
        assert!(reads(own(Type::Throttled, None, &[], &[("text/xml", "1"), ("text/html", "2")])));
        assert!(reads(own(Type::Throttled, None, &[], &[("text/xml", "method.request.querystring.a")])));
        let mut mapped = own(Type::Throttled, None, &[], &[]);
        let name = "gatewayresponse.header.x".to_owned();
        mapped.response_parameters.insert(name, "method.request.header.Origin".to_owned());
        assert!(reads(mapped));
    }

    #[test]
    fn only_what_is_repeated_is_kept_and_secrets_are_marked() {
        let bodies = [("text/xml", "$method.request.header.Cookie"), ("text/html", "x")];
        let mut response = own(Type::Throttled, None, &["x-id"], &bodies);
        for name in ["Authorization", "Origin"] {
            let target = format!("gatewayresponse.header.x-{name}");
            response.response_parameters.insert(target, format!("method.request.header.{name}"));
        }
        let compiled = GatewayResponses::compile(&[response]);
        assert_eq!(
            compiled.headers_read().collect::<Vec<_>>(),
            ["accept", "authorization", "cookie", "origin"]
        );
        let told = |accept| {
            let value = |_: &RequestSource, _| Some(Cow::Borrowed("value"));
            compiled.answer(Type::Throttled, StatusCode::TOO_MANY_REQUESTS, accept, value).unwrap()
        };
        let answer = told(Some("text/html"));
        let marked: Vec<_> =
            answer.headers.iter().map(|(name, value)| (name.as_str(), value.is_sensitive())).collect();
        assert_eq!(marked, [("x-id", false), ("x-authorization", true), ("x-origin", false)]);
        assert!(!answer.is_secret && told(Some("text/xml")).is_secret);
    }
}
