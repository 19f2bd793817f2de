//! `gatelet plans`.

use clap::{Args, Subcommand};
use gatelet_control::usage::{Answer, NewPlan, Operation, PAGE_MAX, PlanChange, PlanShown};
use gatelet_core::limits::LEASE_LIFE;
use gatelet_model::{ApiId, PlanStage, StageName, Throttle, UsagePlan};
use serde_json::json;

use super::options::{
    self, Limit, MethodOption, PeriodLimit, StageOption, method_throttle, method_throttle_or_none,
    quota_or_none, throttle_or_none,
};
use super::place::{Need, Place, PlaceArguments, unexpected};
use super::shown::{document, line, plan_json, plan_text, plans_table, shown_json};
use crate::command::Failure;

/// The tag with which a plan says that nobody passes while its quota cannot be counted.
const QUOTA_TAG: &str = "gatelet:quota";
const STRICT: &str = "strict";

#[derive(Debug, Args)]
#[command(after_help = format!("\
gatelet plans create --name gold --throttle 10:20 --quota 1000/day --stage u8eys5uu5r/dev
gatelet plans update PLAN --quota 5000/day --method-throttle u8eys5uu5r/dev:/pets/GET=1:5
gatelet plans update PLAN --foreign-stage a1b2c3d4e5/prod      a stage of API Gateway, whose authorizer asks for the keys
gatelet plans update PLAN --throttle none

A throttle is RATE:BURST: requests per second, and how many at once. Throttles and quotas are each key's own, over all stages
of the plan. Periods of quotas begin in UTC: at midnight, on Sunday, on the first.

A gateway that runs notices a change within {} seconds.", LEASE_LIFE.as_secs()))]
pub(in crate::command) struct Arguments {
    #[command(subcommand)]
    action: Action,

    #[command(flatten)]
    place: PlaceArguments,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a plan
    Create(Create),
    /// List plans
    List {
        /// Only those that this key is in
        #[arg(long, value_name = "ID")]
        key: Option<String>,
    },
    /// Show a plan
    Show {
        /// The plan
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Change a plan; what is not said stays
    Update(Box<Update>),
    /// Take the keys out of a plan that opens no stage any more, and forget it
    Delete {
        /// The plan
        #[arg(value_name = "ID")]
        id: String,
    },
}

#[derive(Debug, Args)]
struct Create {
    /// Its name
    #[arg(long, value_name = "TEXT")]
    name: String,

    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,

    /// How many requests each key has per second, and how many at once
    #[arg(long, value_name = "RATE:BURST", value_parser = options::throttle, allow_hyphen_values = true)]
    throttle: Option<Throttle>,

    /// How many requests each key has by day, week or month, such as `1000/day`
    #[arg(long, value_name = "LIMIT/PERIOD", value_parser = options::quota, allow_hyphen_values = true)]
    quota: Option<PeriodLimit>,

    /// How many fewer it has in the period in which it enters the plan
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, requires = "quota")]
    offset: u32,

    /// A stage that it opens; may be given several times
    #[arg(long = "stage", value_name = "API/STAGE", value_parser = options::stage)]
    stages: Vec<StageOption>,

    /// A stage that it opens and that is not deployed here, but of API Gateway itself; may be given several times
    #[arg(long = "foreign-stage", value_name = "API/STAGE", value_parser = options::stage)]
    foreign_stages: Vec<StageOption>,

    /// What each key has for a method of such a stage; may be given several times
    #[arg(long = "method-throttle", value_name = "API/STAGE:/PATH/METHOD=RATE:BURST", value_parser = method_throttle)]
    method_throttles: Vec<MethodOption>,

    /// Let nobody pass while the quota cannot be counted
    #[arg(long)]
    strict: bool,
}

#[derive(Debug, Args)]
struct Update {
    /// The plan
    #[arg(value_name = "ID")]
    id: String,

    /// Another name
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,

    /// Another description; an empty one takes it away
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,

    /// Another throttle, or none
    #[arg(long, value_name = "RATE:BURST|none", value_parser = throttle_or_none, allow_hyphen_values = true)]
    throttle: Option<Limit<Throttle>>,

    /// Another quota, or none; what is used stays used
    #[arg(long, value_name = "LIMIT/PERIOD|none", value_parser = quota_or_none, allow_hyphen_values = true)]
    quota: Option<Limit<PeriodLimit>>,

    /// Another offset of the quota
    #[arg(long, value_name = "N")]
    offset: Option<u32>,

    /// A stage that it opens from now on; may be given several times
    #[arg(long = "stage", value_name = "API/STAGE", value_parser = options::stage)]
    stages: Vec<StageOption>,

    /// A stage that it opens from now on and that is not deployed here, but of API Gateway itself
    #[arg(long = "foreign-stage", value_name = "API/STAGE", value_parser = options::stage)]
    foreign_stages: Vec<StageOption>,

    /// A stage that it opens no more; may be given several times
    #[arg(long = "remove-stage", value_name = "API/STAGE", value_parser = options::stage)]
    removed_stages: Vec<StageOption>,

    /// Another throttle for a method of a stage, or none; may be given several times
    #[arg(
        long = "method-throttle",
        value_name = "API/STAGE:/PATH/METHOD=RATE:BURST|none",
        value_parser = method_throttle_or_none
    )]
    method_throttles: Vec<MethodOption>,

    /// Let nobody pass while the quota cannot be counted
    #[arg(long, conflicts_with = "no_strict")]
    strict: bool,

    /// Let everybody pass while the quota cannot be counted
    #[arg(long)]
    no_strict: bool,
}

pub(in crate::command) async fn run(arguments: &Arguments) -> Result<String, Failure> {
    let json = arguments.place.json;
    let place = async |need| arguments.place.open(need).await;
    match &arguments.action {
        Action::Create(create) => {
            let new = new_plan(create)?;
            let shown = shown(place(Need::New).await?.perform(Operation::CreatePlan(new)).await?)?;
            let hint = format!("# `gatelet keys create --plan {}` makes a key of it\n", shown.plan.id);
            Ok(if json { document(&shown_json(&shown)) } else { plan_text(&shown) + &hint })
        }
        Action::List { key } => {
            let plans = listed(key.as_deref(), &place(Need::Existing).await?).await?;
            Ok(list(&plans, key.as_deref(), json))
        }
        Action::Show { id } => {
            let operation = Operation::Plan { id: id.clone() };
            let shown = shown(place(Need::Existing).await?.perform(operation).await?)?;
            Ok(if json { document(&shown_json(&shown)) } else { plan_text(&shown) })
        }
        Action::Update(update) => {
            let place = place(Need::Existing).await?;
            let changes = changes(update, &place).await?;
            let operation = Operation::UpdatePlan { id: update.id.clone(), changes };
            let shown = shown(place.perform(operation).await?)?;
            Ok(if json { document(&shown_json(&shown)) } else { plan_text(&shown) })
        }
        Action::Delete { id } => {
            place(Need::Existing).await?.perform(Operation::DeletePlan { id: id.clone() }).await?;
            let told = json!({ "id": id, "deleted": true });
            Ok(if json { document(&told) } else { format!("{}  is deleted\n", line(id)) })
        }
    }
}

fn shown(answer: Answer) -> Result<PlanShown, Failure> {
    match answer {
        Answer::Plan(plan) => Ok(*plan),
        _ => Err(unexpected(&"it is no plan")),
    }
}

fn pair(StageOption { api, stage }: &StageOption) -> (ApiId, StageName) {
    (api.clone(), stage.clone())
}

pub(super) fn plan(answer: Answer) -> Result<UsagePlan, Failure> {
    shown(answer).map(|shown| shown.plan)
}

fn new_plan(create: &Create) -> Result<NewPlan, Failure> {
    let opened = |StageOption { api, stage }: &StageOption| PlanStage {
        api_id: api.clone(),
        stage: stage.clone(),
        method_throttles: Default::default(),
    };
    let named = create.stages.iter().chain(&create.foreign_stages);
    let mut stages: Vec<PlanStage> = named.map(opened).collect();
    for MethodOption { of, target, throttle } in &create.method_throttles {
        let opened = stages.iter_mut().find(|one| one.api_id == of.api && one.stage == of.stage);
        let Some(opened) = opened else {
            return Err(Failure::of_command(&format!(
                "a method of the stage `{}/{}` has a throttle, and the plan does not open it; add `--stage {0}/{1}`",
                of.api, of.stage
            )));
        };
        if let Limit::Is(throttle) = throttle {
            opened.method_throttles.insert(target.clone(), *throttle);
        }
    }
    let tag = |strict: bool| strict.then(|| (QUOTA_TAG.to_owned(), STRICT.to_owned()));
    Ok(NewPlan {
        name: create.name.clone(),
        description: create.description.clone(),
        stages,
        foreign: create.foreign_stages.iter().map(pair).collect(),
        throttle: create.throttle,
        quota: create.quota.map(|quota| quota.with_offset(create.offset)),
        tags: tag(create.strict).into_iter().collect(),
        ..NewPlan::default()
    })
}

async fn changes(update: &Update, place: &Place) -> Result<Vec<PlanChange>, Failure> {
    let mut changes = Vec::new();
    changes.extend(update.name.clone().map(PlanChange::Name));
    changes.extend(update.description.clone().map(PlanChange::Description));
    changes.extend(update.throttle.map(|throttle| PlanChange::Throttle(throttle.value())));
    changes.extend(quota(update, place).await?);
    // First go those that are to go: a stage may be taken out and put in again, without its methods' throttles.
    for (api, stage) in update.removed_stages.iter().map(pair) {
        changes.push(PlanChange::RemoveStage(api, stage));
    }
    for (api, stage) in update.stages.iter().map(pair) {
        changes.push(PlanChange::AddStage(api, stage));
    }
    for (api, stage) in update.foreign_stages.iter().map(pair) {
        changes.push(PlanChange::AddForeignStage(api, stage));
    }
    for method in &update.method_throttles {
        let (api, stage) = pair(&method.of);
        changes.push(PlanChange::MethodThrottle(api, stage, method.target.clone(), method.throttle.value()));
    }
    match (update.strict, update.no_strict) {
        (true, _) => changes.push(PlanChange::Tag(QUOTA_TAG.to_owned(), Some(STRICT.to_owned()))),
        (false, true) => changes.push(PlanChange::Tag(QUOTA_TAG.to_owned(), None)),
        (false, false) => {}
    }
    if changes.is_empty() {
        return Err(Failure::of_command(
            &"nothing is to be different; say what, as `gatelet plans update --help` tells",
        ));
    }
    Ok(changes)
}

/// The quota's change; what is not said of it stays.
async fn quota(update: &Update, place: &Place) -> Result<Option<PlanChange>, Failure> {
    if update.quota == Some(Limit::No) {
        if update.offset.is_some() {
            return Err(Failure::of_command(&"`--quota none` leaves nothing that could have an offset"));
        }
        return Ok(Some(PlanChange::Quota(None)));
    }
    if update.quota.is_none() && update.offset.is_none() {
        return Ok(None);
    }
    let before = plan(place.perform(Operation::Plan { id: update.id.clone() }).await?)?.quota;
    let (limit, offset) = match (update.quota.and_then(Limit::value), before) {
        (Some(limit), before) => (limit, before.map_or(0, |before| before.offset)),
        (None, Some(before)) => (PeriodLimit { limit: before.limit, period: before.period }, before.offset),
        (None, None) => {
            return Err(Failure::of_command(
                &"the plan has no quota that could have an offset; give one with `--quota`",
            ));
        }
    };
    Ok(Some(PlanChange::Quota(Some(limit.with_offset(update.offset.unwrap_or(offset))))))
}

async fn listed(key: Option<&str>, place: &Place) -> Result<Vec<UsagePlan>, Failure> {
    let mut plans: Vec<UsagePlan> = Vec::new();
    loop {
        let after = plans.last().map(|plan| plan.id.clone());
        let operation = Operation::Plans { key: key.map(str::to_owned), after, limit: Some(PAGE_MAX) };
        let Answer::Plans { items, has_more } = place.perform(operation).await? else {
            return Err(unexpected(&"it is no list of plans"));
        };
        let is_end = !has_more || items.is_empty();
        plans.extend(items);
        if is_end {
            return Ok(plans);
        }
    }
}

fn list(plans: &[UsagePlan], key: Option<&str>, json: bool) -> String {
    if json {
        return document(&json!({ "items": plans.iter().map(plan_json).collect::<Vec<_>>() }));
    }
    match (plans, key) {
        ([], Some(key)) => {
            format!("the key is in no plan; `gatelet keys assign {} PLAN` puts it into one\n", line(key))
        }
        ([], None) => {
            "there are no usage plans; `gatelet plans create --name NAME --stage API/STAGE` makes one\n"
                .to_owned()
        }
        (plans, _) => plans_table(plans),
    }
}
