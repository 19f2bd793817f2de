//! Ranges of addresses, in CIDR notation.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range of addresses of one family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Network {
    V4 { bits: u32, mask: u32 },
    V6 { bits: u128, mask: u128 },
}

/// How many bits stand before the IPv4 address that an IPv6 address maps.
const MAPPED_PREFIX: u32 = 96;

impl Network {
    /// Reads an address, or an address and the length of its prefix. Without one it is that address alone.
    ///
    /// Addresses of IPv4 in IPv6's notation, `::ffff:192.0.2.1`, are IPv4's, so that neither spelling gets past a
    /// range in the other.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(parse_prefix(prefix)?)),
            None => (text, None),
        };
        match address.parse().ok()? {
            IpAddr::V4(address) => Self::v4(address, prefix.unwrap_or(Ipv4Addr::BITS)),
            IpAddr::V6(address) => {
                let prefix = prefix.unwrap_or(Ipv6Addr::BITS);
                match address.to_ipv4_mapped() {
                    Some(mapped) if (MAPPED_PREFIX..=Ipv6Addr::BITS).contains(&prefix) => {
                        Self::v4(mapped, prefix - MAPPED_PREFIX)
                    }
                    _ => Self::v6(address, prefix),
                }
            }
        }
    }

    fn v4(address: Ipv4Addr, prefix: u32) -> Option<Self> {
        let mask = u32::MAX.checked_shl(Ipv4Addr::BITS.checked_sub(prefix)?).unwrap_or(0);
        Some(Self::V4 { bits: address.to_bits() & mask, mask })
    }

    fn v6(address: Ipv6Addr, prefix: u32) -> Option<Self> {
        let mask = u128::MAX.checked_shl(Ipv6Addr::BITS.checked_sub(prefix)?).unwrap_or(0);
        Some(Self::V6 { bits: address.to_bits() & mask, mask })
    }

    /// Whether the range has an address, which is given in its canonical form.
    pub(super) const fn contains(self, address: IpAddr) -> bool {
        match (self, address) {
            (Self::V4 { bits, mask }, IpAddr::V4(address)) => address.to_bits() & mask == bits,
            (Self::V6 { bits, mask }, IpAddr::V6(address)) => address.to_bits() & mask == bits,
            (Self::V4 { .. }, IpAddr::V6(_)) | (Self::V6 { .. }, IpAddr::V4(_)) => false,
        }
    }
}

/// Digits alone: `parse` would take a `+`.
fn parse_prefix(text: &str) -> Option<u32> {
    text.bytes().all(|it| it.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_have_their_addresses() {
        for (range, address, expected) in [
            ("203.0.113.0/24", "203.0.113.255", true),
            ("203.0.113.0/24", "203.0.114.0", false),
            ("203.0.113.7/24", "203.0.113.1", true),
            ("203.0.113.7", "203.0.113.7", true),
            ("203.0.113.7", "203.0.113.6", false),
            ("0.0.0.0/0", "255.255.255.255", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "2001:db8::1", true),
            ("::/0", "1.2.3.4", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::", "2001:db8::1", false),
            ("::ffff:203.0.113.0/120", "203.0.113.9", true),
            ("203.0.113.0/24", "::ffff:203.0.113.9", true),
        ] {
            let network = Network::parse(range).unwrap();
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(network.contains(address.to_canonical()), expected, "{range} {address}");
        }
    }

    #[test]
    fn what_is_no_range_is_none() {
        for text in [
            "",
            "*",
            "10.0.0.*",
            "10.0.0.0/33",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "10.0.0/8",
            "::/129",
            "10.0.0.0/8/8",
        ] {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }
}
