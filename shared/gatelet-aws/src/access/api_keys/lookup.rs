//! What the data plane reads: one item for each question.
//!
//! Reads may miss the writes of the last moment (less than a second, as a rule). Instances remember what they read for longer than
//! that, so a strong read would cost twice and promise nothing more. One read is strong: the last for a key that may just be moving.

use gatelet_core::ports::{ApiKeyEntry, PortError, Timestamp};
use gatelet_model::{PartId, UsagePlan};

use super::items::{entry_place, plan_place, read_entry, read_plan};
use crate::access::credentials::CredentialKeys;
use crate::dynamodb::{Consistency, OpenTable};

/// The key of a value. While keys are moved from one encryption key to the next, it may stand under either digest, and move from the
/// second to the first between two reads: so the first is read once more before it is said that there is none.
pub(in crate::access) async fn entry(
    table: &OpenTable,
    keys: &CredentialKeys,
    value: &str,
    deadline: Timestamp,
) -> Result<Option<ApiKeyEntry>, PortError> {
    let (first, second) = keys.digests(value);
    let reads = match second {
        None => vec![(&first, Consistency::Eventual)],
        Some(ref second) => vec![
            (&first, Consistency::Eventual),
            (second, Consistency::Eventual),
            (&first, Consistency::Strong),
        ],
    };
    for (digest, consistency) in reads {
        let (partition, sort) = entry_place(digest);
        if let Some(item) = table.get(partition, sort, consistency, deadline).await? {
            return read_entry(&item).map(Some);
        }
    }
    Ok(None)
}

/// A plan.
pub(in crate::access) async fn plan(
    table: &OpenTable,
    id: &PartId,
    deadline: Timestamp,
) -> Result<Option<UsagePlan>, PortError> {
    let (partition, sort) = plan_place(id);
    let item = table.get(partition, sort, Consistency::Eventual, deadline).await?;
    item.map(|item| read_plan(&item).map(|stored| stored.plan)).transpose()
}
