//! A stage and the API that it shows.

use std::sync::Arc;

use gatelet_model::{
    AccountId, Api, ApiId, Deployment, PartId, Region, StageName, StagePointer, StageVariables,
};

use super::http::HttpApiSnapshot;
use super::rest::RestApiSnapshot;
use crate::record::{ApiFamily, Place};

/// A stage as it is served: its variables and the compiled API behind it.
#[derive(Debug)]
pub struct StageSnapshot {
    name: StageName,
    account_id: Arc<str>,
    region: Box<str>,
    arn_prefix: Box<str>,
    api_id: Arc<str>,
    api_name: Arc<str>,
    stage_text: Arc<str>,
    deployment_text: Arc<str>,
    deployment_id: PartId,
    version: u64,
    variables: StageVariables,
    disable_execute_api_endpoint: bool,
    api: ApiSnapshot,
}

/// A compiled API of any kind.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one for each stage, and every request reads it")]
pub enum ApiSnapshot {
    /// A REST API.
    Rest(RestApiSnapshot),
    /// An HTTP API.
    Http(HttpApiSnapshot),
    /// A WebSocket API; its data plane is not part of this version, so its stages answer nothing.
    WebSocket,
}

impl ApiSnapshot {
    /// The service that it belongs to.
    #[must_use]
    pub const fn family(&self) -> ApiFamily {
        match self {
            Self::Rest(_) => ApiFamily::Rest,
            Self::Http(_) | Self::WebSocket => ApiFamily::V2,
        }
    }
}

impl StageSnapshot {
    /// Compiles a deployment for the stage that shows it, in the account and region that the API belongs to.
    #[must_use]
    pub fn compile(
        deployment: &Deployment,
        pointer: &StagePointer,
        account: &AccountId,
        region: &Region,
    ) -> Self {
        let variables = pointer.stage.variables().clone();
        let (api, disabled) = match &deployment.api {
            Api::Rest(api) => (
                ApiSnapshot::Rest(RestApiSnapshot::compile(api, &pointer.stage)),
                api.disable_execute_api_endpoint,
            ),
            Api::Http(api) => (
                ApiSnapshot::Http(HttpApiSnapshot::compile(api, &pointer.stage)),
                api.disable_execute_api_endpoint,
            ),
            Api::WebSocket(api) => (ApiSnapshot::WebSocket, api.disable_execute_api_endpoint),
        };
        Self {
            name: pointer.stage.name().clone(),
            account_id: account.as_str().into(),
            region: region.as_str().into(),
            arn_prefix: arn_prefix(region, account, deployment.api.id(), pointer.stage.name()).into(),
            api_id: deployment.api.id().as_str().into(),
            api_name: deployment.api.name().into(),
            stage_text: pointer.stage.name().as_str().into(),
            deployment_text: deployment.id.as_str().into(),
            deployment_id: deployment.id.clone(),
            version: pointer.version,
            variables,
            disable_execute_api_endpoint: disabled,
            api,
        }
    }

    /// The stage's name.
    #[must_use]
    pub const fn name(&self) -> &StageName {
        &self.name
    }

    /// The account that the API belongs to.
    #[must_use]
    pub const fn account_id(&self) -> &Arc<str> {
        &self.account_id
    }

    /// The region that the API belongs to.
    #[must_use]
    pub const fn region(&self) -> &str {
        &self.region
    }

    /// The ARN of everything in the stage, as far as it is the same: `arn:aws:execute-api:{region}:{account}:{api-id}/{stage}/`
    /// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html>).
    #[must_use]
    pub const fn arn_prefix(&self) -> &str {
        &self.arn_prefix
    }

    /// The API's id.
    #[must_use]
    pub const fn api_id(&self) -> &Arc<str> {
        &self.api_id
    }

    /// The deployment that it shows.
    #[must_use]
    pub const fn deployment_id(&self) -> &PartId {
        &self.deployment_id
    }

    /// The pointer's version that it was compiled from.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Its variables.
    #[must_use]
    pub const fn variables(&self) -> &StageVariables {
        &self.variables
    }

    /// The compiled API.
    #[must_use]
    pub const fn api(&self) -> &ApiSnapshot {
        &self.api
    }

    /// Whether the API's own `execute-api` name is refused.
    #[must_use]
    pub const fn disables_execute_api_endpoint(&self) -> bool {
        self.disable_execute_api_endpoint
    }

    /// What the record notes of it.
    #[must_use]
    pub fn place(&self) -> Place {
        Place {
            family: self.api.family(),
            account_id: Arc::clone(&self.account_id),
            api_id: Arc::clone(&self.api_id),
            api_name: Arc::clone(&self.api_name),
            stage: Arc::clone(&self.stage_text),
            deployment_id: Arc::clone(&self.deployment_text),
            canary: false,
        }
    }
}

fn arn_prefix(region: &Region, account: &AccountId, api_id: &ApiId, stage: &StageName) -> String {
    let partition = partition(region.as_str());
    format!("arn:{partition}:execute-api:{region}:{account}:{api_id}/{stage}/")
}

/// The part of AWS's world that a region belongs to, as ARNs name it.
pub(crate) fn partition(region: &str) -> &'static str {
    match region.split_once('-').map(|(first, _)| first) {
        Some("cn") => "aws-cn",
        Some("us") if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}
