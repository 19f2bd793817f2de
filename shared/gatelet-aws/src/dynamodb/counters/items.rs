//! What the items of the counters table look like, for whoever writes them and for whoever reads them in the table's stream.
//!
//! | item | partition | sort | written by |
//! | --- | --- | --- | --- |
//! | bucket | the bucket's name, `#`, the shard | `bucket` | every instance |
//! | quota | `quota#{plan}#{key}` | the period's first day | every instance; the meter, where tokens come back |
//! | return | `returns#{day of its moment}#{shard}` | `{moment}#{id}` | one instance, once; the meter marks it |
//! | report | `reports#{day}#{shard}` | `{plan}#{key}#{id}` | one instance, again and again; `folded` by the meter alone |
//! | total | `usage#{plan}` | `{key}#{day}` | the meter alone |
//!
//! Ids are lower-case letters and digits, so `#` parts them without doubt. All items end by `expires`, in seconds.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use gatelet_core::limits::Day;
use gatelet_core::ports::{PortError, QuotaName, Timestamp, UsageCounts};
use gatelet_model::{PartId, Problem};
use sha2::{Digest as _, Sha256};

use crate::dynamodb::{Attributes, Item, PARTITION_KEY, SORT_KEY};

/// What the table is called in errors.
pub const WHAT: &str = "the counters table";

/// A bucket's theoretical arrival time, in nanoseconds since 1970.
pub const TIME: &str = "tat";

/// The plan's id.
pub const PLAN: &str = "plan";
/// The API key's id.
pub const KEY: &str = "key";
/// How many tokens of a quota are used; less than nothing after an extension.
pub const USED: &str = "used";
/// How many tokens the period has, as the last instance knew that took some.
pub const QUOTA_LIMIT: &str = "quota_limit";

/// The first day of the period that tokens are returned to.
pub const FIRST_DAY: &str = "first_day";
/// How many tokens are returned.
pub const TOKENS: &str = "tokens";
/// From when they may be put back, in milliseconds since 1970.
pub const AFTER: &str = "after_milliseconds";
/// Whether they are put back. The meter sets it in one step with the quota, and removes no such item before its end: a return that is
/// written again would count again.
pub const IS_PUT_BACK: &str = "put_back";

/// The day that usage is of.
pub const DAY: &str = "day";
/// What an instance has counted: route label to numbers.
pub const COUNTS: &str = "counts";
/// What of that the meter has added to the total, in the same form.
pub const FOLDED: &str = "folded";
/// The sum of all that an instance has counted: it only grows, which tells a report that comes late.
pub const SUM: &str = "sum";

/// Requests of a day that were let through, over all routes.
pub const TOTAL_ADMITTED: &str = "admitted";
/// Requests of a day that came too soon.
pub const TOTAL_THROTTLED: &str = "throttled";
/// Requests of a day for which no quota was left.
pub const TOTAL_OVER_QUOTA: &str = "over_quota";
/// Requests of a day that were judged without the counters.
pub const TOTAL_DEGRADED: &str = "degraded";

/// Into how many partitions the reports of a day are spread.
pub const REPORT_SHARDS: u8 = 16;
/// For how many days after its own a report is kept: so long a day can be counted anew.
pub const REPORT_DAYS: u64 = 40;
/// For how many days after its own a total is kept.
pub const TOTAL_DAYS: u64 = 400;

const BUCKET_SORT: &str = "bucket";
const QUOTA_PREFIX: &str = "quota#";
const RETURNS_PREFIX: &str = "returns#";
const REPORTS_PREFIX: &str = "reports#";
const USAGE_PREFIX: &str = "usage#";

/// The four numbers, each with the name that it has in reports and in totals by route, and that of the whole day.
const NUMBERS: [Number; 4] = [
    Number { letter: "a", total: TOTAL_ADMITTED, of: |counts| &mut counts.admitted },
    Number { letter: "t", total: TOTAL_THROTTLED, of: |counts| &mut counts.throttled },
    Number { letter: "q", total: TOTAL_OVER_QUOTA, of: |counts| &mut counts.over_quota },
    Number { letter: "d", total: TOTAL_DEGRADED, of: |counts| &mut counts.degraded },
];

struct Number {
    letter: &'static str,
    total: &'static str,
    of: fn(&mut UsageCounts) -> &mut u64,
}

/// Where an item stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ItemKey {
    /// The partition.
    pub partition: String,
    /// The place in it.
    pub sort: String,
}

impl ItemKey {
    /// A shard of a bucket.
    #[must_use]
    pub fn of_bucket(bucket: &str, shard: u32) -> Self {
        Self { partition: format!("{bucket}#{shard}"), sort: BUCKET_SORT.to_owned() }
    }

    /// A quota's counter.
    #[must_use]
    pub fn of_quota(quota: QuotaName<'_>) -> Self {
        let QuotaName { plan, key, first_day } = quota;
        Self { partition: format!("{QUOTA_PREFIX}{plan}#{key}"), sort: first_day.to_string() }
    }

    /// Tokens that come back from a moment on.
    #[must_use]
    pub fn of_return(after: Timestamp, id: &str) -> Self {
        let partition = return_partition(Day::of(after), report_shard(id));
        Self { partition, sort: format!("{}#{id}", return_moment(after)) }
    }

    /// What an instance has counted for a key of a plan on a day.
    #[must_use]
    pub fn of_report(day: Day, plan: &PartId, key: &PartId, id: &str) -> Self {
        Self { partition: report_partition(day, report_shard(id)), sort: format!("{plan}#{key}#{id}") }
    }

    /// What was counted of a key of a plan on a day.
    #[must_use]
    pub fn of_total(plan: &PartId, key: &PartId, day: Day) -> Self {
        Self { partition: total_partition(plan), sort: total_sort(key, day) }
    }

    /// The key as calls take it.
    #[must_use]
    pub fn into_attributes(self) -> Attributes {
        let text = AttributeValue::S;
        [(PARTITION_KEY, text(self.partition)), (SORT_KEY, text(self.sort))]
            .map(|(name, value)| (name.to_owned(), value))
            .into()
    }
}

/// The partition of a day's reports, of [`REPORT_SHARDS`]: counted from 0.
#[must_use]
pub fn report_partition(day: Day, shard: u8) -> String {
    format!("{REPORTS_PREFIX}{day}#{shard}")
}

/// In which of a day's partitions an instance's reports are.
#[must_use]
pub fn report_shard(id: &str) -> u8 {
    Sha256::digest(id).first().map_or(0, |byte| byte % REPORT_SHARDS)
}

/// The partition of what comes back from a day on, of [`REPORT_SHARDS`]: counted from 0.
#[must_use]
pub fn return_partition(day: Day, shard: u8) -> String {
    format!("{RETURNS_PREFIX}{day}#{shard}")
}

/// What the places of tokens that come back from a moment on begin with: texts in the order of moments.
#[must_use]
pub fn return_moment(after: Timestamp) -> String {
    format!("{:015}", after.milliseconds())
}

/// The partition of a plan's totals.
#[must_use]
pub fn total_partition(plan: &PartId) -> String {
    format!("{USAGE_PREFIX}{plan}")
}

/// The place of a key's total of a day.
#[must_use]
pub fn total_sort(key: &PartId, day: Day) -> String {
    format!("{key}#{day}")
}

/// When reports of a day end.
#[must_use]
pub fn report_expires(day: Day) -> Timestamp {
    day.after(1 + REPORT_DAYS).start()
}

/// When the total of a day ends.
#[must_use]
pub fn total_expires(day: Day) -> Timestamp {
    day.after(1 + TOTAL_DAYS).start()
}

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A shard of a bucket.
    Bucket,
    /// A quota's counter.
    Quota,
    /// Tokens that come back.
    Return,
    /// What an instance has counted.
    Report,
    /// What was counted.
    Total,
}

impl Kind {
    /// What an item of this partition is; none where that is not known here.
    #[must_use]
    pub fn of(partition: &str) -> Option<Self> {
        let kinds = [
            ("throttle#", Self::Bucket),
            (QUOTA_PREFIX, Self::Quota),
            (RETURNS_PREFIX, Self::Return),
            (REPORTS_PREFIX, Self::Report),
            (USAGE_PREFIX, Self::Total),
        ];
        kinds.into_iter().find(|(prefix, _)| partition.starts_with(prefix)).map(|(_, kind)| kind)
    }
}

/// A quota's counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredQuota {
    /// The plan.
    pub plan: PartId,
    /// The API key's id.
    pub key: PartId,
    /// The period's first day.
    pub first_day: Day,
    /// How many tokens are used.
    pub used: i64,
    /// How many the period has; none where it was written without any being taken.
    pub limit: Option<u32>,
}

impl StoredQuota {
    /// Reads an item.
    ///
    /// # Errors
    /// [`PortError::Unreadable`].
    pub fn read(attributes: Attributes) -> Result<Self, PortError> {
        let item = Item::read(WHAT, attributes)?;
        let limit = item.optional_number(QUOTA_LIMIT)?;
        Ok(Self {
            plan: item.parsed(PLAN, PartId::parse)?,
            key: item.parsed(KEY, PartId::parse)?,
            first_day: item.parsed(SORT_KEY, parse_day)?,
            used: item.signed(USED)?,
            limit: limit.map(|limit| u32::try_from(limit).unwrap_or(u32::MAX)),
        })
    }
}

/// Tokens of a quota that come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReturn {
    /// What no other return has for a name.
    pub id: String,
    /// The plan.
    pub plan: PartId,
    /// The API key's id.
    pub key: PartId,
    /// The first day of the period.
    pub first_day: Day,
    /// How many.
    pub tokens: u32,
    /// From when they may be put back.
    pub after: Timestamp,
    /// Whether they are.
    pub is_put_back: bool,
}

impl StoredReturn {
    /// Reads an item.
    ///
    /// # Errors
    /// [`PortError::Unreadable`].
    pub fn read(attributes: Attributes) -> Result<Self, PortError> {
        let is_put_back = attributes.contains_key(IS_PUT_BACK);
        let item = Item::read(WHAT, attributes)?;
        let id = item.sort_key()?.split_once('#').map_or("", |(_, id)| id);
        let tokens = item.number(TOKENS)?;
        Ok(Self {
            id: id.to_owned(),
            plan: item.parsed(PLAN, PartId::parse)?,
            key: item.parsed(KEY, PartId::parse)?,
            first_day: item.parsed(FIRST_DAY, parse_day)?,
            tokens: u32::try_from(tokens).map_err(|error| item.unreadable(error.to_string()))?,
            after: Timestamp::from_milliseconds(item.number(AFTER)?),
            is_put_back,
        })
    }

    /// The counter that they go back to.
    #[must_use]
    pub const fn quota(&self) -> QuotaName<'_> {
        QuotaName { plan: &self.plan, key: &self.key, first_day: self.first_day }
    }
}

/// What an instance has counted for a key of a plan on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReport {
    /// Where it stands.
    pub item_key: ItemKey,
    /// The plan.
    pub plan: PartId,
    /// The API key's id.
    pub key: PartId,
    /// The day.
    pub day: Day,
    /// What was counted, by route label.
    pub counts: BTreeMap<String, UsageCounts>,
    /// What of that is in the total; none where the meter has not seen it yet.
    pub folded: Option<BTreeMap<String, UsageCounts>>,
}

impl StoredReport {
    /// Reads an item.
    ///
    /// # Errors
    /// [`PortError::Unreadable`].
    pub fn read(attributes: Attributes) -> Result<Self, PortError> {
        let counts = read_counts(&attributes, COUNTS)?;
        let folded = read_counts(&attributes, FOLDED)?;
        let item = Item::read(WHAT, attributes)?;
        Ok(Self {
            item_key: ItemKey {
                partition: item.text(PARTITION_KEY)?.to_owned(),
                sort: item.sort_key()?.to_owned(),
            },
            plan: item.parsed(PLAN, PartId::parse)?,
            key: item.parsed(KEY, PartId::parse)?,
            day: item.parsed(DAY, parse_day)?,
            counts: counts.ok_or_else(|| item.unreadable(format!("it has no `{COUNTS}`")))?,
            folded,
        })
    }
}

/// What was counted of a key of a plan on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTotal {
    /// The API key's id.
    pub key: PartId,
    /// The day.
    pub day: Day,
    /// All of it.
    pub counts: UsageCounts,
    /// The same by route label.
    pub routes: BTreeMap<String, UsageCounts>,
}

impl StoredTotal {
    /// Reads an item, or those attributes of it that were asked for.
    ///
    /// # Errors
    /// [`PortError::Unreadable`].
    pub fn read(attributes: Attributes) -> Result<Self, PortError> {
        let (mut counts, mut routes) = (UsageCounts::default(), BTreeMap::<String, UsageCounts>::new());
        for (name, value) in &attributes {
            for number in &NUMBERS {
                if name == number.total {
                    *(number.of)(&mut counts) = whole(name, value)?;
                } else if let Some(label) = route_of(name, number.letter) {
                    *(number.of)(routes.entry(label.to_owned()).or_default()) = whole(name, value)?;
                }
            }
        }
        let item = Item::read(WHAT, attributes)?;
        let (key, day) = item
            .sort_key()?
            .split_once('#')
            .ok_or_else(|| item.unreadable("its key is no total's".to_owned()))?;
        let unreadable = |problem: Problem| item.unreadable(problem.message);
        Ok(Self {
            key: PartId::parse(key).map_err(unreadable)?,
            day: parse_day(day).map_err(unreadable)?,
            counts,
            routes,
        })
    }
}

fn route_of<'a>(name: &'a str, letter: &str) -> Option<&'a str> {
    name.strip_prefix(letter)?.strip_prefix('#')
}

/// What is added to a total's attributes where so much more was counted on a route: names and numbers, zeros left out. An attribute of
/// the whole day comes once for each route.
pub fn total_additions(label: &str, counts: UsageCounts) -> impl Iterator<Item = (String, u64)> {
    let mut counts = counts;
    let numbers = NUMBERS.iter().map(|number| (number, *(number.of)(&mut counts))).collect::<Vec<_>>();
    let label = label.to_owned();
    numbers.into_iter().filter(|(_, count)| *count > 0).flat_map(move |(number, count)| {
        [(number.total.to_owned(), count), (format!("{}#{label}", number.letter), count)]
    })
}

/// Counts as [`COUNTS`] and [`FOLDED`] have them; what is zero is left out.
pub fn counts_value<'a>(
    counts: impl IntoIterator<Item = (&'a (impl AsRef<str> + 'a), &'a UsageCounts)>,
) -> AttributeValue {
    let routes = counts.into_iter().map(|(label, counts)| {
        let mut counts = *counts;
        let numbers = NUMBERS.iter().filter_map(|number| {
            let count = *(number.of)(&mut counts);
            (count > 0).then(|| (number.letter.to_owned(), AttributeValue::N(count.to_string())))
        });
        (label.as_ref().to_owned(), AttributeValue::M(numbers.collect()))
    });
    AttributeValue::M(routes.collect())
}

/// The sum of all numbers.
#[must_use]
pub fn counts_sum<'a>(counts: impl IntoIterator<Item = &'a UsageCounts>) -> u64 {
    let of_route = |counts: &UsageCounts| {
        let mut counts = *counts;
        NUMBERS.iter().fold(0_u64, |sum, number| sum.saturating_add(*(number.of)(&mut counts)))
    };
    counts.into_iter().fold(0_u64, |sum, counts| sum.saturating_add(of_route(counts)))
}

/// Reads [`COUNTS`] or [`FOLDED`]; none where there is no such attribute.
///
/// # Errors
/// [`PortError::Unreadable`].
pub fn read_counts(
    attributes: &Attributes,
    name: &str,
) -> Result<Option<BTreeMap<String, UsageCounts>>, PortError> {
    let Some(value) = attributes.get(name) else { return Ok(None) };
    let AttributeValue::M(routes) = value else { return Err(unreadable(format!("its `{name}` is no map"))) };
    let read = routes.iter().map(|(label, numbers)| {
        let AttributeValue::M(numbers) = numbers else {
            return Err(unreadable(format!("in its `{name}` is what is no map")));
        };
        let mut counts = UsageCounts::default();
        for number in &NUMBERS {
            if let Some(value) = numbers.get(number.letter) {
                *(number.of)(&mut counts) = whole(number.letter, value)?;
            }
        }
        Ok((label.clone(), counts))
    });
    read.collect::<Result<_, _>>().map(Some)
}

fn whole(name: &str, value: &AttributeValue) -> Result<u64, PortError> {
    let digits = value.as_n().map_err(|_| unreadable(format!("its `{name}` is not a number")))?;
    digits.parse().map_err(|_| unreadable(format!("its `{name}` is not a whole number")))
}

fn parse_day(text: &str) -> Result<Day, Problem> {
    Day::try_from(text.to_owned()).map_err(Problem::error)
}

const fn unreadable(why: String) -> PortError {
    PortError::Unreadable { what: WHAT, why }
}
