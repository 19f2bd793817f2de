//! Addresses of schemas: relative ones made absolute (<https://datatracker.ietf.org/doc/html/rfc3986#section-5.2>).

/// An address and its fragment.
pub(super) fn split(address: &str) -> (&str, &str) {
    address.split_once('#').unwrap_or((address, ""))
}

/// What a reference means at an address, with its fragment.
pub(super) fn resolve(base: &str, reference: &str) -> String {
    let (base, _) = split(base);
    if reference.is_empty() {
        return base.to_owned();
    }
    if reference.starts_with('#') {
        return format!("{base}{reference}");
    }
    if has_scheme(reference) {
        return reference.to_owned();
    }
    let (scheme, rest) = match has_scheme(base) {
        true => base.split_once(':').unwrap_or(("", base)),
        false => ("", base),
    };
    let colon = if scheme.is_empty() { "" } else { ":" };
    if reference.starts_with("//") {
        return format!("{scheme}{colon}{reference}");
    }
    let (authority, path) = match rest.strip_prefix("//") {
        Some(behind) => {
            let end = behind.find(['/', '?']).unwrap_or(behind.len());
            rest.split_at_checked(end + 2).unwrap_or((rest, ""))
        }
        None => ("", rest),
    };
    let (path, _) = path.split_once('?').unwrap_or((path, ""));
    let (target, behind) = match reference.find(['?', '#']) {
        Some(end) => reference.split_at_checked(end).unwrap_or((reference, "")),
        None => (reference, ""),
    };
    let joined = match target {
        "" => path.to_owned(),
        absolute if absolute.starts_with('/') => without_dots(absolute),
        relative => {
            let folder = path.rfind('/').and_then(|end| path.get(..=end));
            let folder = folder.unwrap_or(if authority.is_empty() { "" } else { "/" });
            without_dots(&format!("{folder}{relative}"))
        }
    };
    format!("{scheme}{colon}{authority}{joined}{behind}")
}

fn has_scheme(address: &str) -> bool {
    let Some((scheme, _)) = address.split_once(':') else { return false };
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

fn without_dots(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        match part {
            "." if last => segments.push(""),
            "." => {}
            ".." => {
                if segments.len() > 1 {
                    segments.pop();
                }
                if last {
                    segments.push("");
                }
            }
            part => segments.push(part),
        }
    }
    segments.join("/")
}

/// The names in a JSON pointer of a fragment; none where it is no pointer
/// (<https://datatracker.ietf.org/doc/html/rfc6901#section-6>).
pub(super) fn pointer(fragment: &str) -> Option<Vec<String>> {
    let decoded = percent_decoded(fragment);
    let names = decoded.strip_prefix('/')?;
    Some(names.split('/').map(|name| name.replace("~1", "/").replace("~0", "~")).collect())
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let code = behind.get(..2).filter(|_| *first == b'%');
        let code = code.and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = behind.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
