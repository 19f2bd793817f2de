//! The definitions that are served, from their first deployment through every edit.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use gatelet_aws::clock::SystemClock;
use gatelet_aws::definitions::DynamoDefinitions;
use gatelet_control::deploy::{self, DefinitionStore, DeployError};
use gatelet_control::import::FunctionDefinition;
use gatelet_core::Timestamp;
use gatelet_core::ports::{Clock, PortError};
use gatelet_model::rest::{RestStage, StageVariables};
use gatelet_model::v2::V2Stage;
use gatelet_model::{Api, ApiId, Problem, Stage, StageName};

use super::functions::Functions;
use super::project::Projects;
use super::show::{Look, NAME_CHARACTERS_MAX, Shown, root_url, stage_url};
use crate::definition::{
    Change, Decisions, Defined, DefinedStages, Definition, Reference, Rendering, additions, changes,
    import_file, invoked_functions, routes, unknown_parameters,
};
use crate::doors::{ApiView, Overview, StageView};
use crate::requests::printable;

/// How long one deployment may take.
const DEPLOY_PATIENCE: Duration = Duration::from_secs(20);

/// The stage of a REST API whose definition names none.
const REST_STAGE: &str = "dev";

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
    /// Where definitions are kept and read.
    pub definitions: Arc<DynamoDefinitions>,
    /// The data plane's address.
    pub address: SocketAddr,
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
    overview: Arc<ArcSwap<Overview>>,
}

/// What is served of a definition.
#[derive(Default)]
struct Served {
    apis: Vec<(Api, Vec<Stage>)>,
    functions: Vec<FunctionDefinition>,
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
        Self { parts, clock: SystemClock::new(), served, references, overview: Arc::default() }
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
                let stages = self.deploy(number, defined).await?;
                let urls = self.urls(defined.api.id(), is_only).await?;
                let file = self.file(number);
                let Defined { api, decided, .. } = defined;
                say(self.parts.look.api(&Shown { api, file, decided, stages: &urls }));
                served.push((api.clone(), stages));
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

    /// Imports a definition again that was edited, and deploys it where it can be; else the last good version
    /// stays. Returns what is to be said.
    pub(super) async fn reload(&mut self, number: usize) -> String {
        let began = Instant::now();
        let definition = self.import(number).await;
        let file = self.file(number).to_owned();
        if !definition.can_be_served() {
            let mut text = self.rendering().errors_and_summary(&definition.problems, &file);
            text.push_str(&format!("{file} was not reloaded: the version before goes on being served"));
            return text;
        }
        let warned = self.function_warnings();
        self.run(number, &definition.functions);
        let mut served = Vec::new();
        for defined in &definition.apis {
            match self.deploy(number, defined).await {
                Ok(stages) => served.push((defined.api.clone(), stages)),
                Err(error) => return format!("{error}; the version before goes on being served"),
            }
        }
        let differences = self.differences(number, &served);
        let mut text = self.parts.look.changes(&file, &differences, began.elapsed().as_millis());
        let mut add = |more: String| {
            if !more.is_empty() {
                text.push('\n');
                text.push_str(more.trim_end());
            }
        };
        add(self.gone(number, &served));
        add(self.changed_functions(number, &definition.functions));
        add(self.rendering().summary(&definition.problems, &file));
        self.keep(number, served, definition.functions);
        add(Some(self.function_warnings()).filter(|now| *now != warned).unwrap_or_default());
        if let Err(error) = self.refresh_overview().await {
            add(error.to_string());
        }
        text
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
        if let Some(references) = self.references.get_mut(number) {
            *references = std::mem::take(&mut definition.references);
        }
        definition
    }

    /// Deploys an API to all its stages.
    async fn deploy(&self, number: usize, defined: &Defined) -> Result<Vec<Stage>, SessionError> {
        let file = self.file(number);
        let stages = self
            .stages(number, defined)
            .map_err(|problem| SessionError::Stage { file: file.to_owned(), problem })?;
        let (table, api) = (self.parts.definitions.table(), &defined.api);
        for stage in &stages {
            let description = Some(format!("gatelet dev {file}"));
            deploy::deploy(table, api.clone(), stage.clone(), description, self.deadline())
                .await
                .map_err(|error| SessionError::Deployment { file: file.to_owned(), error })?;
        }
        self.parts.definitions.refresh(api.id(), self.deadline()).await?;
        Ok(stages)
    }

    /// The stages that an API gets: the one that was asked for, else those of the definition, else a usual one. All see
    /// the variables of the project.
    fn stages(&self, number: usize, defined: &Defined) -> Result<Vec<Stage>, Problem> {
        let (these, implied) = match &defined.stages {
            DefinedStages::These(stages) => (stages.as_slice(), None),
            DefinedStages::Named(name) => (&[][..], name.clone()),
        };
        let chosen = &self.parts.stage;
        let mut stages = match (chosen, these) {
            (None, [_, ..]) => these.to_vec(),
            (Some(_), [first, ..]) => vec![first.clone()],
            (_, []) => {
                let usual = if matches!(defined.api, Api::Rest(_)) { REST_STAGE } else { StageName::DEFAULT };
                let name = implied.map_or_else(|| StageName::parse(usual), Ok)?;
                vec![match &defined.api {
                    Api::Rest(_) => Stage::Rest(RestStage::new(name)),
                    Api::Http(_) | Api::WebSocket(_) => Stage::V2(V2Stage::new(name)),
                }]
            }
        };
        let project = self.parts.projects.files.get(number).map_or(0, |file| file.project);
        let more = self.parts.variables.get(project);
        for stage in &mut stages {
            let (name, variables) = match stage {
                Stage::Rest(stage) => (&mut stage.name, &mut stage.variables),
                Stage::V2(stage) => (&mut stage.name, &mut stage.variables),
            };
            if let Some(chosen) = chosen {
                *name = chosen.clone();
            }
            let own = variables.iter().map(|(name, value)| (name.to_string(), value.clone()));
            let more = more.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone()));
            *variables = StageVariables::new(own.chain(more).collect::<BTreeMap<_, _>>())?;
        }
        Ok(stages)
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

    /// What an edit changed: by route, where a file has several APIs with their names before.
    fn differences(&self, number: usize, now: &[(Api, Vec<Stage>)]) -> Vec<Change> {
        let before = self.served.get(number).map_or(&[][..], |served| &served.apis);
        let mut differences = Vec::new();
        for (api, _) in now {
            let was = before.iter().map(|(was, _)| was).find(|was| was.id() == api.id());
            let changes = was.map_or_else(|| additions(api), |was| changes(was, api));
            let several = now.len() > 1;
            differences.extend(changes.into_iter().map(|one| if several { one.of(api) } else { one }));
        }
        differences
    }

    /// Which APIs an edit took out of a file. What is deployed stays.
    fn gone(&self, number: usize, now: &[(Api, Vec<Stage>)]) -> String {
        let before = self.served.get(number).map_or(&[][..], |served| &served.apis);
        let gone = before.iter().filter(|(was, _)| now.iter().all(|(api, _)| api.id() != was.id()));
        let line = |(api, _): &(Api, Vec<Stage>)| {
            format!(
                "  the {} `{}` is not defined any more; what was deployed of it goes on being served\n",
                api.kind(),
                printable(api.name(), NAME_CHARACTERS_MAX)
            )
        };
        gone.map(line).collect()
    }

    /// Which functions an edit changed.
    fn changed_functions(&self, number: usize, now: &[FunctionDefinition]) -> String {
        let before = self.served.get(number).map_or(&[][..], |served| &served.functions);
        let changed = now.iter().filter(|function| !before.contains(function)).map(|function| &function.name);
        let gone = before.iter().map(|function| &function.name);
        let gone = gone.filter(|name| now.iter().all(|function| function.name != **name));
        let names: Vec<String> =
            changed.chain(gone).map(|name| format!("`{}`", printable(name, NAME_CHARACTERS_MAX))).collect();
        if names.is_empty() { String::new() } else { format!("  functions changed: {}", names.join(", ")) }
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
