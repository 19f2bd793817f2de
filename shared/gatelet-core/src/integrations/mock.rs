//! `MOCK`: the gateway answers by itself
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html>).
//!
//! The request template yields the status, the status chooses the integration response, and that one gives headers and body.

use gatelet_languages::mock_status;
use gatelet_languages::parameters::rest::{
    GeneralSource, ResponseSource, parse_response_source, parse_response_target,
};
use gatelet_languages::selection::{self, SelectionPattern};
use gatelet_languages::template::Template;
use gatelet_model::{IntegrationResponse, PassthroughBehavior, StageVariables};
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap};
use http::{HeaderName, HeaderValue, StatusCode};
use indexmap::IndexMap;

use super::Call;
use crate::payload::{Body, BodyError, Response, headers};
use crate::ports::BackendError;
use crate::record::Record;
use crate::refusal::Refusal;

const JSON: &str = "application/json";
/// Largest body that is read for its status where no template is there to give one.
const PASSED_BODY_BYTES_MAX: usize = 10 * 1024 * 1024;

/// A compiled mock.
#[derive(Debug)]
pub struct Mock {
    statuses: Templates<Status>,
    passthrough: PassthroughBehavior,
    answers: Vec<Answer>,
}

/// Templates by content type, in the order of the definition.
#[derive(Debug)]
struct Templates<T>(Vec<(Box<str>, T)>);

/// What a request template yields.
#[derive(Debug)]
enum Status {
    Code(i64),
    /// A template that cannot be rendered, or renders to no status.
    Broken(String),
}

#[derive(Debug)]
struct Answer {
    pattern: SelectionPattern,
    status: StatusCode,
    headers: Vec<(HeaderName, ResponseSource)>,
    bodies: Templates<BodyTemplate>,
}

#[derive(Debug)]
enum BodyTemplate {
    Plain(bytes::Bytes),
    Velocity,
}

impl Mock {
    pub(super) fn compile(integration: &gatelet_model::Integration) -> Result<Self, String> {
        let status = |text: &str| match Template::parse(text) {
            Template::Plain(text) => {
                mock_status::parse(&text).map_or_else(|error| Status::Broken(error.to_string()), Status::Code)
            }
            Template::Velocity => Status::Broken(
                "the request template needs Velocity, which this version does not run".to_owned(),
            ),
        };
        Ok(Self {
            statuses: Templates::compile(&integration.request_templates, status),
            passthrough: integration.passthrough_behavior.unwrap_or(PassthroughBehavior::WhenNoMatch),
            answers: integration.responses.iter().map(Answer::compile).collect::<Result<_, _>>()?,
        })
    }

    pub(super) async fn answer(&self, call: Call<'_>, record: &Record) -> Result<Response, Refusal> {
        let code = self.status(&call.headers, call.body).await?;
        self.select(code)?.render(&call.headers, call.variables, record)
    }

    /// The status that the request template of the body's content type yields; where there is none the body itself.
    async fn status(&self, headers: &HeaderMap, body: Body) -> Result<i64, Refusal> {
        let content_type = headers::last_value(headers, "content-type").map_or(JSON, media_type);
        if let Some(status) = self.statuses.of(content_type) {
            return match status {
                Status::Code(code) => Ok(*code),
                Status::Broken(why) => Err(Refusal::Configuration(why.clone())),
            };
        }
        let passes = match self.passthrough {
            PassthroughBehavior::WhenNoMatch => true,
            PassthroughBehavior::WhenNoTemplates => self.statuses.0.is_empty(),
            PassthroughBehavior::Never => false,
        };
        if !passes {
            return Err(Refusal::UnsupportedMediaType);
        }
        let bytes = body.collect_up_to(PASSED_BODY_BYTES_MAX).await;
        let bytes =
            bytes.map_err(|error: BodyError| Refusal::Integration(BackendError::RequestBody(error)))?;
        let text = std::str::from_utf8(&bytes).unwrap_or_default();
        mock_status::parse(text)
            .map_err(|_| Refusal::Configuration("no request template gives a status code".to_owned()))
    }

    /// Of several answers whose pattern fits, the one with the very status wins; without any, the default.
    fn select(&self, code: i64) -> Result<&Answer, Refusal> {
        let same = self.answers.iter().position(|answer| i64::from(answer.status.as_u16()) == code);
        let patterns = self.answers.iter().map(|answer| &answer.pattern);
        let mut digits = itoa::Buffer::new();
        match selection::select(patterns, digits.format(code), same) {
            Ok(Some(position)) => self.answers.get(position).ok_or(Refusal::Internal),
            Ok(None) => Err(Refusal::Configuration(format!(
                "no integration response is for status {code}, and none is the default"
            ))),
            Err(error) => Err(Refusal::Configuration(error.to_string())),
        }
    }
}

impl Answer {
    fn compile(response: &IntegrationResponse) -> Result<Self, String> {
        let code = response.status_code.as_ref().map_or(200, gatelet_model::StatusCode::number);
        let status = StatusCode::from_u16(code).map_err(|error| error.to_string())?;
        if status.is_informational() {
            return Err(format!("an answer cannot have the status {code}"));
        }
        let mut headers = Vec::new();
        for (target, source) in &response.response_parameters {
            let fail =
                |error: &dyn std::fmt::Display| format!("the mapping `{target}` from `{source}`: {error}");
            let name = parse_response_target(target).map_err(|error| fail(&error))?;
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| fail(&error))?;
            headers.push((name, parse_response_source(source).map_err(|error| fail(&error))?));
        }
        let bodies = Templates::compile(&response.response_templates, |text| match Template::parse(text) {
            Template::Plain(text) => BodyTemplate::Plain(bytes::Bytes::from(text.into_string().into_bytes())),
            Template::Velocity => BodyTemplate::Velocity,
        });
        let pattern = SelectionPattern::compile(response.selection_pattern.as_deref());
        Ok(Self { pattern, status, headers, bodies })
    }

    fn render(
        &self,
        request: &HeaderMap,
        variables: &StageVariables,
        record: &Record,
    ) -> Result<Response, Refusal> {
        // The template of the Accept header's type, else the first.
        // https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html
        let accepted = headers::last_value(request, ACCEPT.as_str()).map(media_type);
        let template =
            accepted.and_then(|accepted| self.bodies.entry(accepted)).or_else(|| self.bodies.0.first());
        let (content_type, body) = match template {
            None => (JSON, Body::Empty),
            Some((content_type, BodyTemplate::Plain(body))) => (&**content_type, Body::from(body.clone())),
            Some((_, BodyTemplate::Velocity)) => {
                let why = "the response template needs Velocity, which this version does not run";
                return Err(Refusal::Configuration(why.to_owned()));
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        if let Ok(value) = HeaderValue::from_str(content_type) {
            response.headers_mut().insert(CONTENT_TYPE, value);
        }
        for (name, source) in &self.headers {
            let value = match source {
                ResponseSource::General(GeneralSource::Static(text)) => {
                    Some(std::borrow::Cow::Borrowed(&**text))
                }
                ResponseSource::General(GeneralSource::StageVariable(name)) => {
                    variables.get(&**name).map(|value| value.as_str().into())
                }
                ResponseSource::General(GeneralSource::Context(name)) => record.context(name),
                // A mock has no answer of a backend to take a value from.
                _ => None,
            };
            let Some(value) = value else { continue };
            let value = HeaderValue::from_str(&value).map_err(|_| {
                Refusal::Configuration(format!(
                    "the value mapped to the header `{name}` cannot be a header's"
                ))
            })?;
            response.headers_mut().insert(name, value);
        }
        Ok(response)
    }
}

impl<T> Templates<T> {
    fn compile(templates: &IndexMap<String, String>, compile: impl Fn(&str) -> T) -> Self {
        Self(templates.iter().map(|(kind, text)| (media_type(kind).into(), compile(text))).collect())
    }

    fn of(&self, content_type: &str) -> Option<&T> {
        self.entry(content_type).map(|(_, template)| template)
    }

    fn entry(&self, content_type: &str) -> Option<&(Box<str>, T)> {
        self.0.iter().find(|(kind, _)| kind.eq_ignore_ascii_case(content_type))
    }
}

/// A content type without its parameters.
fn media_type(text: &str) -> &str {
    let first = text.split(',').next().unwrap_or_default();
    first.split(';').next().unwrap_or_default().trim()
}
