//! What a function's process finds around it.

use std::net::SocketAddr;

use tokio::process::Command;

use super::runtime_api;
use crate::functions::function::Settled;
use crate::functions::settings::Runtime;

/// The only version that is run.
pub(in crate::functions) const VERSION: &str = "$LATEST";

/// The region of a function whose ARN names none.
const USUAL_REGION: &str = "us-east-1";

/// What a process is told.
pub(in crate::functions) struct Surroundings<'a> {
    /// Where its Runtime API is.
    pub(in crate::functions) address: SocketAddr,
    /// The secret part of the Runtime API's path.
    pub(in crate::functions) token: &'a str,
    /// The function.
    pub(in crate::functions) settled: &'a Settled,
}

impl Surroundings<'_> {
    /// Sets directory and [variables](https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html): those
    /// of the command, then the function's, then Lambda's.
    pub(in crate::functions) fn apply(&self, command: &mut Command) {
        let settings = &self.settled.settings;
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("AWS_LAMBDA_") || text.starts_with("LAMBDA_") {
                command.env_remove(&name);
            }
        }
        let region = settings.arn.split(':').nth(3).filter(|region| !region.is_empty());
        let region = region.unwrap_or(USUAL_REGION);
        let is_ours = matches!(settings.runtime, Runtime::Python { .. } | Runtime::Node { .. });
        command
            .current_dir(&self.settled.directory)
            .env("TZ", ":UTC")
            .env("PYTHONUNBUFFERED", "1")
            .envs(&settings.environment)
            .env("AWS_LAMBDA_RUNTIME_API", runtime_api(self.address, is_ours.then_some(self.token)))
            .env("AWS_LAMBDA_FUNCTION_NAME", &settings.name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", VERSION)
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", settings.memory_megabytes.to_string())
            .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", settings.name))
            .env("AWS_LAMBDA_LOG_STREAM_NAME", format!("[{VERSION}]{}", self.address.port()))
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .env("AWS_EXECUTION_ENV", format!("AWS_Lambda_{}", settings.runtime_identifier))
            .env("AWS_REGION", region)
            .env("AWS_DEFAULT_REGION", region)
            .env("LAMBDA_TASK_ROOT", &self.settled.directory)
            .env("LAMBDA_RUNTIME_DIR", self.settled.bootstraps.directory())
            .env("_HANDLER", &settings.handler);
    }
}
