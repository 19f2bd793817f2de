//! `Auth: {UsagePlan: ...}`: a plan and a key that SAM makes for one API, or shared by several
//! (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-apiusageplan.html>).

use gatelet_model::{ApiKey, PlanStage, Stage};
use indexmap::IndexMap;

use super::super::ImportedApiKey;
use super::super::assembly::Assembly;
use super::super::plans;
use super::super::resources::Resolved;
use crate::document::{Mapping, Node};

/// What SAM calls the plan and the key that several APIs share.
const SHARED_PLAN: &str = "ServerlessUsagePlan";
const SHARED_KEY: &str = "ServerlessApiKey";

pub(super) fn read<'d>(
    assembly: &mut Assembly<'d>,
    resource: &'d Resolved,
    properties: &'d Mapping,
    stages: &[Stage],
) {
    let Some(node) = properties.get("Auth").and_then(|auth| auth.get("UsagePlan")) else { return };
    let Some(mapping) = assembly.reader.mapping(node, "UsagePlan") else { return };
    let (plan_name, key_name) = match mapping.get("CreateUsagePlan").and_then(Node::as_str) {
        Some("NONE") => return,
        Some("PER_API") => {
            (format!("{}UsagePlan", resource.logical_id), format!("{}ApiKey", resource.logical_id))
        }
        Some("SHARED") => (SHARED_PLAN.to_owned(), SHARED_KEY.to_owned()),
        _ => {
            let message = "the usage plan does not say for what it is made";
            assembly.reader.error(node.span, message, "add `CreateUsagePlan: PER_API`, SHARED or NONE");
            return;
        }
    };
    let Some(stage) = stages.first() else { return };
    let stage = PlanStage {
        api_id: assembly.api_id(&resource.logical_id),
        stage: stage.name().clone(),
        method_throttles: IndexMap::new(),
    };
    let id = assembly.part_id(&plan_name);
    if let Some(plan) = assembly.imported.usage_plans.iter_mut().find(|plan| plan.id == id) {
        plan.stages.push(stage);
        return;
    }
    let mut plan = plans::plan(assembly, id.clone(), plan_name, node, mapping);
    plan.stages.push(stage);
    for problem in plan.problems() {
        assembly.reader.report(node.span, problem);
    }
    assembly.imported.usage_plans.push(plan);
    let key = ApiKey {
        id: assembly.part_id(&key_name),
        name: key_name.clone(),
        description: None,
        customer_id: None,
        enabled: true,
        tags: IndexMap::new(),
    };
    let plans = vec![id];
    assembly.imported.api_keys.push(ImportedApiKey { logical_id: key_name, key, value: None, plans });
}
