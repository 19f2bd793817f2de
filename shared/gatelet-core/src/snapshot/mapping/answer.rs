//! What the client is given of an integration's answer: which integration response is for it, and how that one makes headers and
//! body (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-integration-settings-integration-response.html>).

use std::borrow::Cow;
use std::sync::Arc;

use gatelet_languages::parameters::BodyPaths;
use gatelet_languages::parameters::rest::{
    GeneralSource, ResponseSource, parse_response_source, parse_response_target,
};
use gatelet_languages::selection::{self, SelectionPattern};
use gatelet_model::{ContentHandling, Integration, IntegrationResponse, IntegrationType, StageVariables};
use http::header::ACCEPT;
use http::{HeaderMap, HeaderName, StatusCode};

use super::content::{Conversion, is_binary};
use super::rest::header_value;
use super::templates::{BodyTemplate, Templates};
use crate::integrations::MediaTypes;
use crate::integrations::lambda_proxy::event::json::text_of;
use crate::payload::{PAYLOAD_BYTES_MAX, headers};
use crate::record::Record;
use crate::refusal::Refusal;

/// The integration responses of a method.
#[derive(Debug)]
pub struct AnswerMapping {
    answers: Vec<MappedAnswer>,
    binary: Arc<MediaTypes>,
    /// Of several patterns that fit, the entry wins whose own status is the one selected by.
    prefers_own_status: bool,
}

/// An integration response, compiled.
#[derive(Debug)]
pub struct MappedAnswer {
    pattern: SelectionPattern,
    status: StatusCode,
    headers: Vec<(HeaderName, Source)>,
    body: BodyPaths,
    templates: Templates,
    handling: Option<ContentHandling>,
}

#[derive(Debug)]
enum Source {
    /// Which value of the body.
    Body(usize),
    Other(ResponseSource),
}

impl AnswerMapping {
    /// Compiles that of an integration; none of a proxy, whose answers are the client's.
    ///
    /// # Errors
    /// What is wrong with it, for the author.
    pub fn compile(integration: &Integration, binary: &Arc<MediaTypes>) -> Result<Option<Self>, String> {
        if matches!(integration.kind, IntegrationType::AwsProxy | IntegrationType::HttpProxy) {
            return Ok(None);
        }
        Ok(Some(Self {
            answers: integration.responses.iter().map(MappedAnswer::compile).collect::<Result<_, _>>()?,
            binary: Arc::clone(binary),
            prefers_own_status: integration.kind == IntegrationType::Mock,
        }))
    }

    /// The integration response for what patterns are held against.
    ///
    /// # Errors
    /// [`Refusal::Configuration`] where none is for it and none is the default, or a pattern cannot be run.
    pub fn select(&self, selection: &str, status: StatusCode) -> Result<&MappedAnswer, Refusal> {
        let is_preferred = |position: usize| {
            let answer = self.answers.get(position);
            self.prefers_own_status && answer.is_some_and(|answer| answer.status.as_str() == selection)
        };
        let patterns = self.answers.iter().map(|answer| &answer.pattern);
        match selection::select(patterns, selection, is_preferred) {
            Ok(Some(position)) => self.answers.get(position).ok_or(Refusal::Internal),
            // AWS's own words.
            Ok(None) => {
                let status = status.as_u16();
                Err(Refusal::Configuration(format!(
                    "No match for output mapping and no default output mapping configured. Endpoint Response Status Code: {status}"
                )))
            }
            Err(error) => Err(Refusal::Configuration(error.to_string())),
        }
    }

    /// What becomes of an answer's payload, by its own type and what the client takes.
    #[must_use]
    pub fn conversion(
        &self,
        answer: &MappedAnswer,
        content_type: Option<&str>,
        accept: Option<&str>,
    ) -> Conversion {
        let takes_binary = self.binary.are_accepted(accept);
        Conversion::of_answer(is_binary(&self.binary, content_type), takes_binary, answer.handling)
    }

    /// Whether any template may look at the request.
    pub(crate) fn looks(&self) -> bool {
        self.answers.iter().any(|answer| answer.templates.look())
    }
}

impl MappedAnswer {
    fn compile(response: &IntegrationResponse) -> Result<Self, String> {
        let code = response.status_code.as_ref().map_or(200, gatelet_model::StatusCode::number);
        let status = StatusCode::from_u16(code).map_err(|error| error.to_string())?;
        if status.is_informational() {
            return Err(format!("an answer cannot have the status {code}"));
        }
        let mut headers = Vec::with_capacity(response.response_parameters.len());
        let mut body = BodyPaths::default();
        for (target, source) in &response.response_parameters {
            let fail =
                |error: &dyn std::fmt::Display| format!("the mapping `{target}` from `{source}`: {error}");
            let name = parse_response_target(target).map_err(|error| fail(&error))?;
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| fail(&error))?;
            let source = match parse_response_source(source).map_err(|error| fail(&error))? {
                ResponseSource::Body(path) => Source::Body(body.add(&path).map_err(|error| fail(&error))?),
                other => Source::Other(other),
            };
            headers.push((name, source));
        }
        Ok(Self {
            pattern: SelectionPattern::compile(response.selection_pattern.as_deref()),
            status,
            headers,
            body,
            templates: Templates::new(&response.response_templates),
            handling: response.content_handling,
        })
    }

    /// The status that the client is given, unless a template overrides it.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The template of the type that the client accepts, else the first, with its type; none where the body passes
    /// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html>).
    #[must_use]
    pub fn template(&self, request: &HeaderMap) -> Option<(&str, &BodyTemplate)> {
        let accept = headers::last_value(request, ACCEPT.as_str());
        accept.and_then(|accept| self.templates.of(accept)).or_else(|| self.templates.first())
    }

    /// Whether a header is taken from the body.
    #[must_use]
    pub const fn reads_body(&self) -> bool {
        !self.body.is_empty()
    }

    /// Writes the client's headers; an empty or missing value skips its mapping.
    ///
    /// # Errors
    /// [`Refusal::Configuration`] where a value cannot be a header's.
    pub fn map_headers(
        &self,
        backend: &HeaderMap,
        body: &[u8],
        variables: &StageVariables,
        record: &Record,
        mapped: &mut HeaderMap,
    ) -> Result<(), Refusal> {
        let in_body = match self.body.is_empty() {
            true => Vec::new(),
            false => self.body.values(&text_of(body), PAYLOAD_BYTES_MAX),
        };
        for (name, source) in &self.headers {
            let value = match source {
                Source::Body(place) => in_body.get(*place).and_then(Option::as_deref).map(Cow::Borrowed),
                Source::Other(ResponseSource::Header(name)) => {
                    headers::last_value(backend, name).map(Cow::Borrowed)
                }
                Source::Other(ResponseSource::MultiValueHeader(name)) => {
                    headers::joined_values(backend, name).map(Cow::Owned)
                }
                Source::Other(ResponseSource::General(GeneralSource::Static(text))) => {
                    Some(Cow::Borrowed(&**text))
                }
                Source::Other(ResponseSource::General(GeneralSource::StageVariable(name))) => {
                    variables.get(&**name).map(|value| Cow::Borrowed(value.as_str()))
                }
                Source::Other(ResponseSource::General(GeneralSource::Context(name))) => record.context(name),
                // Compiled as a value of the body.
                Source::Other(ResponseSource::Body(_)) => None,
            };
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                mapped.insert(name.clone(), header_value(name, &value)?);
            }
        }
        Ok(())
    }
}
