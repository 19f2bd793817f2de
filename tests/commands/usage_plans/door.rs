//! The control door's operations: for programs of this machine, not for pages.

use super::gateway::{Running, exchange};

#[tokio::test]
async fn no_page_gets_at_the_operations() {
    let gateway = Running::shop().await;
    gateway.said(&["keys", "create", "--name", "hidden"]).await;
    let listed = r#"{"keys":{"filter":{},"after":null,"limit":null,"with_values":true}}"#;
    let own = gateway.control.to_string();
    let json = "application/json";
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
        let request = format!(
            "POST /_gatelet/operations HTTP/1.1\r\nHost: {host}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        let (answered, said) = exchange(gateway.control, &request).await;
        assert_eq!(answered, status, "{request}: {said}");
        assert_eq!(said.contains("hidden"), status == 200, "{request}: {said}");
        assert!(!said.contains("a-secret"), "{said}");
    }
    let request = format!("GET /_gatelet/operations HTTP/1.1\r\nHost: {own}\r\nConnection: close\r\n\r\n");
    assert_eq!(exchange(gateway.control, &request).await.0, 405);
    // The data plane knows nothing of it.
    let request = format!(
        "POST /_gatelet/operations HTTP/1.1\r\nHost: localhost\r\nContent-Type: {json}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{listed}",
        listed.len()
    );
    let (status, said) = exchange(gateway.address, &request).await;
    assert!(status >= 400 && !said.contains("hidden"), "{status}: {said}");
}
