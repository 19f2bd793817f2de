//! What AWS answered when it imported the same definitions (recorded by LocalStack's tests on the real service).

use std::path::Path;

use gatelet_control::document::Source;
use gatelet_control::import::ApiKind;
use gatelet_model::rest::{Method, RestApi};
use gatelet_model::{
    Api, Authorization, Authorizer, AuthorizerKind, Connection, Integration, IntegrationType,
    PassthroughBehavior,
};
use gatelet_tests::vectors;
use serde_json::{Map, Value, json};

use super::import;

/// Which test imported which definition; with the prefix of its recorded keys where a test imported several.
const RECORDED: [(&str, &str, &str); 11] = [
    ("test_import_swagger_api", "petstore-authorizer.swagger.json", ""),
    ("test_import_and_validate_rest_api[openapi.spec.tf.json]", "openapi.spec.tf.json", ""),
    ("test_import_and_validate_rest_api[swagger-mock-cors.json]", "swagger-mock-cors.json", ""),
    (
        "test_import_rest_api_with_base_path_oas30[ignore]",
        "openapi-basepath-server-variable.yaml",
        "srv-var-",
    ),
    ("test_import_rest_api_with_base_path_oas30[ignore]", "openapi-basepath-url.yaml", "srv-url-"),
    ("test_import_with_global_api_key_authorizer", "openapi.spec.global-auth.json", ""),
    ("test_import_with_circular_models", "openapi.spec.circular-ref.json", ""),
    (
        "test_import_with_circular_models_and_request_validation",
        "openapi.spec.circular-ref-with-request-body.json",
        "",
    ),
    ("test_import_with_http_method_integration", "openapi-http-method-integration.json", ""),
    ("test_import_with_cognito_auth_identity_source", "openapi.cognito-auth.json", ""),
    ("test_import_with_integer_http_status_code", "openapi-method-int.spec.yaml", ""),
];

/// Where we differ, and mean to.
const DELIBERATE: [(&str, &str); 2] = [
    (
        "get-authorizers/test-authorizer-not-used/authorizerResultTtlInSeconds",
        "AWS shows no lifetime where none is given and keeps results for 300 seconds; the model says 300",
    ),
    (
        "get-models/Person/schema/required",
        "AWS sorts the names; we keep the author's order, which means the same",
    ),
];

#[test]
fn imports_as_aws_does() {
    let Some(root) = vectors("localstack-aws-snapshots") else { return };
    let file = root.join("apigateway/test_apigateway_import.snapshot.json");
    let recordings: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let mut differences = Vec::new();
    let mut compared = 0;
    for (test, definition, prefix) in RECORDED {
        let recording = recordings
            .as_object()
            .unwrap()
            .iter()
            .find(|(name, _)| name.rsplit("::").next().unwrap() == test);
        let answers = recording.expect(test).1["recorded-content"].as_object().unwrap();
        let api = rest_api(&root.join("definitions").join(definition));
        for (key, recorded) in answers {
            let Some(ours) = ours(&api, key, prefix) else { continue };
            compared += 1;
            agree(&format!("{definition}: {key}"), &normal(key, recorded), &ours, &mut differences);
        }
    }
    differences.retain(|difference| !DELIBERATE.iter().any(|(place, _)| difference.contains(place)));
    assert!(compared > 40, "only {compared} answers were compared");
    assert!(differences.is_empty(), "{} differences\n{}", differences.len(), differences.join("\n"));
}

fn rest_api(path: &Path) -> RestApi {
    let source = Source::from_bytes(path.to_string_lossy().as_ref(), &std::fs::read(path).unwrap()).unwrap();
    let imported = import(&source, Some(ApiKind::Rest));
    let Some(Api::Rest(api)) = imported.api else { panic!("{}: {:?}", path.display(), imported.problems) };
    api
}

/// Our answer under a recorded key; none for what is not compared (the answer to the import itself, and the parts of a
/// method that are recorded a second time alone).
fn ours(api: &RestApi, key: &str, prefix: &str) -> Option<Value> {
    if key == format!("get-resources-oas30-{}", prefix.trim_end_matches('-')) {
        return Some(resources(api));
    }
    match key {
        "resources" => return Some(resources(api)),
        "get-models" => return Some(models(api)),
        "get-authorizers" => return Some(by_name(api.authorizers.iter().map(authorizer).collect())),
        "request-validators" => return Some(validators(api)),
        _ => {}
    }
    let rest = key.strip_prefix(prefix)?.strip_prefix("method-")?;
    if rest.starts_with("response-") {
        return None;
    }
    let (path, verb) = rest.rsplit_once('-')?;
    let path = if path == "root" { "/".to_owned() } else { format!("/{path}") };
    let resource = api.resources.iter().find(|resource| resource.path.as_str() == path).expect(&path);
    let (method_key, method) =
        resource.methods.iter().find(|(key, _)| key.as_str().eq_ignore_ascii_case(verb)).expect(key);
    Some(method_json(api, method_key.as_str(), method))
}

fn resources(api: &RestApi) -> Value {
    let resource = |resource: &gatelet_model::rest::Resource| {
        let methods: Map<String, Value> =
            resource.methods.keys().map(|key| (key.as_str().to_owned(), json!({}))).collect();
        let mut value = json!({"path": resource.path.as_str()});
        if !methods.is_empty() {
            value["resourceMethods"] = Value::Object(methods);
        }
        if resource.path.as_str() != "/" {
            value["pathPart"] = resource.path.path_part().into();
        }
        value
    };
    let mut items: Vec<Value> = api.resources.iter().map(resource).collect();
    items.sort_by_key(|item| item["path"].to_string());
    Value::Array(items)
}

fn models(api: &RestApi) -> Value {
    let model = |model: &gatelet_model::rest::Model| {
        let schema: Value = serde_json::from_str(model.schema.as_str()).unwrap();
        let mut value =
            json!({"name": model.name.as_str(), "contentType": model.content_type, "schema": schema});
        if let Some(description) = &model.description {
            value["description"] = description.as_str().into();
        }
        value
    };
    by_name(api.models.iter().map(model).collect())
}

fn validators(api: &RestApi) -> Value {
    let validator = |validator: &gatelet_model::rest::RequestValidator| {
        json!({
            "name": validator.name,
            "validateRequestBody": validator.validate_request_body,
            "validateRequestParameters": validator.validate_request_parameters,
        })
    };
    by_name(api.request_validators.iter().map(validator).collect())
}

fn authorizer(authorizer: &Authorizer) -> Value {
    let mut value = json!({"name": authorizer.name});
    if let Some(auth_type) = &authorizer.auth_type {
        value["authType"] = auth_type.as_str().into();
    }
    let (kind, function, source) = match &authorizer.kind {
        AuthorizerKind::Token { function, identity_source, identity_validation_expression } => {
            if let Some(pattern) = identity_validation_expression {
                value["identityValidationExpression"] = pattern.as_str().into();
            }
            ("TOKEN", Some(function), identity_source.clone())
        }
        AuthorizerKind::Request { function, identity_sources } => {
            ("REQUEST", Some(function), identity_sources.join(","))
        }
        AuthorizerKind::CognitoUserPools {
            provider_arns,
            identity_source,
            identity_validation_expression,
        } => {
            if let Some(pattern) = identity_validation_expression {
                value["identityValidationExpression"] = pattern.as_str().into();
            }
            value["providerARNs"] = provider_arns.iter().map(|_| "any").collect();
            ("COGNITO_USER_POOLS", None, identity_source.clone())
        }
        AuthorizerKind::Jwt { .. } => panic!("none of the recorded definitions has one"),
    };
    value["type"] = kind.into();
    value["identitySource"] = source.into();
    if let Some(function) = function {
        value["authorizerUri"] = function.uri.as_str().into();
        value["authorizerResultTtlInSeconds"] = function.result_ttl.seconds().into();
        if let Some(credentials) = &function.credentials {
            value["authorizerCredentials"] = credentials.as_str().into();
        }
    }
    value
}

fn method_json(api: &RestApi, key: &str, method: &Method) -> Value {
    let authorization = match &method.authorization {
        Authorization::None => "NONE",
        Authorization::AwsIam => "AWS_IAM",
        Authorization::Authorizer { id, .. } => {
            match api.authorizers.iter().find(|authorizer| authorizer.id == *id).unwrap().kind {
                AuthorizerKind::CognitoUserPools { .. } => "COGNITO_USER_POOLS",
                _ => "CUSTOM",
            }
        }
    };
    let mut value = json!({
        "httpMethod": key,
        "apiKeyRequired": method.api_key_required,
        "authorizationType": authorization,
    });
    let mut set = |name: &str, part: Value| {
        if !part.is_null() && part != json!({}) && part != json!([]) {
            value[name] = part;
        }
    };
    if let Authorization::Authorizer { scopes, .. } = &method.authorization {
        set("authorizationScopes", json!(scopes));
    }
    set("operationName", json!(method.operation_name));
    set("requestParameters", json!(method.request_parameters));
    set("requestModels", json!(method.request_models));
    let responses = method.responses.iter().map(|response| {
        let mut part = json!({"statusCode": response.status_code.as_str()});
        if !response.parameters.is_empty() {
            part["responseParameters"] = json!(response.parameters);
        }
        if !response.models.is_empty() {
            part["responseModels"] = json!(response.models);
        }
        (response.status_code.as_str().to_owned(), part)
    });
    set("methodResponses", Value::Object(responses.collect()));
    set("methodIntegration", method.integration.as_ref().map(integration_json).unwrap_or_default());
    value
}

fn integration_json(integration: &Integration) -> Value {
    let passthrough = integration.passthrough_behavior.unwrap_or(PassthroughBehavior::WhenNoMatch);
    let mut value = json!({
        "type": integration.kind.as_str(),
        "passthroughBehavior": passthrough.as_str(),
        "timeoutInMillis": integration.timeout.milliseconds(),
    });
    let is_http = matches!(integration.kind, IntegrationType::Http | IntegrationType::HttpProxy);
    if is_http && integration.connection == Connection::Internet {
        value["connectionType"] = "INTERNET".into();
    }
    let mut set = |name: &str, part: Value| {
        if !part.is_null() && part != json!({}) {
            value[name] = part;
        }
    };
    set("httpMethod", json!(integration.http_method));
    set("uri", json!(integration.uri));
    set("contentHandling", json!(integration.content_handling));
    set("requestParameters", json!(integration.request_parameters));
    set("requestTemplates", json!(integration.request_templates));
    let responses = integration.responses.iter().map(|response| {
        let status = response.status_code.as_ref().unwrap().as_str();
        let mut part = json!({"statusCode": status});
        if !response.response_parameters.is_empty() {
            part["responseParameters"] = json!(response.response_parameters);
        }
        if !response.response_templates.is_empty() {
            part["responseTemplates"] = json!(response.response_templates);
        }
        if let Some(pattern) = &response.selection_pattern {
            part["selectionPattern"] = pattern.as_str().into();
        }
        (status.to_owned(), part)
    });
    set("integrationResponses", Value::Object(responses.collect()));
    value
}

/// The recorded answer without what is not part of a definition: ids, and the cache that every method has.
fn normal(key: &str, recorded: &Value) -> Value {
    let mut value = recorded.clone();
    strip(&mut value);
    let items = value.get("items").cloned().unwrap_or(value);
    match key {
        "get-models" | "get-authorizers" | "request-validators" => {
            by_name(items.as_array().cloned().unwrap_or_default())
        }
        _ if items.is_array() => {
            let mut items = items.as_array().cloned().unwrap();
            items.sort_by_key(|item| item["path"].to_string());
            Value::Array(items)
        }
        _ => items,
    }
}

fn strip(value: &mut Value) {
    const NOT_OURS: [&str; 7] = [
        "ResponseMetadata",
        "authorizerId",
        "cacheKeyParameters",
        "cacheNamespace",
        "id",
        "parentId",
        "requestValidatorId",
    ];
    match value {
        Value::Object(members) => {
            // A schema may have a property `id`: what is below it stays.
            members.retain(|name, part| {
                !NOT_OURS.contains(&name.as_str()) || (part.is_object() && name != "ResponseMetadata")
            });
            members.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

fn by_name(items: Vec<Value>) -> Value {
    let named = items.into_iter().map(|item| (item["name"].as_str().unwrap_or_default().to_owned(), item));
    Value::Object(named.collect())
}

/// Collects where a recorded value and ours differ. Recorded texts hold `<placeholders>`, which stand for anything, and
/// templates that are JSON were recorded as JSON.
fn agree(place: &str, recorded: &Value, ours: &Value, differences: &mut Vec<String>) {
    match (recorded, ours) {
        (Value::Object(recorded), Value::Object(ours)) => {
            let is_placeholder = |name: &str| name.starts_with('<');
            for (name, part) in recorded.iter().filter(|(name, _)| !is_placeholder(name)) {
                match ours.get(name) {
                    Some(our) => agree(&format!("{place}/{name}"), part, our, differences),
                    None => differences.push(format!("{place}/{name}: AWS has {part}, we have nothing")),
                }
            }
            let has_placeholder = recorded.keys().any(|name| is_placeholder(name));
            for (name, part) in
                ours.iter().filter(|(name, _)| !recorded.contains_key(*name) && !has_placeholder)
            {
                differences.push(format!("{place}/{name}: AWS has nothing, we have {part}"));
            }
        }
        (Value::Array(recorded), Value::Array(ours)) if recorded.len() == ours.len() => {
            for (index, (recorded, ours)) in recorded.iter().zip(ours).enumerate() {
                agree(&format!("{place}/{index}"), recorded, ours, differences);
            }
        }
        (Value::String(recorded), Value::String(_)) if recorded.contains('<') && recorded.contains('>') => {}
        (Value::Object(_) | Value::Array(_), Value::String(text)) => {
            match serde_json::from_str::<Value>(text) {
                Ok(parsed) => agree(place, recorded, &parsed, differences),
                Err(_) => differences.push(format!("{place}: AWS has {recorded}, we have the text {text:?}")),
            }
        }
        _ if recorded == ours => {}
        _ => differences.push(format!("{place}: AWS has {recorded}, we have {ours}")),
    }
}
