//! Policies from files.

use std::io::Write as _;
use std::path::PathBuf;

use gatelet_control::access_keys::{POLICIES_MAX, policy};
use gatelet_model::Problems;

use crate::command::{DEFINITIONS_AT_FAULT, Failure};
use crate::definition::Rendering;

/// Reads the policies in files; every problem is shown at its place, and none is taken where one has a problem.
pub(super) fn read(files: &[PathBuf]) -> Result<Vec<Box<str>>, Failure> {
    if files.len() > POLICIES_MAX {
        return Err(Failure::of_command(&format!("more than {POLICIES_MAX} policies are given: join some")));
    }
    let mut problems = Problems::new();
    let mut policies = Vec::with_capacity(files.len());
    for file in files {
        let name = file.display().to_string();
        let bytes = std::fs::read(file)
            .map_err(|error| Failure::of_command(&format!("the policy `{name}` cannot be read: {error}")))?;
        match policy(&name, &bytes) {
            Ok(policy) => policies.push(policy),
            Err(problem) => problems.push(problem.about(format!("policy `{name}`"))),
        }
    }
    if problems.is_empty() {
        return Ok(policies);
    }
    let said = Rendering { colour: true }.all(&problems);
    // Standard error that is closed is nothing to fail for.
    let _ = anstream::stderr().write_all(said.as_bytes());
    let message = "nothing is stored; correct the policies above".to_owned();
    Err(Failure { message, code: DEFINITIONS_AT_FAULT })
}
