//! How much memory values take, about: enough to keep many large ones from filling an instance.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use gatelet_languages::iam_policy::Policy;

use crate::authorizers::iam::{Attached, IamIdentity, KnownKey};

/// What a part of a compiled policy takes beside its text.
const POLICY_PART_BYTES: usize = 32;

/// A value whose size is about known.
pub trait Weight {
    /// About how many bytes it takes, with all that it holds.
    fn bytes(&self) -> usize;
}

/// What a list of texts takes, with its places for them.
pub(crate) fn texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> usize {
    texts.into_iter().map(|text| text.len() + size_of::<Box<str>>()).sum()
}

impl<T: Weight> Weight for Arc<T> {
    fn bytes(&self) -> usize {
        size_of::<Self>() + (**self).bytes()
    }
}

impl<T: Weight> Weight for Option<T> {
    fn bytes(&self) -> usize {
        self.as_ref().map_or(size_of::<Self>(), T::bytes)
    }
}

impl Weight for Policy {
    /// By what its parts print: none of them takes much more than that and its place.
    fn bytes(&self) -> usize {
        let mut printed = Printed(size_of::<Self>());
        // Counting cannot fail.
        let _ = write!(printed, "{self:?}");
        printed.0
    }
}

impl Weight for Attached {
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.policies.iter().map(Policy::bytes).sum::<usize>()
    }
}

impl Weight for IamIdentity {
    fn bytes(&self) -> usize {
        let always = [&*self.account_id, &*self.user_arn, &*self.user_id];
        let known = [self.access_key.as_deref(), self.principal_org_id.as_deref()];
        size_of::<Self>() + texts(always) + texts(known.into_iter().flatten())
    }
}

impl Weight for KnownKey {
    fn bytes(&self) -> usize {
        let secrets = std::iter::once(&self.key.secret).chain(&self.key.session_token);
        size_of::<Self>()
            + self.attached.bytes()
            + self.key.identity.bytes()
            + texts(secrets.map(|secret| secret.reveal()))
            + texts(self.key.policies.iter().map(|policy| &**policy))
    }
}

/// Counts what is printed, each part of a list or of a structure with its place.
struct Printed(usize);

impl fmt::Write for Printed {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len() + if text == ", " { POLICY_PART_BYTES } else { 0 };
        Ok(())
    }
}
