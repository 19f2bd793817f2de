//! Where an interpreter really is. Version managers put a script in its place, which takes longer to start than the
//! interpreter itself: it is asked once.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::functions::instance::Launch;

/// How Python tells where it is.
pub(super) const PYTHON: [&str; 2] = ["-c", "import sys; print(sys.executable)"];

/// How Node tells where it is.
pub(super) const NODE: [&str; 2] = ["-p", "process.execPath"];

/// How long an interpreter may take to tell.
const PATIENCE: Duration = Duration::from_secs(15);

/// Asks an interpreter where it is.
///
/// # Errors
/// For people: what is wrong and what to do.
pub(super) async fn find(program: &Path, question: [&str; 2], directory: &Path) -> Result<PathBuf, String> {
    let shown = program.display();
    let arguments: Vec<OsString> = question.iter().map(|&argument| argument.into()).collect();
    let launch = Launch { program: program.to_owned(), arguments };
    let asked = tokio::time::timeout(PATIENCE, launch.command().current_dir(directory).output()).await;
    let output = match asked {
        Err(_) => return Err(format!("`{shown}` does not say where it is within {} s", PATIENCE.as_secs())),
        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => {
            return Err(format!("`{shown}` is not on the PATH: install it to run this function"));
        }
        Ok(Err(error)) => return Err(format!("`{shown}` cannot be started: {error}")),
        Ok(Ok(output)) => output,
    };
    let path = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    if output.status.success() && path.is_absolute() && path.is_file() {
        return Ok(path);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim().lines().next_back().unwrap_or_default().to_owned();
    Err(format!("`{shown}` does not work ({}): {said}", output.status))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[tokio::test]
    async fn a_missing_interpreter_is_told() {
        let here = Path::new(".");
        let why = find(Path::new("no-such-interpreter"), PYTHON, here).await.unwrap_err();
        assert!(why.contains("`no-such-interpreter` is not on the PATH"), "{why}");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn what_does_not_answer_as_an_interpreter_is_told() {
        let here = Path::new(".");
        let why = find(Path::new("false"), PYTHON, here).await.unwrap_err();
        assert!(why.contains("`false` does not work"), "{why}");
        assert_eq!(find(Path::new("sh"), ["-c", "echo /bin/sh"], here).await.unwrap(), Path::new("/bin/sh"));
    }
}
