//! Addresses of integrations: their parts spell the address, and rendering leaves no stage variable.

#![no_main]

use gatelet_languages::uri::{UriPart, UriTemplate};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let template = match UriTemplate::parse(text) {
        Ok(template) => template,
        Err(error) => {
            return assert!(text.get(..error.offset).is_some(), "{error:?} has no place in {text:?}");
        }
    };
    let spelled: String = template.parts().iter().map(spell).collect();
    assert_eq!(spelled, text);
    let rendered = template.render_stage_variables(|_| Some("{a}")).expect("every variable has a value");
    assert!(!rendered.parts().iter().any(|part| matches!(part, UriPart::StageVariable(_))));
    assert!(rendered.placeholders().eq(template.placeholders()));
});

fn spell(part: &UriPart) -> String {
    match part {
        UriPart::Text(text) => text.to_string(),
        UriPart::Placeholder(name) => format!("{{{name}}}"),
        UriPart::StageVariable(name) => format!("${{stageVariables.{name}}}"),
    }
}
