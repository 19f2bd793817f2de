//! Templates rendered a second time, by Velocity 1.7 and Jayway themselves: run only where `GATELET_TEST_VELOCITY` names a folder with
//! their Java archives and `java` is on the path (`cargo xtask test` sees to it).

use std::borrow::Cow;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use gatelet_languages::vtl::{ContextValue, Overrides, Parameters, Scope, Template};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::cases;

/// How many templates are made of pieces in each way.
const TEMPLATES: usize = 2_000;

const BODY: &str = r#"{"a":1,"l":["x",2,{"y":"z"}],"m":{"k":"v"}}"#;

/// What could stand anywhere: most of what comes of it is no template at all.
const SCRAPS: &[&str] = &[
    "$",
    "!",
    "\\",
    "#",
    "##",
    "#*",
    "*#",
    "#[[",
    "]]#",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    ".",
    ",",
    "\"",
    "'",
    " ",
    "\n",
    " \n",
    "a",
    "x",
    "1",
    "2.5",
    "-1",
    "..",
    "$x",
    "$a.b",
    "${x}",
    "$!x",
    "$!{x}",
    "\\$x",
    "#set($x=1)",
    "#set($x = \"v\")",
    "#if($x)",
    "#if(true)",
    "#else",
    "#{else}",
    "#end",
    "#end\n",
    "#foreach($i in [1,2])",
    "#foo",
    "#foo()",
    "#break",
    "#stop",
    "=",
    "==",
    "&&",
    "in",
    "true",
    "$input.body",
    "$input.path(\"$.l\")",
    "$x[0]",
    "\\#if",
    "\\\\",
    "#macro(m)",
    "#m()",
    "\r\n",
    "\t",
    "\u{e9}",
    ":",
    "-",
    "_",
    "|",
];

/// Whole statements, which are put one behind the other.
const STATEMENTS: &[&str] = &[
    "#set($x = $n + 1)",
    "#set($x = 7 / 2)$x",
    "#set($x = 7 % 4 * 2.5)$x ",
    "#set($s = \"${s}y$n\")",
    "#set($y = [$n, 'q', $s])",
    "#set($m.z = $n)\n",
    "#set($m['w'] = $s)",
    "$m ",
    "$m.keySet()",
    "$y.size()|",
    "$y[0] ",
    "$!nope$nope",
    "${s}s",
    "\n  ",
    "#if($n > 3 && $s != '')a#elseif($x)b#{else}c#end\n",
    "#if(!$nope)d#else e#end",
    "#foreach($i in $y)$i#if($foreach.hasNext),#end#end ",
    "#foreach($e in $m.entrySet())$e.key=$e.value;#end",
    "#foreach($i in [3..1])$velocityCount$foreach.index#end",
    "#define($b)<$n>#end$b",
    "#macro(w $p)[$p]#end#w($s)#w(3)",
    "$s.toUpperCase().substring(1) ",
    "$s.replaceAll('[a-s]', '<$0>')",
    "$s.split('t').size()",
    "$input.path('$.l')",
    "$input.json('$.m') ",
    "$input.path('$.m.k')$input.path('$.none')",
    "$input.params('id')",
    "$context.stage ",
    "$stageVariables.env",
    "$util.escapeJavaScript(\"a'b\")",
    "$util.urlEncode('a b&c')",
    "#set($n = $n * 1000)$n ",
    "## no\n",
    "#* no *#",
    "#[[$x]]#",
    "\\$s \\\\$s",
    "#if($m.a == 1.0)same#end",
    "$y.contains('q')$s.indexOf('r')",
    "#set($d = 1.0 / 3)$d ",
];

/// What comes before: so that nothing is unset that should not be.
const BEFORE: &str = "#set($n = 5)#set($s = 'start')#set($m = {'a': 1})#set($y = [1])";

struct Seen;

impl Scope for Seen {
    fn body(&self) -> &str {
        BODY
    }
    fn parameter(&self, of: Parameters, name: &str) -> Option<Cow<'_, str>> {
        (of == Parameters::Path && name == "id").then_some(Cow::Borrowed("7"))
    }
    fn each_parameter(&self, of: Parameters, see: &mut dyn FnMut(&str, &str)) {
        if of == Parameters::Path {
            see("id", "7");
        }
    }
    fn context(&self, name: &str) -> Option<ContextValue<'_>> {
        (name == "stage").then_some(ContextValue::Text(Cow::Borrowed("prod")))
    }
    fn each_context(&self, see: &mut dyn FnMut(&str, ContextValue<'_>)) {
        see("stage", ContextValue::Text(Cow::Borrowed("prod")));
    }
    fn stage_variable(&self, name: &str) -> Option<&str> {
        (name == "env").then_some("dev")
    }
    fn each_stage_variable(&self, see: &mut dyn FnMut(&str, &str)) {
        see("env", "dev");
    }
}

#[test]
fn velocity_renders_the_same() {
    let Some(archives) = std::env::var_os("GATELET_TEST_VELOCITY") else {
        eprintln!("skipped: GATELET_TEST_VELOCITY is not set (`cargo xtask test` sets it)");
        return;
    };
    let mut runner = TestRunner::new(cases(1));
    let mut templates = Vec::new();
    for _ in 0..TEMPLATES {
        let scraps = prop::collection::vec(select(SCRAPS), 1..10).new_tree(&mut runner).unwrap().current();
        templates.push(scraps.concat());
        let statements =
            prop::collection::vec(select(STATEMENTS), 1..8).new_tree(&mut runner).unwrap().current();
        templates.push([BEFORE, &statements.concat()].concat());
    }
    let answers = ask(Path::new(&archives), &templates);
    assert_eq!(answers.len(), templates.len());
    let mut different = Vec::new();
    for (template, answer) in templates.iter().zip(&answers) {
        let rendered = Template::parse(template).and_then(|it| it.render(&Seen, Overrides::default()));
        let rendered = rendered.map(|rendered| rendered.text).ok();
        if rendered.as_deref() != answer.get("out").and_then(Value::as_str) {
            different.push(format!("{template:?}\n  here: {rendered:?}\n  Velocity: {answer}"));
        }
    }
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
}

/// What Velocity answers, a line for each template.
fn ask(archives: &Path, templates: &[String]) -> Vec<Value> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("oracles/velocity/Oracle.java");
    let mut java = Command::new("java");
    java.arg("-cp").arg(archives.join("*")).arg(source).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = java.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let questions: String = templates.iter().map(|template| format!("{}\n", question(template))).collect();
    let writer = std::thread::spawn(move || input.write_all(questions.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "java ended with {}", output.status);
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn question(template: &str) -> Value {
    json!({
        "template": template,
        "body": BODY,
        "params": {"path": {"id": "7"}, "querystring": {}, "header": {}},
        "context": {"stage": "prod"},
        "stageVariables": {"env": "dev"},
    })
}
