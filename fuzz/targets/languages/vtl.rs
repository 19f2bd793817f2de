//! Mapping templates: none makes the engine panic or run on, errors have a place, and a template that is static renders to what it says.
//! What stands behind a NUL is the body.

#![no_main]

use std::borrow::Cow;

use gatelet_languages::vtl::{ContextValue, Overrides, Parameters, Scope, Template};
use libfuzzer_sys::fuzz_target;

/// A small request.
struct Seen<'b> {
    body: &'b str,
}

impl Scope for Seen<'_> {
    fn body(&self) -> &str {
        self.body
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
        (name == "identity.sourceIp").then_some(ContextValue::Text(Cow::Borrowed("1.2.3.4")))
    }
    fn each_context(&self, see: &mut dyn FnMut(&str, ContextValue<'_>)) {
        see("identity.sourceIp", ContextValue::Text(Cow::Borrowed("1.2.3.4")));
    }
    fn stage_variable(&self, name: &str) -> Option<&str> {
        (name == "env").then_some("dev")
    }
    fn each_stage_variable(&self, see: &mut dyn FnMut(&str, &str)) {
        see("env", "dev");
    }
}

/// The body where the input has none.
const BODY: &str = r#"{"a": 1, "l": ["x", 2.5, {"y": "z"}], "m": {"k": "v\n"}, "n": null}"#;

fuzz_target!(|input: &str| {
    let (text, body) = input.split_once('\0').unwrap_or((input, BODY));
    match Template::parse(text) {
        Ok(template) => {
            let rendered = template.render(&Seen { body }, Overrides::default());
            if let Some(plain) = template.as_static() {
                assert_eq!(rendered.as_ref().map(|rendered| rendered.text.as_str()), Ok(plain));
            }
            for problem in template.problems() {
                assert!(text.get(..problem.offset).is_some(), "{problem:?} has no place in {text:?}");
            }
            if let Err(error) = rendered {
                assert!(text.get(..error.offset).is_some(), "{error:?} has no place in {text:?}");
            }
        }
        Err(error) => assert!(text.get(..error.offset).is_some(), "{error:?} has no place in {text:?}"),
    }
});
