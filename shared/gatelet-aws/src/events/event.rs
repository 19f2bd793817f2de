//! What an event says, whichever door it came through.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::headers::SentHeaders;
use super::query::SentQuery;

/// An event of any HTTP door: the members of all shapes together, those of other shapes absent. Members that no rule needs
/// are passed over.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpEvent {
    /// What an authorizer is asked begins like a request, and says so here.
    #[serde(rename = "type")]
    pub(super) authorizer_type: Option<IgnoredAny>,
    pub(super) version: Option<Box<str>>,
    pub(super) http_method: Option<Box<str>>,
    pub(super) path: Option<Box<str>>,
    pub(super) raw_path: Option<Box<str>>,
    pub(super) raw_query_string: Option<Box<str>>,
    pub(super) query_string_parameters: Option<SentQuery>,
    pub(super) multi_value_query_string_parameters: Option<SentQuery>,
    pub(super) cookies: Option<Vec<Box<str>>>,
    pub(super) headers: Option<SentHeaders>,
    pub(super) multi_value_headers: Option<SentHeaders>,
    pub(super) body: Option<String>,
    pub(super) is_base64_encoded: Option<bool>,
    pub(super) request_context: Option<RequestContext>,
}

/// What the door says of the request.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RequestContext {
    pub(super) api_id: Option<Box<str>>,
    pub(super) stage: Option<Box<str>>,
    pub(super) domain_name: Option<Box<str>>,
    pub(super) protocol: Option<Box<str>>,
    pub(super) identity: Option<Client>,
    /// What an authorizer in front found out: in format 2.0 by its kind, in format 1.0 whatever the authorizer said.
    pub(super) authorizer: Option<Value>,
    pub(super) http: Option<Http>,
    pub(super) elb: Option<IgnoredAny>,
    pub(super) event_type: Option<Box<str>>,
}

/// `requestContext.http` of format 2.0.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Http {
    pub(super) method: Option<Box<str>>,
    pub(super) protocol: Option<Box<str>>,
    pub(super) source_ip: Option<Box<str>>,
}

/// `requestContext.identity` of format 1.0.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Client {
    pub(super) source_ip: Option<Box<str>>,
    pub(super) account_id: Option<Box<str>>,
    pub(super) access_key: Option<Box<str>>,
    pub(super) user: Option<Box<str>>,
    pub(super) user_arn: Option<Box<str>>,
    pub(super) principal_org_id: Option<Box<str>>,
}

/// What stands in front of the function, and with it the shape of its events and answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// A [Function URL](https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html): format 2.0 with a path as the client
    /// wrote it.
    FunctionUrl,
    /// An [Application Load Balancer](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html).
    LoadBalancer {
        /// Whether its target group sends and takes more than one value for a header.
        multi_value: bool,
    },
    /// API Gateway's [payload 1.0](https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format).
    RestApi,
    /// API Gateway's [payload 2.0](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html),
    /// whose path is decoded before anybody sees it.
    HttpApi,
    /// Nobody: an invocation with the smallest event of payload 1.0, a method and a path.
    Invoke,
}

impl Door {
    /// Which door an event came through; none where its shape is no door's.
    pub(super) fn of(event: &HttpEvent) -> Option<Self> {
        let context = event.request_context.as_ref();
        let is_of_web_socket = context.is_some_and(|context| context.event_type.is_some());
        if is_of_web_socket || event.authorizer_type.is_some() {
            return None;
        }
        if context.is_some_and(|context| context.elb.is_some()) {
            return Some(Self::LoadBalancer { multi_value: event.multi_value_headers.is_some() });
        }
        if event.raw_path.is_some() && context.is_some_and(|context| context.http.is_some()) {
            let name = context.and_then(|context| context.domain_name.as_deref()).unwrap_or_default();
            return Some(if is_function_url(name) { Self::FunctionUrl } else { Self::HttpApi });
        }
        event.http_method.as_ref().and(event.path.as_ref())?;
        let from_api = context.is_some_and(|context| context.api_id.is_some() || context.stage.is_some());
        Some(if from_api { Self::RestApi } else { Self::Invoke })
    }
}

/// Whether this is the name of a Function URL, or of whoever plays one on a developer's machine.
fn is_function_url(domain_name: &str) -> bool {
    let is_aws_s = [".on.aws", ".on.amazonwebservices.com.cn"].iter().any(|end| domain_name.ends_with(end));
    is_aws_s && domain_name.contains(".lambda-url.") || matches!(domain_name, "localhost" | "127.0.0.1")
}
