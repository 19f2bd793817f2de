//! Items and their attributes.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use gatelet_core::ports::PortError;
use gatelet_model::{FORMAT, Problem};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::tables::{PARTITION_KEY, SORT_KEY};

/// The attribute that says how an item is to be read.
pub const FORMAT_ATTRIBUTE: &str = "format";
/// The attribute that counts an item's changes.
pub(crate) const VERSION_ATTRIBUTE: &str = "version";

/// The attributes of an item.
pub type Attributes = HashMap<String, AttributeValue>;

/// An item that is about to be written.
pub(crate) struct NewItem(Attributes);

impl NewItem {
    /// An item with its key, the present format and its version.
    pub(crate) fn new(partition: String, sort: String, version: u64) -> Self {
        Self(Attributes::from([
            (PARTITION_KEY.to_owned(), AttributeValue::S(partition)),
            (SORT_KEY.to_owned(), AttributeValue::S(sort)),
            (FORMAT_ATTRIBUTE.to_owned(), number(u64::from(FORMAT))),
            (VERSION_ATTRIBUTE.to_owned(), number(version)),
        ]))
    }

    pub(crate) fn text(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::S(value.into()));
        self
    }

    pub(crate) fn optional_text(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    pub(crate) fn number(mut self, name: &str, value: u64) -> Self {
        self.0.insert(name.to_owned(), number(value));
        self
    }

    pub(crate) fn boolean(mut self, name: &str, value: bool) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::Bool(value));
        self
    }

    pub(crate) fn bytes(mut self, name: &str, value: Vec<u8>) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::B(Blob::new(value)));
        self
    }

    pub(crate) fn into_attributes(self) -> Attributes {
        self.0
    }
}

/// A number as DynamoDB takes it.
pub(crate) fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A value of the model as it is stored.
pub(crate) fn stored_text(what: &'static str, value: &impl Serialize) -> Result<String, PortError> {
    serde_json::to_string(value).map_err(|error| PortError::Unreadable { what, why: error.to_string() })
}

/// An item that was read, in a format that is known.
pub(crate) struct Item {
    what: &'static str,
    attributes: Attributes,
}

impl Item {
    /// An item, where its format is the one that is understood here.
    pub(crate) fn read(what: &'static str, attributes: Attributes) -> Result<Self, PortError> {
        let item = Self { what, attributes };
        let format = item.number(FORMAT_ATTRIBUTE)?;
        if format == u64::from(FORMAT) {
            Ok(item)
        } else {
            Err(item.unreadable(format!(
                "it is in format {format}, and this version knows format {FORMAT} alone; use a version that knows it"
            )))
        }
    }

    pub(crate) fn version(&self) -> Result<u64, PortError> {
        self.number(VERSION_ATTRIBUTE)
    }

    pub(crate) fn sort_key(&self) -> Result<&str, PortError> {
        self.text(SORT_KEY)
    }

    pub(crate) fn optional_text(&self, name: &str) -> Result<Option<&str>, PortError> {
        match self.attributes.get(name) {
            None => Ok(None),
            Some(AttributeValue::S(text)) => Ok(Some(text)),
            Some(_) => Err(self.unreadable(format!("its `{name}` is not a text"))),
        }
    }

    pub(crate) fn text(&self, name: &str) -> Result<&str, PortError> {
        self.optional_text(name)?.ok_or_else(|| self.missing(name))
    }

    pub(crate) fn boolean(&self, name: &str) -> Result<bool, PortError> {
        match self.attributes.get(name) {
            Some(AttributeValue::Bool(value)) => Ok(*value),
            Some(_) => Err(self.unreadable(format!("its `{name}` is neither true nor false"))),
            None => Err(self.missing(name)),
        }
    }

    pub(crate) fn number(&self, name: &str) -> Result<u64, PortError> {
        match self.attributes.get(name) {
            Some(AttributeValue::N(digits)) => {
                digits.parse().map_err(|_| self.unreadable(format!("its `{name}` is not a whole number")))
            }
            Some(_) => Err(self.unreadable(format!("its `{name}` is not a number"))),
            None => Err(self.missing(name)),
        }
    }

    /// A number that may be less than nothing.
    pub(crate) fn signed(&self, name: &str) -> Result<i64, PortError> {
        match self.attributes.get(name) {
            Some(AttributeValue::N(digits)) => {
                digits.parse().map_err(|_| self.unreadable(format!("its `{name}` is not a whole number")))
            }
            Some(_) => Err(self.unreadable(format!("its `{name}` is not a number"))),
            None => Err(self.missing(name)),
        }
    }

    pub(crate) fn optional_number(&self, name: &str) -> Result<Option<u64>, PortError> {
        if self.attributes.contains_key(name) { self.number(name).map(Some) } else { Ok(None) }
    }

    pub(crate) fn into_all_attributes(self) -> Attributes {
        self.attributes
    }

    pub(crate) fn into_bytes(mut self, name: &str) -> Result<Vec<u8>, PortError> {
        match self.attributes.remove(name) {
            Some(AttributeValue::B(blob)) => Ok(blob.into_inner()),
            Some(_) => Err(self.unreadable(format!("its `{name}` is not binary"))),
            None => Err(self.missing(name)),
        }
    }

    /// A text that goes through a constructor of the model.
    pub(crate) fn parsed<T>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, Problem>,
    ) -> Result<T, PortError> {
        parse(self.text(name)?).map_err(|problem| self.unreadable(problem.message))
    }

    /// A value of the model.
    pub(crate) fn stored<T: DeserializeOwned>(&self, name: &str) -> Result<T, PortError> {
        serde_json::from_str(self.text(name)?)
            .map_err(|error| self.unreadable(format!("its `{name}` is none: {error}")))
    }

    fn missing(&self, name: &str) -> PortError {
        self.unreadable(format!("it has no `{name}`"))
    }

    pub(crate) fn unreadable(&self, why: String) -> PortError {
        PortError::Unreadable { what: self.what, why }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn item() -> NewItem {
        NewItem::new("p".to_owned(), "s".to_owned(), 7).text("name", "pets").bytes("content", vec![1])
    }

    fn why(error: PortError) -> String {
        match error {
            PortError::Unreadable { why, .. } => why,
            other => other.to_string(),
        }
    }

    #[test]
    fn an_item_reads_as_it_was_written() {
        let item = Item::read("the item", item().into_attributes()).unwrap();
        assert_eq!(item.version(), Ok(7));
        assert_eq!(item.sort_key(), Ok("s"));
        assert_eq!(item.text("name"), Ok("pets"));
        assert_eq!(item.optional_text("other"), Ok(None));
        assert_eq!(why(item.text("other").unwrap_err()), "it has no `other`");
        assert_eq!(why(item.number("name").unwrap_err()), "its `name` is not a number");
        assert_eq!(item.into_bytes("content"), Ok(vec![1]));
    }

    #[test]
    fn an_unknown_format_is_refused() {
        let newer = item().number(FORMAT_ATTRIBUTE, 2).into_attributes();
        let error = Item::read("the item", newer).err().unwrap();
        assert!(why(error).starts_with("it is in format 2, and this version knows format 1 alone"));
        let mut none = item().into_attributes();
        none.remove(FORMAT_ATTRIBUTE);
        assert_eq!(why(Item::read("the item", none).err().unwrap()), "it has no `format`");
    }
}
