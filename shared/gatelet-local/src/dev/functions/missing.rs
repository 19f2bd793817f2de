//! What is missing of a function's code, so that calls to it fail.

use std::path::{Path, PathBuf};

use gatelet_control::import::{FunctionCode, FunctionDefinition};
use gatelet_model::Problem;

use super::code::absolute;
use crate::functions::Runtime;

/// What a JavaScript handler's file may end in, as it is looked for.
const NODE_ENDINGS: [&str; 4] = [".js", ".mjs", ".cjs", ""];

/// The warning for a function whose code is not where its template says. `template` is the template's directory.
#[must_use]
pub fn missing_code(function: &FunctionDefinition, template: &Path) -> Option<Problem> {
    let FunctionCode::Uri(uri) = &function.code else { return None };
    let path = absolute(&template.join(uri));
    if path.is_file() {
        // An archive: whether it is run is another question.
        return None;
    }
    let runtime = function.runtime.as_deref().and_then(|name| Runtime::of(name, &path));
    missing_in(function, &path, runtime.as_ref(), function.handler.as_deref())
}

/// The warning for a function whose code is not in this directory.
pub(super) fn missing_in(
    function: &FunctionDefinition,
    directory: &Path,
    runtime: Option<&Runtime>,
    handler: Option<&str>,
) -> Option<Problem> {
    let name = &function.name;
    let shown = shown(directory);
    let (message, place) = if !directory.is_dir() {
        (
            format!("the code of the function `{name}` is not there: `{shown}` is no directory"),
            &function.code_place,
        )
    } else if let Some(Runtime::Provided { bootstrap }) = runtime {
        if bootstrap.is_file() {
            return None;
        }
        let message = format!(
            "the code of the function `{name}` is not there: `{shown}` holds neither a `bootstrap` nor a `Cargo.toml`"
        );
        (message, &function.code_place)
    } else {
        let file = missing_handler(directory, runtime?, handler?)?;
        let message =
            format!("the handler of the function `{name}` is not there: `{shown}` holds no `{file}`");
        (message, &function.handler_place)
    };
    let help = format!("build it, or name its folder with `--function {}=DIR`", function.logical_id);
    let problem = Problem::warning(format!("{message}; calls to it fail")).help(help);
    Some(problem.about(function.logical_id.clone()).at(place.clone()))
}

/// The file that should hold a handler and is not there.
fn missing_handler(directory: &Path, runtime: &Runtime, handler: &str) -> Option<String> {
    match runtime {
        Runtime::Provided { .. } | Runtime::Rust { .. } => None,
        Runtime::Python { .. } => {
            let (module, _) = handler.rsplit_once('.')?;
            let path = module.replace('.', "/");
            let package = directory.join(&path);
            let file = format!("{path}.py");
            (!package.is_dir() && !directory.join(&file).is_file()).then_some(file)
        }
        Runtime::Node { .. } => {
            let (folder, name) =
                handler.rsplit_once('/').map_or(("", handler), |(folder, name)| (folder, name));
            let (module, _) = name.split_once('.')?;
            let stem = Path::new(folder).join(module).display().to_string();
            let is_there =
                NODE_ENDINGS.iter().any(|ending| directory.join(format!("{stem}{ending}")).is_file());
            (!is_there).then(|| format!("{stem}.js"))
        }
    }
}

/// A directory as it is shown: from here, where it lies below.
fn shown(directory: &Path) -> String {
    let current = std::env::current_dir().unwrap_or_default();
    let below = directory.strip_prefix(&current).ok().filter(|below| *below != PathBuf::new());
    below.unwrap_or(directory).display().to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn handlers_are_looked_for_where_they_are_run_from() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        std::fs::create_dir_all(path.join("src/package")).unwrap();
        for file in ["app.py", "src/app.py", "index.mjs", "src/index.cjs", "exact"] {
            std::fs::write(path.join(file), "").unwrap();
        }
        let python = Runtime::of("python3.13", path).unwrap();
        let node = Runtime::of("nodejs22.x", path).unwrap();
        for (runtime, handler, missing) in [
            (&python, "app.handler", None),
            (&python, "src/app.handler", None),
            (&python, "src.app.handler", None),
            (&python, "src.package.handler", None),
            (&python, "source.app.handler", Some("source/app.py")),
            (&python, "index.handler", Some("index.py")),
            (&node, "index.handler", None),
            (&node, "src/index.deep.handler", None),
            (&node, "exact.handler", None),
            (&node, "app.handler", Some("app.js")),
            (&node, "src/app.handler", Some("src/app.js")),
            // What is no handler's name is told when it is run.
            (&python, "app", None),
            (&node, "app", None),
        ] {
            let found = missing_handler(path, runtime, handler);
            assert_eq!(found.as_deref(), missing, "{runtime:?} {handler}");
        }
    }
}
