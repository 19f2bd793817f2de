//! The authorizer's process: made once, asked for every event by Lambda's runtime.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use authorizer::{Answer, Authorizer};
use gatelet_aws::environment::{Environment, FunctionSettings};
use gatelet_aws::process::on_shutdown;
use gatelet_aws::telemetry;
use gatelet_core::Timestamp;
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use serde_json::value::RawValue;
use tokio::runtime::{Builder, Runtime};

/// The name under which the process registers for its end.
const EXTENSION: &str = "gatelet-authorizer";
/// How long reporting may take at the end: Lambda ends a process with an internal extension 500 ms after it said so
/// (<https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown>).
const SETTLING_MAX: Duration = Duration::from_millis(400);

fn main() -> ExitCode {
    let (environment, problems) = Environment::of_process_with_problems();
    let function = environment.function();
    telemetry::start_diagnostics(function.log_level);
    let authorizer = Authorizer::of_process(&environment, &problems);
    let outcome = runtime(function.concurrency)
        .map_err(Error::from)
        .and_then(|runtime| runtime.block_on(serve(function, authorizer)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error, "the function's runtime ended");
            ExitCode::FAILURE
        }
    }
}

/// One request at a time needs no second thread; Managed Instances send many.
fn runtime(concurrency: usize) -> std::io::Result<Runtime> {
    match concurrency {
        1 => Builder::new_current_thread().enable_all().build(),
        _ => Builder::new_multi_thread().enable_all().build(),
    }
}

async fn serve(function: &FunctionSettings, authorizer: Authorizer) -> Result<(), Error> {
    let authorizer = Arc::new(authorizer);
    // Whoever counts nothing has nothing to say at the end, and starts sooner.
    if let Some(runtime_api) = function.runtime_api.as_ref().filter(|_| authorizer.counts()) {
        let ending = Arc::clone(&authorizer);
        let flush = async move { ending.settle(SETTLING_MAX).await };
        if let Err(why) = on_shutdown(runtime_api, EXTENSION, flush).await {
            tracing::warn!(why, "no notice of the end will come");
        }
    }
    lambda_runtime::run_concurrent(service_fn(move |event: LambdaEvent<Box<RawValue>>| {
        let authorizer = Arc::clone(&authorizer);
        async move {
            let deadline = Timestamp::from_milliseconds(event.context.deadline);
            let answer: Result<Answer, Diagnostic> =
                authorizer.invoke(event.payload.get(), deadline).await.map_err(|failure| Diagnostic {
                    error_type: failure.kind().to_owned(),
                    error_message: failure.to_string(),
                });
            answer
        }
    }))
    .await
}
