//! The body that an integration is given: which template makes it, or whether the client's passes
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html>).

use std::sync::Arc;

use gatelet_model::{ContentHandling, Integration, IntegrationType, PassthroughBehavior};

use super::content::{Conversion, is_binary};
use super::templates::{BodyTemplate, Templates};
use crate::integrations::MediaTypes;
use crate::payload::JSON;
use crate::refusal::Refusal;

/// How an integration's body is made of the client's.
#[derive(Debug)]
pub struct BodyMapping {
    templates: Templates,
    passthrough: PassthroughBehavior,
    handling: Option<ContentHandling>,
    binary: Arc<MediaTypes>,
}

impl BodyMapping {
    /// Compiles that of an integration; none where bodies always pass as they are.
    #[must_use]
    pub fn compile(integration: &Integration, binary: &Arc<MediaTypes>) -> Option<Self> {
        let mapping = |templates, passthrough| Self {
            templates,
            passthrough,
            handling: integration.content_handling,
            binary: Arc::clone(binary),
        };
        match integration.kind {
            // The proxies have no templates; one of Lambda tells bodies by the binary media types alone. ASSUMPTION: where nothing is
            // said of it, an HTTP proxy's body passes untouched also where AWS would take it for text and mend it.
            IntegrationType::AwsProxy => None,
            IntegrationType::HttpProxy => integration
                .content_handling
                .map(|_| mapping(Templates::default(), PassthroughBehavior::WhenNoMatch)),
            IntegrationType::Aws | IntegrationType::Http | IntegrationType::Mock => Some(mapping(
                Templates::new(&integration.request_templates),
                integration.passthrough_behavior.unwrap_or(PassthroughBehavior::WhenNoMatch),
            )),
        }
    }

    /// The template for a body of a type, JSON where it says none, or nothing where the body passes.
    ///
    /// # Errors
    /// [`Refusal::UnsupportedMediaType`] where there is none and the body may not pass.
    pub fn template(&self, content_type: Option<&str>) -> Result<Option<&BodyTemplate>, Refusal> {
        if let Some((_, template)) = self.templates.of(content_type.unwrap_or(JSON)) {
            return Ok(Some(template).filter(|template| !template.is_empty()));
        }
        let passes = match self.passthrough {
            PassthroughBehavior::WhenNoMatch => true,
            PassthroughBehavior::WhenNoTemplates => self.templates.is_empty(),
            PassthroughBehavior::Never => false,
        };
        if passes { Ok(None) } else { Err(Refusal::UnsupportedMediaType) }
    }

    /// What becomes of a payload of a type before it is used.
    #[must_use]
    pub fn conversion(&self, content_type: Option<&str>) -> Conversion {
        Conversion::of_request(is_binary(&self.binary, content_type), self.handling)
    }

    /// Whether any template may look at the request.
    pub(crate) fn looks(&self) -> bool {
        self.templates.look()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    /// Whether a body meets a template, passes, or is refused.
    fn outcome(
        behaviour: PassthroughBehavior,
        templates: &[(&str, &str)],
        content_type: Option<&str>,
    ) -> &'static str {
        let pairs = templates.iter().map(|(kind, text)| ((*kind).to_owned(), (*text).to_owned()));
        let integration = Integration {
            passthrough_behavior: Some(behaviour),
            request_templates: pairs.collect(),
            ..Integration::new(IntegrationType::Http)
        };
        let mapping = BodyMapping::compile(&integration, &Arc::default()).unwrap();
        match mapping.template(content_type) {
            Ok(Some(_)) => "template",
            Ok(None) => "passes",
            Err(Refusal::UnsupportedMediaType) => "415",
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn passthrough_follows_the_guides_table() {
        use PassthroughBehavior::{Never, WhenNoMatch, WhenNoTemplates};
        let json = [("application/json", "{}")];
        for (behaviour, templates, content_type, expected) in [
            (WhenNoMatch, &json[..], Some("application/json"), "template"),
            (WhenNoMatch, &json[..], None, "template"),
            (WhenNoMatch, &json[..], Some("text/plain"), "passes"),
            (WhenNoMatch, &[][..], Some("application/json"), "passes"),
            (WhenNoMatch, &[][..], None, "passes"),
            (WhenNoTemplates, &json[..], Some("Application/JSON; charset=utf-8"), "template"),
            (WhenNoTemplates, &json[..], None, "template"),
            (WhenNoTemplates, &json[..], Some("text/plain"), "415"),
            (WhenNoTemplates, &[][..], Some("text/plain"), "passes"),
            (WhenNoTemplates, &[][..], None, "passes"),
            (Never, &json[..], Some("application/json"), "template"),
            (Never, &json[..], None, "template"),
            (Never, &json[..], Some("text/plain"), "415"),
            (Never, &[][..], Some("application/json"), "415"),
            (Never, &[][..], None, "415"),
        ] {
            let found = outcome(behaviour, templates, content_type);
            assert_eq!(found, expected, "{behaviour:?} {templates:?} {content_type:?}");
        }
        assert_eq!(outcome(Never, &[("application/json", "")], None), "passes");
    }

    #[test]
    fn proxies_only_convert() {
        let proxy = |kind, content_handling| {
            let integration = Integration { content_handling, ..Integration::new(kind) };
            BodyMapping::compile(&integration, &Arc::default()).is_some()
        };
        let text = Some(ContentHandling::ConvertToText);
        assert!(!proxy(IntegrationType::AwsProxy, text));
        assert!(!proxy(IntegrationType::HttpProxy, None));
        assert!(proxy(IntegrationType::HttpProxy, text));
    }
}
