//! The router's process: made once, asked for every event by Lambda's runtime.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use gatelet_aws::environment::{Environment, FunctionSettings};
use gatelet_aws::events::{Buffered, HttpEvent};
use gatelet_aws::process::on_shutdown;
use gatelet_aws::telemetry;
use gatelet_core::Timestamp;
use lambda_runtime::{
    Diagnostic, Error, FunctionResponse, LambdaEvent, MetadataPrelude, StreamResponse, service_fn,
};
use router::{AnswerBody, Invocation, Reply, Router};
use tokio::runtime::{Builder, Runtime};

/// The name under which the process registers for its end.
const EXTENSION: &str = "gatelet-router";

/// How long reporting may take at the end: Lambda ends a process with an internal extension 500 ms after it said so
/// (<https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown>).
const SETTLING_MAX: Duration = Duration::from_millis(400);

type Response = FunctionResponse<Buffered, AnswerBody>;

fn main() -> ExitCode {
    let (environment, problems) = Environment::of_process_with_problems();
    let function = environment.function();
    telemetry::start_diagnostics(function.log_level);
    let outcome = runtime(function.concurrency)
        .map_err(Error::from)
        .and_then(|runtime| runtime.block_on(serve(function, Router::of_process(&environment, &problems))));
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

async fn serve(function: &FunctionSettings, router: Router) -> Result<(), Error> {
    let router = Arc::new(router);
    if let Some(runtime_api) = &function.runtime_api {
        // What is written is written at once; what is counted is told now.
        let ending = Arc::clone(&router);
        let flush = async move {
            ending.settle(SETTLING_MAX).await;
            telemetry::write_line("");
        };
        if let Err(why) = on_shutdown(runtime_api, EXTENSION, flush).await {
            tracing::warn!(why, "no notice of the end will come");
        }
    }
    lambda_runtime::run_concurrent(service_fn(move |event: LambdaEvent<HttpEvent>| {
        let router = Arc::clone(&router);
        async move {
            let deadline = Timestamp::from_milliseconds(event.context.deadline);
            let trace_id = event.context.xray_trace_id;
            match router.invoke(Invocation { event: event.payload, deadline, trace_id }).await {
                Ok(reply) => Ok(response(reply)),
                Err(unknown) => Err(Diagnostic {
                    error_type: "Gatelet.UnknownEvent".to_owned(),
                    error_message: unknown.to_string(),
                }),
            }
        }
    }))
    .await
}

fn response(reply: Reply) -> Response {
    match reply {
        Reply::Buffered(answer) => FunctionResponse::BufferedResponse(answer),
        Reply::Streamed(prelude, stream) => FunctionResponse::StreamingResponse(StreamResponse {
            metadata_prelude: MetadataPrelude {
                status_code: prelude.status,
                headers: prelude.headers,
                cookies: prelude.cookies,
            },
            stream,
        }),
    }
}
