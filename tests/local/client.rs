//! A client that writes bytes and reads answers: nothing between a test and the wire.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::soon;

/// A connection to the gateway.
pub(crate) struct Client {
    stream: TcpStream,
    taken: Vec<u8>,
}

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self { stream: soon(TcpStream::connect(address)).await.unwrap(), taken: Vec::new() }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        soon(self.stream.write_all(bytes.as_ref())).await.unwrap();
    }

    /// Sends what the server may refuse to take.
    pub(crate) async fn try_send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = soon(self.stream.write_all(bytes.as_ref())).await;
    }

    /// Reads until a text has come, and returns all up to its end.
    pub(crate) async fn until(&mut self, text: &str) -> String {
        loop {
            if let Some(at) = find(&self.taken, text.as_bytes()) {
                let rest = self.taken.split_off(at + text.len());
                let taken = std::mem::replace(&mut self.taken, rest);
                return String::from_utf8_lossy(&taken).into_owned();
            }
            assert!(
                self.read().await > 0,
                "`{text}` does not come, but {:?}",
                String::from_utf8_lossy(&self.taken)
            );
        }
    }

    /// Reads an answer with a length.
    pub(crate) async fn answer(&mut self) -> Answer {
        self.answer_to("GET").await
    }

    /// Reads the answer to a request of a method.
    pub(crate) async fn answer_to(&mut self, method: &str) -> Answer {
        let head = self.until("\r\n\r\n").await;
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut answer = Answer { status, head, body: String::new() };
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        if method != "HEAD" {
            while self.taken.len() < length {
                assert!(self.read().await > 0, "the answer's body ends too early");
            }
            let rest = self.taken.split_off(length);
            answer.body = String::from_utf8(std::mem::replace(&mut self.taken, rest)).unwrap();
        }
        answer
    }

    /// Reads until the server closes, and returns what came.
    pub(crate) async fn until_closed(&mut self) -> String {
        while self.read().await > 0 {}
        String::from_utf8_lossy(&std::mem::take(&mut self.taken)).into_owned()
    }

    async fn read(&mut self) -> usize {
        let mut piece = [0; 64 * 1024];
        match soon(self.stream.read(&mut piece)).await {
            Ok(length) => {
                self.taken.extend_from_slice(&piece[..length]);
                length
            }
            // A server that has closed may answer what was still sent with a reset.
            Err(_) => 0,
        }
    }
}

/// Asks for a path on a connection of its own.
pub(crate) async fn get(address: SocketAddr, path: &str) -> Answer {
    request(address, "GET", path, "localhost", "").await
}

/// Makes a request on a connection of its own. `headers` are whole lines.
pub(crate) async fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    host: &str,
    headers: &str,
) -> Answer {
    let mut client = Client::connect(address).await;
    client.send(format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n")).await;
    client.answer_to(method).await
}

fn find(bytes: &[u8], text: &[u8]) -> Option<usize> {
    bytes.windows(text.len()).position(|window| window == text)
}
