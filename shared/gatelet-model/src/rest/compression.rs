//! Codings of answers besides those of API Gateway: an option of ours, off where nothing is said.

use crate::problem::Problem;
use crate::rest::RestApiParts;

/// The tag with which a REST API says which other codings its answers may have, the one that it prefers first: `br zstd`.
const COMPRESSION_TAG: &str = "gatelet:compression";

/// A coding that API Gateway does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnCoding {
    /// Brotli.
    Brotli,
    /// Zstandard.
    Zstandard,
}

impl OwnCoding {
    fn parse(word: &str) -> Option<Self> {
        match word {
            "br" => Some(Self::Brotli),
            "zstd" => Some(Self::Zstandard),
            _ => None,
        }
    }
}

impl RestApiParts {
    /// The codings besides API Gateway's that answers may have where they are compressed at all (the tag `gatelet:compression`),
    /// the one that the API prefers first.
    pub fn own_codings(&self) -> impl Iterator<Item = OwnCoding> {
        self.own_coding_words().filter_map(OwnCoding::parse)
    }

    fn own_coding_words(&self) -> impl Iterator<Item = &str> {
        let tag = self.tags.get(COMPRESSION_TAG).map(String::as_str).unwrap_or_default();
        tag.split([' ', ',']).filter(|word| !word.is_empty())
    }

    /// What is wrong with that tag.
    pub(super) fn compression_problem(&self) -> Option<Problem> {
        let unknown = self.own_coding_words().find(|word| OwnCoding::parse(word).is_none())?;
        let message = format!("the tag `{COMPRESSION_TAG}` names the coding `{unknown}`");
        Some(Problem::error(message).help("name `br`, `zstd` or both, such as `br zstd`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::ApiId;

    #[test]
    fn a_tag_names_codings_in_the_order_of_preference() -> Result<(), Problem> {
        let mut parts = RestApiParts::new(ApiId::parse("a1b2c3d4e5")?, "a");
        let told = |parts: &RestApiParts| {
            (
                parts.own_codings().collect::<Vec<_>>(),
                parts.compression_problem().map(|problem| problem.message),
            )
        };
        assert_eq!(told(&parts), (vec![], None));
        for (tag, codings, problem) in [
            ("", vec![], None),
            ("br", vec![OwnCoding::Brotli], None),
            ("zstd br", vec![OwnCoding::Zstandard, OwnCoding::Brotli], None),
            ("br, zstd", vec![OwnCoding::Brotli, OwnCoding::Zstandard], None),
            ("br lz4", vec![OwnCoding::Brotli], Some("the tag `gatelet:compression` names the coding `lz4`")),
        ] {
            parts.tags.insert(COMPRESSION_TAG.to_owned(), tag.to_owned());
            assert_eq!(told(&parts), (codings, problem.map(str::to_owned)), "{tag}");
        }
        Ok(())
    }
}
