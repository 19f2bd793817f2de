//! API keys, as the control plane makes, changes and reads them.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use gatelet_control::usage::{Outcome, Page, PlanRead, StoredApiKey, ValueOutcome};
use gatelet_core::ports::{PortError, Timestamp};
use gatelet_model::{ApiKeyValue, PartId};

use super::items::{
    self, COUNT_UP, KEYS, absent, at_version, attributes, counted_up, digest, entry_place, key_place,
    listed_plan_place, plan_keys, plan_place, read_entry, value_place,
};
use super::store::{Part, UsageTables, apply, outcome, page, value_outcome};
use crate::access::credentials::{CredentialKeys, WHAT};
use crate::dynamodb::{Consistency, Item, PARTITION_KEY, Write, within};

/// How many items a batch reads at most
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>).
const BATCH_MAX: usize = 100;

/// What [`value_place`]'s partitions begin with.
const VALUE_PREFIX: &str = "sealed#api-key#";

impl UsageTables {
    pub(super) async fn make_key(
        &self,
        key: &StoredApiKey,
        value: &ApiKeyValue,
        plans: &[PlanRead],
        deadline: Timestamp,
    ) -> Result<ValueOutcome, PortError> {
        let (table, keys) = (self.table()?, self.keys()?);
        let (first, second) = keys.digests(value.expose());
        let writes = || {
            let id = &key.key.id;
            let mut writes = vec![
                (Part::Read, Write::Put(items::key(key_place(id), key, &first)?, Some(absent()))),
                (Part::Value, Write::Put(items::entry(key, &first)?, Some(absent()))),
                (Part::Read, Write::Put(items::value(id, value, key.version, keys)?, None)),
            ];
            writes.extend(second.as_deref().map(nobody_at));
            writes.extend(members(key, &first)?);
            writes.extend(entered(plans));
            Ok(writes)
        };
        Ok(value_outcome(apply(table, writes, deadline).await?))
    }

    pub(super) async fn change_key(
        &self,
        key: &StoredApiKey,
        plans: &[PlanRead],
        deadline: Timestamp,
    ) -> Result<Outcome, PortError> {
        let table = self.table()?;
        let Some((before, digest)) = self.as_before(key, deadline).await? else {
            return Ok(Outcome::Conflict);
        };
        let writes = || {
            let mut writes = vec![
                (Part::Read, changed(key, &digest)?),
                (Part::Read, Write::Put(items::entry(key, &digest)?, None)),
            ];
            writes.extend(members(key, &digest)?);
            writes.extend(left(&before, Some(key)));
            writes.extend(entered(plans));
            Ok(writes)
        };
        Ok(outcome(apply(table, writes, deadline).await?))
    }

    pub(super) async fn change_value(
        &self,
        key: &StoredApiKey,
        value: &ApiKeyValue,
        deadline: Timestamp,
    ) -> Result<ValueOutcome, PortError> {
        let (table, keys) = (self.table()?, self.keys()?);
        let Some((before, digest)) = self.as_before(key, deadline).await? else {
            return Ok(ValueOutcome::Conflict);
        };
        let writes = || {
            let mut writes = revalued(key, &digest, value, keys)?;
            writes.extend(left(&before, Some(key)));
            Ok(writes)
        };
        Ok(value_outcome(apply(table, writes, deadline).await?))
    }

    pub(super) async fn remove_key(
        &self,
        id: &PartId,
        version: u64,
        deadline: Timestamp,
    ) -> Result<Outcome, PortError> {
        let table = self.table()?;
        let Some(item) = self.key_item(id, deadline).await? else { return Ok(Outcome::Conflict) };
        let (before, digest) = (items::read_key(&item)?, digest(&item)?);
        let writes = || {
            let delete = |(partition, sort), condition| Write::Delete(partition, sort, condition);
            let mut writes = vec![
                (Part::Read, delete(key_place(id), Some(at_version(version)))),
                (Part::Read, delete(entry_place(digest), None)),
                (Part::Read, delete(value_place(id), None)),
            ];
            writes.extend(left(&before, None));
            Ok(writes)
        };
        if before.version != version {
            return Ok(Outcome::Conflict);
        }
        Ok(outcome(apply(table, writes, deadline).await?))
    }

    pub(super) async fn read_key(
        &self,
        id: &PartId,
        deadline: Timestamp,
    ) -> Result<Option<StoredApiKey>, PortError> {
        self.key_item(id, deadline).await?.as_ref().map(items::read_key).transpose()
    }

    pub(super) async fn holder(
        &self,
        value: &ApiKeyValue,
        deadline: Timestamp,
    ) -> Result<Option<PartId>, PortError> {
        let (first, second) = self.keys()?.digests(value.expose());
        for digest in std::iter::once(first).chain(second) {
            let (partition, sort) = entry_place(&digest);
            if let Some(item) = self.table()?.get(partition, sort, Consistency::Strong, deadline).await? {
                return read_entry(&item).map(|entry| Some(entry.id));
            }
        }
        Ok(None)
    }

    pub(super) async fn read_values(
        &self,
        ids: &[PartId],
        deadline: Timestamp,
    ) -> Result<Vec<(PartId, ApiKeyValue)>, PortError> {
        let keys = self.keys()?;
        let ids: Vec<&PartId> = ids.iter().collect::<BTreeSet<_>>().into_iter().collect();
        let mut values = Vec::new();
        for ids in ids.chunks(BATCH_MAX) {
            for item in self.values(ids, deadline).await? {
                let id = item.parsed(PARTITION_KEY, |partition| {
                    PartId::parse(partition.strip_prefix(VALUE_PREFIX).unwrap_or_default())
                })?;
                let (value, _) = items::read_value(&id, item, keys)?;
                values.push((id, value));
            }
        }
        Ok(values)
    }

    async fn values(&self, ids: &[&PartId], deadline: Timestamp) -> Result<Vec<Item>, PortError> {
        let table = self.table()?;
        let incomplete = |error: aws_sdk_dynamodb::error::BuildError| PortError::Unavailable {
            what: WHAT,
            why: error.to_string(),
        };
        let wanted = ids.iter().map(|id| attributes(value_place(id))).collect();
        let wanted = KeysAndAttributes::builder().consistent_read(true).set_keys(Some(wanted));
        let mut wanted = Some([(table.name().to_owned(), wanted.build().map_err(incomplete)?)].into());
        let mut found = Vec::new();
        while let Some(request) = wanted {
            let call = table.client().batch_get_item().set_request_items(Some(request)).send();
            let answer = within(&**table.clock(), deadline, WHAT, call)
                .await
                .map_err(|failure| failure.into_port_error(WHAT))?;
            for attributes in answer.responses.unwrap_or_default().into_values().flatten() {
                found.push(Item::read(WHAT, attributes)?);
            }
            // What is too much for one answer is asked for again, until the deadline.
            wanted = answer.unprocessed_keys.filter(|unprocessed| !unprocessed.is_empty());
        }
        Ok(found)
    }

    pub(super) async fn list_keys(
        &self,
        after: Option<&PartId>,
        limit: usize,
        deadline: Timestamp,
    ) -> Result<Page<StoredApiKey>, PortError> {
        page(self.table()?, KEYS.to_owned(), after, limit, items::read_key, deadline).await
    }

    pub(super) async fn list_plan_keys(
        &self,
        plan: &PartId,
        after: Option<&PartId>,
        limit: usize,
        deadline: Timestamp,
    ) -> Result<Page<StoredApiKey>, PortError> {
        page(self.table()?, plan_keys(plan), after, limit, items::read_key, deadline).await
    }

    pub(super) async fn key_item(&self, id: &PartId, deadline: Timestamp) -> Result<Option<Item>, PortError> {
        let (partition, sort) = key_place(id);
        self.table()?.get(partition, sort, Consistency::Strong, deadline).await
    }

    /// The version of a key before a change, and its digest; none where another is there.
    async fn as_before(
        &self,
        key: &StoredApiKey,
        deadline: Timestamp,
    ) -> Result<Option<(StoredApiKey, String)>, PortError> {
        let Some(item) = self.key_item(&key.key.id, deadline).await? else { return Ok(None) };
        let before = items::read_key(&item)?;
        let digest = digest(&item)?.to_owned();
        Ok((before.version.checked_add(1) == Some(key.version)).then_some((before, digest)))
    }
}

/// The key in the place of its version before.
fn changed(key: &StoredApiKey, digest: &str) -> Result<Write, PortError> {
    let before = at_version(key.version.saturating_sub(1));
    Ok(Write::Put(items::key(key_place(&key.key.id), key, digest)?, Some(before)))
}

/// The key with another value, or with the same under another digest.
pub(super) fn revalued(
    key: &StoredApiKey,
    digest: &str,
    value: &ApiKeyValue,
    keys: &CredentialKeys,
) -> Result<Vec<(Part, Write)>, PortError> {
    let (first, second) = keys.digests(value.expose());
    let entry = items::entry(key, &first)?;
    let mut writes = vec![
        (Part::Read, changed(key, &first)?),
        (Part::Read, Write::Put(items::value(&key.key.id, value, key.version, keys)?, None)),
    ];
    if first == digest {
        writes.push((Part::Read, Write::Put(entry, None)));
    } else {
        let (partition, sort) = entry_place(digest);
        writes.push((Part::Value, Write::Put(entry, Some(absent()))));
        writes.push((Part::Read, Write::Delete(partition, sort, None)));
    }
    writes.extend(second.as_deref().filter(|second| *second != digest).map(nobody_at));
    writes.extend(members(key, &first)?);
    Ok(writes)
}

/// Nobody has the value under the key before the present one.
fn nobody_at(digest: &str) -> (Part, Write) {
    let (partition, sort) = entry_place(digest);
    (Part::Value, Write::Check(partition, sort, absent()))
}

/// The key among those of each of its plans.
fn members(key: &StoredApiKey, digest: &str) -> Result<Vec<(Part, Write)>, PortError> {
    let member = |plan: &PartId| {
        let place = (plan_keys(plan), key.key.id.to_string());
        Ok((Part::Read, Write::Put(items::key(place, key, digest)?, None)))
    };
    key.memberships.iter().map(|membership| member(&membership.plan)).collect()
}

/// The key no more among those of plans that it has left.
fn left(before: &StoredApiKey, after: Option<&StoredApiKey>) -> Vec<(Part, Write)> {
    let stays = |plan: &PartId| {
        after.is_some_and(|after| after.memberships.iter().any(|membership| membership.plan == *plan))
    };
    let plans = before.memberships.iter().map(|membership| &membership.plan);
    plans
        .filter(|plan| !stays(plan))
        .map(|plan| (Part::Read, Write::Delete(plan_keys(plan), before.key.id.to_string(), None)))
        .collect()
}

/// Plans as they were read, their versions one up.
fn entered(plans: &[PlanRead]) -> impl Iterator<Item = (Part, Write)> {
    plans.iter().flat_map(|PlanRead { id, version }| {
        [plan_place(id), listed_plan_place(id)].map(|(partition, sort)| {
            (Part::Read, Write::Update(partition, sort, COUNT_UP, counted_up(*version)))
        })
    })
}
