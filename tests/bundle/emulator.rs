//! AWS's own emulator of Lambda's runtime API, which comes with the SAM CLI, and a built function under it.

use std::path::{Path, PathBuf};
use std::process::Command;

use bytes::Bytes;
use tempfile::TempDir;

use crate::aws::REGION;
use crate::build::{Built, task_root};
use crate::machine::client::invoke;
use crate::machine::process::{Running, free_address};
use crate::machine::tools::prepare;

/// The one name by which it knows its function, whatever the function is called.
const FUNCTION: &str = "function";
/// What parts the head of a streamed answer from its body.
const PRELUDE_END: [u8; 8] = [0; 8];

/// A function under the emulator. It takes one event at a time: more at once are too much for the emulator.
pub(crate) struct Emulator {
    running: Running,
    endpoint: String,
    _root: TempDir,
}

impl Emulator {
    /// Starts it with definitions beside the router, or with what variables say.
    pub(crate) async fn start(built: &Built, definitions: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::start_in(built, "router", task_root(built, definitions), variables).await
    }

    /// Starts it with a function whose executable and files lie in a folder.
    pub(crate) async fn start_in(
        built: &Built,
        name: &str,
        root: TempDir,
        variables: &[(&str, &str)],
    ) -> Self {
        let (address, runtime_api) = (free_address(), free_address());
        let mut command = Command::new(program(built.tools));
        prepare(&mut command, built.tools);
        command.args(["--runtime-interface-emulator-address", &address.to_string()]);
        command.args(["--runtime-api-address", &runtime_api.to_string()]);
        command.arg(root.path().join("bootstrap")).current_dir(root.path());
        // What Lambda says to a function of the template.
        command.env("LAMBDA_TASK_ROOT", root.path()).env("AWS_LAMBDA_FUNCTION_NAME", name);
        command.env("AWS_LAMBDA_FUNCTION_TIMEOUT", "35").env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128");
        command.env("AWS_REGION", REGION);
        command.env("AWS_ACCESS_KEY_ID", "testing").env("AWS_SECRET_ACCESS_KEY", "testing");
        command.envs(variables.iter().copied());
        let mut running = Running::start("the emulator", &mut command);
        running.listening(address).await;
        Self { running, endpoint: format!("http://{address}"), _root: root }
    }

    /// What the function answers, as Lambda's API gives it.
    pub(crate) async fn invoke(&self, event: impl Into<Bytes>) -> Bytes {
        let answer = invoke(&self.endpoint, FUNCTION, event).await;
        assert_eq!(answer.status, 200, "{:?}\n{}", answer.body, self.running.said());
        answer.body
    }

    /// All that it and its function said so far.
    pub(crate) fn said(&self) -> String {
        self.running.said()
    }
}

/// The emulator for this machine.
fn program(tools: &Path) -> PathBuf {
    let libraries = std::fs::read_dir(tools.parent().unwrap().join("lib")).unwrap();
    let emulator = "site-packages/samcli/local/rapid/aws-lambda-rie-x86_64";
    let mut places = libraries.map(|version| version.unwrap().path().join(emulator));
    places.find(|place| place.is_file()).expect("the emulator comes with the SAM CLI")
}

/// The head of a streamed answer, which the emulator gives whole, and its body.
pub(crate) fn streamed(answer: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = answer.windows(PRELUDE_END.len()).position(|window| window == PRELUDE_END)?;
    Some((answer.get(..end)?, answer.get(end + PRELUDE_END.len()..)?))
}
