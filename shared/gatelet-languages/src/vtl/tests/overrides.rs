//! `$context.requestOverride` and `$context.responseOverride`.

use super::line::SEEN;
use super::{rendered, rendered_with};
use crate::vtl::{NoScope, Overrides, Template};

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[test]
fn what_is_set_is_returned_and_can_be_read_again() {
    let template = "#set($context.requestOverride.path.id = 5)\
        #set($context.requestOverride.querystring['q r'] = \"$input.params('id')!\")\
        $context.requestOverride.header.put('X-A', 'b')\
        #set($context.responseOverride.header.Location = \"/\")\
        #set($context.responseOverride.status = 201)\
        $context.requestOverride.path.id $context.requestOverride.querystring $context.responseOverride";
    let made = rendered_with(SEEN, template, Overrides::default()).unwrap();
    assert_eq!(made.text, "5 {q r=7!} {header={Location=/}, status=201}");
    assert_eq!(made.overrides.request.path, [pair("id", "5")]);
    assert_eq!(made.overrides.request.query_string, [pair("q r", "7!")]);
    assert_eq!(made.overrides.request.header, [pair("X-A", "b")]);
    assert_eq!(made.overrides.response.header, [pair("Location", "/")]);
    assert_eq!(made.overrides.response.status.as_deref(), Some("201"));
}

#[test]
fn nothing_is_overridden_twice() {
    for template in [
        "#set($context.responseOverride.status = 1)#set($context.responseOverride.status = 2)",
        "#foreach($x in [1, 2])#set($context.requestOverride.header.A = $x)#end",
    ] {
        let error = rendered(SEEN, template).unwrap_err();
        assert!(error.message.contains("a second time"), "{error}");
    }
}

#[test]
fn the_response_template_sees_what_the_request_template_has_set() {
    let first = Template::parse("#set($context.requestOverride.path.x = 'y')").unwrap();
    let overrides = first.render(&NoScope, Overrides::default()).unwrap().overrides;
    let made = rendered_with(SEEN, "$context.requestOverride.path.x", overrides).unwrap();
    assert_eq!(made.text, "y");
}

#[test]
fn context_is_a_map_for_whoever_looks_at_it_as_one() {
    let template = "$context.identity.keySet() $context.identity $context.get('stage') $context.stage \
        #set($context.mine = 1)$context.mine $context.identity.sourceIp $context.identity.nope|";
    let wanted = "[sourceIp] {sourceIp=1.2.3.4} prod prod1 1.2.3.4 |";
    assert_eq!(rendered(SEEN, template).as_deref(), Ok(wanted));
}

#[test]
fn a_text_without_references_is_static() {
    for (template, wanted) in
        [("", Some("")), ("a {b} 5%", Some("a {b} 5%")), ("## c\nx", Some("x")), ("$a", None)]
    {
        assert_eq!(Template::parse(template).unwrap().as_static(), wanted, "{template}");
    }
}
