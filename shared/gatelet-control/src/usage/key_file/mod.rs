//! API keys from a file of comma-separated values
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-key-file-format.html>).
//!
//! First every row is judged, then they are stored: where warnings are to fail it, nothing is stored at all. Only what others
//! change meanwhile is found out later, and becomes a warning. A store that fails half-way ends the import, and leaves the keys
//! of the rows before.

mod rows;

use std::collections::BTreeMap;
use std::sync::Arc;

use gatelet_core::ports::{PortError, Timestamp};
use gatelet_model::{ApiKey, PartId, Place, Problem, Problems};
use indexmap::IndexMap;

use super::keys::key_problems;
use super::{
    ATTEMPTS_MAX, Chance, OperationError, Operations, Outcome, PlanRead, StoredApiKey, StoredPlan,
    UsageStore, ValueOutcome, id_of_chance,
};

pub use rows::{FILE_BYTES_MAX, FILE_ROWS_MAX};

use rows::Row;

/// What became of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportedKeys {
    /// The keys, those that were there already and are overwritten among them, in the order of the file.
    pub ids: Vec<PartId>,
    /// What is wrong with rows that were passed over, each with its line.
    pub warnings: Problems,
    /// Where the store failed half-way: the line of the row that was tried last, and why. Rows from there on are not imported;
    /// that one may be all the same.
    pub failed: Option<(u32, PortError)>,
}

/// When the calls of the store have ended that begin now.
pub type Deadlines<'a> = &'a (dyn Fn() -> Timestamp + Sync);

/// How many keys a file has, and what is wrong with the rows that have none; nothing is stored.
///
/// # Errors
/// What is wrong with the whole file.
pub fn judge_key_file(file: &str, bytes: &[u8]) -> Result<(usize, Problems), Problem> {
    let (rows, problems) = rows::read(&Arc::from(file), bytes)?;
    Ok((rows.len(), problems))
}

/// What a row comes to.
struct Change {
    stored: StoredApiKey,
    /// What its memberships depend on.
    plans: Vec<PlanRead>,
}

impl<S: UsageStore> Operations<'_, S> {
    /// Imports a file. A key whose value is there already is overwritten; ASSUMPTION: it stays in plans that its row does not
    /// name. Each row has a deadline of its own: files differ much in length.
    ///
    /// # Errors
    /// An [`OperationError`], and nothing is imported: `BadRequest` where the file as a whole cannot be read, and for any warning
    /// with `fail_on_warnings`.
    pub async fn import_keys(
        &self,
        file: &str,
        bytes: &[u8],
        fail_on_warnings: bool,
        deadlines: Deadlines<'_>,
        chance: Chance<'_>,
    ) -> Result<ImportedKeys, OperationError> {
        let file: Arc<str> = file.into();
        let (rows, mut warnings) = rows::read(&file, bytes)?;
        let mut plans = Plans::default();
        let mut sound = Vec::new();
        for row in rows {
            match self.until(deadlines()).judge(&row, &mut plans, chance).await {
                Ok(_) => sound.push(row),
                Err(error) => warnings.extend(told(&file, row.line, error)?),
            }
        }
        if fail_on_warnings && !warnings.is_empty() {
            return Err(OperationError::BadRequest(warnings));
        }
        let mut ids = Vec::new();
        for row in sound {
            match self.until(deadlines()).store_row(&row, chance).await {
                Ok(id) => ids.push(id),
                Err(OperationError::Store(error)) => {
                    return Ok(ImportedKeys { ids, warnings, failed: Some((row.line, error)) });
                }
                Err(error) => warnings.extend(told(&file, row.line, error)?),
            }
        }
        Ok(ImportedKeys { ids, warnings, failed: None })
    }

    /// The same with another deadline.
    const fn until(&self, deadline: Timestamp) -> Operations<'_, S> {
        Operations { store: self.store, now: self.now, deadline }
    }

    /// The key that a row makes or overwrites.
    async fn judge(
        &self,
        row: &Row,
        known: &mut Plans,
        chance: Chance<'_>,
    ) -> Result<Change, OperationError> {
        let mut plans = Vec::new();
        for (number, id) in (1..).zip(&row.plans) {
            if !known.0.contains_key(id) {
                let plan = self.stored_plan(id).await.map_err(|error| nameless(number, error))?;
                known.0.insert(id.clone(), plan);
            }
            plans.extend(known.0.get(id).cloned());
        }
        let mut stored = match self.store.key_of_value(&row.value, self.deadline).await? {
            Some(id) => {
                let mut stored = self.stored_key(id.as_str()).await?;
                self.touch(&mut stored);
                stored
            }
            None => self.new_stored(
                ApiKey {
                    id: id_of_chance(chance()).0,
                    name: String::new(),
                    description: None,
                    customer_id: None,
                    enabled: true,
                    tags: IndexMap::new(),
                },
                None,
            ),
        };
        stored.key.name.clone_from(&row.name);
        stored.key.description.clone_from(&row.description);
        stored.key.enabled = row.enabled;
        super::error::all_right(key_problems(&stored.key))?;
        let entered = stored.memberships.len();
        let read = self.enter(&mut stored, &plans).await?;
        // Where it enters none, its plans may be what they like.
        let plans = if stored.memberships.len() == entered { Vec::new() } else { read };
        Ok(Change { stored, plans })
    }

    async fn store_row(&self, row: &Row, chance: Chance<'_>) -> Result<PartId, OperationError> {
        for _ in 0..ATTEMPTS_MAX {
            // Read anew: rows before this one have changed plans and keys.
            let Change { stored, plans } = self.judge(row, &mut Plans::default(), chance).await?;
            let done = if stored.version == 1 {
                self.store.create_key(&stored, &row.value, &plans, self.deadline).await? == ValueOutcome::Done
            } else {
                self.store.update_key(&stored, &plans, self.deadline).await? == Outcome::Done
            };
            if done {
                return Ok(stored.key.id);
            }
        }
        Err(OperationError::Contended)
    }
}

/// The plans that rows name, each read once.
#[derive(Default)]
struct Plans(BTreeMap<String, StoredPlan>);

/// That a plan is not there, without what stands in its place: where columns are mixed up, it is a value.
fn nameless(number: usize, error: OperationError) -> OperationError {
    match error {
        OperationError::NotFound(_) => {
            let problem =
                Problem::error(format!("there is no usage plan with the id {number} of `UsagePlanIds`"));
            problem.help("`gatelet plans list` shows those that there are").into()
        }
        other => other,
    }
}

/// What is wrong with a row, as warnings; a store that failed ends the import.
fn told(file: &Arc<str>, line: u32, error: OperationError) -> Result<Problems, OperationError> {
    let problems = match error {
        OperationError::BadRequest(problems) => problems,
        OperationError::Store(_) => return Err(error),
        other => Problem::error(other.to_string()).into(),
    };
    Ok(problems.into_iter().map(|problem| warning(file, line, problem)).collect())
}

/// A problem of a row, for which it is passed over. Its line is not shown: there is a key's value in it.
fn warning(file: &Arc<str>, line: u32, problem: Problem) -> Problem {
    let place = Place { file: Arc::clone(file), line, column: 1, length: 1, source_line: String::new() };
    Problem { severity: gatelet_model::Severity::Warning, ..problem }.at(place)
}
