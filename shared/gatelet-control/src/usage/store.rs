//! The port behind which API keys, usage plans and what was used are kept.

use std::future::Future;

use gatelet_core::ports::Day;
use gatelet_core::ports::{Membership, PortError, QuotaName, Timestamp};
use gatelet_model::{ApiKey, ApiKeyValue, PartId, UsagePlan};

/// How many other plans a change of a plan may depend on: DynamoDB's transactions have at most 100 parts
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>).
pub const OTHER_PLANS_MAX: usize = 90;

/// An API key as it is kept, without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredApiKey {
    /// The key.
    pub key: ApiKey,
    /// The plans that it belongs to.
    pub memberships: Vec<Membership>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was changed last.
    pub last_updated: Timestamp,
    /// The template that made it, as [`TemplateOwner`](super::TemplateOwner) is stored; none where somebody made it by hand.
    pub owner: Option<String>,
    /// Counts its changes, from 1.
    pub version: u64,
}

/// A usage plan as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPlan {
    /// The plan.
    pub plan: UsagePlan,
    /// The template that made it, as [`TemplateOwner`](super::TemplateOwner) is stored; none where somebody made it by hand.
    pub owner: Option<String>,
    /// Counts its changes, and every key that entered it or another plan of the same key; from 1.
    pub version: u64,
}

impl StoredPlan {
    /// The plan as it was read, for [`UsageStore::create_key`] and [`UsageStore::update_key`].
    #[must_use]
    pub fn as_read(&self) -> PlanRead {
        PlanRead { id: self.plan.id.clone(), version: self.version }
    }
}

/// A plan that a decision was based on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanRead {
    /// The plan's id.
    pub id: PartId,
    /// The version that was read.
    pub version: u64,
}

/// What came of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// Nothing is done: what was to change is another than was read, or gone; what was to be made is there.
    Conflict,
}

/// What came of a change that gives a key its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueOutcome {
    /// It is done.
    Done,
    /// Nothing is done: the key or one of the plans is another than was read, or gone, or there is a key of this id already.
    Conflict,
    /// Nothing is done: another key has this value.
    ValueTaken,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The next ones, in the order of their ids.
    pub items: Vec<T>,
    /// Whether there are others behind them. A page may be shorter than asked for, or empty, only where there are none.
    pub has_more: bool,
}

/// How often a key called on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayUsage {
    /// The key's id.
    pub key: PartId,
    /// The day.
    pub day: Day,
    /// Requests that counted against the quota.
    pub used: u64,
    /// Requests that were refused because they came too soon or the quota was used up.
    pub refused: u64,
}

/// Where the API keys and usage plans of one account and region are kept, and what was used of them.
///
/// Every read sees all writes that were done before it began (a strongly consistent read). Every change is one step: all of
/// it happens or nothing. Every call ends before its deadline. A [`PortError::Timeout`] leaves open whether a write happened.
///
/// A key's lookup item for the data plane (id, name, whether it is enabled, memberships) changes in the same step as the key.
pub trait UsageStore: Send + Sync {
    /// Makes a key with its value. `key.version` is 1. Each of `plans` must be as it was read, and its version counts one up.
    ///
    /// # Errors
    /// A [`PortError`].
    fn create_key(
        &self,
        key: &StoredApiKey,
        value: &ApiKeyValue,
        plans: &[PlanRead],
        deadline: Timestamp,
    ) -> impl Future<Output = Result<ValueOutcome, PortError>> + Send;

    /// Puts a key in the place of the version before `key.version`; its value stays. Each of `plans` must be as it was read,
    /// and its version counts one up: so that of a key that enters a plan and a plan that gets a stage, one sees the other.
    ///
    /// # Errors
    /// A [`PortError`].
    fn update_key(
        &self,
        key: &StoredApiKey,
        plans: &[PlanRead],
        deadline: Timestamp,
    ) -> impl Future<Output = Result<Outcome, PortError>> + Send;

    /// Puts a key in the place of the version before `key.version` and gives it another value; the one before opens nothing
    /// any more.
    ///
    /// # Errors
    /// A [`PortError`].
    fn replace_value(
        &self,
        key: &StoredApiKey,
        value: &ApiKeyValue,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<ValueOutcome, PortError>> + Send;

    /// Removes a key of this version with its value. What was used stays.
    ///
    /// # Errors
    /// A [`PortError`].
    fn delete_key(
        &self,
        id: &PartId,
        version: u64,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<Outcome, PortError>> + Send;

    /// A key, or none.
    ///
    /// # Errors
    /// A [`PortError`].
    fn key(
        &self,
        id: &PartId,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<Option<StoredApiKey>, PortError>> + Send;

    /// The id of the key that has a value, or none.
    ///
    /// # Errors
    /// A [`PortError`].
    fn key_of_value(
        &self,
        value: &ApiKeyValue,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<Option<PartId>, PortError>> + Send;

    /// The values of keys, in any order; those that are not there are left out. The only way by which a value comes out.
    ///
    /// # Errors
    /// A [`PortError`].
    fn key_values(
        &self,
        ids: &[PartId],
        deadline: Timestamp,
    ) -> impl Future<Output = Result<Vec<(PartId, ApiKeyValue)>, PortError>> + Send;

    /// Up to `limit` keys whose ids are behind `after`, by id.
    ///
    /// # Errors
    /// A [`PortError`].
    fn keys(
        &self,
        after: Option<&PartId>,
        limit: usize,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<Page<StoredApiKey>, PortError>> + Send;

    /// Up to `limit` keys of a plan whose ids are behind `after`, by id.
    ///
    /// # Errors
    /// A [`PortError`].
    fn plan_keys(
        &self,
        plan: &PartId,
        after: Option<&PartId>,
        limit: usize,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<Page<StoredApiKey>, PortError>> + Send;

    /// Puts a plan in the place of the version before `plan.version`; version 1 makes it. Each of `others`, at most
    /// [`OTHER_PLANS_MAX`], must be as it was read; their versions stay.
    ///
    /// # Errors
    /// A [`PortError`].
    fn put_plan(
        &self,
        plan: &StoredPlan,
        others: &[PlanRead],
        deadline: Timestamp,
    ) -> impl Future<Output = Result<Outcome, PortError>> + Send;

    /// Removes a plan of this version. What was used stays.
    ///
    /// # Errors
    /// A [`PortError`].
    fn delete_plan(
        &self,
        id: &PartId,
        version: u64,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<Outcome, PortError>> + Send;

    /// A plan, or none.
    ///
    /// # Errors
    /// A [`PortError`].
    fn plan(
        &self,
        id: &PartId,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<Option<StoredPlan>, PortError>> + Send;

    /// Up to `limit` plans whose ids are behind `after`, by id.
    ///
    /// # Errors
    /// A [`PortError`].
    fn plans(
        &self,
        after: Option<&PartId>,
        limit: usize,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<Page<StoredPlan>, PortError>> + Send;

    /// How often keys called in a plan from the first day to the last, both included; days without a call are left out. In any
    /// order.
    ///
    /// # Errors
    /// A [`PortError`].
    fn usage(
        &self,
        plan: &PartId,
        keys: &[PartId],
        first: Day,
        last: Day,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<Vec<DayUsage>, PortError>> + Send;

    /// How many tokens of a quota are used; none where nobody took any. Less than nothing after an extension.
    ///
    /// # Errors
    /// A [`PortError`].
    fn quota_used(
        &self,
        quota: QuotaName<'_>,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<Option<i64>, PortError>> + Send;

    /// Says how many tokens of a quota are used from now on, whatever was taken until now.
    ///
    /// # Errors
    /// A [`PortError`].
    fn set_quota_used(
        &self,
        quota: QuotaName<'_>,
        used: i64,
        expires: Timestamp,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}
