//! The bundle in a local AWS: deployed, and its role held against what it calls. What runs on this machine without AWS is not here.

mod audit;
mod deploy;
mod moto;

pub(crate) use moto::REGION;
