//! AWS's services, which definitions call by name.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::BackendError;
use crate::payload::Response;

/// A call of an AWS service's API, ready but for its signature.
#[derive(Debug)]
pub struct ServiceCall {
    /// The request. Its URI has a path and a query alone, both percent-encoded; its headers hold neither `Host` nor any that belong to
    /// a connection.
    pub request: http::Request<Bytes>,
    /// Which service.
    pub address: Arc<ServiceAddress>,
    /// The role that is assumed for it; none is the gateway's own.
    pub role: Option<Box<str>>,
    /// How long it may take until its answer begins.
    pub timeout: Duration,
}

/// An AWS service in a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAddress {
    /// AWS's name for the service, as endpoint variables (`AWS_ENDPOINT_URL_<SERVICE>`) have it.
    pub endpoint_name: Box<str>,
    /// The name by which signatures know it.
    pub signing_name: Box<str>,
    /// The region that it is called in.
    pub region: Box<str>,
    /// AWS's own host for it, the sub-domain included.
    pub host: Box<str>,
    /// What a definition says before the service's name, such as a bucket.
    pub subdomain: Option<Box<str>>,
}

/// The domain that the services of a region have, by its partition.
#[must_use]
pub fn partition_domain(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else if region.starts_with("eusc-") {
        "amazonaws.eu"
    } else {
        "amazonaws.com"
    }
}

/// AWS's services.
pub trait Services: Send + Sync {
    /// Signs a call, sends it once, and waits until the answer begins.
    ///
    /// # Errors
    /// A [`BackendError`] where no answer began. What a service refuses *is* an answer.
    fn call(&self, call: ServiceCall) -> impl Future<Output = Result<Response, BackendError>> + Send;
}
