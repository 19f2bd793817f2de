//! What is done to API keys and usage plans on the tables of one place: by a running gateway, by a command, with a template.
//! What an operation means is `gatelet-control`'s.

mod chance;

use std::time::Duration;

use gatelet_aws::access::UsageTables;
use gatelet_aws::dynamodb::DefinitionTable;
use gatelet_aws::process::SystemClock;
use gatelet_control::import::ImportedApiKey;
use gatelet_control::usage::{
    Answer, Applied, DeployedStages, Failure, Operation, OperationError, Operations, Surplus, TemplateOwner,
    UsageStore, perform,
};
use gatelet_core::ports::{Clock, PortError};
use gatelet_model::{PartId, UsagePlan};

use chance::Chances;

/// How long one operation may take, and each row of a file of keys.
const PATIENCE: Duration = Duration::from_mins(5);
/// How many plans are read at a time.
const PLANS_OF_PAGE: usize = 500;

/// The tables of one place.
#[derive(Clone)]
pub struct UsagePlace {
    tables: UsageTables,
    /// Where the stages are that plans open.
    definitions: DefinitionTable,
    clock: SystemClock,
}

impl UsagePlace {
    /// Keys, plans and usage in some tables, for the stages in another.
    #[must_use]
    pub const fn new(tables: UsageTables, definitions: DefinitionTable, clock: SystemClock) -> Self {
        Self { tables, definitions, clock }
    }

    fn operations(&self) -> Operations<'_, UsageTables> {
        let now = self.clock.now();
        Operations { store: &self.tables, now, deadline: now.after(PATIENCE) }
    }

    /// Does an operation.
    ///
    /// # Errors
    /// A [`Failure`].
    pub async fn perform(&self, operation: Operation) -> Result<Answer, Failure> {
        let mut chances = Chances::new().map_err(|error| Failure::Unavailable(no_chance(&error)))?;
        let stages = DeployedStages(&self.definitions);
        let deadlines = || self.clock.now().after(PATIENCE);
        perform(&self.operations(), operation, &stages, &deadlines, &mut || chances.next()).await
    }

    /// Stores the keys and plans of a template, and takes away what it had before, as far as that may go.
    ///
    /// # Errors
    /// An [`OperationError`].
    pub async fn apply(
        &self,
        owner: &TemplateOwner,
        keys: &[ImportedApiKey],
        plans: &[UsagePlan],
        surplus: Surplus,
    ) -> Result<Applied, OperationError> {
        let mut chances = Chances::new().map_err(|error| {
            OperationError::Store(PortError::Unavailable { what: "chance", why: error.to_string() })
        })?;
        self.operations().apply_template(owner, keys, plans, surplus, &mut || chances.next()).await
    }

    /// All usage plans.
    ///
    /// # Errors
    /// A [`PortError`].
    pub async fn plans(&self) -> Result<Vec<UsagePlan>, PortError> {
        let deadline = self.operations().deadline;
        let mut plans: Vec<UsagePlan> = Vec::new();
        loop {
            let after: Option<PartId> = plans.last().map(|plan| plan.id.clone());
            let page = self.tables.plans(after.as_ref(), PLANS_OF_PAGE, deadline).await?;
            let is_empty = page.items.is_empty();
            plans.extend(page.items.into_iter().map(|stored| stored.plan));
            if !page.has_more || is_empty {
                return Ok(plans);
            }
        }
    }
}

fn no_chance(error: &std::io::Error) -> String {
    format!("the machine has no random numbers: {error}")
}
