use gatelet_model::rest::MethodSettingsTarget;
use gatelet_model::{Quota, QuotaPeriod, Throttle};

use super::super::{KeyFilter, PlanChange, UsageStore};
use super::*;

fn add_stage(name: &str) -> PlanChange {
    let stage = stage("pets", name);
    PlanChange::AddStage(stage.api_id, stage.stage)
}

#[test]
fn a_plan_names_only_stages_that_exist() {
    let store = MemoryStore::default();
    for (api, name, said) in
        [("pets", "dev", "the API `pets` has no stage `dev`"), ("cats", "prod", "no API `cats`")]
    {
        let new = NewPlan { name: "p".to_owned(), stages: vec![stage(api, name)], ..NewPlan::default() };
        let (kind, message) = failure(run(operations(&store).create_plan(&new, &Pets, &mut chance())));
        assert_eq!(kind, "not found");
        assert!(message.contains(said), "{message}");
    }
}

#[test]
fn what_is_wrong_with_a_plan_is_said_at_once() {
    let store = MemoryStore::default();
    let quota = Some(Quota { limit: 1, offset: 2, period: QuotaPeriod::Day });
    let stages = vec![stage("pets", "prod"), stage("pets", "prod")];
    let new = NewPlan { quota, stages, ..NewPlan::default() };
    let (kind, message) = failure(run(operations(&store).create_plan(&new, &Pets, &mut chance())));
    assert_eq!((kind, message.lines().count()), ("bad request", 3), "{message}");
}

#[test]
fn a_stage_has_at_most_twenty_limits_for_methods() {
    let shop = shop();
    let limit = |count: usize| -> Vec<PlanChange> {
        let of = stage("pets", "prod");
        let change = |number| {
            let target = MethodSettingsTarget::parse(&format!("/pets{number}/GET")).unwrap();
            let throttle = Throttle::new(1.5, 3).unwrap();
            PlanChange::MethodThrottle(of.api_id.clone(), of.stage.clone(), target, Some(throttle))
        };
        (0..count).map(change).collect()
    };
    assert_eq!(failure(run(shop.operations().update_plan(shop.gold(), &limit(21), &Pets))).0, "bad request");
    let changed = run(shop.operations().update_plan(shop.gold(), &limit(20), &Pets)).unwrap();
    assert_eq!(changed.plan.stages[0].method_throttles.len(), 20);
    let target = MethodSettingsTarget::parse("/pets0/GET").unwrap();
    let of = stage("pets", "prod");
    let off = [PlanChange::MethodThrottle(of.api_id, of.stage, target, None)];
    let changed = run(shop.operations().update_plan(shop.gold(), &off, &Pets)).unwrap();
    assert_eq!(changed.plan.stages[0].method_throttles.len(), 19);
}

#[test]
fn a_key_has_one_plan_for_a_stage_whichever_comes_last() {
    let shop = shop();
    let [ada, _] = &shop.keys;
    run(shop.operations().add_key_to_plan(shop.gold(), ada)).unwrap();
    run(shop.operations().add_key_to_plan(shop.test(), ada)).unwrap();
    let (kind, message) =
        failure(run(shop.operations().update_plan(shop.test(), &[add_stage("prod")], &Pets)));
    assert_eq!(kind, "conflict");
    assert!(message.contains("pets:prod") && message.contains(ada.as_str()), "{message}");

    run(shop.operations().remove_key_from_plan(shop.test(), ada)).unwrap();
    run(shop.operations().update_plan(shop.test(), &[add_stage("prod")], &Pets)).unwrap();
    assert_eq!(failure(run(shop.operations().add_key_to_plan(shop.test(), ada))).0, "conflict");
    assert_eq!(failure(run(shop.operations().remove_key_from_plan(shop.test(), ada))).0, "not found");
}

#[test]
fn of_a_key_that_enters_and_a_stage_that_comes_only_one_succeeds() {
    // The plan `test` gets the stage of `gold`, while ada, who is in `gold`, enters `test`; and the other way round.
    let shop = shop();
    let [ada, bob] = shop.keys.clone();
    run(shop.operations().add_key_to_plan(shop.gold(), &ada)).unwrap();
    run(shop.operations().add_key_to_plan(shop.gold(), &bob)).unwrap();
    let (test, key) = (shop.test().to_owned(), ada.clone());
    shop.store.before_next_write(move |store| {
        run(operations(store).add_key_to_plan(&test, &key)).unwrap();
    });
    let outcome = run(shop.operations().update_plan(shop.test(), &[add_stage("prod")], &Pets));
    assert_eq!(failure(outcome).0, "conflict");

    run(shop.operations().remove_key_from_plan(shop.test(), &ada)).unwrap();
    let test = shop.test().to_owned();
    shop.store.before_next_write(move |store| {
        run(operations(store).update_plan(&test, &[add_stage("prod")], &Pets)).unwrap();
    });
    assert_eq!(failure(run(shop.operations().add_key_to_plan(shop.test(), &bob))).0, "conflict");
}

#[test]
fn of_two_plans_of_a_key_that_get_one_stage_only_one_does() {
    let shop = shop();
    let new = |name: &str| NewPlan { name: name.to_owned(), ..NewPlan::default() };
    let mut chance = chance();
    for _ in 0..8 {
        chance();
    }
    let one = run(shop.operations().create_plan(&new("one"), &Pets, &mut chance)).unwrap().plan.id;
    let two = run(shop.operations().create_plan(&new("two"), &Pets, &mut chance)).unwrap().plan.id;
    for plan in [&one, &two] {
        run(shop.operations().add_key_to_plan(plan.as_str(), &shop.keys[0])).unwrap();
    }
    shop.store.before_next_write(move |store| {
        run(operations(store).update_plan(two.as_str(), &[add_stage("prod")], &Pets)).unwrap();
    });
    let outcome = run(shop.operations().update_plan(one.as_str(), &[add_stage("prod")], &Pets));
    assert_eq!(failure(outcome).0, "conflict");
}

#[test]
fn a_plan_goes_without_stages_and_leaves_its_keys() {
    let shop = shop();
    let [ada, bob] = &shop.keys;
    for key in [ada, bob] {
        run(shop.operations().add_key_to_plan(shop.gold(), key)).unwrap();
    }
    let (kind, message) = failure(run(shop.operations().delete_plan(shop.gold())));
    assert_eq!(kind, "bad request");
    assert!(message.contains("pets:prod"), "{message}");
    let of = stage("pets", "prod");
    let gone = [PlanChange::RemoveStage(of.api_id, of.stage)];
    run(shop.operations().update_plan(shop.gold(), &gone, &Pets)).unwrap();
    assert_eq!(failure(run(shop.operations().update_plan(shop.gold(), &gone, &Pets))).0, "not found");
    run(shop.operations().delete_plan(shop.gold())).unwrap();
    let page = run(shop.operations().keys(&KeyFilter::default(), None, None, false)).unwrap();
    assert_eq!(page.items.len(), 2);
    assert!(page.items.iter().all(|one| one.stored.memberships.is_empty()));
    assert_eq!(failure(run(shop.operations().plan(shop.gold()))).0, "not found");
}

#[test]
fn plans_are_listed_also_by_key() {
    let shop = shop();
    let [ada, bob] = &shop.keys;
    for plan in [shop.gold(), shop.test()] {
        run(shop.operations().add_key_to_plan(plan, ada)).unwrap();
    }
    let listed = |key: &str, limit| run(shop.operations().plans(Some(key), None, limit)).unwrap();
    assert_eq!(listed(ada, None).items.len(), 2);
    let first = listed(ada, Some(1));
    assert!(first.has_more);
    let after = first.items[0].plan.id.clone();
    let second = run(shop.operations().plans(Some(ada), Some(&after), Some(1))).unwrap();
    assert_ne!(second.items[0].plan.id, after);
    assert!(listed(bob, None).items.is_empty());
    let members =
        run(shop.operations().plan_keys(shop.gold(), &KeyFilter::default(), None, None, true)).unwrap();
    assert_eq!(members.items.len(), 1);
    assert!(members.items[0].value.is_some());
}

#[test]
fn a_key_is_in_ten_plans_at_most() {
    let shop = shop();
    let mut chance = chance();
    for _ in 0..8 {
        chance();
    }
    for number in 0..11 {
        let new = NewPlan { name: format!("plan {number}"), ..NewPlan::default() };
        let plan = run(shop.operations().create_plan(&new, &Pets, &mut chance)).unwrap();
        let outcome = run(shop.operations().add_key_to_plan(plan.plan.id.as_str(), &shop.keys[0]));
        if number < 10 {
            let deadline = shop.operations().deadline;
            let kept = run(shop.store.key(&outcome.unwrap().key.id, deadline)).unwrap().unwrap();
            assert_eq!(kept.memberships.len(), number + 1);
        } else {
            assert_eq!(failure(outcome).0, "limit exceeded");
        }
    }
}

#[test]
fn a_foreign_stage_need_not_be_deployed() {
    let shop = shop();
    let foreign = stage("elsewhere1", "$default");
    let named = (foreign.api_id.clone(), foreign.stage.clone());
    let new = super::super::NewPlan {
        name: "outside".to_owned(),
        stages: vec![stage("pets", "prod"), foreign.clone()],
        foreign: vec![named.clone()],
        ..Default::default()
    };
    let mut chance = chance();
    for _ in 0..20 {
        chance();
    }
    let operations = shop.operations();
    let plan = run(operations.create_plan(&new, &Pets, &mut chance)).unwrap().plan;
    assert_eq!(run(operations.not_deployed(&plan, &Pets)).unwrap(), std::slice::from_ref(&named));
    let without = super::super::NewPlan { foreign: Vec::new(), ..new };
    assert_eq!(failure(run(operations.create_plan(&without, &Pets, &mut chance))).0, "not found");

    let (api_id, name) = named;
    let change = super::super::PlanChange::AddForeignStage(api_id.clone(), name.clone());
    let changed = run(operations.update_plan(shop.gold(), &[change], &Pets)).unwrap().plan;
    assert_eq!(changed.stages, [stage("pets", "prod"), foreign]);
    let change = super::super::PlanChange::AddStage(api_id, name);
    assert_eq!(failure(run(operations.update_plan(shop.test(), &[change], &Pets))).0, "not found");
}
