//! Content codings: which there are, which of them a client prefers ([`Offer`]), and bodies in and out of them.

mod decode;
mod encode;
#[cfg(all(test, feature = "brotli", feature = "zstd"))]
mod tests;

use gatelet_model::rest::OwnCoding;
use http::HeaderMap;
use http::header::{ACCEPT_ENCODING, HeaderValue};

pub use decode::{DecodeError, decode};
pub use encode::{Encoder, encode, encode_stream};

/// A coding of bodies (<https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// `gzip`
    Gzip,
    /// `deflate`: zlib's form, as RFC 9110 says.
    Deflate,
    /// `br`
    #[cfg(feature = "brotli")]
    Brotli,
    /// `zstd`
    #[cfg(feature = "zstd")]
    Zstandard,
}

impl Coding {
    /// A coding that a definition names besides AWS's; none where this program is built without it.
    #[must_use]
    pub const fn of(own: OwnCoding) -> Option<Self> {
        match own {
            #[cfg(feature = "brotli")]
            OwnCoding::Brotli => Some(Self::Brotli),
            #[cfg(not(feature = "brotli"))]
            OwnCoding::Brotli => None,
            #[cfg(feature = "zstd")]
            OwnCoding::Zstandard => Some(Self::Zstandard),
            #[cfg(not(feature = "zstd"))]
            OwnCoding::Zstandard => None,
        }
    }

    /// Its name in headers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            #[cfg(feature = "brotli")]
            Self::Brotli => "br",
            #[cfg(feature = "zstd")]
            Self::Zstandard => "zstd",
        }
    }

    /// Its name as the value of `Content-Encoding`.
    #[must_use]
    pub const fn value(self) -> HeaderValue {
        HeaderValue::from_static(self.as_str())
    }

    /// Whether API Gateway has it, too.
    #[must_use]
    pub const fn is_of_aws(self) -> bool {
        matches!(self, Self::Gzip | Self::Deflate)
    }
}

/// The codings that an answer may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Ours besides AWS's, the one that is preferred first.
    own: Vec<Coding>,
}

impl Offer {
    /// AWS's codings, and others.
    #[must_use]
    pub const fn new(own: Vec<Coding>) -> Self {
        Self { own }
    }

    /// Whether there are more than AWS's.
    #[must_use]
    pub const fn has_own(&self) -> bool {
        !self.own.is_empty()
    }

    fn coding(&self, name: &str) -> Option<Coding> {
        let all = [Coding::Gzip, Coding::Deflate].into_iter().chain(self.own.iter().copied());
        all.into_iter().find(|coding| coding.as_str().eq_ignore_ascii_case(name))
    }

    /// The coding of an answer to a client. The one with the highest weight counts, and the first of several: if it is none
    /// of these, or `identity` or `*`, the answer has none
    /// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-enable-compression.html>). Of ours and
    /// others with the same weight ours goes first, since browsers give all of them the same.
    #[must_use]
    pub fn choose(&self, headers: &HeaderMap) -> Option<Coding> {
        let entries = || {
            let lines = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
            lines.flat_map(|line| line.split(',')).filter_map(entry)
        };
        let highest = entries().map(|(_, weight)| weight).max()?;
        let preferred = || entries().filter(|(_, weight)| *weight == highest).map(|(name, _)| name);
        let is_preferred =
            |coding: &Coding| preferred().any(|name| name.eq_ignore_ascii_case(coding.as_str()));
        let own = self.own.iter().copied().find(is_preferred);
        own.or_else(|| self.coding(preferred().next()?))
    }
}

/// An entry of `Accept-Encoding` with its weight in thousandths; none where it forbids a coding or is not understood.
fn entry(text: &str) -> Option<(&str, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let weight = parts.try_fold(1_000, |weight, parameter| {
        let (key, value) = parameter.split_once('=')?;
        if key.trim().eq_ignore_ascii_case("q") { thousandths(value.trim()) } else { Some(weight) }
    })?;
    (weight > 0).then_some((name, weight))
}

/// A weight: 0 to 1 with up to three decimals (<https://www.rfc-editor.org/rfc/rfc9110#section-12.4.2>).
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let decimals = format!("{decimals:0<3}").parse::<u16>().ok()?;
    match (whole, decimals) {
        ("0", decimals) => Some(decimals),
        ("1", 0) => Some(1_000),
        _ => None,
    }
}
