//! Cases: one file for each documented rule, in `rest/` and `http/`. A file holds a definition and exchanges with it;
//! they are sent on every way into the gateway, the world behind it is in memory, and status, headers, body, backend call and
//! record are compared.
//! The form of a file is [`case::Case`].

#![allow(clippy::expect_used, reason = "tests")]

mod case;
mod differences;
mod earlier;
mod limited;
mod run;
mod ways;
mod world;

use std::path::{Path, PathBuf};

use case::Way;

/// Every `.toml` below a folder, sorted.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    files
}

#[tokio::test]
async fn every_case_holds_in_the_data_plane() {
    every_case_holds(Way::DataPlane).await;
}

#[tokio::test]
async fn every_case_holds_through_the_local_server() {
    every_case_holds(Way::LocalServer).await;
}

#[tokio::test]
async fn every_case_holds_through_a_function_url() {
    every_case_holds(Way::FunctionUrl).await;
}

#[tokio::test]
async fn every_case_holds_through_a_load_balancer() {
    every_case_holds(Way::LoadBalancer).await;
}

async fn every_case_holds(way: Way) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let files = files_below(&folder);
    let mut failures = Vec::new();
    let mut exchanges = 0;
    for file in &files {
        let name = file.strip_prefix(&folder).unwrap_or(file).display().to_string();
        match case::read(file) {
            Err(why) => failures.push(format!("{name}: {why}")),
            Ok(case) => {
                exchanges += case.exchange.len();
                let rule = format!("{name}: the rule is that {} ({})", case.rule, case.source);
                let differences = run::run(&case, way).await;
                if !differences.is_empty() {
                    failures.push(rule);
                }
                failures.extend(differences.into_iter().map(|why| format!("  {why}")));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {exchanges} exchanges differ:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(files.len() > 10, "only {} case files were found below {}", files.len(), folder.display());
}

#[tokio::test]
async fn a_wrong_expectation_is_seen_on_every_way() {
    let text = r#"
        rule = "a mock answers with its status"
        source = "none"
        definition = '''
openapi: 3.0.1
info: {title: t, version: "1"}
paths:
  /a:
    get:
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: '{"statusCode": 200}'}
        responses: {default: {statusCode: 200}}
'''
        [[exchange]]
        request = "GET /dev/a"
        expect.status = 204
        expect.body = "no"
        expect.route = "POST /a"
        expect.headers = { x-nothing = "1" }
        expect.absent = ["content-type"]
    "#;
    let case: case::Case = toml::from_str(text).expect("the case reads");
    for way in [Way::DataPlane, Way::LocalServer, Way::FunctionUrl, Way::LoadBalancer] {
        let differences = run::run(&case, way).await;
        assert_eq!(differences.len(), 6, "{way:?}: {differences:?}");
    }
}
