//! Templates that want too much, and those that want out.

use super::line::SEEN;
use super::rendered;
use crate::vtl::limits::{NESTING_MAX, OUTPUT_BYTES_MAX};

#[test]
fn what_would_never_end_ends_with_an_error() {
    let doubled = format!("#set($a = 'xxxxxxxxxxxxxxxx'){}", "#set($a = \"$a$a\")".repeat(40));
    let loops = "#foreach($a in [1..1000])#foreach($b in [1..1000])#foreach($c in [1..1000])#end#end#end";
    for template in [
        doubled.as_str(),
        loops,
        "#macro(m)#m()#end#m()",
        "#macro(m $a)#m(\"$a$a\")#end#m('x')",
        "#set($l = [])#foreach($i in [1..1000])#foreach($j in [1..1000])#set($ok = $l.addAll($l))#set($ok = $l.add(1))#end#end",
        "#set($l = [])#set($m = [$l])#set($ok = $l.add($m))$l",
        "#set($m = {})#set($n = {'m': $m})#set($ok = $m.put('n', $n))$m",
        "#set($s = 'abcdefghij')#foreach($i in [1..1000])#set($s = $s.replaceAll('', $s))#end",
        "#set($x = [1..99999999])",
        "$input.body.repeat(99999999)",
    ] {
        let error = rendered(SEEN, template).unwrap_err();
        assert!(template.get(..error.offset).is_some(), "{error:?}");
    }
    let long = format!("#foreach($a in [1..1000]){}#end", "x".repeat(OUTPUT_BYTES_MAX / 999));
    assert!(rendered(SEEN, &long).unwrap_err().message.contains("bytes"));
}

#[test]
fn a_list_in_itself_is_printed_and_foreach_ends_after_a_thousand_rounds() {
    assert_eq!(rendered(SEEN, "#set($l = [])#set($ok = $l.add($l))$l").as_deref(), Ok("[(this Collection)]"));
    let counted = "#foreach($a in [1..5000])#set($n = $foreach.count)#end$n";
    assert_eq!(rendered(SEEN, counted).as_deref(), Ok("1000"));
}

#[test]
fn what_is_nested_too_deep_is_refused() {
    let deep = |before: &str, inner: &str, behind: &str| {
        let count = NESTING_MAX + 1;
        [&before.repeat(count), inner, &behind.repeat(count)].concat()
    };
    for template in [
        deep("#if(true)", "x", "#end"),
        format!("#set($x = {})", deep("[", "1", "]")),
        format!("#set($x = {})", deep("(", "1", ")")),
        format!("#set($x = {}true)", "!".repeat(NESTING_MAX + 1)),
        deep("$a.b(", "1", ")"),
        deep("$a[", "1", "]"),
    ] {
        assert!(rendered(SEEN, &template).unwrap_err().message.contains("deep"), "{template}");
    }
}

#[test]
fn marks_and_backslashes_without_end_take_time_in_proportion() {
    for piece in ["\\", "$", "#", "$!", "\\$", "#[[", "#*", "{", "\"", "$a.b(", "\\\\#"] {
        let template = piece.repeat(100_000);
        if let Err(error) = rendered(SEEN, &template) {
            assert!(error.offset <= template.len());
        }
    }
}

#[test]
fn there_is_no_way_to_a_class() {
    for reference in [
        "$input.class",
        "$input.getClass()",
        "$util.class.forName('java.lang.Runtime')",
        "$context.class",
        "$input.body.class.forName('java.lang.Runtime')",
        "$input.body.getClass().getConstructor()",
        "$x.constructor",
        "$foreach.getClass()",
    ] {
        assert_eq!(rendered(SEEN, reference).as_deref(), Ok(""), "{reference}");
    }
    for directive in ["#include('a')", "#parse('a')", "#evaluate('a')", "#evaluate"] {
        assert!(rendered(SEEN, &format!("ab{directive}")).unwrap_err().offset == 2, "{directive}");
    }
}

#[test]
fn a_pattern_that_needs_backtracking_fails_where_it_is_used() {
    assert_eq!(rendered(SEEN, "#if(false)$input.body.matches('a(?=b)')#end").as_deref(), Ok(""));
    assert!(rendered(SEEN, "$input.body.matches('a(?=b)')").unwrap_err().message.contains("look-ahead"));
}
