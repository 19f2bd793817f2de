//! Which definition files the user means, and what stands beside them.

use std::path::{Path, PathBuf};

use super::settings::{self, Settings};
use crate::definition::EXTENSIONS;

/// What a directory's definition may be called, the first that is there: a template refers to the others.
const STEMS: [&str; 3] = ["template", "openapi", "swagger"];

/// A definition file as it is served.
#[derive(Debug, Clone)]
pub struct DefinitionFile {
    /// Where it is.
    pub path: PathBuf,
    /// How it is called: its path from the current directory, which its API's id follows from.
    pub name: String,
    /// Which of the projects it belongs to.
    pub project: usize,
}

/// The definitions of one directory, and its settings.
#[derive(Debug, Clone, Default)]
pub struct Project {
    /// The directory.
    pub directory: PathBuf,
    /// What its `dev.toml` says.
    pub settings: Settings,
}

/// Everything that the user gave.
#[derive(Debug, Clone, Default)]
pub struct Projects {
    /// The definition files, in the order given.
    pub files: Vec<DefinitionFile>,
    /// Their directories.
    pub projects: Vec<Project>,
}

/// Why what the user gave is not a definition. Each names what to do.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// Nothing has the name.
    #[error("there is no file or directory `{0}`; check the name")]
    Missing(String),
    /// The file's name ends in something else.
    #[error("`{0}` does not end in .yaml, .yml or .json; give an OpenAPI definition or a template")]
    UnknownExtension(String),
    /// The directory holds none of the names.
    #[error(
        "the directory `{0}` holds no template.*, openapi.* or swagger.* (.yaml, .yml or .json); name the file itself"
    )]
    NothingThere(String),
    /// The directory holds several.
    #[error("the directory `{directory}` holds {found}; name the one that is meant")]
    Several {
        /// The directory.
        directory: String,
        /// Its definitions.
        found: String,
    },
    /// The settings cannot be used.
    #[error(transparent)]
    Settings(#[from] settings::SettingsError),
    /// The machine does not tell where we are.
    #[error("the current directory cannot be read: {0}")]
    NoCurrentDirectory(std::io::Error),
}

impl Projects {
    /// Finds the definitions that `given` names.
    ///
    /// # Errors
    /// The first [`ProjectError`].
    pub fn find(given: &[PathBuf]) -> Result<Self, ProjectError> {
        let mut projects = Self::default();
        for path in given {
            let shown = path.display().to_string();
            let metadata = std::fs::metadata(path).map_err(|_| ProjectError::Missing(shown.clone()))?;
            if metadata.is_dir() {
                projects.add_directory(path)?;
            } else if has_extension(path) {
                let project = projects.project(path.parent().unwrap_or(Path::new("")))?;
                projects.add_file(path.clone(), project)?;
            } else {
                return Err(ProjectError::UnknownExtension(shown));
            }
        }
        Ok(projects)
    }

    fn add_directory(&mut self, directory: &Path) -> Result<(), ProjectError> {
        let number = self.project(directory)?;
        let named: Vec<PathBuf> = self.projects.get(number).map_or_else(Vec::new, |project| {
            project.settings.definitions.iter().map(|name| directory.join(name)).collect()
        });
        if named.is_empty() {
            return self.add_file(the_definition(directory)?, number);
        }
        for path in named {
            if !path.is_file() {
                return Err(ProjectError::Missing(path.display().to_string()));
            }
            self.add_file(path, number)?;
        }
        Ok(())
    }

    fn add_file(&mut self, path: PathBuf, project: usize) -> Result<(), ProjectError> {
        let name = name(&path)?;
        if self.files.iter().all(|file| file.name != name) {
            self.files.push(DefinitionFile { path, name, project });
        }
        Ok(())
    }

    /// The number of a directory's project.
    fn project(&mut self, directory: &Path) -> Result<usize, ProjectError> {
        let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
        if let Some(number) = self.projects.iter().position(|project| project.directory == directory) {
            return Ok(number);
        }
        let settings = Settings::beside(directory)?;
        self.projects.push(Project { directory: directory.to_owned(), settings });
        Ok(self.projects.len() - 1)
    }
}

fn has_extension(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known)))
}

/// The one definition of a directory.
fn the_definition(directory: &Path) -> Result<PathBuf, ProjectError> {
    for stem in STEMS {
        let mut found = EXTENSIONS.map(|extension| directory.join(format!("{stem}.{extension}"))).to_vec();
        found.retain(|path| path.is_file());
        if found.len() > 1 {
            let names: Vec<String> = found
                .iter()
                .filter_map(|path| path.file_name())
                .map(|name| format!("`{}`", name.to_string_lossy()))
                .collect();
            let directory = directory.display().to_string();
            return Err(ProjectError::Several { directory, found: names.join(" and ") });
        }
        if let Some(path) = found.pop() {
            return Ok(path);
        }
    }
    Err(ProjectError::NothingThere(directory.display().to_string()))
}

/// A file's path from the current directory, with forward slashes; absolute where it lies elsewhere. However the user
/// wrote it, the name is the same, and with it the API's id.
fn name(path: &Path) -> Result<String, ProjectError> {
    let current = std::env::current_dir().map_err(ProjectError::NoCurrentDirectory)?;
    let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let (path, current) = (real(path), real(&current));
    let shown = path.strip_prefix(&current).unwrap_or(&path);
    Ok(shown.to_string_lossy().replace('\\', "/"))
}

#[cfg(test)]
mod tests;
