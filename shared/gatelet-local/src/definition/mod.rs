//! Definition files as the command shows them: reading one, its problems, its routes, and what an edit changed.
//! What a definition means is `gatelet-control`'s.

mod changes;
mod problems;
mod routes;
mod table;

use std::path::Path;

use gatelet_control::document::Source;
use gatelet_control::identity;
use gatelet_control::import::{self, ApiKind, ImportOptions, Imported};
use gatelet_model::{AccountId, Problem, Region};

pub use changes::{Change, changes};
pub use problems::{Rendering, counted};
pub use routes::{Route, routes};
pub use table::table;

/// Endings of files that can be definitions.
pub const EXTENSIONS: [&str; 3] = ["yaml", "yml", "json"];

/// The extension point that tells a SAM or CloudFormation template from an OpenAPI definition.
const TEMPLATE_MARK: &str = "Resources";

/// What is decided beside the files.
#[derive(Debug, Clone)]
pub struct Decisions {
    /// Which kind of API every file describes, whatever its marks say.
    pub kind: Option<ApiKind>,
    /// The account that definitions are for.
    pub account: AccountId,
    /// The region that definitions are for.
    pub region: Region,
}

/// Reads and imports a definition file. `name` is the file as the user knows it; ids follow from it.
#[must_use]
pub fn import_file(path: &Path, name: &str, decisions: &Decisions) -> Imported {
    match read(path, name) {
        Ok(source) => import_source(&source, name, decisions),
        Err(problem) => failed(problem),
    }
}

/// Reads a definition file.
///
/// # Errors
/// A [`Problem`] where it cannot be read, or is no text.
pub fn read(path: &Path, name: &str) -> Result<Source, Problem> {
    let bytes = std::fs::read(path).map_err(|error| {
        Problem::error(format!("`{name}` cannot be read: {}", reason(&error)))
            .help("check the name and its permissions")
    })?;
    Source::from_bytes(name, &bytes)
}

/// Imports a definition that is read.
#[must_use]
pub fn import_source(source: &Source, name: &str, decisions: &Decisions) -> Imported {
    let document = match gatelet_control::document::parse(source) {
        Ok(document) => document,
        Err(problems) => return Imported { problems, ..failed(Problem::error("")) },
    };
    if let Some(mapping) = document.as_mapping()
        && mapping.get(TEMPLATE_MARK).is_some()
        && mapping.get("openapi").is_none()
        && mapping.get("swagger").is_none()
    {
        let place = source.place(document.span);
        return failed(
            Problem::error("this is a SAM or CloudFormation template, which this version does not read yet")
                .help("give the OpenAPI definition that the template refers to")
                .at(place),
        );
    }
    let options = ImportOptions {
        api_id: identity::api_id(name, ""),
        kind: decisions.kind,
        account: decisions.account.clone(),
        region: decisions.region.clone(),
    };
    import::openapi_document(source, &document, &options)
}

/// What came of a definition that could not even be read.
#[must_use]
pub fn failed(problem: Problem) -> Imported {
    Imported { api: None, stage: None, base_path: None, decided: String::new(), problems: problem.into() }
}

/// What the machine says of a file, without its numbers.
#[must_use]
pub fn reason(error: &std::io::Error) -> String {
    use std::io::ErrorKind as Kind;
    match error.kind() {
        Kind::NotFound => "there is no such file".to_owned(),
        Kind::PermissionDenied => "permission denied".to_owned(),
        Kind::IsADirectory => "it is a directory".to_owned(),
        _ => error.to_string(),
    }
}
