//! Import: a definition file becomes an API in the vocabulary, and everything that is wrong with the file a
//! [`Problem`](gatelet_model::Problem) at its place.
//!
//! Here lives what a definition *means*; how its text is read is `document`'s. Nothing here opens a file or serves a call.
//! `openapi/` holds OpenAPI's own shapes, `template/` those of SAM and CloudFormation; the rest is shared by every kind of
//! definition: the reader that collects problems, CloudFormation's intrinsics, the known extensions, and in `not_yet` the
//! list of what is understood but not acted on.

mod extensions;
mod http_mappings;
mod intrinsics;
mod mappings;
mod not_yet;
mod openapi;
mod reader;
mod template;

pub(crate) use intrinsics::partition;
pub use template::{
    FunctionCode, FunctionDefinition, ImportedApi, ImportedApiKey, ImportedTemplate, TemplateOptions,
    is_template, template, template_document,
};

use gatelet_model::{AccountId, Api, ApiId, Problem, Problems, Region, StageName};

use crate::document::{self, Node, Source};
use crate::identity;

/// The kinds of API that a definition file can describe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiKind {
    /// A REST API.
    Rest,
    /// An HTTP API.
    Http,
}

/// What the file itself does not say.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// The id that the API gets.
    pub api_id: ApiId,
    /// Which kind it is, whatever its marks say (`--rest`, `--http`).
    pub kind: Option<ApiKind>,
    /// The account that `${AWS::AccountId}` stands for.
    pub account: AccountId,
    /// The region that `${AWS::Region}` stands for.
    pub region: Region,
}

impl ImportOptions {
    /// For a file that is one API; its id follows from the file's name.
    #[must_use]
    pub fn for_file(file: &str, account: AccountId, region: Region) -> Self {
        Self { api_id: identity::api_id(file, ""), kind: None, account, region }
    }
}

/// What became of a definition.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The API; none where an error forbids serving it.
    pub api: Option<Api>,
    /// The stage that the definition implies: `$default` for an HTTP API; none where the caller decides.
    pub stage: Option<StageName>,
    /// The `basePath` or server path, as written. AWS ignores it unless told otherwise
    /// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api-basePath.html>), and so do we.
    pub base_path: Option<String>,
    /// Which kind of API it was taken for and by which mark, as a line for the output; empty where it is none.
    pub decided: String,
    /// Everything that is wrong with it, in the order of the file.
    pub problems: Problems,
}

impl Imported {
    fn failed(problems: impl Into<Problems>) -> Self {
        let problems = problems.into();
        Self { api: None, stage: None, base_path: None, decided: String::new(), problems }
    }
}

/// Imports an OpenAPI definition: 2.0, 3.0 or 3.1, JSON or YAML, with API Gateway's extensions
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html>).
#[must_use]
pub fn openapi(source: &Source, options: &ImportOptions) -> Imported {
    match document::parse(source) {
        Ok(root) => openapi_document(source, &root, options),
        Err(problems) => Imported::failed(problems),
    }
}

/// Imports an OpenAPI definition that is read already, such as one that stands inside a template: what a
/// template can resolve (`Ref`, `Fn::Sub`, ...) is resolved before, what is left gets a stand-in and a warning.
/// The nodes' places must be `source`'s.
#[must_use]
pub fn openapi_document(source: &Source, root: &Node, options: &ImportOptions) -> Imported {
    if root.as_mapping().is_none() {
        let problem =
            Problem::error(format!("an OpenAPI definition is a mapping, this is a {}", root.type_name()))
                .help("begin with `openapi: 3.0.1`");
        return Imported::failed(problem.at(source.place(root.span)));
    }
    openapi::import(source, root, options)
}

#[cfg(test)]
mod tests;
