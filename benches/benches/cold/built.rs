//! The programs, built as they are for Lambda.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use flate2::Compression;
use flate2::write::DeflateEncoder;
use gatelet_benches::Figure;
use serde_json::Value;

/// The names and lengths that a zip of one short-named file has beside its content
/// (<https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>).
const ZIP_FRAME_BYTES: usize = 30 + 46 + 22 + 2 * "bootstrap".len();

/// Builds a package as it is for Lambda, and says where its program is. Cargo shows how far it is.
///
/// Each package is built alone: built together, each would have the features that any of them asks for.
pub(crate) fn build(package: &str) -> Result<PathBuf, String> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments =
        ["build", "--release", "--locked", "-p", package, "--message-format=json-render-diagnostics"];
    println!("building {package} as for Lambda; this can take minutes");
    let mut command = Command::new(cargo);
    command.args(arguments).current_dir(workspace).stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = command.output().map_err(|error| format!("cargo does not start: {error}"))?;
    if !output.status.success() {
        return Err(format!("`cargo build -p {package}` ended with {}", output.status));
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let program = messages.lines().rev().find_map(|message| program(message, package));
    program.ok_or_else(|| format!("cargo does not say where `{package}` is"))
}

/// The program that a message of cargo's says is built
/// (<https://doc.rust-lang.org/cargo/reference/external-tools.html#artifact-messages>).
fn program(message: &str, name: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let is_it = message.get("target")?.get("name")?.as_str()? == name;
    is_it.then(|| message.get("executable")?.as_str().map(PathBuf::from)).flatten()
}

/// What a program takes where it is kept.
pub(crate) struct Sizes {
    /// The program.
    pub(crate) program: Figure,
    /// The zip that holds nothing else.
    pub(crate) zip: Figure,
}

/// The sizes of a program.
pub(crate) fn sizes(program: &Path) -> Result<Sizes, String> {
    let unreadable = |error: std::io::Error| format!("{}: {error}", program.display());
    let bytes = std::fs::read(program).map_err(unreadable)?;
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::default());
    let deflated = deflate.write_all(&bytes).and_then(|()| deflate.finish()).map_err(unreadable)?;
    let figure = |bytes: usize| Figure::Bytes(bytes as f64);
    Ok(Sizes { program: figure(bytes.len()), zip: figure(deflated.len() + ZIP_FRAME_BYTES) })
}
