//! The authorizer's process: made once, asked for every event by Lambda's runtime.

use std::process::ExitCode;
use std::sync::Arc;

use authorizer::{Answer, Authorizer};
use gatelet_aws::environment::Environment;
use gatelet_aws::telemetry;
use gatelet_core::Timestamp;
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use serde_json::value::RawValue;
use tokio::runtime::{Builder, Runtime};

fn main() -> ExitCode {
    let (environment, problems) = Environment::of_process_with_problems();
    let function = environment.function();
    telemetry::start_diagnostics(function.log_level);
    let authorizer = Authorizer::of_process(&environment, &problems);
    let outcome = runtime(function.concurrency)
        .map_err(Error::from)
        .and_then(|runtime| runtime.block_on(serve(authorizer)));
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

async fn serve(authorizer: Authorizer) -> Result<(), Error> {
    let authorizer = Arc::new(authorizer);
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
