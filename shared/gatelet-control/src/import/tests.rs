//! What import makes of small definitions. Foreign definitions and bad input are in the repository's `tests/import`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use gatelet_model::rest::{EndpointAccessMode, EndpointType, GatewayResponseType, IpAddressType, RestApi};
use gatelet_model::v2::HttpApi;
use gatelet_model::{
    Authorization, AuthorizerKind, Connection, ContentHandling, IntegrationType, MethodKey, PayloadFormat,
    ResponseTransferMode,
};

use super::*;

fn imported(text: &str, kind: Option<ApiKind>) -> Imported {
    let options = ImportOptions::for_file(
        "api.yaml",
        AccountId::parse("123456789012").unwrap(),
        Region::parse("eu-west-1").unwrap(),
    );
    openapi(&Source::new("api.yaml", text), &ImportOptions { kind, ..options })
}

fn rest(text: &str) -> RestApi {
    match imported(text, Some(ApiKind::Rest)) {
        Imported { api: Some(Api::Rest(api)), .. } => api,
        Imported { problems, .. } => panic!("{problems:?}"),
    }
}

fn http(text: &str) -> HttpApi {
    match imported(text, Some(ApiKind::Http)) {
        Imported { api: Some(Api::Http(api)), .. } => api,
        Imported { problems, .. } => panic!("{problems:?}"),
    }
}

const HEAD: &str = "openapi: 3.0.1\ninfo: {title: pets, description: All pets, version: 1.10}\n";

#[test]
fn marks_decide_and_are_named() {
    let decided = |rest: &str| imported(&format!("{HEAD}{rest}"), None).decided;
    assert_eq!(decided("paths: {}"), "REST API, because it has no mark of an HTTP API");
    let cors = "paths: {}\nx-amazon-apigateway-cors: {}";
    assert_eq!(decided(cors), "HTTP API, because it has `x-amazon-apigateway-cors` (line 4)");
    let version = "paths: {}\nx-amazon-apigateway-importexport-version: '1.0'";
    assert_eq!(
        decided(version),
        "HTTP API, because it has `x-amazon-apigateway-importexport-version` (line 4)"
    );
    let path = "paths:\n  /$default: {}";
    assert_eq!(decided(path), "HTTP API, because it has the path `$default` (line 4)");
    let jwt = "paths: {}\ncomponents: {securitySchemes: {a: {x-amazon-apigateway-authorizer: {type: jwt}}}}";
    assert_eq!(decided(jwt), "HTTP API, because it has a `jwt` authorizer (line 4)");
    let payload =
        "paths:\n  /:\n    get:\n      x-amazon-apigateway-integration: {payloadFormatVersion: '2.0'}";
    assert_eq!(decided(payload), "HTTP API, because it has `payloadFormatVersion` (line 6)");
    let both = format!("{payload}\n    put:\n      x-amazon-apigateway-integration: {{type: aws}}");
    assert_eq!(
        decided(&both),
        "REST API, because only a REST API has an integration of type `aws` (line 8), \
         in spite of `payloadFormatVersion` (line 6)"
    );
}

#[test]
fn a_document_implies_its_stage_and_base_path() {
    let http = imported(&format!("{HEAD}paths: {{}}"), Some(ApiKind::Http));
    assert_eq!(http.stage.unwrap().as_str(), "$default");
    let server = "servers: [{url: 'https://example.com/{basePath}', variables: {basePath: {default: /v1}}}]";
    let rest = imported(&format!("{HEAD}paths: {{}}\n{server}"), None);
    assert_eq!((rest.stage, rest.base_path.as_deref()), (None, Some("/v1")));
    let swagger = imported("swagger: '2.0'\ninfo: {title: pets}\nbasePath: /prod\npaths: {}", None);
    assert_eq!(swagger.base_path.as_deref(), Some("/prod"));
    assert!(swagger.problems.is_empty(), "AWS ignores the base path without a word");
}

#[test]
fn what_stands_at_the_top_of_a_rest_api() {
    let api = rest(&format!(
        "{HEAD}paths: {{}}
tags: [{{name: Owner, x-amazon-apigateway-tag-value: Admin}}, {{name: plain}}]
x-amazon-apigateway-binary-media-types: [image/png]
x-amazon-apigateway-documentation: {{version: '1', documentationParts: []}}
x-amazon-apigateway-endpoint-access-mode: STRICT
x-amazon-apigateway-gateway-responses:
  THROTTLED: {{statusCode: 420, responseParameters: {{gatewayresponse.header.a: \"'b'\"}}, responseTemplates: {{text/plain: slow}}}}
x-amazon-apigateway-minimum-compression-size: 5
x-amazon-apigateway-policy:
  Version: '2012-10-17'
  Statement:
    - {{Effect: Allow, Principal: '*', Action: 'execute-api:Invoke', Resource: 'arn:aws:execute-api:${{AWS::Region}}:*:*', Condition: {{StringLike: {{'aws:UserAgent': '${{aws:username}}'}}}}}}
x-amazon-apigateway-request-validators: {{all: {{validateRequestBody: true, validateRequestParameters: false}}}}
x-amazon-apigateway-security-policy: SecurityPolicy_TLS13_1_3_2025_09
servers:
  - url: https://example.com
    x-amazon-apigateway-endpoint-configuration: {{disableExecuteApiEndpoint: true, vpcEndpointIds: [vpce-1], ipAddressType: dualstack}}
"
    ));
    assert_eq!((api.name.as_str(), api.version.as_deref()), ("pets", Some("1.10")));
    assert_eq!(api.description.as_deref(), Some("All pets"));
    assert_eq!(
        api.tags.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>(),
        ["Owner=Admin"]
    );
    assert_eq!(api.binary_media_types, ["image/png"]);
    assert_eq!(api.documentation.as_ref().unwrap().as_str(), r#"{"version":"1","documentationParts":[]}"#);
    assert_eq!(api.endpoint_access_mode, Some(EndpointAccessMode::Strict));
    assert_eq!(api.gateway_responses[0].kind, GatewayResponseType::Throttled);
    assert_eq!(api.gateway_responses[0].status_code.as_ref().unwrap().number(), 420);
    assert_eq!(api.gateway_responses[0].response_parameters["gatewayresponse.header.a"], "'b'");
    assert_eq!(api.minimum_compression_bytes, Some(5));
    assert_eq!(
        api.policy.as_ref().unwrap().as_str(),
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:eu-west-1:*:*","Condition":{"StringLike":{"aws:UserAgent":"${aws:username}"}}}]}"#,
        "API Gateway's variables are resolved, IAM's are left alone"
    );
    assert!(api.request_validators[0].validate_request_body);
    assert_eq!(api.security_policy.as_deref(), Some("SecurityPolicy_TLS13_1_3_2025_09"));
    assert!(api.disable_execute_api_endpoint);
    assert_eq!(api.endpoint_types, [EndpointType::Private]);
    assert_eq!(api.ip_address_type, Some(IpAddressType::Dualstack));
    assert_eq!(api.resources[0].path.as_str(), "/", "every REST API has its root");
}

#[test]
fn every_member_of_a_rest_integration() {
    let api = rest(&format!(
        "{HEAD}paths:
  /a/{{id}}:
    put:
      operationId: PutA
      x-amazon-apigateway-integration:
        type: http
        httpMethod: any
        uri: http://example.com/{{id}}
        connectionType: VPC_LINK
        connectionId: ${{stageVariables.link}}
        integrationTarget: arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/a/b
        credentials: arn:aws:iam::123456789012:role/r
        cacheNamespace: a
        cacheKeyParameters: [method.request.path.id]
        contentHandling: convert_to_text
        passthroughBehavior: never
        requestParameters: {{integration.request.path.id: method.request.path.id}}
        requestTemplates: {{application/json: $input.body, text/plain: null}}
        responseTransferMode: STREAM
        timeoutInMillis: 120000
        tlsConfig: {{insecureSkipVerification: true}}
        responses:
          4\\d\\d: {{statusCode: 400, contentHandling: CONVERT_TO_BINARY}}
          default: {{statusCode: '200', responseParameters: {{method.response.header.a: \"'b'\"}}, responseTemplates: {{a/b: c}}}}
"
    ));
    assert_eq!(
        api.resources.iter().map(|resource| resource.path.as_str()).collect::<Vec<_>>(),
        ["/", "/a", "/a/{id}"]
    );
    let method = api.resources[2].methods.values().next().unwrap();
    assert_eq!(method.operation_name.as_deref(), Some("PutA"));
    assert!(method.request_parameters["method.request.path.id"], "without a declaration");
    let integration = method.integration.as_ref().unwrap();
    assert_eq!((integration.kind, &integration.http_method), (IntegrationType::Http, &None));
    let Connection::VpcLink { id, target } = &integration.connection else { panic!() };
    assert_eq!(id, "${stageVariables.link}");
    assert!(target.is_some());
    assert_eq!(integration.content_handling, Some(ContentHandling::ConvertToText));
    assert_eq!(integration.request_templates.keys().collect::<Vec<_>>(), ["application/json"]);
    assert_eq!(integration.response_transfer_mode, ResponseTransferMode::Stream);
    assert_eq!(integration.timeout.milliseconds(), 120_000);
    assert!(integration.tls.insecure_skip_verification);
    assert_eq!(integration.cache_key_parameters, ["method.request.path.id"]);
    let patterns: Vec<_> =
        integration.responses.iter().map(|response| response.selection_pattern.as_deref()).collect();
    assert_eq!(patterns, [Some("4\\d\\d"), None]);
    assert_eq!(integration.responses[1].response_templates["a/b"], "c");
}

#[test]
fn models_refer_to_one_another_as_api_gateway_has_it() {
    let api = rest(
        "swagger: '2.0'
info: {title: pets}
consumes: [application/xml]
paths:
  /pets:
    post:
      parameters: [{in: body, name: pet, schema: {$ref: '#/definitions/Pet'}}, {$ref: '#/parameters/Page'}]
      responses:
        200: {$ref: '#/responses/Many'}
      x-amazon-apigateway-integration: {type: http_proxy, httpMethod: POST, uri: 'https://example.com'}
parameters: {Page: {name: page, in: query, required: true, type: integer}}
responses:
  Many: {description: all, schema: {type: array, items: {$ref: '#/definitions/Pet'}}, headers: {X-Total: {type: integer}}}
definitions:
  Pet: {type: object, description: A pet, properties: {parent: {$ref: '#/definitions/Pet'}, name: {$ref: '#/definitions/Name/properties/text'}, default: {$ref: '#/definitions/Name'}}}
  Name: {type: object, properties: {text: {type: string, default: {$ref: kept}}}}
",
    );
    let base = format!("https://apigateway.amazonaws.com/restapis/{}/models/", api.id);
    let pet = api.models.iter().find(|model| model.name.as_str() == "Pet").unwrap();
    assert_eq!(pet.description.as_deref(), Some("A pet"));
    let expected = format!(
        r#"{{"type":"object","description":"A pet","properties":{{"parent":{{"$ref":"{base}Pet"}},"name":{{"$ref":"{base}Name#/properties/text"}},"default":{{"$ref":"{base}Name"}}}}}}"#
    );
    assert_eq!(pet.schema.as_str(), expected);
    let name = api.models.iter().find(|model| model.name.as_str() == "Name").unwrap();
    assert!(name.schema.as_str().contains(r#""default":{"$ref":"kept"}"#), "data is no reference");
    let method = api.resources[1].methods.values().next().unwrap();
    assert_eq!(method.request_models["application/xml"].as_str(), "Pet");
    assert!(method.request_parameters["method.request.querystring.page"]);
    let answer = &method.responses[0];
    assert_eq!(answer.parameters.keys().collect::<Vec<_>>(), ["method.response.header.X-Total"]);
    let inline = answer.models["application/json"].as_str();
    assert!(inline.starts_with("MODEL"), "{inline}");
    assert!(api.models.iter().any(|model| model.name.as_str() == inline));
}

#[test]
fn security_becomes_authorization() {
    let api = rest(&format!(
        "{HEAD}security: [{{pool: [read]}}]
paths:
  /a:
    get: &o {{x-amazon-apigateway-integration: {{type: http_proxy, httpMethod: GET, uri: 'https://example.com'}}}}
    put: {{<<: *o, security: []}}
    post: {{<<: *o, security: [{{key: []}}, {{iam: []}}]}}
    patch: {{<<: *o, x-amazon-apigateway-auth: {{type: NONE}}}}
components:
  securitySchemes:
    pool:
      type: apiKey
      in: header
      name: Authorization
      x-amazon-apigateway-authtype: cognito_user_pools
      x-amazon-apigateway-authorizer: {{type: cognito_user_pools, providerARNs: ['arn:aws:cognito-idp:eu-west-1:123456789012:userpool/a']}}
    key: {{type: apiKey, in: header, name: x-api-key}}
    iam: {{type: apiKey, in: header, name: Authorization, x-amazon-apigateway-authtype: awsSigv4}}
"
    ));
    let method = |name: &str| &api.resources[1].methods[&MethodKey::parse(name).unwrap()];
    let Authorization::Authorizer { id, scopes } = &method("GET").authorization else { panic!() };
    assert_eq!((id, scopes.as_slice()), (&api.authorizers[0].id, ["read".to_owned()].as_slice()));
    assert_eq!(api.authorizers[0].auth_type.as_deref(), Some("cognito_user_pools"));
    assert_eq!(method("PUT").authorization, Authorization::None);
    assert_eq!(method("POST").authorization, Authorization::AwsIam);
    assert!(method("POST").api_key_required);
    assert_eq!(method("PATCH").authorization, Authorization::None, "the extension overrules `security`");
}

#[test]
fn the_validation_expression_of_user_pools_is_kept_wherever_it_stands() {
    const POOL: &str = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/a";
    let expression = |api: &RestApi| match &api.authorizers[0].kind {
        AuthorizerKind::CognitoUserPools { identity_validation_expression, .. } => {
            identity_validation_expression.clone()
        }
        other => panic!("{other:?}"),
    };
    let definition = |member: &str| {
        let authorizer = format!("{{type: cognito_user_pools, providerARNs: ['{POOL}']{member}}}");
        rest(&format!(
            "{HEAD}paths: {{}}
components:
  securitySchemes:
    pool: {{type: apiKey, in: header, name: Authorization, x-amazon-apigateway-authorizer: {authorizer}}}
"
        ))
    };
    assert_eq!(
        expression(&definition(", identityValidationExpression: 'app-.*'")).as_deref(),
        Some("app-.*")
    );
    assert_eq!(expression(&definition(", identityValidationExpression: ''")), None);
    assert_eq!(expression(&definition("")), None);

    let sam = format!(
        "Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      Auth: {{Authorizers: {{Pool: {{UserPoolArn: '{POOL}', Identity: {{ValidationExpression: 'app-.*'}}}}}}}}
"
    );
    let native = format!(
        "Resources:
  Api: {{Type: 'AWS::ApiGateway::RestApi', Properties: {{Name: a}}}}
  Pool:
    Type: AWS::ApiGateway::Authorizer
    Properties:
      Name: pool
      RestApiId: !Ref Api
      Type: COGNITO_USER_POOLS
      IdentitySource: method.request.header.Authorization
      IdentityValidationExpression: 'app-.*'
      ProviderARNs: ['{POOL}']
"
    );
    for text in [sam, native] {
        let (account, region) =
            (AccountId::parse("123456789012").unwrap(), Region::parse("eu-west-1").unwrap());
        let read = |location: &str| Err(format!("no file `{location}`"));
        let options = TemplateOptions::for_file("pets/template.yaml", account, region, &read);
        let imported = template(&Source::new("pets/template.yaml", &text), &options);
        let [ImportedApi { api: Api::Rest(api), .. }] = imported.apis.as_slice() else {
            panic!("{imported:?}")
        };
        assert_eq!(expression(api).as_deref(), Some("app-.*"), "{text}");
    }
}

#[test]
fn an_http_api_with_shared_integrations_authorizers_and_cors() {
    let api = http(&format!(
        "{HEAD}tags: [{{name: Owner, x-amazon-apigateway-tag-value: Admin}}, {{name: Prod}}]
x-amazon-apigateway-cors: {{allowOrigins: ['https://example.com'], allowCredentials: true, maxAge: 300, allowMethods: [GET]}}
paths:
  /a: {{get: {{security: [{{jwt: [read]}}], x-amazon-apigateway-integration: {{$ref: '#/components/x-amazon-apigateway-integrations/one'}}}}}}
  /b: {{get: {{security: [{{fn: []}}], x-amazon-apigateway-integration: {{$ref: '#/components/x-amazon-apigateway-integrations/one'}}}}}}
  $default: {{x-amazon-apigateway-any-method: {{isDefaultRoute: true, x-amazon-apigateway-integration: {{type: http_proxy, uri: 'https://example.com', requestParameters: {{overwrite:path: $request.path}}, responseParameters: {{'404': {{overwrite:statuscode: '200'}}}}}}}}}}
components:
  x-amazon-apigateway-integrations:
    one: {{type: aws_proxy, httpMethod: POST, uri: 'arn:aws:lambda:eu-west-1:123456789012:function:f', payloadFormatVersion: 2.0}}
  securitySchemes:
    jwt: {{type: openIdConnect, openIdConnectUrl: 'https://issuer.example.com/.well-known/openid-configuration', x-amazon-apigateway-authorizer: {{type: jwt, jwtConfiguration: {{audience: [a, b]}}, identitySource: $request.header.Authorization}}}}
    fn: {{type: apiKey, in: header, name: Authorization, x-amazon-apigateway-authorizer: {{type: request, authorizerUri: 'arn:aws:lambda:eu-west-1:123456789012:function:g', identitySource: 'method.request.header.A, $context.stage', authorizerPayloadFormatVersion: '2.0', enableSimpleResponses: true, authorizerResultTtlInSeconds: 60}}}}
"
    ));
    let keys: Vec<_> = api.routes.iter().map(|route| route.key.to_string()).collect();
    assert_eq!(keys, ["GET /a", "GET /b", "$default"]);
    assert_eq!(api.integrations.len(), 2, "a shared integration is one");
    assert_eq!(api.routes[0].integration, api.routes[1].integration);
    assert_eq!(api.integrations[0].payload_format, PayloadFormat::Two);
    assert_eq!(api.integrations[1].request_parameters["overwrite:path"], "$request.path");
    assert_eq!(api.integrations[1].response_parameters.len(), 1);
    let cors = api.cors.as_ref().unwrap();
    assert_eq!((cors.max_age_seconds, cors.allow_credentials), (Some(300), true));
    assert_eq!(
        api.tags.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>(),
        ["Owner=Admin", "Prod="]
    );
    let AuthorizerKind::Jwt { issuers, .. } = &api.authorizers[0].kind else { panic!() };
    assert_eq!(issuers[0].issuer, "https://issuer.example.com");
    assert_eq!(issuers[0].audiences, ["a", "b"]);
    let AuthorizerKind::Request { function, identity_sources } = &api.authorizers[1].kind else { panic!() };
    assert_eq!(identity_sources, &["$request.header.A", "$context.stage"]);
    assert!(function.simple_responses);
    let Authorization::Authorizer { scopes, .. } = &api.routes[0].authorization else { panic!() };
    assert_eq!(scopes, &["read"]);
}

#[test]
fn a_rest_api_with_jwt_authorizers_of_several_issuers() {
    let api = rest(&format!(
        "{HEAD}paths:
  /a: {{get: {{security: [{{jwt: [read]}}], x-amazon-apigateway-integration: {{type: mock}}}}}}
components:
  securitySchemes:
    jwt:
      type: apiKey
      in: header
      name: Authorization
      x-amazon-apigateway-authorizer:
        type: jwt
        identitySource: method.request.header.Authorization
        jwtConfiguration:
          algorithms: [RS256, ES256]
          requiredClaims: [tenant]
          issuers:
            - {{issuer: 'https://one.example', audiences: [a, b]}}
            - {{issuer: 'https://other.example/', audience: c, algorithms: EdDSA, requiredClaims: {{level: ['1', '2'], member: 'true'}}}}
"
    ));
    let AuthorizerKind::Jwt { identity_sources, issuers } = &api.authorizers[0].kind else { panic!() };
    assert_eq!(identity_sources, &["method.request.header.Authorization"]);
    let [one, other] = issuers.as_slice() else { panic!("{issuers:?}") };
    assert_eq!((one.issuer.as_str(), one.audiences.join(" ")), ("https://one.example", "a b".to_owned()));
    assert_eq!(one.algorithms, ["RS256", "ES256"], "what an issuer does not say is said for all");
    assert_eq!((one.required_claims[0].name.as_str(), one.required_claims[0].values.len()), ("tenant", 0));
    assert_eq!(
        (other.issuer.as_str(), other.audiences.join(" ")),
        ("https://other.example/", "c".to_owned())
    );
    assert_eq!(other.algorithms, ["EdDSA"]);
    let claims: Vec<_> = other
        .required_claims
        .iter()
        .map(|claim| format!("{}={}", claim.name, claim.values.join(",")))
        .collect();
    assert_eq!(claims, ["level=1,2", "member=true"]);
    let stored = serde_json::json!({"issuer": "https://one.example", "audiences": ["a"]});
    let stored: gatelet_model::JwtIssuer = serde_json::from_value(stored).unwrap();
    assert!(
        stored.algorithms.is_empty() && stored.required_claims.is_empty(),
        "older definitions stay readable"
    );
}

#[test]
fn tokens_are_never_verified_with_shared_secrets() {
    for name in ["HS256", "none", "ES512"] {
        let text = format!(
            "{HEAD}paths: {{/a: {{get: {{x-amazon-apigateway-integration: {{type: mock}}}}}}}}
components: {{securitySchemes: {{jwt: {{type: oauth2, x-amazon-apigateway-authorizer: {{type: jwt, jwtConfiguration: {{issuer: 'https://a.example', audience: [a], algorithms: [RS256, {name}]}}}}}}}}}}"
        );
        let imported = imported(&text, Some(ApiKind::Rest));
        let told = format!("{:?}", imported.problems);
        assert!(imported.api.is_none() && told.contains(&format!("`{name}` is no algorithm")), "{told}");
    }
}

#[test]
fn an_import_is_the_same_every_time() {
    let text = format!("{HEAD}paths:\n  /a/b: {{get: {{}}}}\n  /a/{{c}}: {{get: {{}}}}");
    let (one, other) = (rest(&text), rest(&text));
    assert_eq!(one, other);
    let ids: std::collections::BTreeSet<_> = one.resources.iter().map(|resource| &resource.id).collect();
    assert_eq!(ids.len(), 4);
}

#[test]
fn hundreds_of_the_same_warning_are_one_and_problems_are_counted_out() {
    let mut text = format!("{HEAD}paths:\n");
    for number in 0..300 {
        text.push_str(&format!("  /r{number}: {{get: {{}}}}\n"));
    }
    let problems = imported(&text, None).problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems.iter().next().unwrap().message.ends_with("(300 places, the first here)"));
    let mut text = format!("{HEAD}paths:\n");
    for number in 0..300 {
        text.push_str(&format!("  r{number}: {{}}\n"));
    }
    let problems = imported(&text, None).problems;
    assert_eq!(problems.len(), 201);
    let last = problems.iter().last().unwrap();
    assert_eq!(
        (last.severity, last.message.as_str()),
        (gatelet_model::Severity::Error, "100 more problems are not shown")
    );
}

#[test]
fn what_multiplies_is_a_problem_and_no_hang() {
    let template = "x".repeat(290 * 1024);
    let mut text = format!(
        "{HEAD}components: {{pathItems: {{one: {{get: {{x-amazon-apigateway-integration: {{type: mock, \
         requestTemplates: {{a/b: {template}}}}}}}}}}}}}\npaths:\n"
    );
    for number in 0..1_000 {
        text.push_str(&format!("  /r{number}: {{$ref: '#/components/pathItems/one'}}\n"));
    }
    let problems = imported(&text, None).problems;
    assert!(
        problems.iter().any(|problem| problem.message.starts_with("references repeat parts")),
        "{problems:?}"
    );

    let mut uri = r#"{"Fn::Sub": ["${a}${a}${a}${a}", {"a": "yyyyyyyyyy"}]}"#.to_owned();
    for _ in 0..30 {
        uri = format!(r#"{{"Fn::Sub": ["${{a}}${{a}}${{a}}${{a}}", {{"a": {uri}}}]}}"#);
    }
    let integration = format!("{{type: http_proxy, httpMethod: GET, uri: {uri}}}");
    let text = format!("{HEAD}paths: {{/a: {{get: {{x-amazon-apigateway-integration: {integration}}}}}}}");
    let problems = imported(&text, None).problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems.iter().next().unwrap().message.starts_with("`Fn::Sub` makes a text of more than"));
}
