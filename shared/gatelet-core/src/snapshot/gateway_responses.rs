//! The author's own forms of the gateway's answers, compiled
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html>).

use std::borrow::Cow;
use std::collections::BTreeMap;

use gatelet_languages::parameters::rest::{
    RequestSource, parse_gateway_response_source, parse_gateway_response_target,
};
use gatelet_languages::parameters::substitution::{self, Piece};
use gatelet_model::rest::{GatewayResponse, GatewayResponseType as Type};
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue, StatusCode};

/// Headers that belong to the connection: no mapping may set them.
const UNMAPPABLE: [HeaderName; 3] = [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING];
/// The type of a body where the client accepts none that there is.
const JSON: &str = "application/json";

/// The author's own forms of a REST API's refusals, by their types.
#[derive(Debug, Default)]
pub struct GatewayResponses {
    own: BTreeMap<Type, Own>,
    reads_request: bool,
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
}

/// What a refusal becomes.
#[derive(Debug, PartialEq, Eq)]
pub struct OwnAnswer {
    /// The status.
    pub status: StatusCode,
    /// Headers to set.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body with its type; none where the default one stays.
    pub body: Option<(HeaderValue, String)>,
}

impl GatewayResponses {
    /// Compiles all of an API. A mapping or content type that cannot be one is left out: import tells of it.
    #[must_use]
    pub fn compile(responses: &[GatewayResponse]) -> Self {
        let own: BTreeMap<Type, Own> =
            responses.iter().map(|response| (response.kind, Own::compile(response))).collect();
        let reads_request = own.values().any(Own::reads_request);
        Self { own, reads_request }
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
            Some((name.clone(), HeaderValue::from_str(&value).ok()?))
        });
        let body = own.body(accept).map(|body| {
            let text = |piece: &'a Piece| match piece {
                Piece::Text(text) => Cow::Borrowed(&**text),
                Piece::Reference(source) => value(source, status).unwrap_or_default(),
            };
            (body.content_type.clone(), body.pieces.iter().map(text).collect())
        });
        Some(OwnAnswer { status, headers: headers.collect(), body })
    }
}

impl Own {
    fn compile(response: &GatewayResponse) -> Self {
        let status = response.status_code.as_ref().and_then(|code| StatusCode::from_u16(code.number()).ok());
        let headers = response.response_parameters.iter().filter_map(|(target, source)| {
            let name = parse_gateway_response_target(target).ok()?;
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            let source = parse_gateway_response_source(source).ok()?;
            (!UNMAPPABLE.contains(&name)).then_some((name, source))
        });
        let bodies = response.response_templates.iter().filter_map(|(kind, text)| {
            let content_type = HeaderValue::from_str(kind.trim()).ok()?;
            Some(OwnBody { content_type, pieces: substitution::parse(text) })
        });
        Self {
            status: status.filter(|status| !status.is_informational()),
            headers: headers.collect(),
            bodies: bodies.collect(),
        }
    }

    fn reads_request(&self) -> bool {
        let pieces = self.bodies.iter().flat_map(|body| &body.pieces);
        let in_bodies = pieces.filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Reference(source) => Some(source),
        });
        let mut sources = self.headers.iter().map(|(_, source)| source).chain(in_bodies);
        self.bodies.len() > 1 || sources.any(|source| !matches!(source, RequestSource::General(_)))
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

/// A media type without its parameters.
fn essence(kind: &str) -> &str {
    kind.split(';').next().unwrap_or_default().trim()
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
}
