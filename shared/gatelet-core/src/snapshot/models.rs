//! What a method's requests are held against: required parameters, and the models of bodies
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html>).

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use gatelet_languages::LanguageError;
use gatelet_languages::json_schema::Schema;
use gatelet_model::rest::{Method, RestApi};

/// Under which content type a model stands for all others.
const ANY_CONTENT_TYPE: &str = "$default";

/// The models that every API has, as AWS makes them.
const BUILT_IN: [(&str, &str); 2] = [
    (
        "Empty",
        r#"{"$schema":"http://json-schema.org/draft-04/schema#","title":"Empty Schema","type":"object"}"#,
    ),
    (
        "Error",
        r#"{"$schema":"http://json-schema.org/draft-04/schema#","title":"Error Schema","type":"object","properties":{"message":{"type":"string"}}}"#,
    ),
];

/// An API's models, each compiled when it is first needed, and once for all methods that name it.
#[derive(Debug)]
pub(super) struct Models {
    by_name: BTreeMap<Box<str>, Arc<BodyModel>>,
}

/// The schemas of an API by their addresses, as references name them.
type Texts = BTreeMap<String, Box<str>>;

/// A model that bodies are held against.
#[derive(Debug)]
pub struct BodyModel {
    address: String,
    texts: Arc<Texts>,
    schema: OnceLock<Result<Schema, LanguageError>>,
}

impl BodyModel {
    /// The compiled schema.
    ///
    /// # Errors
    /// Why it cannot be compiled. AWS refuses most of such models when they are made, and answers 500 to what would be held against the others.
    pub fn schema(&self) -> Result<&Schema, &LanguageError> {
        let compiled = self.schema.get_or_init(|| {
            let text = self.texts.get(&self.address).map(AsRef::as_ref).unwrap_or_default();
            Schema::compile(text, &self.address, &|address| {
                self.texts.get(address).map(|text| text.to_string())
            })
        });
        compiled.as_ref()
    }
}

impl Models {
    /// An API's models, and those that every API has.
    pub(super) fn new(api: &RestApi) -> Self {
        // Without validators nothing is held against them.
        if api.request_validators.is_empty() {
            return Self { by_name: BTreeMap::new() };
        }
        let address =
            |name: &str| format!("https://apigateway.amazonaws.com/restapis/{}/models/{name}", api.id);
        let own = api.models.iter().map(|model| (model.name.as_str(), model.schema.as_str()));
        let all: BTreeMap<&str, &str> = BUILT_IN.into_iter().chain(own).collect();
        let texts: Arc<Texts> =
            Arc::new(all.iter().map(|(name, schema)| (address(name), Box::from(*schema))).collect());
        let model = |name: &str| {
            Arc::new(BodyModel { address: address(name), texts: Arc::clone(&texts), schema: OnceLock::new() })
        };
        Self { by_name: all.keys().map(|name| (Box::from(*name), model(name))).collect() }
    }
}

/// Where a required parameter must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the headers.
    Header,
    /// In the path.
    Path,
    /// In the query.
    QueryString,
}

/// What a method asks of its requests; nothing where no validator is set.
#[derive(Debug, Default)]
pub struct Validation {
    /// The parameters that must be there, in the order in which AWS names those that are not: headers, path, query (recorded).
    pub required: Vec<(Place, Box<str>)>,
    models: Vec<(Box<str>, Arc<BodyModel>)>,
}

impl Validation {
    /// What a method asks by its validator.
    pub(super) fn compile(api: &RestApi, models: &Models, method: &Method) -> Self {
        let validator = method.request_validator.as_ref();
        let validator = validator.and_then(|name| api.request_validators.iter().find(|it| it.name == *name));
        let Some(validator) = validator else { return Self::default() };
        let mut validation = Self::default();
        if validator.validate_request_parameters {
            let required = method.request_parameters.iter().filter(|(_, required)| **required);
            validation.required = required.filter_map(|(name, _)| place(name)).collect();
            validation.required.sort_by_key(|(place, _)| *place);
        }
        if validator.validate_request_body {
            validation.models = method
                .request_models
                .iter()
                .filter_map(|(content_type, name)| {
                    Some((Box::from(content_type.as_str()), Arc::clone(models.by_name.get(name.as_str())?)))
                })
                .collect();
        }
        validation
    }

    /// Whether bodies are held against models.
    #[must_use]
    pub const fn looks_at_bodies(&self) -> bool {
        !self.models.is_empty()
    }

    /// The model of a content type, or the one of all others. Where there is none a body is not looked at.
    #[must_use]
    pub fn model(&self, content_type: &str) -> Option<&BodyModel> {
        let of = |wanted: &str| self.models.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        of(content_type).or_else(|| of(ANY_CONTENT_TYPE)).map(|(_, model)| &**model)
    }
}

fn place(parameter: &str) -> Option<(Place, Box<str>)> {
    let (place, name) = parameter.strip_prefix("method.request.")?.split_once('.')?;
    let place = match place {
        "header" => Place::Header,
        "path" => Place::Path,
        "querystring" => Place::QueryString,
        _ => return None,
    };
    Some((place, name.into()))
}
