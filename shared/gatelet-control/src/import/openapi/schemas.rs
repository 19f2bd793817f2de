//! Models: the schemas of a definition as API Gateway keeps them
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html>).

use std::collections::{BTreeMap, BTreeSet};

use gatelet_languages::json_schema::Schema;
use gatelet_model::rest::{Model, ModelName, RestApiParts};
use gatelet_model::{ApiId, JsonText, Problem};
use indexmap::IndexMap;
use sha2::{Digest, Sha256};

use super::super::reader::Reader;
use super::Document;
use crate::document::{self, Entry, Node, Span, Value};

/// Where a document keeps its named schemas, 2.0 and 3.x.
const POINTERS: [&str; 2] = ["#/definitions/", "#/components/schemas/"];

/// Keys whose value is data, in which `$ref` is no reference.
const DATA_KEYS: &[&str] = &["example", "examples", "default", "enum", "const"];

/// Keys whose value maps free names to schemas.
const SCHEMAS_BY_NAME: &[&str] =
    &["properties", "patternProperties", "definitions", "$defs", "dependentSchemas"];

/// What a content type is where none is given.
const JSON: &str = "application/json";

/// The models of an API: those it names, and those that stand inline and get a name here.
#[derive(Debug)]
pub(super) struct Models<'d> {
    api: ApiId,
    by_schema: IndexMap<&'d str, ModelName>,
    inline: BTreeMap<String, ModelName>,
    /// Inline models by the place of their schema, to which many references may lead.
    by_place: BTreeMap<(u32, u32), Option<ModelName>>,
    models: IndexMap<ModelName, Model>,
    spans: BTreeMap<ModelName, Span>,
}

impl<'d> Models<'d> {
    /// Reads all named schemas.
    pub(super) fn read(reader: &mut Reader<'d>, document: Document<'d>) -> Self {
        let api = reader.options.api_id.clone();
        let mut models = Self {
            api,
            by_schema: IndexMap::new(),
            inline: BTreeMap::new(),
            by_place: BTreeMap::new(),
            models: IndexMap::new(),
            spans: BTreeMap::new(),
        };
        let named = document.component("definitions", "schemas");
        let named = named.and_then(|node| reader.mapping(node, "schemas"));
        let named: Vec<&'d Entry> = named
            .into_iter()
            .flat_map(|named| named.iter())
            .filter(|entry| !entry.key.starts_with("x-"))
            .collect();
        // Names first: schemas refer to one another in any order, also in circles.
        let mut taken: BTreeSet<String> = named.iter().map(|entry| entry.key.to_string()).collect();
        for entry in &named {
            if let Some(name) = model_name(reader, entry, &mut taken) {
                models.by_schema.insert(&entry.key, name);
            }
        }
        for entry in named {
            reader.about(format!("model {}", entry.key));
            if let Some(name) = models.by_schema.get(entry.key.as_ref()).cloned()
                && let Some(schema) = models.schema(reader, &entry.value)
            {
                let description = entry.value.get("description").and_then(Node::as_str).map(str::to_owned);
                models.spans.insert(name.clone(), entry.key_span);
                models
                    .models
                    .insert(name.clone(), Model { name, description, content_type: JSON.to_owned(), schema });
            }
        }
        reader.about("");
        models
    }

    /// Tells of models that bodies are held against and that cannot work
    /// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html>).
    pub(super) fn check(&self, reader: &mut Reader<'d>, parts: &RestApiParts) {
        let validates_bodies = |name: &String| {
            parts.request_validators.iter().any(|it| it.name == *name && it.validate_request_body)
        };
        let methods = parts.resources.iter().flat_map(|resource| resource.methods.values());
        let held: BTreeSet<&ModelName> = methods
            .filter(|method| method.request_validator.as_ref().is_some_and(validates_bodies))
            .flat_map(|method| method.request_models.values())
            .collect();
        let base = self.base();
        for (name, model) in self.models.iter().filter(|(name, _)| held.contains(name)) {
            let others = |address: &str| {
                let name = ModelName::parse(address.strip_prefix(&base)?).ok()?;
                self.models.get(&name).map(|model| model.schema.as_str().to_owned())
            };
            let Some(span) = self.spans.get(name) else { continue };
            match Schema::compile(model.schema.as_str(), &format!("{base}{name}"), &others) {
                Ok(schema) => {
                    for problem in schema.problems() {
                        let help = "bodies that meet the pattern are answered with 500: write it otherwise";
                        let what = format!("the model `{name}` has a pattern that cannot be run: {problem}");
                        reader.warn(*span, what, help);
                    }
                }
                Err(error) => {
                    let help =
                        "bodies that are held against it are answered with 500; AWS refuses most such models";
                    let what = format!("the model `{name}` cannot be held against bodies: {error}");
                    reader.warn(*span, what, help);
                }
            }
        }
    }

    /// Where models are found, as they refer to one another.
    fn base(&self) -> String {
        format!("https://apigateway.amazonaws.com/restapis/{}/models/", self.api)
    }

    /// All models, in the order of the file.
    pub(super) fn into_models(self) -> Vec<Model> {
        self.models.into_values().collect()
    }

    /// The model that a schema is: the named one that it refers to, or one made of what stands there.
    pub(super) fn of(&mut self, reader: &mut Reader<'d>, schema: &'d Node) -> Option<ModelName> {
        if let Some(reference) = schema.get("$ref")
            && let Some(text) = reference.as_str()
        {
            if let Some((name, "")) = self.named(text) {
                return Some(name.clone());
            }
            if let Some(built_in) = Self::built_in(reader, text) {
                return Some(built_in);
            }
            let target = reader.follow(schema)?;
            return self.of_inline(reader, target);
        }
        self.of_inline(reader, schema)
    }

    /// `Empty` and `Error`, which every API has although the document does not define them.
    fn built_in(reader: &Reader<'d>, reference: &str) -> Option<ModelName> {
        let name = POINTERS.iter().find_map(|pointer| reference.strip_prefix(pointer))?;
        let name = ModelName::parse(name).ok().filter(ModelName::is_built_in)?;
        document::resolve(reader.root, reference).is_err().then_some(name)
    }

    fn of_inline(&mut self, reader: &mut Reader<'d>, schema: &'d Node) -> Option<ModelName> {
        let place = (schema.span.start, schema.span.end);
        if let Some(known) = self.by_place.get(&place) {
            return known.clone();
        }
        let name = self.add_inline(reader, schema);
        self.by_place.insert(place, name.clone());
        name
    }

    fn add_inline(&mut self, reader: &mut Reader<'d>, schema: &'d Node) -> Option<ModelName> {
        let text = self.schema(reader, schema)?;
        if let Some(name) = self.inline.get(text.as_str()) {
            return Some(name.clone());
        }
        let digest = Sha256::digest(text.as_str());
        let mut name = "MODEL".to_owned();
        for byte in digest.iter().take(4) {
            name.push_str(&format!("{byte:02x}"));
        }
        let name = reader.keep(schema.span, ModelName::parse(&name))?;
        self.inline.insert(text.as_str().to_owned(), name.clone());
        let description = schema.get("description").and_then(Node::as_str).map(str::to_owned);
        let content_type = JSON.to_owned();
        self.spans.insert(name.clone(), schema.span);
        self.models
            .insert(name.clone(), Model { name: name.clone(), description, content_type, schema: text });
        Some(name)
    }

    /// The named schema to which a reference leads, and the path inside it.
    fn named<'r>(&self, reference: &'r str) -> Option<(&ModelName, &'r str)> {
        let rest = POINTERS.iter().find_map(|pointer| reference.strip_prefix(pointer))?;
        let (name, inside) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
        self.by_schema.get(name).map(|name| (name, inside))
    }

    /// A schema as JSON text, its references written as API Gateway's models refer to one another.
    fn schema(&self, reader: &mut Reader<'d>, node: &'d Node) -> Option<JsonText> {
        if let Value::Bool(true) = node.value {
            return reader.keep(node.span, JsonText::parse("{}"));
        }
        reader.mapping(node, "schema")?;
        let mut json = String::new();
        self.write(reader, node, &mut json);
        if !reader.may_write(node.span, json.len()) {
            return None;
        }
        reader.keep(node.span, JsonText::parse(&json))
    }

    /// Recursion ends: no document is deeper than [`document::MAX_DEPTH`], and references are not followed.
    fn write(&self, reader: &mut Reader<'d>, node: &'d Node, json: &mut String) {
        match &node.value {
            Value::Sequence(items) => {
                json.push('[');
                for (index, item) in items.iter().enumerate() {
                    json.push_str(if index == 0 { "" } else { "," });
                    self.write(reader, item, json);
                }
                json.push(']');
            }
            Value::Mapping(mapping) => {
                json.push('{');
                for (index, entry) in mapping.iter().enumerate() {
                    json.push_str(if index == 0 { "" } else { "," });
                    quote(&entry.key, json);
                    json.push(':');
                    self.write_member(reader, entry, json);
                }
                json.push('}');
            }
            _ => json.push_str(&node.to_json()),
        }
    }

    fn write_member(&self, reader: &mut Reader<'d>, entry: &'d Entry, json: &mut String) {
        let key = entry.key.as_ref();
        match &entry.value.value {
            Value::String(reference) if key == "$ref" => {
                quote(&self.rewritten(reader, &entry.value, reference), json);
            }
            Value::Mapping(by_name) if SCHEMAS_BY_NAME.contains(&key) => {
                json.push('{');
                for (index, inner) in by_name.iter().enumerate() {
                    json.push_str(if index == 0 { "" } else { "," });
                    quote(&inner.key, json);
                    json.push(':');
                    self.write(reader, &inner.value, json);
                }
                json.push('}');
            }
            _ if DATA_KEYS.contains(&key) => json.push_str(&entry.value.to_json()),
            _ => self.write(reader, &entry.value, json),
        }
    }

    /// `#/components/schemas/Pet` becomes `https://apigateway.amazonaws.com/restapis/{id}/models/Pet`.
    fn rewritten(&self, reader: &mut Reader<'d>, node: &'d Node, reference: &str) -> String {
        let base = self.base();
        if let Some((name, inside)) = self.named(reference) {
            let fragment = if inside.is_empty() { "" } else { "#" };
            return format!("{base}{name}{fragment}{inside}");
        }
        if reference.starts_with("https://apigateway.amazonaws.com/restapis/") {
            return reference.to_owned();
        }
        match document::resolve(reader.root, reference) {
            Err(problem) => reader.report(node.span, problem),
            Ok(_) => reader.report(
                node.span,
                Problem::error(format!("a schema refers to `{reference}`, which is not a named schema"))
                    .help(
                        "move it to `components/schemas` (3.x) or `definitions` (2.0) and refer to it there",
                    ),
            ),
        }
        reference.to_owned()
    }
}

/// A model's name has letters and digits alone. AWS refuses others; here the rest is left out, with a warning.
fn model_name(reader: &mut Reader<'_>, entry: &Entry, taken: &mut BTreeSet<String>) -> Option<ModelName> {
    if let Ok(name) = ModelName::parse(&entry.key) {
        return Some(name);
    }
    let mut letters: String = entry.key.chars().filter(char::is_ascii_alphanumeric).collect();
    if letters.is_empty() {
        letters.push_str("Model");
    }
    let mut text = letters.clone();
    let mut number = 1_u32;
    while !taken.insert(text.clone()) {
        number += 1;
        text = format!("{letters}{number}");
    }
    reader.warn(
        entry.key_span,
        "the name of this schema cannot be a model's, which is named by its letters and digits alone",
        "AWS refuses the definition; rename the schema where it must run on AWS too",
    );
    reader.keep(entry.key_span, ModelName::parse(&text))
}

/// Appends a text as a JSON string.
fn quote(text: &str, json: &mut String) {
    json.push_str(&serde_json::Value::from(text).to_string());
}
