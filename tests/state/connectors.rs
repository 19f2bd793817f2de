//! Ways to the store that fail, hang, count or tell, as a test wants it.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use gatelet_aws::dynamodb::{
    Client, ClientSettings, DEFINITIONS_TABLE, DefinitionTable, SharedHttpClient, client,
};
use gatelet_core::ports::Clock;
use gatelet_local::store::Store;

use crate::fixture::{region, scope};

/// What the way to the store does.
#[derive(Default)]
pub(crate) struct Switches {
    /// Every call fails at once.
    pub(crate) fails: AtomicBool,
    /// No call ever comes back.
    pub(crate) hangs: AtomicBool,
    /// Each operation is printed before it is done.
    pub(crate) tells: AtomicBool,
    /// How the next calls are answered in the store's stead: with a status and a body.
    answers: Mutex<VecDeque<(u16, &'static str)>>,
    operations: Mutex<Vec<String>>,
    bodies: Mutex<Vec<String>>,
}

impl Switches {
    /// Answers the next calls in the store's stead.
    pub(crate) fn answer(&self, answers: impl IntoIterator<Item = (u16, &'static str)>) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).extend(answers);
    }

    /// The operations since this was last asked.
    pub(crate) fn operations(&self) -> Vec<String> {
        std::mem::take(&mut *self.operations.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What was asked for since this was last asked.
    pub(crate) fn bodies(&self) -> Vec<String> {
        std::mem::take(&mut *self.bodies.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[derive(Clone)]
struct Switched {
    inner: SharedHttpClient,
    switches: Arc<Switches>,
}

impl fmt::Debug for Switched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Switched")
    }
}

impl HttpClient for Switched {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(SwitchedConnector { inner, switches: Arc::clone(&self.switches) })
    }
}

struct SwitchedConnector {
    inner: SharedHttpConnector,
    switches: Arc<Switches>,
}

impl fmt::Debug for SwitchedConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SwitchedConnector")
    }
}

impl HttpConnector for SwitchedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        if self.switches.tells.load(Ordering::SeqCst) {
            println!("> {operation}");
        }
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        self.switches.bodies.lock().unwrap_or_else(PoisonError::into_inner).push(body);
        self.switches.operations.lock().unwrap_or_else(PoisonError::into_inner).push(operation);
        if self.switches.fails.load(Ordering::SeqCst) {
            let error = std::io::Error::new(std::io::ErrorKind::ConnectionRefused, "the store is down");
            return HttpConnectorFuture::ready(Err(ConnectorError::io(error.into())));
        }
        let answer = self.switches.answers.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        if let Some((status, body)) = answer {
            let mut response = HttpResponse::new(status.try_into().unwrap(), body.into());
            response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
            return HttpConnectorFuture::ready(Ok(response));
        }
        if self.switches.hangs.load(Ordering::SeqCst) {
            return HttpConnectorFuture::new(std::future::pending());
        }
        self.inner.call(request)
    }
}

/// A client of a store, through switches.
pub(crate) fn switched_client(store: &Store) -> (Client, Arc<Switches>) {
    let switches = Arc::new(Switches::default());
    let settings = store.client_settings(region());
    let inner = settings.http_client.clone();
    let http_client = SharedHttpClient::new(Switched { inner, switches: Arc::clone(&switches) });
    (client(ClientSettings { http_client, ..settings }), switches)
}

/// The table of definitions, reached through switches.
pub(crate) fn switched(store: &Store, clock: Arc<dyn Clock>) -> (DefinitionTable, Arc<Switches>) {
    let (client, switches) = switched_client(store);
    (DefinitionTable::new(client, DEFINITIONS_TABLE, scope(), clock), switches)
}
