//! A certificate for whoever has none.

use rustls::pki_types::PrivatePkcs8KeyDer;

use super::{ServerIdentity, TlsProblem};

/// Makes a certificate for these names and addresses that has signed itself: nobody trusts it who is not told to.
///
/// # Errors
/// [`TlsProblem::NotMade`].
pub fn made_certificate(names: Vec<String>) -> Result<ServerIdentity, TlsProblem> {
    let made =
        rcgen::generate_simple_self_signed(names).map_err(|error| TlsProblem::NotMade(error.to_string()))?;
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    Ok(ServerIdentity::new(vec![made.cert.der().clone()], key.into()))
}
