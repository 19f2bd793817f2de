//! The bundle in a local AWS: deployed, and its role held against what it calls. What runs on this machine without AWS is not here.

mod audit;
mod authorizer;
mod cognito;
mod deploy;
mod identity;
mod meter;
mod moto;
mod services;

pub(crate) use moto::REGION;
