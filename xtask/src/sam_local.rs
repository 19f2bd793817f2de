//! `cargo xtask sam-local`: the built router in a container, by the real SAM CLI.
//!
//! podman plays Docker. Where it is missing it is installed, which takes root and apt; where it cannot be had, nothing is run and
//! nothing fails. What is run is the test in `tests/bundle/containers.rs`, which without this command says that it is skipped.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use crate::steps::{Outcome, Steps};
use crate::tools;

/// podman, the parts of it that Debian only recommends, and a shell that needs no library.
const PACKAGES: [&str; 6] = ["podman", "runc", "iptables", "netavark", "aardvark-dns", "busybox-static"];
/// The programs among them that are called by name.
const PROGRAMS: [&str; 3] = ["podman", "runc", "busybox"];
const TEST: &str = "containers::sam_local_runs_the_router_in_a_container";
/// What podman is told here and in `tests/bundle/containers.rs`: runc, because crun refuses hybrid control groups; limits, because
/// a container may not raise them itself.
const CONFIGURATION: &str = "\
[containers]
default_ulimits = [\"nofile=1024:1024\", \"nproc=4096:4096\"]
[engine]
cgroup_manager = \"cgroupfs\"
runtime = \"runc\"
";
const PROBE_IMAGE: &str = "localhost/gatelet-probe";
const NEEDS_ROOT: &str = "podman is given storage of its own, which takes root";

/// Installs what is missing, and runs the test.
pub(crate) fn run() -> ExitCode {
    let mut steps = Steps::default();
    let mut missing = None;
    steps.run("podman", || {
        missing = podman().and_then(|()| probe()).err();
        match &missing {
            None => println!("podman is there"),
            Some(why) => println!("SKIPPED: {why}"),
        }
        Ok(())
    });
    if let Some(why) = missing {
        steps.note(format!("sam-local: SKIPPED, for want of podman: {why}"));
        return steps.finish();
    }
    let mut programs = Err("not asked for yet".to_owned());
    steps.run("tools", || {
        programs = tools::tools_directory().and_then(|folder| tools::python(&folder, &tools::LAMBDA_TOOLS));
        programs.as_ref().map(drop).map_err(Clone::clone)
    });
    if let Ok(programs) = programs {
        steps.run("sam local", || {
            // `--workspace` gives dependencies the features they have in `cargo xtask test`.
            let mut test = tools::cargo(["test", "--workspace", "--locked", "--test", "bundle", "--"]);
            test.args(["--exact", "--nocapture", TEST]);
            tools::run(test.env("GATELET_TEST_LAMBDA_TOOLS", programs).env("GATELET_TEST_PODMAN", "podman"))
        });
    }
    steps.finish()
}

/// podman, installed first if that is possible here.
fn podman() -> Outcome {
    if PROGRAMS.iter().all(|program| is_there(program)) {
        return if is_root() { Ok(()) } else { Err(NEEDS_ROOT.to_owned()) };
    }
    let install = format!("apt-get install --no-install-recommends {}", PACKAGES.join(" "));
    if !is_there("apt-get") {
        return Err(format!("there is no apt-get here, for `{install}`"));
    }
    if !is_root() {
        return Err(NEEDS_ROOT.to_owned());
    }
    println!("podman is missing: installing it with `{install}`");
    let mut install = Command::new("apt-get");
    install.args(["install", "--yes", "--quiet=2", "--no-install-recommends"]).args(PACKAGES);
    install.env("DEBIAN_FRONTEND", "noninteractive");
    if tools::run(&mut install).is_ok() {
        return Ok(());
    }
    // The lists of packages may be old, or not be there at all.
    tools::run(Command::new("apt-get").args(["update", "--quiet=2"]))?;
    tools::run(&mut install)
}

/// Runs a container with a network, because a machine that has podman need not let it do that.
fn probe() -> Outcome {
    // Short, because podman wants its paths so.
    let folder = std::env::temp_dir().join(format!("podman{}", std::process::id()));
    let probed = probe_in(&folder).map_err(|why| format!("podman runs no container here: {why}"));
    tools::remove(&folder)?;
    probed
}

fn probe_in(folder: &Path) -> Outcome {
    let said = |error: std::io::Error| error.to_string();
    fs::create_dir_all(folder.join("image/bin")).map_err(said)?;
    let shell = ["/bin/busybox", "/usr/bin/busybox"].into_iter().find(|path| Path::new(path).is_file());
    fs::copy(shell.ok_or("there is no busybox")?, folder.join("image/bin/busybox")).map_err(said)?;
    fs::write(folder.join("containers.conf"), CONFIGURATION).map_err(said)?;
    let archive = folder.join("image.tar");
    let mut tar = Command::new("tar");
    tar.arg("--create").arg("--file").arg(&archive).arg("--directory").arg(folder.join("image")).arg(".");
    tools::output(&mut tar)?;
    let podman = |arguments: &[&str]| {
        let mut podman = Command::new("podman");
        podman.env("CONTAINERS_CONF", folder.join("containers.conf"));
        podman.arg("--root").arg(folder.join("root")).arg("--runroot").arg(folder.join("run"));
        podman.args(["--storage-driver", "vfs", "--cgroup-manager", "cgroupfs"]).args(arguments);
        tools::output(&mut podman).map(drop)
    };
    podman(&["import", "--quiet", &archive.display().to_string(), PROBE_IMAGE])?;
    let ran = podman(&["run", "--rm", PROBE_IMAGE, "/bin/busybox", "true"]);
    // Layers may be read-only: podman itself removes them.
    podman(&["rmi", "--force", PROBE_IMAGE])?;
    ran
}

fn is_root() -> bool {
    tools::output(Command::new("id").arg("--user")).is_ok_and(|user| user == "0")
}

fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([Path::new("/usr/sbin").to_owned()])
        .any(|folder| folder.join(program).is_file())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::{TEST, is_there, tools};

    #[test]
    fn the_test_that_is_run_is_there() {
        let (module, name) = TEST.split_once("::").unwrap();
        let file = tools::workspace().join("tests/bundle").join(format!("{module}.rs"));
        assert!(std::fs::read_to_string(file).unwrap().contains(&format!("async fn {name}()")));
    }

    #[test]
    fn a_program_on_the_path_is_found() {
        assert!(is_there("cargo"));
        assert!(!is_there("gatelet-no-such-program"));
    }
}
