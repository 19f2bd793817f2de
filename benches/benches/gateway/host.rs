//! The function host: what an invocation costs when the function's process is already there.
//!
//! The function is the todo example's `item`, built by the host as for everybody else. It is asked for an item that is
//! not there, so that it does next to nothing and the way there and back is what remains.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use gatelet_aws::functions::{LambdaFunctions, LambdaSettings};
use gatelet_benches::{AT_A_TIME, Calls};
use gatelet_core::ports::{FunctionAnswer, FunctionCall, Functions, InvocationMode};
use gatelet_local::functions::{FunctionSettings, Host, HostLimits, Runtime, Say};
use tokio::task::JoinSet;

/// How long the first invocation may take, in which the function is built.
const BUILD_PATIENCE: Duration = Duration::from_secs(600);

/// How long any other may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many are made one after another, and how many by each of those at a time.
const INVOCATIONS: usize = 4_000;

const ARN: &str = "arn:aws:lambda:eu-west-1:123456789012:function:item";

const EVENT: &[u8] = br#"{"version": "2.0", "routeKey": "GET /todos/{id}", "rawPath": "/todos/7", "pathParameters": {"id": "7"}, "isBase64Encoded": false}"#;

const ANSWER: &[u8] = br#"{"body":"there is no such item\n","statusCode":404}"#;

/// An invocation of a function in Rust whose process is there already.
pub(crate) fn warm_invocation() -> Result<Calls, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("there is no runtime: {error}"))?;
    runtime.block_on(async {
        let say = Say::new(|line| eprintln!("{line}"));
        let host = Host::start(vec![function()], HostLimits::default(), say).await;
        let host = host.map_err(|error| error.to_string())?;
        let measured = invocations(&host.endpoint()).await;
        host.stop().await;
        measured
    })
}

fn function() -> FunctionSettings {
    let directory = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/todo/item"));
    // A file in a folder that is none: nobody can have put items there.
    let todos = directory.join("no-such-folder").join("todos.json");
    FunctionSettings {
        name: "item".into(),
        arn: ARN.into(),
        runtime: Runtime::Rust { package: directory.clone(), binary: None },
        runtime_identifier: "provided.al2023".into(),
        directory,
        handler: "bootstrap".into(),
        environment: BTreeMap::from([("TODOS_FILE".into(), todos.display().to_string())]),
        timeout: PATIENCE,
        memory_megabytes: 128,
    }
}

async fn invocations(endpoint: &str) -> Result<Calls, String> {
    let endpoint = endpoint.parse().map_err(|error| format!("the host's endpoint is no URL: {error}"))?;
    let lambda = LambdaFunctions::new(LambdaSettings::default().at(endpoint));
    let lambda = Arc::new(lambda.map_err(|error| error.to_string())?);
    invoke(&lambda, BUILD_PATIENCE).await?;
    // Once for nothing, so that all processes and connections are there.
    together(&lambda).await?;
    let mut one_by_one = Vec::with_capacity(INVOCATIONS);
    for _ in 0..INVOCATIONS {
        one_by_one.push(invoke(&lambda, PATIENCE).await?);
    }
    let together_took = together(&lambda).await?;
    Ok(Calls { one_by_one, together: AT_A_TIME * INVOCATIONS, together_took })
}

/// What it takes when as many as are measured at a time make their invocations.
async fn together(lambda: &Arc<LambdaFunctions>) -> Result<Duration, String> {
    let start = Instant::now();
    let mut callers = JoinSet::new();
    for _ in 0..AT_A_TIME {
        let lambda = Arc::clone(lambda);
        callers.spawn(async move {
            for _ in 0..INVOCATIONS {
                invoke(&lambda, PATIENCE).await?;
            }
            Ok::<(), String>(())
        });
    }
    while let Some(ended) = callers.join_next().await {
        ended.map_err(|error| error.to_string())??;
    }
    Ok(start.elapsed())
}

/// Invokes the function once, and gives what it took until the whole answer was there.
async fn invoke(lambda: &LambdaFunctions, timeout: Duration) -> Result<Duration, String> {
    let call = FunctionCall {
        function: ARN.into(),
        payload: Bytes::from_static(EVENT),
        mode: InvocationMode::RequestResponse,
        timeout,
        credentials: None,
        trace_id: None,
    };
    let start = Instant::now();
    let answer = lambda.invoke(call).await.map_err(|error| error.to_string())?;
    let took = start.elapsed();
    match answer {
        FunctionAnswer::Payload { payload, function_error: None } if payload == ANSWER => Ok(took),
        other => Err(format!("the function answers {other:?}")),
    }
}
