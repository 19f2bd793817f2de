//! Keys and plans of templates, served by `gatelet dev`.

use gatelet_tests::command::workspace;

use super::gateway::Running;

/// A shop at `prod` with a plan and a key of it. `quota` is the plan's, by day.
pub(crate) fn template(quota: &str) -> String {
    format!(
        "Resources:
  Shop:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Body:
        openapi: 3.0.1
        info: {{ title: Shop, version: '1' }}
        paths:
          /things:
            get:
              security: [{{ key: [] }}]
              responses: {{}}
              x-amazon-apigateway-integration:
                type: mock
                requestTemplates: {{ application/json: '{{\"statusCode\": 200}}' }}
                responses: {{ default: {{ statusCode: '200' }} }}
        components:
          securitySchemes:
            key: {{ type: apiKey, name: x-api-key, in: header }}
  Deployment:
    Type: AWS::ApiGateway::Deployment
    Properties: {{ RestApiId: !Ref Shop }}
  Prod:
    Type: AWS::ApiGateway::Stage
    Properties: {{ RestApiId: !Ref Shop, DeploymentId: !Ref Deployment, StageName: prod }}
  Gold:
    Type: AWS::ApiGateway::UsagePlan
    Properties:
      UsagePlanName: gold
      Quota: {{ Limit: {quota}, Period: DAY }}
      ApiStages: [{{ ApiId: !Ref Shop, Stage: prod }}]
  Partner:
    Type: AWS::ApiGateway::ApiKey
    Properties: {{ Name: partner, Enabled: true }}
  PartnerInGold:
    Type: AWS::ApiGateway::UsagePlanKey
    Properties: {{ KeyId: !Ref Partner, KeyType: API_KEY, UsagePlanId: !Ref Gold }}
"
    )
}

#[tokio::test]
async fn a_template_s_plan_and_key_are_served_and_reloaded() {
    let mut gateway = Running::of("template.yaml", &template("2")).await;
    let listed = gateway.json(&["keys", "list"]).await;
    let key = listed["items"][0]["id"].as_str().unwrap();
    let plan = listed["items"][0]["usagePlanIds"][0].as_str().unwrap();
    let shown = &gateway.shown;
    assert!(shown.contains(&format!("usage plan `gold` ({plan}) opens {}/prod", gateway.api())), "{shown}");
    let line = format!("API key `Partner` ({key}) in `gold`: gatelet keys show {key} --include-value");
    assert!(shown.contains(&line), "{shown}");
    assert!(!shown.contains("no usage plan opens it"), "{shown}");

    let value = gateway.json(&["keys", "show", key, "--include-value"]).await["value"].clone();
    let value = value.as_str().unwrap();
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(gateway.call("prod", Some(value)).await);
    }
    assert_eq!(statuses, [200, 200, 429]);
    assert!(!shown.contains(value), "{shown}");

    std::fs::write(gateway.directory.path().join("template.yaml"), template("1000")).unwrap();
    let told = gateway.until(&format!("usage plan `gold` ({plan})")).await;
    assert!(told.contains("reloaded"), "{told}");
    gateway.call_until("prod", value, 200).await;

    let without: String = template("1000").split_once("  Gold:").unwrap().0.to_owned();
    std::fs::write(gateway.directory.path().join("template.yaml"), without).unwrap();
    let told = gateway.until("every key is refused").await;
    assert!(
        told.contains("that are not defined any more: ") && told.contains(plan) && told.contains(key),
        "{told}"
    );
    gateway.call_until("prod", value, 403).await;
    assert_eq!(gateway.json(&["plans", "list"]).await["items"], serde_json::json!([]));
}

#[tokio::test]
async fn what_cannot_be_stored_is_told_and_everything_else_served() {
    let taken = "a-value-that-somebody-has-already";
    let keys = |name: &str| {
        format!(
            "  {name}:\n    Type: AWS::ApiGateway::ApiKey\n    Properties: {{ Enabled: true, Value: {taken} }}\n"
        )
    };
    let text = template("5") + &keys("First") + &keys("Second");
    let gateway = Running::of("template.yaml", &text).await;
    let shown = &gateway.shown;
    assert!(
        shown.contains("the API keys and usage plans of template.yaml are not as it has them:"),
        "{shown}"
    );
    assert!(!shown.contains(taken), "{shown}");
    assert_eq!(gateway.call("prod", None).await, 403);
}

#[tokio::test]
async fn the_example_does_what_its_readme_says() {
    let text = std::fs::read_to_string(workspace().join("examples/partners/template.yaml")).unwrap();
    let gateway = Running::of("template.yaml", &text).await;
    assert!(gateway.shown.contains("usage plan `standard` ("), "{}", gateway.shown);
    assert!(!gateway.shown.contains("warning"), "{}", gateway.shown);
    let listed = gateway.json(&["keys", "list"]).await;
    assert_eq!(listed["items"][0]["name"], "first-partner");
    let key = listed["items"][0]["id"].as_str().unwrap();
    let value = gateway.json(&["keys", "show", key, "--include-value"]).await["value"].clone();
    assert_eq!(gateway.get("v1/prices", None).await, 403);
    assert_eq!(gateway.get("v1/prices", value.as_str()).await, 200);
}
