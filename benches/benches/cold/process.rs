//! A function's process, started as Lambda starts it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tempfile::NamedTempFile;

use crate::runtime_api::{Answer, RuntimeApi};

/// What Lambda sets for every function, apart from what is the process's own
/// (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime>).
const ENVIRONMENT: [(&str, &str); 14] = [
    ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
    ("AWS_DEFAULT_REGION", "eu-west-1"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
    ("AWS_LAMBDA_FUNCTION_NAME", "f"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/f"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/20/[$LATEST]0"),
    ("AWS_REGION", "eu-west-1"),
    ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ("AWS_SESSION_TOKEN", "IQoJb3JpZ2luX2VjEXAMPLE"),
    ("LANG", "en_US.UTF-8"),
    ("TZ", ":UTC"),
    ("_HANDLER", "bootstrap"),
];

/// A program and what it is told.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    binary: PathBuf,
    environment: Vec<(&'static str, String)>,
}

/// A process of a program. It ends when this is dropped.
pub(crate) struct Process {
    name: &'static str,
    child: Child,
    said: NamedTempFile,
    api: RuntimeApi,
    /// From starting it until it asked for its first event.
    pub(crate) init: Duration,
}

impl Program {
    /// A program whose code is alone, or with what lies in `code`.
    pub(crate) fn new(name: &'static str, binary: &Path, code: Option<&Path>) -> Self {
        let code = code.or_else(|| binary.parent()).unwrap_or(binary);
        let environment = vec![("LAMBDA_TASK_ROOT", code.display().to_string())];
        Self { name, binary: binary.to_owned(), environment }
    }

    /// The same program, told more.
    pub(crate) fn with(mut self, variable: &'static str, value: impl Into<String>) -> Self {
        self.environment.push((variable, value.into()));
        self
    }

    /// Starts a process, and waits until it asks for an event.
    pub(crate) async fn start(&self) -> Result<Process, String> {
        let told = |why: String| format!("{}: {why}", self.name);
        let mut api = RuntimeApi::start().await.map_err(told)?;
        let said = NamedTempFile::new().map_err(|error| told(error.to_string()))?;
        let output = || File::options().append(true).open(said.path()).map(Stdio::from);
        let output = output().and_then(|first| Ok((first, output()?)));
        let (output, errors) = output.map_err(|error| told(error.to_string()))?;
        let mut command = Command::new(&self.binary);
        command.env_clear().envs(ENVIRONMENT).env("AWS_LAMBDA_RUNTIME_API", api.address().to_string());
        command.envs(self.environment.iter().map(|(variable, value)| (variable, value)));
        command.stdin(Stdio::null()).stdout(output).stderr(errors);
        let start = Instant::now();
        let child = command.spawn().map_err(|error| told(format!("it does not start: {error}")))?;
        let polled = api.polled().await;
        let mut process = Process { name: self.name, child, said, api, init: Duration::ZERO };
        let polled = polled.map_err(|why| process.told(&why))?;
        process.init = polled.saturating_duration_since(start);
        Ok(process)
    }
}

impl Process {
    /// Gives it an event, and waits for its answer.
    pub(crate) async fn invoke(&mut self, event: &Bytes) -> Result<Answer, String> {
        let answer = self.api.invoke(event.clone()).await;
        answer.map_err(|why| self.told(&why))
    }

    /// A size in bytes that the kernel gives for it, such as `VmRSS`
    /// (<https://man7.org/linux/man-pages/man5/proc_pid_status.5.html>); nothing where there is no such kernel.
    pub(crate) fn memory(&self, field: &str) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
        let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kibibytes * 1024.0)
    }

    /// What is wrong, with what it said.
    pub(crate) fn told(&self, why: &str) -> String {
        let said = std::fs::read(self.said.path()).unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        let last: Vec<&str> = said.lines().rev().take(5).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        format!("{}: {why}; it said:\n{}", self.name, last.join("\n"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
