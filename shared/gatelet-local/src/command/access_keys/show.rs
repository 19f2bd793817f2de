//! What is stored, for people and scripts. Secrets are not read.

use gatelet_aws::access::{AttachedPolicies, StoredAccessKey};
use gatelet_control::access_keys::{AccessKeyId, PrincipalArn};
use gatelet_core::Timestamp;
use serde_json::{Value, json};

use super::place::Place;
use crate::command::stages::moment;
use crate::command::{Failure, width};
use crate::definition::listing;
use crate::requests::printable;

/// What stands for nothing.
const NONE: &str = "-";
/// A line of a policy is cut after this many characters.
const LINE_CHARACTERS_MAX: usize = 2_000;

pub(super) async fn list(place: &Place) -> Result<String, Failure> {
    let keys =
        place.credentials.access_keys(place.deadline()).await.map_err(|error| Failure::of_command(&error))?;
    let principals =
        place.credentials.principals(place.deadline()).await.map_err(|error| Failure::of_command(&error))?;
    let now = place.now();
    if place.json {
        let keys: Vec<Value> = keys.iter().map(|key| key_json(key, now, false)).collect();
        let principals: Vec<Value> =
            principals.iter().map(|attached| principal_json(attached, false)).collect();
        return Ok(format!("{:#}\n", json!({ "accessKeys": keys, "principals": principals })));
    }
    if keys.is_empty() && principals.is_empty() {
        return Ok(format!(
            "there are no access keys in {}; `gatelet access-keys create` issues one\n",
            place.shown
        ));
    }
    let mut text = String::new();
    if !keys.is_empty() {
        let rows: Vec<[String; 6]> = keys
            .iter()
            .map(|key| {
                [
                    key.id.to_string(),
                    key.user.to_string(),
                    status(key, now).to_owned(),
                    moment(key.created),
                    key.expires.map_or_else(|| NONE.to_owned(), moment),
                    key.policies.len().to_string(),
                ]
            })
            .collect();
        let headings = ["Access key", "User", "Status", "Created (UTC)", "Ends (UTC)", "Policies"];
        text.push_str(&listing(headings, &rows, width()));
    }
    if !principals.is_empty() {
        let rows: Vec<[String; 2]> = principals
            .iter()
            .map(|attached| [attached.principal.to_string(), attached.policies.len().to_string()])
            .collect();
        text.push_str(&listing(["Principal", "Policies"], &rows, width()));
    }
    Ok(text)
}

pub(super) async fn access_key(id: &AccessKeyId, place: &Place) -> Result<String, Failure> {
    let stored = place
        .credentials
        .stored_access_key(id, place.deadline())
        .await
        .map_err(|error| Failure::of_command(&error))?;
    let key = stored.ok_or_else(|| place.unknown(id))?;
    let now = place.now();
    if place.json {
        return Ok(format!("{:#}\n", key_json(&key, now, true)));
    }
    let mut text = format!(
        "{}  {}  {}\n  created {}\n",
        key.id,
        key.identity.user_arn,
        status(&key, now),
        moment(key.created)
    );
    if let Some(expires) = key.expires {
        text.push_str(&format!("  ends {}\n", moment(expires)));
    }
    text.push_str(&policies_text(&key.policies));
    Ok(text)
}

pub(super) async fn principal(arn: &PrincipalArn, place: &Place) -> Result<String, Failure> {
    let Some(attached) = place
        .credentials
        .attached(arn, place.deadline())
        .await
        .map_err(|error| Failure::of_command(&error))?
    else {
        return Err(Failure::of_command(&format!("nothing is attached to `{arn}` in {}", place.shown)));
    };
    if place.json {
        return Ok(format!("{:#}\n", principal_json(&attached, true)));
    }
    Ok(format!("{arn}\n{}", policies_text(&attached.policies)))
}

fn status(key: &StoredAccessKey, now: Timestamp) -> &'static str {
    match key {
        StoredAccessKey { enabled: false, .. } => "disabled",
        StoredAccessKey { expires: Some(expires), .. } if *expires <= now => "ended",
        _ => "active",
    }
}

/// The policies as they were given, each line indented.
fn policies_text(policies: &[Box<str>]) -> String {
    if policies.is_empty() {
        return "  no policy\n".to_owned();
    }
    let mut text = String::new();
    for (number, policy) in (1..).zip(policies) {
        text.push_str(&format!("  policy {number}\n"));
        for line in policy.lines() {
            text.push_str(&format!("    {}\n", printable(line, LINE_CHARACTERS_MAX)));
        }
    }
    text
}

fn key_json(key: &StoredAccessKey, now: Timestamp, with_policies: bool) -> Value {
    json!({
        "accessKeyId": key.id.as_str(),
        "userName": key.user.as_str(),
        "userArn": key.identity.user_arn,
        "userId": key.identity.user_id,
        "status": if key.enabled { "Active" } else { "Inactive" },
        "hasEnded": key.expires.is_some_and(|expires| expires <= now),
        "createDate": moment(key.created),
        "expires": key.expires.map(moment),
        "policies": policies_json(&key.policies, with_policies),
    })
}

fn principal_json(attached: &AttachedPolicies, with_policies: bool) -> Value {
    json!({
        "principalArn": attached.principal.as_str(),
        "policies": policies_json(&attached.policies, with_policies),
    })
}

/// The policies themselves, or how many there are.
fn policies_json(policies: &[Box<str>], whole: bool) -> Value {
    if !whole {
        return policies.len().into();
    }
    policies.iter().map(|policy| serde_json::from_str(policy).unwrap_or(Value::Null)).collect()
}
