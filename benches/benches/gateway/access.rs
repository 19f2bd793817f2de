//! Who may call, through the whole pipeline before a mock: each kind of authorizer when its answer is remembered, and when
//! it is not.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use gatelet_benches::Work;
use gatelet_core::ports::{AccessKey, FunctionAnswer, IamIdentity, Secret};
use gatelet_world::{MemoryBackends, MemoryFunctions, MemoryWorld};

use crate::pipeline::{NOW, deployed, serving_in};

const MOCK: &str = r#"
    get:
      security: [{caller: []}]
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: '{"statusCode": 200}'}
        responses: {default: {statusCode: "200", responseTemplates: {application/json: ok}}}
"#;
const TARGET: &str = "/dev/pets/7?type=cat";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const POLICY: &str = r#"{"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "arn:aws:execute-api:*:*:*/dev/GET/pets/*"},
    {"Effect": "Deny", "Action": "execute-api:Invoke", "Resource": "arn:aws:execute-api:*:*:*/dev/DELETE/*"}]}"#;

/// A resource policy of two statements, one with a condition on the caller's address.
pub(crate) fn resource_policy() -> Work {
    let definition = r#"
openapi: 3.0.1
info: {title: t, version: "1"}
x-amazon-apigateway-policy:
  Version: "2012-10-17"
  Statement:
    - {Effect: Allow, Principal: "*", Action: "execute-api:Invoke", Resource: "execute-api:/dev/*"}
    - {Effect: Deny, Principal: "*", Action: "execute-api:Invoke", Resource: "execute-api:/dev/*", Condition: {NotIpAddress: {"aws:SourceIp": ["127.0.0.0/8", "10.0.0.0/8"]}}}
paths:
  /pets/{id}:"#;
    let (world, host) = in_memory(&format!("{definition}{}", MOCK.replace("security: [{caller: []}]", "")));
    serving_in(world, host, TARGET, Vec::new(), "ok")
}

/// A Lambda authorizer's answer that is remembered: its policy is judged for the method.
pub(crate) fn lambda_remembered() -> Work {
    lambda(300)
}

/// A Lambda authorizer that is asked for every request: its event is written, its answer read, its policy compiled.
pub(crate) fn lambda_asked() -> Work {
    lambda(0)
}

fn lambda(ttl_seconds: u32) -> Work {
    let scheme = format!(
        r#"{{type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authtype: custom,
      x-amazon-apigateway-authorizer: {{type: token, authorizerResultTtlInSeconds: {ttl_seconds},
        authorizerUri: "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:a/invocations"}}}}"#
    );
    let (world, host) = in_memory(&guarded(&scheme));
    let answer = format!(
        r#"{{"principalId": "somebody", "policyDocument": {POLICY}, "context": {{"tier": "gold"}}}}"#
    );
    let world = world.with_functions(
        MemoryFunctions::answering(move |_| {
            Ok(FunctionAnswer::Payload { payload: answer.clone().into(), function_error: None })
        })
        .forgetful(),
    );
    serving_in(
        world,
        host,
        TARGET,
        vec![("authorization", "Bearer abcdefghijklmnopqrstuvwxyz".to_owned())],
        "ok",
    )
}

/// A request that is signed with an access key which is remembered: its signature is computed, its policy judged.
pub(crate) fn signed() -> Work {
    let scheme = "{type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authtype: awsSigv4}";
    let (world, host) = in_memory(&guarded(scheme));
    world.credentials.insert(
        "GTLKEXAMPLE",
        AccessKey {
            identity: IamIdentity {
                account_id: "123456789012".into(),
                user_arn: "arn:aws:iam::123456789012:user/somebody".into(),
                user_id: "AIDASOMEBODY".into(),
                access_key: Some("GTLKEXAMPLE".into()),
                principal_org_id: None,
            },
            secret: Secret::new(SECRET),
            session_token: None,
            expires: None,
            enabled: true,
            policies: vec![POLICY.into()],
        },
    );
    let headers = signature(&host).unwrap_or_else(|error| panic!("{error}"));
    serving_in(world, host, TARGET, headers, "ok")
}

fn guarded(scheme: &str) -> String {
    format!(
        "openapi: 3.0.1\ninfo: {{title: t, version: \"1\"}}\ncomponents:\n  securitySchemes:\n    caller: {scheme}\npaths:\n  /pets/{{id}}:{MOCK}"
    )
}

fn in_memory(definition: &str) -> (MemoryWorld, String) {
    deployed(definition, "dev", MemoryBackends::default())
}

/// The headers by which AWS's signer signs the request.
fn signature(host: &str) -> Result<Vec<(&'static str, String)>, Box<dyn std::error::Error>> {
    let identity = Credentials::new("GTLKEXAMPLE", SECRET, None, None, "bench").into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name("execute-api")
        .time(std::time::UNIX_EPOCH + Duration::from_millis(NOW.milliseconds()))
        .settings(SigningSettings::default())
        .build()?
        .into();
    let url = format!("https://{host}{TARGET}");
    let request = SignableRequest::new("GET", url, [("host", host)].into_iter(), SignableBody::Bytes(b""))?;
    let (instructions, _) = sign(request, &parameters)?.into_parts();
    Ok(instructions.headers().map(|(name, value)| (name_of(name), value.to_owned())).collect())
}

fn name_of(name: &str) -> &'static str {
    match name {
        "authorization" => "authorization",
        _ => "x-amz-date",
    }
}
