//! Whether something holds, where it may be impossible to say.

use std::ops::Not;

/// The three answers. What cannot be said counts against the caller: a statement that denies applies then, and one
/// that allows does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Yes,
    No,
    Unknown,
}

impl From<bool> for Verdict {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

impl Not for Verdict {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
        }
    }
}

impl Verdict {
    /// Whether all hold. Asks no further than the first that does not.
    pub(super) fn all(verdicts: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::Yes;
        for verdict in verdicts {
            match verdict {
                Self::No => return Self::No,
                Self::Unknown => all = Self::Unknown,
                Self::Yes => {}
            }
        }
        all
    }

    /// Whether any holds. Asks no further than the first that does.
    pub(super) fn any(verdicts: impl IntoIterator<Item = Self>) -> Self {
        !Self::all(verdicts.into_iter().map(Not::not))
    }
}
