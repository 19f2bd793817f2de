//! What a call is answered with.

use std::collections::BTreeSet;

use gatelet_aws::dynamodb::counters::meter::Place;
use serde::Serialize;

/// The answer to a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// To records of the stream: those from which on Lambda sends them again.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html>
    #[serde(rename_all = "camelCase")]
    Stream {
        /// Their sequence numbers; none where all is done.
        batch_item_failures: Vec<Failed>,
    },
    /// To a schedule or a person.
    #[serde(rename_all = "camelCase")]
    Task {
        /// How many reports were looked at.
        reports: usize,
        /// In how many steps something of them was added to totals.
        folded: usize,
        /// How many tokens of quotas went back.
        tokens_put_back: u64,
        /// From where on a backfill goes on with the next schedule; none where it is done, or there is none.
        left: Option<Left>,
    },
}

/// A record that is sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failed {
    /// Its sequence number.
    pub item_identifier: String,
}

/// Where a backfill stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Left {
    /// The day, such as `2026-11-21`.
    pub day: String,
    /// The partition of its reports, from 0.
    pub shard: u8,
}

impl Answer {
    pub(crate) fn of_failed(sequences: BTreeSet<String>) -> Self {
        let failed = sequences.into_iter().map(|item_identifier| Failed { item_identifier });
        Self::Stream { batch_item_failures: failed.collect() }
    }
}

impl From<Place> for Left {
    fn from(place: Place) -> Self {
        Self { day: place.day.to_string(), shard: place.shard }
    }
}

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The function is not set up.
    #[error("{0}")]
    Unconfigured(String),
    /// The event is none of those that it takes.
    #[error("{0}")]
    UnknownEvent(String),
    /// Something was not done; asked again, it goes on from there.
    #[error("{0}")]
    Unfinished(String),
}

impl Failure {
    /// Its name in Lambda's error.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Unconfigured(_) => "Gatelet.Unconfigured",
            Self::UnknownEvent(_) => "Gatelet.UnknownEvent",
            Self::Unfinished(_) => "Gatelet.Unfinished",
        }
    }
}
