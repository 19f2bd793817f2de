//! JSON Web Tokens: who issued one, whether its signature and claims are good, and what is remembered of it.
//!
//! Which algorithm is used, and which key, is the issuer's key set's and the authorizer's to say, never the token's: a token
//! only names one of the keys. Nothing that a token says is ever fetched. Lambda authorizers, which may look into tokens by
//! themselves, are not here.

mod authorizer;
mod claims;
mod cognito;
mod defect;
mod issuer;
mod key_set;
mod members;
mod token;
mod verified;
mod verifier;

pub use authorizer::{JwtAuthorizer, bearer};
pub use claims::LEEWAY;
pub use cognito::CognitoAuthorizer;
pub use defect::Defect;
pub use issuer::IssuerKeys;
pub use key_set::{KeySet, KeySetError};
pub use token::Token;
pub use verified::{ClaimsForm, Verified};
pub use verifier::{TokenPorts, Verifier};

#[cfg(test)]
mod tests;
