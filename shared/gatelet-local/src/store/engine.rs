//! The embedded DynamoDB as a connector of the SDK: requests are answered in the process, and no socket is opened.

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::StoreError;
use super::directory::Directory;

/// What names the operation, after the protocol
/// (<https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html>).
const TARGET: &str = "x-amz-target";
const TARGET_PREFIX: &str = "DynamoDB_20120810.";
const CONTENT_TYPE: &str = "application/x-amz-json-1.0";

/// The engine. Clones share it, and the last one closes it and gives the directory free.
#[derive(Clone)]
pub(super) struct Engine(Arc<Opened>);

struct Opened {
    database: Database,
    /// Given up after the database is closed: fields are dropped in this order.
    _directory: Option<Directory>,
}

impl Engine {
    /// State that dies with the process.
    pub(super) fn in_memory() -> Result<Self, StoreError> {
        let database = Database::memory().map_err(|error| StoreError::Engine(error.to_string()))?;
        Ok(Self(Arc::new(Opened { database, _directory: None })))
    }

    /// State in a directory.
    pub(super) fn in_directory(directory: Directory) -> Result<Self, StoreError> {
        let path = directory.database();
        let damaged = |why: String| StoreError::Damaged { path: path.clone(), why };
        let name = path.to_str().ok_or_else(|| damaged("its path is not UTF-8".to_owned()))?;
        let database = Database::new(name).map_err(|error| damaged(error.to_string()))?;
        Ok(Self(Arc::new(Opened { database, _directory: Some(directory) })))
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Engine")
    }
}

impl HttpClient for Engine {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Engine {
    /// The engine works on files and waits for the disk, so a thread of its own does it.
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let engine = self.clone();
        HttpConnectorFuture::new(async move {
            tokio::task::spawn_blocking(move || engine.respond(&request))
                .await
                .map_err(|error| ConnectorError::other(error.into(), None))?
        })
    }
}

impl Engine {
    fn respond(&self, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let operation = request.headers().get(TARGET).and_then(|target| target.strip_prefix(TARGET_PREFIX));
        let body = request.body().bytes();
        let (Some(operation), Some(body)) = (operation, body) else {
            return Err(ConnectorError::user("the embedded store takes DynamoDB's requests alone".into()));
        };
        let (status, answer) = match answer(&self.0.database, operation, body) {
            Ok(answer) => (200, answer),
            Err(error) => (error.status_code(), error.to_json()),
        };
        let status = status.try_into().map_err(|error| ConnectorError::other(Box::new(error), None))?;
        let mut response = HttpResponse::new(status, SdkBody::from(answer));
        response.headers_mut().insert("content-type", CONTENT_TYPE);
        Ok(response)
    }
}

/// Every operation that Gatelet asks DynamoDB for, now or by its other tables.
fn answer(database: &Database, operation: &str, body: &[u8]) -> dynoxide::Result<String> {
    match operation {
        "BatchGetItem" => run(body, |request| database.batch_get_item(request)),
        "BatchWriteItem" => run(body, |request| database.batch_write_item(request)),
        "CreateTable" => run(body, |request| database.create_table(request)),
        "DeleteItem" => run(body, |request| database.delete_item(request)),
        "DescribeTable" => run(body, |request| database.describe_table(request)),
        "DescribeTimeToLive" => run(body, |request| database.describe_time_to_live(request)),
        "GetItem" => run(body, |request| database.get_item(request)),
        "PutItem" => run(body, |request| database.put_item(request)),
        "Query" => run(body, |request| database.query(request)),
        "Scan" => run(body, |request| database.scan(request)),
        "TransactGetItems" => run(body, |request| database.transact_get_items(request)),
        "TransactWriteItems" => run(body, |request| database.transact_write_items(request)),
        "UpdateItem" => run(body, |request| database.update_item(request)),
        "UpdateTimeToLive" => run(body, |request| database.update_time_to_live(request)),
        _ => Err(DynoxideError::UnsupportedCapability(operation.to_owned())),
    }
}

fn run<Q: DeserializeOwned, A: Serialize>(
    body: &[u8],
    operation: impl FnOnce(Q) -> dynoxide::Result<A>,
) -> dynoxide::Result<String> {
    let request = serde_json::from_slice(body)
        .map_err(|error| DynoxideError::SerializationException(error.to_string()))?;
    let answer = operation(request)?;
    serde_json::to_string(&answer).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}
