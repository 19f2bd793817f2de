//! Where a backend is: a URI with values of the request in its path and query, never in its scheme or host.

use gatelet_languages::uri::{UriPart, UriTemplate};
use gatelet_model::StageVariables;
use http::Uri;
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::payload::{CanonicalPath, PathError};

/// What is escaped in a value that becomes part of a path and is not yet escaped: all but unreserved characters.
const PATH_VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What is escaped besides in a value that stands in the URI's own query, which may be escaped already: what would end it there and begin
/// another parameter, or would be read as a space.
const QUERY_VALUE: &AsciiSet = &CONTROLS.add(b'&').add(b'=').add(b'+').add(b';').add(b'#').add(b'?');

/// A compiled integration URI.
#[derive(Debug)]
pub struct Target {
    /// `http://host:port`, fixed when the snapshot is compiled.
    origin: String,
    /// The path, with `{name}` where values stand.
    path: Vec<Piece>,
    /// The query, likewise; none where the URI has none.
    query: Option<Vec<Piece>>,
}

#[derive(Debug)]
enum Piece {
    Text(Box<str>),
    Value(Box<str>),
}

/// Why a request gives no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// The URI has a placeholder that no mapping and no path parameter fills.
    #[error("the URI's `{{{0}}}` has no value: map `integration.request.path.{0}`")]
    Unfilled(Box<str>),
    /// What came out is not a URI.
    #[error("what the mappings make of the URI is not one: {0}")]
    NotAUri(String),
}

impl Target {
    /// Compiles a URI for a stage with these variables.
    ///
    /// # Errors
    /// What is wrong with it, for the author.
    pub fn compile(uri: &str, variables: &StageVariables) -> Result<Self, String> {
        let template = UriTemplate::parse(uri).map_err(|error| format!("the URI `{uri}`: {error}"))?;
        let template = template
            .render_stage_variables(|name| variables.get(name).map(String::as_str))
            .map_err(|error| format!("the URI `{uri}`: {error}"))?;
        let mut pieces: Vec<Piece> = template
            .parts()
            .iter()
            .map(|part| match part {
                UriPart::Placeholder(name) => Piece::Value(name.clone()),
                UriPart::Text(text) | UriPart::StageVariable(text) => Piece::Text(text.clone()),
            })
            .collect();
        let Some(Piece::Text(first)) = pieces.first() else {
            return Err(format!("the URI `{uri}` does not begin with `http://` or `https://`"));
        };
        let scheme = ["http://", "https://"]
            .into_iter()
            .find(|scheme| first.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
        let Some(scheme) = scheme else {
            return Err(format!("the URI `{uri}` does not begin with `http://` or `https://`"));
        };
        let after = first.get(scheme.len()..).unwrap_or_default();
        let host_length = after.find(['/', '?']).unwrap_or(after.len());
        let host = after.get(..host_length).unwrap_or_default().to_owned();
        let origin = format!("{scheme}{host}");
        let rest: Box<str> = after.get(host_length..).unwrap_or_default().into();
        // A placeholder right behind the host would let a request choose it.
        if rest.is_empty() && pieces.len() > 1 {
            return Err(format!("the URI `{uri}` has a placeholder in its host"));
        }
        if host.is_empty() || origin.parse::<Uri>().is_err() || host.contains('@') {
            return Err(format!("the URI `{uri}` has no host that can be called"));
        }
        if let Some(first) = pieces.first_mut() {
            *first = Piece::Text(rest);
        }
        let (path, query) = split_query(pieces);
        Ok(Self { origin, path, query })
    }

    /// The address for one request: the URI with its values, or with `replaced` for its path, `appended` behind the
    /// path, and the URI's own query before the request's.
    ///
    /// # Errors
    /// A [`TargetError`] where a placeholder has no value or no URI comes out.
    pub fn render(
        &self,
        values: &[(&str, String)],
        replaced: Option<&str>,
        appended: &str,
        query: &str,
    ) -> Result<Uri, TargetError> {
        let mut text = String::with_capacity(self.origin.len() + appended.len() + query.len() + 64);
        text.push_str(&self.origin);
        match replaced {
            Some(path) => {
                if !path.starts_with('/') {
                    text.push('/');
                }
                text.push_str(path);
            }
            None => {
                fill(&mut text, &self.path, String::push_str, values)?;
                if !appended.is_empty() {
                    if text.ends_with('/') {
                        text.pop();
                    }
                    text.push_str(appended);
                }
            }
        }
        let mut separator = '?';
        if let Some(own) = &self.query {
            text.push(separator);
            fill(&mut text, own, |text, value| text.extend(utf8_percent_encode(value, QUERY_VALUE)), values)?;
            separator = '&';
        }
        if !query.is_empty() {
            text.push(separator);
            text.push_str(query);
        }
        let uri: Uri =
            text.parse().map_err(|error: http::uri::InvalidUri| TargetError::NotAUri(error.to_string()))?;
        let fixed = uri.authority().is_some_and(|authority| self.origin.ends_with(authority.as_str()));
        if values.iter().any(|(_, value)| !value.is_empty()) && has_dot_segment(uri.path()) {
            return Err(TargetError::NotAUri("a value of the request is a `.` or `..` segment".to_owned()));
        }
        if fixed {
            Ok(uri)
        } else {
            Err(TargetError::NotAUri("a value of the request changed its host".to_owned()))
        }
    }
}

/// Whether a backend that undoes escapes or drops path parameters could walk up the path.
fn has_dot_segment(path: &str) -> bool {
    path.contains('.') && CanonicalPath::parse(path).is_err_and(|error| error == PathError::DotSegment)
}

/// Escapes a value of the request so that it stays within one segment of a path.
#[must_use]
pub fn escaped_value(value: &str) -> String {
    utf8_percent_encode(value, PATH_VALUE).to_string()
}

fn split_query(pieces: Vec<Piece>) -> (Vec<Piece>, Option<Vec<Piece>>) {
    let mut path = Vec::new();
    let mut query: Option<Vec<Piece>> = None;
    for piece in pieces {
        match (&mut query, piece) {
            (Some(query), piece) => query.push(piece),
            (None, Piece::Text(text)) => match text.split_once('?') {
                Some((before, after)) => {
                    path.push(Piece::Text(before.into()));
                    query = Some(vec![Piece::Text(after.into())]);
                }
                None => path.push(Piece::Text(text)),
            },
            (None, value) => path.push(value),
        }
    }
    (path, query)
}

fn fill(
    text: &mut String,
    pieces: &[Piece],
    push: impl Fn(&mut String, &str),
    values: &[(&str, String)],
) -> Result<(), TargetError> {
    for piece in pieces {
        match piece {
            Piece::Text(piece) => text.push_str(piece),
            Piece::Value(name) => match values.iter().find(|(other, _)| **other == **name) {
                Some((_, value)) => push(text, value),
                None => return Err(TargetError::Unfilled(name.clone())),
            },
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn target(uri: &str) -> Result<Target, String> {
        let variables = StageVariables::new([("host".to_owned(), "backend:81".to_owned())]).unwrap();
        Target::compile(uri, &variables)
    }

    #[test]
    fn values_fill_path_and_query_and_nothing_else() {
        let values = [("id", escaped_value("a/b?c")), ("p", "x/y%20z".to_owned())];
        let render = |uri: &str, query: &str| {
            target(uri).unwrap().render(&values, None, "", query).unwrap().to_string()
        };
        assert_eq!(render("http://h/pets/{id}", ""), "http://h/pets/a%2Fb%3Fc");
        assert_eq!(render("https://h:8443/{p}?a={id}", "b=2"), "https://h:8443/x/y%20z?a=a%2Fb%3Fc&b=2");
        assert_eq!(render("http://h?a=1", "b=2"), "http://h/?a=1&b=2");
        assert_eq!(render("http://${stageVariables.host}/x", "b"), "http://backend:81/x?b");
    }

    #[test]
    fn no_value_adds_parameters_to_the_query() {
        let target = target("http://h/{id};{id}/x?id={id}&role=user").unwrap();
        let values = [("id", "1&role=admin;a+b%26#c".to_owned())];
        assert_eq!(
            target.render(&values[..], Some("/x"), "", "last=1").unwrap().to_string(),
            "http://h/x?id=1%26role%3Dadmin%3Ba%2Bb%26%23c&role=user&last=1"
        );
        let values = [("id", "1&a=b".to_owned())];
        assert_eq!(
            target.render(&values, None, "", "").unwrap().to_string(),
            "http://h/1&a=b;1&a=b/x?id=1%26a%3Db&role=user"
        );
    }

    #[test]
    fn no_value_walks_up_the_path() {
        let target = target("http://h/v1/{a}{b}/admin").unwrap();
        let render = |a: &str, b: &str| {
            target.render(&[("a", escaped_value(a)), ("b", escaped_value(b))], None, "", "").is_ok()
        };
        assert!(render("a", "..b") && render("v1.2", "") && render("a..", "z"));
        for (a, b) in [("..", ""), (".", "."), (".", ""), ("../x", ""), ("..;", "x"), ("x/..", "")] {
            assert!(!render(a, b), "{a} {b}");
        }
    }

    #[test]
    fn paths_are_replaced_or_appended() {
        let target = target("http://h/base/").unwrap();
        assert_eq!(target.render(&[], Some("/new"), "", "q=1").unwrap().to_string(), "http://h/new?q=1");
        assert_eq!(target.render(&[], None, "/a/b", "").unwrap().to_string(), "http://h/base/a/b");
    }

    #[test]
    fn hosts_never_come_from_a_request() {
        for uri in [
            "http://{host}/",
            "http://h{x}/",
            "{all}",
            "ftp://h/",
            "http:///x",
            "http://",
            "http://u@h/",
            "h/x",
        ] {
            assert!(target(uri).is_err(), "{uri}");
        }
        let hostile = [("p", "@evil/".to_owned())];
        assert!(target("http://h/{p}").unwrap().render(&hostile, None, "", "").is_ok());
        assert_eq!(
            target("http://h/{q}").unwrap().render(&[], None, "", ""),
            Err(TargetError::Unfilled("q".into()))
        );
    }
}
