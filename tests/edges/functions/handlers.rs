//! What handlers are told, and the ways in which they may be written.

use serde_json::json;

use crate::fixture::{ARN, Fixture};

const PYTHON_TELLS: &str = r#"
import logging, os, decimal
logging.getLogger().setLevel("INFO")
def handler(event, context):
    print("said by", context.function_name)
    logging.info("logged")
    return {
        "event": event,
        "greeting": os.environ["GREETING"],
        "variables": [os.environ[name] for name in (
            "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
            "AWS_REGION", "_HANDLER", "AWS_EXECUTION_ENV")],
        "arn": context.invoked_function_arn,
        "memory": context.memory_limit_in_mb,
        "time": 0 < context.get_remaining_time_in_millis() <= 20000,
        "id": len(context.aws_request_id),
        "here": os.getcwd() == os.environ["LAMBDA_TASK_ROOT"],
        "number": decimal.Decimal("1.5"),
    }
"#;

#[tokio::test]
async fn a_python_handler_is_told_what_lambda_tells() {
    let Some(fixture) = Fixture::python(&[("src/app.py", PYTHON_TELLS)], "src/app.handler").await else {
        return;
    };
    let expected = json!({
        "event": {"ä": [1, null]},
        "greeting": "good morning",
        "variables": ["hello", "$LATEST", "256", "eu-west-1", "src/app.handler", "AWS_Lambda_python3.13"],
        "arn": ARN,
        "memory": "256",
        "time": true,
        "id": 36,
        "here": true,
        "number": 1.5,
    });
    assert_eq!(fixture.invoke(json!({"ä": [1, null]})).await.ok(), expected);
    assert_eq!(fixture.said.with("said by").await, "said by hello");
    assert!(fixture.said.with("logged").await.starts_with("[INFO]"));
}

#[tokio::test]
async fn a_handler_s_events_are_behind_a_secret() {
    let python = "import os\ndef handler(event, context): return os.environ['AWS_LAMBDA_RUNTIME_API']\n";
    let node = "exports.handler = async () => process.env.AWS_LAMBDA_RUNTIME_API;";
    let fixtures = [
        Fixture::python(&[("app.py", python)], "app.handler").await,
        Fixture::node(&[("app.js", node)], "app.handler").await,
    ];
    for fixture in fixtures.into_iter().flatten() {
        let api = fixture.invoke(json!({})).await.ok();
        let (address, secret) = api.as_str().unwrap().split_once('/').unwrap();
        assert_eq!(secret.len(), 32, "{api}");
        for stranger in ["", "/00000000000000000000000000000000"] {
            let path = format!("{stranger}/2018-06-01/runtime/invocation/next");
            let answer = crate::api::sent(address, &format!("GET {path}"), "", "").await;
            assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
        }
        assert_eq!(fixture.invoke(json!({})).await.ok(), api, "it serves as before");
    }
}

const NODE_TELLS: &str = r#"
export const tells = async (event, context) => {
    console.log("said by", context.functionName);
    return {
        event,
        greeting: process.env.GREETING,
        arn: context.invokedFunctionArn,
        memory: context.memoryLimitInMB,
        time: context.getRemainingTimeInMillis() > 0,
        id: context.awsRequestId.length,
        here: process.cwd() === process.env.LAMBDA_TASK_ROOT,
    };
};
"#;

#[tokio::test]
async fn a_node_handler_is_told_what_lambda_tells() {
    let Some(fixture) = Fixture::node(&[("src/index.mjs", NODE_TELLS)], "src/index.tells").await else {
        return;
    };
    let expected = json!({
        "event": {"ä": [1, null]},
        "greeting": "good morning",
        "arn": ARN,
        "memory": "256",
        "time": true,
        "id": 36,
        "here": true,
    });
    assert_eq!(fixture.invoke(json!({"ä": [1, null]})).await.ok(), expected);
    assert_eq!(fixture.said.with("said by").await, "said by hello");
}

const COMMON_JS: &str = r#"
const { setTimeout: pause } = require("node:timers/promises");
exports.asynchronous = async (event) => { await pause(1); return "async " + event; };
exports.callback = (event, context, callback) => { setTimeout(() => callback(null, "callback " + event), 1); };
exports.early = (event, context, callback) => {
    context.callbackWaitsForEmptyEventLoop = false;
    setInterval(() => {}, 1000);
    callback(null, "early " + event);
};
exports.late = (event, context, callback) => {
    let late = false;
    callback(null, { toJSON: () => "late " + late });
    setTimeout(() => { late = true; }, 20);
};
exports.done = (event, context) => { context.succeed("succeeded " + event); };
exports.nothing = () => {};
exports.never = () => new Promise(() => {});
exports.nested = { deep: { handler: () => Promise.resolve("nested") } };
"#;

#[tokio::test]
async fn node_handlers_may_be_written_in_every_way() {
    for (handler, expected) in [
        ("asynchronous", json!("async x")),
        ("callback", json!("callback x")),
        ("early", json!("early x")),
        ("late", json!("late true")),
        ("done", json!("succeeded x")),
        ("nothing", json!(null)),
        ("never", json!(null)),
        ("nested.deep.handler", json!("nested")),
    ] {
        for file in ["index.js", "index.cjs"] {
            let name = format!("index.{handler}");
            let Some(fixture) = Fixture::node(&[(file, COMMON_JS)], &name).await else { return };
            // Twice: the second event finds everything as the first did.
            assert_eq!(fixture.invoke(json!("x")).await.ok(), expected, "{handler} in {file}");
            assert_eq!(fixture.invoke(json!("x")).await.ok(), expected, "{handler} in {file}, again");
        }
    }
}

#[tokio::test]
async fn a_package_may_say_that_its_js_is_modules() {
    let files = [
        ("package.json", r#"{"type": "module"}"#),
        ("index.js", "import './other.js'; export default { handler: async () => 'module' };"),
        ("other.js", "export const x = await Promise.resolve(1);"),
    ];
    let Some(fixture) = Fixture::node(&files, "index.handler").await else { return };
    assert_eq!(fixture.invoke(json!({})).await.ok(), "module");
}
