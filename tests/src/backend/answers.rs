//! The usual scripts.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Connection, Received};

/// A script on its way.
pub type Running = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

/// A script that remembers something.
pub type Script = Box<dyn Fn(Connection) -> Running + Send + Sync>;

/// Answers every request with what it was, as JSON, and keeps the connection.
pub fn echo(mut connection: Connection) -> Running {
    Box::pin(async move {
        while let Some(request) = connection.request().await? {
            let body = echoed(&request).to_string();
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            let body = if request.method == "HEAD" { String::new() } else { body };
            connection.send(head + &body).await?;
        }
        Ok(())
    })
}

/// Answers every request with the same bytes, and keeps the connection.
pub fn fixed(answer: impl AsRef<[u8]>) -> Script {
    let answer = answer.as_ref().to_vec();
    Box::new(move |mut connection| {
        let answer = answer.clone();
        Box::pin(async move {
            while connection.request().await?.is_some() {
                connection.send(&answer).await?;
            }
            Ok(())
        })
    })
}

/// Answers the first request of each connection with some bytes, and closes it.
pub fn once(answer: impl AsRef<[u8]>) -> Script {
    let answer = answer.as_ref().to_vec();
    Box::new(move |mut connection| {
        let answer = answer.clone();
        Box::pin(async move {
            connection.request().await?;
            connection.send(&answer).await
        })
    })
}

/// Reads and never says anything.
pub fn silence(mut connection: Connection) -> Running {
    Box::pin(async move {
        connection.until_closed().await;
        Ok(())
    })
}

/// Answers every request byte by byte, with a pause before each.
pub fn drip(answer: impl AsRef<[u8]>, pause: Duration) -> Script {
    let answer = answer.as_ref().to_vec();
    Box::new(move |mut connection| {
        let answer = answer.clone();
        Box::pin(async move {
            while connection.request().await?.is_some() {
                for byte in &answer {
                    tokio::time::sleep(pause).await;
                    connection.send([*byte]).await?;
                }
            }
            Ok(())
        })
    })
}

/// What [`echo`] says about a request.
pub fn echoed(request: &Received) -> Value {
    json!({
        "version": request.version,
        "method": request.method,
        "target": request.target,
        "headers": request.headers,
        "body": String::from_utf8_lossy(&request.body),
    })
}
