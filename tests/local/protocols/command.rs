//! `gatelet dev --https-listen`.

use std::net::SocketAddr;
use std::process::Command as Process;

use super::authority::{Authority, Files, ask, client, get};
use crate::client::request;
use crate::command::{Dev, command};

/// A REST API at two domains, of which one asks for certificates.
const TEMPLATE: &str = "Resources:
  Rest:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Name: Rest
      Body:
        openapi: 3.0.1
        info: { title: Rest, version: '1' }
        paths:
          /a:
            get:
              x-amazon-apigateway-integration:
                type: mock
                requestTemplates: { application/json: '{\"statusCode\": 200}' }
                responses: { default: { statusCode: '200' } }
  Deployment: { Type: AWS::ApiGateway::Deployment, Properties: { RestApiId: !Ref Rest } }
  Stage:
    Type: AWS::ApiGateway::Stage
    Properties: { RestApiId: !Ref Rest, DeploymentId: !Ref Deployment, StageName: live }
  Open: { Type: AWS::ApiGateway::DomainName, Properties: { DomainName: open.example.com } }
  OpenMapping:
    Type: AWS::ApiGateway::BasePathMapping
    Properties: { DomainName: !Ref Open, RestApiId: !Ref Rest, Stage: live }
  Trusted:
    Type: AWS::ApiGateway::DomainName
    Properties:
      DomainName: trusted.example.com
      MutualTlsAuthentication: { TruststoreUri: s3://bucket/key }
  TrustedMapping:
    Type: AWS::ApiGateway::BasePathMapping
    Properties: { DomainName: !Ref Trusted, RestApiId: !Ref Rest, Stage: live }
";

/// Where HTTPS is spoken, as was shown.
fn https_address(dev: &Dev) -> SocketAddr {
    let line = dev.shown.iter().find(|line| line.contains("https://127.0.0.1:")).unwrap();
    let (_, after) = line.split_once("https://").unwrap();
    after.split([' ', ',']).next().unwrap().parse().unwrap()
}

fn at(host: &str) -> String {
    get("/a", "").replace("Host: localhost", &format!("Host: {host}"))
}

#[tokio::test]
async fn a_domain_that_asks_for_certificates_answers_those_who_show_one() {
    let (files, root) = (Files::new(), Authority::root("Root"));
    files.write("template.yaml", TEMPLATE);
    files.truststore(&[&root]);
    let arguments = "template.yaml --state memory --https-listen 127.0.0.1:0 --tls-certificate server.pem --tls-key \
                     server-key.pem --tls-truststore truststore.pem";
    let arguments: Vec<&str> = arguments.split_whitespace().collect();
    let dev = Dev::start(files.directory.path(), &arguments).await;
    let shown = root.sign(&client());
    let https = https_address(&dev);
    for host in ["trusted.example.com", "open.example.com"] {
        let answer = ask(https, &files.client(Some(&shown), &[]), &at(host)).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{host}: {answer}");
    }
    assert!(ask(https, &files.client(None, &[]), &at("trusted.example.com")).await.is_err());
    // In the clear nobody can show one.
    assert_eq!(request(dev.address, "GET", "/a", "open.example.com", "").await.status, 200);
    assert_eq!(request(dev.address, "GET", "/a", "trusted.example.com", "").await.status, 403);
    let line = dev.shown.iter().find(|line| line.contains("`trusted.example.com`: curl")).unwrap();
    assert!(line.contains("--cert CERTIFICATE"), "{line}");
}

#[tokio::test]
async fn without_a_trust_store_it_is_left_out_which_is_told() {
    let files = Files::new();
    files.write("template.yaml", TEMPLATE);
    let arguments = ["template.yaml", "--state", "memory", "--https-listen", "127.0.0.1:0"];
    let dev = Dev::start(files.directory.path(), &arguments).await;
    let line =
        dev.shown.iter().find(|line| line.contains("`trusted.example.com` refuses everybody")).unwrap();
    assert!(line.contains("--tls-truststore"), "{line}");
    assert_eq!(request(dev.address, "GET", "/a", "trusted.example.com", "").await.status, 403);
    let https = https_address(&dev);
    if Process::new("curl").arg("--version").output().is_err() {
        eprintln!("skipped: curl is not on the PATH");
        return;
    }
    // The certificate is made for the domains, too.
    let url = format!("https://open.example.com:{}/a", https.port());
    let resolve = format!("open.example.com:{}:127.0.0.1", https.port());
    let asked = Process::new("curl")
        .args(["-sSk", "--max-time", "20", "-o", "/dev/null", "-w", "%{http_code} %{http_version}"])
        .args(["--resolve", &resolve, &url])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&asked.stdout).into_owned();
    assert!(said.starts_with("200 "), "{said} {}", String::from_utf8_lossy(&asked.stderr));
}

#[test]
fn options_that_are_of_no_use_alone_are_refused() {
    let files = Files::new();
    for arguments in [
        &["--tls-truststore", "t.pem"][..],
        &["--https-listen", ":0", "--tls-certificate", "server.pem"],
        &["--https-listen", ":0", "--tls-key", "server-key.pem"],
        &["--https-listen", ":0", "--tls-revocation-list", "r.pem"],
    ] {
        let ended = command(files.directory.path()).arg("dev").args(arguments).output().unwrap();
        assert_eq!(ended.status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8_lossy(&ended.stderr).contains("--"), "{arguments:?}");
    }
    let missing =
        ["dev", "--state", "memory", "--https-listen", ":0", "--listen", ":0", "--control-listen", ":0"];
    let ended = command(files.directory.path())
        .args(missing)
        .args(["--tls-truststore", "nothing.pem"])
        .output()
        .unwrap();
    assert!(!ended.status.success());
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(said.contains("`nothing.pem` cannot be read"), "{said}");
}
