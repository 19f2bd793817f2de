//! Definitions on their way into a table or a file.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use gatelet_control::import::ImportedApiKey;
use gatelet_control::usage::TemplateOwner;
use gatelet_model::{Api, DomainName, Stage, StageName, UsagePlan};

use super::{DEFINITIONS_AT_FAULT, Failure};
use crate::definition::{
    Decisions, Rendering, TrustStore, import_file, stages, unknown_parameters, unserved,
};
use crate::dev::Projects;
use crate::requests::printable;

/// Names of users are cut after this many characters.
const NAME_CHARACTERS_MAX: usize = 120;

/// Which definitions, and what their stages are like.
#[derive(Debug, Args)]
pub(super) struct DefinitionArguments {
    /// Definition files, or directories with a template.*, openapi.* or swagger.*
    #[arg(value_name = "FILE|DIR", required = true)]
    given: Vec<PathBuf>,

    /// The stage [default: the definition's own, else dev, for an HTTP API $default]
    #[arg(long, value_name = "NAME", value_parser = super::parsed(StageName::parse))]
    stage: Option<StageName>,

    /// A stage variable, beside the definition's own; may be given several times
    #[arg(long = "variable", value_name = "NAME=VALUE", value_parser = super::parameter)]
    variables: Vec<(String, String)>,
}

/// An API that can be served, and the stages that show it.
pub(super) struct Ready {
    /// The file that defines it.
    pub(super) file: String,
    /// The API.
    pub(super) api: Api,
    /// Its stages.
    pub(super) stages: Vec<Stage>,
}

/// What definitions came to.
#[derive(Default)]
pub(super) struct Imported {
    /// Their APIs, in their order.
    pub(super) apis: Vec<Ready>,
    /// Their custom domains, where they can be served as they are meant.
    pub(super) domains: Vec<DomainName>,
    /// Their API keys and usage plans.
    pub(super) usage: Vec<DefinedUsage>,
    /// The functions that the APIs invoke by a name that is not theirs, since the template does not give it.
    pub(super) unnamed_functions: Vec<String>,
}

/// The API keys and usage plans of a file.
pub(super) struct DefinedUsage {
    /// The file, and its APIs, which they belong to.
    pub(super) owner: TemplateOwner,
    /// Its keys.
    pub(super) keys: Vec<ImportedApiKey>,
    /// Its plans.
    pub(super) plans: Vec<UsagePlan>,
}

impl DefinedUsage {
    /// Whether there is nothing.
    pub(super) const fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.plans.is_empty()
    }
}

impl DefinitionArguments {
    /// Imports all of them, or none where one has an error. Problems are said on standard error.
    pub(super) fn import(&self, decisions: &Decisions) -> Result<Imported, Failure> {
        let projects = Projects::find(&self.given).map_err(|error| Failure::of_command(&error))?;
        let definitions: Vec<_> = projects
            .files
            .iter()
            .map(|file| (file.name.clone(), import_file(&file.path, &file.name, decisions)))
            .collect();
        let rendering = Rendering { colour: true };
        let mut said = rendering.all(&unknown_parameters(definitions.iter().map(|(_, one)| one), decisions));
        let mut broken = Vec::new();
        for (file, definition) in &definitions {
            said.push_str(&rendering.errors_and_summary(&definition.problems, file));
            if !definition.can_be_served() {
                broken.push(format!("`{file}`"));
            } else if Path::new(file).is_absolute() {
                said.push_str(&format!(
                    "  `{file}` lies outside of the current directory, so the ids of its APIs follow from this machine's folders; \
                     run this from a directory above it\n"
                ));
            }
        }
        let at_fault = |message: String| Failure { message, code: DEFINITIONS_AT_FAULT };
        let variables: BTreeMap<String, String> = self.variables.iter().cloned().collect();
        let mut imported = Imported::default();
        let mut trust_store = TrustStore::default();
        if broken.is_empty() {
            for (file, definition) in definitions {
                let first = imported.apis.len();
                for defined in definition.apis {
                    let stages = stages(&defined, self.stage.as_ref(), &variables).map_err(|problem| {
                        at_fault(format!("the stage of `{file}` cannot be made: {problem}"))
                    })?;
                    imported.apis.push(Ready { file: file.clone(), api: defined.api, stages });
                }
                let apis = imported.apis.get(first..).unwrap_or_default();
                for function in definition.functions.iter().filter(|one| !one.name_is_given) {
                    if name_somewhere(apis, &function.name).map_err(|error| at_fault(error.to_string()))? {
                        let name = printable(&function.logical_id, NAME_CHARACTERS_MAX);
                        said.push_str(&format!(
                            "  the function `{name}` of `{file}` has no `FunctionName`, so CloudFormation gives it a name that \
                             cannot be known here, and calls to it find nobody; give it a `FunctionName`\n"
                        ));
                        imported.unnamed_functions.push(name.into_owned());
                    }
                }
                let (keys, plans) = (definition.api_keys, definition.usage_plans);
                let ids = apis.iter().map(|ready| ready.api.id().clone());
                let owner = TemplateOwner::new(&file, ids);
                imported.usage.push(DefinedUsage { owner, keys, plans });
                for domain in definition.domains {
                    trust_store.take(&domain).map_err(|other| {
                        at_fault(format!(
                            "the custom domain `{}` cannot be used: {other}",
                            domain.name.as_str()
                        ))
                    })?;
                    // Whoever shows no certificate is refused, whatever the front door asks for.
                    if let Some(what) = unserved(&domain, true) {
                        said.push_str(&format!(
                            "  the custom domain `{}` refuses everybody: {what} not acted on yet\n",
                            domain.name.as_str()
                        ));
                    }
                    imported.domains.push(domain);
                }
            }
        }
        // Standard error that is closed is nothing to fail for.
        let _ = anstream::stderr().write_all(said.as_bytes());
        if !broken.is_empty() {
            let files = broken.join(", ");
            return Err(at_fault(format!("{files} cannot be used; correct the errors above")));
        }
        if imported.apis.is_empty() {
            return Err(at_fault("the definitions hold no API; add one".to_owned()));
        }
        Ok(imported)
    }
}

/// Whether APIs or their stages' variables name a function, in an ARN or alone.
fn name_somewhere(apis: &[Ready], function: &str) -> serde_json::Result<bool> {
    for ready in apis {
        let texts = [serde_json::to_string(&ready.api)?, serde_json::to_string(&ready.stages)?];
        if texts.iter().any(|text| has_word(text, function)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a text holds a function's name, not merely one that begins or ends like it.
fn has_word(text: &str, name: &str) -> bool {
    let is_of_name = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    text.match_indices(name).any(|(start, found)| {
        let before = text.get(..start).and_then(|text| text.chars().next_back());
        let after = text.get(start + found.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(is_of_name) && !after.is_some_and(is_of_name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_as_a_whole() {
        assert!(has_word("arn:aws:lambda:eu-west-1:1:function:app-Pets/invocations", "app-Pets"));
        assert!(has_word("\"app-PetsOld\", \"app-Pets\"", "app-Pets"));
        for text in ["app-PetsOld", "app-Pets-Old", "my-app-Pets", "app_Pets", ""] {
            assert!(!has_word(text, "app-Pets"), "{text}");
        }
    }
}
