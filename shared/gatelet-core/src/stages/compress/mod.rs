//! Compression of REST APIs: requests out of it before anything reads their bodies, answers into it when all else is done
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gzip-compression-decompression.html>).
//!
//! A whole body is coded in one go, where the request is served: 10 MB take gzip some 60 milliseconds.

use bytes::{Bytes, BytesMut};
use gatelet_model::rest::RestApi;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, ETAG};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use http_body_util::BodyExt as _;

use crate::payload::coding::{self, Coding, DecodeError, Offer};
use crate::payload::{Body, BodyError, PAYLOAD_BYTES_MAX, Request, Response, headers};
use crate::ports::BackendError;
use crate::refusal::Refusal;

/// Which answers of an API are compressed, and how.
#[derive(Debug)]
pub struct Compression {
    minimum_bytes: usize,
    offer: Offer,
}

/// What a client wants of its answer.
#[derive(Debug)]
pub struct Wanted<'a> {
    compression: &'a Compression,
    coding: Option<Coding>,
}

impl Compression {
    /// What an API says of it; nothing where its answers are not compressed.
    #[must_use]
    pub fn compile(api: &RestApi) -> Option<Self> {
        let minimum_bytes = usize::try_from(api.minimum_compression_bytes?).ok()?;
        let own = api.own_codings().filter_map(Coding::of);
        Some(Self { minimum_bytes, offer: Offer::new(own.collect()) })
    }

    /// What a client wants of its answer; nothing where that has no body.
    #[must_use]
    pub fn wanted(&self, request: &Request) -> Option<Wanted<'_>> {
        let has_body = request.method() != Method::HEAD;
        has_body.then(|| Wanted { compression: self, coding: self.offer.choose(request.headers()) })
    }
}

/// Takes a request's body out of its coding, on every API
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-make-request-with-compressed-payload.html>).
///
/// Nobody behind sees the coding's name: recorded functions did, with a body that was decoded, and were misled by it.
///
/// # Errors
/// [`Refusal::UnsupportedMediaType`] for another coding and for a body that is not in it, [`Refusal::RequestTooLarge`] for what is
/// too long, and what is heard of a client's body that does not come.
pub async fn decompress(mut request: Request) -> Result<Request, Refusal> {
    let Some(coding) = headers::joined_values(request.headers(), CONTENT_ENCODING.as_str()) else {
        return Ok(request);
    };
    request.headers_mut().remove(CONTENT_ENCODING);
    if request.body().exact_length() == Some(0) {
        return Ok(request);
    }
    let coding = match coding.trim() {
        name if name.eq_ignore_ascii_case("identity") => return Ok(request),
        name if name.eq_ignore_ascii_case("gzip") => Coding::Gzip,
        name if name.eq_ignore_ascii_case("deflate") => Coding::Deflate,
        _ => return Err(Refusal::UnsupportedMediaType),
    };
    // The limit holds in the coding and out of it: a small bomb becomes no large body.
    let coded = std::mem::take(request.body_mut()).collect_up_to(PAYLOAD_BYTES_MAX).await;
    let coded = coded.map_err(|error| Refusal::Integration(BackendError::RequestBody(error)))?;
    // ASSUMPTION: AWS's page on enabling it says that bodies below the minimum size are not decompressed either. No template or
    // backend could read them then, so here size does not matter.
    let decoded = match coding::decode(&coded, coding, PAYLOAD_BYTES_MAX) {
        Ok(decoded) => decoded,
        Err(DecodeError::Broken) => return Err(Refusal::UnsupportedMediaType),
        Err(DecodeError::TooLong { .. }) => return Err(Refusal::RequestTooLarge),
    };
    request.headers_mut().remove(CONTENT_LENGTH);
    *request.body_mut() = decoded.into();
    Ok(request)
}

/// Puts an answer into the coding that its client prefers, where it is long enough and in none yet
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-receive-response-with-compressed-payload.html>).
///
/// # Errors
/// [`Refusal::Integration`] where the backend breaks off before it is known whether the answer is long enough.
pub async fn compress(wanted: Option<Wanted<'_>>, mut response: Response) -> Result<Response, Refusal> {
    let Some(Wanted { compression, coding }) = wanted else { return Ok(response) };
    if !may_be_coded(&response) {
        return Ok(response);
    }
    // ASSUMPTION: AWS says nothing to caches, and neither is it said here, unless codings are ours.
    if compression.offer.has_own() {
        headers::add_to_vary(response.headers_mut(), HeaderValue::from_static("Accept-Encoding"));
    }
    let Some(coding) = coding else { return Ok(response) };
    let minimum = compression.minimum_bytes.max(1);
    let body = match std::mem::take(response.body_mut()) {
        body if body.exact_length().is_some_and(|length| length < minimum as u64) => Uncoded(body),
        Body::Empty => Uncoded(Body::Empty),
        Body::Bytes(bytes) => whole(&bytes, coding)?,
        mut stream @ Body::Stream(_) => {
            let ahead = read_ahead(&mut stream, minimum).await;
            match ahead.map_err(|error| Refusal::Integration(BackendError::BadAnswer(error.to_string())))? {
                Ahead::Whole(bytes) if bytes.len() < minimum => Uncoded(bytes.into()),
                Ahead::Whole(bytes) => whole(&bytes, coding)?,
                Ahead::Beginning(bytes) => {
                    let coded = coding::encode_stream(&bytes, stream, coding);
                    Coded(coded.map_err(|_| Refusal::Internal)?)
                }
            }
        }
    };
    *response.body_mut() = match body {
        Uncoded(body) => body,
        Coded(body) => {
            mark(response.headers_mut(), coding);
            body
        }
    };
    Ok(response)
}

/// A body of an answer.
enum Outcome {
    Uncoded(Body),
    Coded(Body),
}
use Outcome::{Coded, Uncoded};

fn whole(bytes: &Bytes, coding: Coding) -> Result<Outcome, Refusal> {
    let coded = coding::encode(bytes, coding).map_err(|_| Refusal::Internal)?;
    Ok(Coded(coded.into()))
}

/// Whether an answer is whole, in no coding, and may be put into one.
fn may_be_coded(response: &Response) -> bool {
    let has_body = !matches!(
        response.status(),
        StatusCode::NO_CONTENT | StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED
    );
    let headers = response.headers();
    let cache_control = headers::joined_values(headers, CACHE_CONTROL.as_str()).unwrap_or_default();
    // Parts of a body are parts of it as it was, and whoever writes `no-transform` means it (RFC 9111 section 5.2.2.6).
    has_body
        && !headers.contains_key(CONTENT_ENCODING)
        && !cache_control.split(',').any(|rule| rule.trim().eq_ignore_ascii_case("no-transform"))
}

/// Says on an answer that it is coded. Where AWS has the coding nothing else changes; for ours, a validator that promises the
/// same bytes becomes one that promises the same meaning (RFC 9110 section 8.8.1).
fn mark(headers: &mut HeaderMap, coding: Coding) {
    headers.remove(CONTENT_LENGTH);
    headers.insert(CONTENT_ENCODING, coding.value());
    if !coding.is_of_aws()
        && let Some(strong) = headers.get(ETAG).filter(|tag| !tag.as_bytes().starts_with(b"W/"))
        && let Ok(weak) = HeaderValue::from_bytes(&[b"W/", strong.as_bytes()].concat())
    {
        headers.insert(ETAG, weak);
    }
}

/// What was read of a stream.
enum Ahead {
    /// All.
    Whole(Bytes),
    /// At least so much as was asked for.
    Beginning(BytesMut),
}

async fn read_ahead(stream: &mut Body, least: usize) -> Result<Ahead, BodyError> {
    let mut bytes = BytesMut::new();
    while bytes.len() < least {
        match stream.frame().await {
            None => return Ok(Ahead::Whole(bytes.freeze())),
            Some(frame) => {
                if let Ok(data) = frame?.into_data() {
                    bytes.extend_from_slice(&data);
                }
            }
        }
    }
    Ok(Ahead::Beginning(bytes))
}

#[cfg(all(test, feature = "brotli", feature = "zstd"))]
mod tests;
