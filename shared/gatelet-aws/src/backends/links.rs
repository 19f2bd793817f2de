//! Where VPC links lead.

use std::collections::BTreeMap;
use std::fmt;

use gatelet_core::ports::VpcLink;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Request, Uri, header};

use super::addresses::Host;

/// The VPC links of an installation, each with the address at its end, by their ids or by the ARN of what stands there.
///
/// In AWS a link is a network interface in somebody's VPC. Here the gateway is in the network itself, and calls what stands at the
/// link's end directly.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VpcLinks(BTreeMap<Box<str>, LinkEnd>);

/// What stands at the end of a VPC link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkEnd {
    /// What the URI's own host names.
    AsNamed,
    /// An address.
    At {
        /// `http` or `https`, where it is said; else as the definition has it.
        scheme: Option<Scheme>,
        /// Its host, and its port where it is said.
        authority: Authority,
    },
}

impl VpcLinks {
    /// Reads links with commas between them: `abc123=10.0.0.7:8080, def456=https://orders.internal`. The id of a link alone says that
    /// the hosts in its URIs are names that resolve here.
    ///
    /// # Errors
    /// All that is wrong, and what to write.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut links = Self::default();
        let mut wrong = Vec::new();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let inserted = match entry.split_once('=') {
                Some((id, end)) => links.insert(id, end),
                None => links.insert_end(entry, LinkEnd::AsNamed),
            };
            wrong.extend(inserted.err());
        }
        if wrong.is_empty() { Ok(links) } else { Err(wrong.join("; ")) }
    }

    /// Adds a link, by its id or the ARN of what stands at its end: `HOST`, `HOST:PORT`, or a URL of these.
    ///
    /// # Errors
    /// What is wrong and what to write.
    pub fn insert(&mut self, id: &str, end: &str) -> Result<(), String> {
        self.insert_end(id.trim(), end.trim().parse()?)
    }

    /// The same with a link added, or led elsewhere.
    #[must_use]
    pub fn with(mut self, id: &str, end: LinkEnd) -> Self {
        self.0.insert(id.into(), end);
        self
    }

    fn insert_end(&mut self, id: &str, end: LinkEnd) -> Result<(), String> {
        if id.is_empty() {
            return Err(format!("`={end}` names no VPC link: write its id before the `=`"));
        }
        match self.0.insert(id.into(), end) {
            None => Ok(()),
            Some(_) => Err(format!("the VPC link `{id}` is there twice")),
        }
    }

    /// Whether anything is known of a link, by its id or by what stands at its end.
    #[must_use]
    pub fn knows(&self, id: &str, target: Option<&str>) -> bool {
        self.find(id, target).is_some()
    }

    fn find(&self, id: &str, target: Option<&str>) -> Option<&LinkEnd> {
        target.and_then(|target| self.0.get(target)).or_else(|| self.0.get(id))
    }

    /// Where a request to `uri` goes through a link; none where that is the URI's own host, or where nothing can be called.
    pub(super) fn led(&self, link: &VpcLink, uri: &Uri) -> Option<Uri> {
        let mut request = Request::new(());
        *request.uri_mut() = uri.clone();
        self.lead(link, &mut request).ok()?;
        Some(std::mem::take(request.uri_mut())).filter(|led| led != uri)
    }

    /// Sends a request to the end of its link. Whom it is meant for stays its `Host`.
    ///
    /// `Ok` is the name that the backend's certificate must bear, where the request's URI does not say it any more, and whether the
    /// installation itself says that the link leads there.
    ///
    /// # Errors
    /// Why nothing can be called.
    pub(super) fn lead<B>(
        &self,
        link: &VpcLink,
        request: &mut Request<B>,
    ) -> Result<(Option<Box<str>>, bool), String> {
        let (scheme, end) = match self.find(&link.id, link.target.as_deref()) {
            Some(LinkEnd::At { scheme, authority }) => (scheme.clone(), authority.clone()),
            Some(LinkEnd::AsNamed) if link.names_host => return Ok((None, true)),
            None if link.names_host => return Ok((None, false)),
            _ => return Err(unknown(link)),
        };
        let mut uri = std::mem::take(request.uri_mut()).into_parts();
        let meant = uri.authority.take();
        if link.names_host
            && end.port().is_none()
            && let Some(port) = meant.as_ref().and_then(Authority::port)
        {
            let with_port = format!("{end}:{port}");
            uri.authority = with_port.parse().ok();
        }
        uri.authority.get_or_insert(end);
        // Whoever says where the link leads knows how it is spoken there: what is encrypted by their word never goes in clear text.
        uri.scheme = scheme.or(uri.scheme);
        uri.path_and_query.get_or_insert(PathAndQuery::from_static("/"));
        *request.uri_mut() = Uri::from_parts(uri).map_err(|error| error.to_string())?;
        let Some(meant) = meant else { return Ok((None, true)) };
        if !request.headers().contains_key(header::HOST)
            && let Ok(host) = HeaderValue::from_str(meant.as_str())
        {
            request.headers_mut().insert(header::HOST, host);
        }
        Ok((link.names_host.then(|| meant.host().into()), true))
    }
}

fn unknown(link: &VpcLink) -> String {
    let (id, target) = (&link.id, link.target.as_deref().unwrap_or_default());
    format!(
        "it is not known where the VPC link `{id}` leads: give the address of `{target}` under `[vpc_links]` in dev.toml, with \
         `--vpc-link {id}=HOST:PORT`, or in AWS in the router's variable `GATELET_VPC_LINKS`"
    )
}

impl std::str::FromStr for LinkEnd {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let malformed = || {
            format!(
                "`{text}` is no address: write one such as `10.0.0.7:8080`, `orders.internal` or `https://orders.internal`"
            )
        };
        let (scheme, rest) = match text.split_once("://") {
            None => (None, text),
            Some(("http", rest)) => (Some(Scheme::HTTP), rest),
            Some(("https", rest)) => (Some(Scheme::HTTPS), rest),
            Some(_) => return Err(malformed()),
        };
        let authority: Authority = rest.strip_suffix('/').unwrap_or(rest).parse().map_err(|_| malformed())?;
        let port = authority.as_str().get(authority.host().len()..).unwrap_or_default();
        let is_port = port.is_empty() || authority.port_u16().is_some_and(|port| port > 0);
        if !is_port || authority.as_str().contains('@') || Host::parse(authority.host()).is_err() {
            return Err(malformed());
        }
        Ok(Self::At { scheme, authority })
    }
}

impl fmt::Display for LinkEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AsNamed => Ok(()),
            Self::At { scheme: None, authority } => authority.fmt(f),
            Self::At { scheme: Some(scheme), authority } => write!(f, "{scheme}://{authority}"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn led(
        links: &str,
        link: &VpcLink,
        uri: &str,
    ) -> Result<(String, Option<String>, Option<String>), String> {
        let mut request = Request::get(uri).body(()).unwrap();
        let (name, _) = VpcLinks::parse(links).unwrap().lead(link, &mut request)?;
        let host = request.headers().get("host").map(|host| host.to_str().unwrap().to_owned());
        Ok((request.uri().to_string(), host, name.map(Into::into)))
    }

    fn rest(target: Option<&str>) -> VpcLink {
        VpcLink { id: "abc".into(), target: target.map(Into::into), names_host: true }
    }

    #[test]
    fn a_uri_that_names_its_host_keeps_it_as_the_name_behind_the_address() {
        let uri = "https://orders.internal:8443/a?b";
        let host = Some("orders.internal:8443".to_owned());
        let name = Some("orders.internal".to_owned());
        let to = |uri: &str| Ok((uri.to_owned(), host.clone(), name.clone()));
        assert_eq!(led("abc=10.0.0.1", &rest(None), uri), to("https://10.0.0.1:8443/a?b"));
        assert_eq!(led("abc=https://10.0.0.1:81", &rest(None), uri), to("https://10.0.0.1:81/a?b"));
        assert_eq!(
            led("abc=10.0.0.1:1, arn:x=10.0.0.2:2", &rest(Some("arn:x")), uri),
            to("https://10.0.0.2:2/a?b")
        );
        for nothing in ["", "other=10.0.0.1", "abc"] {
            assert_eq!(led(nothing, &rest(None), uri), Ok((uri.to_owned(), None, None)), "{nothing}");
        }
    }

    #[test]
    fn an_address_with_a_scheme_is_spoken_to_in_that_way_whatever_the_uri_says() {
        let name = Some("orders.internal".to_owned());
        for (end, uri, called) in [
            ("https://10.0.0.1", "http://orders.internal/a", "https://10.0.0.1/a"),
            ("https://10.0.0.1:444", "http://orders.internal:81/a", "https://10.0.0.1:444/a"),
            ("http://10.0.0.1", "https://orders.internal/a", "http://10.0.0.1/a"),
            ("10.0.0.1", "https://orders.internal/a", "https://10.0.0.1/a"),
        ] {
            let (led, _, meant) = led(&format!("abc={end}"), &rest(None), uri).unwrap();
            assert_eq!((led.as_str(), &meant), (called, &name), "{end} {uri}");
        }
    }

    #[test]
    fn it_is_told_where_a_link_leads() {
        let links = VpcLinks::parse("abc=https://10.0.0.1:444, named").unwrap();
        let led = |id: &str, names_host: bool| {
            let link = VpcLink { id: id.into(), target: None, names_host };
            links.led(&link, &Uri::from_static("http://orders.internal/a?b")).map(|uri| uri.to_string())
        };
        assert_eq!(led("abc", true).as_deref(), Some("https://10.0.0.1:444/a?b"));
        assert_eq!(led("abc", false).as_deref(), Some("https://10.0.0.1:444/a?b"));
        assert_eq!([led("named", true), led("other", true), led("other", false)], [None, None, None]);
    }

    #[test]
    fn a_listener_must_be_known() {
        let link = VpcLink { id: "abc".into(), target: Some("arn:l".into()), names_host: false };
        let uri = "http://api.execute-api.localhost/dev/x";
        let host = Some("api.execute-api.localhost".to_owned());
        assert_eq!(led("arn:l=lb:81", &link, uri), Ok(("http://lb:81/dev/x".to_owned(), host.clone(), None)));
        assert_eq!(led("abc=https://lb", &link, uri), Ok(("https://lb/dev/x".to_owned(), host, None)));
        for unknown in ["", "abc", "other=lb"] {
            let why = led(unknown, &link, uri).unwrap_err();
            assert!(why.contains("`abc`") && why.contains("`arn:l`"), "{why}");
        }
    }

    #[test]
    fn what_is_no_address_is_said() {
        for text in ["a=", "a=h:0", "a=h:x", "a=u@h", "a=ftp://h", "a=h/p", "=h", "a=h,a=i", "a=256.0.0.1"] {
            assert!(VpcLinks::parse(text).is_err(), "{text}");
        }
        let why = VpcLinks::parse("a=h:0, b=h, c=u@h").unwrap_err();
        assert!(why.contains("`h:0`") && why.contains("`u@h`"), "{why}");
    }
}
