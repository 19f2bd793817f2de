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
fn marks_and_backslashes_without_end_are_no_trouble() {
    for piece in ["\\", "$", "#", "$!", "\\$", "#[[", "#*", "{", "\"", "$a.b(", "\\\\#", "$$\\\\ ", "$ x"] {
        let template = piece.repeat(100_000);
        if let Err(error) = rendered(SEEN, &template) {
            assert!(error.offset <= template.len());
        }
    }
}

/// What stands on the stack of a thread with 2 MB, without optimisation, when everything is nested in everything.
#[test]
fn what_is_nested_in_what_it_calls_is_refused_before_the_stack_ends() {
    let list = |inner: &str| [&"[".repeat(90), inner, &"]".repeat(90)].concat();
    let defines: String = (0..60)
        .map(|at| format!("#define($d{at})#set($x = {})#end", list(&format!("$d{}", at + 1))))
        .collect();
    let macros: String =
        (0..19).map(|at| format!("#macro(m{at} $a)#m{}({})#end", at + 1, list("$a"))).collect();
    let conditions: String = (0..60)
        .map(|at| {
            format!("#define($d{at})#if({}\"$d{}\" == 1{})#end#end", "!(".repeat(40), at + 1, ")".repeat(40))
        })
        .collect();
    let wrapped = "#set($l = [])#foreach($i in [1..999])#set($l = [$l])#end";
    for template in [
        format!("{defines}$d0"),
        format!("{conditions}$d0"),
        format!("{macros}#macro(m19 $a)$a#end#m0(1)"),
        format!("{wrapped}$l"),
        format!("{wrapped}#set($x = $l == $l)"),
        format!("{wrapped}#macro(p $n)#if($n > 0)#set($m = $n - 1)#p($m)#else$l#end#end#p(18)"),
    ] {
        let error = rendered(SEEN, &template).unwrap_err();
        assert!(error.message.contains("deep"), "{error:?}");
    }
    // As deep as a document may be, at the end of what may be nested.
    let body = format!("{{\"body\": \"{}{}\"}}", "[".repeat(399), "]".repeat(399));
    let within = |deep: usize, inner: &str| {
        format!(
            "#define($d0){inner}#end{}$d{deep}",
            (0..deep).map(|at| format!("#define($d{})#if(true)$d{at}#end#end", at + 1)).collect::<String>()
        )
    };
    for inner in
        ["$input.json('$')", "$input.path('$..*').size()", "#set($x = $util.parseJson($input.body))ok"]
    {
        let deepest = (1..200).take_while(|deep| rendered(&body, &within(*deep, inner)).is_ok()).count();
        assert!((60..199).contains(&deepest), "{deepest} {inner}");
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
