//! `gatelet usage`.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use gatelet_aws::process::SystemClock;
use gatelet_control::usage::{Answer, DayCount, KeyFilter, Operation, PAGE_MAX, Usage};
use gatelet_core::ports::{Clock, Day};
use gatelet_model::PartId;
use serde_json::{Value, json};

use super::NONE;
use super::chart::{Bar, Bars};
use super::keys::listed;
use super::place::{Need, Place, PlaceArguments, unexpected};
use super::shown::{document, line};
use crate::command::{Failure, width};
use crate::definition::whole_listing;

/// How many days before the last one are shown where nothing is said: a week.
const DAYS_BEFORE: u64 = 6;

#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "\
gatelet usage PLAN                                       the last seven days, by key and day, in UTC
gatelet usage PLAN --from 2026-11-01 --to 2026-11-30 --csv
gatelet usage extend PLAN KEY --remaining 500            until the period ends

`Used` are requests that passed, `Remaining` is what was left of the quota when the day ended or is left now, `Refused` are
requests over a throttle or a quota. In a gateway that runs here it is right within two seconds."
)]
pub(in crate::command) struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,

    /// The plan
    #[arg(value_name = "PLAN", required = true)]
    plan: Option<String>,

    /// Only this key of it
    #[arg(long, value_name = "ID")]
    key: Option<String>,

    /// The first day, as in 2026-11-01 [default: six days before the last]
    #[arg(long, value_name = "DAY", value_parser = day)]
    from: Option<Day>,

    /// The last day [default: today]
    #[arg(long, value_name = "DAY", value_parser = day)]
    to: Option<Day>,

    /// Say it as comma-separated values
    #[arg(long, conflicts_with = "json")]
    csv: bool,

    #[command(flatten)]
    place: PlaceArguments,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Say how many requests a key has left in the present period of its quota; more than the quota, too
    Extend {
        /// The plan
        #[arg(value_name = "PLAN")]
        plan: String,

        /// The key
        #[arg(value_name = "KEY")]
        key: String,

        /// How many it has left from now on
        #[arg(long, value_name = "N")]
        remaining: u32,
    },
}

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| format!("`{text}` is no day; write it as `2026-11-21`"))
}

/// A key on a day.
struct Row {
    key: PartId,
    day: Day,
    count: DayCount,
}

pub(in crate::command) async fn run(arguments: &Arguments) -> Result<String, Failure> {
    let place = arguments.place.open(Need::Existing).await?;
    if let Some(Action::Extend { plan, key, remaining }) = &arguments.action {
        return extend(plan, key, *remaining, &place, arguments.place.json).await;
    }
    let plan = arguments.plan.as_deref().unwrap_or_default();
    let last = arguments.to.unwrap_or_else(|| Day::of(SystemClock::new().now()));
    let first = arguments.from.unwrap_or_else(|| last.before(DAYS_BEFORE));
    let rows = used(plan, arguments.key.as_deref(), (first, last), &place).await?;
    if arguments.place.json {
        return Ok(document(&as_json(plan, (first, last), &rows)));
    }
    let filter = KeyFilter::default();
    let keys = listed(Some(plan), &filter, &place).await?;
    let names = keys.into_iter().map(|key| (key.id, key.name)).collect();
    Ok(if arguments.csv { as_csv(&rows, &names) } else { as_text((first, last), &rows, &names) })
}

/// What keys used, by key and day, days without a request among them.
async fn used(
    plan: &str,
    key: Option<&str>,
    (first, last): (Day, Day),
    place: &Place,
) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let operation = Operation::Usage {
            plan: plan.to_owned(),
            key: key.map(str::to_owned),
            first: first.to_string(),
            last: last.to_string(),
            after,
            limit: Some(PAGE_MAX),
        };
        let usage = usage(place.perform(operation).await?)?;
        for (key, counts) in usage.items {
            for (days, count) in (0..).zip(counts) {
                rows.push(Row { key: key.clone(), day: first.after(days), count });
            }
        }
        match usage.position {
            Some(position) => after = Some(position),
            None => return Ok(rows),
        }
    }
}

fn usage(answer: Answer) -> Result<Usage, Failure> {
    match answer {
        Answer::Usage(usage) => Ok(usage),
        _ => Err(unexpected(&"it tells of no usage")),
    }
}

async fn extend(plan: &str, key: &str, remaining: u32, place: &Place, json: bool) -> Result<String, Failure> {
    let operation = Operation::SetRemaining { plan: plan.to_owned(), key: key.to_owned(), remaining };
    usage(place.perform(operation).await?)?;
    let told = json!({ "usagePlanId": plan, "keyId": key, "remaining": remaining });
    let text =
        format!("{}  has {remaining} left in the plan {} until the period ends\n", line(key), line(plan));
    Ok(if json { document(&told) } else { text })
}

fn as_json(plan: &str, (first, last): (Day, Day), rows: &[Row]) -> Value {
    let mut items: Vec<(&PartId, Vec<Value>)> = Vec::new();
    for Row { key, day, count } in rows {
        let told = json!({
            "date": day.to_string(),
            "used": count.used,
            "remaining": count.remaining,
            "refused": count.refused,
        });
        match items.last_mut() {
            Some((last, days)) if *last == key => days.push(told),
            _ => items.push((key, vec![told])),
        }
    }
    let items: Vec<Value> =
        items.into_iter().map(|(key, days)| json!({ "keyId": key, "days": days })).collect();
    let (first, last) = (first.to_string(), last.to_string());
    json!({ "usagePlanId": plan, "startDate": first, "endDate": last, "items": items })
}

fn as_csv(rows: &[Row], names: &BTreeMap<PartId, String>) -> String {
    let mut text = "key,name,day,used,remaining,refused\n".to_owned();
    for Row { key, day, count } in rows {
        let name = names.get(key).map(|name| field(name)).unwrap_or_default();
        let remaining = count.remaining.map(|remaining| remaining.to_string()).unwrap_or_default();
        text.push_str(&format!("{key},{name},{day},{},{remaining},{}\n", count.used, count.refused));
    }
    text
}

/// A field that a spreadsheet takes for a text and for nothing else: one that begins like a formula gets an apostrophe.
fn field(text: &str) -> String {
    let text: String = text.chars().map(|one| if one.is_control() { ' ' } else { one }).collect();
    let text = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text };
    if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

fn as_text((first, last): (Day, Day), rows: &[Row], names: &BTreeMap<PartId, String>) -> String {
    let told: Vec<&Row> = rows.iter().filter(|row| row.count.used + row.count.refused > 0).collect();
    if told.is_empty() {
        return format!("no key of the plan was used from {first} to {last} (UTC)\n");
    }
    let cells = |row: &&Row| {
        let Row { key, day, count } = row;
        let name = names.get(key).filter(|name| !name.is_empty()).map_or(NONE, String::as_str);
        let remaining = count.remaining.map_or_else(|| NONE.to_owned(), |remaining| remaining.to_string());
        let (used, refused) = (count.used.to_string(), count.refused.to_string());
        [key.to_string(), name.to_owned(), day.to_string(), used, remaining, refused]
    };
    let table: Vec<[String; 6]> = told.iter().map(cells).collect();
    let headings = ["API key", "Name", "Day (UTC)", "Used", "Remaining", "Refused"];
    let mut text = whole_listing(headings, &table, width());
    let bars = Bars::of(|name| std::env::var(name).ok());
    let chart = bars.chart(&by_day((first, last), rows), width());
    if !chart.is_empty() {
        text.push('\n');
        text.push_str(&chart);
    }
    text
}

/// The sum of all keys on each day.
fn by_day((first, last): (Day, Day), rows: &[Row]) -> Vec<Bar> {
    let sum = |day: Day| {
        let mut bar = Bar { label: day.to_string(), used: 0, refused: 0 };
        for row in rows.iter().filter(|row| row.day == day) {
            bar.used = bar.used.saturating_add(row.count.used);
            bar.refused = bar.refused.saturating_add(row.count.refused);
        }
        bar
    };
    (0..=last.since(first)).map(|days| sum(first.after(days))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_texts_to_a_spreadsheet() {
        for (name, written) in [
            ("partner", "partner"),
            ("a, \"b\"", "\"a, \"\"b\"\"\""),
            ("=1+1", "'=1+1"),
            ("@x,y", "\"'@x,y\""),
            ("two\nlines", "two lines"),
        ] {
            assert_eq!(field(name), written);
        }
    }
}
