//! Who signed a request: AWS's Signature Version 4, in the `Authorization` header or in the query of a pre-signed URL
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>).
//!
//! [`Claim::read`] tells who claims to have signed and refuses what no secret could make right; the caller looks up the
//! access key and derives its [`SigningKey`] (or keeps it: it holds for a day); [`Claim::verify`] judges. Where secrets
//! are kept and what a caller may do is decided elsewhere.

mod authorization;
mod canonical;
mod claim;
mod error;
mod key;
mod moment;
mod presigned;
mod request;
mod signed_headers;
#[cfg(test)]
mod tests;

pub use claim::{Claim, Credential};
pub use error::{ScopeProblem, SignatureError};
pub use key::{Scope, SigningKey};
pub use request::{PathForm, PayloadHash, Service, SignedRequest, TokenPlace};

use crate::ports::Timestamp;

/// The algorithm that is taken, as requests name it.
pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The last part of every credential's scope.
const TERMINATOR: &str = "aws4_request";

/// How far a request's date may be from the present, in seconds, as AWS answers it: `+ 5 min.`.
pub const SKEW_SECONDS: u64 = 5 * 60;

/// How long a pre-signed URL may live, in seconds: seven days
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html>).
pub const LIFETIME_SECONDS_MAX: u64 = 7 * 24 * 60 * 60;

/// A date as signatures have it, such as `20261120T160000Z`.
pub(crate) fn timestamp(date: &str) -> Option<Timestamp> {
    moment::Moment::parse(date).map(moment::Moment::timestamp)
}

/// Lower-case hexadecimal digits.
fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}
