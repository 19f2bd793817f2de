//! Whatever a function answers: never a panic, and never a header or status that the edge could not send.
#![no_main]

use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

use gatelet_core::integrations::{Integration, LambdaProxy, MediaTypes, RestContext, lambda_proxy};
use gatelet_core::payload::{Body, Response};
use gatelet_core::refusal::Refusal;
use gatelet_model::rest::{Method, Resource};
use gatelet_model::v2::{HttpIntegration, HttpRouteKey};
use gatelet_model::{
    ApiId, Connection, IntegrationType, PartId, PathTemplate, PayloadFormat, StageVariables, Timeout,
    TlsConfig,
};
use libfuzzer_sys::fuzz_target;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";

static PROXIES: LazyLock<[Integration; 4]> = LazyLock::new(|| {
    [rest(&[]), rest(&["*/*".to_owned()]), http(PayloadFormat::One), http(PayloadFormat::Two)]
});

fn rest(binary: &[String]) -> Integration {
    let mut integration = gatelet_model::Integration::new(IntegrationType::AwsProxy);
    integration.uri =
        Some(format!("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"));
    let resource = Resource {
        id: PartId::parse("r1").unwrap(),
        path: PathTemplate::parse("/").unwrap(),
        methods: Default::default(),
    };
    let context = RestContext {
        api_id: &ApiId::parse("api1").unwrap(),
        resource: &resource,
        method: &Method::default(),
        binary: &std::sync::Arc::new(MediaTypes::new(binary)),
        variables: &StageVariables::default(),
        certificate: None,
    };
    Integration::compile_rest(&integration, &context)
}

fn http(payload_format: PayloadFormat) -> Integration {
    let integration = HttpIntegration {
        id: PartId::parse("i1").unwrap(),
        kind: IntegrationType::AwsProxy,
        subtype: None,
        method: None,
        uri: Some(FUNCTION.to_owned()),
        connection: Connection::Internet,
        credentials: None,
        payload_format,
        request_parameters: Default::default(),
        response_parameters: Default::default(),
        timeout: Timeout::HTTP_DEFAULT,
        tls: TlsConfig::default(),
    };
    Integration::compile_http(&integration, &HttpRouteKey::Default, &StageVariables::default())
}

fn proxies() -> impl Iterator<Item = &'static LambdaProxy> {
    PROXIES.iter().map(|integration| match integration {
        Integration::LambdaProxy(proxy) => &**proxy,
        other => panic!("{other:?}"),
    })
}

fn check(answer: Result<Response, Refusal>) {
    match answer {
        Ok(response) => {
            assert!(response.status().as_u16() >= 200);
            assert!(response.headers().contains_key("content-type"));
        }
        Err(refusal) => assert!(refusal.cause().is_some(), "{refusal:?} says why"),
    }
}

fuzz_target!(|data: &[u8]| {
    let payload = bytes::Bytes::copy_from_slice(data);
    for proxy in proxies() {
        check(proxy.read_answer(&payload, Some("image/png, */*")));
    }
    let reading = pin!(lambda_proxy::read_stream(Body::from(payload)));
    match reading.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => check(answer),
        Poll::Pending => panic!("a whole body never waits"),
    }
});
