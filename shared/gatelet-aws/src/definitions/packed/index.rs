//! What stands in a packed file, by name.

use std::collections::BTreeSet;

use gatelet_model::{AccountId, ApiId, DomainName, PartId, Region, Stage};
use serde::{Deserialize, Serialize};

use super::{INDEX_BYTES_MAX, PackError, PackingError, STORED_BYTES_MAX, compress, damaged, decompress};

/// The index. The contents follow it in the order of its APIs.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Index {
    pub(super) apis: Vec<IndexedApi>,
    pub(super) domains: Vec<DomainName>,
}

/// An API in the index.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IndexedApi {
    pub(super) id: ApiId,
    pub(super) account: AccountId,
    pub(super) region: Region,
    pub(super) stages: Vec<Stage>,
    pub(super) deployment_id: PartId,
    pub(super) description: Option<String>,
    /// Size of the content.
    pub(super) bytes: usize,
    /// Size of the content in the file.
    pub(super) compressed_bytes: usize,
}

impl Index {
    pub(super) fn read(compressed: &[u8], bytes: usize) -> Result<Self, PackError> {
        if bytes > INDEX_BYTES_MAX {
            return Err(damaged(format!("its index is larger than {INDEX_BYTES_MAX} bytes")));
        }
        let bytes = decompress(compressed, bytes).map_err(damaged)?;
        let index: Self = serde_json::from_slice(&bytes)
            .map_err(|error| damaged(format!("its index cannot be read: {error}")))?;
        if index.apis.iter().any(|api| api.bytes > STORED_BYTES_MAX) {
            return Err(damaged(format!("an API in it is larger than {STORED_BYTES_MAX} bytes")));
        }
        index.unique().map_err(|error| damaged(error.to_string()))?;
        Ok(index)
    }

    /// The size of the index, and the index compressed.
    pub(super) fn written(&self) -> Result<(u32, Vec<u8>), PackingError> {
        let bytes = serde_json::to_vec(self).map_err(|error| PackingError::Compression(error.into()))?;
        if bytes.len() > INDEX_BYTES_MAX {
            return Err(PackingError::TooLarge { bytes: bytes.len() });
        }
        Ok((length(bytes.len())?, compress(&bytes).map_err(PackingError::Compression)?))
    }

    /// Checks that every name stands for one thing.
    pub(super) fn unique(&self) -> Result<(), PackingError> {
        let mut ids = BTreeSet::new();
        for api in &self.apis {
            if !ids.insert(&api.id) {
                return Err(PackingError::Twice(api.id.clone()));
            }
            all_differ(api.stages.iter().map(|stage| stage.name().as_str()))?;
        }
        all_differ(self.domains.iter().map(|domain| domain.name.as_str()))
    }
}

fn all_differ<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), PackingError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(PackingError::NameTwice(name.to_owned()));
        }
    }
    Ok(())
}

/// A size as the head holds it.
pub(super) fn length(bytes: usize) -> Result<u32, PackingError> {
    u32::try_from(bytes).map_err(|_| PackingError::TooLarge { bytes })
}
