//! What cannot be is said, with what to do about it.

use gatelet_control::deploy::DefinitionStore;
use gatelet_tests::backend::{Backend, answers};

use crate::fixture::{Setup, mocks, run_in, soon};

#[tokio::test]
async fn a_table_that_cannot_be_used_is_named() {
    let setup = Setup::without_table().await;
    setup.write("api.yaml", &mocks(&["/a"]));
    let missing = setup.on_table(&["deploy", "api.yaml"]).await;
    let expected = format!(
        "error: there is no table `gatelet-definitions` at http://{}/; `sam deploy` with Gatelet's template.yaml creates it",
        setup.address
    );
    assert!(missing.complained.starts_with(&expected), "{missing:?}");
    assert_eq!((missing.code, missing.said.as_str()), (Some(2), ""));

    foreign_table(&setup).await;
    for command in [&["deploy", "api.yaml"][..], &["deployments"], &["domain", "a.example.com"]] {
        let foreign = setup.on_table(command).await;
        assert_eq!(foreign.code, Some(2), "{foreign:?}");
        assert!(foreign.complained.contains("is not one of definitions: its keys are not"), "{foreign:?}");
    }
}

/// A table of somebody else's, under the name.
async fn foreign_table(setup: &Setup) {
    use aws_sdk_dynamodb::types::{
        AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    };
    let attribute =
        AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S);
    let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash);
    let request = setup.client().create_table().table_name("gatelet-definitions");
    let request = request.billing_mode(BillingMode::PayPerRequest);
    let request = request.attribute_definitions(attribute.build().unwrap()).key_schema(key.build().unwrap());
    request.send().await.unwrap();
}

#[tokio::test]
async fn credentials_are_asked_for_and_those_that_are_refused_are_told() {
    let setup = Setup::without_table().await;
    setup.write("api.yaml", &mocks(&["/a"]));
    let directory = setup.directory.path();
    let deploy = ["deploy", "api.yaml", "--table", "t"];
    let export = "run `eval \"$(aws configure export-credentials --format env)\"`";

    let none = run_in(directory, &[&deploy[..], &["--region", "eu-west-1"]].concat(), &[]).await;
    assert_eq!(
        none.complained,
        format!("error: there are no AWS credentials in the environment: {export}\n")
    );
    let nowhere = run_in(directory, &deploy, &[]).await;
    assert!(nowhere.complained.contains("no region is given: say `--region NAME`"), "{nowhere:?}");
    let half = run_in(directory, &deploy, &[("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")]).await;
    assert!(half.complained.contains("environment variable `AWS_SECRET_ACCESS_KEY`: is not set"), "{half:?}");

    for (kind, message) in [
        (
            "com.amazon.coral.service#UnrecognizedClientException",
            "error: AWS refuses the credentials: told why; ",
        ),
        ("com.amazon.coral.service#ExpiredTokenException", "error: AWS refuses the credentials: told why; "),
        (
            "com.amazon.coral.service#AccessDeniedException",
            "the credentials are not allowed to use the table: told why",
        ),
        ("com.amazonaws.dynamodb.v20120810#RequestLimitExceeded", "says RequestLimitExceeded: told why"),
    ] {
        let body = format!(r#"{{"__type":"{kind}","message":"told why"}}"#);
        let head = "HTTP/1.1 400 Bad Request\r\nContent-Type: application/x-amz-json-1.0\r\n";
        let answer = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
        let aws = Backend::start(answers::fixed(answer)).await;
        let variables = [
            ("AWS_ENDPOINT_URL_DYNAMODB", &*aws.url("")),
            ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "a-secret-to-nobody"),
            ("AWS_REGION", "eu-west-1"),
        ];
        let refused = run_in(directory, &deploy, &variables).await;
        assert!(refused.complained.contains(message), "{kind}: {refused:?}");
        assert!(!refused.complained.contains("a-secret-to-nobody"), "{refused:?}");
        assert_eq!((refused.code, refused.said.as_str()), (Some(2), ""), "{kind}");
    }
}

#[tokio::test]
async fn a_broken_definition_changes_nothing() {
    let setup = Setup::new().await;
    setup.write("good.yaml", &mocks(&["/a"]));
    setup.write("bad.yaml", &mocks(&["/a"]).replace("type: mock", "type: mokc"));
    let ended = setup.on_table(&["deploy", "good.yaml", "bad.yaml"]).await;
    assert_eq!((ended.code, ended.said.as_str()), (Some(1), ""), "{ended:?}");
    assert!(ended.complained.contains(" --> bad.yaml:8:15\n"), "{ended:?}");
    assert!(
        ended.complained.contains("error: `bad.yaml` cannot be used; correct the errors above"),
        "{ended:?}"
    );
    let definitions = setup.definitions().await;
    assert_eq!(definitions.table().apis(soon()).await.unwrap(), [], "the good one waits for the other");

    let listed = setup.on_table(&["deployments"]).await;
    assert!(listed.said.starts_with("nothing is deployed to the table `gatelet-definitions`"), "{listed:?}");
}

#[tokio::test]
async fn each_mistake_has_its_own_message() {
    let setup = Setup::new().await;
    setup.write("api.yaml", &mocks(&["/a"]));
    let deployed = setup.json(&["deploy", "api.yaml"]).await;
    let id = deployed["stages"][0]["api"]["id"].as_str().unwrap();
    let rollback = |stage| ["rollback", "--api", id, "--stage", stage];
    for (arguments, message) in [
        (
            rollback("dev").to_vec(),
            "the stage `dev` showed no other deployment before; name the one to go to",
        ),
        (rollback("prod").to_vec(), "has no stage `prod`; `gatelet deployments` lists what is deployed"),
        ([&rollback("dev")[..], &["--to", "nothing"]].concat(), "has no deployment `nothing`"),
        (vec!["rollback", "--api", "none", "--stage", "dev"], "there is no API `none` in the table"),
        (vec!["deployments", "--api", "none"], "there is no API `none` in the table"),
        (vec!["deployments", "--api", id, "--stage", "prod"], "has no stage `prod`"),
        (vec!["deploy", "nowhere.yaml"], "there is no file or directory `nowhere.yaml`"),
        (vec!["pack", "api.yaml", "--into", "api.yaml"], "cannot be written"),
    ] {
        let is_pack = arguments[0] == "pack";
        let ended = if is_pack { setup.run(&arguments).await } else { setup.on_table(&arguments).await };
        assert!(ended.complained.contains(message), "{arguments:?}: {ended:?}");
        assert_eq!((ended.code, ended.said.as_str()), (Some(2), ""), "{arguments:?}");
    }
    let elsewhere = setup.on_table(&["deployments"]).await;
    assert!(elsewhere.said.contains(id), "nothing of it moved: {elsewhere:?}");
}

#[tokio::test]
async fn a_function_whose_name_nobody_knows_is_not_deployed_by_chance() {
    let setup = Setup::new().await;
    let template = |name: &str| {
        format!(
            "Transform: AWS::Serverless-2016-10-31
Resources:
  Pets:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: app.handler
      CodeUri: .
      {name}
      Events: {{ Get: {{ Type: HttpApi, Properties: {{ Path: /pets, Method: GET }} }} }}
  Unused:
    Type: AWS::Serverless::Function
    Properties: {{ Runtime: python3.12, Handler: app.handler, CodeUri: . }}
"
        )
    };
    setup.write("template.yaml", &template(""));
    let warning =
        "the function `Pets` of `template.yaml` has no `FunctionName`, so CloudFormation gives it a name";
    let refused = setup.on_table(&["deploy", "template.yaml"]).await;
    assert_eq!((refused.code, refused.said.as_str()), (Some(1), ""), "{refused:?}");
    assert!(refused.complained.contains(warning), "{refused:?}");
    assert!(refused.complained.contains("error: nothing is deployed: the names of `Pets` are not known"));
    assert!(!refused.complained.contains("Unused"), "no API invokes it: {refused:?}");
    assert_eq!(setup.definitions().await.table().apis(soon()).await.unwrap(), []);

    let allowed = setup.on_table(&["deploy", "template.yaml", "--allow-unnamed-functions"]).await;
    assert_eq!(allowed.code, Some(0), "{allowed:?}");
    assert!(allowed.complained.contains(warning), "{allowed:?}");

    setup.write("template.yaml", &template("FunctionName: pets"));
    let named = setup.on_table(&["deploy", "template.yaml"]).await;
    assert_eq!(named.code, Some(0), "{named:?}");
    assert!(!named.complained.contains("FunctionName"), "{named:?}");
}

#[tokio::test]
async fn another_projects_api_is_not_pushed_aside_by_chance() {
    let setup = Setup::new().await;
    setup.write("api.yaml", &mocks(&["/a"]));
    let first = setup.json(&["deploy", "api.yaml"]).await;
    let one = first["stages"][0]["deploymentId"].as_str().unwrap();

    let other = mocks(&["/b"]).replace("title: Mocks", "title: Others");
    setup.write("api.yaml", &other);
    let refused = setup.on_table(&["deploy", "api.yaml"]).await;
    assert_eq!((refused.code, refused.said.as_str()), (Some(1), ""), "{refused:?}");
    for part in [
        "error: nothing is deployed: the stage `dev` of the API id `",
        "shows the REST API `Mocks`, and `api.yaml` defines the REST API `Others`; ids follow from the paths of files",
        "`--replace`",
    ] {
        assert!(refused.complained.contains(part), "{part}: {refused:?}");
    }
    let listed = setup.on_table(&["deployments"]).await;
    assert!(listed.said.contains(&format!("{one}  (current)")), "{listed:?}");

    let replaced = setup.json(&["deploy", "api.yaml", "--replace"]).await;
    assert_eq!(replaced["stages"][0]["before"], one);
    let again = setup.on_table(&["deploy", "api.yaml"]).await;
    assert_eq!(again.code, Some(0), "it is the stage's own by now: {again:?}");
}
