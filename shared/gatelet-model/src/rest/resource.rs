//! Resources and their methods.

use std::fmt;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::authorizer::Authorization;
use crate::integration::Integration;
use crate::problem::Problem;
use crate::text::PathTemplate;
use crate::text::{MethodKey, PartId, StatusCode, shortened};

/// One node of the resource tree
/// (<https://docs.aws.amazon.com/apigateway/latest/api/API_Resource.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// Its id, `$context.resourceId`.
    pub id: PartId,
    /// Its path, `$context.resourcePath`.
    pub path: PathTemplate,
    /// Its methods; none where it only holds children.
    pub methods: IndexMap<MethodKey, Method>,
}

/// One method of a resource
/// (<https://docs.aws.amazon.com/apigateway/latest/api/API_Method.html>).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Method {
    /// What is asked of the caller.
    pub authorization: Authorization,
    /// Whether an API key is asked for.
    pub api_key_required: bool,
    /// The validator's name.
    pub request_validator: Option<String>,
    /// A name for generated clients.
    pub operation_name: Option<String>,
    /// `method.request.querystring.page` → whether it is required.
    pub request_parameters: IndexMap<String, bool>,
    /// Models by content type.
    pub request_models: IndexMap<String, ModelName>,
    /// The answers that are declared.
    pub responses: Vec<MethodResponse>,
    /// What stands behind; a method without one cannot be deployed on AWS.
    pub integration: Option<Integration>,
}

/// A declared answer of a method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MethodResponse {
    /// Its status.
    pub status_code: StatusCode,
    /// `method.response.header.X` → whether it is required (which AWS does not enforce).
    pub parameters: IndexMap<String, bool>,
    /// Models by content type.
    pub models: IndexMap<String, ModelName>,
}

/// What is held against a method's declarations before the integration is asked
/// (<https://docs.aws.amazon.com/apigateway/latest/api/API_RequestValidator.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestValidator {
    /// Its name.
    pub name: String,
    /// Whether bodies are held against the models.
    pub validate_request_body: bool,
    /// Whether required parameters must be there.
    pub validate_request_parameters: bool,
}

/// A model's name: letters and digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelName(Box<str>);

impl ModelName {
    /// Checks the characters.
    ///
    /// # Errors
    /// A [`Problem`] where one is neither a letter nor a digit.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            Ok(Self(text.into()))
        } else {
            Err(Problem::error(format!("`{}` is not a model's name", shortened(text)))
                .help("letters and digits alone"))
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether every REST API has it without defining it.
    #[must_use]
    pub fn is_built_in(&self) -> bool {
        matches!(&*self.0, "Empty" | "Error")
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ModelName {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).map_err(|problem| problem.to_string())
    }
}

impl From<ModelName> for String {
    fn from(name: ModelName) -> Self {
        name.0.into()
    }
}
