//! The judgement of one address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Which addresses a backend may have beside public ones.
///
/// Refused whatever is said here: link-local addresses (`169.254.0.0/16` with the
/// [instance metadata service](https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html)
/// and the credentials of tasks, `fe80::/10`), the metadata services of `fd00:ec2::/32`, addresses that name
/// no single host (unspecified, multicast, broadcast, reserved). An IPv6 address that carries an IPv4 address
/// is judged by that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressPolicy {
    /// `127.0.0.0/8` and `::1`.
    pub allow_loopback: bool,
    /// `10.0.0.0/8`, `172.16.0.0/12`, `192.168.0.0/16`, `100.64.0.0/10`, `198.18.0.0/15`, `fc00::/7` and
    /// `fec0::/10`.
    pub allow_private: bool,
}

/// What kind of network an address belongs to, as far as the judgement needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Public,
    Loopback,
    Private,
    Forbidden(&'static str),
}

impl AddressPolicy {
    /// On one's own machine: loopback and private backends are what one develops against.
    #[must_use]
    pub const fn local() -> Self {
        Self { allow_loopback: true, allow_private: true }
    }

    /// In a Lambda function: nothing on loopback is a backend; whether the VPC's own network is reachable is
    /// the operator's decision.
    #[must_use]
    pub const fn on_lambda(allow_private: bool) -> Self {
        Self { allow_loopback: false, allow_private }
    }

    /// Judges one address. The error says what kind of address it is, for "`x` is ...".
    pub(in crate::backends) fn judge(self, address: IpAddr) -> Result<(), &'static str> {
        match kind(address) {
            Kind::Public => Ok(()),
            Kind::Loopback if self.allow_loopback => Ok(()),
            Kind::Loopback => Err("a loopback address"),
            Kind::Private if self.allow_private => Ok(()),
            Kind::Private => Err("a private address"),
            Kind::Forbidden(what) => Err(what),
        }
    }
}

/// The address by which an address is judged: an IPv4 address where an IPv6 address carries one.
pub(in crate::backends) fn judged_form(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => embedded(v6).map_or(address, IpAddr::V4),
    }
}

fn kind(address: IpAddr) -> Kind {
    match judged_form(address) {
        IpAddr::V4(v4) => kind_of_v4(v4),
        IpAddr::V6(v6) => kind_of_v6(v6),
    }
}

/// By the [registry of special IPv4 addresses](https://www.iana.org/assignments/iana-ipv4-special-registry).
fn kind_of_v4(address: Ipv4Addr) -> Kind {
    match address.octets() {
        [0, ..] => Kind::Forbidden("an address that names no host"),
        [127, ..] => Kind::Loopback,
        [169, 254, ..] => Kind::Forbidden("a link-local address, where metadata services live"),
        [10, ..] | [192, 168, ..] | [172, 16..=31, ..] | [100, 64..=127, ..] | [198, 18..=19, ..] => {
            Kind::Private
        }
        [192, 0, 0, _] => Kind::Forbidden("an address reserved for protocols"),
        [255, 255, 255, 255] => Kind::Forbidden("the broadcast address"),
        [224..=239, ..] => Kind::Forbidden("a multicast address"),
        [240..=255, ..] => Kind::Forbidden("a reserved address"),
        _ => Kind::Public,
    }
}

/// By the [registry of special IPv6 addresses](https://www.iana.org/assignments/iana-ipv6-special-registry).
fn kind_of_v6(address: Ipv6Addr) -> Kind {
    if address.is_loopback() {
        return Kind::Loopback;
    }
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Kind::Forbidden("an address that names no host"),
        [0xfd00, 0x0ec2, ..] => Kind::Forbidden("an address of AWS's metadata services"),
        [0xfc00..=0xfdff, ..] | [0xfec0..=0xfeff, ..] => Kind::Private,
        [0xfe80..=0xfebf, ..] => Kind::Forbidden("a link-local address, where metadata services live"),
        [0xff00..=0xffff, ..] => Kind::Forbidden("a multicast address"),
        // Where these carry an IPv4 address depends on the translator, so it cannot be judged.
        [0x0064, 0xff9b, 0x0001, ..] => Kind::Forbidden("an address of a local translator"),
        [0x2001, 0x0000, ..] => Kind::Forbidden("a Teredo address"),
        _ => Kind::Public,
    }
}

/// The IPv4 address that an IPv6 address stands for: mapped, compatible, translated, NAT64
/// ([RFC 6052](https://www.rfc-editor.org/rfc/rfc6052)) or 6to4.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let from = |high: u16, low: u16| Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)));
    match address.segments() {
        // `::` and `::1` are addresses of their own.
        [0, 0, 0, 0, 0, 0, 0, 0..=1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x0064, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => from(high, low),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::{AddressPolicy, IpAddr};

    const NOTHING: AddressPolicy = AddressPolicy { allow_loopback: false, allow_private: false };

    fn allowed(policy: AddressPolicy, address: &str) -> bool {
        policy.judge(address.parse::<IpAddr>().unwrap()).is_ok()
    }

    #[test]
    fn some_addresses_are_refused_everywhere() {
        let never = [
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "169.254.170.2",
            "169.254.0.1",
            "192.0.0.8",
            "224.0.0.1",
            "255.255.255.255",
            "250.1.2.3",
            "::",
            "fd00:ec2::254",
            "fe80::1",
            "febf::1",
            "ff02::1",
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "::ffff:0:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
            "2001:0:a9fe:a9fe::1",
            "::ffff:0.0.0.0",
        ];
        for address in never {
            assert!(!allowed(AddressPolicy::local(), address), "{address}");
        }
    }

    #[test]
    fn loopback_and_private_addresses_are_allowed_where_it_is_said() {
        let loopback = ["127.0.0.1", "127.255.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"];
        let private =
            ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "fd12::1", "fc00::1"];
        for address in loopback {
            assert!(allowed(AddressPolicy::local(), address), "{address}");
            assert!(!allowed(AddressPolicy::on_lambda(true), address), "{address}");
        }
        for address in private {
            assert!(allowed(AddressPolicy::on_lambda(true), address), "{address}");
            assert!(!allowed(AddressPolicy::on_lambda(false), address), "{address}");
        }
    }

    #[test]
    fn public_addresses_are_always_allowed() {
        for address in ["1.1.1.1", "172.32.0.1", "100.128.0.1", "192.0.1.1", "2606:4700::1111", "2001:db8::1"]
        {
            assert!(allowed(NOTHING, address), "{address}");
        }
        assert!(allowed(NOTHING, "64:ff9b::101:101"));
    }
}
