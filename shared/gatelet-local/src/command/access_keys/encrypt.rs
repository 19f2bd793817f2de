//! `gatelet access-keys encrypt`.

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

/// What was done.
#[derive(Default)]
struct Done {
    anew: usize,
    already: usize,
    /// Ids and why.
    unreadable: Vec<[String; 2]>,
}

pub(super) async fn run(place: &Place) -> Result<String, Failure> {
    let mut done = Done::default();
    let ids = place.credentials.access_key_ids(place.deadline()).await;
    progress("encrypting anew");
    for id in ids.map_err(|error| Failure::of_command(&error))? {
        match place.credentials.encrypt_anew(&id, place.deadline()).await {
            Ok(Sealing::Anew) => done.anew += 1,
            Ok(Sealing::Already) => done.already += 1,
            Ok(Sealing::Unreadable(why)) => {
                let texts = [id, why].map(|text| printable(&text, REASON_CHARACTERS_MAX).to_string());
                done.unreadable.push(texts);
            }
            Ok(Sealing::Gone) => {}
            Err(error) => return Err(Failure::of_command(&error)),
        }
    }
    let said = if place.json { format!("{:#}\n", done.json()) } else { done.text() };
    if done.unreadable.is_empty() {
        return Ok(said);
    }
    // Standard output that is closed is nothing to fail for.
    let _ = anstream::stdout().write_all(said.as_bytes());
    Err(Failure::of_command(
        &"not all secrets can be read, and these are as they were: give the key that encrypted them as the second one, and \
          repeat the command before anybody forgets it, or delete those access keys",
    ))
}

impl Done {
    fn text(&self) -> String {
        let counts = [self.anew, self.already, self.unreadable.len()].map(|count| count.to_string());
        let mut text = listing(["Encrypted anew", "So already", "Cannot be read"], &[counts], width());
        if !self.unreadable.is_empty() {
            text.push_str(&listing(["Access key", "Why"], &self.unreadable, width()));
        }
        text
    }

    fn json(&self) -> Value {
        let unreadable = self.unreadable.iter().map(|[id, why]| json!({ "accessKeyId": id, "why": why }));
        json!({
            "encryptedAnew": self.anew,
            "soAlready": self.already,
            "unreadable": unreadable.collect::<Vec<_>>(),
        })
    }
}
