//! Hosts as URIs spell them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use http::Uri;

use super::resolve::is_within;

/// The host of a URI: an address, or a name that must be resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::backends) enum Host {
    Address(IpAddr),
    Name(Box<str>),
}

/// A host and a port, such as `127.0.0.1:9001` or `[::1]:9001`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostAndPort {
    pub(in crate::backends) host: Host,
    pub(in crate::backends) port: u16,
}

/// Why a text names no host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::backends) enum HostError {
    #[error("it names no host")]
    Empty,
    #[error("`{0}` is neither a host name nor an address")]
    NotAnAddress(Box<str>),
}

impl Host {
    /// Reads a host as [browsers do](https://url.spec.whatwg.org/#host-parsing): a host whose last part is a
    /// number is an IPv4 address, in whatever base its parts are written, or nothing at all. Resolvers differ
    /// in this, so it is not left to them.
    pub(in crate::backends) fn parse(text: &str) -> Result<Self, HostError> {
        let malformed = || HostError::NotAnAddress(text.into());
        if let Some(inside) = text.strip_prefix('[') {
            let address = inside.strip_suffix(']').ok_or_else(malformed)?;
            return address.parse::<Ipv6Addr>().map(|it| Self::Address(it.into())).map_err(|_| malformed());
        }
        // The root's own dot.
        let name = text.strip_suffix('.').unwrap_or(text);
        if name.is_empty() {
            return Err(HostError::Empty);
        }
        if name.rsplit('.').next().is_some_and(is_number) {
            return parse_v4(name).map(|it| Self::Address(it.into())).ok_or_else(malformed);
        }
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')) {
            return Err(malformed());
        }
        Ok(Self::Name(text.to_ascii_lowercase().into()))
    }
}

impl fmt::Display for Host {
    /// As it stands in a URI.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(IpAddr::V4(address)) => address.fmt(f),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// Whether the host of a URI is this machine: a loopback address in any spelling, or a name that [`SystemResolver`] never asks
/// anybody about.
///
/// [`SystemResolver`]: super::SystemResolver
pub(crate) fn is_this_machine(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Address(address)) => address.to_canonical().is_loopback(),
        Ok(Host::Name(name)) => is_within(name.strip_suffix('.').unwrap_or(&name), "localhost"),
        Err(_) => false,
    }
}

impl FromStr for HostAndPort {
    type Err = String;

    /// Reads `host:port`; `http://` before it and a path behind it are taken off, because emulators of Lambda put them into
    /// `AWS_LAMBDA_RUNTIME_API`.
    fn from_str(text: &str) -> Result<Self, String> {
        let authority = text.strip_prefix("http://").unwrap_or(text).split('/').next().unwrap_or_default();
        let uri: Uri = format!("http://{authority}/")
            .parse()
            .map_err(|_| format!("`{text}` is not a host and a port: write `host:port`"))?;
        let (Some(host), Some(port)) = (uri.host(), uri.port_u16()) else {
            return Err(format!("`{text}` is not a host and a port: write `host:port`"));
        };
        let host = Host::parse(host).map_err(|problem| format!("`{text}` is no address: {problem}"))?;
        Ok(Self { host, port })
    }
}

impl From<std::net::SocketAddr> for HostAndPort {
    fn from(address: std::net::SocketAddr) -> Self {
        Self { host: Host::Address(address.ip()), port: address.port() }
    }
}

/// Whether a part is written as a number, however large.
fn is_number(part: &str) -> bool {
    match hexadecimal(part) {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

fn hexadecimal(part: &str) -> Option<&str> {
    part.strip_prefix("0x").or_else(|| part.strip_prefix("0X"))
}

/// One part of an IPv4 address: decimal, octal behind `0`, hexadecimal behind `0x`.
fn parse_part(part: &str) -> Option<u64> {
    let (digits, radix) = match hexadecimal(part) {
        Some(digits) => (digits, 16),
        None if part.len() > 1 && part.starts_with('0') => (part.get(1..)?, 8),
        None if part.is_empty() => return None,
        None => (part, 10),
    };
    if digits.is_empty() {
        return Some(0);
    }
    // `from_str_radix` would take a sign.
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u64::from_str_radix(digits, radix).ok()
}

/// One to four parts, of which the last fills the bytes that are left.
fn parse_v4(text: &str) -> Option<Ipv4Addr> {
    let parts = text.split('.').map(parse_part).collect::<Option<Vec<u64>>>()?;
    let (last, leading) = parts.split_last()?;
    if leading.len() > 3 || leading.iter().any(|part| *part > 255) {
        return None;
    }
    let bits_left = 32 - 8 * leading.len();
    if *last >= 1 << bits_left {
        return None;
    }
    let high = leading.iter().fold(0, |high, part| high << 8 | part);
    let bits = u32::try_from(high << bits_left | last).ok()?;
    Some(Ipv4Addr::from_bits(bits))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use std::path::PathBuf;

    use super::{Host, HostAndPort, HostError, IpAddr, Uri};

    fn address(text: &str) -> Option<IpAddr> {
        match Host::parse(text) {
            Ok(Host::Address(address)) => Some(address),
            _ => None,
        }
    }

    #[test]
    fn every_spelling_of_an_address_is_that_address() {
        let loopback = "127.0.0.1".parse().ok();
        for text in [
            "127.0.0.1",
            "127.1",
            "127.0.1",
            "0x7f.1",
            "017700000001",
            "2130706433",
            "0x7f000001",
            "127.0.0.1.",
        ] {
            assert_eq!(address(text), loopback, "{text}");
        }
        assert_eq!(address("[::1]"), "::1".parse().ok());
        assert_eq!(address("[::ffff:127.0.0.1]"), "::ffff:127.0.0.1".parse().ok());
        assert_eq!(address("0"), "0.0.0.0".parse().ok());
    }

    #[test]
    fn what_looks_like_an_address_is_one_or_nothing() {
        let malformed = [
            "256.0.0.1",
            "1.2.3.4.5",
            "1.2.3.256",
            "4294967296",
            "0x100000000",
            "0xfffffffffffffffffffff",
            "1.2.3.08",
            "a.0x",
            "x.1",
            "[::1",
            "[1::2::3]",
            "[1.2.3.4]",
            "[v1.a]",
        ];
        for text in malformed {
            assert!(matches!(Host::parse(text), Err(HostError::NotAnAddress(_))), "{text}");
        }
        assert_eq!(Host::parse(""), Err(HostError::Empty));
        assert_eq!(Host::parse("."), Err(HostError::Empty));
        assert!(matches!(Host::parse("ex ample"), Err(HostError::NotAnAddress(_))));
    }

    #[test]
    fn names_stay_names() {
        assert_eq!(Host::parse("Example.COM"), Ok(Host::Name("example.com".into())));
        assert_eq!(Host::parse("1.example"), Ok(Host::Name("1.example".into())));
        assert_eq!(Host::parse("my_service"), Ok(Host::Name("my_service".into())));
        assert_eq!(Host::parse("dead.beef"), Ok(Host::Name("dead.beef".into())));
    }

    #[test]
    fn a_host_and_a_port_are_read() {
        let read: HostAndPort = "127.0.0.1:9001".parse().unwrap();
        assert_eq!((read.host, read.port), (Host::Address([127, 0, 0, 1].into()), 9001));
        let with_path: HostAndPort = "localhost:9000/.rt/pets".parse().unwrap();
        assert_eq!((with_path.host, with_path.port), (Host::Name("localhost".into()), 9000));
        for text in ["", "127.0.0.1", "a b:1", "127.0.0.1:x", "1.2.3.4.5:80"] {
            assert!(text.parse::<HostAndPort>().is_err(), "{text}");
        }
    }

    /// Every host that a URL parser takes for an address is that address here, or is refused.
    #[test]
    fn hosts_agree_with_the_tests_of_the_url_standard() {
        let vectors = std::env::var_os("GATELET_VECTORS").map_or_else(
            || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors")),
            PathBuf::from,
        );
        let path = vectors.join("wpt-url/urltestdata.json");
        let Ok(text) = std::fs::read(&path) else {
            println!(
                "skipped: hosts_agree_with_the_tests_of_the_url_standard: {} is not there",
                path.display()
            );
            return;
        };
        let cases: Vec<serde_json::Value> = serde_json::from_slice(&text).unwrap();
        let (mut same, mut refused) = (0, 0);
        for case in &cases {
            let Some(input) = case["input"].as_str() else { continue };
            // A path is resolved against a base, which a backend's URI does not have.
            let uri = input.parse::<Uri>().ok().filter(|uri| uri.scheme().is_some());
            let found = uri.as_ref().and_then(Uri::host).map(Host::parse);
            if case["failure"] == true {
                let is_address = matches!(found, Some(Ok(Host::Address(_))));
                let authority = uri.as_ref().and_then(Uri::authority);
                let has_bad_port = authority
                    .is_some_and(|it| it.port_u16().is_none() && it.as_str().len() > it.host().len());
                assert!(!is_address || has_bad_port, "{input}");
                continue;
            }
            if !matches!(case["protocol"].as_str(), Some("http:" | "https:")) {
                continue;
            }
            let hostname = case["hostname"].as_str().unwrap();
            let bare = hostname.trim_start_matches('[').trim_end_matches(']');
            let Ok(expected) = bare.parse::<IpAddr>() else { continue };
            // The form that a URL parser writes is always understood.
            assert_eq!(address(hostname), Some(expected), "{hostname}");
            match found {
                Some(Ok(Host::Address(found))) => {
                    assert_eq!(found, expected, "{input}");
                    same += 1;
                }
                Some(Ok(Host::Name(name))) => panic!("`{input}` is {expected}, not the name `{name}`"),
                Some(Err(_)) | None => refused += 1,
            }
        }
        assert!(same > 10 && refused > 0, "{same} agree, {refused} are refused");
    }
}
