//! `sam local`, which runs a function in a container. `cargo xtask sam-local` runs this, where podman can be had.
//!
//! podman plays Docker, with storage and a socket of its own; of its network, rules of the firewall may stay behind. AWS's base image cannot be fetched without the network, so one
//! is made of a shell and this machine's C library. It says nothing about AWS's own: which symbols the router needs is in
//! `build.rs`.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use tempfile::TempDir;
use tokio::net::UnixStream;

use crate::build::{ARCHITECTURE, Built, built_by_default, pack};
use crate::events::{PETSTORE, samples};
use crate::machine::client::invoke;
use crate::machine::process::{Running, free_address};
use crate::machine::tools::{succeed, tool};

/// Says that podman is there, with whatever it needs, and may be used.
const PODMAN: &str = "GATELET_TEST_PODMAN";
/// What the SAM CLI asks for, where the function's runtime is `provided.al2023`.
const IMAGE: &str = "public.ecr.aws/lambda/provided:al2023-x86_64";
/// What the SAM CLI runs in the image.
const APPLETS: [&str; 6] = ["sh", "mv", "chmod", "cp", "rm", "ls"];
const FOLDERS: [&str; 8] = ["bin", "lib64", "etc", "opt", "tmp", "var/task", "var/runtime", "var/rapid"];
/// runc, because crun refuses hybrid control groups; limits, because a container may not raise them itself.
const CONFIGURATION: &str = "\
[containers]
default_ulimits = [\"nofile=1024:1024\", \"nproc=4096:4096\"]
[engine]
cgroup_manager = \"cgroupfs\"
runtime = \"runc\"
";

/// A container engine, as Docker's clients see one.
struct Engine {
    folder: TempDir,
    _running: Running,
}

impl Engine {
    async fn start(executable: &Path) -> Self {
        // Short, because the path of a socket may not be long.
        let folder = tempfile::Builder::new().prefix("podman").tempdir().unwrap();
        fs::write(folder.path().join("containers.conf"), CONFIGURATION).unwrap();
        let image = base_image(folder.path(), executable);
        succeed(podman(folder.path()).args(["import", "--quiet"]).arg(image).arg(IMAGE));
        let mut service = podman(folder.path());
        service
            .args(["system", "service", "--time=0"])
            .arg(format!("unix://{}", socket(folder.path()).display()));
        let mut running = Running::start("podman", &mut service);
        let address = socket(folder.path());
        running.until("it listens", async |_| UnixStream::connect(&address).await.ok().map(drop)).await;
        Self { folder, _running: running }
    }

    /// A command of the SAM CLI that uses this engine and what was built.
    fn sam_local(&self, built: &Built, arguments: &[&str]) -> Command {
        let mut sam = tool(built.tools, "sam");
        sam.arg("local").args(arguments).arg("--template").arg(built.template());
        sam.arg("--env-vars").arg(self.environment()).args([
            "--skip-pull-image",
            "--parameter-overrides",
            ARCHITECTURE,
        ]);
        sam.env("DOCKER_HOST", format!("unix://{}", socket(self.folder.path()).display()));
        sam
    }

    /// What the template says otherwise: the SAM CLI takes whole answers.
    fn environment(&self) -> PathBuf {
        let path = self.folder.path().join("environment.json");
        let whole = json!({"RouterFunction": {"GATELET_RESPONSE_STREAMING": "false"}});
        fs::write(&path, whole.to_string()).unwrap();
        path
    }
}

fn podman(folder: &Path) -> Command {
    let mut podman = Command::new("podman");
    podman.env("CONTAINERS_CONF", folder.join("containers.conf"));
    podman.arg("--root").arg(folder.join("root")).arg("--runroot").arg(folder.join("run"));
    podman.args(["--storage-driver", "vfs", "--cgroup-manager", "cgroupfs"]);
    podman
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("podman.sock")
}

/// An archive with a shell, the libraries that a program needs, and the folders that Lambda has.
fn base_image(folder: &Path, executable: &Path) -> PathBuf {
    let image = folder.join("image");
    for folder in FOLDERS {
        fs::create_dir_all(image.join(folder)).unwrap();
    }
    let shell = ["/bin/busybox", "/usr/bin/busybox"].into_iter().find(|path| Path::new(path).is_file());
    let shell = shell.expect("busybox-static is installed");
    fs::copy(shell, image.join("bin/busybox")).unwrap();
    fs::set_permissions(image.join("bin/busybox"), fs::Permissions::from_mode(0o755)).unwrap();
    for applet in APPLETS {
        symlink("busybox", image.join("bin").join(applet)).unwrap();
    }
    // `libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x...)`, and the loader with no name before it.
    let libraries = succeed(Command::new("ldd").arg(executable));
    for library in libraries.split_whitespace().filter(|word| word.starts_with('/')) {
        let place = image.join(library.trim_start_matches('/'));
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::copy(library, place).unwrap();
    }
    let archive = folder.join("image.tar");
    succeed(
        Command::new("tar")
            .arg("--create")
            .arg("--file")
            .arg(&archive)
            .arg("--directory")
            .arg(image)
            .arg("."),
    );
    archive
}

#[tokio::test]
async fn sam_local_runs_the_router_in_a_container() {
    if std::env::var_os(PODMAN).is_none() {
        eprintln!("skipped: {PODMAN} is not set (`cargo xtask sam-local` sets it)");
        return;
    }
    let built = built_by_default().expect("the tools are installed");
    pack(&PETSTORE, built.bootstrap("RouterFunction").parent().unwrap());
    let engine = Engine::start(&built.bootstrap("RouterFunction")).await;

    // A container for each event: one of each source.
    for sample in samples().iter().filter(|sample| sample.name.ends_with("/page.json")) {
        let mut sam = engine.sam_local(&built, &["invoke", "RouterFunction"]);
        sample.check(succeed(sam.arg("--event").arg(&sample.path)).trim().as_bytes());
        println!("sam local invoke answered {}", sample.name);
    }

    // A container for all events.
    let address = free_address();
    let (host, port) = (address.ip().to_string(), address.port().to_string());
    let mut sam = engine.sam_local(&built, &["start-lambda", "--warm-containers", "LAZY"]);
    let mut running = Running::start("sam local start-lambda", sam.args(["--host", &host, "--port", &port]));
    running.listening(address).await;
    for sample in samples() {
        let answer = invoke(&format!("http://{address}"), "RouterFunction", sample.event()).await;
        assert_eq!(answer.status, 200, "{}: {:?}\n{}", sample.name, answer.body, running.said());
        sample.check(&answer.body);
        println!("sam local start-lambda answered {}", sample.name);
    }
}
