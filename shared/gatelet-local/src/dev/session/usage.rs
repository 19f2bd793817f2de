//! The API keys and usage plans of definitions, and APIs that ask for keys that nobody can have.

use std::path::Path;

use gatelet_control::usage::{Applied, Surplus, TemplateOwner};
use gatelet_model::{Api, PartId, Stage, UsagePlan};

use super::Session;
use crate::definition::Definition;
use crate::dev::show::NAME_CHARACTERS_MAX;
use crate::doors::TOKEN_FILE;
use crate::requests::printable;
use crate::store::DEFAULT_DIRECTORY;

/// Where a control plane listens where nothing else is said: commands find it without being told.
const USUAL_CONTROL: &str = "127.0.0.1:8081";

/// Which keys and plans are told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Telling {
    /// All of them.
    All,
    /// Those that are different now.
    Changes,
}

impl Session {
    /// Stores the keys and plans of a definition, and says a line for each. What cannot be stored keeps nobody from being served
    /// who needs no key.
    pub(super) async fn store_usage(
        &self,
        number: usize,
        definition: &Definition,
        telling: Telling,
    ) -> Vec<String> {
        let Definition { api_keys, usage_plans, .. } = definition;
        let apis = definition.apis.iter().map(|defined| defined.api.id().clone());
        let owner = TemplateOwner::new(self.file(number), apis);
        // What is in this state was made here, from this file.
        match self.parts.usage.apply(&owner, api_keys, usage_plans, Surplus::Deleted).await {
            Ok(applied) => self.told(definition, &applied, telling),
            Err(error) => {
                let file = self.file(number);
                let mut lines =
                    vec![format!("  the API keys and usage plans of {file} are not as it has them:")];
                lines.extend(error.to_string().lines().map(|line| format!("    {line}")));
                lines
            }
        }
    }

    fn told(&self, definition: &Definition, applied: &Applied, telling: Telling) -> Vec<String> {
        let name = |text: &str| printable(text, NAME_CHARACTERS_MAX).into_owned();
        let is_told = |is_changed: bool| telling == Telling::All || is_changed;
        let mut lines = Vec::new();
        for plan in &definition.usage_plans {
            if is_told(applied.changed_plans.contains(&plan.id)) {
                let stages: Vec<String> =
                    plan.stages.iter().map(|stage| format!("{}/{}", stage.api_id, stage.stage)).collect();
                let opens = if stages.is_empty() { "no stage".to_owned() } else { stages.join(", ") };
                lines.push(format!("  usage plan `{}` ({}) opens {opens}", name(&plan.name), plan.id));
            }
        }
        for key in applied.keys.iter().filter(|key| is_told(key.is_changed)) {
            let of = |id: &PartId| {
                let plan = definition.usage_plans.iter().find(|plan| plan.id == *id);
                plan.map_or_else(|| id.to_string(), |plan| format!("`{}`", name(&plan.name)))
            };
            let imported = definition.api_keys.iter().find(|one| one.key.id == key.id);
            let plans: Vec<String> = imported.iter().flat_map(|one| one.plans.iter().map(of)).collect();
            let plans = if plans.is_empty() { "no plan".to_owned() } else { plans.join(", ") };
            let show = self.command(&format!("keys show {} --include-value", key.id));
            lines.push(format!("  API key `{}` ({}) in {plans}: {show}", name(&key.logical_id), key.id));
        }
        for key in applied.keys.iter().filter(|key| key.stays_disabled) {
            let enable = self.command(&format!("keys enable {}", key.id));
            lines.push(format!(
                "  API key `{}` ({}) stays disabled: {enable}",
                name(&key.logical_id),
                key.id
            ));
        }
        if !applied.removed.is_empty() {
            let ids: Vec<&str> = applied.removed.iter().map(PartId::as_str).collect();
            lines.push(format!(
                "  API keys and usage plans that are not defined any more: {}",
                ids.join(", ")
            ));
        }
        lines
    }

    /// What to do about stages that ask for API keys and that no plan opens: a line each, once.
    pub(super) async fn unopened(&mut self, apis: &[(Api, Vec<Stage>)]) -> Vec<String> {
        let mut asking = apis.iter().filter(|(api, _)| asks_for_keys(api)).peekable();
        if asking.peek().is_none() {
            return Vec::new();
        }
        let plans = match self.parts.usage.plans().await {
            Ok(plans) => plans,
            Err(error) => return vec![format!("  usage plans cannot be read: {error}")],
        };
        let mut lines = Vec::new();
        for (api, stages) in asking {
            for stage in stages.iter().filter(|stage| !is_opened(api, stage, &plans)) {
                let of = format!("{}/{}", api.id(), stage.name());
                if !self.told_unopened.insert(of.clone()) {
                    continue;
                }
                let plan = self.command(&format!("plans create --name NAME --stage {of}"));
                let key = self.command("keys create --plan PLAN");
                lines.push(format!(
                    "  the stage `{}` of `{}` asks for API keys, and no usage plan opens it, so that every key is refused:\n    \
                     {plan}\n    {key}",
                    stage.name(),
                    printable(api.name(), NAME_CHARACTERS_MAX)
                ));
            }
        }
        lines
    }

    /// A command that asks this gateway.
    fn command(&self, rest: &str) -> String {
        let control = self.parts.control.to_string();
        let option =
            if control == USUAL_CONTROL { String::new() } else { format!(" --control http://{control}") };
        let token = &self.parts.token;
        let token = if *token == Path::new(DEFAULT_DIRECTORY).join(TOKEN_FILE) {
            String::new()
        } else {
            format!(" --control-token {}", token.display())
        };
        format!("gatelet {rest}{option}{token}")
    }
}

fn is_opened(api: &Api, stage: &Stage, plans: &[UsagePlan]) -> bool {
    let mut opened = plans.iter().flat_map(|plan| &plan.stages);
    opened.any(|one| one.api_id == *api.id() && one.stage == *stage.name())
}

fn asks_for_keys(api: &Api) -> bool {
    match api {
        Api::Rest(api) => api
            .resources
            .iter()
            .flat_map(|resource| resource.methods.values())
            .any(|method| method.api_key_required),
        Api::Http(_) | Api::WebSocket(_) => false,
    }
}
