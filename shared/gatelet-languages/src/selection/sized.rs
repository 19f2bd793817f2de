//! Compiled patterns of which it is known how large they are, and so what holding a text against them may cost.

use regex::{Error, Regex, RegexBuilder};

/// From which size on sizes are told apart, in bytes.
const SIZE_MIN: usize = 1 << 10;

/// How many bytes of text times bytes of pattern one step of work stands for. At worst the engine looks at every state of a pattern for every
/// byte of a text.
const BYTES_PER_STEP: usize = 1 << 14;

/// A compiled pattern, and how large it is.
#[derive(Debug, Clone)]
pub(crate) struct SizedPattern {
    regex: Regex,
    size: usize,
}

impl SizedPattern {
    /// Compiles a pattern of the `regex` crate that grows to `size_max` bytes at most.
    ///
    /// # Errors
    /// The crate's own.
    pub(crate) fn compile(pattern: &str, ignores_case: bool, size_max: usize) -> Result<Self, Error> {
        if pattern.len() > size_max {
            return Err(Error::CompiledTooBig(size_max));
        }
        // The crate does not tell how large a pattern has become, but refuses one that is larger than it may be: tried in doubling steps, all
        // of them take together twice the time of the last.
        let mut size = pattern.len().next_power_of_two().max(SIZE_MIN).min(size_max);
        loop {
            let mut builder = RegexBuilder::new(pattern);
            match builder.case_insensitive(ignores_case).size_limit(size).build() {
                Ok(regex) => return Ok(Self { regex, size }),
                Err(Error::CompiledTooBig(_)) if size < size_max => size = (size * 2).min(size_max),
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether a text has a match.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// The pattern itself, for whoever looks for its matches one by one.
    pub(crate) const fn regex(&self) -> &Regex {
        &self.regex
    }

    /// Its text, as it was compiled.
    pub(crate) fn as_str(&self) -> &str {
        self.regex.as_str()
    }

    /// How large it is, in bytes, rounded up.
    pub(crate) const fn size(&self) -> usize {
        self.size
    }

    /// How many steps of work it stands for to hold it against a text.
    pub(crate) const fn steps(&self, text: &str) -> u64 {
        1 + (text.len() as u64) * (self.size as u64) / (BYTES_PER_STEP as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_larger_a_pattern_and_a_text_the_more_it_costs() {
        let compiled = |pattern: &str| SizedPattern::compile(pattern, false, 1 << 18).unwrap();
        let cost = |pattern: &str, length: usize| compiled(pattern).steps(&"x".repeat(length));
        assert_eq!(compiled("^a+$").size(), SIZE_MIN);
        assert_eq!(cost("^a+$", 0), 1);
        assert_eq!(cost("^a+$", 1 << 20), 1 + (1 << 16));
        assert!(compiled("[a-z]{900}").size() > 100 * compiled("[a-z]{3}").size() / 3);
        assert!(cost("[a-z]{900}", 1 << 20) > 1 << 21);
    }

    #[test]
    fn what_grows_beyond_its_limit_is_refused() {
        for pattern in ["[a-z]{900}", &"a".repeat(5000)] {
            let error = SizedPattern::compile(pattern, false, 1 << 12).unwrap_err();
            assert!(matches!(error, Error::CompiledTooBig(_)), "{error}");
        }
        assert!(SizedPattern::compile("(", false, 1 << 12).is_err());
    }
}
