use std::sync::Mutex;

use super::super::{FILE_BYTES_MAX, ImportedKeys, KeyFilter, UsageStore};
use super::*;

const A: &str = "apikey1234abcdefghij0123456789";
const B: &str = "apikey1234abcdefghij9876543210";

/// Chance that gives no id of the shop's.
fn chance_later() -> impl FnMut() -> [u8; CHANCE_BYTES] + Send {
    let mut chance = chance();
    for _ in 0..20 {
        chance();
    }
    chance
}

fn deadline() -> Timestamp {
    today().after(1).start()
}

fn import(shop: &Shop, text: &str, fail: bool) -> Result<ImportedKeys, OperationError> {
    run(shop.operations().import_keys("keys.csv", text.as_bytes(), fail, &deadline, &mut chance_later()))
}

fn imported(shop: &Shop, text: &str) -> Vec<(String, Option<String>, bool, usize)> {
    let done = import(shop, text, true).unwrap();
    let key = |id| {
        let stored = run(shop.store.key(&id, shop.operations().deadline)).unwrap().unwrap();
        (stored.key.name, stored.key.description, stored.key.enabled, stored.memberships.len())
    };
    done.ids.into_iter().map(key).collect()
}

#[test]
fn columns_have_any_order_and_case() {
    let shop = shop();
    let (gold, test) = (shop.gold(), shop.test());
    let text = format!("\u{feff}Key,name\n{A},MyFirstApiKey\n");
    assert_eq!(imported(&shop, &text), [("MyFirstApiKey".to_owned(), None, true, 0)]);
    let text = format!(
        "Enabled,Color,NAME,key,UsageplanIds\r\nfalse,red,one,{A},\"{gold},{test}\"\r\n\r\nTRUE,,two,{B},'{gold}, {test}'"
    );
    assert_eq!(
        imported(&shop, &text),
        [("one".to_owned(), None, false, 2), ("two".to_owned(), None, true, 2)]
    );
}

#[test]
fn the_same_value_overwrites_also_in_one_file() {
    let shop = shop();
    let before = shop.store.number_of_keys();
    let text =
        format!("name,key,description\nold,{A},\"with \"\"quotes\"\", and\na line\"\nit's,{A},'tis new\n");
    let done = import(&shop, &text, false).unwrap();
    assert_eq!(done.warnings.len(), 1, "a line break is no character of a description: {:?}", done.warnings);
    assert_eq!(done.warnings.iter().next().unwrap().place.as_ref().unwrap().line, 2);
    assert_eq!(shop.store.number_of_keys(), before + 1);
    let again = import(&shop, &format!("name,key\nnewer,{A}\n"), true).unwrap();
    assert_eq!(again.ids, done.ids);
    assert_eq!(run(shop.operations().key(again.ids[0].as_str(), false)).unwrap().stored.key.name, "newer");
}

#[test]
fn each_problem_has_its_line_and_no_value() {
    let shop = shop();
    let gold = shop.gold();
    run(shop.operations().update_plan(
        shop.test(),
        &[super::super::PlanChange::AddStage(stage("pets", "prod").api_id, stage("pets", "prod").stage)],
        &Pets,
    ))
    .unwrap();
    let both = format!("\"{gold},{}\"", shop.test());
    let text = format!(
        "name,key,enabled,usageplanids\n\
         short,tooshort,,\n\
         maybe,{A},maybe,\n\
         fine,{A},,{gold}\n\
         nowhere,{B},,a-mistaken-value\n\
         shifted,a, b,{B},{gold},x\n\
         twice,{B},,{both}\n\
         long,{B},,{gold},more\n\
         open,\"{B},,\n"
    );
    let before = shop.store.number_of_keys();
    let Err(OperationError::BadRequest(problems)) = import(&shop, &text, true) else { panic!("it fails") };
    assert_eq!(shop.store.number_of_keys(), before, "nothing is imported");
    let done = import(&shop, &text, false).unwrap();
    assert_eq!(done.ids.len(), 1);
    assert_eq!(done.warnings, problems);
    let mut lines: Vec<_> = problems.iter().map(|one| one.place.as_ref().unwrap().line).collect();
    lines.sort_unstable();
    assert_eq!(lines, [2, 3, 5, 6, 7, 8, 9]);
    for problem in &problems {
        assert!(
            ![A, B, "tooshort", "maybe", "mistaken"].iter().any(|value| problem.to_string().contains(value)),
            "{problem}"
        );
    }
}

#[test]
fn a_file_that_is_none_is_refused_whole() {
    let shop = shop();
    for text in ["", "\n\n", "name\nx\n", "key,Key,name\n", "name,\"key\n", &"x".repeat(FILE_BYTES_MAX + 1)] {
        assert_eq!(failure(import(&shop, text, false)).0, "bad request");
    }
    let outcome = run(shop.operations().import_keys("k", b"name,key\n\xff", false, &deadline, &mut chance()));
    assert_eq!(failure(outcome).0, "bad request");
    let rows = "n,k\n".repeat(super::super::FILE_ROWS_MAX + 1);
    assert_eq!(failure(import(&shop, &format!("name,key\n{rows}"), false)).0, "bad request");
    let all = run(shop.operations().keys(&KeyFilter::default(), None, None, false)).unwrap();
    assert_eq!(all.items.len(), 2);
}

#[test]
fn each_row_has_its_deadline_and_what_was_made_before_a_failure_is_told() {
    let shop = shop();
    let asked = Mutex::new(0);
    let deadlines = || {
        *asked.lock().unwrap() += 1;
        deadline()
    };
    let third = "apikey1234abcdefghij1111111111";
    let file = format!("name,key\none,{A}\ntwo,{B}\nthree,{third}\n");
    // The first row is stored, and the second is not.
    shop.store.fail_write(1);
    let operations = shop.operations();
    let imported =
        run(operations.import_keys("k", file.as_bytes(), true, &deadlines, &mut chance_later())).unwrap();
    assert_eq!((imported.ids.len(), imported.failed.unwrap().0, *asked.lock().unwrap()), (1, 3, 5));
    assert_eq!(run(operations.key(imported.ids[0].as_str(), false)).unwrap().stored.key.name, "one");
}
