//! `gatelet access-keys create`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use gatelet_aws::access::NewAccessKey;
use gatelet_control::access_keys::{AccessKeyId, UserName, secret, session_token, user};
use gatelet_core::ports::Secret;
use serde_json::{Value, json};

use super::place::{Place, PlaceArguments};
use super::policies;
use crate::command::stages::moment;
use crate::command::table::progress;
use crate::command::{Failure, parsed};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The user that it belongs to [default: one of its own, named as the key]
    #[arg(long, value_name = "NAME", value_parser = parsed(UserName::parse))]
    user: Option<UserName>,

    /// What it may do: a file with an IAM policy; may be given several times
    #[arg(long = "policy", value_name = "FILE")]
    policies: Vec<PathBuf>,

    /// When it ends, counted from now: `90m`, `12h` or `30d` [default: never]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    expires: Option<Duration>,

    /// Let it be worth nothing without a session token, as AWS's temporary credentials are
    #[arg(long)]
    session_token: bool,
}

pub(super) async fn run(arguments: &Arguments, place: &PlaceArguments) -> Result<String, Failure> {
    let policies = policies::read(&arguments.policies)?;
    let place = place.open_for_secrets().await?;
    let id = AccessKeyId::from_random(&random()?);
    let name = match &arguments.user {
        Some(name) => name.clone(),
        None => UserName::parse(id.as_str()).map_err(|problem| Failure::of_command(&problem.message))?,
    };
    let secret = secret(&random()?);
    let token = match arguments.session_token {
        true => Some(session_token(&random()?)),
        false => None,
    };
    let created = place.now();
    let key = NewAccessKey {
        identity: user(&place.account, &place.region, &name, &id),
        user: name,
        secret: secret.clone(),
        session_token: token.clone(),
        created,
        expires: arguments.expires.map(|duration| created.after(duration)),
        policies,
        id,
    };
    let told = if place.json {
        format!("{:#}\n", as_json(&key, &secret, token.as_ref()))
    } else {
        as_text(&key, &secret, token.as_ref(), &place)
    };
    progress("storing it");
    let stored = place.credentials.put_access_key(key, place.deadline()).await;
    stored.map_err(|error| Failure::of_command(&error))?;
    Ok(told)
}

/// Chance of the machine's.
fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::of_command(&format!("the machine has no random numbers: {error}")))?;
    Ok(bytes)
}

/// As lines that a shell takes for variables; the rest are comments to it.
fn as_text(key: &NewAccessKey, secret: &Secret, token: Option<&Secret>, place: &Place) -> String {
    let mut text = format!("AWS_ACCESS_KEY_ID={}\nAWS_SECRET_ACCESS_KEY={}\n", key.id, secret.reveal());
    if let Some(token) = token {
        text.push_str(&format!("AWS_SESSION_TOKEN={}\n", token.reveal()));
    }
    text.push_str(&format!("# {}\n", key.identity.user_arn));
    if let Some(expires) = key.expires {
        text.push_str(&format!("# ends {}\n", moment(expires)));
    }
    if key.policies.is_empty() {
        text.push_str(
            "# without a policy it may call what an API's own policy allows it, and nothing else\n",
        );
    }
    text.push_str(&format!("# the secret is not shown again; it is stored encrypted in {}\n", place.shown));
    text
}

fn as_json(key: &NewAccessKey, secret: &Secret, token: Option<&Secret>) -> Value {
    json!({
        "accessKeyId": key.id.as_str(),
        "secretAccessKey": secret.reveal(),
        "sessionToken": token.map(Secret::reveal),
        "userName": key.user.as_str(),
        "userArn": key.identity.user_arn,
        "createDate": moment(key.created),
        "expires": key.expires.map(moment),
    })
}

/// A number and its unit.
fn duration(text: &str) -> Result<Duration, String> {
    let malformed = || format!("`{text}` is no duration: write one such as `90m`, `12h` or `30d`");
    let unit = text.chars().next_back().ok_or_else(malformed)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return Err(malformed()),
    };
    let count = text.strip_suffix(unit).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let count: u32 = count.and_then(|digits| digits.parse().ok()).ok_or_else(malformed)?;
    if count == 0 {
        return Err("it would have ended before it began: write a longer duration".to_owned());
    }
    Ok(Duration::from_secs(u64::from(count) * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_with_their_unit() {
        for (text, seconds) in [("1s", 1), ("90m", 5_400), ("12h", 43_200), ("30d", 2_592_000)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)));
        }
        for text in ["", "d", "30", "-1d", "+1d", "1.5h", "0d", "30 d", "99999999999d", "1w", "1é"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
