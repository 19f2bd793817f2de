//! Deploying, listing, and going back.

use gatelet_core::ports::Definitions;
use gatelet_core::snapshot::ApiSnapshot;
use serde_json::Value;

use crate::fixture::{Setup, api_id, mocks, soon};

/// The deployment that a router would serve.
async fn served(setup: &Setup, api: &Value, stage: &str) -> String {
    let definitions = setup.definitions().await;
    let published = definitions.published(&api_id(api), soon()).await.unwrap().unwrap();
    published.stage(stage).unwrap().deployment_id().to_string()
}

#[tokio::test]
async fn a_stage_is_deployed_edited_deployed_and_rolled_back() {
    let setup = Setup::new().await;
    setup.write("api.yaml", &mocks(&["/a"]));
    let first = setup.json(&["deploy", "api.yaml", "--stage", "prod", "--description", "the first"]).await;
    let first = &first["stages"][0];
    assert_eq!((&first["stage"], &first["before"]), (&"prod".into(), &Value::Null));
    assert_eq!((&first["changed"], &first["version"]), (&true.into(), &1.into()));
    let (id, one) = (&first["api"]["id"], first["deploymentId"].as_str().unwrap());
    assert_eq!(served(&setup, id, "prod").await, one);

    let again = setup.on_table(&["deploy", "api.yaml", "--stage", "prod"]).await;
    assert!(again.said.contains(&format!("  prod  {one}  unchanged\n")), "{again:?}");
    let other = setup.json(&["deploy", "api.yaml", "--stage", "prod", "--variable", "colour=blue"]).await;
    assert_eq!((&other["stages"][0]["changed"], &other["stages"][0]["version"]), (&true.into(), &2.into()));

    setup.write("api.yaml", &mocks(&["/a", "/b"]));
    let second = setup.on_table(&["deploy", "api.yaml", "--stage", "prod", "--description", "with /b"]).await;
    let two = served(&setup, id, "prod").await;
    assert_ne!(two, one);
    assert_eq!(second.code, Some(0), "{second:?}");
    assert!(second.said.contains(&format!("  prod  {one} → {two}\n")), "{second:?}");

    let id_text = id.as_str().unwrap();
    let back = setup.on_table(&["rollback", "--api", id_text, "--stage", "prod"]).await;
    assert_eq!((back.code, back.said), (Some(0), format!("{id_text}  prod  {two} → {one}\n")));
    assert_eq!(served(&setup, id, "prod").await, one);
    let to = ["rollback", "--api", id_text, "--stage", "prod", "--to", &two, "--description", "forth"];
    let forth = setup.json(&to).await;
    assert_eq!((&forth["from"], &forth["to"]), (&one.into(), &two.as_str().into()));
    assert_eq!((&forth["changed"], &forth["version"]), (&true.into(), &5.into()));
    let nothing = setup.json(&to).await;
    assert_eq!((&nothing["changed"], &nothing["version"]), (&false.into(), &5.into()));

    let listed = setup.json(&["deployments", "--api", id_text, "--stage", "prod"]).await;
    let stage = &listed["stages"][0];
    assert_eq!((&stage["api"]["name"], &stage["api"]["kind"]), (&"Mocks".into(), &"REST API".into()));
    let moves: Vec<_> = stage["moves"].as_array().unwrap().iter().collect();
    let told: Vec<_> = moves
        .iter()
        .map(|entry| {
            let text = |name: &str| entry[name].as_str().unwrap_or("-");
            (entry["version"].as_u64().unwrap(), text("action"), text("deploymentId"), text("description"))
        })
        .collect();
    let expected = [
        (5, "rolled back", two.as_str(), "forth"),
        (4, "rolled back", one, "-"),
        (3, "deployed", two.as_str(), "with /b"),
        (2, "deployed", one, "-"),
        (1, "deployed", one, "the first"),
    ];
    assert_eq!(told, expected);
    let current: Vec<_> = moves.iter().map(|entry| entry["current"] == true).collect();
    assert_eq!(current, [true, false, false, false, false]);

    let table = setup.on_table(&["deployments"]).await.said;
    let line =
        |part: &str| table.lines().find(|line| line.contains(part)).unwrap_or_else(|| panic!("{table}"));
    assert_eq!(line("Mocks"), format!("Mocks  REST API  {id_text}  prod"));
    assert!(line("forth").contains(&format!("{two}  (current)")), "{table}");
    assert!(!line("the first").contains("(current)"), "{table}");
}

#[tokio::test]
async fn a_template_brings_its_stages_variables_and_domain() {
    let setup = Setup::new().await;
    setup.write(
        "template.yaml",
        "Parameters: { Colour: { Type: String } }
Resources:
  Rest:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Name: Rest
      Body:
        openapi: 3.0.1
        info: { title: Rest, version: '1' }
        paths: { /a: { get: { x-amazon-apigateway-integration: { type: http_proxy, httpMethod: GET, uri: http://a.example } } } }
  Deployment: { Type: AWS::ApiGateway::Deployment, Properties: { RestApiId: !Ref Rest } }
  Stage:
    Type: AWS::ApiGateway::Stage
    Properties: { RestApiId: !Ref Rest, DeploymentId: !Ref Deployment, StageName: live, Variables: { colour: !Ref Colour } }
  Domain:
    Type: AWS::ApiGateway::DomainName
    Properties: { DomainName: Pets.example.com, CertificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/c' }
  Mapping:
    Type: AWS::ApiGateway::BasePathMapping
    Properties: { DomainName: !Ref Domain, BasePath: pets, RestApiId: !Ref Rest, Stage: live }
  Trusted:
    Type: AWS::ApiGateway::DomainName
    Properties:
      DomainName: trusted.example.com
      MutualTlsAuthentication: { TruststoreUri: s3://bucket/key }
",
    );
    let deploy = ["deploy", "template.yaml", "--parameter", "Colour=green"];
    let ended = setup.on_table(&deploy).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.complained.contains("whoever shows no client certificate is refused"), "{ended:?}");
    let done = setup.json(&deploy).await;
    let id = api_id(&done["stages"][0]["api"]["id"]);
    assert!(ended.said.contains(&format!("pets.example.com  /pets → {id}:live\n")), "{ended:?}");
    assert_eq!(done["domains"], serde_json::json!(["pets.example.com", "trusted.example.com"]));

    let definitions = setup.definitions().await;
    let stage = definitions.published(&id, soon()).await.unwrap().unwrap().stage("live").unwrap().clone();
    assert_eq!(stage.variables().get("colour").map(String::as_str), Some("green"));
    assert!(matches!(stage.api(), ApiSnapshot::Rest(_)));
    let domain = definitions.domain("pets.example.com", soon()).await.unwrap().unwrap();
    assert_eq!((&domain.mappings[0].api_id, domain.mappings[0].key.as_str()), (&id, "pets"));
    let trusted = definitions.domain("trusted.example.com", soon()).await.unwrap().unwrap();
    assert!(trusted.mutual_tls.is_some(), "whoever shows no certificate is refused there");
}

#[tokio::test]
async fn the_table_tells_to_whom_its_apis_belong() {
    let setup = Setup::new().await;
    setup.write("api.yaml", &mocks(&["/a"]));
    let endpoint = format!("http://{}", setup.address);
    let place = ["--table", "gatelet-definitions", "--dynamodb-endpoint", &endpoint, "--region", "eu-west-1"];
    let deployed = [&["deploy", "api.yaml", "--json"], &place[..]].concat();
    let deployed = crate::fixture::run_in(setup.directory.path(), &deployed, &[]).await;
    assert_eq!(deployed.code, Some(0), "{deployed:?}");
    let deployed: Value = serde_json::from_str(&deployed.said).unwrap();
    let definitions = setup.definitions().await;
    let published = definitions.published(&api_id(&deployed["stages"][0]["api"]["id"]), soon()).await;
    let stage = published.unwrap().unwrap().stage("dev").unwrap().clone();
    let described = setup.client().describe_table().table_name("gatelet-definitions").send().await.unwrap();
    let arn = described.table.unwrap().table_arn.unwrap();
    assert_eq!(arn.split(':').nth(4), Some(&**stage.account_id()), "{arn}");
}
