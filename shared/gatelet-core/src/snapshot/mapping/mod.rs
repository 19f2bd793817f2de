//! Parameter mappings, compiled: where a value comes from and where it goes.

mod answer;
mod body;
mod content;
mod http;
mod message;
mod rest;
mod templates;

use std::borrow::Cow;

use ::http::HeaderMap;
use gatelet_model::{PathTemplate, StageVariables};

pub use answer::{AnswerMapping, MappedAnswer};
pub use body::BodyMapping;
pub use content::Conversion;
pub use http::HttpMapping;
pub use message::Message;
pub use rest::RestMapping;
pub use templates::BodyTemplate;

use super::routes::{self, Rules};
use crate::payload::{CanonicalPath, Query, headers};
use crate::record::Record;

/// What mappings can read.
#[derive(Debug)]
pub struct Sources<'a> {
    /// The path below the stage.
    pub path: &'a CanonicalPath,
    /// The template that it took; none on `$default`.
    pub template: Option<&'a PathTemplate>,
    /// Whose rules the template was matched by.
    pub rules: Rules,
    /// The query.
    pub query: Query<'a>,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The stage's variables.
    pub variables: &'a StageVariables,
    /// What is known of the request so far.
    pub record: &'a Record,
}

impl<'a> Sources<'a> {
    fn path_parameter(&self, name: &str) -> Option<&'a str> {
        let mut parameters = routes::parameters(self.template?, self.path, self.rules);
        parameters.find(|(parameter, _)| parameter.as_str() == name).map(|(_, value)| value)
    }

    fn header(&self, name: &str) -> Option<&'a str> {
        headers::last_value(self.headers, name)
    }

    fn variable(&self, name: &str) -> Option<&'a str> {
        self.variables.get(name).map(String::as_str)
    }

    fn context(&self, name: &str) -> Option<Cow<'a, str>> {
        self.record.context(name)
    }
}
