use gatelet_model::{ApiKey, ApiKeyValue, PartId, UsagePlan};

use super::super::{Applied, KeyChanges, KeyFilter, KeyWithValue, Surplus, TemplateOwner};
use super::*;
use crate::import::ImportedApiKey;

fn owner(apis: &[&str]) -> TemplateOwner {
    TemplateOwner::new("template.yaml", apis.iter().map(|id| ApiId::parse(id).unwrap()))
}

fn id(name: &str) -> PartId {
    PartId::parse(name).unwrap()
}

fn plan(name: &str, stages: &[&str]) -> UsagePlan {
    UsagePlan {
        id: id(name),
        name: name.to_owned(),
        description: None,
        stages: stages.iter().map(|name| stage("pets", name)).collect(),
        throttle: None,
        quota: None,
        product_code: None,
        tags: IndexMap::new(),
    }
}

fn key(name: &str, value: Option<&str>, plans: &[&str]) -> ImportedApiKey {
    let key = ApiKey {
        id: id(name),
        name: name.to_owned(),
        description: None,
        customer_id: None,
        enabled: true,
        tags: IndexMap::new(),
    };
    let value = value.map(|value| ApiKeyValue::parse(value).unwrap());
    ImportedApiKey {
        logical_id: name.to_owned(),
        key,
        value,
        plans: plans.iter().map(|name| id(name)).collect(),
    }
}

fn apply(
    store: &MemoryStore,
    keys: &[ImportedApiKey],
    plans: &[UsagePlan],
) -> Result<Applied, OperationError> {
    apply_as(&owner(&["pets"]), store, keys, plans, Surplus::Deleted)
}

fn apply_as(
    owner: &TemplateOwner,
    store: &MemoryStore,
    keys: &[ImportedApiKey],
    plans: &[UsagePlan],
    surplus: Surplus,
) -> Result<Applied, OperationError> {
    let mut chance = chance();
    for _ in 0..40 {
        chance();
    }
    run(operations(store).apply_template(owner, keys, plans, surplus, &mut chance))
}

fn kept(store: &MemoryStore, name: &str) -> KeyWithValue {
    run(operations(store).key(name, true)).unwrap()
}

fn plans_of(store: &MemoryStore, name: &str) -> Vec<String> {
    kept(store, name).stored.memberships.iter().map(|one| one.plan.to_string()).collect()
}

#[test]
fn applying_again_changes_nothing_and_keeps_values() {
    let store = MemoryStore::default();
    let (keys, plans) = ([key("ada", None, &["gold"])], [plan("gold", &["prod"])]);
    let first = apply(&store, &keys, &plans).unwrap();
    assert_eq!((first.changed_plans.as_slice(), first.keys[0].is_changed), (&[id("gold")][..], true));
    let before = kept(&store, "ada");
    assert_eq!(before.value.as_ref().unwrap().expose().len(), 40);
    let again = apply(&store, &keys, &plans).unwrap();
    assert!(again.changed_plans.is_empty() && again.removed.is_empty() && !again.keys[0].is_changed);
    assert_eq!(kept(&store, "ada"), before);
}

#[test]
fn what_the_template_gives_replaces_what_was_there() {
    let store = MemoryStore::default();
    let plans = [plan("gold", &["prod"]), plan("test", &["test"])];
    apply(&store, &[key("ada", None, &["gold"])], &plans).unwrap();
    let value = "a".repeat(20);
    let mut changed = key("ada", Some(&value), &["test"]);
    changed.key.enabled = false;
    let applied = apply(&store, &[changed], &plans).unwrap();
    assert!(applied.keys[0].is_changed);
    let now = kept(&store, "ada");
    assert_eq!(now.value.unwrap().expose(), value);
    assert!(!now.stored.key.enabled);
    assert_eq!(plans_of(&store, "ada"), ["test"]);
    // Without a value in the template the last one stays.
    apply(&store, &[key("ada", None, &["test"])], &plans).unwrap();
    assert_eq!(kept(&store, "ada").value.unwrap().expose(), value);
}

#[test]
fn what_left_the_template_goes_and_nothing_else() {
    let shop = shop();
    let store = &shop.store;
    let [by_hand, _] = &shop.keys;
    let plans = [plan("one", &["prod"]), plan("two", &["test"])];
    let keys = [key("ada", None, &["one"]), key("eve", None, &["one", "two"])];
    apply(store, &keys, &plans).unwrap();
    run(operations(store).add_key_to_plan("one", by_hand)).unwrap();
    run(operations(store).add_key_to_plan(shop.test(), "ada")).unwrap();

    let applied = apply(store, &[key("ada", None, &["two"])], &[plan("two", &[])]).unwrap();
    assert_eq!(applied.removed, [id("eve"), id("one")]);
    assert_eq!(failure(run(operations(store).key("eve", false))).0, "not found");
    assert_eq!(failure(run(operations(store).plan("one"))).0, "not found");
    assert!(plans_of(store, by_hand).is_empty());
    assert_eq!(plans_of(store, "ada"), [shop.test(), "two"], "what somebody else put it into stays");
    let all = run(operations(store).keys(&KeyFilter::default(), None, None, false)).unwrap();
    assert_eq!(all.items.len(), 3);
    assert_eq!(run(operations(store).plan(shop.gold())).unwrap(), shop.gold);
}

#[test]
fn a_stage_moves_from_one_plan_of_a_key_to_another() {
    let store = MemoryStore::default();
    let keys = [key("ada", None, &["one", "two"])];
    apply(&store, &keys, &[plan("one", &["prod"]), plan("two", &["test"])]).unwrap();
    apply(&store, &keys, &[plan("one", &["test"]), plan("two", &["prod"])]).unwrap();
    let stages = |name| run(operations(&store).plan(name)).unwrap().plan.stages;
    assert_eq!((stages("one"), stages("two")), (vec![stage("pets", "test")], vec![stage("pets", "prod")]));
}

#[test]
fn nothing_of_others_is_taken_over() {
    let shop = shop();
    let mine = plan(shop.gold(), &["prod"]);
    assert_eq!(failure(apply(&shop.store, &[], &[mine])).0, "conflict");
    assert_eq!(failure(apply(&shop.store, &[key(&shop.keys[0], None, &[])], &[])).0, "conflict");
    let value = kept(&shop.store, &shop.keys[0]).value.unwrap();
    let (kind, message) = failure(apply(&shop.store, &[key("ada", Some(value.expose()), &[])], &[]));
    assert_eq!(kind, "conflict");
    assert!(!message.contains(value.expose()), "{message}");
}

#[test]
fn a_value_and_a_plan_change_together_after_a_plan_was_entered_by_others() {
    let store = MemoryStore::default();
    let plans = [plan("one", &["prod"]), plan("two", &["test"])];
    apply(&store, &[key("ada", None, &["one"])], &plans).unwrap();
    store.before_next_write(|store| {
        let changes = super::super::KeyChanges { name: Some("x".to_owned()), ..Default::default() };
        run(operations(store).update_key("ada", &changes)).unwrap();
    });
    let value = "b".repeat(24);
    apply(&store, &[key("ada", Some(&value), &["one", "two"])], &plans).unwrap();
    let now = kept(&store, "ada");
    assert_eq!((now.stored.key.name.as_str(), now.value.unwrap().expose()), ("ada", value.as_str()));
    assert_eq!(plans_of(&store, "ada"), ["one", "two"]);
}

#[test]
fn templates_of_one_name_leave_each_other_alone() {
    let store = MemoryStore::default();
    let (pets, shop) = (owner(&["pets", "birds"]), owner(&["shop"]));
    let apply = |of: &TemplateOwner, keys: &[ImportedApiKey], plans: &[UsagePlan]| {
        apply_as(of, &store, keys, plans, Surplus::Deleted)
    };
    apply(&pets, &[key("ada", None, &["one"])], &[plan("one", &["prod"])]).unwrap();
    apply(&shop, &[key("bob", Some(&"b".repeat(20)), &["two"])], &[plan("two", &["prod"])]).unwrap();
    assert_eq!(kept(&store, "ada").stored.memberships.len(), 1);
    let taken = [plan("one", &[])];
    let keys = [key("ada", None, &[])];
    for (message, outcome) in [
        ("API key `ada` belongs to `template.yaml` with the APIs `birds`, `pets`", apply(&shop, &keys, &[])),
        ("usage plan `one` belongs to", apply(&shop, &[], &taken)),
    ] {
        let (kind, said) = failure(outcome);
        assert!(kind == "conflict" && said.contains(message), "{said}");
    }
    // A template that gets and loses APIs is the same one as long as one of them stays each time.
    let plans = [plan("one", &["prod"])];
    for apis in [&["birds"][..], &["birds", "fish"], &["fish"]] {
        let applied = apply(&owner(apis), &[key("ada", None, &["one"])], &plans).unwrap();
        assert!(applied.changed_plans.is_empty() && !applied.keys[0].is_changed, "{apis:?}");
    }
    assert_eq!(apply(&pets, &[], &[]).unwrap().removed, []);
    assert_eq!(apply(&owner(&["fish"]), &[], &[]).unwrap().removed, [id("ada"), id("one")]);
}

#[test]
fn what_left_the_template_is_kept_where_nobody_asks_for_more() {
    let store = MemoryStore::default();
    let of = owner(&["pets"]);
    let plans = [plan("one", &["prod"]), plan("two", &[])];
    apply(&store, &[key("ada", None, &["one"]), key("eve", None, &["one"])], &plans).unwrap();
    let value = kept(&store, "eve").value;
    let moved = [key("ada", None, &["two"])];
    let applied = apply_as(&of, &store, &moved, &[plan("two", &["prod"])], Surplus::Kept).unwrap();
    assert_eq!((applied.removed, applied.surplus), (vec![], vec![id("eve"), id("one")]));
    assert_eq!(kept(&store, "eve").value, value);
    assert_eq!(
        (plans_of(&store, "eve"), plans_of(&store, "ada")),
        (vec!["one".to_owned()], vec!["two".to_owned()])
    );
    let applied = apply_as(&of, &store, &moved, &[plan("two", &["prod"])], Surplus::Deleted).unwrap();
    assert_eq!((applied.removed, applied.surplus), (vec![id("eve"), id("one")], vec![]));
}

#[test]
fn a_revoked_key_stays_so() {
    let store = MemoryStore::default();
    let keys = [key("ada", None, &[])];
    assert!(!apply(&store, &keys, &[]).unwrap().keys[0].stays_disabled);
    let set = |enabled| {
        let changes = KeyChanges { enabled: Some(enabled), ..KeyChanges::default() };
        run(operations(&store).update_key("ada", &changes)).unwrap();
    };
    set(false);
    let mut renamed = key("ada", None, &[]);
    renamed.key.name = "partner".to_owned();
    for (wanted, is_changed) in [(&keys[0], false), (&renamed, true)] {
        let applied = apply(&store, std::slice::from_ref(wanted), &[]).unwrap();
        assert_eq!((applied.keys[0].is_changed, applied.keys[0].stays_disabled), (is_changed, true));
        assert!(!kept(&store, "ada").stored.key.enabled);
    }
    set(true);
    assert!(!apply(&store, &keys, &[]).unwrap().keys[0].stays_disabled);
    assert!(kept(&store, "ada").stored.key.enabled);
}
