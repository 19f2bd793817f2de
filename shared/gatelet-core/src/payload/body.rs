//! Bodies: whole, or on their way.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;

/// A body: decided once to be whole or a stream, and passed through as it is wherever no stage needs the whole.
#[derive(Default)]
pub enum Body {
    /// No body at all.
    #[default]
    Empty,
    /// The whole body.
    Bytes(Bytes),
    /// A body that is still on its way.
    Stream(UnsyncBoxBody<Bytes, BodyError>),
}

/// Why a body did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Whoever sent it broke off.
    #[error("the sender broke off before the body's end")]
    BrokenOff,
    /// It is longer than allowed.
    #[error("the body is longer than {limit} bytes")]
    TooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// It was still on its way when there was no time left for it.
    #[error("the body was still on its way when its time was over")]
    OutOfTime,
    /// Nothing came for too long.
    #[error("nothing more came of the body for {seconds} seconds")]
    Idle {
        /// How long the reader waited.
        seconds: u64,
    },
}

/// What collecting a body gave.
pub type Collected = Result<Bytes, BodyError>;

impl Body {
    /// A body on its way.
    pub fn stream<B>(body: B) -> Self
    where
        B: HttpBody<Data = Bytes, Error = BodyError> + Send + 'static,
    {
        Self::Stream(body.boxed_unsync())
    }

    /// The exact length in bytes, where it is known before the end.
    #[must_use]
    pub fn exact_length(&self) -> Option<u64> {
        HttpBody::size_hint(self).exact()
    }

    /// The bytes, where the whole body is there.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Empty => Some(&[]),
            Self::Bytes(bytes) => Some(bytes),
            Self::Stream(_) => None,
        }
    }

    /// Waits for the whole body.
    ///
    /// # Errors
    /// [`BodyError::TooLong`] as soon as it is longer than `limit` bytes, or whatever broke the stream.
    pub async fn collect_up_to(self, limit: usize) -> Collected {
        let too_long = BodyError::TooLong { limit };
        match self {
            Self::Empty => Ok(Bytes::new()),
            Self::Bytes(bytes) if bytes.len() <= limit => Ok(bytes),
            Self::Bytes(_) => Err(too_long),
            Self::Stream(mut stream) => {
                let mut first = Bytes::new();
                let mut rest = BytesMut::new();
                while let Some(frame) = stream.frame().await {
                    let Ok(data) = frame?.into_data() else { continue };
                    if first.len() + rest.len() + data.len() > limit {
                        return Err(too_long);
                    }
                    if first.is_empty() {
                        first = data;
                    } else {
                        rest.extend_from_slice(&data);
                    }
                }
                if rest.is_empty() {
                    return Ok(first);
                }
                let mut whole = BytesMut::with_capacity(first.len() + rest.len());
                whole.extend_from_slice(&first);
                whole.extend_from_slice(&rest);
                Ok(whole.freeze())
            }
        }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        match this {
            Self::Empty => Poll::Ready(None),
            Self::Bytes(bytes) => {
                let bytes = std::mem::take(bytes);
                *this = Self::Empty;
                Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
            }
            Self::Stream(stream) => Pin::new(stream).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Bytes(bytes) => bytes.is_empty(),
            Self::Stream(stream) => stream.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Bytes(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Stream(stream) => stream.size_hint(),
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        if bytes.is_empty() { Self::Empty } else { Self::Bytes(bytes) }
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Body::Empty"),
            Self::Bytes(bytes) => write!(f, "Body::Bytes({} bytes)", bytes.len()),
            Self::Stream(_) => f.write_str("Body::Stream(..)"),
        }
    }
}

#[cfg(test)]
mod tests;
