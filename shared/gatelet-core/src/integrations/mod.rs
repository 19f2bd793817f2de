//! What stands behind a route. AWS closes the set of types, so it is an enum with one `match`; each type is a file.

pub(crate) mod aws_service;
mod http;
mod http_proxy;
mod lambda;
pub mod lambda_proxy;
mod mock;
mod target;
pub(crate) mod trace;
pub(crate) mod variables;
pub(crate) mod way;

use std::borrow::Cow;
use std::sync::Arc;

use gatelet_model::rest::{Method, Resource};
use gatelet_model::v2::{HttpIntegration, HttpRouteKey};
use gatelet_model::{ApiId, IntegrationType, StageVariables};

pub use self::http::Http;
pub use aws_service::AwsService;
pub use aws_service::first_class::FirstClass;
pub use http_proxy::HttpProxy;
pub use lambda::Lambda;
pub use lambda_proxy::{LambdaProxy, MediaTypes};
pub use mock::Mock;
pub use target::{Target, TargetError, escaped_value};

use crate::payload::{Body, CanonicalPath, Response, headers};
use crate::ports::Arrival;
use crate::ports::{Clock, World};
use crate::record::{IntegrationCall, Record};
use crate::refusal::Refusal;
use crate::stages::locate::Located;

/// What the mapping stage established for an integration.
#[derive(Debug)]
pub struct Call<'a> {
    /// The client's method.
    pub method: ::http::Method,
    /// The headers that the backend may see.
    pub headers: ::http::HeaderMap,
    /// What the edge tells the backend's adapter beside the request, such as how header names were spelled.
    pub extensions: ::http::Extensions,
    /// The client's body, perhaps still on its way.
    pub body: Body,
    /// The query that the backend sees besides the URI's own; percent-encoded.
    pub query: String,
    /// The values of `{name}` in the URI; percent-encoded.
    pub path_values: Vec<(&'a str, String)>,
    /// The stage's variables.
    pub variables: &'a StageVariables,
    /// The path below the stage, or what a mapping put in its place.
    pub path: std::borrow::Cow<'a, str>,
    /// Whether a mapping put the path in its place.
    pub path_is_mapped: bool,
    /// Where the request led.
    pub located: &'a Located,
    /// The client's own path below the stage.
    pub canonical: &'a CanonicalPath,
}

/// What an integration answered.
#[derive(Debug)]
pub struct Answer {
    /// The backend's answer as it came; of a proxy, what the client is given.
    pub response: Response,
    /// What selection patterns are held against: the status, or a function's error message, which is empty where it did not fail.
    /// Counts for nothing where the answer is not mapped.
    pub selection: Cow<'static, str>,
}

impl Answer {
    /// An answer that nobody selects a mapping for.
    #[must_use]
    pub const fn proxied(response: Response) -> Self {
        Self { response, selection: Cow::Borrowed("") }
    }

    /// An answer that is selected by its status
    /// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-integration-settings-integration-response.html>).
    #[must_use]
    pub fn by_status(response: Response) -> Self {
        let selection = Cow::Owned(response.status().as_str().to_owned());
        Self { response, selection }
    }
}

/// What a REST method's integration is compiled in.
#[derive(Debug, Clone, Copy)]
pub struct RestContext<'a> {
    /// The API.
    pub api_id: &'a ApiId,
    /// The method's resource.
    pub resource: &'a Resource,
    /// The method.
    pub method: &'a Method,
    /// The API's binary media types.
    pub binary: &'a Arc<MediaTypes>,
    /// The stage's variables.
    pub variables: &'a StageVariables,
    /// The certificate that the stage shows to backends.
    pub certificate: Option<&'a str>,
}

/// A compiled integration.
#[derive(Debug)]
pub enum Integration {
    /// The gateway answers by itself.
    Mock(Box<Mock>),
    /// An HTTP backend that is sent what was mapped.
    Http(Box<Http>),
    /// An HTTP backend that sees the request as it came.
    HttpProxy(Box<HttpProxy>),
    /// A Lambda function that is given what was mapped.
    Lambda(Box<Lambda>),
    /// A Lambda function, told of the request in AWS's events.
    LambdaProxy(Box<LambdaProxy>),
    /// An AWS service, called with what mappings made of the request.
    AwsService(Box<AwsService>),
    /// A service action of an HTTP API.
    FirstClass(Box<FirstClass>),
    /// A type that this version does not serve, or a part of the definition that cannot work: AWS accepts it
    /// and fails when it is used.
    Broken {
        /// AWS's word for the type.
        kind: &'static str,
        /// What is wrong, for the author.
        why: String,
    },
}

impl Integration {
    /// Compiles a REST method's integration.
    #[must_use]
    pub fn compile_rest(integration: &gatelet_model::Integration, context: &RestContext<'_>) -> Self {
        let RestContext { api_id, resource, method, binary, variables, certificate } = *context;
        let kind = integration.kind.as_str();
        let compiled = match integration.kind {
            IntegrationType::Mock => Ok(Self::Mock(Box::new(Mock::compile(integration)))),
            IntegrationType::Http => Http::compile(api_id, integration, certificate, variables)
                .map(|http| Self::Http(Box::new(http))),
            IntegrationType::Aws if Lambda::takes(integration.uri.as_deref().unwrap_or_default()) => {
                Lambda::compile(integration, variables).map(|lambda| Self::Lambda(Box::new(lambda)))
            }
            IntegrationType::HttpProxy => {
                HttpProxy::compile_rest(api_id, integration, certificate, variables)
                    .map(|proxy| Self::HttpProxy(Box::new(proxy)))
            }
            IntegrationType::AwsProxy => {
                LambdaProxy::compile_rest(integration, resource, method, binary, variables)
                    .map(|proxy| Self::LambdaProxy(Box::new(proxy)))
            }
            IntegrationType::Aws => AwsService::compile(api_id, integration, variables)
                .map(|service| Self::AwsService(Box::new(service))),
        };
        compiled.unwrap_or_else(|why| Self::Broken { kind, why })
    }

    /// Compiles an HTTP API's integration for a route.
    #[must_use]
    pub fn compile_http(
        integration: &HttpIntegration,
        route: &HttpRouteKey,
        variables: &StageVariables,
    ) -> Self {
        let kind = integration.kind.as_str();
        let compiled = match integration.kind {
            IntegrationType::HttpProxy => HttpProxy::compile_http(integration, route, variables)
                .map(|proxy| Self::HttpProxy(Box::new(proxy))),
            IntegrationType::AwsProxy => match &integration.subtype {
                Some(subtype) => FirstClass::compile(integration, subtype, variables)
                    .map(|action| Self::FirstClass(Box::new(action))),
                None => LambdaProxy::compile_http(integration, route, variables)
                    .map(|proxy| Self::LambdaProxy(Box::new(proxy))),
            },
            IntegrationType::Aws | IntegrationType::Http | IntegrationType::Mock => Err(not_served(kind)),
        };
        compiled.unwrap_or_else(|why| Self::Broken { kind, why })
    }

    /// AWS's word for the type.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Mock(_) => IntegrationType::Mock.as_str(),
            Self::Http(_) => IntegrationType::Http.as_str(),
            Self::HttpProxy(_) => IntegrationType::HttpProxy.as_str(),
            Self::Lambda(_) => IntegrationType::Aws.as_str(),
            Self::LambdaProxy(_) | Self::FirstClass(_) => IntegrationType::AwsProxy.as_str(),
            Self::AwsService(_) => IntegrationType::Aws.as_str(),
            Self::Broken { kind, .. } => kind,
        }
    }

    /// Why the integration cannot work, where that is known beforehand.
    #[must_use]
    pub fn defect(&self) -> Option<&str> {
        match self {
            Self::Broken { why, .. } => Some(why),
            _ => None,
        }
    }

    /// Asks what stands behind, and notes what it did.
    ///
    /// # Errors
    /// The [`Refusal`] that the client hears where there is no answer.
    pub async fn call<W: World>(
        &self,
        world: &W,
        arrival: &Arrival,
        call: Call<'_>,
        record: &mut Record,
    ) -> Result<Answer, Refusal> {
        let begun = world.clock().monotonic();
        let result = match self {
            Self::Mock(mock) => mock.answer(call).await,
            Self::Http(http) => http.call(world, arrival, call, record).await,
            Self::Lambda(lambda) => lambda.call(world, arrival, call, record).await,
            Self::HttpProxy(proxy) => proxy.call(world, arrival, call, record).await.map(Answer::proxied),
            Self::LambdaProxy(proxy) => {
                proxy.call(world.functions(), world.clock(), arrival, call, record).await.map(Answer::proxied)
            }
            Self::AwsService(service) => {
                service.call(world, arrival, call, record).await.map(Answer::by_status)
            }
            Self::FirstClass(action) => action.call(world, arrival, call, record).await.map(Answer::proxied),
            Self::Broken { why, .. } => Err(Refusal::Configuration(why.clone())),
        };
        let latency = world.clock().monotonic().saturating_sub(begun);
        if let Ok(answer) = &result {
            let ids = ["x-amzn-requestid", "x-amz-request-id"].into_iter();
            let id = ids.filter_map(|name| headers::last_value(answer.response.headers(), name)).next();
            id.into_iter().for_each(|id| record.note_endpoint_request_id(id));
        }
        record.note_integration(IntegrationCall {
            kind: self.kind(),
            status: result.as_ref().ok().map(|answer| answer.response.status().as_u16()),
            latency,
            error: result.as_ref().err().and_then(Refusal::cause),
        });
        result
    }
}

/// The methods whose bodies mean something (recorded).
pub(crate) const fn has_body(method: &::http::Method) -> bool {
    use ::http::Method;
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn not_served(kind: &str) -> String {
    format!("{kind} integrations are not served by this version")
}
