//! Definitions packed into one file that lies beside the binary: a cold start asks no table at all.
//!
//! The file is a head, an index and the contents. The head holds what the file is, two format numbers (of the file, and of what
//! is stored in it) and the size of the index; the index names APIs, stages and domains; a content is an API in the stored form
//! that the table keeps too, compressed, whose hash is its deployment's id. What stands there is the canonical model and nothing
//! compiled.
//!
//! An API is decompressed, read and compiled when it is first asked for, so that a cold start pays for the APIs that it uses:
//! for an API of ten routes under 1 ms. [`PackedDefinitions::compile_all`] does it at once, where time before the first request
//! costs less than time in it.

mod index;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use gatelet_control::deploy::{DeployError, STORED_BYTES_MAX, StoredDeployment, is_of_kind};
use gatelet_core::ports::{Definitions, PortError, Timestamp};
use gatelet_core::snapshot::{Published, StageSnapshot};
use gatelet_model::{AccountId, Api, ApiId, DomainName, FORMAT, Region, Stage, StagePointer};

use crate::dynamodb::{aside, compress, decompress};
use index::{Index, IndexedApi};

/// What the file is called.
pub const PACK_FILE: &str = "gatelet.pack";
/// How the file is laid out. A reader refuses any other number.
pub const PACK_FORMAT: u32 = 1;
/// Largest file. Lambda takes 250 MB of code and everything beside it
/// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).
pub const PACK_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Largest index, decompressed.
const INDEX_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Content up to this size is read and compiled where it is asked for; more of it on a thread of its own.
const ASIDE_ABOVE_BYTES: usize = 256 * 1024;

/// What the file begins with; the first byte is one that no text begins with.
const MAGIC: [u8; 8] = *b"\x89GATELET";
/// The version of every pointer in the file: it never moves.
const POINTER_VERSION: u64 = 1;
const WHAT: &str = "the packed definition";

/// An API that is to be packed.
#[derive(Debug, Clone, PartialEq)]
pub struct PackedApi {
    /// The account that it belongs to.
    pub account: AccountId,
    /// The region that it belongs to.
    pub region: Region,
    /// The API.
    pub api: Api,
    /// The stages that show it.
    pub stages: Vec<Stage>,
    /// Why it was made.
    pub description: Option<String>,
}

/// Why definitions cannot be packed.
#[derive(Debug, thiserror::Error)]
pub enum PackingError {
    /// One of the APIs has no stored form, or one that is too large.
    #[error(transparent)]
    Api(#[from] DeployError),
    /// Two APIs have the same id.
    #[error("the API id `{0}` is there twice; pack each API once")]
    Twice(ApiId),
    /// Two domains have the same name, or two stages of an API.
    #[error("`{0}` is there twice; name it once")]
    NameTwice(String),
    /// The whole is too large.
    #[error(
        "the definitions take {bytes} bytes, more than the {PACK_BYTES_MAX} that one file holds; pack fewer, or keep them in a table"
    )]
    TooLarge {
        /// Their size.
        bytes: usize,
    },
    /// The machine refuses.
    #[error("the definitions cannot be compressed: {0}")]
    Compression(std::io::Error),
}

/// Why a file's definitions cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// It is another kind of file.
    #[error("it is not a file that `gatelet pack` wrote; pack the definitions again")]
    NotAPack,
    /// It is laid out as this version does not know.
    #[error(
        "it is in format {found}, and this version knows format {PACK_FORMAT}.{FORMAT} alone; pack the definitions again with this version"
    )]
    UnknownFormat {
        /// Its two numbers: of the file, and of what is stored in it.
        found: String,
    },
    /// It is larger than such a file may be.
    #[error("it is larger than {PACK_BYTES_MAX} bytes")]
    TooLarge,
    /// It is damaged.
    #[error("it is damaged: {0}; pack the definitions again")]
    Damaged(String),
    /// It is there and cannot be read.
    #[error("it cannot be read: {0}")]
    File(String),
}

/// The [`Definitions`] port over a packed file. What it says never changes.
#[derive(Debug)]
pub struct PackedDefinitions {
    apis: BTreeMap<ApiId, Arc<Entry>>,
    domains: BTreeMap<Box<str>, Arc<DomainName>>,
}

/// An API of the file.
#[derive(Debug)]
struct Entry {
    indexed: IndexedApi,
    content: Vec<u8>,
    compiled: OnceLock<Result<Arc<Published>, PortError>>,
}

/// Writes definitions as one file.
///
/// # Errors
/// A [`PackingError`].
pub fn pack(apis: &[PackedApi], domains: &[DomainName]) -> Result<Vec<u8>, PackingError> {
    let mut index = Index { apis: Vec::new(), domains: domains.to_vec() };
    let mut contents = Vec::new();
    for packed in apis {
        let stored = StoredDeployment::new(&packed.api, packed.description.clone())?;
        for stage in &packed.stages {
            if !is_of_kind(stage, &packed.api) {
                let (stage, kind) = (stage.name().to_string(), packed.api.kind());
                return Err(DeployError::AnotherKind { stage, kind }.into());
            }
        }
        let compressed = compress(&stored.content).map_err(PackingError::Compression)?;
        index.apis.push(IndexedApi {
            id: stored.api_id,
            account: packed.account.clone(),
            region: packed.region.clone(),
            stages: packed.stages.clone(),
            deployment_id: stored.id,
            description: stored.description,
            bytes: stored.content.len(),
            compressed_bytes: compressed.len(),
        });
        contents.push(compressed);
    }
    index.unique()?;
    let (index_bytes, index) = index.written()?;
    let mut file = MAGIC.to_vec();
    for number in [PACK_FORMAT, FORMAT, index_bytes, index::length(index.len())?] {
        file.extend(number.to_be_bytes());
    }
    file.extend(index);
    contents.iter().for_each(|content| file.extend(content));
    if file.len() <= PACK_BYTES_MAX { Ok(file) } else { Err(PackingError::TooLarge { bytes: file.len() }) }
}

impl PackedDefinitions {
    /// Reads a file, if it is there.
    ///
    /// # Errors
    /// A [`PackError`].
    pub fn read_file(path: &Path) -> Result<Option<Self>, PackError> {
        match std::fs::read(path) {
            Ok(bytes) => Self::read(&bytes).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(PackError::File(error.to_string())),
        }
    }

    /// Reads what [`pack`] wrote. A content is looked at when its API is asked for.
    ///
    /// # Errors
    /// A [`PackError`].
    pub fn read(bytes: &[u8]) -> Result<Self, PackError> {
        if bytes.len() > PACK_BYTES_MAX {
            return Err(PackError::TooLarge);
        }
        let after = bytes.strip_prefix(&MAGIC).ok_or(PackError::NotAPack)?;
        let mut reading = Reading(after);
        let (format, stored_format) = (reading.number()?, reading.number()?);
        if (format, stored_format) != (PACK_FORMAT, FORMAT) {
            return Err(PackError::UnknownFormat { found: format!("{format}.{stored_format}") });
        }
        let (index_bytes, compressed_bytes) = (reading.number()?, reading.number()?);
        let index = Index::read(reading.take(compressed_bytes as usize)?, index_bytes as usize)?;
        let mut apis = BTreeMap::new();
        for indexed in index.apis {
            let content = reading.take(indexed.compressed_bytes)?.to_vec();
            let entry = Entry { content, compiled: OnceLock::new(), indexed };
            apis.insert(entry.indexed.id.clone(), Arc::new(entry));
        }
        if !reading.0.is_empty() {
            return Err(damaged("it is longer than its index says"));
        }
        let name = |domain: DomainName| (domain.name.as_str().into(), Arc::new(domain));
        Ok(Self { apis, domains: index.domains.into_iter().map(name).collect() })
    }

    /// The API, where there is one alone.
    #[must_use]
    pub fn only_api(&self) -> Option<ApiId> {
        let mut ids = self.apis.keys();
        ids.next().filter(|_| ids.next().is_none()).cloned()
    }

    /// The APIs, by id.
    pub fn apis(&self) -> impl Iterator<Item = &ApiId> {
        self.apis.keys()
    }

    /// Whether any custom domain leads to an API.
    #[must_use]
    pub fn has_domains(&self) -> bool {
        !self.domains.is_empty()
    }

    /// Compiles every API now.
    ///
    /// # Errors
    /// [`PackError::Damaged`] for the first that cannot be read. The others answer all the same.
    pub fn compile_all(&self) -> Result<(), PackError> {
        let results = self.apis.values().map(|entry| entry.published());
        let first = results.filter_map(Result::err).next();
        first.map_or(Ok(()), |error| Err(damaged(error.to_string())))
    }
}

impl Entry {
    fn published(&self) -> Result<Arc<Published>, PortError> {
        self.compiled.get_or_init(|| self.compile()).clone()
    }

    fn compile(&self) -> Result<Arc<Published>, PortError> {
        let unreadable =
            |why: String| PortError::Unreadable { what: WHAT, why: format!("{why}; pack it again") };
        let IndexedApi { id, account, region, stages, deployment_id, description, bytes, .. } = &self.indexed;
        let stored = StoredDeployment {
            id: deployment_id.clone(),
            api_id: id.clone(),
            description: description.clone(),
            content: decompress(&self.content, *bytes).map_err(unreadable)?,
        };
        let deployment = stored.open().map_err(|error| unreadable(error.to_string()))?;
        if deployment.api.id() != id {
            return Err(unreadable(format!("the content of `{id}` is that of `{}`", deployment.api.id())));
        }
        if !stages.iter().all(|stage| is_of_kind(stage, &deployment.api)) {
            return Err(unreadable(format!("`{id}` has a stage of another kind")));
        }
        let compiled = |stage: &Stage| {
            let pointer = StagePointer {
                stage: stage.clone(),
                deployment_id: deployment_id.clone(),
                previous_deployment_id: None,
                version: POINTER_VERSION,
            };
            Arc::new(StageSnapshot::compile(&deployment, &pointer, account, region))
        };
        Ok(Arc::new(Published::new(id.clone(), stages.iter().map(compiled))))
    }
}

impl Definitions for PackedDefinitions {
    async fn published(&self, api_id: &ApiId, _: Timestamp) -> Result<Option<Arc<Published>>, PortError> {
        let Some(entry) = self.apis.get(api_id) else { return Ok(None) };
        if entry.compiled.get().is_some() || entry.indexed.bytes <= ASIDE_ABOVE_BYTES {
            return entry.published().map(Some);
        }
        let entry = Arc::clone(entry);
        aside(WHAT, move || entry.published()).await?.map(Some)
    }

    async fn domain(&self, name: &str, _: Timestamp) -> Result<Option<Arc<DomainName>>, PortError> {
        Ok(self.domains.get(name).cloned())
    }
}

/// The bytes that are not read yet.
struct Reading<'a>(&'a [u8]);

impl<'a> Reading<'a> {
    fn take(&mut self, bytes: usize) -> Result<&'a [u8], PackError> {
        let (taken, rest) = self.0.split_at_checked(bytes).ok_or_else(|| damaged("it is cut short"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u32, PackError> {
        let (number, rest) = self.0.split_first_chunk().ok_or_else(|| damaged("it is cut short"))?;
        self.0 = rest;
        Ok(u32::from_be_bytes(*number))
    }
}

fn damaged(why: impl Into<String>) -> PackError {
    PackError::Damaged(why.into())
}

#[cfg(test)]
mod tests;
