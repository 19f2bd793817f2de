//! What the router serves: the pet store, packed or in a table, and an API before a function.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gatelet_aws::definitions::{PACK_FILE, PackedApi, pack};
use gatelet_aws::dynamodb::Scope;
use gatelet_aws::process::SystemClock;
use gatelet_control::deploy::deploy;
use gatelet_control::document::Source;
use gatelet_control::import::{self, ImportOptions};
use gatelet_core::ports::Clock;
use gatelet_local::store::Store;
use gatelet_model::rest::RestStage;
use gatelet_model::{AccountId, Api, ApiId, Problem, Region, Stage, StageName};

/// The stage that every API here is shown by.
pub(crate) const STAGE: &str = "dev";

const PETSTORE: &str = include_str!("../../../examples/petstore/openapi.yaml");

/// A function that gets whatever comes.
const FUNCTION: &str = r#"
openapi: 3.0.1
info: {title: function, version: "1"}
x-amazon-apigateway-binary-media-types: [application/octet-stream]
paths:
  /:
    x-amazon-apigateway-any-method:
      x-amazon-apigateway-integration:
        type: aws_proxy
        httpMethod: POST
        uri: "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:echo/invocations"
"#;

const ACCOUNT: &str = "123456789012";
const REGION: &str = "eu-west-1";
/// How long deploying may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Puts the pet store into a folder as a function's pack.
pub(crate) fn pack_petstore(folder: &Path) -> Result<(), String> {
    write_pack(folder, PETSTORE)
}

/// Puts an API before a function into a folder as a function's pack.
pub(crate) fn pack_function(folder: &Path) -> Result<(), String> {
    write_pack(folder, FUNCTION)
}

/// Puts the pet store into the table of a DynamoDB, and gives its id.
pub(crate) async fn deploy_petstore(dynamodb: SocketAddr) -> Result<ApiId, String> {
    let api = imported(PETSTORE)?;
    let id = api.id().clone();
    let store = Store::endpoint(format!("http://{dynamodb}"), None).map_err(|error| error.to_string())?;
    let scope = Scope { account: account()?, region: region()? };
    let clock = Arc::new(SystemClock::new());
    let deadline = clock.now().after(PATIENCE);
    let definitions = store.definitions(scope, clock).await.map_err(|error| error.to_string())?;
    let deployed = deploy(definitions.table(), api, stage()?, None, deadline).await;
    deployed.map_err(|error| error.to_string())?;
    Ok(id)
}

fn write_pack(folder: &Path, definition: &str) -> Result<(), String> {
    let api = PackedApi {
        account: account()?,
        region: region()?,
        api: imported(definition)?,
        stages: vec![stage()?],
        description: None,
    };
    let file = pack(&[api], &[]).map_err(|error| error.to_string())?;
    std::fs::write(folder.join(PACK_FILE), file).map_err(|error| error.to_string())
}

fn imported(definition: &str) -> Result<Api, String> {
    let options = ImportOptions::for_file("bench.yaml", account()?, region()?);
    let imported = import::openapi(&Source::new("bench.yaml", definition), &options);
    imported.api.ok_or_else(|| format!("{:?}", imported.problems))
}

fn stage() -> Result<Stage, String> {
    Ok(Stage::Rest(RestStage::new(StageName::parse(STAGE).map_err(message)?)))
}

fn account() -> Result<AccountId, String> {
    AccountId::parse(ACCOUNT).map_err(message)
}

fn region() -> Result<Region, String> {
    Region::parse(REGION).map_err(message)
}

fn message(problem: Problem) -> String {
    problem.message
}
