//! A message as JSON has it, as a template sees it.

use std::borrow::Cow;

use gatelet_languages::vtl::{ContextValue, Parameters, Scope};
use indexmap::IndexMap;
use serde::Deserialize;

/// A message to render a template with.
#[derive(Debug, Default)]
pub(super) struct Message {
    pub(super) body: String,
    pub(super) params: Params,
    pub(super) context: Context,
    pub(super) stage_variables: Texts,
}

/// `$context` by whole names, such as `identity.sourceIp`.
pub(super) type Context = IndexMap<String, ContextValue<'static>>;

/// The parameters of a request.
#[derive(Debug, Default, Deserialize)]
#[serde(try_from = "IndexMap<String, Texts>")]
pub(super) struct Params {
    path: Texts,
    querystring: Texts,
    header: Texts,
}

/// Names and texts, in order. Other scalars than texts are written as JSON has them, and null is nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(from = "IndexMap<String, Json>")]
pub(super) struct Texts(IndexMap<String, String>);

/// `$context` as JSON has it.
#[derive(Debug, Default, Deserialize)]
#[serde(try_from = "Json")]
pub(super) struct ContextObject(pub(super) Context);

/// Any JSON, members in order.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Json {
    Null,
    Boolean(bool),
    Integer(i64),
    Number(f64),
    Text(String),
    List(Vec<Self>),
    Object(IndexMap<String, Self>),
}

impl Json {
    /// The members of an object by whole names; what is no object has none.
    fn flattened(self) -> Context {
        let mut context = Context::new();
        self.flatten(String::new(), &mut context);
        context
    }

    fn flatten(self, name: String, context: &mut Context) {
        let value = match self {
            Self::Object(members) => {
                for (member, value) in members {
                    let whole = if name.is_empty() { member } else { format!("{name}.{member}") };
                    value.flatten(whole, context);
                }
                return;
            }
            Self::Null => return,
            Self::Boolean(value) => ContextValue::Boolean(value),
            Self::Integer(value) => ContextValue::Integer(value),
            other => ContextValue::Text(Cow::Owned(other.text())),
        };
        if !name.is_empty() {
            context.insert(name, value);
        }
    }

    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            other => other.written().to_string(),
        }
    }

    fn written(self) -> serde_json::Value {
        use serde_json::Value;
        match self {
            Self::Null => Value::Null,
            Self::Boolean(value) => value.into(),
            Self::Integer(value) => value.into(),
            Self::Number(value) => value.into(),
            Self::Text(text) => text.into(),
            Self::List(values) => values.into_iter().map(Self::written).collect(),
            Self::Object(members) => {
                members.into_iter().map(|(name, value)| (name, value.written())).collect()
            }
        }
    }
}

impl From<IndexMap<String, Json>> for Texts {
    fn from(members: IndexMap<String, Json>) -> Self {
        let texts = members.into_iter().filter(|(_, value)| !matches!(value, Json::Null));
        Self(texts.map(|(name, value)| (name, value.text())).collect())
    }
}

impl TryFrom<IndexMap<String, Texts>> for Params {
    type Error = String;
    fn try_from(members: IndexMap<String, Texts>) -> Result<Self, String> {
        let mut params = Self::default();
        for (name, texts) in members {
            match name.as_str() {
                "path" => params.path = texts,
                "querystring" => params.querystring = texts,
                "header" => params.header = texts,
                _ => return Err(format!("`{name}` is none of `path`, `querystring` and `header`")),
            }
        }
        Ok(params)
    }
}

impl TryFrom<Json> for ContextObject {
    type Error = &'static str;
    fn try_from(json: Json) -> Result<Self, Self::Error> {
        match json {
            Json::Object(_) => Ok(Self(json.flattened())),
            _ => Err("`$context` is an object, such as `{\"identity\": {\"sourceIp\": \"203.0.113.7\"}}`"),
        }
    }
}

impl Texts {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn each(&self, see: &mut dyn FnMut(&str, &str)) {
        for (name, value) in &self.0 {
            see(name, value);
        }
    }
}

impl Params {
    const fn of(&self, of: Parameters) -> &Texts {
        match of {
            Parameters::Path => &self.path,
            Parameters::QueryString => &self.querystring,
            Parameters::Header => &self.header,
        }
    }
}

impl Scope for Message {
    fn body(&self) -> &str {
        &self.body
    }

    fn parameter(&self, of: Parameters, name: &str) -> Option<Cow<'_, str>> {
        self.params.of(of).get(name).map(Cow::Borrowed)
    }

    fn each_parameter(&self, of: Parameters, see: &mut dyn FnMut(&str, &str)) {
        self.params.of(of).each(see);
    }

    fn context(&self, name: &str) -> Option<ContextValue<'_>> {
        self.context.get(name).cloned()
    }

    fn each_context(&self, see: &mut dyn FnMut(&str, ContextValue<'_>)) {
        for (name, value) in &self.context {
            see(name, value.clone());
        }
    }

    fn stage_variable(&self, name: &str) -> Option<&str> {
        self.stage_variables.get(name)
    }

    fn each_stage_variable(&self, see: &mut dyn FnMut(&str, &str)) {
        self.stage_variables.each(see);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_context_has_whole_names() {
        let json: Json = serde_json::from_str(
            r#"{"b": 1, "identity": {"sourceIp": "x", "y": {"z": true}}, "n": null, "e": {}, "f": 1.5, "l": [1, "a"]}"#,
        )
        .unwrap();
        let text = |text: &str| ContextValue::Text(Cow::Owned(text.to_owned()));
        let expected = [
            ("b", ContextValue::Integer(1)),
            ("identity.sourceIp", text("x")),
            ("identity.y.z", ContextValue::Boolean(true)),
            ("f", text("1.5")),
            ("l", text(r#"[1,"a"]"#)),
        ];
        let expected: Context = expected.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        assert_eq!(json.flattened(), expected);
    }

    #[test]
    fn what_is_no_such_object_is_refused() {
        for text in ["[]", "7", "\"x\"", "null"] {
            assert!(serde_json::from_str::<ContextObject>(text).is_err(), "{text}");
            assert!(serde_json::from_str::<Params>(text).is_err(), "{text}");
        }
        let why = serde_json::from_str::<Params>(r#"{"queryString": {}}"#).unwrap_err().to_string();
        assert!(why.contains("`queryString` is none of `path`, `querystring` and `header`"), "{why}");
    }

    #[test]
    fn parameters_are_texts() {
        let params: Params = serde_json::from_str(r#"{"path": {"id": 7, "a": "b", "n": null}}"#).unwrap();
        let message = Message { params, ..Message::default() };
        assert_eq!(message.parameter(Parameters::Path, "id").as_deref(), Some("7"));
        assert_eq!(message.parameter(Parameters::Path, "n"), None);
        assert_eq!(message.parameter(Parameters::Header, "id"), None);
        let mut seen = Vec::new();
        message.each_parameter(Parameters::Path, &mut |name, value| seen.push(format!("{name}={value}")));
        assert_eq!(seen, ["id=7", "a=b"]);
    }
}
