//! What wakes the meter: changes of the counters table, a schedule, or a person.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatelet_aws::dynamodb::Attributes;
use gatelet_aws::dynamodb::counters::items::REPORT_DAYS;
use gatelet_core::limits::Day;
use serde::Deserialize;

use crate::answer::Failure;

/// An event that was understood.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Changes of the table, in the order of one shard of its stream.
    Stream(Vec<Image>),
    /// What a schedule asks for.
    Task(Task),
    /// Reports of days are to be folded that the stream lost.
    Backfill {
        /// The first day.
        first: Day,
        /// The last.
        last: Day,
    },
}

/// What a schedule asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// To put tokens back that are due, and to go on with a backfill.
    Returns,
    /// The same, and to look at all reports of today and yesterday.
    Reports,
}

/// An item as a change left it.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// The change's place in the stream.
    pub sequence: String,
    /// The item; none where it was removed, or cannot be read.
    pub item: Option<Attributes>,
}

/// The members by which events are told apart.
#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "Records")]
    records: Option<Vec<WireRecord>>,
    task: Option<Task>,
    backfill: Option<WireDays>,
}

/// <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>
#[derive(Deserialize)]
struct WireRecord {
    dynamodb: WireChange,
}

#[derive(Deserialize)]
struct WireChange {
    #[serde(rename = "SequenceNumber")]
    sequence: String,
    #[serde(rename = "NewImage")]
    image: Option<HashMap<String, WireValue>>,
}

#[derive(Deserialize)]
struct WireDays {
    from: String,
    to: String,
}

/// A value as DynamoDB writes it in JSON
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html>).
#[derive(Deserialize)]
enum WireValue {
    S(String),
    N(String),
    B(String),
    #[serde(rename = "BOOL")]
    Bool(bool),
    #[serde(rename = "NULL")]
    Null(bool),
    M(HashMap<String, Self>),
    L(Vec<Self>),
    #[serde(rename = "SS")]
    Ss(Vec<String>),
    #[serde(rename = "NS")]
    Ns(Vec<String>),
    #[serde(rename = "BS")]
    Bs(Vec<String>),
}

impl WireValue {
    /// The value; none where what should be base64 is not.
    fn read(self) -> Option<AttributeValue> {
        let blob = |text: String| STANDARD.decode(text).ok().map(Blob::new);
        Some(match self {
            Self::S(text) => AttributeValue::S(text),
            Self::N(digits) => AttributeValue::N(digits),
            Self::B(text) => AttributeValue::B(blob(text)?),
            Self::Bool(truth) => AttributeValue::Bool(truth),
            Self::Null(truth) => AttributeValue::Null(truth),
            Self::M(members) => AttributeValue::M(read_all(members)?),
            Self::L(values) => AttributeValue::L(values.into_iter().map(Self::read).collect::<Option<_>>()?),
            Self::Ss(texts) => AttributeValue::Ss(texts),
            Self::Ns(digits) => AttributeValue::Ns(digits),
            Self::Bs(texts) => AttributeValue::Bs(texts.into_iter().map(blob).collect::<Option<_>>()?),
        })
    }
}

fn read_all(members: HashMap<String, WireValue>) -> Option<Attributes> {
    members.into_iter().map(|(name, value)| Some((name, value.read()?))).collect()
}

impl Event {
    /// Reads an event, which is JSON.
    ///
    /// # Errors
    /// A [`Failure::UnknownEvent`] that says what would be one.
    pub fn read(event: &str) -> Result<Self, Failure> {
        let wire: Wire = serde_json::from_str(event)
            .map_err(|error| Failure::UnknownEvent(format!("the event cannot be read: {error}")))?;
        match wire {
            Wire { records: Some(records), task: None, backfill: None } => {
                Ok(Self::Stream(records.into_iter().map(|record| image(record.dynamodb)).collect()))
            }
            Wire { records: None, task: Some(task), backfill: None } => Ok(Self::Task(task)),
            Wire { records: None, task: None, backfill: Some(days) } => days.read(),
            _ => Err(Failure::UnknownEvent(
                "the event is none of changes of the counters table (`Records`), `{\"task\": \"returns\"}`, \
                 `{\"task\": \"reports\"}` and `{\"backfill\": {\"from\": \"2026-11-19\", \"to\": \"2026-11-20\"}}`"
                    .to_owned(),
            )),
        }
    }
}

fn image(change: WireChange) -> Image {
    let item = change.image.and_then(read_all);
    Image { sequence: change.sequence, item }
}

impl WireDays {
    fn read(self) -> Result<Event, Failure> {
        let wrong = |why: String| Failure::UnknownEvent(format!("the backfill cannot be done: {why}"));
        let day = |text: String| Day::try_from(text).map_err(wrong);
        let (first, last) = (day(self.from)?, day(self.to)?);
        if last < first {
            return Err(wrong(format!("`{last}` is before `{first}`: write the first day as `from`")));
        }
        if last.since(first) > REPORT_DAYS {
            return Err(wrong(format!("reports are kept for {REPORT_DAYS} days: ask for fewer")));
        }
        Ok(Event::Backfill { first, last })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

    use super::*;

    fn item(image: &str) -> Option<Attributes> {
        let event =
            format!(r#"{{"Records": [{{"dynamodb": {{"SequenceNumber": "7", "NewImage": {image}}}}}]}}"#);
        let Event::Stream(images) = Event::read(&event).unwrap() else { unreachable!("it has records") };
        assert_eq!(images[0].sequence, "7");
        images[0].item.clone()
    }

    #[test]
    fn every_kind_of_value_is_read() {
        let read = item(
            r#"{"s": {"S": "a"}, "n": {"N": "-1.5e3"}, "b": {"B": "AQI="}, "t": {"BOOL": true}, "z": {"NULL": true},
                "m": {"M": {"l": {"L": [{"S": "b"}]}}}, "ss": {"SS": ["c"]}, "ns": {"NS": ["1"]}, "bs": {"BS": ["AQI="]}}"#,
        );
        let blob = || Blob::new([1, 2]);
        let list = AttributeValue::L(vec![AttributeValue::S("b".to_owned())]);
        let expected = [
            ("s", AttributeValue::S("a".to_owned())),
            ("n", AttributeValue::N("-1.5e3".to_owned())),
            ("b", AttributeValue::B(blob())),
            ("t", AttributeValue::Bool(true)),
            ("z", AttributeValue::Null(true)),
            ("m", AttributeValue::M([("l".to_owned(), list)].into())),
            ("ss", AttributeValue::Ss(vec!["c".to_owned()])),
            ("ns", AttributeValue::Ns(vec!["1".to_owned()])),
            ("bs", AttributeValue::Bs(vec![blob()])),
        ];
        assert_eq!(read.unwrap(), expected.map(|(name, value)| (name.to_owned(), value)).into());
        assert_eq!(item(r#"{"b": {"B": "no base64"}}"#), None, "such an item is left out");
    }

    #[test]
    fn what_was_removed_has_no_item() {
        let removed = r#"{"Records": [{"eventName": "REMOVE", "dynamodb": {"SequenceNumber": "8"}}]}"#;
        let image = Image { sequence: "8".to_owned(), item: None };
        assert_eq!(Event::read(removed), Ok(Event::Stream(vec![image])));
    }

    #[test]
    fn what_is_no_event_is_refused() {
        for text in [
            "",
            "[]",
            "7",
            r#"{"Records": 7}"#,
            r#"{"Records": [{"dynamodb": {"SequenceNumber": "1", "NewImage": {"a": {"X": 1}}}}]}"#,
        ] {
            assert!(matches!(Event::read(text), Err(Failure::UnknownEvent(_))), "{text}");
        }
    }
}
