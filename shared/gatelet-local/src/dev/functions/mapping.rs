//! `--function NAME=DIR[:HANDLER]`: the code of a function that no template defines, or defines elsewhere.

use std::path::PathBuf;

use gatelet_control::import::FunctionDefinition;

/// Whose code is where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionMapping {
    /// The function's name, its ARN, or its name in the template.
    pub name: String,
    /// Its code.
    pub directory: PathBuf,
    /// Its handler, where it is not the template's or the usual one.
    pub handler: Option<String>,
}

impl FunctionMapping {
    /// Reads a mapping as people write it.
    ///
    /// # Errors
    /// What is wrong with it and what to do.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, code) =
            text.split_once('=')
                .filter(|(name, code)| !name.is_empty() && !code.is_empty())
                .ok_or("write the function's name and the directory of its code, as in `pets=./src`")?;
        let whole = PathBuf::from(code);
        let (directory, handler) = match code.rsplit_once(':') {
            Some((directory, handler)) if !whole.is_dir() && !handler.is_empty() => {
                (PathBuf::from(directory), Some(handler.to_owned()))
            }
            _ => (whole, None),
        };
        if !directory.is_dir() {
            return Err(format!("there is no directory `{}`; check the name", directory.display()));
        }
        Ok(Self { name: name.to_owned(), directory, handler })
    }

    /// Whether this is the code of a template's function.
    pub(super) fn means(&self, function: &FunctionDefinition) -> bool {
        let named = [&function.logical_id, &function.name, &function.arn];
        let without_qualifier = || self.name.strip_prefix(function.arn.as_str());
        named.contains(&&self.name) || without_qualifier().is_some_and(|rest| rest.starts_with(':'))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_mapping_is_a_name_and_a_directory_and_perhaps_a_handler() {
        let directory = tempfile::tempdir().unwrap();
        let shown = directory.path().display().to_string();
        let parsed = FunctionMapping::parse(&format!("pets={shown}")).unwrap();
        assert_eq!((parsed.name.as_str(), parsed.handler), ("pets", None));
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:pets";
        let parsed = FunctionMapping::parse(&format!("{arn}={shown}:src/index.handler")).unwrap();
        assert_eq!((parsed.name.as_str(), parsed.handler.as_deref()), (arn, Some("src/index.handler")));
        assert_eq!(parsed.directory, directory.path());
        for (text, why) in [
            ("pets", "write the function's name"),
            ("=x", "write the function's name"),
            ("pets=", "write the function's name"),
            ("pets=/nowhere/at/all:x.y", "no directory `/nowhere/at/all`"),
        ] {
            assert!(FunctionMapping::parse(text).unwrap_err().contains(why), "{text}");
        }
    }
}
