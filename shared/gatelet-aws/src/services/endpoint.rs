//! Where a service is called: at AWS's own address, or at one that stands in for it.

use gatelet_core::ports::ServiceAddress;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Uri};

/// Where a call goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub(super) uri: Uri,
    /// The name that the request is for, where that is not its URI's: a sub-domain of what stands in.
    pub(super) host: Option<HeaderValue>,
    /// Whether this is AWS itself.
    pub(super) is_aws: bool,
}

impl Endpoint {
    /// The address of a path and query at a service.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn of(
        address: &ServiceAddress,
        path: &PathAndQuery,
        stand_in: Option<&Uri>,
    ) -> Result<Self, String> {
        if let Some(stand_in) = stand_in {
            let uri = based_on(stand_in, path.as_str())?;
            // A bucket or an account's own endpoint: whoever stands in finds it by the name that it is asked under, and need not
            // be found under that name itself.
            let host = address.subdomain.as_deref().and_then(|subdomain| {
                HeaderValue::try_from(format!("{subdomain}.{}", uri.authority()?)).ok()
            });
            return Ok(Self { uri, host, is_aws: false });
        }
        let authority = Authority::try_from(&*address.host).map_err(|why| why.to_string())?;
        let uri =
            Uri::builder().scheme(Scheme::HTTPS).authority(authority).path_and_query(path.clone()).build();
        Ok(Self { uri: uri.map_err(|why| why.to_string())?, host: None, is_aws: true })
    }
}

/// A path, and perhaps a query, below an endpoint, whose own path stands before it.
///
/// # Errors
/// Where that is no URI.
pub(crate) fn based_on(endpoint: &Uri, path: &str) -> Result<Uri, String> {
    let mut parts = endpoint.clone().into_parts();
    let path = format!("{}{path}", endpoint.path().trim_end_matches('/'));
    parts.path_and_query = Some(PathAndQuery::try_from(path).map_err(|why| why.to_string())?);
    Uri::from_parts(parts).map_err(|why| why.to_string())
}

/// The domain of a region's partition.
pub(crate) fn domain(region: &str) -> &'static str {
    gatelet_core::ports::partition_domain(region)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn endpoint(subdomain: Option<&str>, path: &str, stand_in: Option<&str>) -> Endpoint {
        let host = subdomain.map_or_else(String::new, |subdomain| format!("{subdomain}."));
        let address = ServiceAddress {
            endpoint_name: "S3".into(),
            signing_name: "s3".into(),
            region: "eu-west-1".into(),
            host: format!("{host}s3.eu-west-1.amazonaws.com").into(),
            subdomain: subdomain.map(Into::into),
        };
        let stand_in: Option<Uri> = stand_in.map(|uri| uri.parse().unwrap());
        Endpoint::of(&address, &path.parse().unwrap(), stand_in.as_ref()).unwrap()
    }

    #[test]
    fn a_service_is_called_at_aws_or_at_whoever_stands_in() {
        let found = endpoint(Some("pets"), "/a%20b?x=1", None);
        assert_eq!(found.uri, "https://pets.s3.eu-west-1.amazonaws.com/a%20b?x=1");
        assert!(found.is_aws && found.host.is_none());
        let found = endpoint(None, "/a?x=1", Some("http://localhost:5000"));
        assert_eq!((found.uri.to_string().as_str(), found.host), ("http://localhost:5000/a?x=1", None));
        let found = endpoint(Some("pets"), "/a", Some("http://localhost:5000/base/"));
        assert_eq!(found.uri, "http://localhost:5000/base/a");
        assert_eq!(found.host.unwrap(), "pets.localhost:5000");
        assert!(!found.is_aws);
    }
}
