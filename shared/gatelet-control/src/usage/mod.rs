//! API keys, usage plans and usage: what may be done to them, as AWS has it. The commands, the deployment of templates and
//! AWS's wire protocols call this.
//!
//! INVARIANT (one plan): an API key is in no two plans that open the same stage. Whoever lets a key into a plan, or a stage into
//! a plan, bases that on plans and keys of known versions, and the write fails where one of them is another by then.
//! INVARIANT (values): a key's value leaves the store only where it was asked for, and no message repeats one.
//!
//! What does not live here: where it is kept ([`UsageStore`]), chance and time, which are passed in.

mod error;
mod key_file;
mod keys;
mod operation;
mod plan_keys;
mod plans;
mod stages;
mod store;
mod template;
mod used;

pub use error::OperationError;
pub use key_file::{Deadlines, FILE_BYTES_MAX, FILE_ROWS_MAX, ImportedKeys, judge_key_file};
pub use keys::{KeyChanges, KeyFilter, KeyWithValue, NewApiKey};
pub use operation::{Answer, Failure, GivenValue, KeyShown, Operation, PlanShown, perform};
pub use plans::{NewPlan, PlanChange};
pub use stages::{DeployedStages, StageFound, Stages};
pub use store::{
    DayUsage, OTHER_PLANS_MAX, Outcome, Page, PlanRead, StoredApiKey, StoredPlan, UsageStore, ValueOutcome,
};
pub use template::{Applied, AppliedKey, Surplus, TemplateOwner};
pub use used::{DAYS_MAX, DayCount, Usage};

use gatelet_core::ports::Timestamp;
use gatelet_model::PartId;

/// How often a change is tried again that another one overtook.
const ATTEMPTS_MAX: u32 = 16;
/// How many items a list has where nobody says
/// (<https://docs.aws.amazon.com/apigateway/latest/api/API_GetApiKeys.html>).
pub const PAGE_DEFAULT: usize = 25;
/// How many items a list has at most.
pub const PAGE_MAX: usize = 500;
/// How many random bytes a new key or plan takes.
pub const CHANCE_BYTES: usize = 72;
/// Length of an id, as long as AWS's.
const ID_CHARACTERS: usize = 10;

/// Where chance comes from: each call gives other bytes.
pub type Chance<'a> = &'a mut (dyn FnMut() -> [u8; CHANCE_BYTES] + Send);

/// What can be done to the API keys and usage plans of one account and region.
#[derive(Debug)]
pub struct Operations<'a, S> {
    /// Where they are kept.
    pub store: &'a S,
    /// The present.
    pub now: Timestamp,
    /// When every call of the store has ended.
    pub deadline: Timestamp,
}

/// The id that chance makes, and the bytes that are left for a value.
fn id_of_chance(chance: [u8; CHANCE_BYTES]) -> (PartId, [u8; keys::VALUE_CHARACTERS]) {
    const ID_BYTES: usize = CHANCE_BYTES - keys::VALUE_CHARACTERS;
    let (mut of_id, mut of_value) = ([0; ID_BYTES], [0; keys::VALUE_CHARACTERS]);
    for (into, from) in of_id.iter_mut().chain(&mut of_value).zip(chance) {
        *into = from;
    }
    (PartId::from_digest(&of_id, ID_CHARACTERS), of_value)
}

/// How many items a list may have.
fn page_size(asked: Option<usize>) -> usize {
    asked.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX)
}

#[cfg(test)]
mod tests;
