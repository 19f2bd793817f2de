//! Where an item stands.

use gatelet_model::{AccountId, ApiId, PartId, Region, StageName};

/// An account in a region: what APIs belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The account.
    pub account: AccountId,
    /// The region.
    pub region: Region,
}

impl Scope {
    /// The partition of an API's stages, deployments and audit trail.
    pub(super) fn api(&self, api_id: &ApiId) -> String {
        format!("{}#{}#{api_id}", self.account, self.region)
    }

    /// The partition that lists the APIs.
    pub(super) fn listing(&self) -> String {
        format!("{}#{}", self.account, self.region)
    }
}

/// The partition of what stands outside every account because its name is unique everywhere: where an API belongs, a domain,
/// an access key, a principal.
pub(crate) fn global(name: &str) -> String {
    format!("global#{name}")
}

/// What every API entry's sort key begins with.
pub(super) const API_PREFIX: &str = "api#";
/// What every stage pointer's sort key begins with.
pub(super) const STAGE_PREFIX: &str = "stage#";
/// What every audit entry's sort key begins with.
pub(super) const AUDIT_PREFIX: &str = "audit#";

pub(super) fn api(api_id: &ApiId) -> String {
    format!("{API_PREFIX}{api_id}")
}

pub(super) fn stage(name: &StageName) -> String {
    format!("{STAGE_PREFIX}{name}")
}

pub(super) fn domain(name: &str) -> String {
    format!("domain#{name}")
}

/// A deployment's head. Its chunks follow it, so that one query reads all.
pub(super) fn deployment(id: &PartId) -> String {
    format!("deployment#{id}")
}

/// A chunk. The digest of the whole is part of the key: two writers whose compressors differ never mix theirs.
pub(super) fn chunk(id: &PartId, digest: &str, position: usize) -> String {
    format!("deployment#{id}#{digest}#{position:04}")
}

/// The first and the last sort key that a deployment's items can have; ids hold no character below `#`.
pub(super) fn deployment_range(id: &PartId) -> (String, String) {
    (deployment(id), format!("deployment#{id}#~"))
}

/// Sorts by time; stage and version tell apart what happened in the same millisecond.
pub(super) fn audit(at_milliseconds: u64, stage: &StageName, version: u64, action: &str) -> String {
    format!("{AUDIT_PREFIX}{at_milliseconds:015}#{stage}#{version}#{action}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn keys_are_as_the_design_has_them() {
        let scope = Scope {
            account: AccountId::parse("123456789012").unwrap(),
            region: Region::parse("eu-west-1").unwrap(),
        };
        let api_id = ApiId::parse("abc").unwrap();
        assert_eq!(scope.api(&api_id), "123456789012#eu-west-1#abc");
        assert_eq!(stage(&StageName::parse("dev").unwrap()), "stage#dev");
        assert_eq!(global("abc"), "global#abc");
    }

    #[test]
    fn a_deployments_range_holds_its_own_items_alone() {
        let id = PartId::parse("abc").unwrap();
        let longer = PartId::parse("abcd").unwrap();
        let (first, last) = deployment_range(&id);
        let holds = |key: &str| first.as_str() <= key && key <= last.as_str();
        assert!(holds(&deployment(&id)));
        assert!(holds(&chunk(&id, "ffff", 9999)));
        assert!(!holds(&deployment(&longer)));
        assert!(!holds(&chunk(&longer, "0000", 0)));
    }
}
