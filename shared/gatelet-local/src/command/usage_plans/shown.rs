//! Keys and plans, for people and scripts.

use gatelet_control::usage::{KeyShown, PlanShown};
use gatelet_core::Timestamp;
use gatelet_model::{PartId, PlanStage, Quota, Throttle, UsagePlan};
use serde_json::{Map, Value, json};

use super::{NAME_CHARACTERS_MAX, NONE};
use crate::command::stages::moment;
use crate::command::width;
use crate::definition::whole_listing;
use crate::requests::printable;

/// A text of a user's on one line.
pub(super) fn line(text: &str) -> String {
    printable(text, NAME_CHARACTERS_MAX).into_owned()
}

/// A JSON document on standard output.
pub(super) fn document(value: &Value) -> String {
    format!("{value:#}\n")
}

fn or_none(text: String) -> String {
    if text.is_empty() { NONE.to_owned() } else { text }
}

fn at(milliseconds: u64) -> String {
    moment(Timestamp::from_milliseconds(milliseconds))
}

const fn status(key: &KeyShown) -> &'static str {
    if key.enabled { "enabled" } else { "disabled" }
}

fn ids(ids: &[PartId]) -> String {
    ids.iter().map(PartId::as_str).collect::<Vec<_>>().join(", ")
}

/// Keys as a table.
pub(super) fn keys_table(keys: &[KeyShown]) -> String {
    let row = |key: &KeyShown| {
        [
            key.id.to_string(),
            or_none(key.name.clone()),
            status(key).to_owned(),
            or_none(ids(&key.plans)),
            at(key.created_milliseconds),
        ]
    };
    let rows: Vec<[String; 5]> = keys.iter().map(row).collect();
    whole_listing(["API key", "Name", "Status", "Plans", "Created (UTC)"], &rows, width())
}

/// A key with all that is known of it.
pub(super) fn key_text(key: &KeyShown) -> String {
    let mut text = format!("{}  {}  {}\n", key.id, or_none(line(&key.name)), status(key));
    if let Some(value) = &key.value {
        text.push_str(&format!("  value {}\n", value.0));
    }
    text.push_str(&format!("  plans {}\n", or_none(ids(&key.plans))));
    let texts = [("description", &key.description), ("customer", &key.customer_id), ("from", &key.owner)];
    for (what, said) in texts {
        if let Some(said) = said {
            text.push_str(&format!("  {what} {}\n", line(said)));
        }
    }
    for (name, value) in &key.tags {
        text.push_str(&format!("  tag {}={}\n", line(name), line(value)));
    }
    text.push_str(&format!("  created {}\n", at(key.created_milliseconds)));
    if key.last_updated_milliseconds != key.created_milliseconds {
        text.push_str(&format!("  changed {}\n", at(key.last_updated_milliseconds)));
    }
    text
}

/// A key for scripts, in AWS's words; its value only where it was asked for.
pub(super) fn key_json(key: &KeyShown) -> Value {
    let mut value = json!({
        "id": key.id,
        "name": key.name,
        "description": key.description,
        "customerId": key.customer_id,
        "enabled": key.enabled,
        "tags": key.tags,
        "usagePlanIds": key.plans,
        "createdDate": at(key.created_milliseconds),
        "lastUpdatedDate": at(key.last_updated_milliseconds),
        "template": key.owner,
    });
    if let (Some(given), Some(object)) = (&key.value, value.as_object_mut()) {
        object.insert("value".to_owned(), given.0.clone().into());
    }
    value
}

fn throttle_text(throttle: Throttle) -> String {
    format!("{}/s, {} at once", throttle.rate_per_second(), throttle.burst())
}

fn quota_text(quota: Quota) -> String {
    format!("{}/{}", quota.limit, quota.period.as_str().to_ascii_lowercase())
}

fn stage_text(stage: &PlanStage) -> String {
    format!("{}/{}", stage.api_id, stage.stage)
}

/// Plans as a table.
pub(super) fn plans_table(plans: &[UsagePlan]) -> String {
    let row = |plan: &UsagePlan| {
        [
            plan.id.to_string(),
            plan.name.clone(),
            or_none(plan.throttle.map(throttle_text).unwrap_or_default()),
            or_none(plan.quota.map(quota_text).unwrap_or_default()),
            or_none(plan.stages.iter().map(stage_text).collect::<Vec<_>>().join(", ")),
        ]
    };
    let rows: Vec<[String; 5]> = plans.iter().map(row).collect();
    whole_listing(["Plan", "Name", "Throttle", "Quota", "Stages"], &rows, width())
}

/// A plan with all that is known of it.
pub(super) fn plan_text(PlanShown { plan, not_deployed }: &PlanShown) -> String {
    let mut text = format!("{}  {}\n", plan.id, line(&plan.name));
    if let Some(description) = &plan.description {
        text.push_str(&format!("  {}\n", line(description)));
    }
    match plan.throttle {
        Some(throttle) => text.push_str(&format!("  each key {}\n", throttle_text(throttle))),
        None => text.push_str("  no throttle\n"),
    }
    match plan.quota {
        Some(quota) => {
            text.push_str(&format!("  each key {}", quota_text(quota)));
            if quota.offset > 0 {
                text.push_str(&format!(", {} fewer in its first {}", quota.offset, quota_period(quota)));
            }
            let strict = "; nobody passes while it cannot be counted";
            text.push_str(if plan.has_strict_quota() { strict } else { "" });
            text.push('\n');
        }
        None => text.push_str("  no quota\n"),
    }
    if plan.stages.is_empty() {
        text.push_str("  opens no stage\n");
    }
    for stage in &plan.stages {
        let is_foreign = not_deployed.iter().any(|(api, name)| stage.api_id == *api && stage.stage == *name);
        let foreign = if is_foreign { ", which is not deployed here" } else { "" };
        text.push_str(&format!("  opens {}{foreign}\n", stage_text(stage)));
        for (target, throttle) in &stage.method_throttles {
            let target = line(&String::from(target.clone()));
            text.push_str(&format!("    {target}  {}\n", throttle_text(*throttle)));
        }
    }
    if let Some(product_code) = &plan.product_code {
        text.push_str(&format!("  product {}\n", line(product_code)));
    }
    for (name, value) in &plan.tags {
        text.push_str(&format!("  tag {}={}\n", line(name), line(value)));
    }
    text
}

fn quota_period(quota: Quota) -> String {
    quota.period.as_str().to_ascii_lowercase()
}

fn throttle_json(throttle: Throttle) -> Value {
    json!({ "rateLimit": throttle.rate_per_second(), "burstLimit": throttle.burst() })
}

/// A plan for scripts, in AWS's words.
pub(super) fn plan_json(plan: &UsagePlan) -> Value {
    let stage = |stage: &PlanStage| {
        let throttles = stage.method_throttles.iter();
        let throttles: Map<String, Value> = throttles
            .map(|(target, throttle)| (String::from(target.clone()), throttle_json(*throttle)))
            .collect();
        json!({ "apiId": stage.api_id, "stage": stage.stage, "throttle": throttles })
    };
    json!({
        "id": plan.id,
        "name": plan.name,
        "description": plan.description,
        "apiStages": plan.stages.iter().map(stage).collect::<Vec<_>>(),
        "throttle": plan.throttle.map(throttle_json),
        "quota": plan.quota.map(|quota| {
            json!({ "limit": quota.limit, "offset": quota.offset, "period": quota.period.as_str() })
        }),
        "productCode": plan.product_code,
        "tags": plan.tags,
    })
}

/// The same, with the stages that are not deployed here.
pub(super) fn shown_json(PlanShown { plan, not_deployed }: &PlanShown) -> Value {
    let mut value = plan_json(plan);
    if let Some(object) = value.as_object_mut() {
        let stages = not_deployed.iter().map(|(api, stage)| json!({ "apiId": api, "stage": stage }));
        object.insert("notDeployed".to_owned(), stages.collect());
    }
    value
}
