//! Identity providers over HTTPS.
//!
//! A URL that a token or a discovery document brought up is a stranger's: `https` alone, at an address that a backend may have.
//! A URL that the operator gave may be plain and on loopback or a private network. Nobody's redirects are followed.

mod identity;
mod settings;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use gatelet_core::payload::{Body, Response};
use gatelet_core::ports::{BackendCall, BackendError, Backends, IdentityProviders, PortError};
use http::header::{ACCEPT, CONNECTION, CONTENT_LENGTH, EXPECT, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri};
use http_body_util::BodyExt;

use crate::backends::{BackendSettings, HttpBackends};

pub use settings::ProviderSettings;

const DOCUMENT: &str = "the document";
const TOKEN_SERVICE: &str = "AWS's token service";

/// The longest answer of AWS's Security Token Service that is taken in, in bytes; real ones have some hundred.
const IDENTITY_BYTES_MAX: usize = 64 * 1024;

/// What belongs to a connection, which is this gateway's own.
const CONNECTION_HEADERS: [http::HeaderName; 7] =
    [CONNECTION, CONTENT_LENGTH, EXPECT, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];

/// Identity providers over HTTPS. Nothing is connected, and no client made, before somebody is asked.
pub struct HttpIdentityProviders {
    settings: ProviderSettings,
    /// For URLs of strangers.
    strangers: Client,
    /// For URLs of the operator's, and AWS's own.
    operators: Client,
}

/// A client that is made for its first call.
#[derive(Default)]
struct Client(OnceLock<Result<HttpBackends, String>>);

impl HttpIdentityProviders {
    /// Providers as the operator wants them reached.
    #[must_use]
    pub fn new(settings: ProviderSettings) -> Self {
        Self { settings, strangers: Client::default(), operators: Client::default() }
    }

    /// Uses none of the connections made before for calls from now on: whoever was frozen cannot know which still live.
    pub fn forget_connections(&self) {
        for client in [&self.strangers, &self.operators] {
            if let Some(Ok(client)) = client.0.get() {
                client.forget_connections();
            }
        }
    }

    fn is_operators(&self, url: &str) -> bool {
        self.settings.key_set_urls.values().any(|given| given == url)
    }

    async fn read_document(
        &self,
        url: &str,
        bytes_max: usize,
        timeout: Duration,
    ) -> Result<Bytes, PortError> {
        let unavailable = |why: String| PortError::Unavailable { what: DOCUMENT, why };
        let uri: Uri = url.parse().map_err(|error| unavailable(format!("`{url}` is not a URL: {error}")))?;
        let is_operators = self.is_operators(url);
        if !is_operators && uri.scheme_str() != Some("https") {
            return Err(unavailable(format!("`{url}` does not begin with `https://`")));
        }
        let (client, settings) = match is_operators {
            true => (&self.operators, &self.settings.operators),
            false => (&self.strangers, &self.settings.strangers),
        };
        let mut request = Request::new(Body::Empty);
        *request.uri_mut() = uri;
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        let answer = client.send(DOCUMENT, settings, request, timeout).await?;
        match answer.status() {
            StatusCode::OK => whole(DOCUMENT, answer, bytes_max).await,
            status if status.is_redirection() => {
                Err(unavailable(format!("`{url}` answered {status}, and redirects are not followed")))
            }
            status => Err(unavailable(format!("`{url}` answered {status}"))),
        }
    }

    async fn ask_token_service(
        &self,
        query: &str,
        headers: &HeaderMap,
        timeout: Duration,
    ) -> Result<Result<Bytes, StatusCode>, PortError> {
        let endpoint = self.settings.token_service.to_string();
        let Ok(uri) = format!("{}/?{query}", endpoint.trim_end_matches('/')).parse::<Uri>() else {
            // Neither would AWS take what no URL can say.
            return Ok(Err(StatusCode::BAD_REQUEST));
        };
        let mut request = Request::new(Body::Empty);
        *request.uri_mut() = uri;
        *request.headers_mut() = headers.clone();
        for name in CONNECTION_HEADERS {
            request.headers_mut().remove(name);
        }
        request.headers_mut().entry(ACCEPT).or_insert(HeaderValue::from_static("application/json"));
        let answer = self.operators.send(TOKEN_SERVICE, &self.settings.operators, request, timeout).await?;
        match answer.status() {
            StatusCode::OK => {
                let answer = whole(TOKEN_SERVICE, answer, IDENTITY_BYTES_MAX).await?;
                Ok(Ok(identity::in_json(answer)))
            }
            status => Ok(Err(status)),
        }
    }
}

impl Client {
    async fn send(
        &self,
        what: &'static str,
        settings: &BackendSettings,
        request: Request<Body>,
        timeout: Duration,
    ) -> Result<Response, PortError> {
        let made = || HttpBackends::new(settings.clone()).map_err(|error| error.to_string());
        let client = match self.0.get_or_init(made) {
            Ok(client) => client,
            Err(why) => return Err(PortError::Unavailable { what, why: why.clone() }),
        };
        client.call(BackendCall { request, timeout, way: Arc::default() }).await.map_err(
            |error| match error {
                BackendError::Timeout(_) => PortError::Timeout { what },
                error => PortError::Unavailable { what, why: error.to_string() },
            },
        )
    }
}

/// The body of an answer, of which no more is read than may be there.
async fn whole(what: &'static str, answer: Response, bytes_max: usize) -> Result<Bytes, PortError> {
    let too_large = || PortError::Unreadable { what, why: format!("it has more than {bytes_max} bytes") };
    let mut body = answer.into_body();
    if body.exact_length().is_some_and(|length| length > bytes_max as u64) {
        return Err(too_large());
    }
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| PortError::Unavailable { what, why: error.to_string() })?;
        let Ok(bytes) = frame.into_data() else { continue };
        if read.len() + bytes.len() > bytes_max {
            return Err(too_large());
        }
        read.extend_from_slice(&bytes);
    }
    Ok(read.freeze())
}

/// Ends what takes longer than it may, whatever it is doing.
async fn within<T>(
    what: &'static str,
    timeout: Duration,
    asking: impl Future<Output = Result<T, PortError>>,
) -> Result<T, PortError> {
    tokio::time::timeout(timeout, asking).await.map_err(|_| PortError::Timeout { what })?
}

impl IdentityProviders for HttpIdentityProviders {
    fn key_set_url(&self, issuer: &str) -> Option<&str> {
        self.settings.key_set_urls.get(issuer).map(String::as_str)
    }

    async fn document(&self, url: &str, bytes_max: usize, timeout: Duration) -> Result<Bytes, PortError> {
        within(DOCUMENT, timeout, self.read_document(url, bytes_max, timeout)).await
    }

    async fn caller_identity(
        &self,
        query: &str,
        headers: &HeaderMap,
        timeout: Duration,
    ) -> Result<Result<Bytes, StatusCode>, PortError> {
        within(TOKEN_SERVICE, timeout, self.ask_token_service(query, headers, timeout)).await
    }
}

impl std::fmt::Debug for HttpIdentityProviders {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("HttpIdentityProviders")
            .field("key_set_urls", &self.settings.key_set_urls)
            .finish_non_exhaustive()
    }
}
