//! Stage pointers, and the entries that say that an API is there.
//!
//! INVARIANT (found): a stage is created in one step with its API's entries, and these go only when no stage is left.

use aws_sdk_dynamodb::types::{AttributeValue, CancellationReason};
use gatelet_control::deploy::{Action, AuditEntry, Move};
use gatelet_core::ports::{PortError, Timestamp};
use gatelet_model::{AccountId, ApiId, PartId, Region, StageName, StagePointer};

use super::DefinitionTable;
use crate::dynamodb::item::{Item, NewItem, VERSION_ATTRIBUTE, number, stored_text};
use crate::dynamodb::keys::{self, Scope};
use crate::dynamodb::open_table::SortKeys;
use crate::dynamodb::tables::PARTITION_KEY;
use crate::dynamodb::transaction::{Condition, TRANSACTION_CONFLICT, Transaction, Write, refused_item};

const POINTER: &str = "the stage's pointer";
const API: &str = "the API's entry";
const STAGE: &str = "stage";
const DEPLOYMENT_ID: &str = "deployment_id";
const PREVIOUS_DEPLOYMENT_ID: &str = "previous_deployment_id";
const ACCOUNT: &str = "account";
const REGION: &str = "region";

/// Where in a transaction the pointer is written, and where the API's entry.
const POINTER_POSITION: usize = 0;
const ENTRY_POSITION: usize = 2;

/// How often the removal of an API looks again for stages that were created meanwhile.
const REMOVAL_ROUNDS_MAX: u32 = 16;

impl DefinitionTable {
    /// The account and region of an API, or `None` where there is no such API.
    ///
    /// # Errors
    /// A [`PortError`].
    pub async fn read_home(&self, api_id: &ApiId, deadline: Timestamp) -> Result<Option<Scope>, PortError> {
        let entry = self.get(API, keys::global(api_id.as_str()), keys::api(api_id), deadline).await?;
        entry.as_ref().map(home).transpose()
    }

    pub(super) async fn read_pointer(
        &self,
        api_id: &ApiId,
        stage: &StageName,
        deadline: Timestamp,
    ) -> Result<Option<StagePointer>, PortError> {
        let item = self.get(POINTER, self.scope().api(api_id), keys::stage(stage), deadline).await?;
        item.as_ref().map(pointer).transpose()
    }

    pub(crate) async fn read_pointers(
        &self,
        scope: &Scope,
        api_id: &ApiId,
        deadline: Timestamp,
    ) -> Result<Vec<StagePointer>, PortError> {
        let keys = SortKeys::Prefix(keys::STAGE_PREFIX.to_owned());
        let items = self.query(POINTER, scope.api(api_id), keys, deadline).await?;
        items.iter().map(pointer).collect()
    }

    pub(super) async fn list_apis(&self, deadline: Timestamp) -> Result<Vec<ApiId>, PortError> {
        let keys = SortKeys::Prefix(keys::API_PREFIX.to_owned());
        let items = self.query(API, self.scope().listing(), keys, deadline).await?;
        let parse = |item: &Item| {
            let id = item.sort_key()?.strip_prefix(keys::API_PREFIX).unwrap_or_default();
            ApiId::parse(id).map_err(|problem| PortError::Unreadable { what: API, why: problem.message })
        };
        items.iter().map(parse).collect()
    }

    pub(super) async fn write_pointer(
        &self,
        api_id: &ApiId,
        pointer: &StagePointer,
        action: Action,
        description: Option<&str>,
        deadline: Timestamp,
    ) -> Result<Move, PortError> {
        let name = pointer.stage.name();
        let creates = pointer.version <= 1;
        let condition = if creates { absent() } else { at_version(pointer.version.saturating_sub(1)) };
        let item = NewItem::new(self.scope().api(api_id), keys::stage(name), pointer.version)
            .text(STAGE, stored_text(POINTER, &pointer.stage)?)
            .text(DEPLOYMENT_ID, pointer.deployment_id.as_str())
            .optional_text(
                PREVIOUS_DEPLOYMENT_ID,
                pointer.previous_deployment_id.as_ref().map(PartId::as_str),
            );
        let entry = AuditEntry {
            at: self.clock().now(),
            action,
            stage: name.clone(),
            deployment_id: pointer.deployment_id.clone(),
            version: pointer.version,
            description: description.map(str::to_owned),
        };
        let mut writes = vec![Write::Put(item, Some(condition)), self.audit_write(api_id, &entry)];
        if creates {
            let Scope { account, region } = self.scope();
            let entry = NewItem::new(keys::global(api_id.as_str()), keys::api(api_id), 1)
                .text(ACCOUNT, account.as_str())
                .text(REGION, region.as_str());
            writes.push(Write::Put(entry, Some(self.ours_or_absent())));
            writes.push(Write::Put(NewItem::new(self.scope().listing(), keys::api(api_id), 1), None));
        }
        match self.transact(POINTER, writes, deadline).await? {
            Transaction::Done => Ok(Move::Moved),
            Transaction::Cancelled(reasons) => self.not_moved(api_id, name, &reasons, deadline).await,
        }
    }

    async fn not_moved(
        &self,
        api_id: &ApiId,
        stage: &StageName,
        reasons: &[CancellationReason],
        deadline: Timestamp,
    ) -> Result<Move, PortError> {
        if let Some(Some(entry)) = refused_item(reasons, ENTRY_POSITION) {
            let Scope { account, region } = home(&Item::read(API, entry)?)?;
            return Ok(Move::BelongsElsewhere { account, region });
        }
        let in_the_way = |reason: &CancellationReason| reason.code() == Some(TRANSACTION_CONFLICT);
        let current = match refused_item(reasons, POINTER_POSITION) {
            Some(old) => old.map(|old| pointer(&Item::read(POINTER, old)?)).transpose()?,
            None if reasons.iter().any(in_the_way) => self.read_pointer(api_id, stage, deadline).await?,
            None => {
                let why = "DynamoDB cancelled the move without a reason".to_owned();
                return Err(PortError::Unavailable { what: POINTER, why });
            }
        };
        Ok(Move::Conflict { current: current.map(Box::new) })
    }

    pub(super) async fn remove_stages(&self, api_id: &ApiId, deadline: Timestamp) -> Result<(), PortError> {
        for _ in 0..REMOVAL_ROUNDS_MAX {
            for pointer in self.read_pointers(self.scope(), api_id, deadline).await? {
                let entry = AuditEntry {
                    at: self.clock().now(),
                    action: Action::Removed,
                    stage: pointer.stage.name().clone(),
                    deployment_id: pointer.deployment_id,
                    version: pointer.version,
                    description: None,
                };
                let sort = keys::stage(&entry.stage);
                let condition = at_version(entry.version);
                let removal = Write::Delete(self.scope().api(api_id), sort, Some(condition));
                // Where it moved meanwhile, the next round sees it.
                self.transact(POINTER, vec![removal, self.audit_write(api_id, &entry)], deadline).await?;
            }
            if !self.read_pointers(self.scope(), api_id, deadline).await?.is_empty() {
                continue;
            }
            let entries = vec![
                Write::Delete(keys::global(api_id.as_str()), keys::api(api_id), Some(self.ours_or_absent())),
                Write::Delete(self.scope().listing(), keys::api(api_id), None),
            ];
            self.transact(API, entries, deadline).await?;
            // A stage created between the two lines above has lost its API's entry and must go too.
            if self.read_pointers(self.scope(), api_id, deadline).await?.is_empty() {
                return Ok(());
            }
        }
        let why = "its stages are being deployed to all the while; remove it again".to_owned();
        Err(PortError::Unavailable { what: API, why })
    }

    fn ours_or_absent(&self) -> Condition {
        let Scope { account, region } = self.scope();
        Condition {
            expression: "attribute_not_exists(#pk) OR (#account = :account AND #region = :region)",
            names: &[("#pk", PARTITION_KEY), ("#account", ACCOUNT), ("#region", REGION)],
            values: vec![
                (":account", AttributeValue::S(account.to_string())),
                (":region", AttributeValue::S(region.to_string())),
            ],
        }
    }
}

fn absent() -> Condition {
    Condition {
        expression: "attribute_not_exists(#pk)",
        names: &[("#pk", PARTITION_KEY)],
        values: Vec::new(),
    }
}

fn at_version(version: u64) -> Condition {
    Condition {
        expression: "#version = :version",
        names: &[("#version", VERSION_ATTRIBUTE)],
        values: vec![(":version", number(version))],
    }
}

fn pointer(item: &Item) -> Result<StagePointer, PortError> {
    let previous_deployment_id = match item.optional_text(PREVIOUS_DEPLOYMENT_ID)? {
        Some(_) => Some(item.parsed(PREVIOUS_DEPLOYMENT_ID, PartId::parse)?),
        None => None,
    };
    Ok(StagePointer {
        stage: item.stored(STAGE)?,
        deployment_id: item.parsed(DEPLOYMENT_ID, PartId::parse)?,
        previous_deployment_id,
        version: item.version()?,
    })
}

fn home(item: &Item) -> Result<Scope, PortError> {
    Ok(Scope {
        account: item.parsed(ACCOUNT, AccountId::parse)?,
        region: item.parsed(REGION, Region::parse)?,
    })
}
