//! Velocity 1.7 and Jayway JSONPath, against which templates are tested: Debian's packages, unpacked into a folder of our own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools;

/// What they need is among them.
const PACKAGES: [&str; 8] = [
    "velocity",
    "libcommons-lang-java",
    "libcommons-collections3-java",
    "libcommons-logging-java",
    "libjsonpath-java",
    "libjson-smart-java",
    "libasm-java",
    "libslf4j-java",
];

/// Those of their archives that are read; of some there are several for different loggers.
const ARCHIVES: [&str; 10] = [
    "velocity.jar",
    "commons-lang-2.6.jar",
    "commons-collections3-3.2.2.jar",
    "commons-logging-1.2.jar",
    "json-path-2.0.0.jar",
    "json-smart.jar",
    "accessors-smart.jar",
    "asm-9.4.jar",
    "slf4j-api.jar",
    "slf4j-nop.jar",
];

/// The folder of archives, fetched first if it is not there.
pub(crate) fn archives(tools: &Path) -> Result<PathBuf, String> {
    tools::output(Command::new("java").arg("--version"))?;
    let folder = tools.join("velocity-1.7");
    let ready = folder.join("ready");
    let _lock = tools::lock(tools)?;
    if ready.is_file() {
        return Ok(folder);
    }
    println!("fetching Velocity 1.7 and what it needs, once: about 10 MB on the disk");
    tools::remove(&folder)?;
    let packages = folder.join("packages");
    fs::create_dir_all(&packages)
        .map_err(|error| format!("cannot create `{}`: {error}", packages.display()))?;
    tools::run(
        Command::new("apt-get").args(["download", "--quiet=2"]).args(PACKAGES).current_dir(&packages),
    )?;
    for entry in fs::read_dir(&packages).map_err(|error| error.to_string())?.flatten() {
        tools::run(Command::new("dpkg-deb").arg("--extract").arg(entry.path()).arg(folder.join("root")))?;
    }
    for name in ARCHIVES {
        let from = folder.join("root/usr/share/java").join(name);
        fs::copy(&from, folder.join(name))
            .map_err(|error| format!("cannot copy `{}`: {error}", from.display()))?;
    }
    tools::remove(&packages)?;
    tools::remove(&folder.join("root"))?;
    fs::write(&ready, "").map_err(|error| format!("cannot write `{}`: {error}", ready.display()))?;
    Ok(folder)
}
