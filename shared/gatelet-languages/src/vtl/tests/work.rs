//! What a rendering may do, whatever the template and the body: counted in steps and bytes, never in time.

use super::line;
use super::rendered;
use crate::json;
use crate::vtl::limits::{HEAP_BYTES_MAX, PATTERNS_MAX};
use crate::vtl::{Overrides, Template};

/// What is seen with this body alone.
fn seen(body: &str) -> String {
    let mut seen = String::from("{\"body\":");
    json::write_text(body, &mut seen);
    seen.push('}');
    seen
}

fn with_body(body: &str, template: &str) -> Result<String, String> {
    rendered(&seen(body), template).map_err(|error| error.message)
}

/// A statement a million times.
fn often(statement: &str) -> String {
    format!("#foreach($i in [1..1000])#foreach($j in [1..1000]){statement}#end#end")
}

#[test]
fn lists_and_maps_count_as_what_texts_do() {
    let many = format!("[{}1]", "[],".repeat(20_000));
    for (template, body) in [
        (often("#set($x = $util.parseJson($input.body))"), many.as_str()),
        (format!("#set($all = [1..50000]){}", often("#set($x = $all.subList(0, 49999))")), ""),
        (format!("#set($l = [1..50000]){}", often("#set($ok = $l.addAll([1..1000]))")), ""),
        (
            often(
                "#set($l = [[], [], [], [], [], [], [], [], [], [], [], [], [], [], [], [], [], [], [], []])",
            ),
            "",
        ),
        (format!("#set($m = $input.path('$')){}", often("#set($x = $m.entrySet())")), "{\"a\": 1, \"b\": 2}"),
    ] {
        let error = with_body(body, &template).unwrap_err();
        assert!(error.contains("too many or too long") || error.contains("too long: let"), "{error}");
    }
    // Nothing is read that would not fit.
    let huge = format!("[{}1]", "{},".repeat(HEAP_BYTES_MAX / 100));
    assert!(with_body(&huge, "#set($x = $util.parseJson($input.body))").unwrap_err().contains("too many"));
}

#[test]
fn what_is_looked_at_is_paid_for() {
    let long = "a".repeat(100_000);
    let list = format!("[{}1]", "2,".repeat(10_000));
    let map = format!("{{{}\"z\":1}}", (0..2_000).map(|at| format!("\"k{at}\":{at},")).collect::<String>());
    for (body, before, statement) in [
        (&long, "", "#set($ok = $input.body.equalsIgnoreCase($input.body))"),
        (&long, "", "#set($b = 'b')#set($ok = $b.indexOf($input.body))"),
        (&long, "", "#set($ok = $input.body.compareTo($input.body))"),
        (&long, "", "#set($b = 'b')#set($ok = $b.replace('c', $input.body))"),
        (&long, "", "#set($ok = $input.body.replaceAll('[a]', ''))"),
        (&long, "", "#set($ok = $input.body == $input.body)"),
        (&list, "#set($l = $input.path('$'))", "#set($ok = $l.contains(7))"),
        (&list, "#set($l = $input.path('$'))", "#set($ok = $l == $l)"),
        (&list, "#set($l = $input.path('$'))", "#foreach($e in $l)#break#end"),
        (&list, "", "#set($x = $input.path('$.*').size())"),
        (
            &list,
            "#set($l = $input.path('$'))#set($k = [])",
            "#set($ok = $k.removeAll($l))#set($ok = $l.containsAll($k))#set($ok = $l.contains(9))",
        ),
        (&map, "#set($m = $input.path('$'))", "#set($ok = $m.containsValue('x'))"),
        (&map, "#set($m = $input.path('$'))", "#set($x = $m.values())"),
        (&map, "#set($m = $input.path('$'))", "#set($x = $m.remove('k1'))"),
    ] {
        let error = with_body(body, &format!("{before}{}", often(statement))).unwrap_err();
        assert!(error.contains("too long") || error.contains("looks at more"), "{statement} {error}");
    }
}

#[test]
fn what_is_written_as_json_is_bounded_before_it_is_written() {
    let long = "y".repeat(1_000_000);
    for print in ["$l", "$input.json('$.l')", "#set($x = \"$l\")", "#set($x = $input.json('$.l'))"] {
        let template = format!(
            "#set($l = $input.path('$.l'))#foreach($i in [1..700])#set($ok = $l.add('{long}'))#end{print}"
        );
        assert!(with_body("{\"l\": []}", &template).unwrap_err().contains("bytes"), "{print}");
    }
}

#[test]
fn searches_of_a_large_body_that_are_worth_it_are_made() {
    let items: String =
        (0..40_000).map(|at| format!("{{\"id\":{at},\"t\":\"{}\"}},", "x".repeat(40))).collect();
    let body = format!("{{\"items\":[{items}{{\"id\":0}}]}}");
    assert_eq!(with_body(&body, "$input.path('$.items[*].id').size()").as_deref(), Ok("40001"));
    let plain = "x ".repeat(2_000_000);
    assert_eq!(
        with_body(&plain, "#set($x = $input.body.replaceAll('zz', 'y'))$x.length()").as_deref(),
        Ok("4000000")
    );
    let tags = "<b>text</b>".repeat(5_000);
    assert_eq!(
        with_body(&tags, "#set($x = $input.body.replaceAll('<[^>]*>', ''))$x.length()").as_deref(),
        Ok("20000")
    );
}

#[test]
fn patterns_are_bounded_in_their_number_their_length_and_what_they_look_at() {
    let error = |body: &str, template: &str| with_body(body, template).unwrap_err();
    assert!(error(&"[a]".repeat(1_000), "$input.body.matches($input.body)").contains("longer than"));
    assert!(error("a", "$input.body.matches('[ab\u{e9}]*a[ab\u{e9}]{400}[cd]x')").contains("cannot be run"));
    assert!(error("a", &often("#set($ok = $input.body.matches(\"a$j.?\"))")).contains("takes too long"));
    // For each of its matches the whole rest is looked at in vain.
    let upper = "A".repeat(100_000);
    assert!(error(&upper, "$input.body.replaceAll('.*[^A-Z]|[A-Z]', 'x')").contains("looks at too much"));
    assert!(
        error(&upper, &format!("$input.body.replaceAll('(x*)[A-Z]', '{}')", "$1".repeat(1_000)))
            .contains("too long")
    );
    let many: String =
        (0..=PATTERNS_MAX).map(|at| format!("$input.body.replaceAll('[{at}]x', '')")).collect();
    assert!(error("a", &many).contains("different patterns"));
    let same = "$input.body.replaceAll('[xy]z', '')".repeat(PATTERNS_MAX + 1);
    assert_eq!(with_body("a", &same).as_deref(), Ok(&*"a".repeat(PATTERNS_MAX + 1)));
}

#[test]
fn a_replacement_is_read_as_java_reads_it() {
    for (template, expected) in [
        ("$input.body.replaceAll('(?<n>b)', '<${n}>')", Ok("a<b>c")),
        ("$input.body.replaceAll('(b)(c)', '$2$1$0')", Ok("acbbc")),
        ("$input.body.replaceAll('(b)(x)?', '[$2]')", Ok("a[]c")),
        ("$input.body.replaceAll('x.', '$9')", Ok("abc")),
        ("$input.body.replaceAll('b.', '$9')", Err(())),
        ("$input.body.replaceAll('b.', '${n}')", Err(())),
        ("$input.body.replaceFirst('[bc]', '')", Ok("ac")),
        ("$input.body.replaceAll('[\\p{Digit}b]|\\P{Alpha}', '-')", Ok("a-c")),
    ] {
        assert_eq!(with_body("abc", template).as_deref().map_err(|_| ()), expected, "{template}");
    }
}

#[test]
fn a_loop_that_is_kept_stays_the_one_it_was() {
    let template = "#foreach($a in [1,2])#set($f=$foreach)#end#foreach($b in [7,8,9])$f.count,#end";
    assert_eq!(with_body("", template).as_deref(), Ok("2,2,2,"));
    let template = "#foreach($a in [1,2])#foreach($b in [7,8,9])#set($f=$foreach.parent)$f.count$foreach.topmost.index #end#end";
    assert_eq!(with_body("", template).as_deref(), Ok("10 10 10 21 21 21 "));
}

#[test]
fn data_of_another_form_is_nothing() {
    let body = "{\"s\": \"text\", \"n\": 1, \"m\": {\"k\": 1}}";
    for (template, expected) in [
        ("<$input.path('$.s[0]')>", "<>"),
        ("<$input.json('$.m[0]')>", "<>"),
        ("<$input.path('$.n[1:2]')>", "<[]>"),
        ("<$input.json('$.s[0,1]')>", "<[]>"),
        ("<$input.path('$.m[?(@.k[0] == 1)]')>", "<[]>"),
    ] {
        assert_eq!(with_body(body, template).as_deref(), Ok(expected), "{template}");
    }
}

#[test]
fn what_will_fail_is_told_beforehand_with_its_place() {
    let text =
        "x $input.path('$[') #if(\"$input.json('$..[')\" == 1)$x.replaceAll('a(?=b)', '')#end$x.split(',')";
    let template = Template::parse(text).unwrap();
    let places: Vec<_> = template.problems().map(|problem| problem.offset).collect();
    let of = |part: &str| text.find(part).unwrap();
    assert_eq!(places, [of("$input.path"), of("$input.json"), of("replaceAll")]);
    assert_eq!(Template::parse("$input.path('$.a') $x.matches('[a-z]+')").unwrap().problems().count(), 0);
}

#[test]
fn header_names_are_one_whatever_their_case() {
    let set = |name: &str| format!("#set($context.responseOverride.header.{name} = 'a')");
    let template = Template::parse(&[set("x-a"), set("X-A")].concat()).unwrap();
    let result = line::with(&seen(""), |line| template.render(line, Overrides::default()));
    assert!(result.unwrap_err().message.contains("a second time"));
    let many = "#foreach($i in [1..1000])#set($context.responseOverride.header[\"k$i\"] = 1)#end#set($context.responseOverride.header.x = 1)";
    assert!(with_body("", many).unwrap_err().contains("overrides more than"));
}

#[test]
fn texts_are_formatted() {
    for (template, expected) in [
        ("$input.body.format('%05d|%-4s|%4s|%s', 42, 'ab', 'cd', [1, 2])", Some("00042|ab  |  cd|[1, 2]")),
        (
            "$input.body.format('%.2f %x %X %,d %+d %%%n', 2.345, 255, 255, 1234567, 7)",
            Some("2.35 ff FF 1,234,567 +7 %\n"),
        ),
        ("$input.body.format('%05d %08.3f', -42, -1.5)", Some("-0042 -001.500")),
        ("$input.body.format('%99999s', 1)", None),
        ("$input.body.format('%d', 'x')", None),
        ("$input.body.format('%d')", None),
    ] {
        assert_eq!(with_body("a", template).ok().as_deref(), expected, "{template}");
    }
}
