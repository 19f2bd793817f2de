use bumpalo::Bump;

use super::*;
use crate::json;

const STORE: &str = r#"{"store":{"book":[
    {"category":"reference","author":"Nigel","title":"Sayings","price":8.95},
    {"category":"fiction","author":"Evelyn","title":"Sword","price":12.99,"isbn":null},
    {"category":"fiction","author":"Herman","title":"Moby","isbn":"0-553","price":8.99,"n":{"a":1}}],
    "bicycle":{"color":"red","price":19.95}},
    "expensive":10,"x":{"y":[1,2,3,[4,5]]},"t":true,"nul":null,"s":"it's","length()":5}"#;

/// What a path finds, as JSON; `-` for nothing, `!` and why for an error.
fn found(document: &str, path: &str) -> String {
    let texts = Bump::new();
    let document = texts.alloc_str(document);
    let mut heap = Heap::new(&texts);
    let root = json::read(document, &mut heap).unwrap();
    let found = JsonPath::parse(path).and_then(|path| path.find(root, &mut heap));
    match found {
        Err(error) => format!("! {error}"),
        Ok(None) => "-".to_owned(),
        Ok(Some(value)) => {
            let mut out = String::new();
            json::write(value, &heap, &mut out).unwrap();
            out
        }
    }
}

/// All of these are what Jayway 2.0.0 makes of them.
#[test]
fn paths_find_what_they_find_in_jayway() {
    for (path, finds) in [
        ("$.expensive", "10"),
        ("expensive", "10"),
        ("@.expensive", "10"),
        ("$['expensive']", "10"),
        (" $.t ", "true"),
        ("$.nul", "null"),
        ("$.nul.a", "-"),
        ("$.missing.a", "-"),
        ("$.store.book[0].title", r#""Sayings""#),
        ("store.book[1].title", r#""Sword""#),
        ("$.store.book[(@.length-1)].title", r#""Moby""#),
        ("$.store.book[( @.size() - 2 )].title", r#""Sword""#),
        ("$.x.y[-1]", "-"),
        ("$.x.y[9]", "-"),
        ("$.x.y[-1:]", "[[4,5]]"),
        ("$.x.y[:-1]", "[1,2,3]"),
        ("$.x.y[1:3]", "[2,3]"),
        ("$.x.y[9:]", "[]"),
        ("$.x.y[0, 2]", "[1,3]"),
        ("$.x.y[0,9]", "-"),
        ("$.x.y[1:2:3]", "[2]"),
        ("$['t','nope','expensive']", r#"{"t":true,"expensive":10}"#),
        ("$.store.book[*].author", r#"["Nigel","Evelyn","Herman"]"#),
        ("$.store.book[*].n.a", "[1]"),
        ("$..author", r#"["Nigel","Evelyn","Herman"]"#),
        ("$..book[2].title", r#"["Moby"]"#),
        ("$..book.length()", "-"),
        ("$.length()", "5"),
        ("$.x.*", "[[1,2,3,[4,5]]]"),
        ("$.missing[*]", "[]"),
        ("$.store.book[?(@.isbn)].title", r#"["Moby"]"#),
        ("$.store.book[?(!@.isbn)].title", r#"["Sayings","Sword"]"#),
        ("$.store.book[?(@.price < $.expensive)].title", r#"["Sayings","Moby"]"#),
        ("$.store.book[?(@.category =~ /FIC.*/i)].title", r#"["Sword","Moby"]"#),
        ("$.store.book[?(@.category=='fiction' && @.price>10)].title", r#"["Sword"]"#),
        ("$.store.book[?(@.price>100 || @.title=='Moby')].title", r#"["Moby"]"#),
        ("$.store.book[?(@.isbn == null)].title", r#"["Sword"]"#),
        ("$.store.book[?(@.price == 8.950)].title", r#"["Sayings"]"#),
        ("$[?(@.s == 'it\\'s')].expensive", "[10]"),
        ("$..[?(@.price > 10)].price", "[12.99,19.95]"),
    ] {
        assert_eq!(found(STORE, path), finds, "{path}");
    }
}

/// All of these are errors in Jayway 2.0.0, too.
#[test]
fn paths_that_jayway_refuses_are_refused() {
    for (path, why) in [
        ("", "is empty"),
        ("$.", "ends in a point"),
        ("$..", "ends in a point"),
        ("$a", "goes on with something other than"),
        ("$.a b", "has a space"),
        (r#"$["store"]"#, "has brackets without an index"),
        ("$.store[]", "has brackets without an index"),
        ("$.store.book[?(@.a]", "whose brackets do not match"),
        ("$.store.book[?@.a]", "that is not `[?(...)]`"),
        ("$.store.book[?(@.a &&)]", "lacks what stands beside"),
        ("$.store.book[?(@..a)]", "must mean one value only"),
        ("$.store.book[?(@.title in ['Moby'])]", "has a space"),
        ("$.x.y[99999999999]", "an index that is no number"),
        ("$.store[0]", "where the document has no list"),
        ("$.expensive[0]", "where the document has no list"),
        ("$.expensive[?(@.a)]", "neither list nor map"),
        ("$['store','x'].y", "where it must end"),
        ("$.store.book[?(@.price == 'x')]", "compares a number with `x`"),
        ("$.store.book[?(@.title =~ 'S')]", "needs a pattern"),
    ] {
        let found = found(STORE, path);
        assert!(found.starts_with("! ") && found.contains(why), "{path}: {found}");
    }
}

#[test]
fn patterns_that_need_backtracking_are_refused() {
    assert!(found(STORE, "$.store.book[?(@.title =~ /(?=S).*/)]").contains("look-ahead"));
}

#[test]
fn a_path_is_definite_where_it_can_mean_one_value_only() {
    for (path, definite) in [
        ("$", true),
        ("$.a['b'][0]", true),
        ("$['a','b']", true),
        ("$[(@.length-1)]", true),
        ("$.*", false),
        ("$[0,1]", false),
        ("$[1:]", false),
        ("$..a", false),
        ("$[?(@.a)]", false),
    ] {
        assert_eq!(JsonPath::parse(path).unwrap().is_definite(), definite, "{path}");
    }
}

/// Searches with so many visits: what was left of them, and what it came to.
fn searched(document: &str, path: &str, visits: u64) -> (u64, Result<bool, FindError>) {
    let texts = Bump::new();
    let document = texts.alloc_str(document);
    let mut heap = Heap::new(&texts);
    let root = json::read(document, &mut heap).unwrap();
    let mut left = visits;
    let found = JsonPath::parse(path).unwrap().find_within(root, &mut heap, &mut left);
    (left, found.map(|found| found.is_some()))
}

/// How many visits a search takes.
fn cost(document: &str, path: &str) -> u64 {
    let (left, found) = searched(document, path, u64::MAX);
    found.unwrap();
    u64::MAX - left
}

#[test]
fn searches_end_at_a_limit() {
    let deep = format!("{}{}", "[".repeat(json::DEPTH_MAX), "]".repeat(json::DEPTH_MAX));
    assert!(found(&deep, "$..*..*..*").contains("looks at more than"));
    let long = format!("${}", "[?(@.a)]".repeat(DEPTH_MAX));
    assert!(found(r#"{"a":1}"#, &long).contains("levels deep"));
    assert!(JsonPath::parse(&"[?(@".repeat(100_000)).is_err());
}

#[test]
fn a_budget_is_taken_from_and_met() {
    let document = "[[1,2],[3,4]]";
    let used = cost(document, "$[*][*]");
    // The root, two lists and four values, each of which is kept.
    assert_eq!(used, 1 + 2 + 4 + 4 * VISITS_PER_FOUND);
    assert_eq!(searched(document, "$[*][*]", used), (0, Ok(true)));
    let (left, found) = searched(document, "$[*][*]", used - 1);
    assert!(left == 0 && matches!(found, Err(FindError::Limit(_))), "{found:?}");
    let (left, found) = searched(document, "$[*][0][?(@.a)]", 100);
    assert!(left > 0 && matches!(found, Err(FindError::Data(_))), "{found:?}");
    assert!(matches!(searched("{}", "$[0]", 100).1, Err(FindError::Data(_))));
    assert!(matches!(searched("{}", "$.a", 0).1, Err(FindError::Limit(_))));
}

#[test]
fn a_search_takes_what_it_looks_at() {
    let big = "y".repeat(64_000);
    let of =
        |a: &str| format!(r#"{{"l":[{}],"big":"{big}"}}"#, vec![format!(r#"{{"a":"{a}"}}"#); 10].join(","));
    let bytes = (big.len() / BYTES_PER_VISIT) as u64;
    let path = "$.l[?(@.a == $.big)]";
    // What differs at once is not read further.
    assert!(cost(&of("x"), path) < 100);
    assert!(cost(&of(&big), path) > 10 * bytes);
    assert!(cost(&of(&big), "$.l[?(@.a =~ /y*/)]") > 10 * bytes);
    let criteria = format!("$[?({}@.b)]", "@.a||".repeat(999));
    assert!(cost("[{},{},{}]", &criteria) > 3 * 2 * 1000);
    let names = format!("$[{}]", vec!["'zz'"; 1000].join(","));
    assert!(cost("{}", &names) >= 1000);
    // Whatever else the map has.
    let map: Vec<_> = (0..1000).map(|at| format!("\"k{at}\":1")).collect();
    assert_eq!(cost(&format!("{{{}}}", map.join(",")), &names), cost("{}", &names));
}

#[test]
fn criteria_are_joined_in_one_pass_from_the_left() {
    let many = format!("$[?({}@.a)]", "@.a&&".repeat(50_000));
    assert_eq!(found(r#"[{"a":1},{}]"#, &many), r#"[{"a":1}]"#);
    assert_eq!(
        found(r#"[{"a":1},{"b":1},{"a":1,"b":1}]"#, "$[?(@.a&&@.b||@.a)]"),
        r#"[{"a":1},{"a":1,"b":1}]"#
    );
    for odd in ["$[?(@.a&&&@.b)]", "$[?(@.a|||@.b)]", "$[?(&&@.a)]", "$[?(@.a&&||@.b)]"] {
        assert!(JsonPath::parse(odd).is_err(), "{odd}");
    }
}

#[test]
fn patterns_are_counted_and_weighed_together() {
    let path = |count: usize, pattern: &str| {
        JsonPath::parse(&format!("${}", format!("[?(@.a=~/{pattern}/)]").repeat(count)))
    };
    assert!(path(PATTERNS_MAX, "a").is_ok());
    let many = path(PATTERNS_MAX + 1, "a").unwrap_err().to_string();
    assert!(many.contains("more than 100 patterns"), "{many}");
    let large = path(PATTERNS_MAX, "[a-z]{900}").unwrap_err().to_string();
    assert!(large.contains("grows too large, alone or with those before it"), "{large}");
}
