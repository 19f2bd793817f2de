//! AWS services behind real users' definitions and our own, in a gateway on this machine: what it sends is what a local AWS understands, and what it
//! answers is what that one says. The requests themselves are compared byte by byte in `tests/cases`.
//!
//! All share one local AWS: no two make a thing of the same kind and name.

mod actions;
mod objects;
mod paths;
mod roles;

use std::path::{Path, PathBuf};

use gatelet_tests::command::command;
use gatelet_tests::vectors;
use http::Method;
use serde_json::Value;
use tempfile::TempDir;

use super::moto::Moto;
use crate::machine::client::{Answer, send};
use crate::machine::process::Running;
use crate::machine::tools::lambda_tools;

/// A local AWS and a gateway that calls it.
struct Services {
    moto: &'static Moto,
    url: String,
    _running: Running,
    _directory: TempDir,
}

impl Services {
    /// A gateway with one definition, after a script has made what it is about. The script's `os.environ['ENDPOINT']` is the local AWS's address.
    async fn start(definition: &Definition, script: &str) -> Option<Self> {
        let moto = Moto::shared(lambda_tools()?).await;
        if !script.is_empty() {
            moto.python(script, &[]);
        }
        let directory = tempfile::tempdir().unwrap();
        let file = definition.write(directory.path(), moto)?;
        let mut dev = command(directory.path());
        dev.arg("dev").arg(file).args(["--state", "memory"]);
        dev.args(["--listen", "127.0.0.1:0", "--control-listen", "127.0.0.1:0"]);
        let mut running = Running::start("gatelet dev", moto.environment(&mut dev));
        let ready =
            running.until("it is ready", async |said| said.contains("ready after").then(|| said.to_owned()));
        let said = ready.await;
        let url = said.split_whitespace().find(|word| word.contains("/_aws/execute-api/"));
        let url = url.unwrap_or_else(|| panic!("{said}")).trim_end_matches('/').to_owned();
        Some(Self { moto, url, _running: running, _directory: directory })
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let method: Method = method.parse().unwrap();
        send(method, &format!("{}{path}", self.url), headers, body.to_vec()).await
    }

    /// Sends JSON.
    async fn json(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.send(method, path, &[("content-type", "application/json")], body.to_string().as_bytes()).await
    }
}

/// Where a definition comes from.
enum Definition {
    /// A file below `serverless-patterns`, read in its place.
    Real(&'static str),
    /// A text of our own, in which `{endpoint}` is the local AWS's address and `{name}` what this test calls its things.
    Own { text: &'static str, name: &'static str },
}

impl Definition {
    fn write(&self, directory: &Path, moto: &Moto) -> Option<PathBuf> {
        match self {
            Self::Real(path) => {
                let path = vectors("real-definitions")?.join("serverless-patterns").join(path);
                // In its place: an API's id and the names in it follow from the path.
                Some(path.canonicalize().unwrap())
            }
            Self::Own { text, name } => {
                let path = directory.join("own.yaml");
                std::fs::write(&path, text.replace("{endpoint}", &moto.endpoint).replace("{name}", name))
                    .unwrap();
                Some(path)
            }
        }
    }
}

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

fn json_of(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", text(answer)))
}
