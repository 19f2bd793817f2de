//! Whether the caller may call: explicit deny of the resource policy, the authorizer, then the outcome of both.
//!
//! Authorizers and policies are not judged by this version, so whatever asks for one stays closed.

use crate::refusal::Refusal;
use crate::snapshot::Access;

/// Lets the caller in where the route asks for nothing.
///
/// # Errors
/// The [`Refusal`] of a caller without accepted credentials, on every route that asks for some.
pub const fn access(access: Access) -> Result<(), Refusal> {
    access.judge()
}
