//! The certificate that a client showed: what a door verified itself or was told of, in the form in which API Gateway tells it
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mutual-tls.html>).
//!
//! Nothing is verified here: whoever ended TLS has done that, and each door decides whom it believes.

mod der;
mod headers;
mod name;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatelet_core::authorizers::ClientCertificate;
use http::HeaderValue;
use percent_encoding::percent_decode;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use der::{Der, tag};
pub use headers::remove_certificate_headers;

/// How many characters a line of PEM has (<https://www.rfc-editor.org/rfc/rfc7468#section-2>).
const PEM_LINE_CHARACTERS: usize = 64;
/// The longest serial number that is written in decimal, in bytes.
const DECIMAL_SERIAL_BYTES_MAX: usize = 8;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// What a certificate says; nothing where it is none.
#[must_use]
pub fn client_certificate(certificate: &[u8]) -> Option<ClientCertificate> {
    let mut signed = Der::new(Der::new(certificate).take(tag::SEQUENCE)?);
    let mut fields = Der::new(signed.take(tag::SEQUENCE)?);
    fields.skip(tag::VERSION);
    let serial_number = serial_number(fields.take(tag::INTEGER)?)?;
    let _algorithm = fields.take(tag::SEQUENCE)?;
    let issuer = name::text(fields.take(tag::SEQUENCE)?)?;
    let mut validity = Der::new(fields.take(tag::SEQUENCE)?);
    let (not_before, not_after) = (moment(&mut validity)?, moment(&mut validity)?);
    let subject = name::text(fields.take(tag::SEQUENCE)?)?;
    Some(ClientCertificate {
        pem: pem(certificate).into(),
        subject: subject.into(),
        issuer: issuer.into(),
        serial_number: serial_number.into(),
        not_before: not_before.into(),
        not_after: not_after.into(),
    })
}

/// What the certificate in a header says, which is PEM with its special characters escaped as in URLs, as CloudFront, load
/// balancers and nginx write it; nothing where it is none.
#[must_use]
pub fn certificate_of_header(value: &HeaderValue) -> Option<ClientCertificate> {
    let pem: Vec<u8> = percent_decode(value.as_bytes()).collect();
    client_certificate(&CertificateDer::from_pem_slice(&pem).ok()?)
}

/// A serial number as OpenSSL prints it: a short one in decimal, a longer one as bytes with colons between.
///
/// ASSUMPTION: AWS tells `1` for one, and `a1:a1:...` for one of 16 bytes; both are so, and so are its dates.
fn serial_number(bytes: &[u8]) -> Option<String> {
    if bytes.first()? & 0x80 != 0 {
        return None;
    }
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let digits = bytes.get(start..)?;
    let number = digits.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    if digits.len() <= DECIMAL_SERIAL_BYTES_MAX && i64::try_from(number).is_ok() {
        return Some(number.to_string());
    }
    let bytes: Vec<String> = digits.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(bytes.join(":"))
}

/// A moment as AWS writes it: `May 28 12:30:02 2019 GMT`, the day of two characters.
fn moment(from: &mut Der<'_>) -> Option<String> {
    let (kind, text) = from.next()?;
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Two digits are a year from 1950 to 2049 (<https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5.1>).
    let (year, rest) = match (kind, text.len()) {
        (tag::UTC_TIME, 12) => {
            let (year, rest) = text.split_at(2);
            (format!("{}{year}", if year < "50" { "20" } else { "19" }), rest)
        }
        (tag::GENERALIZED_TIME, 14) => {
            let (year, rest) = text.split_at(4);
            (year.to_owned(), rest)
        }
        _ => return None,
    };
    let part = |from: usize| rest.get(from..from + 2);
    let month = MONTHS.get(part(0)?.parse::<usize>().ok()?.checked_sub(1)?)?;
    let day: u8 = part(2)?.parse().ok()?;
    let (hour, minute, second) = (part(4)?, part(6)?, part(8)?);
    Some(format!("{month} {day:>2} {hour}:{minute}:{second} {year} GMT"))
}

fn pem(certificate: &[u8]) -> String {
    let text = STANDARD.encode(certificate);
    let mut pem = String::with_capacity(text.len() + text.len() / PEM_LINE_CHARACTERS + 64);
    pem.push_str("-----BEGIN CERTIFICATE-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at_checked(PEM_LINE_CHARACTERS).unwrap_or((rest, ""));
        pem.push_str(line);
        pem.push('\n');
        rest = after;
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}

#[cfg(test)]
mod tests;
