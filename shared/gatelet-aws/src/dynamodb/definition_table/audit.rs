//! The audit trail: what was done to an API's stages, written in one step with the deed.

use gatelet_control::deploy::{Action, AuditEntry};
use gatelet_core::ports::{PortError, Timestamp};
use gatelet_model::{ApiId, PartId, StageName};

use super::DefinitionTable;
use crate::dynamodb::item::{Item, NewItem};
use crate::dynamodb::keys;
use crate::dynamodb::open_table::SortKeys;
use crate::dynamodb::transaction::Write;

const WHAT: &str = "the audit trail";
const AT: &str = "at_milliseconds";
const ACTION: &str = "action";
const STAGE: &str = "stage";
const DEPLOYMENT_ID: &str = "deployment_id";
const POINTER_VERSION: &str = "pointer_version";
const DESCRIPTION: &str = "description";

const DEPLOYED: &str = "deployed";
const ROLLED_BACK: &str = "rolled-back";
const REMOVED: &str = "removed";

impl DefinitionTable {
    pub(super) async fn read_audit_trail(
        &self,
        api_id: &ApiId,
        deadline: Timestamp,
    ) -> Result<Vec<AuditEntry>, PortError> {
        let keys = SortKeys::Prefix(keys::AUDIT_PREFIX.to_owned());
        let items = self.query(WHAT, self.scope().api(api_id), keys, deadline).await?;
        items.iter().map(entry).collect()
    }

    pub(super) fn audit_write(&self, api_id: &ApiId, entry: &AuditEntry) -> Write {
        let action = match entry.action {
            Action::Deployed => DEPLOYED,
            Action::RolledBack => ROLLED_BACK,
            Action::Removed => REMOVED,
        };
        let at = entry.at.milliseconds();
        let sort = keys::audit(at, &entry.stage, entry.version, action);
        let item = NewItem::new(self.scope().api(api_id), sort, 1)
            .number(AT, at)
            .text(ACTION, action)
            .text(STAGE, entry.stage.as_str())
            .text(DEPLOYMENT_ID, entry.deployment_id.as_str())
            .number(POINTER_VERSION, entry.version)
            .optional_text(DESCRIPTION, entry.description.as_deref());
        Write::Put(item, None)
    }
}

fn entry(item: &Item) -> Result<AuditEntry, PortError> {
    let action = match item.text(ACTION)? {
        DEPLOYED => Action::Deployed,
        ROLLED_BACK => Action::RolledBack,
        REMOVED => Action::Removed,
        other => {
            let why = format!("it tells of `{other}`, which is not known here");
            return Err(PortError::Unreadable { what: WHAT, why });
        }
    };
    Ok(AuditEntry {
        at: Timestamp::from_milliseconds(item.number(AT)?),
        action,
        stage: item.parsed(STAGE, StageName::parse)?,
        deployment_id: item.parsed(DEPLOYMENT_ID, PartId::parse)?,
        version: item.number(POINTER_VERSION)?,
        description: item.optional_text(DESCRIPTION)?.map(str::to_owned),
    })
}
