//! What a REST API's custom integrations add to a request: mapped, validated, rendered, refused in the author's words, compressed.

use std::hint::black_box;

use gatelet_benches::Work;
use gatelet_core::payload::{Body, Response};
use gatelet_core::pipeline::{self, Front};
use gatelet_core::record::Record;
use gatelet_world::MemoryBackends;

use crate::pipeline::{arrival, deployed, now};

const BODY: &str =
    r#"{"id": "a1", "kind": "cat", "price": 9.99, "tags": ["small", "grey"], "note": "it's \"so\""}"#;

const PARAMETERS: &str = r#"
openapi: 3.0.1
info: {title: t, version: "1"}
paths:
  /pets/{id}:
    post:
      x-amazon-apigateway-integration:
        type: http
        httpMethod: POST
        uri: http://backend.example.com/pets/{pet}
        requestParameters:
          integration.request.path.pet: method.request.path.id
          integration.request.querystring.type: method.request.querystring.type
          integration.request.querystring.stage: context.stage
          integration.request.header.X-Kind: method.request.body.kind
          integration.request.header.X-Request: context.requestId
          integration.request.header.X-Fixed: "'fixed'"
          integration.request.header.X-Agent: method.request.header.user-agent
          integration.request.header.X-Address: context.identity.sourceIp
        responses: {default: {statusCode: "200", responseParameters: {method.response.header.X-Answer: integration.response.header.x-answer}}}
"#;

const TEMPLATES: &str = r#"
openapi: 3.0.1
info: {title: t, version: "1"}
paths:
  /pets/{id}:
    post:
      x-amazon-apigateway-integration:
        type: http
        httpMethod: POST
        uri: http://backend.example.com/pets
        requestTemplates:
          application/json: |-
            #set($pet = $input.path('$'))
            {"pet": {"id": "$input.params('id')", "kind": "$pet.kind", "price": $pet.price, "tags": $input.json('$.tags'), "by": "$context.identity.sourceIp"}}
        responses:
          default:
            statusCode: "200"
            responseTemplates:
              application/json: '{"stored": $input.json("$.id"), "request": "$context.requestId"}'
"#;

const VALIDATED: &str = r##"
openapi: 3.0.1
info: {title: t, version: "1"}
x-amazon-apigateway-request-validators: {all: {validateRequestBody: true, validateRequestParameters: true}}
components:
  schemas:
    Pet:
      type: object
      required: [id, kind]
      properties:
        id: {type: string}
        kind: {type: string, enum: [cat, dog]}
        price: {type: number, minimum: 0}
        tags: {type: array, items: {type: string}}
paths:
  /pets/{id}:
    post:
      x-amazon-apigateway-request-validator: all
      parameters: [{name: type, in: query, required: true, schema: {type: string}}]
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: '{"statusCode": 200}'}
        responses: {default: {statusCode: "200", responseTemplates: {application/json: ok}}}
"##;

const GATEWAY_RESPONSES: &str = r#"
openapi: 3.0.1
info: {title: t, version: "1"}
x-amazon-apigateway-gateway-responses:
  DEFAULT_4XX:
    responseParameters: {gatewayresponse.header.Access-Control-Allow-Origin: "'*'"}
    responseTemplates: {application/json: '{"error": $context.error.messageString, "request": "$context.requestId"}'}
paths:
  /other:
    get:
      x-amazon-apigateway-integration: {type: mock, responses: {default: {statusCode: "200"}}}
"#;

const COMPRESSED: &str = r#"
openapi: 3.0.1
info: {title: t, version: "1"}
x-amazon-apigateway-minimum-compression-size: 1024
paths:
  /pets/{id}:
    post:
      x-amazon-apigateway-integration:
        type: http_proxy
        httpMethod: POST
        uri: http://backend.example.com/pets
"#;

/// An `HTTP` integration with eight parameters mapped, one of them from the body, and none rendered.
pub(crate) fn parameters() -> Work {
    posting(PARAMETERS, b"{\"id\": 7}", 200, &[])
}

/// An `HTTP` integration with a template each way.
pub(crate) fn templates() -> Work {
    posting(TEMPLATES, b"{\"id\": 7}", 200, &[])
}

/// A mock whose method's parameters and body are validated.
pub(crate) fn validated() -> Work {
    posting(VALIDATED, b"", 200, &[])
}

/// A request that no method takes, refused in the author's own form.
pub(crate) fn gateway_response() -> Work {
    posting(GATEWAY_RESPONSES, b"", 403, &[])
}

/// An answer of 2 KB compressed for its client.
pub(crate) fn compressed() -> Work {
    let answer: String = (0..40)
        .map(|number| format!("{{\"id\": {number}, \"kind\": \"cat\", \"price\": 9.99}},\n"))
        .collect();
    posting(COMPRESSED, answer.as_bytes(), 200, &[("accept-encoding", "gzip")])
}

fn posting(
    definition: &str,
    answer: &[u8],
    status: u16,
    headers: &'static [(&'static str, &'static str)],
) -> Work {
    let answer = bytes::Bytes::copy_from_slice(answer);
    let backends = MemoryBackends::answering(move |_| {
        let mut response = Response::new(Body::from(answer.clone()));
        response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
        Ok(response)
    });
    let (world, host) = deployed(definition, "dev", backends.forgetful());
    let (arrival, front) = (arrival(), Front::default());
    let once = move || {
        let mut builder = http::Request::builder()
            .method("POST")
            .uri("/dev/pets/7?type=cat")
            .header("host", &host)
            .header("user-agent", "bench")
            .header("accept", "application/json")
            .header("content-type", "application/json");
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        let request = builder.body(Body::from(BODY)).unwrap_or_default();
        let mut record = Record::open(&arrival, request.method().clone(), request.version());
        (now(pipeline::serve(&world, &front, &arrival, request, &mut record)), record)
    };
    let (response, record) = once();
    assert_eq!(response.status(), status, "{:?}", record.refusal());
    let compressed = response.headers().contains_key("content-encoding");
    assert_eq!(compressed, !headers.is_empty(), "only who asks for it gets it");
    Work::new(move || drop(black_box(once())))
}
