//! Edits that take something away, or that can be made in part alone: what serves is said, and what is said serves.

use std::path::Path;

use serde_json::Value;

use crate::client::get;
use crate::command::{Dev, path};

const HEAD: &str = "Transform: AWS::Serverless-2016-10-31\nResources:\n";

/// A REST API of a template with one mock, and its stage.
fn api(name: &str, stage: &str, route: &str) -> String {
    format!(
        "  {name}:
    Type: AWS::Serverless::Api
    Properties:
      Name: {name}
      StageName: {stage}
      OpenApiVersion: 3.0.1
      DefinitionBody:
        openapi: 3.0.1
        info: {{ title: {name}, version: '1' }}
        paths:
          {route}:
            get:
              responses: {{}}
              x-amazon-apigateway-integration:
                type: mock
                requestTemplates: {{ application/json: '{{\"statusCode\": 200}}' }}
                responses: {{ default: {{ statusCode: '200' }} }}
"
    )
}

fn write(directory: &Path, apis: &[String]) {
    std::fs::write(directory.join("template.yaml"), format!("{HEAD}{}", apis.concat())).unwrap();
}

/// The path of the only URL that ends so.
fn at(dev: &Dev, end: &str) -> String {
    let urls = dev.urls();
    let found: Vec<&String> = urls.iter().filter(|url| url.ends_with(end)).collect();
    assert_eq!(found.len(), 1, "{urls:?}");
    path(found[0]).to_owned()
}

async fn names(dev: &Dev) -> Vec<Value> {
    let apis: Value = serde_json::from_str(&get(dev.control, "/_gatelet/apis").await.body).unwrap();
    apis["apis"].as_array().unwrap().iter().map(|api| api["name"].clone()).collect()
}

#[tokio::test]
async fn an_api_that_is_not_defined_any_more_is_not_served_any_more() {
    let directory = tempfile::tempdir().unwrap();
    let (stays, goes) = (api("Stays", "live", "/a"), api("Goes", "old", "/b"));
    write(directory.path(), &[stays.clone(), goes.clone()]);
    let mut dev = Dev::start(directory.path(), &["."]).await;
    let (live, old) = (format!("{}a", at(&dev, "/live/")), format!("{}b", at(&dev, "/old/")));
    assert_eq!((get(dev.address, &live).await.status, get(dev.address, &old).await.status), (200, 200));

    write(directory.path(), std::slice::from_ref(&stays));
    dev.until("the REST API `Goes` is not defined any more, and not served any more").await;
    assert_eq!((get(dev.address, &live).await.status, get(dev.address, &old).await.status), (200, 403));
    assert_eq!(names(&dev).await, ["Stays"]);
    assert_eq!(get(dev.address, "/live/a").await.status, 200, "it is the only one now");

    write(directory.path(), &[stays, goes]);
    dev.until("+ REST API Goes: GET /b").await;
    assert_eq!((get(dev.address, &live).await.status, get(dev.address, &old).await.status), (200, 200));
}

#[tokio::test]
async fn a_stage_that_is_not_defined_any_more_is_told() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), &[api("Pets", "one", "/a")]);
    let mut dev = Dev::start(directory.path(), &["."]).await;
    let one = at(&dev, "/one/");
    write(directory.path(), &[api("Pets", "two", "/b")]);
    let said =
        "of the REST API `Pets` the stage `one` is not defined any more; what was deployed there goes on";
    dev.until(said).await;
    assert_eq!(get(dev.address, &format!("{one}a")).await.status, 200);
    assert_eq!(get(dev.address, &format!("{}b", one.replace("/one/", "/two/"))).await.status, 200);
    dev.interrupt();
    assert_eq!(dev.ended().await, Some(0));

    let dev = Dev::start(directory.path(), &["."]).await;
    let shown = dev.shown.join("\n");
    assert!(shown.contains("the stage `one` shows what an earlier run deployed"), "{shown}");
    assert!(!shown.contains("the stage `two`"), "{shown}");
}

#[tokio::test]
async fn an_edit_of_which_a_part_cannot_be_deployed_says_what_serves() {
    let directory = tempfile::tempdir().unwrap();
    let taken = api("Taken", "dev", "/t");
    write(directory.path(), std::slice::from_ref(&taken));
    // Its id belongs to another account from now on.
    let mut dev = Dev::start(directory.path(), &[".", "--account", "111111111111"]).await;
    dev.interrupt();
    assert_eq!(dev.ended().await, Some(0));

    write(directory.path(), &[api("Own", "live", "/a")]);
    let mut dev = Dev::start(directory.path(), &[".", "--account", "222222222222"]).await;
    let live = at(&dev, "/live/");
    write(directory.path(), &[taken.clone(), api("Own", "live", "/b")]);
    let said = dev.until("the REST API `Taken` was not reloaded: ").await.join("\n");
    assert!(said.contains("reloaded template.yaml in part: 1 route added, 1 route removed"), "{said}");
    assert!(said.contains("+ REST API Own: GET /b"), "{said}");
    assert!(said.contains("belongs to account 111111111111"), "{said}");
    assert!(said.ends_with("; it is not served"), "{said}");
    assert_eq!(get(dev.address, &format!("{live}b")).await.status, 200);

    // The next edit says what is new since then, not since the start.
    write(directory.path(), &[api("Own", "live", "/c")]);
    let said = dev.until("- GET /b").await.join("\n");
    assert!(said.contains("reloaded template.yaml: 1 route added, 1 route removed"), "{said}");
    assert!(!said.contains("Taken"), "what was never served is not missed: {said}");

    write(directory.path(), &[taken]);
    let said =
        dev.until("the REST API `Own` is not defined any more, and not served any more").await.join("\n");
    assert!(said.contains("template.yaml was not reloaded:"), "{said}");
    assert_eq!(get(dev.address, &format!("{live}c")).await.status, 403);
}
