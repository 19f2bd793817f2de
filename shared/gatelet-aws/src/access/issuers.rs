//! Issuers that are reached under another name than tokens have.

use std::collections::BTreeMap;

use http::Uri;
use http::uri::Scheme;

use crate::backends::is_this_machine;
use crate::environment::parse_endpoint;

/// An issuer as tokens name it, and where its key set is.
pub type KeySetUrl = (String, String);

/// Reads `issuer=url`, such as `https://cognito-idp.eu-west-1.amazonaws.com/pool=http://127.0.0.1:5000/pool/.well-known/jwks.json`.
///
/// An issuer may hold a `=` itself: what stands behind the first one that a URL follows is the key set's.
///
/// # Errors
/// What is wrong with it and what to write.
pub fn parse_key_set_url(text: &str) -> Result<KeySetUrl, String> {
    let is_url = |text: &str| text.starts_with("http://") || text.starts_with("https://");
    let mut divisions = text.match_indices('=').map(|(at, _)| text.split_at(at));
    let divided = divisions.find(|(_, url)| url.strip_prefix('=').is_some_and(is_url));
    let Some((issuer, url)) = divided.filter(|(issuer, _)| !issuer.is_empty()) else {
        return Err(format!(
            "`{text}` is not an issuer and the URL of its key set: write `ISSUER=URL`, such as \
             `https://id.example.com=http://127.0.0.1:5000/jwks.json`"
        ));
    };
    if issuer.contains(|character: char| character.is_whitespace() || character.is_control()) {
        return Err(format!("`{issuer}` is no issuer: write what the tokens' claim `iss` says"));
    }
    let url = url.trim_start_matches('=');
    let (bare, _) = url.split_once('?').unwrap_or((url, ""));
    parse_endpoint(bare)?;
    url.parse::<http::Uri>().map_err(|_| format!("`{url}` is not a URL"))?;
    Ok((issuer.to_owned(), url.to_owned()))
}

/// Reads a list of them, with commas between.
///
/// # Errors
/// What is wrong with the first that is not one, or an issuer that stands twice.
pub fn parse_key_set_urls(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut urls = BTreeMap::new();
    for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        let (issuer, url) = parse_key_set_url(entry)?;
        if urls.insert(issuer.clone(), url).is_some() {
            return Err(format!("the issuer `{issuer}` stands twice: name each once"));
        }
    }
    Ok(urls)
}

/// Whether what a URL leads to is read over plain HTTP from another machine, so that others could change it on its way.
#[must_use]
pub fn is_in_the_clear(url: &str) -> bool {
    let uri = url.parse::<Uri>().ok().filter(|uri| uri.scheme() == Some(&Scheme::HTTP));
    uri.as_ref().and_then(Uri::host).is_some_and(|host| !is_this_machine(host))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn an_issuer_and_its_key_set_are_told_apart() {
        for (text, issuer, url) in [
            ("https://a.example=https://b.example/jwks", "https://a.example", "https://b.example/jwks"),
            ("https://a.example/?x=y=http://[::1]:1/k?v=1", "https://a.example/?x=y", "http://[::1]:1/k?v=1"),
            ("accounts=http://127.0.0.1:1/", "accounts", "http://127.0.0.1:1/"),
        ] {
            assert_eq!(parse_key_set_url(text).unwrap(), (issuer.to_owned(), url.to_owned()));
        }
        for text in [
            "",
            "https://a.example",
            "=https://b.example/",
            "https://a.example=b.example",
            "https://a.example=ftp://b.example",
            "https://a.example=https://",
            "https://a.example=https://user:secret@b.example/",
            "a b=https://b.example/",
            "a=https://b example/",
        ] {
            assert!(parse_key_set_url(text).is_err(), "{text}");
        }
    }

    #[test]
    fn plain_http_to_another_machine_is_in_the_clear() {
        for url in
            ["http://10.0.0.1/k", "http://id.example:80/k", "HTTP://id.example/", "http://localhost.example/"]
        {
            assert!(is_in_the_clear(url), "{url}");
        }
        for url in [
            "https://id.example/k",
            "http://127.0.0.1:5000/k",
            "http://127.1/k",
            "http://[::1]/k",
            "http://[::ffff:127.0.0.1]/k",
            "http://LOCALHOST:1/k",
            "http://id.localhost./k",
        ] {
            assert!(!is_in_the_clear(url), "{url}");
        }
    }

    #[test]
    fn a_list_names_each_issuer_once() {
        let urls = parse_key_set_urls(" a=http://x/1 ,b=https://y/2,").unwrap();
        assert_eq!(
            urls.into_iter().collect::<Vec<_>>(),
            [("a".to_owned(), "http://x/1".to_owned()), ("b".to_owned(), "https://y/2".to_owned()),]
        );
        let error = parse_key_set_urls("a=http://x/1,a=http://x/2").unwrap_err();
        assert_eq!(error, "the issuer `a` stands twice: name each once");
    }
}
