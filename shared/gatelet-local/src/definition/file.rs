//! Reading a definition file, and the files that it names.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use gatelet_control::document::{self, Node, Source};
use gatelet_control::identity;
use gatelet_control::import::{
    self, ApiKind, FunctionDefinition, ImportOptions, Imported, ImportedApi, ImportedApiKey,
    ImportedTemplate, TemplateOptions, is_template,
};
use gatelet_model::{AccountId, Api, DomainName, Problem, Problems, Region, Stage, StageName, UsagePlan};

use super::reason;

/// What is decided beside the files.
#[derive(Debug, Clone)]
pub struct Decisions {
    /// Which kind of API every OpenAPI definition describes, whatever its marks say.
    pub kind: Option<ApiKind>,
    /// The account that definitions are for.
    pub account: AccountId,
    /// The region that definitions are for.
    pub region: Region,
    /// Values of templates' parameters.
    pub parameters: BTreeMap<String, String>,
}

/// What a definition file says.
#[derive(Debug, Default)]
pub struct Definition {
    /// Its APIs: one of an OpenAPI definition, any number of a template.
    pub apis: Vec<Defined>,
    /// Its custom domains, which only templates have.
    pub domains: Vec<DomainName>,
    /// Its functions, which only templates have.
    pub functions: Vec<FunctionDefinition>,
    /// Its API keys, which only templates have.
    pub api_keys: Vec<ImportedApiKey>,
    /// Its usage plans, which only templates have.
    pub usage_plans: Vec<UsagePlan>,
    /// The names of its parameters, which only templates have.
    pub parameters: Vec<String>,
    /// The files that it names.
    pub references: Vec<Reference>,
    /// Everything that is wrong with it. With an error among them it is not served.
    pub problems: Problems,
}

/// An API of a definition.
#[derive(Debug, Clone)]
pub struct Defined {
    /// The API.
    pub api: Api,
    /// The stages that the definition gives it; none where the caller decides.
    pub stages: DefinedStages,
    /// Which kind of API it is and by which mark, as a line for the output.
    pub decided: String,
}

/// Which stages a definition gives to an API.
#[derive(Debug, Clone)]
pub enum DefinedStages {
    /// These, with their settings.
    These(Vec<Stage>),
    /// One without settings, whose name it implies or leaves open.
    Named(Option<StageName>),
}

/// A file that a definition names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Where it is.
    pub path: PathBuf,
    /// What was read; nothing where it could not be.
    pub content: Option<Vec<u8>>,
}

impl Definition {
    /// What came of a definition that could not even be read.
    #[must_use]
    pub fn failed(problems: impl Into<Problems>) -> Self {
        Self { problems: problems.into(), ..Self::default() }
    }

    /// Whether it can be served as it was meant.
    #[must_use]
    pub fn can_be_served(&self) -> bool {
        !self.problems.has_errors()
    }
}

/// Reads and imports a definition file: a template or OpenAPI, whichever it is. `name` is the file as the user knows
/// it; ids follow from it.
#[must_use]
pub fn import_file(path: &Path, name: &str, decisions: &Decisions) -> Definition {
    match read(path, name) {
        Ok(source) => import_source(&source, path, name, decisions),
        Err(problem) => Definition::failed(problem),
    }
}

/// Reads a definition file.
///
/// # Errors
/// A [`Problem`] where it cannot be read, or is no text.
pub fn read(path: &Path, name: &str) -> Result<Source, Problem> {
    let bytes = std::fs::read(path).map_err(|error| {
        Problem::error(format!("`{name}` cannot be read: {}", reason(&error)))
            .help("check the name and its permissions")
    })?;
    Source::from_bytes(name, &bytes)
}

/// Imports a definition that is read; the files that it names are looked for beside `path`.
#[must_use]
pub fn import_source(source: &Source, path: &Path, name: &str, decisions: &Decisions) -> Definition {
    let document = match document::parse(source) {
        Ok(document) => document,
        Err(problems) => return Definition::failed(problems),
    };
    if is_template(&document) {
        return template(source, &document, path, decisions);
    }
    let options = ImportOptions {
        api_id: identity::api_id(name, ""),
        kind: decisions.kind,
        account: decisions.account.clone(),
        region: decisions.region.clone(),
    };
    import::openapi_document(source, &document, &options).into()
}

fn template(source: &Source, document: &Node, path: &Path, decisions: &Decisions) -> Definition {
    let directory = path.parent().unwrap_or(Path::new(""));
    let references = RefCell::new(Vec::new());
    let read = |location: &str| {
        let path = directory.join(location);
        let read = std::fs::read(&path);
        let mut references = references.borrow_mut();
        references.push(Reference { path, content: read.as_ref().ok().cloned() });
        read.map_err(|error| reason(&error))
    };
    // A template in the current directory is called after that too.
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let (account, region) = (decisions.account.clone(), decisions.region.clone());
    let options = TemplateOptions {
        parameters: decisions.parameters.clone(),
        ..TemplateOptions::for_file(&absolute.to_string_lossy(), account, region, &read)
    };
    let ImportedTemplate { apis, domains, functions, api_keys, usage_plans, parameters, problems, .. } =
        import::template_document(source, document, &options);
    let defined = |ImportedApi { api, stages, decided, .. }: ImportedApi| Defined {
        api,
        stages: DefinedStages::These(stages),
        decided,
    };
    Definition {
        apis: apis.into_iter().map(defined).collect(),
        domains,
        functions,
        api_keys,
        usage_plans,
        parameters,
        references: references.take(),
        problems,
    }
}

/// Values that were given for parameters that no definition has.
pub fn unknown_parameters<'a>(
    definitions: impl Iterator<Item = &'a Definition>,
    decisions: &Decisions,
) -> Problems {
    let known: BTreeSet<&str> = definitions.flat_map(|one| &one.parameters).map(String::as_str).collect();
    let unknown = decisions.parameters.keys().filter(|name| !known.contains(name.as_str()));
    let problem = |name: &String| {
        let problem = Problem::warning(format!("no template has a parameter `{name}`; its value is ignored"));
        match document::nearest(name, known.iter().copied()) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help("leave it out"),
        }
    };
    unknown.map(problem).collect()
}

impl From<Imported> for Definition {
    fn from(imported: Imported) -> Self {
        let Imported { api, stage, decided, problems, .. } = imported;
        let defined = api.map(|api| Defined { api, stages: DefinedStages::Named(stage), decided });
        Self { apis: defined.into_iter().collect(), problems, ..Self::default() }
    }
}
