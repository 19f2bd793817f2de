//! API keys and usage plans as items.

use aws_sdk_dynamodb::types::AttributeValue;
use gatelet_control::usage::{StoredApiKey, StoredPlan};
use gatelet_core::ports::{ApiKeyEntry, Membership, PortError, Timestamp};
use gatelet_model::{ApiKey, ApiKeyValue, PartId, UsagePlan};
use serde::{Deserialize, Serialize};

use crate::access::credentials::{CredentialKeys, Sealed, WHAT};
use crate::dynamodb::{Condition, Item, NewItem, PARTITION_KEY, VERSION_ATTRIBUTE, global, number};

const ID: &str = "id";
const NAME: &str = "name";
const ENABLED: &str = "enabled";
const MEMBERSHIPS: &str = "memberships";
const API_KEY: &str = "api_key";
const PLAN: &str = "plan";
const OWNER: &str = "owner";
const CREATED: &str = "created_milliseconds";
const UPDATED: &str = "updated_milliseconds";
const DIGEST: &str = "digest";
const ENCRYPTED: &str = "encrypted";
const ENCRYPTION_KEY: &str = "encryption_key";

const ENTRY_SORT: &str = "api-key";
const PLAN_SORT: &str = "usage-plan";
const VALUE_SORT: &str = "value";

/// The partition that lists the keys.
pub(super) const KEYS: &str = "api-keys";
/// The partition that lists the plans.
pub(super) const PLANS: &str = "usage-plans";

/// Where an item stands: partition and sort key.
pub(super) type Place = (String, String);

/// Where the data plane finds a key, by its value's digest.
pub(super) fn entry_place(digest: &str) -> Place {
    (global(&format!("api-key#{digest}")), ENTRY_SORT.to_owned())
}

/// Where a key is that its id is known of.
pub(super) fn key_place(id: &PartId) -> Place {
    (KEYS.to_owned(), id.to_string())
}

/// Where a key's value is: in no partition that the data plane may read.
pub(super) fn value_place(id: &PartId) -> Place {
    (format!("sealed#api-key#{id}"), VALUE_SORT.to_owned())
}

/// The partition of a plan's keys.
pub(super) fn plan_keys(plan: &PartId) -> String {
    format!("plan-keys#{plan}")
}

/// Where a plan is.
pub(super) fn plan_place(id: &PartId) -> Place {
    (global(&format!("usage-plan#{id}")), PLAN_SORT.to_owned())
}

/// Where a plan is listed.
pub(super) fn listed_plan_place(id: &PartId) -> Place {
    (PLANS.to_owned(), id.to_string())
}

/// Nothing stands there.
pub(super) fn absent() -> Condition {
    Condition {
        expression: "attribute_not_exists(#pk)",
        names: &[("#pk", PARTITION_KEY)],
        ..Condition::default()
    }
}

/// What stands there is of this version.
pub(super) fn at_version(version: u64) -> Condition {
    Condition {
        expression: "#version = :version",
        names: &[("#version", VERSION_ATTRIBUTE)],
        values: vec![(":version", number(version))],
    }
}

/// The update that counts a version one up, where it is the one that was read.
pub(super) const COUNT_UP: &str = "SET #version = :next";

/// The condition and values of [`COUNT_UP`].
pub(super) fn counted_up(version: u64) -> Condition {
    let mut condition = at_version(version);
    condition.values.push((":next", number(version.saturating_add(1))));
    condition
}

/// A membership as it is stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredMembership {
    plan: PartId,
    since_milliseconds: u64,
}

fn unreadable(why: String) -> PortError {
    PortError::Unreadable { what: WHAT, why }
}

fn json(value: &impl Serialize) -> Result<String, PortError> {
    serde_json::to_string(value).map_err(|error| unreadable(error.to_string()))
}

fn stored_memberships(memberships: &[Membership]) -> Result<String, PortError> {
    let stored: Vec<_> = memberships
        .iter()
        .map(|Membership { plan, since }| StoredMembership {
            plan: plan.clone(),
            since_milliseconds: since.milliseconds(),
        })
        .collect();
    json(&stored)
}

fn memberships(item: &Item) -> Result<Vec<Membership>, PortError> {
    let stored: Vec<StoredMembership> = item.stored(MEMBERSHIPS)?;
    let membership = |StoredMembership { plan, since_milliseconds }| Membership {
        plan,
        since: Timestamp::from_milliseconds(since_milliseconds),
    };
    Ok(stored.into_iter().map(membership).collect())
}

/// What the data plane reads of a key.
pub(super) fn entry(key: &StoredApiKey, digest: &str) -> Result<NewItem, PortError> {
    let (partition, sort) = entry_place(digest);
    Ok(NewItem::new(partition, sort, key.version)
        .text(ID, key.key.id.as_str())
        .text(NAME, &*key.key.name)
        .boolean(ENABLED, key.key.enabled)
        .text(MEMBERSHIPS, stored_memberships(&key.memberships)?))
}

/// Reads [`entry`].
pub(super) fn read_entry(item: &Item) -> Result<ApiKeyEntry, PortError> {
    Ok(ApiKeyEntry {
        id: item.parsed(ID, PartId::parse)?,
        name: item.text(NAME)?.into(),
        enabled: item.boolean(ENABLED)?,
        memberships: memberships(item)?,
    })
}

/// All of a key but its value, at a place: where keys are listed, or the keys of a plan.
pub(super) fn key((partition, sort): Place, key: &StoredApiKey, digest: &str) -> Result<NewItem, PortError> {
    Ok(NewItem::new(partition, sort, key.version)
        .text(API_KEY, json(&key.key)?)
        .text(MEMBERSHIPS, stored_memberships(&key.memberships)?)
        .number(CREATED, key.created.milliseconds())
        .number(UPDATED, key.last_updated.milliseconds())
        .optional_text(OWNER, key.owner.as_deref())
        .text(DIGEST, digest))
}

/// Reads [`key`].
pub(super) fn read_key(item: &Item) -> Result<StoredApiKey, PortError> {
    let key: ApiKey = item.stored(API_KEY)?;
    Ok(StoredApiKey {
        key,
        memberships: memberships(item)?,
        created: Timestamp::from_milliseconds(item.number(CREATED)?),
        last_updated: Timestamp::from_milliseconds(item.number(UPDATED)?),
        owner: item.optional_text(OWNER)?.map(str::to_owned),
        version: item.version()?,
    })
}

/// The digest by which the data plane finds the key.
pub(super) fn digest(item: &Item) -> Result<&str, PortError> {
    item.text(DIGEST)
}

/// What a value is bound to: it opens as this key's alone.
fn about(id: &PartId) -> String {
    format!("gatelet api key {id}")
}

/// A key's value, encrypted.
pub(super) fn value(
    id: &PartId,
    value: &ApiKeyValue,
    version: u64,
    keys: &CredentialKeys,
) -> Result<NewItem, PortError> {
    let Sealed { key_id, bytes } = keys.seal(&about(id), value.expose().as_bytes())?;
    let (partition, sort) = value_place(id);
    Ok(NewItem::new(partition, sort, version).text(ENCRYPTION_KEY, &*key_id).bytes(ENCRYPTED, bytes))
}

/// Reads [`value`], and says whether the first key encrypted it.
pub(super) fn read_value(
    id: &PartId,
    item: Item,
    keys: &CredentialKeys,
) -> Result<(ApiKeyValue, bool), PortError> {
    let sealed = Sealed { key_id: item.text(ENCRYPTION_KEY)?.into(), bytes: item.into_bytes(ENCRYPTED)? };
    let plain = keys.open(&about(id), &sealed)?;
    // Nothing here repeats a piece of the value.
    let text = std::str::from_utf8(&plain)
        .map_err(|_| unreadable("what a value decrypts to is not understood".to_owned()))?;
    let value = ApiKeyValue::parse(text).map_err(|problem| unreadable(problem.message))?;
    Ok((value, keys.is_first(&sealed)))
}

/// A plan, at one of its two places.
pub(super) fn plan((partition, sort): Place, plan: &StoredPlan) -> Result<NewItem, PortError> {
    Ok(NewItem::new(partition, sort, plan.version)
        .text(PLAN, json(&plan.plan)?)
        .optional_text(OWNER, plan.owner.as_deref()))
}

/// Reads [`plan`].
pub(super) fn read_plan(item: &Item) -> Result<StoredPlan, PortError> {
    let plan: UsagePlan = item.stored(PLAN)?;
    let owner = item.optional_text(OWNER)?.map(str::to_owned);
    Ok(StoredPlan { plan, owner, version: item.version()? })
}

/// The key of an item for a batch.
pub(super) fn attributes((partition, sort): Place) -> crate::dynamodb::Attributes {
    [(PARTITION_KEY, partition), (crate::dynamodb::SORT_KEY, sort)]
        .map(|(name, value)| (name.to_owned(), AttributeValue::S(value)))
        .into()
}
