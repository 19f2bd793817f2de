//! `gatelet keys`.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use gatelet_control::usage::{
    Answer, FILE_BYTES_MAX, GivenValue, KeyChanges, KeyFilter, KeyShown, NewApiKey, Operation, PAGE_MAX,
};
use gatelet_model::PartId;
use serde_json::json;

use super::place::{Need, Place, PlaceArguments, unexpected};
use super::shown::{document, key_json, key_text, keys_table, line};
use crate::command::Failure;
use crate::requests::printable;

/// What names standard input.
const STANDARD_INPUT: &str = "-";
/// The largest file with a key's value that is read; longer ones hold something else.
const VALUE_BYTES_MAX: u64 = 4_096;
/// A warning is cut after this many characters.
const WARNING_CHARACTERS_MAX: usize = 500;

#[derive(Debug, Args)]
#[command(after_help = "\
gatelet keys create --name partner --plan PLAN          a key of a running `gatelet dev`, and its value
gatelet keys create --name partner --plan PLAN --table {CredentialsTable}      the same for a router in AWS
gatelet keys import keys.csv                            keys with values of your own, as AWS takes them

A client sends the value in the header X-API-Key. A key opens the stages of its plans, no others: `gatelet plans create`
makes one. A gateway that runs notices a change within ten seconds.

In a table, values are encrypted with the key in GATELET_CREDENTIALS_KEY, which the router has too.")]
pub(in crate::command) struct Arguments {
    #[command(subcommand)]
    action: Action,

    #[command(flatten)]
    place: PlaceArguments,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a key; its value is told this once
    Create(Create),
    /// Make keys from a file of comma-separated values
    Import {
        /// The file, or `-` for standard input; its first line names the columns: Name, Key, Description, Enabled, UsagePlanIds
        #[arg(value_name = "FILE")]
        file: PathBuf,

        /// Make none where one of them cannot be
        #[arg(long)]
        fail_on_warnings: bool,
    },
    /// List keys; never their values
    List {
        /// Only those in this plan
        #[arg(long, value_name = "ID")]
        plan: Option<String>,

        /// Only those whose names begin so
        #[arg(long, value_name = "TEXT")]
        name_prefix: Option<String>,
    },
    /// Show a key
    Show {
        /// The key
        #[arg(value_name = "ID")]
        id: String,

        /// Its value too
        #[arg(long)]
        include_value: bool,
    },
    /// Let a key be used again
    Enable {
        /// The key
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Let a key be used no more
    Disable {
        /// The key
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Forget a key
    Delete {
        /// The key
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Put a key into a plan
    Assign {
        /// The key
        #[arg(value_name = "KEY")]
        key: String,

        /// The plan
        #[arg(value_name = "PLAN")]
        plan: String,
    },
    /// Take a key out of a plan
    Unassign {
        /// The key
        #[arg(value_name = "KEY")]
        key: String,

        /// The plan
        #[arg(value_name = "PLAN")]
        plan: String,
    },
}

#[derive(Debug, Args)]
struct Create {
    /// Its name
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    name: String,

    /// Its value, 20 to 128 letters and digits: a file, or `-` for standard input [default: one that is made]
    #[arg(long, value_name = "-|FILE")]
    value: Option<PathBuf>,

    /// The plan to put it into
    #[arg(long, value_name = "ID")]
    plan: Option<String>,

    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,

    /// The AWS Marketplace customer whose it is
    #[arg(long, value_name = "ID")]
    customer: Option<String>,

    /// Let it open nothing yet
    #[arg(long)]
    disabled: bool,
}

pub(in crate::command) async fn run(arguments: &Arguments) -> Result<String, Failure> {
    let json = arguments.place.json;
    let place = async |need| arguments.place.open(need).await;
    match &arguments.action {
        Action::Create(create) => {
            let value = create.value.as_deref().map(value).transpose()?;
            make(create, value, &place(Need::New).await?, json).await
        }
        Action::Import { file, fail_on_warnings } => {
            let text = text(file, FILE_BYTES_MAX as u64, "the file")?;
            import(file, text, *fail_on_warnings, &place(Need::New).await?, json).await
        }
        Action::List { plan, name_prefix } => {
            let filter = KeyFilter { name_prefix: name_prefix.clone(), customer_id: None };
            let keys = listed(plan.as_deref(), &filter, &place(Need::Existing).await?).await?;
            Ok(list(&keys, plan.as_deref(), &filter, json))
        }
        Action::Show { id, include_value } => {
            let operation = Operation::Key { id: id.clone(), with_value: *include_value };
            let key = key(place(Need::Existing).await?.perform(operation).await?)?;
            Ok(if json { document(&key_json(&key)) } else { key_text(&key) })
        }
        Action::Enable { id } => set_enabled(id, true, &place(Need::Existing).await?, json).await,
        Action::Disable { id } => set_enabled(id, false, &place(Need::Existing).await?, json).await,
        Action::Delete { id } => {
            place(Need::Existing).await?.perform(Operation::DeleteKey { id: id.clone() }).await?;
            let told = json!({ "id": id, "deleted": true });
            Ok(if json { document(&told) } else { format!("{}  is deleted\n", line(id)) })
        }
        Action::Assign { key: id, plan } => {
            let operation = Operation::AddKeyToPlan { plan: plan.clone(), key: id.clone() };
            let key = key(place(Need::Existing).await?.perform(operation).await?)?;
            let text = format!("{}  is in the plan {}\n", key.id, line(plan));
            Ok(if json { document(&key_json(&key)) } else { text })
        }
        Action::Unassign { key, plan } => {
            let operation = Operation::RemoveKeyFromPlan { plan: plan.clone(), key: key.clone() };
            place(Need::Existing).await?.perform(operation).await?;
            let told = json!({ "keyId": key, "usagePlanId": plan, "removed": true });
            let text = format!("{}  is out of the plan {}\n", line(key), line(plan));
            Ok(if json { document(&told) } else { text })
        }
    }
}

/// The text of a file, or of standard input. What cannot be used is not repeated.
fn text(path: &Path, bytes_max: u64, what: &str) -> Result<String, Failure> {
    let shown = if path == Path::new(STANDARD_INPUT) {
        "standard input".to_owned()
    } else {
        format!("`{}`", path.display())
    };
    let unusable = |why: &dyn std::fmt::Display| {
        Failure::of_command(&format!("{what} in {shown} cannot be used: {why}"))
    };
    let source: Box<dyn std::io::Read> = if path == Path::new(STANDARD_INPUT) {
        Box::new(std::io::stdin())
    } else {
        let opened = std::fs::File::open(path);
        Box::new(opened.map_err(|error| unusable(&crate::definition::reason(&error)))?)
    };
    let mut bytes = Vec::new();
    let read = source.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|error| unusable(&crate::definition::reason(&error)))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > bytes_max {
        return Err(unusable(&format!("it has more than {bytes_max} bytes")));
    }
    String::from_utf8(bytes).map_err(|_| unusable(&"it is not UTF-8"))
}

fn value(path: &Path) -> Result<GivenValue, Failure> {
    Ok(GivenValue(text(path, VALUE_BYTES_MAX, "the value")?.trim_end_matches(['\r', '\n']).to_owned()))
}

pub(super) fn key(answer: Answer) -> Result<KeyShown, Failure> {
    match answer {
        Answer::Key(key) => Ok(*key),
        _ => Err(unexpected(&"it is no key")),
    }
}

async fn make(
    create: &Create,
    value: Option<GivenValue>,
    place: &Place,
    json: bool,
) -> Result<String, Failure> {
    if let Some(plan) = &create.plan {
        // Before there is a key that would have to go again.
        place.perform(Operation::Plan { id: plan.clone() }).await?;
    }
    let is_given = value.is_some();
    let new = NewApiKey {
        name: create.name.clone(),
        description: create.description.clone(),
        customer_id: create.customer.clone(),
        enabled: !create.disabled,
        value,
        ..NewApiKey::default()
    };
    let mut made = key(place.perform(Operation::CreateKey(new)).await?)?;
    if let Some(plan) = &create.plan {
        let operation = Operation::AddKeyToPlan { plan: plan.clone(), key: made.id.to_string() };
        match place.perform(operation).await {
            Ok(answer) => made = KeyShown { value: made.value, ..key(answer)? },
            Err(failure) => {
                let removed = place.perform(Operation::DeleteKey { id: made.id.to_string() }).await;
                let rest = match removed {
                    Ok(_) => "no key is made".to_owned(),
                    Err(_) => format!("the key `{}` is made, and in no plan", made.id),
                };
                return Err(Failure { message: format!("{}; {rest}", failure.message), ..failure });
            }
        }
    }
    if is_given {
        // Whoever gave it has it.
        made.value = None;
    }
    Ok(if json { document(&key_json(&made)) } else { made_text(&made) })
}

/// As lines that a shell takes for variables; the rest are comments to it.
fn made_text(key: &KeyShown) -> String {
    let mut text = format!("API_KEY_ID={}\n", key.id);
    if let Some(value) = &key.value {
        text.push_str(&format!("API_KEY={}\n", value.0));
    }
    match key.plans.first() {
        Some(plan) => text.push_str(&format!("# in the plan {plan}; clients send it as `X-API-Key`\n")),
        None => text.push_str(&format!(
            "# in no plan, it opens nothing: `gatelet keys assign {} PLAN` puts it into one\n",
            key.id
        )),
    }
    if !key.enabled {
        text.push_str(&format!("# disabled: `gatelet keys enable {}` lets it be used\n", key.id));
    }
    if key.value.is_some() {
        text.push_str(
            "# the value is stored encrypted; `gatelet keys show ID --include-value` tells it again\n",
        );
    }
    text
}

async fn import(
    file: &Path,
    text: String,
    fail_on_warnings: bool,
    place: &Place,
    json: bool,
) -> Result<String, Failure> {
    let file = file.display().to_string();
    let operation = Operation::ImportKeys { file, text: GivenValue(text), fail_on_warnings };
    let Answer::Imported { ids, warnings, failed } = place.perform(operation).await? else {
        return Err(unexpected(&"it tells of no import"));
    };
    if let Some(failed) = failed {
        return Err(Failure::of_command(&ended_half_way(&ids, &failed)));
    }
    if json {
        return Ok(document(&json!({ "ids": ids, "warnings": warnings })));
    }
    let mut text: String = ids.iter().map(|id| format!("{id}\n")).collect();
    let noun = if ids.len() == 1 { "key is" } else { "keys are" };
    text.push_str(&format!("{} {noun} imported\n", ids.len()));
    for warning in &warnings {
        text.push_str(&format!("passed over: {}\n", printable(warning, WARNING_CHARACTERS_MAX)));
    }
    Ok(text)
}

/// What was imported before the store failed: nobody else tells the ids of these keys.
fn ended_half_way(ids: &[PartId], failed: &str) -> String {
    let mut text = format!(
        "the import ended half-way: {failed}; import the file again, which overwrites what is there: {} made or overwritten",
        match ids.len() {
            0 => "no key was".to_owned(),
            1 => "this key was".to_owned(),
            count => format!("these {count} keys were"),
        }
    );
    for id in ids {
        text.push_str(&format!("\n{id}"));
    }
    text
}

/// All keys, or all of a plan.
pub(super) async fn listed(
    plan: Option<&str>,
    filter: &KeyFilter,
    place: &Place,
) -> Result<Vec<KeyShown>, Failure> {
    let mut keys: Vec<KeyShown> = Vec::new();
    loop {
        let after = keys.last().map(|key| key.id.clone());
        let (filter, limit, with_values) = (filter.clone(), Some(PAGE_MAX), false);
        let operation = match plan {
            Some(plan) => Operation::PlanKeys { plan: plan.to_owned(), filter, after, limit, with_values },
            None => Operation::Keys { filter, after, limit, with_values },
        };
        let Answer::Keys { items, has_more } = place.perform(operation).await? else {
            return Err(unexpected(&"it is no list of keys"));
        };
        let is_end = !has_more || items.is_empty();
        keys.extend(items);
        if is_end {
            return Ok(keys);
        }
    }
}

fn list(keys: &[KeyShown], plan: Option<&str>, filter: &KeyFilter, json: bool) -> String {
    if json {
        return document(&json!({ "items": keys.iter().map(key_json).collect::<Vec<_>>() }));
    }
    match (keys, plan, &filter.name_prefix) {
        ([], _, Some(prefix)) => format!("no name of a key begins with `{}`\n", line(prefix)),
        ([], Some(plan), None) => {
            format!("the plan has no keys; `gatelet keys assign KEY {}` puts one into it\n", line(plan))
        }
        ([], None, None) => "there are no API keys; `gatelet keys create` makes one\n".to_owned(),
        (keys, ..) => keys_table(keys),
    }
}

async fn set_enabled(id: &str, enabled: bool, place: &Place, json: bool) -> Result<String, Failure> {
    let changes = KeyChanges { enabled: Some(enabled), ..KeyChanges::default() };
    let key = key(place.perform(Operation::UpdateKey { id: id.to_owned(), changes }).await?)?;
    let word = if key.enabled { "enabled" } else { "disabled" };
    Ok(if json { document(&key_json(&key)) } else { format!("{}  is {word}\n", key.id) })
}
