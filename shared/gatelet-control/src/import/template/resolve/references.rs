//! `Ref` and `Fn::GetAtt`: parameters, pseudo parameters, and resources with their made-up names.

use super::Resolver;
use super::made_up::{self, Referred};
use crate::document::{self, Node, Span};
use crate::import::template::sections::Resource;

/// What SAM itself appends to a resource's name for a part of it, as in `!Ref Api.Stage`.
const GENERATED_PARTS: &[&str] = &["Alias", "Deployment", "DomainName", "Stage", "UsagePlan", "Version"];

impl Resolver<'_> {
    pub(super) fn reference(&mut self, argument: &Node, span: Span) -> Option<Node> {
        let Some(name) = argument.as_str() else {
            return self.malformed(span, "Ref", "the name of a parameter or resource");
        };
        self.reference_to(name, span)
    }

    pub(super) fn reference_to(&mut self, name: &str, span: Span) -> Option<Node> {
        if name == "AWS::NoValue" {
            return None;
        }
        if let Some(value) = self.pseudo(name) {
            return Some(self.made(span, value));
        }
        if let Some(value) = self.parameter(name, span) {
            return Some(value);
        }
        if let Some(value) = self.physical_id(name, span).or_else(|| self.generated(name, span)) {
            return Some(self.made(span, value));
        }
        self.unknown(name, span, "a parameter or resource");
        None
    }

    fn unknown(&mut self, name: &str, span: Span, what: &str) {
        let names = self.sections.resources.keys().chain(self.sections.parameters.keys()).map(String::as_str);
        let help = match document::nearest(name, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "add it, or correct the name".to_owned(),
        };
        self.error(span, format!("the template has no `{name}` that is {what}"), help);
    }

    /// What `Ref` yields for a resource; none where there is none of this name.
    pub(in super::super) fn physical_id(&mut self, logical_id: &str, span: Span) -> Option<String> {
        let resource = self.sections.resources.get(logical_id)?.clone();
        self.used(logical_id, span);
        self.check_exists(logical_id, &resource, span);
        let name = self.name_of(logical_id, &resource, span);
        Some(made_up::reference(&self.referred(logical_id, &resource.kind, &name)))
    }

    /// What `Fn::GetAtt` yields.
    pub(super) fn attribute(&mut self, logical_id: &str, attribute: &str, span: Span) -> Option<String> {
        let Some(resource) = self.sections.resources.get(logical_id).cloned() else {
            if let Some(generated) = self.generated_attribute(logical_id, attribute, span) {
                return Some(generated);
            }
            self.unknown(logical_id, span, "a resource");
            return None;
        };
        self.used(logical_id, span);
        self.check_exists(logical_id, &resource, span);
        let name = self.name_of(logical_id, &resource, span);
        Some(made_up::attribute(&self.referred(logical_id, &resource.kind, &name), attribute))
    }

    fn referred<'r>(&'r self, logical_id: &'r str, kind: &'r str, name: &'r str) -> Referred<'r> {
        Referred {
            file: self.source.file(),
            logical_id,
            kind,
            name,
            partition: self.partition(),
            region: self.options.region.as_str(),
            account: self.options.account.as_str(),
        }
    }

    fn used(&mut self, used: &str, span: Span) {
        if let Some(user) = self.user.clone() {
            self.uses(&user, used, span);
        }
    }

    /// A resource whose condition does not hold is not there.
    fn check_exists(&mut self, logical_id: &str, resource: &Resource, span: Span) {
        if let Some((condition, condition_span)) = &resource.condition
            && !self.condition(condition, *condition_span)
        {
            let message = format!("`{logical_id}` is not there: its condition `{condition}` does not hold");
            let help = "refer to it inside `Fn::If` with the same condition";
            // A function or API that is left out itself would not ask, so what asks is served without it.
            self.warn(span, message, help);
        }
    }

    /// The name that a resource gives itself, else one that follows from the stack's name and its own.
    pub(in super::super) fn name_of(&mut self, logical_id: &str, resource: &Resource, span: Span) -> String {
        if let Some(known) = self.names.get(logical_id) {
            return known.clone();
        }
        let given = made_up::name_property(&resource.kind).and_then(|key| resource.property(key)).cloned();
        let given = given.and_then(|node| {
            self.guarded(logical_id, span, |resolver| resolver.text(&node, "a name")).flatten()
        });
        let name = given
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| made_up::name(&self.options.stack_name, logical_id, &resource.kind));
        self.names.insert(logical_id.to_owned(), name.clone());
        name
    }

    /// Whether `Name.Part` is one of SAM's own references.
    pub(super) fn is_generated(&self, name: &str) -> bool {
        name.split_once('.').is_some_and(|(base, part)| {
            let kind = self.sections.resources.get(base).map(|resource| resource.kind.as_str());
            kind.is_some_and(|kind| kind.starts_with("AWS::Serverless::")) && GENERATED_PARTS.contains(&part)
        })
    }

    /// What SAM makes of a resource has a name of its own: `Function.Alias`, `Api.Stage`, `ApiProdStage`, `FunctionRole`
    /// (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html>).
    fn generated(&mut self, name: &str, span: Span) -> Option<String> {
        let (base, part) = match name.split_once('.') {
            Some((base, part)) => (base.to_owned(), part.to_owned()),
            None => {
                let base = self.generated_from(name)?;
                let part = name.strip_prefix(base.as_str())?.to_owned();
                (base, part)
            }
        };
        let resource = self.sections.resources.get(&base)?.clone();
        if !resource.kind.starts_with("AWS::Serverless::") {
            return None;
        }
        self.used(&base, span);
        if part.ends_with("Stage") {
            let stage = resource.property("StageName").cloned();
            return match stage {
                Some(node) => self.text(&node, "the name of a stage"),
                None => Some("$default".to_owned()),
            };
        }
        let own = self.name_of(&base, &resource, span);
        let arn = made_up::attribute(&self.referred(&base, &resource.kind, &own), "Arn");
        if part == "Version" || part.starts_with("Version") {
            return Some(format!("{arn}:1"));
        }
        if part.starts_with("Alias") {
            let alias = resource.property("AutoPublishAlias").cloned();
            let alias = alias.and_then(|node| self.text(&node, "an alias"));
            return Some(format!("{arn}:{}", alias.unwrap_or_else(|| "live".to_owned())));
        }
        let kind = if part == "Role" { "AWS::IAM::Role" } else { "AWS::CloudFormation::Stack" };
        let name = made_up::name(&self.options.stack_name, name, kind);
        Some(made_up::reference(&self.referred(&base, kind, &name)))
    }

    fn generated_attribute(&mut self, name: &str, attribute: &str, span: Span) -> Option<String> {
        let base = self.generated_from(name)?;
        self.used(&base, span);
        let kind = if name.ends_with("Role") { "AWS::IAM::Role" } else { "AWS::CloudFormation::Stack" };
        let own = made_up::name(&self.options.stack_name, name, kind);
        Some(made_up::attribute(&self.referred(name, kind, &own), attribute))
    }

    /// The SAM resource of which a generated name begins with its own, the longest.
    fn generated_from(&self, name: &str) -> Option<String> {
        let resources = self.sections.resources.iter();
        resources
            .filter(|(base, resource)| {
                resource.kind.starts_with("AWS::Serverless::") && name.starts_with(base.as_str())
            })
            .map(|(base, _)| base.clone())
            .max_by_key(String::len)
    }
}
