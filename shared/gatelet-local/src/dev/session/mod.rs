//! The definitions that are served, from their first deployment through every edit.

mod domains;
mod reload;
mod usage;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use gatelet_aws::backends::VpcLinks;
use gatelet_aws::definitions::DynamoDefinitions;
use gatelet_aws::process::SystemClock;
use gatelet_control::deploy::{self, DefinitionStore, DeployError};
use gatelet_control::import::FunctionDefinition;
use gatelet_core::Timestamp;
use gatelet_core::ports::{Clock, PortError};
use gatelet_model::{Api, ApiId, Problem, Problems, Stage, StageName};

use super::functions::Functions;
use super::https::HttpsAddress;
use super::project::Projects;
use super::settings;
use super::show::{Look, Shown, root_url, stage_url};
use crate::definition::{
    Decisions, Defined, Definition, Reference, Rendering, TrustStore, import_file, invoked_functions, read,
    routes, stages, unknown_parameters, unled_links,
};
use crate::doors::{ApiView, Overview, StageView};
use crate::operations::UsagePlace;
use usage::Telling;

/// How long one deployment may take.
const DEPLOY_PATIENCE: Duration = Duration::from_secs(20);

/// What a session is made from.
pub(super) struct Parts {
    /// Which files.
    pub projects: Projects,
    /// Stage variables, by project.
    pub variables: Vec<BTreeMap<String, String>>,
    /// What is decided beside the files.
    pub decisions: Decisions,
    /// The stage to deploy to, whatever the definitions say.
    pub stage: Option<StageName>,
    /// Who runs functions.
    pub functions: Functions,
    /// Where VPC links lead.
    pub links: VpcLinks,
    /// Where definitions are kept and read.
    pub definitions: Arc<DynamoDefinitions>,
    /// Where API keys and usage plans are kept.
    pub usage: UsagePlace,
    /// The data plane's address.
    pub address: SocketAddr,
    /// The control plane's address.
    pub control: SocketAddr,
    /// The file with the token that it takes operations with.
    pub token: PathBuf,
    /// Where it speaks HTTPS.
    pub https: Option<HttpsAddress>,
    /// How things are shown.
    pub look: Look,
}

/// The definitions that are served.
pub(super) struct Session {
    parts: Parts,
    clock: SystemClock,
    /// By number of the file; empty before it is served.
    served: Vec<Served>,
    /// The files that each definition names, by number of the file.
    references: Vec<Vec<Reference>>,
    /// What is wrong with each definition, by number of the file.
    problems: Vec<Problems>,
    /// Custom domains, as the definitions had them at first.
    domain_names: Vec<String>,
    /// The trust store of the first domain that has one; the file at the front door is read at the start, too.
    trust_store: TrustStore,
    /// Stages of which it was told that they ask for keys and no plan opens them.
    told_unopened: BTreeSet<String>,
    overview: Arc<ArcSwap<Overview>>,
}

/// What is served of a definition.
#[derive(Default)]
struct Served {
    apis: Vec<(Api, Vec<Stage>)>,
    functions: Vec<FunctionDefinition>,
}

/// Why an API is not deployed as a whole.
struct Undeployed {
    /// The stages that show it all the same.
    deployed: Vec<StageName>,
    error: SessionError,
}

/// Why definitions are not served.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// Definitions have errors, which have been shown.
    #[error("nothing is served: {0} cannot be; correct the errors above")]
    Definitions(String),
    /// A definition cannot be deployed.
    #[error("`{file}` cannot be deployed: {error}")]
    Deployment {
        /// The definition's file.
        file: String,
        /// Why.
        error: DeployError,
    },
    /// A stage cannot be made.
    #[error("the stage of `{file}` cannot be made: {problem}")]
    Stage {
        /// The definition's file.
        file: String,
        /// Why.
        problem: Problem,
    },
    /// The store does not answer.
    #[error("the stored definitions cannot be read: {0}")]
    Store(#[from] PortError),
}

impl Session {
    /// A session that serves nothing yet of what it was given.
    #[must_use]
    pub(super) fn new(parts: Parts) -> Self {
        let files = parts.projects.files.len();
        let served = (0..files).map(|_| Served::default()).collect();
        let references = vec![Vec::new(); files];
        let problems = vec![Problems::new(); files];
        Self {
            parts,
            clock: SystemClock::new(),
            served,
            references,
            problems,
            domain_names: Vec::new(),
            trust_store: TrustStore::default(),
            told_unopened: BTreeSet::new(),
            overview: Arc::default(),
        }
    }

    /// What is served, as it is at any time.
    #[must_use]
    pub(super) const fn overview(&self) -> &Arc<ArcSwap<Overview>> {
        &self.overview
    }

    /// Imports and deploys every definition, and shows each. Problems are said even where another definition fails.
    ///
    /// # Errors
    /// A [`SessionError`]; nothing is deployed where one of the definitions has an error.
    pub(super) async fn begin(&mut self, say: &mut (dyn FnMut(String) + Send)) -> Result<(), SessionError> {
        let mut ready = Vec::new();
        let mut broken = Vec::new();
        for number in 0..self.served.len() {
            let definition = self.import(number).await;
            if definition.can_be_served() {
                ready.push((number, definition));
            } else {
                let file = self.file(number).to_owned();
                say(self.rendering().errors_and_summary(&definition.problems, &file));
                broken.push(format!("`{file}`"));
            }
        }
        if !broken.is_empty() {
            return Err(SessionError::Definitions(broken.join(", ")));
        }
        let definitions = ready.iter().map(|(_, definition)| definition);
        let unknown = unknown_parameters(definitions, &self.parts.decisions);
        if !unknown.is_empty() {
            say(self.rendering().all(&unknown));
        }
        let is_only = ready.iter().map(|(_, definition)| definition.apis.len()).sum::<usize>() == 1;
        for (number, definition) in ready {
            self.run(number, &definition.functions);
            let mut served = Vec::new();
            for defined in &definition.apis {
                let stages = self.deploy(number, defined).await.map_err(|undeployed| undeployed.error)?;
                let urls = self.urls(defined.api.id(), is_only).await?;
                let file = self.file(number);
                let Defined { api, decided, .. } = defined;
                let mut text = self.parts.look.api(&Shown { api, file, decided, stages: &urls });
                for name in earlier_stages(&urls, &stages) {
                    text.push_str(&format!("  the stage `{name}` shows what an earlier run deployed\n"));
                }
                say(text);
                served.push((api.clone(), stages));
            }
            self.domain_names.extend(definition.domains.iter().map(|domain| domain.name.to_string()));
            let told = self.store_domains(&definition.domains).await?;
            for line in told.answered.iter().chain(&told.refused) {
                say(format!("{line}\n"));
            }
            let mut lines = self.store_usage(number, &definition, Telling::All).await;
            lines.extend(self.unopened(&served).await);
            if !lines.is_empty() {
                say(lines.join("\n") + "\n");
            }
            let summary = self.rendering().summary(&definition.problems, self.file(number));
            if !summary.is_empty() {
                say(summary);
            }
            self.keep(number, served, definition.functions);
        }
        if let Some(text) = self.functions() {
            say(text);
        }
        self.refresh_overview().await
    }

    /// The custom domains of the definitions.
    #[must_use]
    pub(super) fn domain_names(&self) -> &[String] {
        &self.domain_names
    }

    /// How many definitions were given.
    #[must_use]
    pub(super) const fn files(&self) -> usize {
        self.served.len()
    }

    /// The files that a definition names.
    #[must_use]
    pub(super) fn references(&self, number: usize) -> &[Reference] {
        self.references.get(number).map_or(&[], Vec::as_slice)
    }

    /// Stops the functions.
    pub(super) async fn stop(self) {
        self.parts.functions.stop().await;
    }

    /// The API that stands at the root: the only one that was given, or, where none was, the only one there is.
    #[must_use]
    pub(super) fn only_api(&self) -> Option<ApiId> {
        let mut given = self.served.iter().flat_map(|served| &served.apis).map(|(api, _)| api.id());
        if !self.served.is_empty() {
            return given.next().filter(|_| given.next().is_none()).cloned();
        }
        match self.overview.load().apis.as_slice() {
            [only] => ApiId::parse(&only.id).ok(),
            _ => None,
        }
    }

    /// The API of this id or name; the only one where none is named.
    pub(super) fn named_api(&self, text: &str) -> Result<ApiId, String> {
        let all = || self.served.iter().flat_map(|served| &served.apis).map(|(api, _)| api);
        let mut found =
            all().filter(|api| text.is_empty() || api.id().as_str() == text || api.name() == text);
        if let (Some(api), None) = (found.next(), found.next()) {
            return Ok(api.id().clone());
        }
        let names: Vec<_> = all().map(|api| format!("{} ({})", api.id(), api.name())).collect();
        let asked =
            if text.is_empty() { "which API is meant".to_owned() } else { format!("which API `{text}` is") };
        Err(format!("it is not clear {asked}: name one of {} with `--api`", names.join(", ")))
    }

    /// What is wrong with a route, at its places.
    pub(super) fn problems_of(&self, route: &str) -> String {
        let all = self.problems.iter().flat_map(|problems| problems.iter());
        self.rendering().all(&all.filter(|problem| problem.about == route).cloned().collect())
    }

    async fn import(&mut self, number: usize) -> Definition {
        let Some(file) = self.parts.projects.files.get(number).cloned() else {
            return Definition::failed(Problem::error("there is no such definition"));
        };
        let decisions = self.parts.decisions.clone();
        // A large definition takes a while: requests go on being served.
        let importing = move || import_file(&file.path, &file.name, &decisions);
        let mut definition = tokio::task::spawn_blocking(importing).await.unwrap_or_else(|_| {
            Definition::failed(Problem::error("reading the definition failed in Gatelet itself"))
        });
        let source = self.parts.projects.files.get(number).and_then(|file| read(&file.path, &file.name).ok());
        let unled = unled_links(&definition, &self.parts.links, source.as_ref(), settings::FILE_NAME);
        definition.problems.extend(unled);
        if let Some(problems) = self.problems.get_mut(number) {
            problems.clone_from(&definition.problems);
        }
        if let Some(references) = self.references.get_mut(number) {
            *references = std::mem::take(&mut definition.references);
        }
        definition
    }

    /// Deploys an API to all its stages.
    async fn deploy(&self, number: usize, defined: &Defined) -> Result<Vec<Stage>, Undeployed> {
        let file = || self.file(number).to_owned();
        let mut deployed = Vec::new();
        let stages = match self.stages(number, defined) {
            Ok(stages) => stages,
            Err(problem) => {
                let error = SessionError::Stage { file: file(), problem };
                return Err(Undeployed { deployed, error });
            }
        };
        let (table, api) = (self.parts.definitions.table(), &defined.api);
        for stage in &stages {
            let description = Some(format!("gatelet dev {}", self.file(number)));
            match deploy::deploy(table, api.clone(), stage.clone(), description, self.deadline()).await {
                Ok(_) => deployed.push(stage.name().clone()),
                Err(error) => {
                    // What was deployed is seen at once, as where all was.
                    let _ = self.parts.definitions.refresh(api.id(), self.deadline()).await;
                    let error = SessionError::Deployment { file: file(), error };
                    return Err(Undeployed { deployed, error });
                }
            }
        }
        match self.parts.definitions.refresh(api.id(), self.deadline()).await {
            Ok(_) => Ok(stages),
            Err(error) => Err(Undeployed { deployed, error: error.into() }),
        }
    }

    /// The stages that an API gets, with the variables of the project.
    fn stages(&self, number: usize, defined: &Defined) -> Result<Vec<Stage>, Problem> {
        let project = self.parts.projects.files.get(number).map_or(0, |file| file.project);
        let none = BTreeMap::new();
        let variables = self.parts.variables.get(project).unwrap_or(&none);
        stages(defined, self.parts.stage.as_ref(), variables)
    }

    /// Lets functions be as a definition has them, before routes call them.
    fn run(&mut self, number: usize, functions: &[FunctionDefinition]) {
        if let Some(file) = self.parts.projects.files.get(number) {
            self.parts.functions.set(number, functions, file.path.parent().unwrap_or(Path::new("")));
        }
    }

    fn keep(&mut self, number: usize, apis: Vec<(Api, Vec<Stage>)>, functions: Vec<FunctionDefinition>) {
        if let Some(served) = self.served.get_mut(number) {
            *served = Served { apis, functions };
        }
    }

    /// The functions that are run, as a table, and what is missing of them.
    fn functions(&self) -> Option<String> {
        let all = self.parts.functions.all();
        let endpoint = self.parts.functions.endpoint().unwrap_or_default();
        let table = self.parts.look.functions(all.values(), &endpoint);
        let warnings = self.function_warnings();
        let gap = if table.is_empty() || warnings.is_empty() { "" } else { "\n" };
        let text = format!("{table}{gap}{}", warnings.trim_end());
        Some(text).filter(|text| !text.is_empty())
    }

    fn function_warnings(&self) -> String {
        let apis = self.served.iter().flat_map(|served| &served.apis);
        let invoked: BTreeSet<String> = apis
            .flat_map(|(api, stages)| stages.iter().flat_map(move |stage| invoked_functions(api, stage)))
            .collect();
        self.rendering().all(&self.parts.functions.warnings(&invoked))
    }

    /// The stages of an API, each with its addresses.
    async fn urls(&self, api_id: &ApiId, is_only: bool) -> Result<Vec<(StageName, String)>, PortError> {
        let pointers = self.parts.definitions.table().stage_pointers(api_id, self.deadline()).await?;
        let mut stages = Vec::new();
        for name in pointers.iter().map(|pointer| pointer.stage.name()) {
            stages.push((name.clone(), stage_url(self.parts.address, api_id, name)));
            if is_only {
                stages.push((name.clone(), root_url(self.parts.address, name)));
            }
        }
        Ok(stages)
    }

    /// Reads what is deployed, also by earlier runs.
    async fn refresh_overview(&self) -> Result<(), SessionError> {
        let table = self.parts.definitions.table();
        let mut overview = Overview::default();
        for api_id in table.apis(self.deadline()).await? {
            let mut view =
                ApiView { id: api_id.to_string(), name: String::new(), kind: "", stages: Vec::new() };
            for pointer in table.stage_pointers(&api_id, self.deadline()).await? {
                let name = pointer.stage.name();
                let api = match self.served_api(&api_id, name) {
                    Some(api) => Some(api),
                    None => self.stored_api(&api_id, &pointer.deployment_id).await?,
                };
                let Some(api) = api else { continue };
                api.name().clone_into(&mut view.name);
                view.kind = api.kind();
                view.stages.push(StageView {
                    name: name.to_string(),
                    url: stage_url(self.parts.address, &api_id, name),
                    version: pointer.version,
                    deployment_id: pointer.deployment_id.to_string(),
                    routes: routes(&api),
                });
            }
            overview.apis.push(view);
        }
        self.overview.store(Arc::new(overview));
        Ok(())
    }

    fn served_api(&self, api_id: &ApiId, stage: &StageName) -> Option<Api> {
        let mut served = self.served.iter().flat_map(|served| &served.apis);
        let is_it = |stages: &Vec<Stage>| stages.iter().any(|served| served.name() == stage);
        served.find(|(api, stages)| api.id() == api_id && is_it(stages)).map(|(api, _)| api.clone())
    }

    /// An API as it is stored; none where it cannot be read, which its requests will say too.
    async fn stored_api(
        &self,
        api_id: &ApiId,
        deployment_id: &gatelet_model::PartId,
    ) -> Result<Option<Api>, PortError> {
        let table = self.parts.definitions.table();
        match table.deployment(api_id, deployment_id, self.deadline()).await {
            Ok(stored) => Ok(stored.and_then(|stored| stored.open().ok()).map(|deployment| deployment.api)),
            Err(PortError::Unreadable { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn file(&self, number: usize) -> &str {
        self.parts.projects.files.get(number).map_or("", |file| &file.name)
    }

    const fn rendering(&self) -> Rendering {
        Rendering { colour: self.parts.look.colour }
    }

    fn deadline(&self) -> Timestamp {
        self.clock.now().after(DEPLOY_PATIENCE)
    }
}

/// The stages among those with addresses that were not deployed now.
fn earlier_stages<'a>(
    urls: &'a [(StageName, String)],
    deployed: &[Stage],
) -> impl Iterator<Item = &'a StageName> {
    let mut names: Vec<&StageName> = urls.iter().map(|(name, _)| name).collect();
    names.dedup();
    names.into_iter().filter(|name| deployed.iter().all(|stage| stage.name() != *name))
}
