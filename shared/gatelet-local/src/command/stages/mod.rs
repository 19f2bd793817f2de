//! What a table's stages show: `gatelet deployments` and `gatelet rollback`.

pub(super) mod deployments;
pub(super) mod rollback;

pub(super) use deployments::moment;
