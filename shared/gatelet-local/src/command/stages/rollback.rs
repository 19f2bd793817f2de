//! `gatelet rollback`.

use clap::Args;
use gatelet_control::deploy::roll_back;
use gatelet_model::{ApiId, PartId, StageName};
use serde_json::json;

use crate::command::table::{TableArguments, progress};
use crate::command::{Failure, parsed};

#[derive(Debug, Args)]
#[command(after_help = "\
The stage's settings and variables stay as they are. Without `--to` it goes to the deployment that the stage showed before
the present one, so that a second rollback takes back the first.")]
pub(in crate::command) struct Arguments {
    #[command(flatten)]
    table: TableArguments,

    /// The API
    #[arg(long, value_name = "ID", value_parser = parsed(ApiId::parse))]
    api: ApiId,

    /// The stage
    #[arg(long, value_name = "NAME", value_parser = parsed(StageName::parse))]
    stage: StageName,

    /// The deployment to show, as `gatelet deployments` lists it [default: the one before]
    #[arg(long, value_name = "DEPLOYMENT", value_parser = parsed(PartId::parse))]
    to: Option<PartId>,

    /// Why, for whoever reads the list of deployments
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,

    /// Say what was done as JSON
    #[arg(long)]
    json: bool,
}

pub(in crate::command) async fn run(arguments: &Arguments) -> Result<String, Failure> {
    let Arguments { api, stage, to, description, .. } = arguments;
    let table = arguments.table.open().await?;
    let definitions = table.of_api(api).await?;
    progress("reading the deployment to go to");
    let back =
        roll_back(&definitions, api, stage, to.as_ref(), description.as_deref(), table.deadline()).await;
    let back = back.map_err(|error| Failure::of_command(&error))?;
    Ok(if arguments.json {
        let changed = back.changed();
        let done = json!({
            "api": { "id": api },
            "stage": stage,
            "from": back.from,
            "to": back.to,
            "changed": changed,
            "version": back.version,
        });
        format!("{done:#}\n")
    } else if back.changed() {
        format!("{api}  {stage}  {} → {}\n", back.from, back.to)
    } else {
        format!("{api}  {stage}  {}  unchanged\n", back.to)
    })
}
