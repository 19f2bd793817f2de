//! Two requests share a result only where everything about them is the same that tells results apart.

use gatelet_core::snapshot::routes::Rules;
use proptest::prelude::{Strategy, prop_assert_eq};
use proptest::proptest;

use super::fixture::{ALLOW, Asking, answered, function, request, rest, simple, world};

/// Who asks whom: API, stage, authorizer, and the values of two headers that are sources.
type Identity = (&'static str, &'static str, &'static str, Vec<String>, Vec<String>);

const SOURCES: [&str; 2] = ["$request.header.A", "$request.header.B"];

fn asked(identities: &[&Identity]) -> usize {
    let world = world(|_| answered(ALLOW));
    for (api, stage, id, a, b) in identities {
        let mut asking = Asking { api, stage, ..Asking::new(Rules::Http) };
        for (name, values) in [("a", a), ("b", b)] {
            for value in values {
                asking = asking.header(name, value);
            }
        }
        let authorizer = request(id, function(300), &SOURCES, Rules::Http);
        asking.judged(&authorizer, &world).result.unwrap();
    }
    world.functions.seen().len()
}

/// Few letters and short texts, so that what only looks the same is common.
fn identities() -> impl Strategy<Value = Identity> {
    let one_of = |names: &'static [&'static str]| proptest::sample::select(names);
    let values = || proptest::collection::vec("[ab,]{1,3}", 1..3);
    (one_of(&["abc", "ab"]), one_of(&["c", "cd"]), one_of(&["a1", "da1"]), values(), values())
}

proptest! {
    #[test]
    fn one_result_is_shared_only_by_the_same_identity(one in identities(), other in identities()) {
        prop_assert_eq!(asked(&[&one, &other]) == 1, one == other);
    }
}

#[test]
fn what_only_looks_the_same_is_asked_twice() {
    let identity = |api, stage, id, a: &[&str], b: &[&str]| -> Identity {
        let texts = |values: &[&str]| values.iter().map(|&value| value.to_owned()).collect();
        (api, stage, id, texts(a), texts(b))
    };
    let base = || identity("abc", "d", "a1", &["a"], &["bc"]);
    for other in [
        identity("abc", "d", "a1", &["ab"], &["c"]),
        identity("abc", "d", "a1", &["bc"], &["a"]),
        identity("abc", "d", "a1", &["A"], &["bc"]),
        identity("abc", "d", "a1", &["a", "a"], &["bc"]),
        identity("abc", "d", "a1", &["a", "bc"], &["bc"]),
        identity("ab", "cd", "a1", &["a"], &["bc"]),
        identity("abc", "e", "a1", &["a"], &["bc"]),
        identity("abd", "d", "a1", &["a"], &["bc"]),
        identity("abc", "d", "a2", &["a"], &["bc"]),
    ] {
        assert_eq!(asked(&[&base(), &other]), 2, "{other:?}");
    }
    let joined = identity("abc", "d", "a1", &["a,b"], &["c"]);
    let several = identity("abc", "d", "a1", &["a", "b"], &["c"]);
    assert_eq!(asked(&[&joined, &several]), 2, "one header with a comma is not two");
    assert_eq!(asked(&[&base(), &base()]), 1);
}

/// Deployed anew, an authorizer of the same id may mean something else by the same values.
#[test]
fn what_was_remembered_under_another_definition_is_nobodys() {
    let first = world(|_| answered(ALLOW));
    let asking = || Asking::new(Rules::Rest).header("user", "ann").header("tenant", "bob");
    let (user, tenant) = ("method.request.header.user", "method.request.header.tenant");
    asking().judged(&rest(300, &[user, tenant]), &first);
    let swapped = Asking::new(Rules::Rest).header("user", "bob").header("tenant", "ann");
    swapped.judged(&rest(300, &[tenant, user]), &first);
    assert_eq!(first.functions.seen().len(), 2, "the same values in other places are another identity");
    asking().judged(&rest(300, &[user, tenant]), &first);
    assert_eq!(first.functions.seen().len(), 2, "the definition before is still remembered");

    let other = world(|_| answered(r#"{"isAuthorized": true}"#));
    let source = "$request.header.user";
    let http = || Asking::new(Rules::Http).header("user", "ann");
    http().judged(&simple(300, &[source]), &other);
    let by_policy = request("a1", function(300), &[source], Rules::Http);
    assert!(http().judged(&by_policy, &other).result.is_err(), "a yes is no policy");
}
