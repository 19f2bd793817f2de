//! Which client calls: its API key and usage plan.
//!
//! No key is known to this version, so a method that asks for one stays closed, as AWS's does to a key it does not know.

use crate::refusal::Refusal;

/// Lets the client in where no API key is asked for.
///
/// # Errors
/// [`Refusal::InvalidApiKey`] where one is.
pub const fn client(api_key_required: bool) -> Result<(), Refusal> {
    if api_key_required { Err(Refusal::InvalidApiKey) } else { Ok(()) }
}
