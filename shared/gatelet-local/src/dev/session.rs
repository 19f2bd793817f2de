//! The definitions that are served, from their first deployment through every edit.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use gatelet_aws::clock::SystemClock;
use gatelet_aws::definitions::DynamoDefinitions;
use gatelet_control::deploy::{self, DefinitionStore, DeployError};
use gatelet_control::import::Imported;
use gatelet_core::Timestamp;
use gatelet_core::ports::{Clock, PortError};
use gatelet_model::rest::{RestStage, StageVariables};
use gatelet_model::v2::V2Stage;
use gatelet_model::{Api, ApiId, Problem, Stage, StageName};

use super::project::Projects;
use super::show::{Look, Shown, stage_url};
use crate::definition::{self, Decisions, Rendering, changes, routes};
use crate::doors::{ApiView, Overview, StageView};

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
    served: Vec<Option<Served>>,
    overview: Arc<ArcSwap<Overview>>,
}

/// A definition that is served.
struct Served {
    api: Api,
    stage: StageName,
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
        let served = parts.projects.files.iter().map(|_| None).collect();
        Self { parts, clock: SystemClock::new(), served, overview: Arc::default() }
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
            let imported = self.import(number).await;
            let file = self.file(number).to_owned();
            match &imported.api {
                Some(_) => ready.push((number, imported)),
                None => {
                    say(self.rendering().errors_and_summary(&imported.problems, &file));
                    broken.push(format!("`{file}`"));
                }
            }
        }
        if !broken.is_empty() {
            return Err(SessionError::Definitions(broken.join(", ")));
        }
        for (number, imported) in ready {
            let Some(api) = imported.api else { continue };
            let stage = self.deploy(number, &api, imported.stage.as_ref()).await?;
            let stages = self.stages(api.id()).await?;
            let file = self.file(number);
            let shown = Shown { api: &api, file, decided: &imported.decided, stages: &stages };
            let mut text = self.parts.look.api(&shown);
            text.push_str(&self.rendering().summary(&imported.problems, file));
            say(text);
            self.keep(number, api, stage);
        }
        self.refresh_overview().await
    }

    /// Imports a definition again that was edited, and deploys it where it can be; else the last good version
    /// stays. Returns what is to be said.
    pub(super) async fn reload(&mut self, number: usize) -> String {
        let began = Instant::now();
        let imported = self.import(number).await;
        let file = self.file(number).to_owned();
        let Some(api) = imported.api else {
            let mut text = self.rendering().errors_and_summary(&imported.problems, &file);
            text.push_str(&format!("{file} was not reloaded: the version before goes on being served"));
            return text;
        };
        match self.deploy(number, &api, imported.stage.as_ref()).await {
            Ok(stage) => {
                let before = self.served.get(number).and_then(Option::as_ref);
                let differences = before.map_or_else(Vec::new, |served| changes(&served.api, &api));
                let mut text = self.parts.look.changes(&file, &differences, began.elapsed().as_millis());
                let summary = self.rendering().summary(&imported.problems, &file);
                if !summary.is_empty() {
                    text.push('\n');
                    text.push_str(summary.trim_end());
                }
                self.keep(number, api, stage);
                if let Err(error) = self.refresh_overview().await {
                    text.push_str(&format!("\n{error}"));
                }
                text
            }
            Err(error) => format!("{error}; the version before goes on being served"),
        }
    }

    /// The API that stands at the root: the only one that was given, or, where none was, the only one there is.
    #[must_use]
    pub(super) fn only_api(&self) -> Option<ApiId> {
        let mut given = self.served.iter().flatten().map(|served| served.api.id());
        if !self.served.is_empty() {
            return given.next().filter(|_| given.next().is_none()).cloned();
        }
        match self.overview.load().apis.as_slice() {
            [only] => ApiId::parse(&only.id).ok(),
            _ => None,
        }
    }

    async fn import(&self, number: usize) -> Imported {
        let Some(file) = self.parts.projects.files.get(number).cloned() else {
            return definition::failed(Problem::error("there is no such definition"));
        };
        let decisions = self.parts.decisions.clone();
        // A large definition takes a while: requests go on being served.
        let importing = move || definition::import_file(&file.path, &file.name, &decisions);
        tokio::task::spawn_blocking(importing).await.unwrap_or_else(|_| {
            definition::failed(Problem::error("reading the definition failed in Gatelet itself"))
        })
    }

    async fn deploy(
        &self,
        number: usize,
        api: &Api,
        implied: Option<&StageName>,
    ) -> Result<StageName, SessionError> {
        let file = self.file(number);
        let stage_problem = |problem| SessionError::Stage { file: file.to_owned(), problem };
        let name = match (&self.parts.stage, implied, api) {
            (Some(chosen), ..) => chosen.clone(),
            (None, Some(implied), _) => implied.clone(),
            (None, None, Api::Rest(_)) => StageName::parse(REST_STAGE).map_err(stage_problem)?,
            (None, None, Api::Http(_) | Api::WebSocket(_)) => {
                StageName::parse(StageName::DEFAULT).map_err(stage_problem)?
            }
        };
        let project = self.parts.projects.files.get(number).map_or(0, |file| file.project);
        let pairs = self.parts.variables.get(project).cloned().unwrap_or_default();
        let variables = StageVariables::new(pairs).map_err(stage_problem)?;
        let stage = match api {
            Api::Rest(_) => Stage::Rest(RestStage { variables, ..RestStage::new(name.clone()) }),
            Api::Http(_) | Api::WebSocket(_) => {
                Stage::V2(V2Stage { variables, ..V2Stage::new(name.clone()) })
            }
        };
        let table = self.parts.definitions.table();
        let description = Some(format!("gatelet dev {file}"));
        deploy::deploy(table, api.clone(), stage, description, self.deadline())
            .await
            .map_err(|error| SessionError::Deployment { file: file.to_owned(), error })?;
        self.parts.definitions.refresh(api.id(), self.deadline()).await?;
        Ok(name)
    }

    fn keep(&mut self, number: usize, api: Api, stage: StageName) {
        if let Some(served) = self.served.get_mut(number) {
            *served = Some(Served { api, stage });
        }
    }

    async fn stages(&self, api_id: &ApiId) -> Result<Vec<(StageName, String)>, PortError> {
        let pointers = self.parts.definitions.table().stage_pointers(api_id, self.deadline()).await?;
        let url = |name: &StageName| stage_url(self.parts.address, api_id, name);
        Ok(pointers.iter().map(|pointer| (pointer.stage.name().clone(), url(pointer.stage.name()))).collect())
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
        let mut served = self.served.iter().flatten();
        served
            .find(|served| served.api.id() == api_id && served.stage == *stage)
            .map(|served| served.api.clone())
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
