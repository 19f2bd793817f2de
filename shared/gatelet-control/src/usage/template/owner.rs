//! Whose keys and plans are: which template's.

use std::collections::BTreeSet;
use std::fmt;

use gatelet_model::ApiId;

/// Stands between the file and the ids of its APIs, which hold none.
const BEFORE_APIS: char = '#';
/// Stands between two ids.
const BETWEEN_APIS: char = ',';

/// A template as the owner of keys and plans: its file, and the APIs that it defines. The file alone would not do: every other
/// project has a `template.yaml`. A template that gets or loses an API stays the same as long as it keeps another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateOwner {
    file: String,
    apis: BTreeSet<ApiId>,
}

impl TemplateOwner {
    /// The template in a file, with its APIs.
    #[must_use]
    pub fn new(file: &str, apis: impl IntoIterator<Item = ApiId>) -> Self {
        Self { file: file.to_owned(), apis: apis.into_iter().collect() }
    }

    /// Reads what is stored with a key or plan.
    pub(in crate::usage) fn read(stored: &str) -> Self {
        let Some((file, apis)) = stored.rsplit_once(BEFORE_APIS) else { return Self::new(stored, []) };
        Self::new(file, apis.split(BETWEEN_APIS).filter_map(|id| ApiId::parse(id).ok()))
    }

    /// What is stored with a key or plan.
    pub(super) fn stored(&self) -> String {
        let apis: Vec<&str> = self.apis.iter().map(ApiId::as_str).collect();
        format!("{}{BEFORE_APIS}{}", self.file, apis.join(&BETWEEN_APIS.to_string()))
    }

    /// Its file.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Whether what is stored is this template's.
    pub(super) fn has(&self, stored: Option<&str>) -> bool {
        let Some(other) = stored.map(Self::read) else { return false };
        self.file == other.file
            && (!self.apis.is_disjoint(&other.apis) || (self.apis.is_empty() && other.apis.is_empty()))
    }
}

impl fmt::Display for TemplateOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.file.escape_debug())?;
        let apis: Vec<&str> = self.apis.iter().map(ApiId::as_str).collect();
        match apis.as_slice() {
            [] => Ok(()),
            [api] => write!(f, " with the API `{api}`"),
            apis => write!(f, " with the APIs `{}`", apis.join("`, `")),
        }
    }
}
