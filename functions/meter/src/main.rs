//! The meter's process: made once, asked for every event by Lambda's runtime.

use std::process::ExitCode;
use std::sync::Arc;

use gatelet_aws::environment::Environment;
use gatelet_aws::telemetry;
use gatelet_core::Timestamp;
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use meter::{Answer, Meter};
use serde_json::value::RawValue;
use tokio::runtime::Builder;

fn main() -> ExitCode {
    let (environment, problems) = Environment::of_process_with_problems();
    telemetry::start_diagnostics(environment.function().log_level);
    let meter = Meter::of_process(&environment, &problems);
    let outcome = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::from)
        .and_then(|runtime| runtime.block_on(serve(meter)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error, "the function's runtime ended");
            ExitCode::FAILURE
        }
    }
}

async fn serve(meter: Meter) -> Result<(), Error> {
    let meter = Arc::new(meter);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Box<RawValue>>| {
        let meter = Arc::clone(&meter);
        async move {
            let deadline = Timestamp::from_milliseconds(event.context.deadline);
            let answer: Result<Answer, Diagnostic> =
                meter.invoke(event.payload.get(), deadline).await.map_err(|failure| Diagnostic {
                    error_type: failure.kind().to_owned(),
                    error_message: failure.to_string(),
                });
            answer
        }
    }))
    .await
}
