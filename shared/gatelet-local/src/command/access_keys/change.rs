//! What is done to access keys and principals that are there.

use gatelet_control::access_keys::{AccessKeyId, PrincipalArn};
use serde_json::{Value, json};

use super::place::Place;
use crate::command::Failure;

/// What was done, for people or as JSON.
fn told(place: &Place, text: String, json: &Value) -> String {
    if place.json { format!("{json:#}\n") } else { text }
}

pub(super) async fn set_enabled(id: &AccessKeyId, enabled: bool, place: &Place) -> Result<String, Failure> {
    if !place
        .credentials
        .set_enabled(id, enabled, place.deadline())
        .await
        .map_err(|error| Failure::of_command(&error))?
    {
        return Err(place.unknown(id));
    }
    let (word, status) = if enabled { ("enabled", "Active") } else { ("disabled", "Inactive") };
    Ok(told(place, format!("{id}  is {word}\n"), &json!({ "accessKeyId": id.as_str(), "status": status })))
}

pub(super) async fn delete(id: &AccessKeyId, place: &Place) -> Result<String, Failure> {
    if !place
        .credentials
        .remove_access_key(id, place.deadline())
        .await
        .map_err(|error| Failure::of_command(&error))?
    {
        return Err(place.unknown(id));
    }
    Ok(told(place, format!("{id}  is deleted\n"), &json!({ "accessKeyId": id.as_str(), "deleted": true })))
}

pub(super) async fn attach(
    principal: &PrincipalArn,
    policies: &[Box<str>],
    place: &Place,
) -> Result<String, Failure> {
    place
        .credentials
        .attach(principal, policies, place.deadline())
        .await
        .map_err(|error| Failure::of_command(&error))?;
    let noun = if policies.len() == 1 { "policy" } else { "policies" };
    let text = format!("{principal}  has {} {noun} in {}\n", policies.len(), place.shown);
    Ok(told(place, text, &json!({ "principalArn": principal.as_str(), "policies": policies.len() })))
}

pub(super) async fn detach(principal: &PrincipalArn, place: &Place) -> Result<String, Failure> {
    if !place
        .credentials
        .detach(principal, place.deadline())
        .await
        .map_err(|error| Failure::of_command(&error))?
    {
        return Err(Failure::of_command(&format!("nothing is attached to `{principal}` in {}", place.shown)));
    }
    let json = json!({ "principalArn": principal.as_str(), "policies": 0 });
    Ok(told(place, format!("{principal}  has no policies any more\n"), &json))
}
