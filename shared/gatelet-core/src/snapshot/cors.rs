//! Cross-origin rules of an HTTP API, compiled
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html>).

use gatelet_model::v2::Cors;
use http::HeaderValue;

/// The cross-origin rules of an HTTP API.
#[derive(Debug)]
pub struct CorsRules {
    origins: Vec<Origin>,
    /// Whether credentials may be sent.
    pub allow_credentials: bool,
    /// `Access-Control-Allow-Headers`, where any may be sent.
    pub allow_headers: Option<HeaderValue>,
    /// `Access-Control-Allow-Methods`, where any may be used.
    pub allow_methods: Option<HeaderValue>,
    /// `Access-Control-Expose-Headers`, where any may be read.
    pub expose_headers: Option<HeaderValue>,
    /// `Access-Control-Max-Age`, where something is said.
    pub max_age: Option<HeaderValue>,
}

/// Origins that may call.
#[derive(Debug, PartialEq, Eq)]
enum Origin {
    /// `*`
    Any,
    /// `https://*`, as its beginning.
    OfScheme(Box<str>),
    /// `https://*.example.com:8443`: AWS has no such. What stands before the star, and what behind it with its dot.
    Below(Box<str>, Box<str>),
    /// This one.
    Exactly(Box<str>),
}

impl CorsRules {
    /// Compiles the rules of a definition.
    #[must_use]
    pub fn compile(cors: &Cors) -> Self {
        Self {
            origins: cors.allow_origins.iter().map(|origin| Origin::parse(origin)).collect(),
            allow_credentials: cors.allow_credentials,
            allow_headers: list(&cors.allow_headers),
            allow_methods: list(&cors.allow_methods),
            expose_headers: list(&cors.expose_headers),
            max_age: cors.max_age_seconds.map(HeaderValue::from),
        }
    }

    /// Whether pages of every origin may call, so that the answer is the same for all.
    #[must_use]
    pub fn allows_every_origin(&self) -> bool {
        self.origins.contains(&Origin::Any)
    }

    /// Whether pages of an origin may call.
    #[must_use]
    pub fn allows(&self, origin: &str) -> bool {
        self.origins.iter().any(|allowed| allowed.is(origin))
    }
}

impl Origin {
    fn parse(text: &str) -> Self {
        let text = text.trim();
        match text.split_once("://*") {
            _ if text == "*" => Self::Any,
            Some((scheme, "")) => Self::OfScheme(format!("{scheme}://").into()),
            Some((scheme, domain)) if domain.starts_with('.') => {
                Self::Below(format!("{scheme}://").into(), domain.into())
            }
            _ => Self::Exactly(text.into()),
        }
    }

    fn is(&self, origin: &str) -> bool {
        match self {
            Self::Any => true,
            Self::OfScheme(scheme) => behind(scheme, origin).is_some_and(|host| !host.is_empty()),
            Self::Below(scheme, domain) => {
                let host = behind(scheme, origin);
                let name = host.and_then(|host| host.split_at_checked(host.len().checked_sub(domain.len())?));
                name.is_some_and(|(name, below)| below.eq_ignore_ascii_case(domain) && is_name(name))
            }
            Self::Exactly(exact) => exact.eq_ignore_ascii_case(origin),
        }
    }
}

/// What stands behind the beginning of an origin.
fn behind<'o>(scheme: &str, origin: &'o str) -> Option<&'o str> {
    let (start, host) = origin.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then_some(host)
}

/// Whether a text is labels of a host name: with anything else before the dot it would be another host's path or port.
fn is_name(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    text.split('.').all(is_label)
}

fn list(items: &[String]) -> Option<HeaderValue> {
    let items: Vec<&str> = items.iter().map(|item| item.trim()).filter(|item| !item.is_empty()).collect();
    (!items.is_empty()).then(|| HeaderValue::from_str(&items.join(",")).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(origins: &[&str]) -> CorsRules {
        let allow_origins = origins.iter().map(|origin| (*origin).to_owned()).collect();
        CorsRules::compile(&Cors { allow_origins, ..Cors::default() })
    }

    #[test]
    fn origins_are_the_same_of_a_scheme_or_below_a_domain() {
        for (allowed, origin, expected) in [
            ("*", "https://a.example", true),
            ("*", "null", true),
            ("https://a.example", "https://a.example", true),
            ("https://A.example", "https://a.example", true),
            ("https://a.example", "https://a.example:8443", false),
            ("https://a.example", "http://a.example", false),
            ("https://a.example", "https://a.example.evil.example", false),
            ("https://a.example", "null", false),
            ("https://*", "https://a.example", true),
            ("https://*", "http://a.example", false),
            ("https://*", "https://", false),
            ("https://*.example.com", "https://a.example.com", true),
            ("https://*.example.com", "https://A.b.Example.com", true),
            ("https://*.example.com", "https://example.com", false),
            ("https://*.example.com", "https://.example.com", false),
            ("https://*.example.com", "https://a..example.com", false),
            ("https://*.example.com", "https://evilexample.com", false),
            ("https://*.example.com", "https://a.example.com:8443", false),
            ("https://*.example.com:8443", "https://a.example.com:8443", true),
            ("https://*.example.com", "http://a.example.com", false),
            ("https://*.example.com", "https://evil.org/.example.com", false),
            ("https://*.example.com", "https://evil.org#.example.com", false),
            ("https://*.example.com", "https://evil.org:1.example.com", false),
            ("https://*.example.com", "https://\u{e9}.example.com", false),
            ("chrome-extension://abc", "chrome-extension://abc", true),
            ("http://*", "", false),
        ] {
            assert_eq!(rules(&[allowed]).allows(origin), expected, "`{allowed}` and `{origin}`");
        }
        let several = rules(&["https://a.example", "https://b.example"]);
        assert!(several.allows("https://b.example") && !several.allows("https://c.example"));
        assert!(!several.allows_every_origin() && rules(&["https://a.example", "*"]).allows_every_origin());
        assert!(!rules(&[]).allows("https://a.example"));
    }

    #[test]
    fn lists_are_joined_and_empty_ones_say_nothing() {
        let cors = Cors {
            allow_headers: vec!["authorization".to_owned(), " x-a ".to_owned()],
            allow_methods: vec!["*".to_owned()],
            expose_headers: vec![String::new()],
            max_age_seconds: Some(-1),
            ..Cors::default()
        };
        let rules = CorsRules::compile(&cors);
        assert_eq!(rules.allow_headers.as_ref().map(HeaderValue::as_bytes), Some(&b"authorization,x-a"[..]));
        assert_eq!(rules.allow_methods.as_ref().map(HeaderValue::as_bytes), Some(&b"*"[..]));
        assert_eq!(rules.max_age.as_ref().map(HeaderValue::as_bytes), Some(&b"-1"[..]));
        assert_eq!(rules.expose_headers, None);
    }
}
