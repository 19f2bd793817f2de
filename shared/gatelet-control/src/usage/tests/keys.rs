use super::super::{
    Answer, Failure, GivenValue, KeyChanges, KeyFilter, NewApiKey, Operation, PlanChange, perform,
};
use super::*;

const VALUE: &str = "s3cretS3cretS3cretS3cret";

fn with_value(value: &str) -> NewApiKey {
    NewApiKey { value: Some(GivenValue(value.to_owned())), ..NewApiKey::default() }
}

#[test]
fn a_made_up_key_looks_like_one_of_aws() {
    let store = MemoryStore::default();
    let made = run(operations(&store).create_key(&NewApiKey::default(), &mut chance())).unwrap();
    let value = made.value.unwrap();
    assert_eq!(value.expose().len(), 40);
    assert!(value.expose().bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let id = made.stored.key.id.as_str();
    assert_eq!(id.len(), 10);
    assert!(id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()));
    assert!(!made.stored.key.enabled, "as on AWS, unless it is said");
}

#[test]
fn an_id_that_is_taken_is_drawn_again() {
    let store = MemoryStore::default();
    let mut draws = [1, 1, 2].into_iter();
    let mut unlucky = || [draws.next().unwrap(); CHANCE_BYTES];
    let first = run(operations(&store).create_key(&with_value(VALUE), &mut unlucky)).unwrap();
    let other = with_value(&VALUE.repeat(2));
    let second = run(operations(&store).create_key(&other, &mut unlucky)).unwrap();
    assert_ne!(first.stored.key.id, second.stored.key.id);
}

#[test]
fn two_keys_never_share_a_value_and_nothing_repeats_it() {
    let store = MemoryStore::default();
    let (operations, mut chance) = (operations(&store), chance());
    let made = run(operations.create_key(&with_value(VALUE), &mut chance)).unwrap();
    let (kind, message) = failure(run(operations.create_key(&with_value(VALUE), &mut chance)));
    assert_eq!(kind, "conflict");
    assert!(!message.contains(VALUE), "{message}");
    for short in ["tooshort", "with space with space"] {
        let (kind, message) = failure(run(operations.create_key(&with_value(short), &mut chance)));
        assert_eq!(kind, "bad request");
        assert!(!message.contains(short), "{message}");
    }
    assert!(!format!("{made:?} {:?}", with_value(VALUE)).contains(VALUE));
    assert_eq!(store.number_of_keys(), 1);
}

#[test]
fn all_that_is_wrong_with_a_key_is_said_at_once() {
    let store = MemoryStore::default();
    let mut new = NewApiKey { name: "n".repeat(1_025), ..with_value("short") };
    new.tags.insert("aws:mine".to_owned(), String::new());
    let Err(OperationError::BadRequest(problems)) = run(operations(&store).create_key(&new, &mut chance()))
    else {
        panic!("it is refused");
    };
    assert_eq!(problems.len(), 3, "{problems:?}");
}

#[test]
fn keys_are_listed_by_name_and_customer_in_pages() {
    let store = MemoryStore::default();
    let (operations, mut chance) = (operations(&store), chance());
    for (name, customer) in
        [("ada", Some("c1")), ("adam", None), ("bob", Some("c1")), ("carl", None), ("ad", None)]
    {
        let customer_id = customer.map(str::to_owned);
        let new = NewApiKey { name: name.to_owned(), customer_id, ..NewApiKey::default() };
        run(operations.create_key(&new, &mut chance)).unwrap();
    }
    let listed = |filter: &KeyFilter, limit: Option<usize>| {
        let (mut names, mut after, mut pages) = (Vec::new(), None, 0);
        loop {
            let page = run(operations.keys(filter, after.as_ref(), limit, false)).unwrap();
            assert!(page.items.iter().all(|one| one.value.is_none()), "only where asked for");
            pages += 1;
            after = page.items.last().map(|one| one.stored.key.id.clone());
            names.extend(page.items.into_iter().map(|one| one.stored.key.name));
            if !page.has_more {
                names.sort();
                return (names, pages);
            }
        }
    };
    assert_eq!(listed(&KeyFilter::default(), None).0.len(), 5);
    let by_name = KeyFilter { name_prefix: Some("ada".to_owned()), customer_id: None };
    assert_eq!(listed(&by_name, None).0, ["ada", "adam"]);
    let by_customer = KeyFilter { name_prefix: None, customer_id: Some("c1".to_owned()) };
    assert_eq!(listed(&by_customer, Some(1)).0, ["ada", "bob"]);
    assert!(listed(&KeyFilter::default(), Some(2)).1 >= 3);
}

#[test]
fn a_change_is_tried_again_on_what_another_one_left() {
    let shop = shop();
    let id = shop.keys[0].clone();
    let other = id.clone();
    shop.store.before_next_write(move |store| {
        let disabled = KeyChanges { enabled: Some(false), ..KeyChanges::default() };
        run(operations(store).update_key(&other, &disabled)).unwrap();
    });
    let changes = KeyChanges {
        name: Some("ada lovelace".to_owned()),
        description: Some("the first".to_owned()),
        ..KeyChanges::default()
    };
    let changed = run(shop.operations().update_key(&id, &changes)).unwrap();
    assert_eq!((changed.key.name.as_str(), changed.key.enabled, changed.version), ("ada lovelace", false, 3));
    let none = KeyChanges { description: Some(String::new()), ..KeyChanges::default() };
    assert_eq!(run(shop.operations().update_key(&id, &none)).unwrap().key.description, None);
    run(shop.operations().delete_key(&id)).unwrap();
    assert_eq!(failure(run(shop.operations().delete_key(&id))).0, "not found");
    assert_eq!(failure(run(shop.operations().key("No Id", true))).0, "not found");
}

#[test]
fn operations_are_data_and_show_values_only_where_asked() {
    let shop = shop();
    let send = |operation: Operation| -> Result<Answer, Failure> {
        let text = serde_json::to_string(&operation).unwrap();
        let read: Operation = serde_json::from_str(&text).unwrap();
        assert_eq!(read, operation);
        let outcome =
            run(perform(&shop.operations(), read, &Pets, &|| today().after(1).start(), &mut chance()));
        let text = serde_json::to_string(&outcome).unwrap();
        assert_eq!(serde_json::from_str::<Result<Answer, Failure>>(&text).unwrap(), outcome);
        outcome
    };
    let Ok(Answer::Key(hidden)) = send(Operation::Key { id: shop.keys[0].clone(), with_value: false }) else {
        panic!("a key");
    };
    assert_eq!(hidden.value, None);
    let Ok(Answer::Key(shown)) = send(Operation::Key { id: shop.keys[0].clone(), with_value: true }) else {
        panic!("a key");
    };
    assert_eq!(shown.value.unwrap().0.len(), 40);
    let change = PlanChange::Description("better".to_owned());
    let update = Operation::UpdatePlan { id: shop.gold().to_owned(), changes: vec![change] };
    assert!(
        matches!(send(update), Ok(Answer::Plan(plan)) if plan.plan.description.as_deref() == Some("better"))
    );
    let enter = Operation::AddKeyToPlan { plan: shop.gold().to_owned(), key: shop.keys[0].clone() };
    assert!(matches!(send(enter.clone()), Ok(Answer::Key(key)) if key.plans.len() == 1));
    assert!(matches!(send(enter), Err(Failure::Conflict(_))));
    let delete = Operation::DeletePlan { id: shop.gold().to_owned() };
    assert!(matches!(send(delete), Err(Failure::BadRequest(_))));
    assert!(matches!(send(Operation::DeleteKey { id: "nobody".to_owned() }), Err(Failure::NotFound(_))));
}
