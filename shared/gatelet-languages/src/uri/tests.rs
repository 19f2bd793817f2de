use proptest::prelude::*;

use super::*;

fn text(text: &str) -> UriPart {
    UriPart::Text(text.into())
}

fn placeholder(name: &str) -> UriPart {
    UriPart::Placeholder(name.into())
}

fn variable(name: &str) -> UriPart {
    UriPart::StageVariable(name.into())
}

#[test]
fn addresses_fall_into_parts() {
    for (address, expected) in [
        ("", vec![]),
        ("http://localhost:8080/pets", vec![text("http://localhost:8080/pets")]),
        ("https://a.example/pets/{petId}", vec![text("https://a.example/pets/"), placeholder("petId")]),
        (
            "http://a/{x}{y}?q={z}#$",
            vec![
                text("http://a/"),
                placeholder("x"),
                placeholder("y"),
                text("?q="),
                placeholder("z"),
                text("#$"),
            ],
        ),
        (
            "https://${stageVariables.host}/{proxy}",
            vec![text("https://"), variable("host"), text("/"), placeholder("proxy")],
        ),
        (
            "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/\
             arn:aws:lambda:eu-west-1:123456789012:function:${stageVariables.name}/invocations",
            vec![
                text(
                    "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/\
                     arn:aws:lambda:eu-west-1:123456789012:function:",
                ),
                variable("name"),
                text("/invocations"),
            ],
        ),
        ("$${stageVariables.a}$", vec![text("$"), variable("a"), text("$")]),
    ] {
        assert_eq!(UriTemplate::parse(address).unwrap().parts(), expected, "{address}");
    }
}

#[test]
fn what_is_no_address_is_an_error_at_its_place() {
    for (address, offset, why) in [
        ("http://a/{", 9, "is not closed"),
        ("http://a/{x", 9, "is not closed"),
        ("http://a/x}", 10, "closes nothing"),
        ("http://a/{}", 10, "a name is missing"),
        ("http://a/{a b}", 10, "`a b`"),
        ("http://a/{proxy+}", 10, "without the `+`"),
        ("http://a/{{x}}", 10, "`{x`"),
        ("https://${AWS::Region}/x", 10, "`AWS::Region` is no stage variable"),
        ("https://${stageVariables.}/x", 25, "no stage variable's name"),
        ("https://${stageVariables.a-b}/x", 25, "no stage variable's name"),
    ] {
        let error = UriTemplate::parse(address).unwrap_err();
        assert_eq!(error.offset, offset, "{address}: {error}");
        assert!(error.message.contains(why), "{address}: {error}");
    }
}

#[test]
fn stage_variables_become_text() {
    let template = UriTemplate::parse("http://${stageVariables.host}:${stageVariables.port}/{id}").unwrap();
    let lookup = |name: &str| match name {
        "host" => Some("a.example"),
        "port" => Some("{80}"),
        _ => None,
    };
    let rendered = template.render_stage_variables(lookup).unwrap();
    assert_eq!(rendered.parts(), [text("http://a.example:{80}/"), placeholder("id")]);
    assert_eq!(rendered.placeholders().collect::<Vec<_>>(), ["id"]);
    let error = template.render_stage_variables(|name| lookup(name).filter(|_| name == "host")).unwrap_err();
    assert_eq!(error, LanguageError::new(30, "the stage has no variable `port`: set it on the stage"));
}

proptest! {
    #[test]
    fn no_text_panics_and_parts_spell_the_address(address in "[${}a-z.+\u{e9} ]{0,20}|(\\{a\\}|\\$\\{stageVariables\\.b\\}|\\$|/){0,6}") {
        match UriTemplate::parse(&address) {
            Err(error) => prop_assert!(address.is_char_boundary(error.offset)),
            Ok(template) => {
                let spelled: String = template
                    .parts()
                    .iter()
                    .map(|part| match part {
                        UriPart::Text(text) => text.to_string(),
                        UriPart::Placeholder(name) => format!("{{{name}}}"),
                        UriPart::StageVariable(name) => format!("${{stageVariables.{name}}}"),
                    })
                    .collect();
                prop_assert_eq!(spelled, address);
            }
        }
    }
}
