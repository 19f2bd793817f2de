//! `cargo lambda watch`, as one uses it while changing the router, and `cargo lambda invoke`.

use http::Method;

use crate::build::{ONE_BUILD, TARGET, builds, built, task_root};
use crate::events::{PETSTORE, samples};
use crate::machine::client::send;
use crate::machine::process::{Running, free_address};
use crate::machine::tools::tool;

#[tokio::test]
async fn cargo_lambda_watch_serves_every_event_and_its_own_function_url() {
    let Some(built) = built() else { return };
    let root = task_root(built, &PETSTORE);
    let address = free_address();
    let (host, port) = (address.ip().to_string(), address.port().to_string());
    let mut watch = tool(built.tools, "cargo-lambda");
    builds(&mut watch);
    // It starts `cargo run`, which builds for its own machine: said as `sam build` does, all of it is there already.
    watch.env("CARGO_BUILD_TARGET", TARGET).env("LAMBDA_TASK_ROOT", root.path());
    watch.args(["lambda", "watch", "--package", "router", "--invoke-address", &host, "--invoke-port", &port]);
    let mut running =
        Running::start("cargo lambda watch", watch.args(["--ignore-changes", "--disable-cors"]));
    running.listening(address).await;
    let url = format!("http://{address}/lambda-url/router");
    let alone = ONE_BUILD.lock().await;
    // It builds when it is first asked.
    let answer = send(Method::GET, &format!("{url}/dev/"), &[], "").await;
    assert_eq!(answer.status, 200, "{}", running.said());
    drop(alone);

    for sample in samples() {
        let mut invoke = tool(built.tools, "cargo-lambda");
        invoke.args(["lambda", "invoke", "router", "--invoke-address", &host, "--invoke-port", &port]);
        let output = invoke.arg("--data-file").arg(&sample.path).output().unwrap();
        let complained = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {complained}\n{}", sample.name, running.said());
        sample.check(&output.stdout);
    }
    for (method, path, status, part) in [
        (Method::GET, "/dev/?q=a%20b", 200, "Welcome to the pet store"),
        (Method::OPTIONS, "/dev/pets", 200, ""),
        (Method::POST, "/dev/photos/", 403, "Missing Authentication Token"),
    ] {
        let answer = send(method, &format!("{url}{path}"), &[], "").await;
        let body = String::from_utf8_lossy(&answer.body);
        assert_eq!(answer.status, status, "{path}: {body}\n{}", running.said());
        assert!(body.contains(part), "{path}: {body}");
        assert!(answer.headers.contains_key("x-amzn-requestid"), "{path}: {:?}", answer.headers);
    }
}
