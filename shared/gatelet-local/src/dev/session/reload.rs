//! What becomes of an edit: what is new, what goes on as before, and what is served no more.

use std::time::Instant;

use gatelet_control::deploy::DefinitionStore;
use gatelet_control::import::FunctionDefinition;
use gatelet_core::ports::PortError;
use gatelet_model::{Api, ApiId, Stage, StageName};

use super::usage::Telling;
use super::{Session, Undeployed};
use crate::definition::{Change, Defined, additions, changes};
use crate::dev::show::NAME_CHARACTERS_MAX;
use crate::requests::printable;

/// What became of the APIs of an edited definition.
#[derive(Default)]
struct Outcome {
    /// What is served now, also of APIs that could not be deployed.
    served: Vec<(Api, Vec<Stage>)>,
    /// What is new, by route.
    changes: Vec<Change>,
    /// What is not as the definition has it, a line for each.
    notes: Vec<String>,
    /// Whether an API is served as the definition has it.
    is_some_new: bool,
    /// Whether one is not.
    is_some_old: bool,
}

impl Session {
    /// Imports a definition again that was edited, and deploys it where it can be; else the last good version
    /// stays. Returns what is to be said.
    pub(in crate::dev) async fn reload(&mut self, number: usize) -> String {
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
        let outcome = self.deploy_again(number, &definition.apis).await;
        let mut lines = Vec::new();
        let milliseconds = began.elapsed().as_millis();
        let changed = |what: &str| self.parts.look.changes(what, &outcome.changes, milliseconds);
        lines.push(match (outcome.is_some_new, outcome.is_some_old) {
            (_, false) => changed(&file),
            (true, true) => changed(&format!("{file} in part")),
            (false, true) => format!("{file} was not reloaded:"),
        });
        lines.extend(outcome.notes);
        match self.store_domains(&definition.domains).await {
            Ok(told) => lines.extend(told.refused),
            Err(error) => lines.push(format!("  its custom domains are as before: {error}")),
        }
        lines.extend(self.store_usage(number, &definition, Telling::Changes).await);
        lines.extend(self.unopened(&outcome.served).await);
        lines.push(self.changed_functions(number, &definition.functions));
        lines.push(self.rendering().summary(&definition.problems, &file));
        self.keep(number, outcome.served, definition.functions);
        lines.push(Some(self.function_warnings()).filter(|now| *now != warned).unwrap_or_default());
        if let Err(error) = self.refresh_overview().await {
            lines.push(error.to_string());
        }
        let lines: Vec<&str> =
            lines.iter().map(|line| line.trim_end()).filter(|line| !line.is_empty()).collect();
        lines.join("\n")
    }

    /// Deploys all APIs that can be, and stops those that are not defined any more.
    async fn deploy_again(&self, number: usize, apis: &[Defined]) -> Outcome {
        let before = self.served.get(number).map_or(&[][..], |served| &served.apis);
        let is_one_of_several = apis.len() > 1;
        let mut outcome = Outcome::default();
        for defined in apis {
            let api = &defined.api;
            let was = before.iter().find(|(was, _)| was.id() == api.id());
            match self.deploy(number, defined).await {
                Ok(stages) => {
                    let changes = was.map_or_else(|| additions(api), |(was, _)| changes(was, api));
                    let named = |one: Change| if is_one_of_several { one.of(api) } else { one };
                    outcome.changes.extend(changes.into_iter().map(named));
                    let earlier = was.map_or(&[][..], |(_, stages)| stages);
                    outcome.notes.extend(stages_left(api, earlier, &stages));
                    outcome.served.push((api.clone(), stages));
                    outcome.is_some_new = true;
                }
                Err(undeployed) => {
                    outcome.notes.push(not_deployed(api, was.is_some(), &undeployed));
                    outcome.served.extend(was.map(|was| without(was, &undeployed.deployed)));
                    outcome.is_some_new |= !undeployed.deployed.is_empty();
                    outcome.is_some_old = true;
                }
            }
        }
        for gone in before.iter().filter(|(was, _)| apis.iter().all(|now| now.api.id() != was.id())) {
            let what = what(&gone.0);
            match self.remove(gone.0.id()).await {
                Ok(()) => {
                    outcome.notes.push(format!("  {what} is not defined any more, and not served any more"))
                }
                Err(error) => {
                    let message = format!(
                        "  {what} is not defined any more, and goes on being served all the same: {error}; the next \
                         edit tries again"
                    );
                    outcome.notes.push(message);
                    outcome.served.push(gone.clone());
                }
            }
        }
        outcome
    }

    /// Lets an API be served no more. Its deployments stay.
    async fn remove(&self, api_id: &ApiId) -> Result<(), PortError> {
        let definitions = &self.parts.definitions;
        definitions.table().remove_api(api_id, self.deadline()).await?;
        definitions.refresh(api_id, self.deadline()).await.map(drop)
    }

    /// Which functions an edit changed.
    fn changed_functions(&self, number: usize, now: &[FunctionDefinition]) -> String {
        let before = self.served.get(number).map_or(&[][..], |served| &served.functions);
        let changed = now.iter().filter(|function| before.iter().all(|was| !was.is_same_as(function)));
        let changed = changed.map(|function| &function.name);
        let gone = before.iter().map(|function| &function.name);
        let gone = gone.filter(|name| now.iter().all(|function| function.name != **name));
        let names: Vec<String> =
            changed.chain(gone).map(|name| format!("`{}`", printable(name, NAME_CHARACTERS_MAX))).collect();
        if names.is_empty() { String::new() } else { format!("  functions changed: {}", names.join(", ")) }
    }
}

/// The line of an API that could not be deployed, or not to all its stages.
fn not_deployed(api: &Api, is_served: bool, undeployed: &Undeployed) -> String {
    let Undeployed { deployed, error } = undeployed;
    let rest = match (deployed.as_slice(), is_served) {
        ([], true) => "the version before goes on being served".to_owned(),
        ([], false) => "it is not served".to_owned(),
        (deployed, _) => format!("{} new, what else it has is as before", stages_are(deployed.iter())),
    };
    format!("  {} was not reloaded: {error}; {rest}", what(api))
}

/// The line of the stages that an API does not have any more.
fn stages_left(api: &Api, before: &[Stage], now: &[Stage]) -> Option<String> {
    let left = before.iter().map(Stage::name).filter(|name| now.iter().all(|stage| stage.name() != *name));
    let left: Vec<&StageName> = left.collect();
    if left.is_empty() {
        return None;
    }
    let names = stages_are(left.into_iter());
    let what = what(api);
    Some(format!("  of {what} {names} not defined any more; what was deployed there goes on being served"))
}

fn stages_are<'a>(names: impl Iterator<Item = &'a StageName>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [name] => format!("the stage {name} is"),
        names => format!("the stages {} are", names.join(", ")),
    }
}

/// What was served of an API, but for the stages that show another version now.
fn without((api, stages): &(Api, Vec<Stage>), deployed: &[StageName]) -> (Api, Vec<Stage>) {
    let old = stages.iter().filter(|stage| !deployed.contains(stage.name()));
    (api.clone(), old.cloned().collect())
}

fn what(api: &Api) -> String {
    format!("the {} `{}`", api.kind(), printable(api.name(), NAME_CHARACTERS_MAX))
}
