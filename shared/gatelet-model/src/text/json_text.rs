//! JSON that is kept as its author wrote it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// A text that is known to be JSON: a schema, a policy. Compiled by whoever uses it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JsonText(Box<str>);

impl JsonText {
    /// Checks that the text is JSON.
    ///
    /// # Errors
    /// A [`Problem`] with the line and column inside the text.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        match serde_json::from_str::<serde::de::IgnoredAny>(text) {
            Ok(_) => Ok(Self(text.into())),
            Err(error) => Err(Problem::error(format!("this is not JSON: {error}"))),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JsonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for JsonText {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).map_err(|problem| problem.to_string())
    }
}

impl From<JsonText> for String {
    fn from(text: JsonText) -> Self {
        text.0.into()
    }
}
