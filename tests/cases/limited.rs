//! The limits that a case describes.

use gatelet_core::Timestamp;
use gatelet_core::limits::{Day, LimitSettings};
use gatelet_core::ports::{ApiKeyEntry, Membership};
use gatelet_model::rest::{MethodSettings, MethodSettingsTarget, RestStage};
use gatelet_model::v2::{RouteSettings, V2Stage};
use gatelet_model::{ApiId, PartId, PlanStage, Problem, Quota, QuotaPeriod, StageName, Throttle, UsagePlan};
use gatelet_world::MemoryCredentials;

use crate::case::{Case, Plan};

/// `RATE:BURST`.
fn throttle(text: &str) -> Result<Throttle, String> {
    let (rate, burst) = text.split_once(':').ok_or_else(|| format!("`{text}` is no `RATE:BURST`"))?;
    let rate = rate.parse().map_err(|_| format!("`{rate}` is no rate"))?;
    let burst = burst.parse().map_err(|_| format!("`{burst}` is no burst"))?;
    Throttle::new(rate, burst).map_err(words)
}

#[allow(clippy::needless_pass_by_value, reason = "`map_err` gives it so")]
fn words(problem: Problem) -> String {
    problem.to_string()
}

pub(crate) fn settings(case: &Case) -> Result<LimitSettings, String> {
    let account = case.limits.account.as_deref().map(throttle).transpose()?;
    Ok(LimitSettings { account, headers: case.limits.headers })
}

pub(crate) fn limit_rest(case: &Case, stage: &mut RestStage) -> Result<(), String> {
    for (target, text) in &case.limits.stage {
        let target = MethodSettingsTarget::parse(target).map_err(words)?;
        let settings = MethodSettings { throttle: Some(throttle(text)?), ..MethodSettings::default() };
        stage.method_settings.insert(target, settings);
    }
    Ok(())
}

pub(crate) fn limit_http(case: &Case, stage: &mut V2Stage) -> Result<(), String> {
    for (route, text) in &case.limits.stage {
        let settings = RouteSettings { throttle: Some(throttle(text)?), ..RouteSettings::default() };
        match route.as_str() {
            "$stage" => stage.default_route_settings = settings,
            _ => drop(stage.route_settings.insert(route.clone(), settings)),
        }
    }
    Ok(())
}

pub(crate) fn store(
    case: &Case,
    api_id: &ApiId,
    stage: &StageName,
    credentials: &MemoryCredentials,
) -> Result<(), String> {
    for (id, plan) in &case.plans {
        credentials.insert_plan(usage_plan(id, plan, api_id, stage)?);
    }
    for (value, key) in &case.keys {
        let since = match &key.since {
            Some(day) => Day::parse(day).ok_or("`since` is no day")?.start(),
            None => Timestamp::from_milliseconds(0),
        };
        let memberships = key.plans.iter().map(|plan| Ok(Membership { plan: PartId::parse(plan)?, since }));
        let entry = ApiKeyEntry {
            id: PartId::parse(&key.id).map_err(words)?,
            name: format!("the key {}", key.id).into(),
            enabled: key.enabled.unwrap_or(true),
            memberships: memberships.collect::<Result<_, _>>().map_err(words)?,
        };
        credentials.insert_api_key(value, entry);
    }
    Ok(())
}

fn usage_plan(id: &str, plan: &Plan, api_id: &ApiId, stage: &StageName) -> Result<UsagePlan, String> {
    let methods = plan
        .methods
        .iter()
        .map(|(target, text)| Ok((MethodSettingsTarget::parse(target).map_err(words)?, throttle(text)?)));
    let stage = match &plan.stage {
        Some(other) => StageName::parse(other).map_err(words)?,
        None => stage.clone(),
    };
    let quota = plan.quota.as_deref().map(|text| {
        let (limit, period) = text.split_once('/').ok_or("a quota is `LIMIT/PERIOD`")?;
        let limit = limit.parse().map_err(|_| "a quota's limit is a number")?;
        let period = QuotaPeriod::parse(period).map_err(words)?;
        Ok::<_, String>(Quota { limit, offset: plan.offset, period })
    });
    let tags = plan.strict.then(|| ("gatelet:quota".to_owned(), "strict".to_owned()));
    Ok(UsagePlan {
        id: PartId::parse(id).map_err(words)?,
        name: format!("the plan {id}"),
        description: None,
        stages: vec![PlanStage {
            api_id: api_id.clone(),
            stage,
            method_throttles: methods.collect::<Result<_, String>>()?,
        }],
        throttle: plan.throttle.as_deref().map(throttle).transpose()?,
        quota: quota.transpose()?,
        product_code: None,
        tags: tags.into_iter().collect(),
    })
}
