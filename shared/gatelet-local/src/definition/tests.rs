#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use gatelet_control::document::Source;
use gatelet_model::{AccountId, Api, Place, Problem, Problems, Region};

use super::*;

const PLAIN: Rendering = Rendering { colour: false };

fn decisions() -> Decisions {
    Decisions {
        kind: None,
        account: AccountId::parse("123456789012").unwrap(),
        region: Region::parse("us-east-1").unwrap(),
        parameters: BTreeMap::new(),
    }
}

fn imported(text: &str) -> Definition {
    import_source(&Source::new("api.yaml", text), Path::new("api.yaml"), "api.yaml", &decisions())
}

fn only_api(text: &str) -> Api {
    let mut definition = imported(text);
    assert_eq!(definition.apis.len(), 1, "{:?}", definition.problems);
    definition.apis.remove(0).api
}

fn api(paths: &[(&str, &str)]) -> Api {
    let mut text = "openapi: 3.0.1\ninfo: { title: T, version: '1' }\npaths:\n".to_owned();
    for (path, uri) in paths {
        text += &format!(
            "  {path}:\n    get:\n      responses: {{}}\n      x-amazon-apigateway-integration: {{ type: http_proxy, \
             httpMethod: GET, uri: '{uri}' }}\n"
        );
    }
    only_api(&text)
}

#[test]
fn a_problem_stands_below_its_line() {
    let place = Place {
        file: Arc::from("a.yaml"),
        line: 12,
        column: 4,
        length: 3,
        source_line: "\t\té日本x\u{1b}".into(),
    };
    let problem = Problem::error("it is wrong").about("GET /a").help("do this").at(place);
    let shown = PLAIN.all(&Problems::from(problem));
    let expected = "\
error: it is wrong
  --> a.yaml:12:4
   |
12 |         é日本x\\u{1b}
   |          ^^^
   = in: GET /a
   = help: do this

";
    assert_eq!(shown, expected);
}

#[test]
fn warnings_are_summed_up_by_kind() {
    let warning = |text: &str| Problem::warning(text);
    let mut problems: Problems = ["b", "a", "b", "c", "d", "e", "f"].map(warning).into_iter().collect();
    problems.push(Problem::error("broken"));
    let shown = PLAIN.errors_and_summary(&problems, "a.yaml");
    assert!(shown.starts_with("error: broken\n"), "{shown}");
    assert!(
        shown.contains("  7 warnings (`gatelet check a.yaml` shows where)\n    2 × b\n    a\n"),
        "{shown}"
    );
    assert!(shown.ends_with("    and 1 more kinds\n"), "{shown}");
    assert_eq!(PLAIN.summary(&Problems::new(), "a.yaml"), "");
}

#[test]
fn changes_are_told_by_route() {
    let before = api(&[("/a", "http://x.test/1"), ("/b", "http://x.test/2"), ("/c", "http://x.test/3")]);
    let after = api(&[("/b", "http://x.test/2"), ("/c", "http://x.test/4"), ("/d", "http://x.test/5")]);
    let lines: Vec<String> = changes(&before, &after).iter().map(Change::line).collect();
    assert_eq!(lines, ["~ GET /c", "+ GET /d", "- GET /a"]);
    assert_eq!(changes(&before, &before), []);
}

#[test]
fn a_template_is_told_from_a_definition() {
    let definition = imported("Transform: AWS::Serverless-2016-10-31\nResources: {}\n");
    let problem = definition.problems.iter().next().unwrap();
    assert!(problem.message.contains("the template defines no API"), "{problem}");
    assert!(definition.can_be_served() && definition.apis.is_empty());
    let neither = imported("a: b\n");
    assert!(!neither.can_be_served());
}

#[test]
fn a_template_brings_apis_functions_and_the_files_that_it_names() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("template.yaml");
    let template = "\
Transform: AWS::Serverless-2016-10-31
Parameters: { Stage: { Type: String } }
Resources:
  Pets: { Type: AWS::Serverless::Api, Properties: { StageName: !Ref Stage, DefinitionUri: pets.yaml } }
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: hello
      Runtime: python3.13
      Handler: app.handler
      CodeUri: src/
      Events: { Get: { Type: HttpApi, Properties: { Path: /hello, Method: GET } } }
";
    std::fs::write(&path, template).unwrap();
    let mut decisions = decisions();
    let missing = import_file(&path, "template.yaml", &decisions);
    assert!(!missing.can_be_served());
    assert_eq!(missing.references, [Reference { path: directory.path().join("pets.yaml"), content: None }]);
    let messages: Vec<&str> = missing.problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(
        messages,
        ["the parameter `Stage` has no value", "the file `pets.yaml` cannot be read: there is no such file"]
    );

    decisions.parameters.insert("Stage".into(), "live".into());
    let pets = "openapi: 3.0.1\ninfo: { title: Pets, version: '1' }\npaths: {}\n";
    std::fs::write(directory.path().join("pets.yaml"), pets).unwrap();
    let definition = import_file(&path, "template.yaml", &decisions);
    assert!(definition.can_be_served(), "{:?}", definition.problems);
    assert_eq!(definition.references[0].content.as_deref(), Some(pets.as_bytes()));
    assert_eq!(definition.functions[0].name, "hello");
    let apis: Vec<(&str, Vec<&str>)> =
        definition.apis.iter().map(|one| (one.api.kind(), stages(one))).collect();
    assert_eq!(apis, [("REST API", vec!["live", "Stage"]), ("HTTP API", vec!["$default"])]);
    let Some(Defined { api, stages: DefinedStages::These(stages), .. }) = definition.apis.get(1) else {
        panic!("no stages");
    };
    let invoked = invoked_functions(api, &stages[0]);
    assert_eq!(invoked.into_iter().collect::<Vec<_>>(), [definition.functions[0].arn.as_str()]);
}

fn stages(defined: &Defined) -> Vec<&str> {
    match &defined.stages {
        DefinedStages::These(stages) => stages.iter().map(|stage| stage.name().as_str()).collect(),
        DefinedStages::Named(_) => Vec::new(),
    }
}

#[test]
fn a_file_that_cannot_be_read_is_a_problem() {
    let directory = tempfile::tempdir().unwrap();
    let name = |path: &Path| import_file(path, "x", &decisions()).problems.iter().next().unwrap().to_string();
    assert!(name(&directory.path().join("missing.yaml")).contains("there is no such file"));
    assert!(name(directory.path()).contains("it is a directory"));
}

#[test]
fn routes_fit_the_terminal() {
    let long = format!("http://x.test/{}", "long/".repeat(30));
    let table = table(&routes(&api(&[("/a", &long), ("/b", "http://x.test/")])), 80);
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    assert!(table.contains("HTTP_PROXY GET http://x.test/"), "{table}");
}

#[test]
fn a_functions_name_is_shown_instead_of_its_arn() {
    let uri = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:pets:live/invocations";
    let text = format!(
        "openapi: 3.0.1\ninfo: {{ title: T, version: '1' }}\npaths:\n  /a:\n    get:\n      responses: {{}}\n      \
         x-amazon-apigateway-integration: {{ type: aws_proxy, httpMethod: POST, uri: '{uri}' }}\n"
    );
    let api = only_api(&text);
    let route = routes(&api).remove(0);
    assert_eq!((route.method.as_str(), route.path.as_str()), ("GET", "/a"));
    assert_eq!((route.authorizer.as_str(), route.integration.as_str()), ("-", "AWS_PROXY pets:live"));
}

#[test]
fn an_api_gets_the_stages_that_are_chosen_defined_or_usual() {
    use gatelet_model::rest::RestStage;
    use gatelet_model::{Stage, StageName};

    let name = |text: &str| StageName::parse(text).unwrap();
    let rest = imported("openapi: 3.0.1\ninfo: { title: T, version: '1' }\npaths: {}\n").apis.remove(0);
    let http = imported(
        "openapi: 3.0.1\ninfo: { title: T, version: '1' }\nx-amazon-apigateway-importexport-version: '1.0'\npaths: {}\n",
    );
    let http = http.apis[0].clone();
    let mut first = RestStage::new(name("first"));
    let own = [("a", "1"), ("b", "1")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    first.variables = gatelet_model::StageVariables::new(own).unwrap();
    let two = DefinedStages::These(vec![Stage::Rest(first), Stage::Rest(RestStage::new(name("second")))]);
    let two = Defined { stages: two, ..rest.clone() };
    let implied = Defined { stages: DefinedStages::Named(Some(name("v1"))), ..rest.clone() };

    let variables: BTreeMap<String, String> = [("b".to_owned(), "2".to_owned())].into();
    let chosen = name("chosen");
    for (defined, stage, expected) in [
        (&rest, None, "dev b=2"),
        (&http, None, "$default b=2"),
        (&implied, None, "v1 b=2"),
        (&two, None, "first a=1 b=2, second b=2"),
        (&rest, Some(&chosen), "chosen b=2"),
        (&two, Some(&chosen), "chosen a=1 b=2"),
    ] {
        let made = super::stages(defined, stage, &variables).unwrap();
        let shown = |stage: &Stage| {
            let (Stage::Rest(RestStage { variables, .. })
            | Stage::V2(gatelet_model::v2::V2Stage { variables, .. })) = stage;
            let variables: String =
                variables.iter().map(|(name, value)| format!(" {name}={value}")).collect();
            format!("{}{variables}", stage.name())
        };
        assert_eq!(made.iter().map(shown).collect::<Vec<_>>().join(", "), expected);
    }
    let bad = [("no name".to_owned(), String::new())].into();
    assert!(super::stages(&rest, None, &bad).is_err());
}
