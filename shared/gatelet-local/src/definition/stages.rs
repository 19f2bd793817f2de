//! The stages that an API of a definition gets.

use std::collections::BTreeMap;

use gatelet_model::rest::{RestStage, StageVariables};
use gatelet_model::v2::V2Stage;
use gatelet_model::{Api, Problem, Stage, StageName};

use super::file::{Defined, DefinedStages};

/// The stage of a REST API whose definition names none.
const REST_STAGE: &str = "dev";

/// The stages that an API gets: the one that is chosen, else those of the definition, else a usual one; all with these
/// variables beside their own.
///
/// # Errors
/// A [`Problem`] where a variable is none.
pub fn stages(
    defined: &Defined,
    chosen: Option<&StageName>,
    variables: &BTreeMap<String, String>,
) -> Result<Vec<Stage>, Problem> {
    let (these, implied) = match &defined.stages {
        DefinedStages::These(stages) => (stages.as_slice(), None),
        DefinedStages::Named(name) => (&[][..], name.clone()),
    };
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
    for stage in &mut stages {
        let (name, own) = match stage {
            Stage::Rest(stage) => (&mut stage.name, &mut stage.variables),
            Stage::V2(stage) => (&mut stage.name, &mut stage.variables),
        };
        if let Some(chosen) = chosen {
            *name = chosen.clone();
        }
        let before = own.iter().map(|(name, value)| (name.to_string(), value.clone()));
        let more = variables.iter().map(|(name, value)| (name.clone(), value.clone()));
        *own = StageVariables::new(before.chain(more).collect::<BTreeMap<_, _>>())?;
    }
    Ok(stages)
}
