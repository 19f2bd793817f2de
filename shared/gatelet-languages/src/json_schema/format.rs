//! `format`: what the service's validator knows of the formats of draft 4.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::cut;

/// A format that texts are held against. Others are ignored, as draft 4 has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    DateTime,
    Email,
    Hostname,
    Ipv4,
    Ipv6,
    Uri,
}

/// How long a host name and a label of it may be, in characters (<https://datatracker.ietf.org/doc/html/rfc1034#section-3.1>).
const HOSTNAME_MAX: usize = 253;
const LABEL_MAX: usize = 63;

/// How long a moment may be written, in bytes: with 12 digits of a second and an offset, and then some.
const MOMENT_MAX: usize = 64;

impl Format {
    /// A format by its name.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "date-time" => Self::DateTime,
            "email" => Self::Email,
            "hostname" => Self::Hostname,
            "ipv4" => Self::Ipv4,
            "ipv6" => Self::Ipv6,
            "uri" => Self::Uri,
            _ => return None,
        })
    }

    /// What is wrong with a text, if anything.
    pub(super) fn violation(self, text: &str) -> Option<String> {
        let (right, what) = match self {
            Self::DateTime => (
                is_date_time(text),
                "invalid against requested date format(s) [yyyy-MM-dd'T'HH:mm:ssZ, yyyy-MM-dd'T'HH:mm:ss.[0-9]{1,12}Z]",
            ),
            Self::Email => (is_email(text), "not a valid email address"),
            Self::Hostname => (is_hostname(text), "not a valid hostname"),
            Self::Ipv4 => (text.parse::<Ipv4Addr>().is_ok(), "not a valid IPv4 address"),
            Self::Ipv6 => (text.parse::<Ipv6Addr>().is_ok(), "not a valid IPv6 address"),
            Self::Uri => (is_uri(text), "not a valid URI"),
        };
        (!right).then(|| format!("string \"{}\" is {what}", cut(text)))
    }
}

/// RFC 3339, to the second or finer, with an offset.
fn is_date_time(text: &str) -> bool {
    if text.len() > MOMENT_MAX {
        return false;
    }
    let Some((date, time)) = text.split_once(['T', 't']) else { return false };
    let numbers = |text: &str, separator: char, lengths: &[usize]| -> Option<Vec<u32>> {
        let parts: Vec<&str> = text.split(separator).collect();
        let fits = parts.len() == lengths.len()
            && parts.iter().zip(lengths).all(|(part, length)| {
                part.len() == *length && part.bytes().all(|byte| byte.is_ascii_digit())
            });
        if !fits {
            return None;
        }
        parts.iter().map(|part| part.parse().ok()).collect()
    };
    let Some([year, month, day]) =
        numbers(date, '-', &[4, 2, 2]).as_deref().and_then(|it| it.first_chunk().copied())
    else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    if !(1..=days).contains(&day) {
        return false;
    }
    let Some(offset_at) = time.find(['Z', 'z', '+', '-']) else { return false };
    let (time, offset) = time.split_at_checked(offset_at).unwrap_or((time, ""));
    let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let Some([hour, minute, second]) =
        numbers(clock, ':', &[2, 2, 2]).as_deref().and_then(|it| it.first_chunk().copied())
    else {
        return false;
    };
    let offset_right = match offset {
        "Z" | "z" => true,
        offset => numbers(offset.get(1..).unwrap_or_default(), ':', &[2, 2])
            .is_some_and(|it| matches!(it.as_slice(), [0..=23, 0..=59])),
    };
    hour < 24
        && minute < 60
        && second < 60
        && !fraction.is_empty()
        && fraction.len() <= 12
        && fraction.bytes().all(|byte| byte.is_ascii_digit())
        && offset_right
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
    let plain = !local.is_empty()
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.chars().all(|it| !it.is_whitespace() && !it.is_control() && !"()<>[]:;@\\,\"".contains(it));
    let address = domain.strip_prefix('[').and_then(|inside| inside.strip_suffix(']'));
    let domain_right = match address {
        Some(address) => match address.strip_prefix("IPv6:") {
            Some(address) => address.parse::<Ipv6Addr>().is_ok(),
            None => address.parse::<Ipv4Addr>().is_ok(),
        },
        None => is_hostname(domain),
    };
    (quoted || plain) && domain_right
}

fn is_hostname(text: &str) -> bool {
    !text.is_empty() && text.len() <= HOSTNAME_MAX && text.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    !label.is_empty()
        && label.len() <= LABEL_MAX
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// An absolute address by its characters and its scheme.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let scheme_right = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    let mut bytes = rest.bytes();
    let mut fragments = 0;
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let digits = [bytes.next(), bytes.next()];
                if !digits.iter().all(|digit| digit.is_some_and(|it| it.is_ascii_hexdigit())) {
                    return false;
                }
            }
            b'#' => fragments += 1,
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => return false,
            0x21..=0x7e => {}
            _ => return false,
        }
    }
    let (authority, path) = match rest.strip_prefix("//") {
        Some(rest) => {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            rest.split_at_checked(end).map_or((None, rest), |(authority, path)| (Some(authority), path))
        }
        None => (None, rest),
    };
    let brackets = path.contains(['[', ']']);
    scheme_right && fragments <= 1 && !brackets && authority.is_none_or(is_authority)
}

fn is_authority(authority: &str) -> bool {
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    if user.contains(['[', ']', '@']) {
        return false;
    }
    if let Some(literal) = host.strip_prefix('[') {
        let Some((address, port)) = literal.split_once(']') else { return false };
        let future = address.starts_with(['v', 'V']);
        return (future || address.parse::<Ipv6Addr>().is_ok()) && is_port(port);
    }
    let (host, port) = match host.find(':') {
        Some(at) => host.split_at_checked(at).unwrap_or((host, "")),
        None => (host, ""),
    };
    !host.contains(['[', ']']) && is_port(port)
}

fn is_port(port: &str) -> bool {
    port.is_empty()
        || port.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}
