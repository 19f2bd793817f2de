//! A refusal in the API author's own form: what it repeats of the request, and of what the record knows.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use gatelet_languages::parameters::rest::{GeneralSource, RequestSource};
use http::header::CONNECTION;
use http::{HeaderMap, HeaderName, StatusCode, Uri};

use super::RestForm;
use crate::payload::{CanonicalPath, Query, Request, headers};
use crate::record::Record;
use crate::snapshot::routes::{self, Rules};
use crate::snapshot::{ApiSnapshot, GatewayResponses, OwnAnswer, RestApiSnapshot, StageSnapshot};
use crate::stages::locate::Located;

/// What is kept of a request to a REST API, in case that it is refused.
#[derive(Debug)]
pub struct Customisation {
    stage: Arc<StageSnapshot>,
    asked: Option<Asked>,
}

/// What a request was, where an answer may repeat it.
struct Asked {
    uri: Uri,
    /// Those that any answer repeats, without what nothing of the API sees.
    headers: HeaderMap,
    /// The path below the stage, as it came.
    raw_path: Box<str>,
}

impl Customisation {
    /// What the API's own gateway responses need of a request; nothing where there are none.
    #[must_use]
    pub fn of(located: &Located, api: &RestApiSnapshot, request: &Request) -> Option<Self> {
        let responses = api.gateway_responses();
        if responses.is_empty() {
            return None;
        }
        let asked = responses.reads_request().then(|| Asked {
            uri: request.uri().clone(),
            headers: kept(responses, request.headers()),
            raw_path: located.raw_path().into(),
        });
        Some(Self { stage: Arc::clone(&located.stage), asked })
    }

    fn api(&self) -> Option<(&RestApiSnapshot, &GatewayResponses)> {
        match self.stage.api() {
            ApiSnapshot::Rest(api) => Some((api, api.gateway_responses())),
            ApiSnapshot::Http(_) | ApiSnapshot::WebSocket => None,
        }
    }

    /// What a refusal becomes, where the author says anything of its type.
    pub(super) fn answer(&self, form: &RestForm, record: &Record) -> Option<OwnAnswer> {
        let (api, responses) = self.api()?;
        let kind = form.response_type?;
        // AWS lets nobody customise it, though it has a type for it.
        if form.status == StatusCode::PAYLOAD_TOO_LARGE {
            return None;
        }
        let path = self.asked.as_ref().and_then(|asked| CanonicalPath::parse(&asked.raw_path).ok());
        let told = Told { asked: self.asked.as_ref(), path, api, stage: &self.stage, record };
        let accept = self.asked.as_ref().and_then(|asked| headers::joined_values(&asked.headers, "accept"));
        responses.answer(kind, form.status, accept.as_deref(), |source, status| told.value(source, status))
    }
}

/// The headers that gateway responses need, as everything else of an API sees them.
fn kept(responses: &GatewayResponses, headers: &HeaderMap) -> HeaderMap {
    let mut kept = HeaderMap::new();
    // `Connection` names others that belong to the connection.
    for name in responses.headers_read().chain([CONNECTION.as_str()]) {
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else { continue };
        for value in headers.get_all(&name) {
            kept.append(&name, value.clone());
        }
    }
    headers::remove_forgeries(&mut kept);
    headers::remove_unseen(&mut kept);
    kept
}

/// Shows nothing of what a client sent.
impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asked(..)")
    }
}

/// What a form's references stand for.
struct Told<'a> {
    asked: Option<&'a Asked>,
    path: Option<CanonicalPath>,
    api: &'a RestApiSnapshot,
    stage: &'a StageSnapshot,
    record: &'a Record,
}

impl Told<'_> {
    fn value<'s>(&'s self, source: &'s RequestSource, status: StatusCode) -> Option<Cow<'s, str>> {
        match source {
            RequestSource::General(GeneralSource::Static(text)) => Some(Cow::Borrowed(text)),
            RequestSource::General(GeneralSource::StageVariable(name)) => {
                self.stage.variables().get(&**name).map(|value| Cow::Borrowed(value.as_str()))
            }
            // The record knows it only when the answer is made.
            RequestSource::General(GeneralSource::Context(name)) if &**name == "status" => {
                Some(Cow::Owned(status.as_str().to_owned()))
            }
            RequestSource::General(GeneralSource::Context(name)) => self.record.context(name),
            RequestSource::Path(name) => self.path_parameter(name).map(Cow::Borrowed),
            RequestSource::QueryString(name) => self.query().last_value(name),
            RequestSource::MultiValueQueryString(name) => {
                let values: Vec<_> = self.query().values(name).collect();
                (!values.is_empty()).then(|| Cow::Owned(values.join(",")))
            }
            RequestSource::Header(name) => headers::last_value(&self.asked?.headers, name).map(Cow::Borrowed),
            RequestSource::MultiValueHeader(name) => {
                headers::joined_values(&self.asked?.headers, name).map(Cow::Owned)
            }
            // Refused when it is compiled: a refusal may come before the body is read.
            RequestSource::Body(_) => None,
        }
    }

    fn query(&self) -> Query<'_> {
        Query::new(self.asked.and_then(|asked| asked.uri.query()).unwrap_or_default())
    }

    /// A parameter of the path, where the request took a route at all.
    fn path_parameter(&self, name: &str) -> Option<&str> {
        let path = self.path.as_ref()?;
        let method = gatelet_model::Method::parse(self.record.method.as_str()).ok();
        let template = &self.api.find(path, method)?.path;
        let mut parameters = routes::parameters(template, path, Rules::Rest);
        parameters.find(|(parameter, _)| parameter.as_str() == name).map(|(_, value)| value)
    }
}
