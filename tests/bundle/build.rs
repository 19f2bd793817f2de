//! The application as `sam build` makes it, with the cargo-lambda builder, outside the checkout.
//!
//! Built once for all tests here, in the development profile and with Rust's own linker: an optimised build takes minutes.
//! `cargo lambda watch` builds into the same folder of the target directory, so that it finds everything there.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use gatelet_tests::command::{command, workspace};
use tempfile::TempDir;

use crate::machine::tools::{folder, lambda_tools, prepare, succeed, tool};

/// What the functions are built for, in Rust's words.
pub(crate) const TARGET: &str = "x86_64-unknown-linux-gnu";
/// AWS's word for it, as the template's parameter.
pub(crate) const ARCHITECTURE: &str = "Architecture=x86_64";
/// The newest symbols that the C library of `provided.al2023` has.
/// <https://docs.aws.amazon.com/linux/al2023/ug/compare-with-al2.html>
const GLIBC_OF_AL2023: (u32, u32) = (2, 34);

/// Held by whoever starts cargo after `sam build`: two builds in one target directory would only wait for each other, for
/// minutes if one is cold.
pub(crate) static ONE_BUILD: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// What `sam build` made.
pub(crate) struct Built {
    /// The tools that made it.
    pub(crate) tools: &'static Path,
    /// The folder of the template and of each function.
    pub(crate) folder: PathBuf,
    is_checkout_untouched: bool,
    /// Other runs of these tests wait until this one has ended.
    _lock: File,
}

impl Built {
    /// The executable of a function, by its logical id in the template.
    pub(crate) fn bootstrap(&self, function: &str) -> PathBuf {
        self.folder.join(function).join("bootstrap")
    }

    /// The template, whose functions' code is beside it.
    pub(crate) fn template(&self) -> PathBuf {
        self.folder.join("template.yaml")
    }
}

/// The application, built first; nothing where the tools are missing or the machine is another.
pub(crate) fn built() -> Option<&'static Built> {
    static BUILT: OnceLock<Option<Built>> = OnceLock::new();
    BUILT.get_or_init(|| tools_for_here().map(|tools| build(tools, "build", builds))).as_ref()
}

/// The same with the linker that cargo-lambda uses by default, from cold to warm in a folder of its own.
pub(crate) fn built_by_default() -> Option<Built> {
    let development = |command: &mut Command| {
        command.env("CARGO_TARGET_DIR", folder().join("target")).env("SAM_BUILD_MODE", "debug");
    };
    tools_for_here().map(|tools| build(tools, "build-by-default", development))
}

fn tools_for_here() -> Option<&'static Path> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        eprintln!("skipped: the function is built and run on Linux, x86_64");
        return None;
    }
    lambda_tools()
}

fn build(tools: &'static Path, into: &str, prepare: impl FnOnce(&mut Command)) -> Built {
    fs::create_dir_all(folder()).unwrap();
    let lock = File::create(folder().join(format!("{into}.lock"))).unwrap();
    lock.lock().unwrap();
    let into = folder().join(into);
    let mut sam = tool(tools, "sam");
    prepare(&mut sam);
    sam.arg("build").arg("--build-dir").arg(&into).arg("--cache-dir").arg(folder().join("cache"));
    let before = checkout();
    succeed(sam.args(["--parameter-overrides", ARCHITECTURE]));
    Built { tools, folder: into, is_checkout_untouched: checkout() == before, _lock: lock }
}

/// What a build would change: its own folder, and the versions of dependencies.
fn checkout() -> (bool, Vec<u8>) {
    (workspace().join(".aws-sam").exists(), fs::read(workspace().join("Cargo.lock")).unwrap())
}

/// Has a command that starts cargo build into the target directory of the tests, as all commands here do.
pub(crate) fn builds(command: &mut Command) {
    let own = std::env::current_exe().unwrap();
    let target = own.ancestors().nth(3).unwrap();
    command.env("CARGO_TARGET_DIR", target);
    command.env("SAM_BUILD_MODE", "debug").env("CARGO_LAMBDA_COMPILER", "cargo");
}

/// Packs definitions, said as `gatelet pack` takes them, into a folder.
pub(crate) fn pack(definitions: &[&str], into: &Path) {
    succeed(command(workspace()).arg("pack").args(definitions).arg("--into").arg(into));
}

/// A folder as Lambda has it: the router's executable, and the definitions that `gatelet pack` is told to put beside it.
pub(crate) fn task_root(built: &Built, definitions: &[&str]) -> TempDir {
    let root = task_root_of(built, "RouterFunction");
    if !definitions.is_empty() {
        pack(definitions, root.path());
    }
    root
}

/// A folder with the executable of a function, by its logical id.
pub(crate) fn task_root_of(built: &Built, function: &str) -> TempDir {
    let root = tempfile::tempdir_in(folder()).unwrap();
    // The same file under another name: it is large.
    fs::hard_link(built.bootstrap(function), root.path().join("bootstrap")).unwrap();
    root
}

#[test]
fn sam_builds_what_lambda_can_start_and_leaves_the_checkout_alone() {
    let Some(built) = built() else { return };
    for function in ["RouterFunction", "AuthorizerFunction", "MeterFunction"] {
        let bytes = fs::read(built.bootstrap(function)).unwrap();
        assert_eq!(bytes.get(..4), Some(b"\x7fELF".as_slice()), "{function}");
        let newest = newest_glibc(&bytes);
        assert!(newest <= Some(GLIBC_OF_AL2023), "{newest:?} is needed, Lambda has {GLIBC_OF_AL2023:?}");
        assert!(newest.is_some(), "the symbols are not found");
    }
    assert!(built.is_checkout_untouched, "`sam build` wrote into the checkout");
    // What is nested was built with it.
    for nested in ["Edge", "Private", "Observability"] {
        assert!(built.folder.join(nested).join("template.yaml").is_file(), "{nested}");
    }
}

/// The newest version in the names of an executable's versioned symbols.
fn newest_glibc(bytes: &[u8]) -> Option<(u32, u32)> {
    let name = b"GLIBC_";
    bytes
        .windows(name.len())
        .enumerate()
        .filter(|(_, window)| window == name)
        .filter_map(|(at, _)| {
            let rest = bytes.get(at + name.len()..)?;
            let version = std::str::from_utf8(rest.get(..rest.iter().position(|byte| *byte == 0)?)?).ok()?;
            let mut numbers = version.split('.').map(str::parse::<u32>);
            Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
        })
        .max()
}

#[test]
fn the_arm64_function_builds_where_rust_can_compile_for_it() {
    let Some(tools) = lambda_tools() else { return };
    let target = "aarch64-unknown-linux-gnu";
    let mut rustc = Command::new("rustc");
    prepare(&mut rustc, tools);
    let library = succeed(rustc.args(["--print", "target-libdir", "--target", target]));
    if !Path::new(library.trim()).is_dir() {
        eprintln!(
            "skipped: the standard library of {target} is not installed (`rustup target add {target}`)"
        );
        return;
    }
    let _alone = ONE_BUILD.blocking_lock();
    let mut build = Command::new("cargo");
    prepare(&mut build, tools);
    builds(&mut build);
    // Another architecture takes the linker that cargo-lambda brings.
    build.env_remove("CARGO_LAMBDA_COMPILER");
    build.args(["lambda", "build", "--locked", "--package", "router", "--arm64", "--skip-target-check"]);
    succeed(build.arg("--lambda-dir").arg(folder().join("arm64")));
    let bytes = fs::read(folder().join("arm64/router/bootstrap")).unwrap();
    // The machine in the head of an ELF file: 183 is AArch64.
    assert_eq!(bytes.get(18..20), Some([183, 0].as_slice()));
}
