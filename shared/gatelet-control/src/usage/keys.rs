//! API keys: made, read, changed and removed
//! (<https://docs.aws.amazon.com/apigateway/latest/api/API_ApiKey.html>).

use std::collections::BTreeMap;
use std::fmt;

use gatelet_model::{ApiKey, ApiKeyValue, PartId, Problem, Problems};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::error::all_right;
use super::{
    ATTEMPTS_MAX, Chance, GivenValue, OperationError, Operations, Outcome, PAGE_MAX, Page, StoredApiKey,
    UsageStore, ValueOutcome, id_of_chance, page_size,
};

/// Length of a value that chance makes: as long as AWS's, and 238 bits.
pub(super) const VALUE_CHARACTERS: usize = 40;
/// Longest name of a key or plan
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-key-file-format.html>).
const NAME_CHARACTERS_MAX: usize = 1_024;
/// Longest description, customer or product (ours).
const TEXT_CHARACTERS_MAX: usize = 1_024;
/// Tags of one resource (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging.html>).
const TAGS_MAX: usize = 50;
const TAG_NAME_CHARACTERS_MAX: usize = 128;
const TAG_VALUE_CHARACTERS_MAX: usize = 256;

/// What a new key is to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewApiKey {
    /// Its name; AWS lets a key have none.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The AWS Marketplace customer.
    pub customer_id: Option<String>,
    /// Whether it opens anything.
    pub enabled: bool,
    /// The author's labels.
    pub tags: IndexMap<String, String>,
    /// Its value; made by chance where none is given.
    pub value: Option<GivenValue>,
}

/// What is to be different about a key; what is not said stays, and an empty text takes one away.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeyChanges {
    /// Its name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// The AWS Marketplace customer.
    pub customer_id: Option<String>,
    /// Whether it opens anything.
    pub enabled: Option<bool>,
}

/// Which keys are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeyFilter {
    /// What their names begin with.
    pub name_prefix: Option<String>,
    /// The customer whose they are.
    pub customer_id: Option<String>,
}

impl KeyFilter {
    /// Whether a key is listed.
    #[must_use]
    pub fn takes(&self, key: &ApiKey) -> bool {
        self.name_prefix.as_ref().is_none_or(|prefix| key.name.starts_with(prefix.as_str()))
            && (self.customer_id.is_none() || self.customer_id == key.customer_id)
    }
}

/// A key, with its value where that was asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyWithValue {
    /// The key.
    pub stored: StoredApiKey,
    /// Its value.
    pub value: Option<ApiKeyValue>,
}

impl fmt::Debug for KeyWithValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyWithValue").field("stored", &self.stored).finish_non_exhaustive()
    }
}

/// The value that chance makes: letters and digits. A byte has 256 values and there are 62 characters, so that eight of them
/// come a little more often; 238 bits become 237.
pub(super) fn value_of_chance(random: [u8; VALUE_CHARACTERS]) -> Result<ApiKeyValue, Problem> {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let character = |byte: u8| ALPHABET.get(usize::from(byte) % ALPHABET.len()).copied().map(char::from);
    ApiKeyValue::parse(&random.into_iter().filter_map(character).collect::<String>())
}

/// What is wrong with the texts of a key or plan.
pub(super) fn text_problems(
    name: &str,
    others: &[(&str, Option<&str>)],
    tags: &IndexMap<String, String>,
) -> Problems {
    let mut problems = Problems::new();
    let mut at_most = |what: &str, text: &str, most: usize| {
        if text.chars().count() > most {
            problems.push(
                Problem::error(format!("the {what} has more than {most} characters")).help("shorten it"),
            );
        }
        if text.chars().any(char::is_control) {
            problems.push(Problem::error(format!("the {what} has a control character")).help("take it out"));
        }
    };
    at_most("name", name, NAME_CHARACTERS_MAX);
    for (what, text) in others {
        at_most(what, text.unwrap_or_default(), TEXT_CHARACTERS_MAX);
    }
    for (name, value) in tags {
        at_most("name of a tag", name, TAG_NAME_CHARACTERS_MAX);
        at_most("value of a tag", value, TAG_VALUE_CHARACTERS_MAX);
    }
    if tags.len() > TAGS_MAX {
        problems.push(Problem::error(format!("there are more than {TAGS_MAX} tags")).help("remove some"));
    }
    for name in tags.keys().filter(|name| name.starts_with("aws:")) {
        let problem = Problem::error(format!("the tag `{}` begins with `aws:`", name.escape_debug()));
        problems.push(problem.help("such names are AWS's own; give it another"));
    }
    problems
}

pub(super) fn key_problems(key: &ApiKey) -> Problems {
    let others = [("description", key.description.as_deref()), ("customer's id", key.customer_id.as_deref())];
    text_problems(&key.name, &others, &key.tags)
}

/// A text, or none where it is empty.
pub(super) fn not_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

pub(super) fn value_taken() -> OperationError {
    OperationError::Conflict("there is another API key with this value; give another, or none".to_owned())
}

impl<S: UsageStore> Operations<'_, S> {
    /// Makes a key. Its value is in the answer.
    ///
    /// # Errors
    /// An [`OperationError`]: `Conflict` where another key has the value.
    pub async fn create_key(
        &self,
        new: &NewApiKey,
        chance: Chance<'_>,
    ) -> Result<KeyWithValue, OperationError> {
        for _ in 0..ATTEMPTS_MAX {
            let (id, random) = id_of_chance(chance());
            let key = ApiKey {
                id,
                name: new.name.clone(),
                description: new.description.clone(),
                customer_id: new.customer_id.clone(),
                enabled: new.enabled,
                tags: new.tags.clone(),
            };
            let mut problems = key_problems(&key);
            let value = match &new.value {
                Some(value) => ApiKeyValue::parse(&value.0),
                None => value_of_chance(random),
            };
            let Some(value) = problems.keep(value) else { return Err(OperationError::BadRequest(problems)) };
            all_right(problems)?;
            let stored = self.new_stored(key, None);
            match self.store.create_key(&stored, &value, &[], self.deadline).await? {
                ValueOutcome::Done => return Ok(KeyWithValue { stored, value: Some(value) }),
                ValueOutcome::ValueTaken => return Err(value_taken()),
                // The id is another key's: chance makes another.
                ValueOutcome::Conflict => {}
            }
        }
        Err(OperationError::Contended)
    }

    pub(super) fn new_stored(&self, key: ApiKey, owner: Option<String>) -> StoredApiKey {
        let (created, last_updated) = (self.now, self.now);
        StoredApiKey { key, memberships: Vec::new(), created, last_updated, owner, version: 1 }
    }

    /// A key.
    ///
    /// # Errors
    /// An [`OperationError`].
    pub async fn key(&self, id: &str, with_value: bool) -> Result<KeyWithValue, OperationError> {
        let stored = self.stored_key(id).await?;
        let ids = [stored.key.id.clone()];
        let mut values = if with_value { self.values(&ids).await? } else { BTreeMap::new() };
        let value = values.remove(&stored.key.id);
        Ok(KeyWithValue { stored, value })
    }

    pub(super) async fn stored_key(&self, id: &str) -> Result<StoredApiKey, OperationError> {
        let Ok(part_id) = PartId::parse(id) else { return Err(OperationError::no_key(id)) };
        self.store.key(&part_id, self.deadline).await?.ok_or_else(|| OperationError::no_key(id))
    }

    pub(super) async fn values(
        &self,
        ids: &[PartId],
    ) -> Result<BTreeMap<PartId, ApiKeyValue>, OperationError> {
        Ok(self.store.key_values(ids, self.deadline).await?.into_iter().collect())
    }

    /// The keys behind one, by id: up to `limit`, 25 where none is given, 500 at most.
    ///
    /// # Errors
    /// An [`OperationError`].
    pub async fn keys(
        &self,
        filter: &KeyFilter,
        after: Option<&PartId>,
        limit: Option<usize>,
        with_values: bool,
    ) -> Result<Page<KeyWithValue>, OperationError> {
        self.listed(None, filter, after, limit, with_values).await
    }

    /// The keys of a plan, or all.
    pub(super) async fn listed(
        &self,
        plan: Option<&PartId>,
        filter: &KeyFilter,
        after: Option<&PartId>,
        limit: Option<usize>,
        with_values: bool,
    ) -> Result<Page<KeyWithValue>, OperationError> {
        let (mut items, mut after, limit) = (Vec::new(), after.cloned(), page_size(limit));
        // Of keys that a filter looks for there may be few among many.
        let size = if *filter == KeyFilter::default() { limit } else { PAGE_MAX };
        let mut has_more = true;
        while has_more && items.len() < limit {
            let page = match plan {
                Some(plan) => self.store.plan_keys(plan, after.as_ref(), size, self.deadline).await?,
                None => self.store.keys(after.as_ref(), size, self.deadline).await?,
            };
            after = page.items.last().map(|last| last.key.id.clone());
            // One that did not move on would go on for ever.
            has_more = page.has_more && after.is_some();
            let mut taken = page.items.into_iter().filter(|stored| filter.takes(&stored.key));
            items.extend(taken.by_ref().take(limit - items.len()));
            has_more |= taken.next().is_some();
        }
        Ok(Page { items: self.with_values(items, with_values).await?, has_more })
    }

    async fn with_values(
        &self,
        items: Vec<StoredApiKey>,
        with_values: bool,
    ) -> Result<Vec<KeyWithValue>, OperationError> {
        let ids: Vec<_> = items.iter().map(|stored| stored.key.id.clone()).collect();
        let mut values = if with_values { self.values(&ids).await? } else { BTreeMap::new() };
        let with_value = |stored: StoredApiKey| {
            let value = values.remove(&stored.key.id);
            KeyWithValue { stored, value }
        };
        Ok(items.into_iter().map(with_value).collect())
    }

    /// Changes a key.
    ///
    /// # Errors
    /// An [`OperationError`].
    pub async fn update_key(&self, id: &str, changes: &KeyChanges) -> Result<StoredApiKey, OperationError> {
        for _ in 0..ATTEMPTS_MAX {
            let read = self.stored_key(id).await?;
            let mut stored = read.clone();
            let key = &mut stored.key;
            if let Some(name) = &changes.name {
                key.name.clone_from(name);
            }
            if let Some(description) = &changes.description {
                key.description = not_empty(description);
            }
            if let Some(customer_id) = &changes.customer_id {
                key.customer_id = not_empty(customer_id);
            }
            key.enabled = changes.enabled.unwrap_or(key.enabled);
            all_right(key_problems(key))?;
            if stored == read {
                return Ok(read);
            }
            self.touch(&mut stored);
            if self.store.update_key(&stored, &[], self.deadline).await? == Outcome::Done {
                return Ok(stored);
            }
        }
        Err(OperationError::Contended)
    }

    /// A key's next version.
    pub(super) const fn touch(&self, stored: &mut StoredApiKey) {
        stored.version += 1;
        stored.last_updated = self.now;
    }

    /// Removes a key, also from its plans.
    ///
    /// # Errors
    /// An [`OperationError`].
    pub async fn delete_key(&self, id: &str) -> Result<(), OperationError> {
        for _ in 0..ATTEMPTS_MAX {
            let read = self.stored_key(id).await?;
            let deleted = self.store.delete_key(&read.key.id, read.version, self.deadline).await?;
            if deleted == Outcome::Done {
                return Ok(());
            }
        }
        Err(OperationError::Contended)
    }
}
