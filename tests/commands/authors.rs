//! What authors of definitions try out: `gatelet render`, `gatelet invoke`, and what `gatelet check` says of ways to backends.

use std::io::Write as _;
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatelet_tests::backend::{Backend, Tls, answers};
use gatelet_tests::command::command;
use gatelet_tests::vectors;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fixture::{Ended, mocks, run_in};
use crate::usage_plans::gateway::Running;

fn files(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(directory.path().join(name), text).unwrap();
    }
    directory
}

async fn run(directory: &TempDir, arguments: &[&str]) -> Ended {
    run_in(directory.path(), arguments, &[]).await
}

/// Runs a command with a text on its standard input.
fn piped(directory: &TempDir, arguments: &[&str], input: &str) -> (Option<i32>, String) {
    let mut command = command(directory.path());
    let piped = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writing = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let ended = child.wait_with_output().unwrap();
    writing.join().unwrap().unwrap();
    (ended.status.code(), String::from_utf8(ended.stdout).unwrap())
}

#[tokio::test]
async fn a_template_is_rendered_with_what_it_sees() {
    let template = "#set($pet = $input.path('$.pet'))\n{\"name\": \"$pet.name\", \"from\": \"$context.identity.sourceIp\", \
                    \"id\": \"$input.params('id')\", \"env\": \"$stageVariables.env\"}";
    let directory = files(&[
        ("t.vtl", template),
        ("body.json", r#"{"pet": {"name": "Rex"}}"#),
        ("context.json", r#"{"identity": {"sourceIp": "203.0.113.7"}}"#),
        ("params.json", r#"{"path": {"id": 7}}"#),
        ("stage.json", r#"{"env": "prod"}"#),
    ]);
    let others = ["--context", "context.json", "--params", "params.json", "--stage-variables", "stage.json"];
    let ended = run(&directory, &[&["render", "t.vtl", "--body", "body.json"], &others[..]].concat()).await;
    let expected = r#"{"name": "Rex", "from": "203.0.113.7", "id": "7", "env": "prod"}"#;
    assert_eq!((ended.code, ended.said.as_str()), (Some(0), expected), "{ended:?}");
    let (code, said) =
        piped(&directory, &["render", "-", "--body", "body.json"], "$input.path('$.pet.name')!");
    assert_eq!((code, said.as_str()), (Some(0), "Rex!"));
}

#[tokio::test]
async fn a_template_that_cannot_be_is_shown_at_its_place() {
    let directory = files(&[("t.vtl", "a\n  #if($x) b\n")]);
    let ended = run(&directory, &["render", "t.vtl"]).await;
    assert_eq!((ended.code, ended.said.as_str()), (Some(1), ""), "{ended:?}");
    assert!(
        ended.complained.starts_with("error: ") && ended.complained.contains(" --> t.vtl:3:1"),
        "{ended:?}"
    );
    let missing = run(&directory, &["render", "t.vtl", "--body", "none.json"]).await;
    assert_eq!(missing.code, Some(2));
    assert!(missing.complained.contains("`none.json` cannot be read: there is no such file"), "{missing:?}");
    let both = run(&directory, &["render", "-", "--body", "-"]).await;
    assert!(both.complained.contains("only one of template and body"), "{both:?}");
}

#[test]
fn lines_are_rendered_one_by_one_as_velocity_does() {
    let Some(folder) = vectors("vtl-pairs") else { return };
    let text = std::fs::read_to_string(folder.join("pairs.json")).unwrap();
    let pairs: Vec<Value> = serde_json::from_str(&text).unwrap();
    // As they are written: the order of members counts.
    let lines: Vec<Box<RawValue>> = serde_json::from_str(&text).unwrap();
    let input: String = lines.iter().map(|line| line.get().replace('\n', " ") + "\n").collect();
    let (code, said) = piped(&files(&[]), &["render", "--jsonl"], &input);
    assert_eq!(code, Some(0));
    let answers: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), pairs.len());
    let differs = |(number, (pair, answer)): (usize, (&Value, &Value))| {
        let is_same = match pair["error"].is_null() {
            true => answer["out"] == pair["expected"],
            false => answer["error"].is_string(),
        };
        (!is_same).then(|| format!("{number}: {answer} is not {}", pair["expected"]))
    };
    let different: Vec<String> = pairs.iter().zip(&answers).enumerate().filter_map(differs).collect();
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
}

/// A REST API with one HTTP proxy, `GET /pets/{id}`.
fn proxy(uri: &str, more: &str) -> String {
    format!(
        "openapi: 3.0.1\ninfo: {{ title: Pets, version: '1' }}\npaths:\n  /pets/{{id}}:\n    get:\n      \
         x-amazon-apigateway-integration: {{ type: http_proxy, httpMethod: GET, uri: '{uri}', requestParameters: {{ \
         integration.request.path.id: method.request.path.id }} {more} }}\n"
    )
}

#[tokio::test]
async fn a_definition_is_asked_and_each_step_told() {
    let backend = Backend::start(answers::echo).await;
    let directory = files(&[("openapi.yaml", &proxy(&backend.url("/p/{id}"), ""))]);
    let ended = run(&directory, &["invoke", "openapi.yaml", "GET", "/dev/pets/7?a=b", "--trace"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let uri = backend.url("/p/7?a=b");
    for line in [
        " : Starting execution for request: ",
        " : HTTP Method: GET, Resource Path: /pets/{id}",
        " : Method request path: {id=7}",
        &format!(" : Endpoint request URI: {uri}"),
        &format!(" : Sending request to {uri}"),
        " : Received response. Status: 200, Integration latency: ",
        " : Successfully completed execution",
        " : Method completed with status: 200",
    ] {
        assert!(ended.said.contains(line), "`{line}` is missing:\n{}", ended.said);
    }
    assert!(
        ended.said.contains("\nHTTP 200, ") && ended.said.contains(", route `GET /pets/{id}`\n"),
        "{ended:?}"
    );
    let below = run(&directory, &["invoke", ".", "GET", "/pets/7", "--stage", "dev", "--json"]).await;
    let report: Value = serde_json::from_str(&below.said).unwrap();
    assert_eq!((&report["status"], &report["log"]), (&json!(200), &json!([])), "{report}");
    assert_eq!(backend.requests().len(), 2);
}

#[tokio::test]
async fn a_running_gateway_is_asked_by_whoever_has_its_token() {
    let running = Running::of("openapi.yaml", &mocks(&["/a"])).await;
    let control = format!("http://{}", running.control);
    let asked = |arguments: &'static [&'static str]| {
        let arguments = [&["invoke", "Mocks", "GET", "/dev/a", "--control", &control], arguments].concat();
        let (directory, arguments) = (
            running.directory.path().to_owned(),
            arguments.iter().map(ToString::to_string).collect::<Vec<_>>(),
        );
        async move {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            run_in(&directory, &arguments, &[]).await
        }
    };
    let ended = asked(&["--trace"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.said.contains(" : Method completed with status: 200\n"), "{ended:?}");
    std::fs::write(running.directory.path().join("other.token"), "0000").unwrap();
    let refused = asked(&["--control-token", "other.token"]).await;
    assert_eq!((refused.code, refused.said.as_str()), (Some(2), ""), "{refused:?}");
    assert!(refused.complained.contains("refuses the question"), "{refused:?}");
}

#[tokio::test]
async fn a_request_that_cannot_be_made_is_said() {
    let directory =
        files(&[("openapi.yaml", &mocks(&["/a"])), ("broken.yaml", "openapi: 3.0.1\npaths: 7\n")]);
    for (arguments, code, said) in [
        (&["invoke", "openapi.yaml", "GET", "dev/a"][..], 2, "begins with `/`"),
        (&["invoke", "openapi.yaml", "GET", "/dev/a", "--api", "Other"], 2, "which API `Other` is"),
        (&["invoke", "openapi.yaml", "GET", "/dev/a", "--body", "none"], 2, "`none` cannot be read"),
        (
            &["invoke", "nowhere", "GET", "/dev/a", "--rest", "--vpc-link", "abc"],
            2,
            "which --vpc-link, --rest cannot",
        ),
        (&["invoke", "broken.yaml", "GET", "/dev/a"], 1, "broken.yaml:2:"),
    ] {
        let ended = run(&directory, arguments).await;
        assert_eq!((ended.code, ended.said.as_str()), (Some(code), ""), "{arguments:?}: {ended:?}");
        assert!(ended.complained.contains(said), "{arguments:?}: {ended:?}");
    }
}

#[tokio::test]
async fn a_path_without_a_stage_is_told_of_those_that_there_are() {
    let directory = files(&[("openapi.yaml", &mocks(&["/a"]))]);
    let ended = run(&directory, &["invoke", "openapi.yaml", "GET", "/a?b"]).await;
    let help = "help: a path begins with one of the API's stages, `dev`: write `/dev/a?b`, or `--stage dev`";
    assert!(ended.said.starts_with("HTTP 403") && ended.said.contains(help), "{ended:?}");
    let ended = run(&directory, &["invoke", "openapi.yaml", "GET", "/a", "--stage", "prod"]).await;
    assert!(
        ended.said.contains("help: the API's stages are `dev`: name one of them with `--stage`"),
        "{ended:?}"
    );
}

#[tokio::test]
async fn a_failure_is_told_with_what_is_wrong_with_its_route_and_nothing_else() {
    let uri = "http://127.0.0.1:9/";
    let directory = files(&[
        ("openapi.yaml", &proxy(uri, ", cacheNamespace: x, cacheKeyParameters: [method.request.path.id]")),
        ("dev.toml", "[variables]\na = 'b'\n"),
    ]);
    let ended = run(&directory, &["invoke", ".", "GET", "/dev/pets/7"]).await;
    assert!(ended.said.starts_with("HTTP 5"), "{ended:?}");
    assert!(
        ended.complained.contains("response caching") && ended.complained.contains("openapi.yaml:"),
        "{ended:?}"
    );
    for other in ["listens on", "ready after", "control.token", "execute-api"] {
        assert!(!ended.complained.contains(other), "{other}: {ended:?}");
    }
}

#[tokio::test]
async fn a_running_gateway_takes_the_largest_body_that_an_api_takes() {
    let running = Running::of("openapi.yaml", &mocks(&["/a"])).await;
    let control = format!("http://{}", running.control);
    let file = running.directory.path().join("large");
    std::fs::write(&file, vec![b'a'; 10 << 20]).unwrap();
    let arguments = [
        "invoke",
        "Mocks",
        "GET",
        "/dev/a",
        "--control",
        &control,
        "--body",
        "large",
        "-H",
        "Content-Type: application/json",
    ];
    let ended = run_in(running.directory.path(), &arguments, &[]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.said.starts_with("HTTP 200"), "{ended:?}");
    std::fs::write(&file, vec![b'a'; (10 << 20) + 1]).unwrap();
    let ended = run_in(running.directory.path(), &arguments, &[]).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
}

#[tokio::test]
async fn what_is_no_context_and_no_parameters_is_refused() {
    let directory = files(&[("t.vtl", "x"), ("list.json", "[]"), ("other.json", r#"{"query": {}}"#)]);
    for (arguments, said) in [
        (&["--context", "list.json"][..], "`$context` is an object"),
        (&["--params", "other.json"], "`query` is none of"),
        (&["--params", "list.json"], "is not as it should be"),
        (&["--stage-variables", "list.json"], "is not as it should be"),
    ] {
        let ended = run(&directory, &[&["render", "t.vtl"], arguments].concat()).await;
        assert_eq!((ended.code, ended.said.as_str()), (Some(2), ""), "{arguments:?}: {ended:?}");
        assert!(ended.complained.contains(said), "{arguments:?}: {ended:?}");
    }
    let (_, said) = piped(&directory, &["render", "--jsonl"], r#"{"template": "x", "context": 7}"#);
    assert!(said.contains("`$context` is an object"), "{said}");
}

#[tokio::test]
async fn a_local_aws_moves_neither_functions_nor_state() {
    let nobody = [("AWS_ENDPOINT_URL", "http://127.0.0.1:9")];
    let running = Running::with("openapi.yaml", &mocks(&["/a"]), &nobody).await;
    assert!(running.shown.contains("state in .gatelet/"), "{}", running.shown);
    assert!(!running.shown.contains("functions are called at"), "{}", running.shown);
}

#[tokio::test]
async fn a_vpc_link_leads_where_the_settings_say() {
    let backend = Backend::start(answers::echo).await;
    let link = ", connectionType: VPC_LINK, connectionId: abc123";
    let directory = files(&[("openapi.yaml", &proxy("http://nlb.invalid/p/{id}", link))]);
    let checked = run(&directory, &["check", "."]).await;
    let warning = "it is not known where the VPC link `abc123` leads: calls go to the hosts in the URIs";
    assert!(
        checked.said.contains(warning)
            && checked.said.contains("`[vpc_links]` in dev.toml")
            && checked.said.contains("openapi.yaml:6:"),
        "{checked:?}"
    );
    for links in ["other, abc123=127.0.0.1:1", "abc123"] {
        let checked = run_in(directory.path(), &["check", "."], &[("GATELET_VPC_LINKS", links)]).await;
        assert!(!checked.said.contains("VPC link"), "{checked:?}");
    }
    let at = format!("abc123={}", backend.address());
    let ended = run(&directory, &["invoke", ".", "GET", "/dev/pets/7", "--trace", "--vpc-link", &at]).await;
    let led = format!(" : The VPC link `abc123` leads to {}\n", backend.url("/p/7"));
    assert!(ended.said.contains("\nHTTP 200") && ended.said.contains(&led), "{ended:?}");
    let settings = format!("[vpc_links]\nabc123 = \"{}\"\n", backend.address());
    std::fs::write(directory.path().join("dev.toml"), settings).unwrap();
    let checked = run(&directory, &["check", "."]).await;
    assert!(!checked.said.contains("VPC link"), "{checked:?}");
    let ended = run(&directory, &["invoke", ".", "GET", "/dev/pets/8"]).await;
    assert!(ended.said.starts_with("HTTP 200"), "{ended:?}");
    let hosts: Vec<_> =
        backend.requests().iter().map(|seen| seen.header("host").unwrap().to_owned()).collect();
    assert_eq!(hosts, ["nlb.invalid", "nlb.invalid"]);
}

#[tokio::test]
async fn a_stage_shows_its_certificate_to_a_backend_of_any_issuer() {
    let made = rcgen::generate_simple_self_signed(Vec::<String>::new()).unwrap();
    let pem = |label: &str, bytes: &[u8]| {
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(bytes))
    };
    let tls = Tls::made(&["127.0.0.1"], &["http/1.1"], Some(made.cert.der().clone()), |_| {});
    let backend = Backend::start_tls(&tls, answers::echo).await;
    let template = format!(
        "Resources:
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Body:
        openapi: 3.0.1
        info: {{ title: Pets, version: '1' }}
        paths:
          /a:
            get:
              x-amazon-apigateway-integration:
                {{ type: http_proxy, httpMethod: GET, uri: '{}', tlsConfig: {{ insecureSkipVerification: true }} }}
  Deployment: {{ Type: AWS::ApiGateway::Deployment, Properties: {{ RestApiId: !Ref Api }} }}
  Stage:
    Type: AWS::ApiGateway::Stage
    Properties: {{ RestApiId: !Ref Api, DeploymentId: !Ref Deployment, StageName: dev, ClientCertificateId: a1b2c3 }}
",
        backend.url("/")
    );
    let directory = files(&[
        ("template.yaml", &template),
        ("client.pem", &pem("CERTIFICATE", made.cert.der())),
        ("client.key.pem", &pem("PRIVATE KEY", &made.signing_key.serialize_der())),
    ]);
    // The certificate that is made is not the one that this backend trusts.
    let own = run(&directory, &["invoke", ".", "GET", "/dev/a"]).await;
    assert!(own.said.starts_with("HTTP 504"), "{own:?}");
    let settings = "[client_certificates.a1b2c3]\ncertificate = \"client.pem\"\nkey = \"client.key.pem\"\n";
    std::fs::write(directory.path().join("dev.toml"), settings).unwrap();
    let named = run(&directory, &["invoke", ".", "GET", "/dev/a", "--trace"]).await;
    assert!(
        named.said.contains("\nHTTP 200, ") && named.said.contains("(insecureSkipVerification)"),
        "{named:?}"
    );
    std::fs::remove_file(directory.path().join("client.key.pem")).unwrap();
    let missing = run(&directory, &["invoke", ".", "GET", "/dev/a"]).await;
    assert!(missing.said.starts_with("HTTP 500") && missing.said.contains("client.key.pem"), "{missing:?}");
    assert_eq!(backend.requests().len(), 1);
}
