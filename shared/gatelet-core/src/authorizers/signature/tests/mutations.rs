//! Every signature is refused as soon as anything that it covers is another.

use super::vectors::{Vector, all};
use super::*;

/// At least this many changes of each request are refused.
const MUTATIONS_MIN: usize = 20;

/// Collects requests that must be refused; one that is as it was proves nothing.
struct Changed<'a> {
    vector: &'a Vector,
    count: usize,
}

impl Changed<'_> {
    fn refused(&mut self, what: &str, sent: &Sent) {
        self.refused_by(what, sent, &self.vector.known.clone());
        assert_ne!(*sent, self.vector.sent, "{}: `{what}` changed nothing", self.vector.name);
    }

    fn refused_by(&mut self, what: &str, sent: &Sent, known: &Known) {
        let answer = sent.judge(known);
        assert!(answer.is_err(), "{}: `{what}` was accepted: {sent:?}", self.vector.name);
        self.count += 1;
    }
}

#[test]
fn every_mutation_of_every_signature_is_refused() {
    for vector in all() {
        let mut changed = Changed { vector: &vector, count: 0 };
        request_line(&mut changed);
        headers_and_body(&mut changed);
        if vector.sent.header("authorization").is_some() {
            header_form(&mut changed);
        } else {
            query_form(&mut changed);
        }
        world(&mut changed);
        assert!(changed.count >= MUTATIONS_MIN, "{}: only {}", vector.name, changed.count);
    }
}

fn request_line(changed: &mut Changed<'_>) {
    let sent = &changed.vector.sent;
    for method in ["PUT", "get", ""] {
        changed.refused("method", &Sent { method: method.to_owned(), ..sent.clone() });
    }
    for path in [format!("{}/x", sent.path), format!("/x{}", sent.path), format!("{}%", sent.path)] {
        changed.refused("path", &Sent { path, ..sent.clone() });
    }
    for host in ["example.amazonaws.com.", "Example.amazonaws.com", "example.amazonaws.com:443"] {
        changed.refused("host", &Sent { host: host.to_owned(), ..sent.clone() });
    }
    let more = if sent.query.is_empty() { "x".to_owned() } else { format!("{}&x", sent.query) };
    changed.refused("one more parameter", &sent.with_query(more));
    let pairs: Vec<&str> = sent.query.split('&').filter(|pair| !pair.is_empty()).collect();
    for (place, pair) in pairs.iter().enumerate() {
        let with = |pair: &[String]| {
            let before = pairs[..place].iter().map(|pair| (*pair).to_owned());
            let after = pairs[place + 1..].iter().map(|pair| (*pair).to_owned());
            sent.with_query(before.chain(pair.iter().cloned()).chain(after).collect::<Vec<_>>().join("&"))
        };
        changed.refused("a parameter left out", &with(&[]));
        changed.refused("another name", &with(&[format!("x{pair}")]));
        changed.refused("another value", &with(&[format!("{pair}0")]));
        changed.refused("a parameter twice", &with(&[(*pair).to_owned(), (*pair).to_owned()]));
    }
}

fn headers_and_body(changed: &mut Changed<'_>) {
    let sent = &changed.vector.sent;
    for name in signed_names(sent).split(';').filter(|name| *name != "host") {
        let value = sent.header(name).unwrap();
        changed.refused("a signed header", &sent.with_header(name, &format!("{value}0")));
        changed.refused("a signed header left out", &sent.without_header(name));
        let mut twice = sent.clone();
        twice.headers.push((name.to_owned(), value.to_owned()));
        changed.refused("a signed header twice", &twice);
    }
    changed.refused("a header that must be signed", &sent.with_header("x-amz-extra", "1"));
    changed.refused("a header for the body", &sent.with_header("x-amz-content-sha256", "UNSIGNED-PAYLOAD"));
    changed.refused("body", &Sent { body: format!("{} ", sent.body), ..sent.clone() });
}

/// The list of signed headers, from wherever it stands.
fn signed_names(sent: &Sent) -> String {
    let (text, begin, end) = match sent.header("authorization") {
        Some(text) => (text, "SignedHeaders=", ','),
        None => (sent.query.as_str(), "X-Amz-SignedHeaders=", '&'),
    };
    let list = text.split_once(begin).unwrap().1.split(end).next().unwrap();
    list.replace("%3B", ";")
}

fn header_form(changed: &mut Changed<'_>) {
    let sent = &changed.vector.sent;
    let authorization = sent.header("authorization").unwrap();
    let mut replaced = |what: &str, from: &str, to: &str| {
        assert!(authorization.contains(from), "{from}");
        changed.refused(what, &sent.with_header("authorization", &authorization.replacen(from, to, 1)));
    };
    for (from, to) in CREDENTIALS {
        replaced("credential", from, to);
    }
    for algorithm in ["AWS4-ECDSA-P256-SHA256", "AWS4-HMAC-SHA512", "aws4-hmac-sha256", "Bearer"] {
        replaced("algorithm", ALGORITHM, algorithm);
    }
    replaced("one more signed header", "SignedHeaders=", "SignedHeaders=accept;");
    replaced("host not signed", "host;", "");
    replaced("date not signed", ";x-amz-date", "");
    replaced("order", "SignedHeaders=", "SignedHeaders=x-amz-date;");
    replaced("case", "SignedHeaders=", "signedheaders=");
    let (rest, signature) = authorization.split_once("Signature=").unwrap();
    for signature in signatures(signature) {
        changed.refused(
            "signature",
            &sent.with_header("authorization", &format!("{rest}Signature={signature}")),
        );
    }
    for date in DATES {
        changed.refused("date", &sent.with_header("x-amz-date", date));
    }
    changed.refused("both forms", &sent.with_query(format!("{}&X-Amz-Algorithm={ALGORITHM}", sent.query)));
    token(changed, "x-amz-security-token");
}

fn query_form(changed: &mut Changed<'_>) {
    let sent = &changed.vector.sent;
    let mut replaced = |what: &str, from: &str, to: &str| {
        assert!(sent.query.contains(from), "{from}");
        changed.refused(what, &sent.with_query(sent.query.replacen(from, to, 1)));
    };
    for (from, to) in CREDENTIALS {
        replaced("credential", &from.replace('/', "%2F"), &to.replace('/', "%2F"));
    }
    for algorithm in ["AWS4-ECDSA-P256-SHA256", "AWS4-HMAC-SHA512"] {
        replaced("algorithm", ALGORITHM, algorithm);
    }
    replaced("lifetime", "X-Amz-Expires=3600", "X-Amz-Expires=3601");
    replaced("lifetime left out", "&X-Amz-Expires=3600", "");
    replaced("one more signed header", "X-Amz-SignedHeaders=", "X-Amz-SignedHeaders=accept%3B");
    for date in DATES {
        replaced("date", "20150830T123600Z", date);
    }
    let (rest, signature) = sent.query.split_once("X-Amz-Signature=").unwrap();
    for signature in signatures(signature) {
        changed.refused("signature", &sent.with_query(format!("{rest}X-Amz-Signature={signature}")));
    }
    changed.refused("both forms", &sent.with_header("authorization", "AWS4-HMAC-SHA256 Credential=a"));
    token(changed, "x-amz-security-token");
}

/// A token that was not there, or in the other place as well.
fn token(changed: &mut Changed<'_>, name: &str) {
    let sent = &changed.vector.sent;
    changed.refused("a token", &sent.with_header(name, "other"));
    if sent.header(name).is_some() {
        changed.refused("no token", &sent.without_header(name));
        let query = format!("{}&X-Amz-Security-Token=other", sent.query);
        changed.refused("two tokens", &sent.with_query(query));
    }
}

/// What surrounds the request: the secret, the clock, the service.
fn world(changed: &mut Changed<'_>) {
    let (sent, known) = (&changed.vector.sent, &changed.vector.known);
    changed.refused_by("another secret", sent, &Known { secret: "another", ..known.clone() });
    let token = Some("another".to_owned());
    changed.refused_by("another token", sent, &Known { session_token: token, ..known.clone() });
    changed.refused_by("over", sent, &Known { expires: Some(NOW), ..known.clone() });
    for service in [Service::new("service", "us-east-2"), Service::new("execute-api", "us-east-1")] {
        changed.refused_by("another service", sent, &Known { service, ..known.clone() });
    }
    for milliseconds in [NOW.milliseconds() - 301_000, NOW.milliseconds() + 3_601_000] {
        let now = Timestamp::from_milliseconds(milliseconds);
        changed.refused_by("another time", sent, &Known { now, ..known.clone() });
    }
}

const CREDENTIALS: [(&str, &str); 9] = [
    ("AKIDEXAMPLE/", "AKIDEXAMPLF/"),
    ("AKIDEXAMPLE/", "/"),
    ("AKIDEXAMPLE/", ""),
    ("/20150830/", "/20150831/"),
    ("/us-east-1/", "/us-east-2/"),
    ("/us-east-1/", "/US-EAST-1/"),
    ("/service/", "/services/"),
    ("/aws4_request", "/aws5_request"),
    ("/aws4_request", "/aws4_request/"),
];

const DATES: [&str; 5] =
    ["20150830T123601Z", "20150830T123559Z", "20150831T123600Z", "20150830T123600", "2015-08-30T12:36:00Z"];

/// A signature with each digit another in turn, and in other shapes.
fn signatures(signature: &str) -> Vec<String> {
    let other = |place: usize| {
        let digit = if &signature[place..=place] == "0" { "1" } else { "0" };
        format!("{}{digit}{}", &signature[..place], &signature[place + 1..])
    };
    let mut signatures: Vec<String> = (0..64).map(other).collect();
    signatures.extend([
        String::new(),
        signature.to_uppercase(),
        signature[..63].to_owned(),
        signature[1..].to_owned(),
        format!("{signature}0"),
        signature.replacen(|_| true, "\u{e9}", 1),
        "0".repeat(64),
    ]);
    signatures
}
