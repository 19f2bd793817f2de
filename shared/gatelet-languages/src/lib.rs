//! The small languages that API Gateway embeds in its definitions: text in, plain data out.
//!
//! A language knows its grammar and nothing of requests: what a reference stands for, and what becomes of a
//! rendered text, is for the data plane. Its one error is [`LanguageError`].
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests"))]

mod error;
pub mod heap;
pub mod iam_policy;
pub mod json;
pub mod json_path;
pub mod json_schema;
pub mod mock_status;
pub mod parameters;
pub mod selection;
pub mod uri;
pub mod vtl;

pub use error::LanguageError;
