//! Texts with a rule: names, ids, AWS's words, paths, JSON. Each is checked once, by its constructor.

mod json_text;
mod names;
mod path_template;

pub use json_text::JsonText;
pub use names::{
    AccountId, ApiId, Domain, Method, MethodKey, ParameterName, PartId, Region, StageName, StatusCode,
    VariableName,
};
pub(crate) use names::{aws_words, shortened, unknown_word};
pub use path_template::{PathTemplate, Segment};
