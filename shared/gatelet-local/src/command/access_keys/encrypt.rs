//! `gatelet access-keys encrypt`: secrets of access keys, and values of API keys, which are encrypted with the same key.

use std::io::Write as _;

use gatelet_aws::access::Sealing;
use serde_json::{Value, json};

use super::place::Place;
use crate::command::table::progress;
use crate::command::{Failure, width};
use crate::definition::listing;
use crate::requests::printable;

/// A reason is cut after this many characters.
const REASON_CHARACTERS_MAX: usize = 500;

/// What is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The secret of an access key.
    AccessKey,
    /// The value of an API key.
    ApiKey,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::AccessKey => "access key",
            Self::ApiKey => "API key",
        }
    }
}

/// What was done.
#[derive(Default)]
struct Done {
    anew: usize,
    already: usize,
    /// Of what kind, ids and why.
    unreadable: Vec<(Kind, String, String)>,
}

pub(super) async fn run(place: &Place) -> Result<String, Failure> {
    let mut done = Done::default();
    let of_command = |error| Failure::of_command(&error);
    let access_keys = place.credentials.access_key_ids(place.deadline()).await.map_err(of_command)?;
    let api_keys = place.credentials.api_key_ids(place.deadline()).await.map_err(of_command)?;
    progress("encrypting anew");
    for id in access_keys {
        let sealing = place.credentials.encrypt_anew(&id, place.deadline()).await;
        done.note(Kind::AccessKey, &id, sealing.map_err(of_command)?);
    }
    for id in api_keys {
        let sealing = place.credentials.encrypt_api_key_anew(&id, place.deadline()).await;
        done.note(Kind::ApiKey, &id, sealing.map_err(of_command)?);
    }
    let said = if place.json { format!("{:#}\n", done.json()) } else { done.text() };
    if done.unreadable.is_empty() {
        return Ok(said);
    }
    // Standard output that is closed is nothing to fail for.
    let _ = anstream::stdout().write_all(said.as_bytes());
    Err(Failure::of_command(
        &"not all secrets can be read, and these are as they were: give the key that encrypted them as the second one, and \
          repeat the command before anybody forgets it, or delete those keys",
    ))
}

impl Done {
    fn note(&mut self, kind: Kind, id: &str, sealing: Sealing) {
        match sealing {
            Sealing::Anew => self.anew += 1,
            Sealing::Already => self.already += 1,
            Sealing::Unreadable(why) => {
                let [id, why] = [id, &why].map(|text| printable(text, REASON_CHARACTERS_MAX).to_string());
                self.unreadable.push((kind, id, why));
            }
            Sealing::Gone => {}
        }
    }

    fn text(&self) -> String {
        let counts = [self.anew, self.already, self.unreadable.len()].map(|count| count.to_string());
        let mut text = listing(["Encrypted anew", "So already", "Cannot be read"], &[counts], width());
        if !self.unreadable.is_empty() {
            let rows =
                self.unreadable.iter().map(|(kind, id, why)| [format!("{} {id}", kind.name()), why.clone()]);
            text.push_str(&listing(["Key", "Why"], &rows.collect::<Vec<_>>(), width()));
        }
        text
    }

    fn json(&self) -> Value {
        let unreadable = self.unreadable.iter().map(|(kind, id, why)| match kind {
            Kind::AccessKey => json!({ "accessKeyId": id, "why": why }),
            Kind::ApiKey => json!({ "apiKeyId": id, "why": why }),
        });
        json!({
            "encryptedAnew": self.anew,
            "soAlready": self.already,
            "unreadable": unreadable.collect::<Vec<_>>(),
        })
    }
}
