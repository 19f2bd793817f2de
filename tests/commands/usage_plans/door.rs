//! The control door's operations: for programs of whoever started it, not for other users of the machine, nor for pages.

use super::gateway::{Running, exchange};
use crate::fixture::run_in;

#[tokio::test]
async fn no_page_gets_at_the_operations() {
    let gateway = Running::shop().await;
    gateway.said(&["keys", "create", "--name", "hidden"]).await;
    let listed = r#"{"keys":{"filter":{},"after":null,"limit":null,"with_values":true}}"#;
    let own = gateway.control.to_string();
    let json = "application/json";
    let token = std::fs::read_to_string(gateway.directory.path().join(".gatelet/control.token")).unwrap();
    let proven = |value: &str| format!("X-Gatelet-Control-Token: {value}\r\nContent-Type: {json}\r\n");
    for (headers, status) in [
        (proven(token.trim()), 200),
        (format!("Content-Type: {json}\r\n"), 403),
        (proven(""), 403),
        (proven(&"0".repeat(64)), 403),
    ] {
        let (answered, said) = post(&gateway, &own, &headers, listed).await;
        assert_eq!(answered, status, "{headers}: {said}");
        assert_eq!(said.contains("hidden"), status == 200, "{headers}: {said}");
        assert_eq!(said.contains("`--control-token FILE`"), status == 403, "{headers}: {said}");
    }
    let token = format!("X-Gatelet-Control-Token: {}\r\n", token.trim());
    for (host, headers, body, status) in [
        (&*own, format!("Content-Type: {json}\r\n"), listed, 200),
        ("localhost:8081", format!("Content-Type: {json}\r\n"), listed, 200),
        ("rebound.example:8081", format!("Content-Type: {json}\r\n"), listed, 403),
        (&own, String::new(), listed, 403),
        (&own, "Content-Type: text/plain\r\n".to_owned(), listed, 403),
        (&own, format!("Content-Type: text/plain; {json}\r\n"), listed, 403),
        (&own, format!("Content-Type: {json}\r\nContent-Type: text/plain\r\n"), listed, 400),
        (&own, format!("Content-Type: {json}\r\nOrigin: http://{own}\r\n"), listed, 403),
        (&own, format!("Content-Type: {json}\r\nOrigin: null\r\n"), listed, 403),
        (&own, format!("Content-Type: {json}\r\nSec-Fetch-Site: same-origin\r\n"), listed, 403),
        (&own, format!("Content-Type: {json}\r\n"), r#"{"keys":"a-secret"}"#, 400),
        (&own, format!("Content-Type: {json}\r\n"), r#"{"key":{"id":"nope","with_value":true}}"#, 404),
    ] {
        let (answered, said) = post(&gateway, host, &format!("{token}{headers}"), body).await;
        assert_eq!(answered, status, "{host} {headers} {body}: {said}");
        assert_eq!(said.contains("hidden"), status == 200, "{host} {headers} {body}: {said}");
        assert!(!said.contains("a-secret"), "{said}");
    }
    let request = format!("GET /_gatelet/operations HTTP/1.1\r\nHost: {own}\r\nConnection: close\r\n\r\n");
    assert_eq!(exchange(gateway.control, &request).await.0, 405);
    // The data plane knows nothing of it.
    let request = format!(
        "POST /_gatelet/operations HTTP/1.1\r\nHost: localhost\r\n{token}Content-Type: {json}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{listed}",
        listed.len()
    );
    let (status, said) = exchange(gateway.address, &request).await;
    assert!(status >= 400 && !said.contains("hidden"), "{status}: {said}");
}

/// Asks the control door for an operation.
async fn post(gateway: &Running, host: &str, headers: &str, body: &str) -> (u16, String) {
    let request = format!(
        "POST /_gatelet/operations HTTP/1.1\r\nHost: {host}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    exchange(gateway.control, &request).await
}

#[tokio::test]
async fn commands_find_the_token_or_are_told_of_it() {
    let gateway = Running::shop().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let control = format!("http://{}", gateway.control);
    let list = ["keys", "list", "--control", &control];
    let refused = run_in(elsewhere.path(), &list, &[]).await;
    assert_eq!((refused.code, refused.said.as_str()), (Some(2), ""), "{refused:?}");
    assert!(refused.complained.contains("name the file with `--control-token FILE`"), "{refused:?}");
    let file = gateway.directory.path().join(".gatelet/control.token");
    let file = file.to_str().unwrap();
    let named = run_in(elsewhere.path(), &[&list[..], &["--control-token", file]].concat(), &[]).await;
    assert_eq!(named.code, Some(0), "{named:?}");
    let named = run_in(elsewhere.path(), &list, &[("GATELET_CONTROL_TOKEN", file)]).await;
    assert_eq!(named.code, Some(0), "{named:?}");
    let wrong = run_in(elsewhere.path(), &list, &[("GATELET_CONTROL_TOKEN", "missing")]).await;
    assert!(wrong.complained.contains("the token in `missing` cannot be used"), "{wrong:?}");
}
