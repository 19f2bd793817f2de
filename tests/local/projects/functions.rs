//! Functions behind the gateway: edited, killed, missing, elsewhere.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::has_python;
use crate::client::{Client, get};
use crate::command::{Dev, command, path};

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: hello
      Runtime: python3.13
      Handler: app.handler
      CodeUri: src/
      Environment: { Variables: { GREETING: good morning } }
      Events:
        Http: { Type: HttpApi, Properties: { Path: /hello, Method: GET } }
        Rest: { Type: Api, Properties: { Path: /hello, Method: GET } }
";
const HANDLER: &str = "
import os
def handler(event, context):
    query = event.get('queryStringParameters') or {}
    if 'die' in query:
        os.kill(os.getpid(), 9)
    return {'statusCode': 200, 'body': os.environ['GREETING'] + ' from ' + str(os.getpid())}
";

fn project() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("src")).unwrap();
    std::fs::write(directory.path().join("template.yaml"), TEMPLATE).unwrap();
    std::fs::write(directory.path().join("src/app.py"), HANDLER).unwrap();
    directory
}

async fn start(directory: &Path, more: &[&str]) -> Dev {
    let arguments: Vec<&str> = [".", "--state", "memory"].iter().chain(more).copied().collect();
    Dev::start(directory, &arguments).await
}

/// The path of the URL that ends so.
fn at(dev: &Dev, end: &str) -> String {
    let urls = dev.urls();
    let url = urls.iter().find(|url| url.ends_with(end)).unwrap_or_else(|| panic!("no {end} in {urls:?}"));
    path(url).to_owned()
}

/// The path of the HTTP API, whose stage has no name in URLs.
fn http(dev: &Dev) -> String {
    let urls = dev.urls();
    let url = urls.iter().find(|url| !url.ends_with("Prod/") && !url.ends_with("Stage/"));
    path(url.unwrap()).to_owned()
}

#[tokio::test]
async fn a_function_that_is_killed_answers_as_aws_does_and_the_next_request_is_served() {
    if !has_python() {
        return;
    }
    let directory = project();
    let mut dev = start(directory.path(), &[]).await;
    let (http, rest) = (http(&dev), at(&dev, "/Prod/"));
    let before = get(dev.address, &format!("{http}hello")).await;
    assert_eq!(before.status, 200);
    let killed = get(dev.address, &format!("{http}hello?die")).await;
    assert_eq!((killed.status, killed.body.as_str()), (500, r#"{"message":"Internal Server Error"}"#));
    let killed = get(dev.address, &format!("{rest}hello?die")).await;
    assert_eq!((killed.status, killed.body.as_str()), (502, r#"{"message": "Internal server error"}"#));
    let after = get(dev.address, &format!("{rest}hello")).await;
    assert_eq!(after.status, 200, "{}", after.body);
    assert!(after.body.starts_with("good morning from "), "{}", after.body);
    assert_ne!(before.body, after.body, "another process");
    let said = dev.until(after.header("x-amzn-requestid").unwrap()).await.join("\n");
    assert!(said.contains("hello │ "), "the function's end is told: {said}");
}

#[tokio::test]
async fn a_function_finds_the_trace_of_its_event() {
    if !has_python() {
        return;
    }
    let directory = project();
    let handler = "
import json, os
def handler(event, context):
    headers = {name.lower(): value for name, value in event['headers'].items()}
    return {'statusCode': 200, 'body': json.dumps([headers['x-amzn-trace-id'], os.environ['_X_AMZN_TRACE_ID']])}
";
    std::fs::write(directory.path().join("src/app.py"), handler).unwrap();
    let dev = start(directory.path(), &[]).await;
    for path in [http(&dev), at(&dev, "/Prod/")] {
        let answer = get(dev.address, &format!("{path}hello")).await;
        let [event, environment] = serde_json::from_str::<[String; 2]>(&answer.body).unwrap();
        assert!(event.starts_with("Root=1-"), "{event}");
        assert_eq!(event, environment);
    }
}

#[tokio::test]
async fn a_process_that_is_killed_from_outside_is_replaced() {
    if !has_python() {
        return;
    }
    let directory = project();
    let slow = HANDLER
        .replace("    return {", "    import time; time.sleep(float(query.get('rest', 0)))\n    return {");
    std::fs::write(directory.path().join("src/app.py"), slow).unwrap();
    let dev = start(directory.path(), &[]).await;
    let rest = at(&dev, "/Prod/");
    let body = get(dev.address, &format!("{rest}hello")).await.body;
    let id = body.rsplit(' ').next().unwrap().to_owned();
    let mut client = Client::connect(dev.address).await;
    client.send(format!("GET {rest}hello?rest=2 HTTP/1.1\r\nHost: localhost\r\n\r\n")).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(std::process::Command::new("kill").args(["-9", &id]).status().unwrap().success());
    let began = Instant::now();
    let answer = client.answer().await;
    assert_eq!(answer.status, 502, "{}", answer.body);
    assert!(began.elapsed() < Duration::from_millis(1500), "the client waits for nobody");
    assert_eq!(get(dev.address, &format!("{rest}hello")).await.status, 200);
}

#[tokio::test]
async fn edits_of_code_and_template_are_live_within_a_second() {
    if !has_python() {
        return;
    }
    let directory = project();
    let mut dev = start(directory.path(), &[]).await;
    let (address, http) = (dev.address, http(&dev));
    assert!(get(address, &format!("{http}hello")).await.body.starts_with("good morning"));

    let edited = HANDLER.replace("'statusCode': 200", "'statusCode': 201");
    std::fs::write(directory.path().join("src/app.py"), edited).unwrap();
    let within = Instant::now() + Duration::from_secs(1);
    while get(address, &format!("{http}hello")).await.status != 201 {
        assert!(Instant::now() < within, "the edit is not live after a second");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }

    let edited = TEMPLATE.replace("good morning", "good evening").replace("/hello, Method", "/again, Method");
    std::fs::write(directory.path().join("template.yaml"), edited).unwrap();
    let within = Instant::now() + Duration::from_secs(1);
    while !get(address, &format!("{http}again")).await.body.starts_with("good evening") {
        assert!(Instant::now() < within, "the edit is not live after a second");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let said = dev.until("functions changed: `hello`").await.join("\n");
    assert!(
        said.lines().any(|line| line.starts_with("  + HTTP API ") && line.ends_with(": GET /again")),
        "{said}"
    );

    let without =
        TEMPLATE.replace("        Http: { Type: HttpApi, Properties: { Path: /hello, Method: GET } }\n", "");
    std::fs::write(directory.path().join("template.yaml"), without).unwrap();
    dev.until("is not defined any more, and not served any more").await;
    assert_eq!(get(address, &format!("{http}again")).await.status, 403);
    let rest = at(&dev, "/Prod/");

    // A syntax error is shown with its trace, and the client hears what AWS says.
    std::fs::write(directory.path().join("src/app.py"), "def handler(:\n").unwrap();
    dev.until("its code changed").await;
    assert_eq!(get(address, &format!("{rest}hello")).await.status, 502);
    dev.until("SyntaxError").await;
    std::fs::write(directory.path().join("src/app.py"), HANDLER).unwrap();
    dev.until("its code changed").await;
    assert_eq!(get(address, &format!("{rest}hello")).await.status, 200);
}

#[tokio::test]
async fn a_file_that_the_template_names_is_reloaded_too() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join(name);
    let mock = |path: &str| {
        format!(
            "openapi: 3.0.1\ninfo: {{ title: Named, version: '1' }}\npaths:\n  {path}:\n    get:\n      responses: {{}}\n      \
             x-amazon-apigateway-integration:\n        type: mock\n        requestTemplates: {{ application/json: \
             '{{\"statusCode\": 200}}' }}\n        responses: {{ default: {{ statusCode: '200' }} }}\n"
        )
    };
    std::fs::create_dir(file("api")).unwrap();
    std::fs::write(file("api/named.yaml"), mock("/a")).unwrap();
    let template = "Transform: AWS::Serverless-2016-10-31\nResources:\n  Named:\n    Type: AWS::Serverless::Api\n    \
                    Properties: { StageName: live, DefinitionUri: api/named.yaml }\n";
    std::fs::write(file("template.yaml"), template).unwrap();
    let mut dev = start(directory.path(), &["--stage", "chosen"]).await;
    assert_eq!(get(dev.address, "/chosen/a").await.status, 200, "the only API stands at the root too");
    std::fs::write(file("api/named.yaml"), mock("/b")).unwrap();
    let said = dev.until("- GET /a").await.join("\n");
    assert!(said.contains("reloaded template.yaml: 1 route added, 1 route removed"), "{said}");
    assert_eq!(get(dev.address, "/chosen/b").await.status, 200);
}

/// A definition of a function that no template defines.
fn unmapped(function: &str) -> String {
    let uri = format!("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations");
    format!(
        "openapi: 3.0.1\ninfo: {{ title: T, version: '1' }}\npaths:\n  /hello:\n    get:\n      responses: {{}}\n      \
         x-amazon-apigateway-integration: {{ type: aws_proxy, httpMethod: POST, uri: '{uri}' }}\n"
    )
}

#[tokio::test]
async fn a_function_without_code_is_told_and_its_code_can_be_given() {
    const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:hello";
    if !has_python() {
        return;
    }
    let directory = project();
    std::fs::write(directory.path().join("api.yaml"), unmapped(&format!("{ARN}:live"))).unwrap();
    let dev = Dev::start(directory.path(), &["api.yaml", "--state", "memory"]).await;
    let shown = dev.shown.join("\n");
    let warning = format!("warning: the function `{ARN}:live` is not run here: no template defines it");
    assert!(shown.contains(&warning), "{shown}");
    assert!(shown.contains("`--function hello=DIR`"), "{shown}");
    let answer = get(dev.address, "/dev/hello").await;
    assert_eq!((answer.status, answer.body.as_str()), (500, r#"{"message": "Internal server error"}"#));

    let handler = "import os\ndef handler(event, context): return {'statusCode': 200, 'body': os.environ['AWS_LAMBDA_FUNCTION_NAME']}";
    std::fs::write(directory.path().join("src/app.py"), handler).unwrap();
    for given in ["hello=src".to_owned(), format!("{ARN}=src:app.handler"), format!("{ARN}:live=src")] {
        let dev =
            Dev::start(directory.path(), &["api.yaml", "--state", "memory", "--function", &given]).await;
        let shown = dev.shown.join("\n");
        assert!(!shown.contains("warning"), "{given}: {shown}");
        let answer = get(dev.address, "/dev/hello").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "hello"), "{given}");
    }
}

#[tokio::test]
async fn functions_can_be_called_elsewhere() {
    if !has_python() {
        return;
    }
    let directory = project();
    let host = start(directory.path(), &[]).await;
    let line = host.shown.iter().find(|line| line.contains("Lambda's own API at ")).unwrap();
    let endpoint = line.rsplit(' ').next().unwrap();
    let by_option = start(directory.path(), &["--lambda-endpoint", endpoint]).await;
    let mut command = command(directory.path());
    command.env("AWS_ENDPOINT_URL_LAMBDA", endpoint);
    let by_variable = Dev::start_in(command, &[".", "--state", "memory"]).await;
    let process = |body: &str| body.rsplit(' ').next().unwrap().to_owned();
    let here = process(&get(host.address, &format!("{}hello", http(&host))).await.body);
    for dev in [by_option, by_variable] {
        assert!(dev.shown.iter().any(|line| line.contains("none is run here")), "{:?}", dev.shown);
        let answer = get(dev.address, &format!("{}hello", http(&dev))).await;
        assert_eq!((answer.status, process(&answer.body)), (200, here.clone()), "the same process");
    }
}

#[test]
fn check_takes_templates_and_their_parameters() {
    let directory = project();
    let template = TEMPLATE.replace("Resources:", "Parameters: { Path: { Type: String } }\nResources:");
    let template = template.replace("Path: /hello, Method", "Path: !Ref Path, Method");
    std::fs::write(directory.path().join("template.yaml"), template).unwrap();
    let check = |more: &[&str]| {
        let mut command = command(directory.path());
        let output = command.arg("check").arg(".").args(more).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, said) = check(&[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("the parameter `Path` has no value"), "{said}");
    assert!(said.contains("help: give it with `--parameter Path=value`"), "{said}");
    let (code, said) = check(&["--parameter", "Path=/a"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("HTTP API `"), "{said}");
    assert!(said.ends_with("1 function, no problems\n"), "{said}");
    let (code, said) = check(&["--parameter", "Path=/a", "--parameter", "Paths=/b"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("no template has a parameter `Paths`; its value is ignored"), "{said}");
    assert!(said.contains("help: did you mean `Path`?"), "{said}");
    let (_, said) = check(&["--parameter", "Path=/a", "--format", "json"]);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["definitions"][0]["functions"], json!(["hello"]));
    let paths =
        said["definitions"][0]["apis"].as_array().unwrap().iter().map(|api| &api["routes"][0]["path"]);
    assert_eq!(paths.collect::<Vec<_>>(), ["/a", "/a"]);
}

#[test]
fn check_tells_code_that_is_not_there_at_its_place() {
    let directory = project();
    let check = || {
        let output = command(directory.path()).args(["check", "."]).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(check().ends_with("1 function, no problems\n"));
    std::fs::rename(directory.path().join("src/app.py"), directory.path().join("src/other.py")).unwrap();
    let said = check();
    assert!(
        said.contains("warning: the handler of the function `hello` is not there: `src` holds no `app.py`"),
        "{said}"
    );
    assert!(said.contains("template.yaml:9:16"), "{said}");
    assert!(said.contains("\n9 |       Handler: app.handler\n"), "{said}");
    std::fs::remove_dir_all(directory.path().join("src")).unwrap();
    let said = check();
    assert!(
        said.contains("warning: the code of the function `hello` is not there: `src` is no directory"),
        "{said}"
    );
    assert!(said.contains("\n10 |       CodeUri: src/\n"), "{said}");
    let native = TEMPLATE.replace("python3.13", "provided.al2023");
    std::fs::create_dir(directory.path().join("src")).unwrap();
    std::fs::write(directory.path().join("template.yaml"), native).unwrap();
    let said = check();
    assert!(said.contains("`src` holds neither a `bootstrap` nor a `Cargo.toml`"), "{said}");
    assert!(said.ends_with("1 function, 1 warning\n"), "{said}");
}

#[tokio::test]
async fn code_that_is_not_where_the_template_says_is_told_and_can_be_given() {
    if !has_python() {
        return;
    }
    let directory = project();
    std::fs::rename(directory.path().join("src"), directory.path().join("elsewhere")).unwrap();
    let dev = start(directory.path(), &[]).await;
    let shown = dev.shown.join("\n");
    assert!(shown.contains("warning: the code of the function `hello` is not there"), "{shown}");
    assert!(shown.contains("`--function Hello=DIR`"), "{shown}");
    assert_eq!(get(dev.address, &format!("{}hello", http(&dev))).await.status, 500);
    let dev = start(directory.path(), &["--function", "Hello=elsewhere"]).await;
    assert!(!dev.shown.join("\n").contains("warning"), "{:?}", dev.shown);
    let answer = get(dev.address, &format!("{}hello", http(&dev))).await;
    assert!(answer.body.starts_with("good morning"), "the template's variables hold: {}", answer.body);
}
