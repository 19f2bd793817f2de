//! SAM and CloudFormation templates: their APIs in the vocabulary, their functions as plain data, their keys, plans and
//! domains; every problem at its place.
//!
//! A template is read in two steps. `sections` and `resolve` make a tree without intrinsics of each resource that
//! matters; `sam` and `native` read these trees. An API of either kind becomes an OpenAPI definition in memory, as SAM itself
//! makes one, and goes through the one importer of definitions, so that its problems are the same as those of a file.
//! WebSocket APIs have no such form and are read directly. Other resources are passed over; what refers to them gets a
//! name or ARN that is always the same.

mod assembly;
mod domains;
mod functions;
mod native;
mod plans;
mod resolve;
mod resources;
mod sam;
mod sections;
mod stages;
mod tree;

use std::collections::BTreeMap;

use gatelet_model::{
    AccountId, Api, ApiKey, ApiKeyValue, DomainName, PartId, Problem, Problems, Region, Stage, UsagePlan,
};

use super::ImportOptions;
use crate::document::{self, Node, Source};

pub use functions::{FunctionCode, FunctionDefinition};
pub use sections::is_template;

use assembly::Assembly;
use resolve::Resolver;
use sections::Sections;

/// What stands for a stack's name where the file's own name gives none.
const STACK_NAME: &str = "stack";

/// What the template itself does not say.
pub struct TemplateOptions<'a> {
    /// The account that `AWS::AccountId` stands for.
    pub account: AccountId,
    /// The region that `AWS::Region` stands for.
    pub region: Region,
    /// What `AWS::StackName` stands for; resources without a name of their own are called after it.
    pub stack_name: String,
    /// Values of parameters (`--parameter Name=value`).
    pub parameters: BTreeMap<String, String>,
    /// Reads a file that the template names, by its path as it stands there; what went wrong is said in words.
    pub read: &'a dyn Fn(&str) -> Result<Vec<u8>, String>,
}

impl<'a> TemplateOptions<'a> {
    /// For a file; the stack is called after its folder, or after the file where that is called `template`.
    #[must_use]
    pub fn for_file(
        file: &str,
        account: AccountId,
        region: Region,
        read: &'a dyn Fn(&str) -> Result<Vec<u8>, String>,
    ) -> Self {
        Self { account, region, stack_name: stack_name(file), parameters: BTreeMap::new(), read }
    }
}

/// A stack's name: letters, digits and hyphens, a letter first.
fn stack_name(file: &str) -> String {
    let mut parts = file.rsplit(['/', '\\']);
    let stem = parts.next().unwrap_or_default().split('.').next().unwrap_or_default();
    let folder = parts.next().unwrap_or_default();
    let name = if stem.is_empty() || stem == "template" { folder } else { stem };
    let name: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect::<String>();
    let name = name.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) { name.to_owned() } else { STACK_NAME.to_owned() }
}

/// What became of a template.
#[derive(Debug, Default)]
pub struct ImportedTemplate {
    /// Its APIs that can be served, in the order of the template; those that SAM implies come last.
    pub apis: Vec<ImportedApi>,
    /// Its Lambda functions.
    pub functions: Vec<FunctionDefinition>,
    /// Its API keys.
    pub api_keys: Vec<ImportedApiKey>,
    /// Its usage plans.
    pub usage_plans: Vec<UsagePlan>,
    /// Its custom domains with their mappings.
    pub domains: Vec<DomainName>,
    /// The other files that it names, as it names them.
    pub files: Vec<String>,
    /// The names of its parameters.
    pub parameters: Vec<String>,
    /// Parameters that have no value and are needed.
    pub missing_parameters: Vec<String>,
    /// Everything that is wrong with it. With an error among them it cannot be served as it was meant.
    pub problems: Problems,
}

/// An API of a template.
#[derive(Debug, Clone)]
pub struct ImportedApi {
    /// Its name in the template.
    pub logical_id: String,
    /// The API.
    pub api: Api,
    /// The stages under which it is served.
    pub stages: Vec<Stage>,
    /// Which kind of API it is and why, as a line for the output.
    pub decided: String,
}

/// An API key of a template.
#[derive(Debug, Clone)]
pub struct ImportedApiKey {
    /// Its name in the template.
    pub logical_id: String,
    /// The key.
    pub key: ApiKey,
    /// Its value, where the template gives it; else one is made up by whoever keeps keys.
    pub value: Option<ApiKeyValue>,
    /// The usage plans that it belongs to.
    pub plans: Vec<PartId>,
}

/// Imports a SAM or CloudFormation template, YAML or JSON
/// (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification.html>,
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html>).
#[must_use]
pub fn template(source: &Source, options: &TemplateOptions<'_>) -> ImportedTemplate {
    match document::parse(source) {
        Ok(root) => template_document(source, &root, options),
        Err(problems) => ImportedTemplate { problems, ..ImportedTemplate::default() },
    }
}

/// Imports a template that is read already. The nodes' places must be `source`'s.
#[must_use]
pub fn template_document(source: &Source, root: &Node, options: &TemplateOptions<'_>) -> ImportedTemplate {
    let mut sections = match Sections::read(source, root) {
        Ok(sections) => sections,
        Err(problems) => return ImportedTemplate { problems, ..ImportedTemplate::default() },
    };
    let early = std::mem::take(&mut sections.problems);
    let mut resolver = Resolver::new(source, sections, options);
    let resources = resources::resolve(&mut resolver);
    let functions = functions::read(&mut resolver, &resources);
    let missing_parameters = resolver.missing_parameters.iter().cloned().collect();
    let import_options =
        ImportOptions::for_file(source.file(), options.account.clone(), options.region.clone());
    let mut assembly = Assembly::new(&resolver, root, &import_options, &resources, functions);
    assembly.run();
    let mut imported = assembly.finish();
    imported.files = std::mem::take(&mut resolver.files);
    imported.parameters = resolver.sections.parameters.keys().cloned().collect();
    imported.missing_parameters = missing_parameters;
    if imported.apis.is_empty() && !imported.problems.has_errors() {
        let place = source.place(resolver.sections.first_span(root));
        imported.problems.push(
            Problem::warning("the template defines no API")
                .help("add one, such as an `AWS::Serverless::Function` with an `HttpApi` event")
                .at(place),
        );
    }
    let late = std::mem::take(&mut imported.problems);
    imported.problems = early.into_iter().chain(late).collect();
    imported
}
