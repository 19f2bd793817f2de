//! `gatelet keys`, `gatelet plans` and `gatelet usage`: each becomes operations, which a running gateway does, or this process on
//! the tables themselves.

mod chart;
pub(super) mod keys;
mod options;
mod place;
pub(super) mod plans;
mod shown;
pub(super) mod usage;

/// What stands for nothing.
const NONE: &str = "-";
/// Names of users are cut after this many characters.
const NAME_CHARACTERS_MAX: usize = 120;
