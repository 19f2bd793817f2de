//! Deployments: a head, and the chunks of its content.
//!
//! INVARIANT (whole): the chunks are written first and the head last; a deployment without a head does not exist,
//! and one with a head is whole.

use gatelet_control::deploy::{STORED_BYTES_MAX, StoredDeployment};
use gatelet_core::ports::{PortError, Timestamp};
use gatelet_model::{ApiId, PartId};

use super::DefinitionTable;
use super::content::{self, CHUNKS_MAX, ENCODING};
use crate::dynamodb::call::aside;
use crate::dynamodb::item::{Item, NewItem};
use crate::dynamodb::keys::{self, Scope};
use crate::dynamodb::open_table::SortKeys;

const WHAT: &str = "the deployment";
const CONTENT: &str = "content";
const ENCODING_ATTRIBUTE: &str = "encoding";
const DIGEST: &str = "digest";
const CHUNKS: &str = "chunks";
const BYTES: &str = "bytes";
const DESCRIPTION: &str = "description";

impl DefinitionTable {
    pub(super) async fn write_deployment(
        &self,
        deployment: &StoredDeployment,
        deadline: Timestamp,
    ) -> Result<(), PortError> {
        if self.holds_whole(deployment, deadline).await? {
            return Ok(());
        }
        let content = deployment.content.clone();
        let packed = aside(WHAT, move || content::pack(&content))
            .await?
            .map_err(|error| PortError::Unavailable { what: WHAT, why: error.to_string() })?;
        let partition = self.scope().api(&deployment.api_id);
        let chunks = packed.chunks.len();
        for (position, chunk) in packed.chunks.into_iter().enumerate() {
            let sort = keys::chunk(&deployment.id, &packed.digest, position);
            self.put(WHAT, NewItem::new(partition.clone(), sort, 1).bytes(CONTENT, chunk), deadline).await?;
        }
        let head = NewItem::new(partition, keys::deployment(&deployment.id), 1)
            .text(ENCODING_ATTRIBUTE, ENCODING)
            .text(DIGEST, packed.digest)
            .number(CHUNKS, chunks as u64)
            .number(BYTES, deployment.content.len() as u64)
            .optional_text(DESCRIPTION, deployment.description.as_deref());
        self.put(WHAT, head, deadline).await
    }

    /// Whether a deployment is stored and nothing of it lost: deploying again repairs what is damaged. A head in an
    /// unknown format is not damage, and not overwritten.
    async fn holds_whole(
        &self,
        deployment: &StoredDeployment,
        deadline: Timestamp,
    ) -> Result<bool, PortError> {
        let partition = self.scope().api(&deployment.api_id);
        if self.get(WHAT, partition, keys::deployment(&deployment.id), deadline).await?.is_none() {
            return Ok(false);
        }
        match self.read_deployment(self.scope(), &deployment.api_id, &deployment.id, deadline).await {
            Ok(stored) => Ok(stored.is_some_and(|stored| stored.content == deployment.content)),
            Err(PortError::Unreadable { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn read_deployment(
        &self,
        scope: &Scope,
        api_id: &ApiId,
        id: &PartId,
        deadline: Timestamp,
    ) -> Result<Option<StoredDeployment>, PortError> {
        let (first, last) = keys::deployment_range(id);
        let items = self.query(WHAT, scope.api(api_id), SortKeys::Between(first, last), deadline).await?;
        let mut items = items.into_iter();
        let head = match items.next() {
            Some(head) if head.sort_key()? == keys::deployment(id) => head,
            _ => return Ok(None),
        };
        let bytes = announced_bytes(&head)?;
        let chunks = chunks_of(&head, id, items)?;
        let content = aside(WHAT, move || content::unpack(&chunks, bytes)).await?.map_err(unreadable)?;
        let description = head.optional_text(DESCRIPTION)?.map(str::to_owned);
        Ok(Some(StoredDeployment { id: id.clone(), api_id: api_id.clone(), description, content }))
    }
}

fn announced_bytes(head: &Item) -> Result<usize, PortError> {
    let encoding = head.text(ENCODING_ATTRIBUTE)?;
    if encoding != ENCODING {
        return Err(unreadable(format!("its content is encoded as `{encoding}`, which is not known here")));
    }
    match usize::try_from(head.number(BYTES)?) {
        Ok(bytes) if bytes <= STORED_BYTES_MAX => Ok(bytes),
        _ => Err(unreadable(format!("its content is larger than {STORED_BYTES_MAX} bytes"))),
    }
}

/// The chunks that a head names, in order; chunks that another, unfinished writer left are passed over.
fn chunks_of(head: &Item, id: &PartId, items: impl Iterator<Item = Item>) -> Result<Vec<Vec<u8>>, PortError> {
    let digest = head.text(DIGEST)?;
    let count = usize::try_from(head.number(CHUNKS)?).unwrap_or(usize::MAX);
    if count > CHUNKS_MAX {
        return Err(unreadable(format!("it has more than {CHUNKS_MAX} chunks")));
    }
    let mut chunks = Vec::with_capacity(count);
    for item in items {
        if chunks.len() < count && item.sort_key()? == keys::chunk(id, digest, chunks.len()) {
            chunks.push(item.into_bytes(CONTENT)?);
        }
    }
    if chunks.len() == count {
        Ok(chunks)
    } else {
        Err(unreadable(format!("{} of its {count} chunks are missing", count.saturating_sub(chunks.len()))))
    }
}

fn unreadable(why: String) -> PortError {
    PortError::Unreadable { what: WHAT, why }
}
