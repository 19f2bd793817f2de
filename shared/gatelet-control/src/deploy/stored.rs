//! A deployment as it is stored: bytes, and the id that follows from them.

use gatelet_model::{Api, ApiId, Deployment, PartId};

use super::DeployError;
use crate::identity;

/// Largest stored form of an API. Ours: ten times what AWS imports.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>
pub const STORED_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A deployment as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDeployment {
    /// Its id, which follows from the content.
    pub id: PartId,
    /// The API that it is of.
    pub api_id: ApiId,
    /// Why it was first made.
    pub description: Option<String>,
    /// The API in its stored form.
    pub content: Vec<u8>,
}

/// Why stored bytes are not the deployment that they should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unopenable {
    /// They are other bytes than those that were stored.
    #[error("the content of the deployment `{id}` has been altered")]
    Altered {
        /// The deployment's id.
        id: PartId,
    },
    /// They are no API.
    #[error("the content of the deployment `{id}` is no API of this version: {why}")]
    NoApi {
        /// The deployment's id.
        id: PartId,
        /// What is wrong.
        why: String,
    },
}

impl StoredDeployment {
    /// An API to be stored.
    ///
    /// # Errors
    /// A [`DeployError`] where it is too large or has no stored form.
    pub fn new(api: &Api, description: Option<String>) -> Result<Self, DeployError> {
        let content = identity::stored_form(api).map_err(DeployError::NotStorable)?;
        if content.len() > STORED_BYTES_MAX {
            return Err(DeployError::TooLarge { api: api.name().to_owned(), bytes: content.len() });
        }
        Ok(Self { id: identity::content_id(&content), api_id: api.id().clone(), description, content })
    }

    /// Whether the content is what its id says.
    ///
    /// # Errors
    /// [`Unopenable::Altered`] where it is not.
    pub fn verify(&self) -> Result<(), Unopenable> {
        if identity::content_id(&self.content) == self.id {
            Ok(())
        } else {
            Err(Unopenable::Altered { id: self.id.clone() })
        }
    }

    /// Reads the API out of it.
    ///
    /// # Errors
    /// [`Unopenable`] where the content was altered or is none of ours.
    pub fn open(self) -> Result<Deployment, Unopenable> {
        self.verify()?;
        match serde_json::from_slice(&self.content) {
            Ok(api) => Ok(Deployment { id: self.id, description: self.description, api }),
            Err(error) => Err(Unopenable::NoApi { id: self.id, why: error.to_string() }),
        }
    }
}
