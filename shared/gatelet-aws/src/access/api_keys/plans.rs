//! Usage plans, as the control plane makes, changes and reads them.

use gatelet_control::usage::{Outcome, Page, PlanRead, StoredPlan};
use gatelet_core::ports::{PortError, Timestamp};
use gatelet_model::PartId;

use super::items::{self, PLANS, absent, at_version, listed_plan_place, plan_place};
use super::store::{Part, UsageTables, apply, outcome, page};
use crate::dynamodb::{Consistency, Write};

impl UsageTables {
    pub(super) async fn write_plan(
        &self,
        plan: &StoredPlan,
        others: &[PlanRead],
        deadline: Timestamp,
    ) -> Result<Outcome, PortError> {
        let id = &plan.plan.id;
        let writes = || {
            let before =
                if plan.version <= 1 { absent() } else { at_version(plan.version.saturating_sub(1)) };
            let mut writes = vec![
                (Part::Read, Write::Put(items::plan(plan_place(id), plan)?, Some(before))),
                (Part::Read, Write::Put(items::plan(listed_plan_place(id), plan)?, None)),
            ];
            writes.extend(others.iter().map(|PlanRead { id, version }| {
                let (partition, sort) = plan_place(id);
                (Part::Read, Write::Check(partition, sort, at_version(*version)))
            }));
            Ok(writes)
        };
        Ok(outcome(apply(self.table()?, writes, deadline).await?))
    }

    pub(super) async fn remove_plan(
        &self,
        id: &PartId,
        version: u64,
        deadline: Timestamp,
    ) -> Result<Outcome, PortError> {
        let writes = || {
            let delete = |(partition, sort), condition| Write::Delete(partition, sort, condition);
            Ok(vec![
                (Part::Read, delete(plan_place(id), Some(at_version(version)))),
                (Part::Read, delete(listed_plan_place(id), None)),
            ])
        };
        Ok(outcome(apply(self.table()?, writes, deadline).await?))
    }

    pub(super) async fn read_plan(
        &self,
        id: &PartId,
        deadline: Timestamp,
    ) -> Result<Option<StoredPlan>, PortError> {
        let (partition, sort) = plan_place(id);
        let item = self.table()?.get(partition, sort, Consistency::Strong, deadline).await?;
        item.as_ref().map(items::read_plan).transpose()
    }

    pub(super) async fn list_plans(
        &self,
        after: Option<&PartId>,
        limit: usize,
        deadline: Timestamp,
    ) -> Result<Page<StoredPlan>, PortError> {
        page(self.table()?, PLANS.to_owned(), after, limit, items::read_plan, deadline).await
    }
}
