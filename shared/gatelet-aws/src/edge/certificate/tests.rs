#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
use http::HeaderMap;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, DnValue, IsCa, Issuer, KeyPair,
    SerialNumber, date_time_ymd,
};

use super::*;

fn params(names: &[(DnType, DnValue)]) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = DistinguishedName::new();
    for (kind, value) in names {
        params.distinguished_name.push(kind.clone(), value.clone());
    }
    params
}

fn text(value: &str) -> DnValue {
    DnValue::Utf8String(value.to_owned())
}

/// A certificate with this subject and serial number, and its PEM.
fn made(names: &[(DnType, DnValue)], serial: &[u8]) -> (Vec<u8>, String) {
    let mut authority =
        params(&[(DnType::CountryName, text("US")), (DnType::CommonName, text("My Private CA"))]);
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = Issuer::new(authority, KeyPair::generate().unwrap());
    let mut client = params(names);
    client.serial_number = Some(SerialNumber::from_slice(serial));
    client.not_before = date_time_ymd(2020, 8, 9);
    client.not_after = date_time_ymd(2120, 12, 31);
    let certificate = client.signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap();
    (certificate.der().to_vec(), pem(certificate.der()))
}

fn usual() -> (Vec<u8>, String) {
    let names = [
        (DnType::CountryName, text("US")),
        (DnType::OrganizationName, text("Example, Inc.")),
        (DnType::CommonName, text("My Client")),
    ];
    made(&names, &[1])
}

#[test]
fn a_certificate_is_told_as_aws_tells_it() {
    let (der, pem) = usual();
    let told = client_certificate(&der).unwrap();
    assert_eq!(&*told.subject, r"C=US,O=Example\, Inc.,CN=My Client");
    assert_eq!(&*told.issuer, "C=US,CN=My Private CA");
    assert_eq!(&*told.serial_number, "1");
    assert_eq!(&*told.not_before, "Aug  9 00:00:00 2020 GMT");
    assert_eq!(&*told.not_after, "Dec 31 00:00:00 2120 GMT");
    assert_eq!(&*told.pem, pem);
    let lines: Vec<&str> = told.pem.lines().collect();
    let (first, rest) = lines.split_first().unwrap();
    let (last, body) = rest.split_last().unwrap();
    assert_eq!([*first, *last], ["-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"]);
    assert!(
        body.iter().all(|line| line.len() <= 64)
            && body[..body.len() - 1].iter().all(|line| line.len() == 64)
    );
    assert_eq!(STANDARD.decode(body.concat()).unwrap(), der);
}

#[test]
fn serial_numbers_are_decimal_while_they_are_short() {
    for (serial, expected) in [
        (&[0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF][..], "9223372036854775807"),
        (&[0x80, 0, 0, 0, 0, 0, 0, 1], "80:00:00:00:00:00:00:01"),
        (&[0xA1; 16], "a1:a1:a1:a1:a1:a1:a1:a1:a1:a1:a1:a1:a1:a1:a1:a1"),
        (&[0x01, 0x00], "256"),
    ] {
        let (der, _) = made(&[(DnType::CommonName, text("x"))], serial);
        assert_eq!(&*client_certificate(&der).unwrap().serial_number, expected);
    }
    assert_eq!(serial_number(&[0xFF]), None, "negative");
    assert_eq!(serial_number(&[]), None);
    assert_eq!(serial_number(&[0]).unwrap(), "0");
}

#[test]
fn names_cannot_be_mistaken_for_others() {
    let bmp = rcgen::string::BmpString::try_from("Zürich").unwrap();
    for (kind, value, expected) in [
        (DnType::CommonName, text("a,CN=admin"), r"CN=a\,CN=admin"),
        (DnType::CommonName, text("#a+b=\"c\"<>;\\ "), r#"CN=\#a\+b=\"c\"\<\>\;\\\ "#),
        (DnType::CommonName, text(" a b"), r"CN=\ a b"),
        (DnType::CommonName, text("a\r\nb"), r"CN=a\0D\0Ab"),
        (DnType::LocalityName, DnValue::BmpString(bmp), "L=Zürich"),
        (DnType::from_oid(&[2, 999, 3]), text("A"), "2.999.3=#0c0141"),
        (DnType::from_oid(&[1, 2, 840, 113_549, 1, 9, 1]), text("a@b.example"), "emailAddress=a@b.example"),
    ] {
        let (der, _) = made(&[(kind, value)], &[1]);
        assert_eq!(&*client_certificate(&der).unwrap().subject, expected);
    }
}

#[test]
fn dates_of_both_kinds_are_told() {
    let told = |kind: u8, text: &str| {
        let mut der = vec![kind, u8::try_from(text.len()).unwrap()];
        der.extend_from_slice(text.as_bytes());
        moment(&mut Der::new(&der))
    };
    assert_eq!(told(tag::UTC_TIME, "190528123002Z").unwrap(), "May 28 12:30:02 2019 GMT");
    assert_eq!(told(tag::UTC_TIME, "500101000000Z").unwrap(), "Jan  1 00:00:00 1950 GMT");
    assert_eq!(told(tag::GENERALIZED_TIME, "21200805002821Z").unwrap(), "Aug  5 00:28:21 2120 GMT");
    for text in ["190028123002Z", "191328123002Z", "19052812300Z", "1905281230020", "-90528123002Z", ""] {
        assert_eq!(told(tag::UTC_TIME, text), None, "{text}");
    }
}

#[test]
fn what_is_cut_or_changed_anywhere_never_panics() {
    let (der, _) = usual();
    for length in 0..der.len() {
        assert!(client_certificate(&der[..length]).is_none(), "{length}");
    }
    for position in 0..der.len() {
        for byte in [0, 0x7F, 0x80, 0x84, 0xFF] {
            let mut changed = der.clone();
            changed[position] = byte;
            let _ = client_certificate(&changed);
        }
    }
}

#[test]
fn a_header_holds_escaped_pem() {
    let (der, pem) = usual();
    let expected = client_certificate(&der);
    let everything = utf8_percent_encode(&pem, NON_ALPHANUMERIC).to_string();
    // Load balancers leave these three as they are.
    let some = everything.replace("%2B", "+").replace("%3D", "=").replace("%2F", "/");
    for text in [&everything, &some] {
        assert_eq!(certificate_of_header(&text.parse().unwrap()), expected);
    }
    for text in ["", "1", "%", "-----BEGIN CERTIFICATE-----%0AAAAA%0A-----END CERTIFICATE-----%0A"] {
        assert_eq!(certificate_of_header(&text.parse().unwrap()), None, "{text}");
    }
}

#[test]
fn every_header_that_tells_of_a_certificate_is_taken_off() {
    let mut headers = HeaderMap::new();
    for name in [
        "x-amzn-mtls-clientcert",
        "x-amzn-mtls-clientcert-leaf",
        "x-amzn-mtls-clientcert-subject",
        "cloudfront-viewer-cert-pem",
        "cloudfront-viewer-cert-present",
        "client-cert",
        "client-cert-chain",
        "x-gatelet-client-certificate",
        "x-client-cert",
        "x-forwarded-client-cert",
        "ssl-client-cert",
        "x-ssl-client-dn",
        "x_ssl_client_verify",
        "ssl_client-cert",
        "x_amzn_mtls_clientcert_leaf",
        "client_cert",
        "x-forwarded-client",
        "x-forwarded-for",
        "x-ssl-protocol",
        "cloudfront-viewer-country",
        "x-amzn-trace-id",
        "client-certainty",
    ] {
        headers.append(name, "1".parse().unwrap());
        headers.append(name, "2".parse().unwrap());
    }
    remove_certificate_headers(&mut headers);
    let mut left: Vec<&str> = headers.keys().map(http::HeaderName::as_str).collect();
    left.sort_unstable();
    let others = [
        "client-certainty",
        "cloudfront-viewer-country",
        "x-amzn-trace-id",
        "x-forwarded-client",
        "x-forwarded-for",
        "x-ssl-protocol",
    ];
    assert_eq!(left, others);
    assert_eq!(headers.len(), 2 * others.len());
}
