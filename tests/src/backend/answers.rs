//! The usual scripts.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::{Connection, PATIENCE, Received};

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

/// What Lambda's Runtime API puts before an event for the router, by its number
/// (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-next>).
///
/// # Panics
/// Where the machine's clock shows a time before 1970.
#[must_use]
pub fn invocation_head(number: usize) -> String {
    let soon = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + PATIENCE;
    format!(
        "Lambda-Runtime-Aws-Request-Id: 00000000-0000-4000-8000-{number:012}\r\nLambda-Runtime-Deadline-Ms: {}\r\n\
         Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:router\r\n",
        soon.as_millis()
    )
}
