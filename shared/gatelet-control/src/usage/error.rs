//! Why an operation was refused, in AWS's kinds.

use gatelet_core::ports::PortError;
use gatelet_model::{Problem, Problems};

use super::ATTEMPTS_MAX;

/// Why an operation was refused.
#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    /// What it is about is not there (AWS: `NotFoundException`, 404).
    #[error("{0}")]
    NotFound(String),
    /// It contradicts something that is there (AWS: `ConflictException`, 409).
    #[error("{0}")]
    Conflict(String),
    /// What was given cannot be used (AWS: `BadRequestException`, 400).
    #[error("{}", lines(.0))]
    BadRequest(Problems),
    /// There would be too many (AWS: `LimitExceededException`, 429).
    #[error("{0}")]
    LimitExceeded(String),
    /// Others changed the same all the while.
    #[error("others changed the same {ATTEMPTS_MAX} times meanwhile; do it again")]
    Contended,
    /// The store failed. What it was asked for last may have happened all the same.
    #[error(transparent)]
    Store(#[from] PortError),
}

impl From<Problem> for OperationError {
    fn from(problem: Problem) -> Self {
        Self::BadRequest(problem.into())
    }
}

impl OperationError {
    pub(super) fn no_key(id: &str) -> Self {
        Self::NotFound(format!("there is no API key with the id `{}`", id.escape_debug()))
    }

    pub(super) fn no_plan(id: &str) -> Self {
        Self::NotFound(format!("there is no usage plan with the id `{}`", id.escape_debug()))
    }

    pub(super) fn not_in_plan(key: &str, plan: &str) -> Self {
        Self::NotFound(format!("the API key `{key}` is not in the usage plan `{plan}`"))
    }
}

/// Nothing, or all that is wrong.
pub(super) fn all_right(problems: Problems) -> Result<(), OperationError> {
    if problems.has_errors() { Err(OperationError::BadRequest(problems)) } else { Ok(()) }
}

fn lines(problems: &Problems) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
