//! The definitions that are served, imported and packed, and what that costs.

use std::fmt::Write as _;
use std::hint::black_box;

use gatelet_aws::definitions::{PackedApi, PackedDefinitions, pack};
use gatelet_benches::Work;
use gatelet_control::document::Source;
use gatelet_control::import::{self, ImportOptions, Imported};
use gatelet_model::rest::RestStage;
use gatelet_model::{AccountId, Api, Region, Stage, StageName};

/// A mock with a mapped header and a template.
pub(crate) const REST_MOCK: &str = r#"
openapi: 3.0.1
info: {title: mock, version: "1"}
paths:
  /pets/{id}:
    get:
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: '{"statusCode": 200}'}
        responses:
          "200":
            statusCode: 200
            responseParameters: {method.response.header.Access-Control-Allow-Origin: "'*'"}
            responseTemplates: {application/json: '{"pets":[]}'}
"#;

/// A proxy with a mapped path, query and header.
pub(crate) const REST_PROXY: &str = r#"
openapi: 3.0.1
info: {title: proxy, version: "1"}
paths:
  /pets/{id}:
    get:
      x-amazon-apigateway-integration:
        type: http_proxy
        httpMethod: GET
        uri: "http://backend/v2/{pet}"
        requestParameters:
          integration.request.path.pet: method.request.path.id
          integration.request.querystring.kind: method.request.querystring.type
          integration.request.header.X-Stage: context.stage
"#;

/// The same on an HTTP API.
pub(crate) const HTTP_PROXY: &str = r#"
openapi: 3.0.1
info: {title: proxy, version: "1"}
x-amazon-apigateway-importexport-version: "1.0"
paths:
  /pets/{id}:
    get:
      x-amazon-apigateway-integration:
        type: http_proxy
        httpMethod: GET
        payloadFormatVersion: "1.0"
        uri: "http://backend/v2/{id}"
        requestParameters:
          "overwrite:querystring.kind": "$request.querystring.type"
          "overwrite:header.X-Stage": "$context.stage"
"#;

/// A function behind a REST API.
pub(crate) const REST_LAMBDA: &str = r#"
openapi: 3.0.1
info: {title: lambda, version: "1"}
paths:
  /pets/{id}:
    post:
      x-amazon-apigateway-integration:
        type: aws_proxy
        httpMethod: POST
        uri: "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:pets/invocations"
"#;

/// The same behind an HTTP API.
pub(crate) const HTTP_LAMBDA: &str = r#"
openapi: 3.0.1
info: {title: lambda, version: "1"}
x-amazon-apigateway-importexport-version: "1.0"
paths:
  /pets/{id}:
    post:
      x-amazon-apigateway-integration:
        type: aws_proxy
        httpMethod: POST
        payloadFormatVersion: "2.0"
        uri: "arn:aws:lambda:us-east-1:123456789012:function:pets"
"#;

/// Just under what AWS and we take.
const LARGE_BYTES: usize = 6_000_000;

/// A YAML definition of 6 MB, read, checked and made into an API.
pub(crate) fn import_large_yaml() -> Work {
    importing(&large_yaml())
}

/// The same in JSON.
pub(crate) fn import_large_json() -> Work {
    importing(&large_json())
}

/// What a cold start pays for an API of six routes that was packed: its file read, the API compiled.
pub(crate) fn packed() -> Work {
    let apis = [PackedApi {
        account: AccountId::parse("123456789012").unwrap_or_else(|problem| panic!("{problem}")),
        region: Region::parse("us-east-1").unwrap_or_else(|problem| panic!("{problem}")),
        api: import(include_str!("../../../examples/petstore/openapi.yaml")),
        stages: vec![Stage::Rest(RestStage::new(
            StageName::parse("dev").unwrap_or_else(|problem| panic!("{problem}")),
        ))],
        description: None,
    }];
    let file = pack(&apis, &[]).unwrap_or_else(|error| panic!("{error}"));
    Work::new(move || {
        let read = PackedDefinitions::read(black_box(&file)).unwrap_or_else(|error| panic!("{error}"));
        read.compile_all().unwrap_or_else(|error| panic!("{error}"));
        drop(black_box(read));
    })
}

/// Imports a definition that is known to be good.
pub(crate) fn import(definition: &str) -> Api {
    let imported = imported(&Source::new("bench.yaml", definition));
    imported.api.unwrap_or_else(|| panic!("{:?}", imported.problems))
}

fn importing(definition: &str) -> Work {
    let source = Source::new("bench", definition);
    let first = imported(&source);
    assert!(first.api.is_some(), "{:?}", first.problems);
    Work::new(move || drop(black_box(imported(black_box(&source)))))
}

fn imported(source: &Source) -> Imported {
    let parsed =
        AccountId::parse("123456789012").and_then(|account| Ok((account, Region::parse("us-east-1")?)));
    let (account, region) = parsed.unwrap_or_else(|problem| panic!("{problem}"));
    import::openapi(source, &ImportOptions::for_file("bench", account, region))
}

/// What each path says in prose, as definitions of this size do.
const PROSE: &str = "What this operation does, for whom, and what it answers when it cannot. ";

fn large_yaml() -> String {
    let mut text = "openapi: 3.0.1\ninfo: {title: large, version: '1'}\npaths:\n".to_owned();
    for n in 0.. {
        if text.len() > LARGE_BYTES {
            break;
        }
        let _ = write!(
            text,
            "  /resource{n}/{{id}}:\n    get:\n      description: {}\n      parameters:\n        \
             - {{name: id, in: path, required: true, schema: {{type: string}}}}\n      responses:\n        \
             '200': {{description: fine}}\n      x-amazon-apigateway-integration:\n        type: http_proxy\n        \
             httpMethod: GET\n        uri: 'http://backend/resource{n}/{{id}}'\n        requestParameters:\n          \
             integration.request.path.id: method.request.path.id\n",
            PROSE.repeat(10).trim_end()
        );
    }
    text
}

fn large_json() -> String {
    let mut text = r#"{"openapi":"3.0.1","info":{"title":"large","version":"1"},"paths":{"#.to_owned();
    for n in 0.. {
        if text.len() > LARGE_BYTES {
            break;
        }
        if n > 0 {
            text.push(',');
        }
        let _ = write!(
            text,
            r#""/resource{n}/{{id}}":{{"get":{{"description":"{}","parameters":[{{"name":"id","in":"path","required":true,"schema":{{"type":"string"}}}}],"responses":{{"200":{{"description":"fine"}}}},"x-amazon-apigateway-integration":{{"type":"http_proxy","httpMethod":"GET","uri":"http://backend/resource{n}/{{id}}","requestParameters":{{"integration.request.path.id":"method.request.path.id"}}}}}}}}"#,
            PROSE.repeat(10).trim_end()
        );
    }
    text.push_str("}}");
    text
}
