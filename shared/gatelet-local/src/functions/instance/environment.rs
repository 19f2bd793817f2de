//! What a function's process finds around it.

use std::fmt;
use std::net::SocketAddr;

use tokio::process::Command;

use crate::functions::function::Settled;

/// The only version that is run.
pub(in crate::functions) const VERSION: &str = "$LATEST";

/// The region of a function whose ARN names none.
const USUAL_REGION: &str = "us-east-1";

/// How a runtime takes the address of its Runtime API in `AWS_LAMBDA_RUNTIME_API`. AWS's contract has host and port
/// alone, which every user of the machine can reach; where a runtime joins paths, a secret path stands behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::functions) enum AddressForm {
    /// `host:port`: runtimes differ in what else they take.
    Plain,
    /// `host:port/secret`: a bootstrap of ours.
    WithPath,
    /// `http://host:port/secret`: the Rust runtime, which takes a path in a whole URL alone.
    Url,
}

/// Where the Runtime API of one process is.
#[derive(Debug, Clone)]
pub(in crate::functions) struct RuntimeApi {
    pub(in crate::functions) address: SocketAddr,
    /// A text that nobody can guess.
    pub(in crate::functions) token: String,
    pub(in crate::functions) form: AddressForm,
}

/// What a process is told.
pub(in crate::functions) struct Surroundings<'a> {
    /// Where its Runtime API is.
    pub(in crate::functions) api: &'a RuntimeApi,
    /// The function.
    pub(in crate::functions) settled: &'a Settled,
}

impl RuntimeApi {
    /// What its paths begin with; nothing where it has no secret.
    pub(in crate::functions) fn prefix(&self) -> Option<String> {
        (self.form != AddressForm::Plain).then(|| format!("/{}", self.token))
    }
}

impl fmt::Display for RuntimeApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, token, form } = self;
        match form {
            AddressForm::Plain => write!(f, "{address}"),
            AddressForm::WithPath => write!(f, "{address}/{token}"),
            AddressForm::Url => write!(f, "http://{address}/{token}"),
        }
    }
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
        command
            .current_dir(&self.settled.directory)
            .env("TZ", ":UTC")
            .env("PYTHONUNBUFFERED", "1")
            .envs(&settings.environment)
            .env("AWS_LAMBDA_RUNTIME_API", self.api.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", &settings.name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", VERSION)
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", settings.memory_megabytes.to_string())
            .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", settings.name))
            .env("AWS_LAMBDA_LOG_STREAM_NAME", format!("[{VERSION}]{}", self.api.address.port()))
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .env("AWS_EXECUTION_ENV", format!("AWS_Lambda_{}", settings.runtime_identifier))
            .env("AWS_REGION", region)
            .env("AWS_DEFAULT_REGION", region)
            .env("LAMBDA_TASK_ROOT", &self.settled.directory)
            .env("LAMBDA_RUNTIME_DIR", self.settled.bootstraps.directory())
            .env("_HANDLER", &settings.handler);
    }
}
