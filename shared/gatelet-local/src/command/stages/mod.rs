//! What a table's stages show, and the domains that lead to them: `gatelet deployments`, `gatelet rollback` and `gatelet domain`.

pub(super) mod deployments;
pub(super) mod domain;
pub(super) mod rollback;

pub(super) use deployments::moment;
