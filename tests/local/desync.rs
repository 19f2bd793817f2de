//! Requests that two readers could understand differently, on raw sockets: AWS's own tests of its load balancers'
//! classification (<https://github.com/aws/http-desync-guardian>).

use std::path::{Path, PathBuf};

use gatelet_control::document::{Node, Source, parse};
use gatelet_core::refusal::Refusal;
use gatelet_tests::backend::{Backend, answers};

use crate::client::Client;
use crate::fixture::{Local, Only, patience};

/// Whom the front door lets in, and the gateway's one canonical path does not: control characters, however spelt.
const BAD_PATHS: [&str; 3] = ["%09 in URI is OK", "%0D in URI is OK", "%0A in URI is OK"];

struct Vector {
    name: String,
    tier: String,
    request: Vec<u8>,
    /// How much of the body was announced.
    body: Vec<u8>,
}

fn read(folder: &Path) -> Vec<Vector> {
    let mut files: Vec<PathBuf> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    files.iter().flat_map(|file| read_file(file)).collect()
}

fn read_file(file: &Path) -> Vec<Vector> {
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let text = std::fs::read_to_string(file).unwrap();
    let document =
        parse(&Source::new(name.as_str(), &text)).unwrap_or_else(|problems| panic!("{problems:?}"));
    document.as_sequence().unwrap().iter().map(|vector| read_vector(&name, vector)).collect()
}

fn read_vector(file: &str, vector: &Node) -> Vector {
    let text =
        |node: &Node, key: &str| node.get(key).and_then(Node::scalar_text).unwrap_or_default().to_owned();
    let (method, uri, version) = (text(vector, "method"), text(vector, "uri"), text(vector, "version"));
    let mut request = [bytes(&method), b" ".to_vec(), bytes(&uri)].concat();
    if !version.is_empty() {
        request.extend([b" ".to_vec(), bytes(&version)].concat());
    }
    request.extend_from_slice(b"\r\nHost: localhost\r\n");
    let mut body = Vec::new();
    for header in vector.get("headers").and_then(Node::as_sequence).unwrap_or_default() {
        let (name, value) = (text(header, "name"), text(header, "value"));
        request.extend([bytes(&name), b": ".to_vec(), bytes(&value), b"\r\n".to_vec()].concat());
        if name == "Content-Length" {
            body = vec![b'a'; value.trim().parse().unwrap_or_default()];
        } else if name == "Transfer-Encoding" {
            body = b"0\r\n\r\n".to_vec();
        }
    }
    request.extend_from_slice(b"\r\n");
    let tier = text(vector.get("expected").unwrap(), "tier");
    Vector { name: format!("{file}: {}", text(vector, "name")), tier, request, body }
}

/// Characters up to 255 stand for bytes; the others are meant as themselves.
fn bytes(text: &str) -> Vec<u8> {
    let mut buffer = [0; 4];
    text.chars()
        .flat_map(|character| match u8::try_from(u32::from(character)) {
            Ok(byte) => vec![byte],
            Err(_) => character.encode_utf8(&mut buffer).as_bytes().to_vec(),
        })
        .collect()
}

#[tokio::test]
async fn severe_and_ambiguous_requests_reach_no_backend_and_the_others_do() {
    let Some(folder) = gatelet_tests::vectors("http-desync-guardian") else { return };
    let backend = Backend::start(answers::fixed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")).await;
    let local = Local::start_with(Some(backend.address()), Only::Http, &[], patience()).await;
    let vectors = read(&folder);
    assert!(vectors.len() >= 159, "only {} vectors", vectors.len());
    let mut wrong = Vec::new();
    let mut forwarded = 0;
    for (seen, vector) in vectors.iter().enumerate() {
        // Every path of the vectors stands below a route that forwards everything.
        let request = below_a_route(&vector.request);
        let mut client = Client::connect(local.address).await;
        client.try_send([request.as_slice(), &vector.body].concat()).await;
        let answer = client.answer_to(if request.starts_with(b"HEAD ") { "HEAD" } else { "GET" }).await;
        let reached = backend.requests().len() - forwarded;
        forwarded += reached;
        let right = match vector.tier.as_str() {
            "Severe" | "Ambiguous" => {
                answer.status == 400 && reached == 0 && client.until_closed().await.is_empty()
            }
            _ if BAD_PATHS.iter().any(|name| vector.name.ends_with(name)) => {
                let last = local.records.until(seen + 1).await.pop().unwrap();
                answer.status == 400 && reached == 0 && matches!(last.refusal(), Some(Refusal::BadPath(_)))
            }
            _ => answer.status == 200 && reached == 1,
        };
        if !right {
            wrong.push(format!(
                "{} ({}): {} {}, {reached} forwarded",
                vector.name, vector.tier, answer.status, answer.body
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), vectors.len(), wrong.join("\n"));
    assert_eq!(local.records.until(vectors.len()).await.len(), vectors.len(), "each leaves one record");
}

/// The same request with its path below `/to/`.
fn below_a_route(request: &[u8]) -> Vec<u8> {
    let space = request.iter().position(|byte| *byte == b' ').unwrap();
    let (method, rest) = request.split_at(space + 1);
    [method, b"/to/x", rest].concat()
}

#[tokio::test]
async fn what_hides_behind_a_refused_request_is_never_read() {
    let backend = Backend::start(answers::echo).await;
    let local = Local::start(Some(backend.address())).await;
    let hidden = "GET /dev/to/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for head in [
        "POST /dev/to/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /dev/to/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n",
        "GET /dev/to/x HTTP/1.1\nHost: localhost\n\n",
        "POST /dev/to/x HTTP/1.1\r\nHost: localhost\r\nContent-Length : 5\r\n\r\n",
    ] {
        let mut client = Client::connect(local.address).await;
        client.try_send(format!("{head}{hidden}")).await;
        let answer = client.answer().await;
        assert_eq!((answer.status, answer.body.as_str()), (400, r#"{"message":"Bad Request"}"#), "{head}");
        assert_eq!(answer.header("connection"), Some("close"), "{head}");
        assert_eq!(client.until_closed().await, "", "{head}");
    }
    assert!(backend.requests().is_empty());
    assert_eq!(local.records.until(4).await.len(), 4);
}

#[tokio::test]
async fn chunks_that_are_none_break_off_before_the_backend_has_a_whole_request() {
    let backend = Backend::start(answers::echo).await;
    let local = Local::start(Some(backend.address())).await;
    for body in [
        "5\nhello\n0\n\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello 0\r\n\r\n",
        "5;\u{0}\r\nhello\r\n0\r\n\r\n",
    ] {
        let mut client = Client::connect(local.address).await;
        let head = "POST /dev/to/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
        client.try_send(format!("{head}{body}GET /dev/to/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n")).await;
        let came = client.until_closed().await;
        assert!(came.is_empty() || came.starts_with("HTTP/1.1 400 "), "{body:?}: {came}");
    }
    assert!(backend.requests().is_empty());
    assert_eq!(local.records.until(4).await.len(), 4);
}
