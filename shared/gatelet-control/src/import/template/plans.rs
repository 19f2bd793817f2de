//! API keys and usage plans
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-usageplan.html>).

use gatelet_model::{ApiKey, ApiKeyValue, PartId, PlanStage, Problem, Quota, QuotaPeriod, UsagePlan};
use indexmap::IndexMap;

use super::ImportedApiKey;
use super::assembly::Assembly;
use super::resources::Resolved;
use super::stages::{method_target, tags, throttle};
use crate::document::{Mapping, Node};
use crate::import::intrinsics::Purpose;

/// The types of resource that are REST APIs.
pub(super) const REST_APIS: &[&str] = &["AWS::ApiGateway::RestApi", "AWS::Serverless::Api"];

pub(super) fn read(assembly: &mut Assembly<'_>) {
    for resource in assembly.of_kind("AWS::ApiGateway::UsagePlan") {
        let Some(properties) = resource.mapping() else { continue };
        assembly.reader.about(resource.logical_id.as_str());
        let id = assembly.part_id(&resource.logical_id);
        let name = resource.logical_id.clone();
        let mut plan = self::plan(assembly, id, name, &resource.properties, properties);
        let stages = properties.get("ApiStages");
        for item in stages.and_then(|node| assembly.reader.sequence(node, "ApiStages")).unwrap_or_default() {
            plan.stages.extend(plan_stage(assembly, item));
        }
        for problem in plan.problems() {
            // The author knows the plan by its name, not by the ids of what it opens.
            assembly.reader.report(resource.key_span, problem.about(resource.logical_id.as_str()));
        }
        assembly.imported.usage_plans.push(plan);
    }
    for resource in assembly.of_kind("AWS::ApiGateway::ApiKey") {
        let Some(properties) = resource.mapping() else { continue };
        assembly.reader.about(resource.logical_id.as_str());
        let value = properties.get("Value").and_then(|node| {
            let text = assembly.reader.text(node, "Value", Purpose::Expression)?;
            assembly.reader.keep(node.span, ApiKeyValue::parse(&text))
        });
        if let Some(entry) = properties.entry("StageKeys") {
            let message = "`StageKeys` opens nothing: a key opens the stages of its usage plans";
            let help =
                "add an `AWS::ApiGateway::UsagePlan` with the stage and an `AWS::ApiGateway::UsagePlanKey`";
            assembly.reader.warn(entry.key_span, message, help);
        }
        let name = assembly.text(resource, "Name").unwrap_or_else(|| resource.logical_id.clone());
        let key = ApiKey {
            id: assembly.part_id(&resource.logical_id),
            name,
            description: assembly.text(resource, "Description"),
            customer_id: assembly.text(resource, "CustomerId"),
            enabled: assembly.reader.boolean_of(properties, "Enabled").unwrap_or_default(),
            tags: tags(properties.get("Tags")),
        };
        let logical_id = resource.logical_id.clone();
        assembly.imported.api_keys.push(ImportedApiKey { logical_id, key, value, plans: Vec::new() });
    }
    for resource in assembly.of_kind("AWS::ApiGateway::UsagePlanKey") {
        assembly.reader.about(resource.logical_id.as_str());
        let key = assembly.owner(resource, "KeyId", &["AWS::ApiGateway::ApiKey"]);
        let plan = assembly.owner(resource, "UsagePlanId", &["AWS::ApiGateway::UsagePlan"]);
        if let (Some(key), Some(plan)) = (key, plan) {
            enter(assembly, resource, &key.logical_id, &plan.logical_id);
        }
    }
}

/// Puts a key into a plan, unless another plan of the key opens one of its stages: AWS would refuse that.
fn enter(assembly: &mut Assembly<'_>, resource: &Resolved, key: &str, plan: &str) {
    let id = assembly.part_id(plan);
    let imported = &mut assembly.imported;
    let Some(known) = imported.api_keys.iter_mut().find(|known| known.logical_id == key) else { return };
    if known.plans.contains(&id) {
        let message = format!("the key `{key}` is in the plan `{plan}` already");
        assembly.reader.warn(resource.key_span, message, "remove one of the two");
        return;
    }
    let stages_of = |id: &PartId| {
        let plan = imported.usage_plans.iter().find(|plan| plan.id == *id);
        plan.map(|plan| plan.stages.as_slice()).unwrap_or_default()
    };
    let is_open = |stage: &&PlanStage| {
        let same = |other: &PlanStage| other.api_id == stage.api_id && other.stage == stage.stage;
        known.plans.iter().any(|other| stages_of(other).iter().any(same))
    };
    if let Some(stage) = stages_of(&id).iter().find(is_open) {
        let problem = Problem::error(format!(
            "the key `{key}` is in two plans that open the stage `{}`: a key has one plan for a stage",
            stage.stage
        ));
        let problem = problem.help("take the key out of one plan, or the stage out of one");
        assembly.reader.report(resource.key_span, problem);
        return;
    }
    known.plans.push(id);
}

/// A plan without its stages. SAM and CloudFormation use the same names.
pub(super) fn plan<'d>(
    assembly: &mut Assembly<'d>,
    id: PartId,
    logical_id: String,
    node: &'d Node,
    mapping: &'d Mapping,
) -> UsagePlan {
    let reader = &mut assembly.reader;
    let limits = mapping.get("Throttle").filter(|node| !node.is_null());
    let limits = limits.and_then(|node| Some((node, reader.mapping(node, "Throttle")?)));
    UsagePlan {
        id,
        name: reader.text_of(mapping, "UsagePlanName", Purpose::Expression).unwrap_or(logical_id),
        description: reader.text_of(mapping, "Description", Purpose::Expression),
        stages: Vec::new(),
        throttle: limits
            .and_then(|(node, mapping)| throttle(reader, node, mapping, "RateLimit", "BurstLimit")),
        quota: quota(assembly, mapping),
        product_code: None,
        tags: tags(mapping.get("Tags").or_else(|| node.get("Tags"))),
    }
}

fn quota<'d>(assembly: &mut Assembly<'d>, mapping: &'d Mapping) -> Option<Quota> {
    let node = mapping.get("Quota").filter(|node| !node.is_null())?;
    let quota = assembly.reader.mapping(node, "Quota")?;
    let (Some(period), Some(limit)) = (
        assembly.reader.word_of(quota, "Period", QuotaPeriod::parse),
        assembly.reader.number_of(quota, "Limit"),
    ) else {
        assembly.reader.error(
            node.span,
            "a quota has a limit and a period",
            "add `Limit: 1000, Period: DAY`",
        );
        return None;
    };
    let offset = assembly.reader.number_of(quota, "Offset").unwrap_or_default();
    Some(Quota { limit, offset, period })
}

fn plan_stage<'d>(assembly: &mut Assembly<'d>, node: &'d Node) -> Option<PlanStage> {
    let mapping = assembly.reader.mapping(node, "ApiStages")?;
    let (Some(api), Some(stage)) = (mapping.get("ApiId"), mapping.get("Stage")) else {
        let help = "write `{ApiId: !Ref Api, Stage: prod}`";
        assembly.reader.error(node.span, "a stage of a plan names an API and a stage", help);
        return None;
    };
    let Some(owner) = assembly.referred(api, REST_APIS) else {
        let message = "the plan names an API that is not in this template, which is left out";
        assembly.reader.warn(api.span, message, "put both into one template");
        return None;
    };
    let name = assembly.stage_name(stage)?;
    let api = assembly.imported.apis.iter().find(|api| api.logical_id == owner.logical_id);
    // An API that could not be read has said so, and one without a stage is served under a name that the gateway chooses.
    let stages = api.map(|api| api.stages.as_slice()).unwrap_or_default();
    if !stages.is_empty() && !stages.iter().any(|one| *one.name() == name) {
        let names: Vec<_> = stages.iter().map(|one| format!("`{}`", one.name())).collect();
        let message =
            format!("the plan names the stage `{name}`, which `{}` does not have", owner.logical_id);
        let help = format!("its stages: {}", names.join(", "));
        assembly.reader.error(stage.span, message, help);
        return None;
    }
    let mut method_throttles = IndexMap::new();
    let throttles = mapping.get("Throttle").and_then(Node::as_mapping);
    for entry in throttles.into_iter().flatten() {
        let (path, method) = entry.key.rsplit_once('/').unwrap_or(("*", "*"));
        let target = assembly.reader.keep(entry.key_span, method_target(path, method));
        let limits = assembly.reader.mapping(&entry.value, &entry.key);
        if let (Some(target), Some(limits)) = (target, limits)
            && let Some(limit) =
                throttle(&mut assembly.reader, &entry.value, limits, "RateLimit", "BurstLimit")
        {
            method_throttles.insert(target, limit);
        }
    }
    Some(PlanStage { api_id: assembly.api_id(&owner.logical_id), stage: name, method_throttles })
}
