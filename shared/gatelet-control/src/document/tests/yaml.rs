use super::{json_of, mark_of, node_of, problem_of, problems_of};

#[test]
fn plain_scalars_follow_the_core_schema_and_lose_no_digit() {
    let cases = [
        ("", "null"),
        ("~", "null"),
        ("NULL", "null"),
        ("nUll", "\"nUll\""),
        ("true", "true"),
        ("FALSE", "false"),
        ("yes", "\"yes\""),
        ("No", "\"No\""),
        ("on", "\"on\""),
        ("off", "\"off\""),
        ("12", "12"),
        ("-12", "-12"),
        ("+12", "12"),
        ("0", "0"),
        ("-0", "-0"),
        ("0.50", "0.50"),
        (".5", "0.5"),
        ("-.5", "-0.5"),
        ("1.", "1.0"),
        ("1e3", "1e3"),
        ("1.5E-7", "1.5E-7"),
        ("12345678901234567890123", "12345678901234567890123"),
        ("012", "\"012\""),
        ("012345678901", "\"012345678901\""),
        ("00", "\"00\""),
        ("0x1F", "31"),
        ("0o17", "15"),
        ("0xfffffffffffffffff", "\"0xfffffffffffffffff\""),
        ("0x", "\"0x\""),
        ("0x+1", "\"0x+1\""),
        ("-0x1F", "\"-0x1F\""),
        ("1_000", "\"1_000\""),
        ("12:30", "\"12:30\""),
        ("2012-10-17", "\"2012-10-17\""),
        (".inf", "\".inf\""),
        (".nan", "\".nan\""),
        (".", "\".\""),
        ("e3", "\"e3\""),
        ("1e", "\"1e\""),
        ("1.2.3", "\"1.2.3\""),
        ("+", "\"+\""),
        ("\"12\"", "\"12\""),
        ("'true'", "\"true\""),
        ("!!str 12", "\"12\""),
        ("! 12", "\"12\""),
        ("!!int \"12\"", "12"),
        ("!!float 1", "1"),
        ("!!null ''", "null"),
        ("!!bool 'true'", "true"),
        ("|\n  12", "\"12\\n\""),
        ("!<tag:yaml.org,2002:str> 1", "\"1\""),
    ];
    for (text, expected) in cases {
        assert_eq!(json_of(&format!("k: {text}\n")), format!("{{\"k\":{expected}}}"), "{text}");
    }
}

#[test]
fn keys_are_their_own_text() {
    let text = "200: a\n'300': b\n1.0: c\ntrue: d\n~: e\n012: f\n/pets/{id}: g\n\"\": h\n? i\n!!str 5: j\n2020-01-01: k\n";
    assert_eq!(
        json_of(text),
        r#"{"200":"a","300":"b","1.0":"c","true":"d","~":"e","012":"f","/pets/{id}":"g","":"h","i":null,"5":"j","2020-01-01":"k"}"#
    );
}

#[test]
fn short_forms_become_what_they_stand_for() {
    let text = "
a: !Ref Function
b: !Sub 'arn:${AWS::Region}'
c: !GetAtt Function.Arn
d: !GetAtt Nested.Outputs.Url
e: !GetAtt [Function, Arn]
f: !If [IsProduction, !Ref A, !Sub b]
g: !Join
  - ''
  - - x
    - !Condition IsProduction
h: !Sub
  - ${x}
  - x: !ImportValue y
i: !Ref 123
j: !Base64 |
  text
k: {Fn::Transform: !FindInMap [A, B, C]}
l: !GetAZs ''
";
    assert_eq!(
        json_of(text),
        concat!(
            r#"{"a":{"Ref":"Function"},"b":{"Fn::Sub":"arn:${AWS::Region}"},"c":{"Fn::GetAtt":["Function","Arn"]},"#,
            r#""d":{"Fn::GetAtt":["Nested","Outputs.Url"]},"e":{"Fn::GetAtt":["Function","Arn"]},"#,
            r#""f":{"Fn::If":["IsProduction",{"Ref":"A"},{"Fn::Sub":"b"}]},"g":{"Fn::Join":["",["x",{"Condition":"IsProduction"}]]},"#,
            r#""h":{"Fn::Sub":["${x}",{"x":{"Fn::ImportValue":"y"}}]},"i":{"Ref":"123"},"j":{"Fn::Base64":"text\n"},"#,
            r#""k":{"Fn::Transform":{"Fn::FindInMap":["A","B","C"]}},"l":{"Fn::GetAZs":""}}"#,
        )
    );
}

#[test]
fn spans_of_short_forms_part_the_tag_from_the_value() {
    let (source, node) = node_of("é: &x !GetAtt  Función.Arn\nb: !Sub\n  - a\n  - {}\n");
    let function = node.get("é").unwrap();
    assert_eq!(source.slice(function.span), "!GetAtt  Función.Arn");
    let entry = function.as_mapping().unwrap().entry("Fn::GetAtt").unwrap();
    assert_eq!((source.slice(entry.key_span), source.slice(entry.value.span)), ("!GetAtt", "Función.Arn"));
    let parts = entry.value.as_sequence().unwrap();
    assert_eq!((source.slice(parts[0].span), source.slice(parts[1].span)), ("Función", "Arn"));
    let list = node.get("b").unwrap().get("Fn::Sub").unwrap();
    assert_eq!(source.slice(list.span), "- a\n  - {}");
}

#[test]
fn spans_of_blocks_end_with_their_content() {
    let (source, node) =
        node_of("a:\n  b: [1, 2]  # comment\n  c: |\n    text\n    more\n\n# end\nd: 'x'\n\n");
    let a = node.get("a").unwrap();
    assert_eq!(source.slice(a.get("b").unwrap().span), "[1, 2]");
    assert_eq!(source.slice(a.get("c").unwrap().span), "text\n    more");
    assert_eq!(source.slice(a.span), "b: [1, 2]  # comment\n  c: |\n    text\n    more");
    assert_eq!(source.slice(node.get("d").unwrap().span), "'x'");
}

#[test]
fn anchors_aliases_and_merge_keys() {
    let text = "
base: &base {a: 1, b: 2}
more: &more {b: 3, c: 4}
copy: *base
one: {<<: *base, b: 9}
two: {<<: [*base, *more], d: 5}
text: {'<<': x}
key: &key name
*key : value
";
    assert_eq!(
        json_of(text),
        concat!(
            r#"{"base":{"a":1,"b":2},"more":{"b":3,"c":4},"copy":{"a":1,"b":2},"one":{"b":9,"a":1},"#,
            r#""two":{"d":5,"a":1,"b":2,"c":4},"text":{"<<":"x"},"key":"name","name":"value"}"#
        )
    );
    let (source, node) = node_of("a: &x [1]\nb: *x\n");
    assert_eq!(source.slice(node.get("b").unwrap().span), "*x");
    assert_eq!(source.slice(node.get("a").unwrap().span), "[1]");
}

#[test]
fn one_document_is_a_document() {
    assert_eq!(json_of("%YAML 1.2\n---\na: 1\n...\n"), "{\"a\":1}");
    assert_eq!(json_of("text"), "\"text\"");
    let problem = problem_of("a: 1\n---\nb: 2\n");
    assert_eq!(problem.message, "a second document begins here");
    assert_eq!(mark_of(&problem), (2, 1, "---".into()));
    for text in ["", " \n\t\n", "# nothing\n", "\u{feff}"] {
        assert_eq!(problem_of(text).message, "the file has no content");
    }
}

#[test]
fn problems_speak_to_the_author() {
    // What stands in the file, what is said, and which text at which line and column is marked.
    let cases = [
        ("a:\n\tb: 1\n", "a tab is used to indent", (2, 1, "\t")),
        ("a:\n  b: 1\n\tc: 2\n", "a tab is used to indent", (3, 1, "\t")),
        ("a: b: c\n", "a `:` stands where no key can be", (1, 5, ":")),
        ("a: 1\nb\nc: 2\n", "a `:` is missing behind this key", (2, 1, "b")),
        ("a:\n  b:c\n    d: e\n", "a space is missing behind this `:`", (2, 4, ":")),
        ("a:\n  b:c\n  d: e\n", "a space is missing behind this `:`", (2, 4, ":")),
        ("a:\n  - b\n  c: 1\n", "this is no item of the sequence it stands in", (3, 3, "c")),
        ("a:\n    b: 1\n  c: 2\n", "this does not fit the mapping it stands in", (3, 3, "c")),
        ("a: [1, 2\nb: 3\n", "a `:` stands inside a `[` of a line above", (2, 2, ":")),
        ("a: {b: 1\nc: 2}\n", "a `,` or `}` is missing before this", (2, 2, ":")),
        ("a: {b: {c: 1}\nd: 2\n", "this `{` is not closed", (1, 4, "{")),
        ("a: [1, 2\n", "this `[` is not closed", (1, 4, "[")),
        ("a: \"x\nb: 1\n", "this text in quotes is not closed before its indentation ends", (1, 4, "\"")),
        ("a: *nothing\n", "this alias names no anchor that stands before it", (1, 4, "*")),
        ("a: \"x\\q\"\n", "YAML does not know this escape", (1, 6, "\\q")),
        ("a: @x\n", "a text without quotes cannot begin with this character", (1, 4, "@")),
        ("a: ]\n", "this bracket closes nothing", (1, 4, "]")),
        ("a: \"x\" y\n", "something follows the closing quote", (1, 8, "y")),
        ("a: &x [*x]\n", "`*x` stands inside what it names", (1, 8, "*x")),
        ("[a]: b\n", "a key must be text, not a mapping or a sequence", (1, 1, "[")),
        ("? {a: 1}\n: b\n", "a key must be text, not a mapping or a sequence", (1, 3, "{")),
        (": b\n", "a key is missing before this `:`", (1, 1, ":")),
        ("!Ref a: b\n", "`!Ref` cannot be part of a key", (1, 1, "!Ref")),
        ("a: !GetAttr b.c\n", "the tag `!GetAttr` is none of CloudFormation's functions", (1, 4, "!GetAttr")),
        ("a: !!set {b}\n", "the tag `!!set` has no meaning in a definition", (1, 4, "!!set")),
        ("a: !!map [b]\n", "the tag `!!map` does not fit what follows it", (1, 4, "!!map")),
        ("a: !!int b\n", "`b` is not what the tag `!!int` says it is", (1, 10, "b")),
        ("a: {<<: 1}\n", "`<<` merges mappings, found a number", (1, 9, "1")),
        ("a: 1\nb: 2\na: 3\n", "the key `a` is given twice", (3, 1, "a")),
        ("200: x\n'200': y\n", "the key `200` is given twice", (2, 1, "'200'")),
    ];
    for (text, message, (line, column, marked)) in cases {
        let problem = problem_of(text);
        assert_eq!(problem.message, message, "{text}");
        assert_eq!(mark_of(&problem), (line, column, marked.into()), "{text}");
        assert!(problem.help.is_some(), "{text}");
    }
}

#[test]
fn reading_goes_on_behind_what_is_no_syntax_error() {
    let problems = problems_of("a: !Reff x\na: 1\nb: !Sup y\nc: !unknown z\n");
    let helps: Vec<_> = problems.iter().map(|problem| problem.help.clone().unwrap()).collect();
    assert_eq!(
        helps,
        [
            "did you mean `!Ref`?",
            "did you mean `!Sub`?",
            "if this is text, put it in quotes",
            "keep one of them; the first is on line 1, column 1"
        ]
    );
}
