//! Definition files as the command shows them: reading one, its problems, its routes and functions, and what an edit
//! changed.
//! What a definition means is `gatelet-control`'s.

mod changes;
mod domains;
mod file;
mod invoked;
mod links;
mod problems;
mod routes;
mod stages;
mod table;

pub use changes::{Change, additions, changes};
pub use domains::{OtherTrustStore, TrustStore, Unserved, unserved};
pub use file::{
    Decisions, Defined, DefinedStages, Definition, Reference, import_file, import_source, read,
    unknown_parameters,
};
pub use invoked::invoked_functions;
pub use links::unled_links;
pub use problems::{Rendering, counted};
pub use routes::{Route, routes};
pub use stages::stages;
pub use table::{functions_table, listing, table, whole_listing};

/// Endings of files that can be definitions.
pub const EXTENSIONS: [&str; 3] = ["yaml", "yml", "json"];

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

#[cfg(test)]
mod tests;
