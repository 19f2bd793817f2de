//! Where a function's code is, and what runs it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gatelet_control::import::{FunctionCode, FunctionDefinition};
use gatelet_model::{AccountId, Region};
use tempfile::TempDir;

use super::function_name;
use super::mapping::FunctionMapping;
use crate::functions::{FunctionSettings, Runtime};

/// How long a function may take that no template defines: as long as API Gateway waits by default.
const MAPPED_TIMEOUT: Duration = Duration::from_secs(29);

/// What such a function is told of its memory: Lambda's default.
const MAPPED_MEMORY_MEGABYTES: u32 = 128;

/// What code written inside a template is called by Lambda
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-code.html>).
const INLINE_STEM: &str = "index";

/// What files with handlers are usually called, the first that is there.
const HANDLER_STEMS: [&str; 5] = ["lambda_function", "app", "index", "main", "handler"];

/// Names of AWS's runtimes for code of which only the language is known.
const PYTHON: &str = "python3";
const NODE: &str = "nodejs";
const PROVIDED: &str = "provided.al2023";

/// Code that stands in templates, written where it can be run; gone with the command.
#[derive(Debug)]
pub(super) struct Inline(TempDir);

impl Inline {
    pub(super) fn new() -> io::Result<Self> {
        TempDir::with_prefix("gatelet-").map(Self)
    }

    /// The directory of a function's code. What is there already is left alone: a file that is written anew is an edit.
    fn directory(&self, function: &FunctionDefinition, text: &str, ending: &str) -> io::Result<PathBuf> {
        let directory = self.0.path().join(&function.name);
        std::fs::create_dir_all(&directory)?;
        let path = directory.join(format!("{INLINE_STEM}.{ending}"));
        if std::fs::read_to_string(&path).ok().as_deref() != Some(text) {
            std::fs::write(&path, text)?;
        }
        Ok(directory)
    }
}

/// What the host needs to run a template's function.
///
/// # Errors
/// Why it cannot be run here.
pub(super) fn settings(
    function: &FunctionDefinition,
    mapping: Option<&FunctionMapping>,
    template: &Path,
    inline: &Inline,
) -> Result<FunctionSettings, String> {
    let named = function.runtime.as_deref();
    let directory = match (mapping, &function.code) {
        (Some(mapping), _) => mapping.directory.clone(),
        (None, FunctionCode::Uri(uri)) => {
            let path = template.join(uri);
            if path.is_file() {
                return Err(format!("its code `{uri}` is an archive, which is not unpacked"));
            }
            path
        }
        (None, FunctionCode::Inline(text)) => {
            let ending = if named.is_some_and(|name| name.starts_with(PYTHON)) { "py" } else { "js" };
            inline
                .directory(function, text, ending)
                .map_err(|error| format!("its code cannot be kept: {error}"))?
        }
        (None, FunctionCode::Image(_)) => return Err("images are not run".to_owned()),
        (None, FunctionCode::Unknown) => return Err("its code is not on this machine".to_owned()),
    };
    let directory = absolute(&directory);
    let (identifier, runtime) = match (named, named.and_then(|name| Runtime::of(name, &directory))) {
        (Some(name), Some(runtime)) => (name.to_owned(), runtime),
        (Some(name), None) if mapping.is_none() => {
            return Err(format!(
                "the runtime `{name}` is not run; `python3.*`, `nodejs*` and `provided.*` are"
            ));
        }
        (None, _) if mapping.is_none() => return Err("it has no `Runtime`".to_owned()),
        _ => guessed(&directory)?,
    };
    let runtime = match runtime {
        Runtime::Rust { package, .. } => {
            Runtime::Rust { package, binary: function.build_properties.get("Binary").cloned() }
        }
        other => other,
    };
    let given = mapping.and_then(|mapping| mapping.handler.clone()).or_else(|| function.handler.clone());
    let handler = match given {
        Some(handler) => handler,
        None => usual_handler(&runtime, &directory)?,
    };
    Ok(FunctionSettings {
        name: function.name.clone(),
        arn: function.arn.clone(),
        runtime,
        runtime_identifier: identifier,
        directory,
        handler,
        environment: function.environment.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        timeout: Duration::from_secs(function.timeout_seconds.into()),
        memory_megabytes: function.memory_megabytes,
    })
}

/// What the host needs to run a function that no template defines.
///
/// # Errors
/// Why it cannot be run here.
pub(super) fn mapped(
    mapping: &FunctionMapping,
    account: &AccountId,
    region: &Region,
) -> Result<FunctionSettings, String> {
    let name = function_name(&mapping.name).to_owned();
    // Without a qualifier, which the host takes off what is called too.
    let arn = match mapping.name.split_once(":function:").filter(|(lead, _)| lead.starts_with("arn:")) {
        Some((lead, _)) => format!("{lead}:function:{name}"),
        None => format!("arn:aws:lambda:{region}:{account}:function:{name}"),
    };
    let directory = absolute(&mapping.directory);
    let (identifier, runtime) = guessed(&directory)?;
    let handler = match &mapping.handler {
        Some(handler) => handler.clone(),
        None => usual_handler(&runtime, &directory)?,
    };
    Ok(FunctionSettings {
        name,
        arn,
        runtime,
        runtime_identifier: identifier,
        directory,
        handler,
        environment: std::collections::BTreeMap::new(),
        timeout: MAPPED_TIMEOUT,
        memory_megabytes: MAPPED_MEMORY_MEGABYTES,
    })
}

/// One directory has one path, however it is written.
pub(super) fn absolute(directory: &Path) -> PathBuf {
    let absolute = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
    absolute.components().collect()
}

/// What runs the code in a directory, by what is there.
fn guessed(directory: &Path) -> Result<(String, Runtime), String> {
    let endings = |endings: &[&str]| files(directory).iter().any(|file| has_ending(file, endings));
    let identifier = if ["Cargo.toml", "bootstrap"].iter().any(|name| directory.join(name).is_file()) {
        PROVIDED
    } else if endings(&["py"]) {
        PYTHON
    } else if endings(&["mjs", "js", "cjs"]) || directory.join("package.json").is_file() {
        NODE
    } else {
        return Err(format!(
            "`{}` holds no `Cargo.toml`, no `bootstrap`, and no code in Python or JavaScript",
            directory.display()
        ));
    };
    let runtime = Runtime::of(identifier, directory).ok_or("it cannot be run here")?;
    Ok((identifier.to_owned(), runtime))
}

/// The handler where nobody names it.
fn usual_handler(runtime: &Runtime, directory: &Path) -> Result<String, String> {
    let (endings, names): (&[&str], [&str; 2]) = match runtime {
        Runtime::Provided { .. } | Runtime::Rust { .. } => return Ok("bootstrap".to_owned()),
        Runtime::Python { .. } => (&["py"], ["lambda_handler", "handler"]),
        Runtime::Node { .. } => (&["mjs", "js", "cjs"], ["lambdaHandler", "handler"]),
    };
    let code: Vec<PathBuf> = files(directory).into_iter().filter(|file| has_ending(file, endings)).collect();
    let stem = |file: &PathBuf| file.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned);
    let usual =
        HANDLER_STEMS.iter().find_map(|name| code.iter().find(|file| stem(file).as_deref() == Some(name)));
    let only = || code.first().filter(|_| code.len() == 1);
    let Some(file) = usual.or_else(only) else {
        let shown = directory.display();
        return Err(format!("which file in `{shown}` holds the handler? name it: `NAME=DIR:FILE.FUNCTION`"));
    };
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let [first, second] = names;
    let name = if text.contains(first) { first } else { second };
    Ok(format!("{}.{name}", stem(file).unwrap_or_default()))
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}

fn has_ending(file: &Path, endings: &[&str]) -> bool {
    file.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| endings.contains(&ending))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn map(files: &[(&str, &str)]) -> Result<FunctionSettings, String> {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(directory.path().join(name), text).unwrap();
        }
        let mapping = FunctionMapping {
            name: "arn:aws:lambda:eu-west-1:123456789012:function:pets:live".into(),
            directory: directory.path().to_owned(),
            handler: None,
        };
        let (account, region) = (AccountId::parse("123456789012"), Region::parse("us-east-1"));
        mapped(&mapping, &account.unwrap(), &region.unwrap())
    }

    #[test]
    fn what_runs_code_follows_from_its_files() {
        for (files, identifier, handler) in [
            (&[("app.py", "def lambda_handler(event, context): ...")][..], PYTHON, "app.lambda_handler"),
            (&[("one.py", "def handler(event, context): ...")], PYTHON, "one.handler"),
            (&[("index.mjs", "export const handler = 1"), ("b.mjs", "")], NODE, "index.handler"),
            (&[("app.js", "exports.lambdaHandler = 1"), ("package.json", "{}")], NODE, "app.lambdaHandler"),
            (&[("Cargo.toml", ""), ("build.py", "")], PROVIDED, "bootstrap"),
            (&[("bootstrap", "")], PROVIDED, "bootstrap"),
        ] {
            let settings = map(files).unwrap();
            assert_eq!(
                (settings.runtime_identifier.as_str(), settings.handler.as_str()),
                (identifier, handler)
            );
            assert_eq!(settings.name, "pets");
            assert_eq!(settings.arn, "arn:aws:lambda:eu-west-1:123456789012:function:pets");
        }
        assert!(map(&[("notes.txt", "")]).unwrap_err().contains("holds no `Cargo.toml`"));
        assert!(map(&[("a.py", ""), ("b.py", "")]).unwrap_err().contains("which file"));
        assert!(map(&[("package.json", "{}")]).unwrap_err().contains("which file"));
    }
}
