//! Who may call: each way of finding out is a folder. AWS closes the set, so it is an enum with one `match`, in
//! `stages/access`; what becomes of a finding together with the API's resource policy is decided there, too.

mod caller;
pub mod iam;
pub mod jwt;
pub mod lambda;
pub mod signature;
mod sources;

pub use caller::{Caller, ClientCertificate, Finding};
pub use sources::{IdentitySource, SourceError};

use gatelet_model::PathTemplate;

use crate::payload::CanonicalPath;
use crate::ports::Arrival;
use crate::record::Record;
use crate::snapshot::routes::Rules;
use crate::stages::locate::Located;

/// A request whose caller is to be found out.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Its arrival.
    pub arrival: &'a Arrival,
    /// Its stage and host.
    pub located: &'a Located,
    /// Its path below the stage.
    pub path: &'a CanonicalPath,
    /// The route that it takes.
    pub route: Route<'a>,
    /// Its method, URI and headers; what nobody may see is taken off.
    pub head: &'a http::request::Parts,
    /// Its record, for `$context` and explanations.
    pub record: &'a Record,
    /// The ARN of what is called: `arn:aws:execute-api:{region}:{account}:{api-id}/{stage}/{METHOD}/{path}`.
    pub arn: &'a str,
}

/// The route of a request.
#[derive(Debug, Clone, Copy)]
pub struct Route<'a> {
    /// `GET /pets/{id}`, or `$default`.
    pub key: &'a str,
    /// Its path; none on `$default`.
    pub template: Option<&'a PathTemplate>,
    /// The resource's id; on HTTP APIs the route's key.
    pub resource_id: &'a str,
    /// Whose rules it follows.
    pub rules: Rules,
    /// The scopes of which a token must carry one; empty where none is asked for.
    pub scopes: &'a [String],
}
