//! Ids that follow from what they name: an imported API keeps its URL across restarts, and equal content is one deployment.
//!
//! The control plane's own ids are random and come from the edge; nothing here is used for them.

use std::collections::BTreeSet;

use gatelet_model::{Api, ApiId, FORMAT, PartId, Problem};
use sha2::{Digest, Sha256};

/// Length of a part's id: AWS has 6 or 7 characters for resources, routes, integrations and authorizers.
const PART_ID_CHARACTERS: usize = 7;

/// Length of a deployment's id. It is an address by content, so two contents must never share one:
/// 26 characters hold 130 bits.
const DEPLOYMENT_ID_CHARACTERS: usize = 26;

/// The id of an API that a file defines. `logical_id` is its name inside the file: empty for a file that is one API.
#[must_use]
pub fn api_id(file: &str, logical_id: &str) -> ApiId {
    ApiId::from_digest(&digest(&["api", file, logical_id]))
}

/// The id of a part that a template names, as long as AWS's.
#[must_use]
pub fn part_id(file: &str, logical_id: &str) -> PartId {
    PartId::from_digest(&digest(&["part", file, logical_id]), PART_ID_CHARACTERS)
}

/// The id of a deployment: the hash of the API in its stored form.
///
/// # Errors
/// A [`Problem`] where the API has no stored form, which no API has that went through its constructor.
pub fn deployment_id(api: &Api) -> Result<PartId, Problem> {
    stored_form(api).map(|stored| content_id(&stored))
}

/// An API in its stored form: what a store keeps of a deployment, to the byte.
///
/// # Errors
/// A [`Problem`] where there is none, which happens to no API that went through its constructor.
pub fn stored_form(api: &Api) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(api)
        .map_err(|error| Problem::error(format!("the API `{}` cannot be stored: {error}", api.name())))
}

/// The id of a deployment by its API's stored form. The number of the format goes in: the same bytes in another
/// format are another content.
#[must_use]
pub fn content_id(stored: &[u8]) -> PartId {
    let mut hash = Sha256::new();
    hash.update(FORMAT.to_be_bytes());
    hash.update(stored);
    PartId::from_digest(&hash.finalize().into(), DEPLOYMENT_ID_CHARACTERS)
}

/// Hands out the ids of one API's parts. Short ids may fall together: then the later part gets another one.
#[derive(Debug, Clone)]
pub struct PartIds<'a> {
    api: &'a ApiId,
    taken: BTreeSet<PartId>,
}

impl<'a> PartIds<'a> {
    /// For an API of which no part has an id yet.
    #[must_use]
    pub const fn new(api: &'a ApiId) -> Self {
        Self { api, taken: BTreeSet::new() }
    }

    /// The id of a part: of what kind it is (`resource`, `route`, ...) and what tells it from others of its kind.
    pub fn take(&mut self, kind: &str, name: &str) -> PartId {
        let mut attempt = String::new();
        loop {
            let digest = digest(&[self.api.as_str(), kind, name, &attempt]);
            let id = PartId::from_digest(&digest, PART_ID_CHARACTERS);
            if self.taken.insert(id.clone()) {
                return id;
            }
            attempt.push('+');
        }
    }
}

/// Each text goes in with its length, so that no two lists of texts look alike.
fn digest(texts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use gatelet_model::v2::{HttpApi, HttpApiParts};

    use super::*;

    #[test]
    fn ids_follow_from_names_and_look_like_those_of_aws() {
        let id = api_id("petstore.yaml", "");
        assert_eq!(id, api_id("petstore.yaml", ""));
        assert_ne!(id, api_id("petstore.yaml", "Other"));
        assert_ne!(api_id("ab", "c"), api_id("a", "bc"));
        assert_eq!(id.as_str().len(), 10);
        assert!(id.as_str().starts_with(|first: char| first.is_ascii_lowercase()));
    }

    #[test]
    fn parts_of_one_api_never_share_an_id() {
        let api = api_id("large.yaml", "");
        let mut ids = PartIds::new(&api);
        let all: BTreeSet<_> = (0..20_000).map(|n| ids.take("resource", &format!("/{n}"))).collect();
        assert_eq!(all.len(), 20_000);
        let mut again = PartIds::new(&api);
        assert_ne!(again.take("resource", "/"), again.take("resource", "/"), "the same name a second time");
    }

    #[test]
    fn a_deployment_is_named_by_its_content() -> Result<(), Box<dyn std::error::Error>> {
        let named = |name: &str| -> Result<PartId, Box<dyn std::error::Error>> {
            let api = HttpApi::new(HttpApiParts::new(api_id("a.yaml", ""), name)).map_err(|_| "no API")?;
            Ok(deployment_id(&Api::Http(api)).map_err(|problem| problem.message)?)
        };
        assert_eq!(named("pets")?, named("pets")?);
        assert_ne!(named("pets")?, named("cats")?);
        assert_eq!(named("pets")?.as_str().len(), DEPLOYMENT_ID_CHARACTERS);
        Ok(())
    }
}
