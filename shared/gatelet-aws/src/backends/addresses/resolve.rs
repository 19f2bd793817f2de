//! From names to addresses.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::pin::Pin;

/// A resolution on its way.
pub type Resolving = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Whoever knows the addresses of a name.
///
/// It is asked once for each new connection; what it says is judged, and only what it said is connected to.
pub trait Resolve: Send + Sync {
    /// The addresses of a lower-case name, in the order of preference.
    ///
    /// # Errors
    /// Where the name has none, or nobody could be asked.
    fn resolve(&self, name: &str) -> Resolving;
}

/// The resolver of the operating system.
///
/// Two domains never leave the machine, as
/// [RFC 6761](https://www.rfc-editor.org/rfc/rfc6761#section-6) asks of a resolver: `localhost` and what is
/// below it is loopback, `invalid` and what is below it does not exist.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: &str) -> Resolving {
        let bare = name.strip_suffix('.').unwrap_or(name);
        if is_within(bare, "localhost") {
            let loopback = vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
            return Box::pin(std::future::ready(Ok(loopback)));
        }
        if is_within(bare, "invalid") {
            let problem = io::Error::new(io::ErrorKind::NotFound, "names below `invalid` do not exist");
            return Box::pin(std::future::ready(Err(problem)));
        }
        let name = name.to_owned();
        Box::pin(async move {
            // The port is not part of the question; whoever connects adds it.
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

pub(super) fn is_within(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::{Resolve, SystemResolver, is_within};

    #[test]
    fn domains_are_matched_by_labels() {
        assert!(is_within("localhost", "localhost"));
        assert!(is_within("a.execute-api.localhost", "localhost"));
        assert!(!is_within("mylocalhost", "localhost"));
        assert!(!is_within("localhost.example", "localhost"));
    }

    #[tokio::test]
    async fn two_domains_never_leave_the_machine() {
        let found = SystemResolver.resolve("api.localhost.").await.unwrap_or_default();
        assert!(!found.is_empty() && found.iter().all(std::net::IpAddr::is_loopback));
        assert!(SystemResolver.resolve("backend.invalid").await.is_err());
    }
}
