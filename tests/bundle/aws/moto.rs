//! A local AWS: moto, with what it says when it does not know a resource.

use std::path::Path;
use std::process::Command;

use tokio::sync::OnceCell;

use crate::machine::process::Running;
use crate::machine::tools::{prepare, succeed, tool};

/// The bucket of packaged code.
pub(crate) const BUCKET: &str = "deploys";
/// Where everything is, and whose.
pub(crate) const REGION: &str = "us-east-1";

/// moto's server, which ends with whoever started it: nothing else ends what is shared to the end of a process.
const UNTIL_ITS_PARENT_ENDS: &str = "
import os, sys, threading, time
from moto.server import main
parent = os.getppid()
def watch():
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(0)
threading.Thread(target=watch, daemon=True).start()
main(sys.argv[1:])
";

/// A running moto, empty at first.
pub(crate) struct Moto {
    tools: &'static Path,
    running: Running,
    /// Its address. The name matters: with an address of numbers moto reads URLs of templates wrongly.
    pub(crate) endpoint: String,
}

impl Moto {
    /// One of a test's own, with the bucket of packaged code.
    pub(crate) async fn start(tools: &'static Path) -> Self {
        let moto = Self::serve(tools, &mut tool(tools, "moto_server")).await;
        moto.python("import boto3, sys; boto3.client('s3').create_bucket(Bucket=sys.argv[1])", &[BUCKET]);
        moto
    }

    /// The one that tests share which name what they make each in their own way. It starts with the first of them, and ends when this process has.
    pub(crate) async fn shared(tools: &'static Path) -> &'static Self {
        static SHARED: OnceCell<Moto> = OnceCell::const_new();
        let start = async || {
            let mut server = tool(tools, "python");
            let moto = Self::serve(tools, server.args(["-c", UNTIL_ITS_PARENT_ENDS])).await;
            // Nobody drops what is static.
            moto.running.forget_said();
            moto
        };
        SHARED.get_or_init(start).await
    }

    async fn serve(tools: &'static Path, server: &mut Command) -> Self {
        let mut running = Running::start("moto", server.args(["--host", "127.0.0.1", "--port", "0"]));
        let port = running.until("it names its port", async |said| port(said)).await;
        Self { tools, running, endpoint: format!("http://localhost:{port}") }
    }

    /// Points a command at it.
    pub(crate) fn environment<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("AWS_ENDPOINT_URL", &self.endpoint)
            .env("AWS_REGION", REGION)
            .env("AWS_DEFAULT_REGION", REGION);
        command.env("AWS_ACCESS_KEY_ID", "testing").env("AWS_SECRET_ACCESS_KEY", "testing")
    }

    /// A tool that talks to it.
    pub(crate) fn tool(&self, name: &str) -> Command {
        let mut command = tool(self.tools, name);
        self.environment(&mut command);
        command
    }

    /// What a script in Python, with boto3, prints.
    pub(crate) fn python(&self, script: &str, arguments: &[&str]) -> String {
        let mut python = Command::new(self.tools.join("python"));
        prepare(&mut python, self.tools);
        succeed(self.environment(&mut python).args(["-c", script]).args(arguments))
    }

    /// The types of resources that it was asked for and cannot make.
    pub(crate) fn unknown_types(&self) -> std::collections::BTreeSet<String> {
        let said = self.running.said();
        let names = said.lines().filter_map(|line| line.split_once("No Moto CloudFormation support for "));
        names.map(|(_, name)| name.trim().to_owned()).collect()
    }
}

/// The port of `Running on http://127.0.0.1:1234`, once the line is whole.
fn port(said: &str) -> Option<u16> {
    let (_, rest) = said.split_once("Running on http://127.0.0.1:")?;
    let digits = rest.split(|character: char| !character.is_ascii_digit()).next()?;
    if rest.len() == digits.len() { None } else { digits.parse().ok() }
}
