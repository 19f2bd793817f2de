//! A host with one function, and what it says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use gatelet_aws::functions::{LambdaFunctions, LambdaSettings};
use gatelet_core::payload::Body;
use gatelet_core::ports::{FunctionAnswer, FunctionCall, FunctionError, Functions, InvocationMode};
use gatelet_local::functions::{FunctionSettings, Host, HostLimits, Runtime, Say};
use gatelet_tests::backend::PATIENCE;
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::watch;

use crate::soon;

pub(crate) const ARN: &str = "arn:aws:lambda:eu-west-1:123456789012:function:hello";

/// A running host with one function of the name `hello`.
pub(crate) struct Fixture {
    pub(crate) directory: TempDir,
    pub(crate) host: Host,
    pub(crate) said: Lines,
    lambda: Arc<LambdaFunctions>,
}

/// What was said so far.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<watch::Sender<Vec<String>>>);

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) payload: Bytes,
    pub(crate) function_error: Option<String>,
}

impl Answer {
    /// What a function that did not fail answered.
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.function_error, None, "{:?}", self.payload);
        serde_json::from_slice(&self.payload).unwrap()
    }

    /// What a function that failed answered: type and message.
    pub(crate) fn failed(&self) -> (String, String) {
        assert_eq!(self.function_error.as_deref(), Some("Unhandled"), "{:?}", self.payload);
        let body: Value = serde_json::from_slice(&self.payload).unwrap();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        (text("errorType"), text("errorMessage"))
    }
}

impl Lines {
    pub(crate) fn say(&self) -> Say {
        let lines = self.clone();
        Say::new(move |line| lines.0.send_modify(|all| all.push(line)))
    }

    /// Waits for a line that holds this text, and gives it without its label.
    pub(crate) async fn with(&self, text: &str) -> String {
        self.within(PATIENCE, 1, text).await
    }

    /// Waits this long for so many lines that hold this text, and gives the first without its label.
    pub(crate) async fn within(&self, patience: Duration, count: usize, text: &str) -> String {
        let mut lines = self.0.subscribe();
        let found = |lines: &Vec<String>| lines.iter().filter(|line| line.contains(text)).count() >= count;
        let lines = tokio::time::timeout(patience, lines.wait_for(found)).await;
        let lines = lines.unwrap_or_else(|_| panic!("`{text}` is not among {:?}", self.all())).unwrap();
        let line = lines.iter().find(|line| line.contains(text)).unwrap();
        line.split_once(" │ ").map_or(line.as_str(), |(_, line)| line).to_owned()
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.0.borrow().clone()
    }
}

/// The interpreter that a variable names, else a usual one; nothing where it does not work.
fn interpreter(variable: &str, usual: &str, test: &[&str]) -> Option<PathBuf> {
    let program = std::env::var_os(variable).unwrap_or_else(|| usual.into());
    let works = Command::new(&program).args(test).output().is_ok_and(|output| output.status.success());
    if !works {
        eprintln!("skipped: `{}` does not work here", program.to_string_lossy());
    }
    works.then(|| program.into())
}

pub(crate) fn python() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOUND.get_or_init(|| interpreter("GATELET_TEST_PYTHON", "python3", &["-c", ""])).as_deref()
}

pub(crate) fn node() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOUND.get_or_init(|| interpreter("GATELET_TEST_NODE", "node", &["-e", ""])).as_deref()
}

/// A function called `hello` in a directory.
pub(crate) fn settings(directory: &Path, runtime: Runtime, handler: &str) -> FunctionSettings {
    FunctionSettings {
        name: "hello".into(),
        arn: ARN.into(),
        runtime,
        runtime_identifier: "python3.13".into(),
        directory: directory.to_owned(),
        handler: handler.into(),
        environment: BTreeMap::from([("GREETING".into(), "good morning".into())]),
        timeout: PATIENCE,
        memory_megabytes: 256,
    }
}

pub(crate) fn limits() -> HostLimits {
    HostLimits { retry_pauses: [Duration::from_millis(1); 2], ..HostLimits::default() }
}

pub(crate) fn write(directory: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = directory.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

impl Fixture {
    pub(crate) async fn python(files: &[(&str, &str)], handler: &str) -> Option<Self> {
        let runtime = Runtime::Python { program: python()?.to_owned() };
        Some(Self::start(files, runtime, handler, limits(), |_| {}).await)
    }

    pub(crate) async fn node(files: &[(&str, &str)], handler: &str) -> Option<Self> {
        let runtime = Runtime::Node { program: node()?.to_owned() };
        Some(Self::start(files, runtime, handler, limits(), |_| {}).await)
    }

    pub(crate) async fn start(
        files: &[(&str, &str)],
        runtime: Runtime,
        handler: &str,
        limits: HostLimits,
        change: impl FnOnce(&mut FunctionSettings),
    ) -> Self {
        let directory = tempfile::tempdir().unwrap();
        write(directory.path(), files);
        let mut settings = settings(directory.path(), runtime, handler);
        change(&mut settings);
        let said = Lines::default();
        let host = Host::start(vec![settings], limits, said.say()).await.unwrap();
        let at = LambdaSettings::default().at(host.endpoint().parse().unwrap());
        let lambda = Arc::new(LambdaFunctions::new(at).unwrap());
        Self { directory, host, said, lambda }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) async fn call(
        &self,
        payload: impl Into<Bytes>,
        mode: InvocationMode,
    ) -> Result<FunctionAnswer, FunctionError> {
        let function = ARN.into();
        let payload = payload.into();
        let (timeout, credentials, trace_id) = (PATIENCE, None, None);
        self.lambda.invoke(FunctionCall { function, payload, mode, timeout, credentials, trace_id }).await
    }

    /// Calls the function and waits for its whole answer.
    pub(crate) async fn invoke(&self, event: Value) -> Answer {
        self.calling(event).await
    }

    /// The same, to be waited for elsewhere.
    pub(crate) fn calling(&self, event: Value) -> impl Future<Output = Answer> + Send + use<> {
        self.answering(event, None)
    }

    /// Calls the function as a part of a trace, and waits for its whole answer.
    pub(crate) async fn traced(&self, event: Value, trace_id: &str) -> Answer {
        self.answering(event, Some(trace_id.into())).await
    }

    fn answering(
        &self,
        event: Value,
        trace_id: Option<Box<str>>,
    ) -> impl Future<Output = Answer> + Send + use<> {
        let lambda = Arc::clone(&self.lambda);
        async move {
            let call = FunctionCall {
                function: ARN.into(),
                payload: event.to_string().into(),
                mode: InvocationMode::RequestResponse,
                timeout: PATIENCE,
                credentials: None,
                trace_id,
            };
            match soon(lambda.invoke(call)).await.unwrap() {
                FunctionAnswer::Payload { payload, function_error } => {
                    Answer { payload, function_error: function_error.map(Into::into) }
                }
                other => panic!("{other:?}"),
            }
        }
    }

    /// Calls the function for a stream.
    pub(crate) async fn stream(&self, event: Value) -> Body {
        match soon(self.call(event.to_string(), InvocationMode::ResponseStream)).await.unwrap() {
            FunctionAnswer::Stream(body) => body,
            other => panic!("{other:?}"),
        }
    }
}

/// Kills a process as nothing else does.
pub(crate) fn kill(process: &Value) {
    let killed = Command::new("kill").args(["-9", &process.to_string()]).status().unwrap();
    assert!(killed.success());
}

/// Waits until a process has ended.
pub(crate) async fn gone(process: &Value) {
    soon(async {
        loop {
            let listed =
                Command::new("ps").args(["-o", "stat=", "-p", &process.to_string()]).output().unwrap();
            let state = String::from_utf8_lossy(&listed.stdout).trim().to_owned();
            // One that nobody has waited for is listed, and has ended.
            if state.is_empty() || state.starts_with('Z') {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}
