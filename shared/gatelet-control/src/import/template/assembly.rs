//! What the resources of a template become, collected.

use std::collections::{BTreeMap, BTreeSet};

use gatelet_model::{Api, ApiId, PartId, Problems, Stage, StageName};
use indexmap::IndexMap;

use super::functions::FunctionDefinition;
use super::resolve::Resolver;
use super::resources::{self, Resolved};
use super::{ImportedApi, ImportedTemplate, domains, native, plans, sam};
use crate::document::{Node, Span};
use crate::identity;
use crate::import::intrinsics::Purpose;
use crate::import::reader::Reader;
use crate::import::{ApiKind, ImportOptions, openapi_document};

/// What the steps of reading a template share.
pub(super) struct Assembly<'d> {
    pub(super) reader: Reader<'d>,
    pub(super) resources: &'d [Resolved],
    pub(super) functions: Vec<FunctionDefinition>,
    pub(super) partition: &'static str,
    pub(super) stack_name: &'d str,
    pub(super) imported: ImportedTemplate,
    /// Resources by what `Ref` yields for them.
    by_physical_id: BTreeMap<(&'d str, &'d str), &'d Resolved>,
    /// Which resource needs which, for circles.
    uses: BTreeMap<String, BTreeMap<String, Span>>,
    by_logical_id: BTreeMap<&'d str, &'d Resolved>,
    /// What names an API as its owner, by the API's name, in the order of the template.
    pieces: BTreeMap<&'d str, Vec<&'d Resolved>>,
    /// The problems of the APIs' definitions.
    problems: Vec<Problems>,
    /// Where circles of values were told already.
    circles: BTreeSet<u32>,
}

/// The types of resource that are APIs.
const APIS: &[&str] = &[
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGatewayV2::Api",
    "AWS::Serverless::Api",
    "AWS::Serverless::HttpApi",
];

impl<'d> Assembly<'d> {
    pub(super) fn new(
        resolver: &'d Resolver<'_>,
        root: &'d Node,
        options: &'d ImportOptions,
        resources: &'d [Resolved],
        functions: Vec<FunctionDefinition>,
    ) -> Self {
        let mut reader = Reader::new(&resolver.source, root, options);
        for note in &resolver.notes {
            reader.report(note.span, note.problem.clone());
        }
        let by_physical_id = resources
            .iter()
            .map(|resource| ((resource.kind.as_str(), resource.physical_id.as_str()), resource))
            .collect();
        let by_logical_id =
            resources.iter().map(|resource| (resource.logical_id.as_str(), resource)).collect();
        let circles = resolver.notes.iter().filter(|note| note.is_circle).map(|note| note.span.start);
        let mut assembly = Self {
            reader,
            resources,
            functions,
            partition: resolver.partition(),
            stack_name: &resolver.options.stack_name,
            imported: ImportedTemplate::default(),
            by_physical_id,
            uses: resolver.uses.clone(),
            by_logical_id,
            pieces: BTreeMap::new(),
            problems: Vec::new(),
            circles: circles.collect(),
        };
        for resource in resources {
            let owner = resource.get("RestApiId").or_else(|| resource.get("ApiId"));
            if let Some(owner) = owner.and_then(|node| assembly.referred(node, APIS)) {
                assembly.pieces.entry(&owner.logical_id).or_default().push(resource);
            }
        }
        assembly
    }

    /// The resources that belong to an API, in the order of the template.
    pub(super) fn pieces(&self, api: &Resolved) -> Vec<&'d Resolved> {
        self.pieces.get(api.logical_id.as_str()).cloned().unwrap_or_default()
    }

    pub(super) fn run(&mut self) {
        sam::read(self);
        native::read(self);
        plans::read(self);
        domains::read(self);
        self.reader.about("");
    }

    pub(super) fn finish(mut self) -> ImportedTemplate {
        let names: IndexMap<&str, Vec<(&str, Span)>> = self
            .uses
            .iter()
            .map(|(user, used)| {
                (user.as_str(), used.iter().map(|(used, span)| (used.as_str(), *span)).collect())
            })
            .collect();
        for (span, problem) in resources::circles(&names) {
            if !self.circles.contains(&span.start) {
                self.reader.report(span, problem);
            }
        }
        let mut imported = self.imported;
        imported.functions = self.functions;
        let told = self.reader.finish_early();
        imported.problems = told.into_iter().chain(self.problems.into_iter().flatten()).collect();
        imported
    }

    /// Notes that one resource needs another.
    pub(super) fn uses(&mut self, user: &str, used: &str, span: Span) {
        self.uses.entry(user.to_owned()).or_default().entry(used.to_owned()).or_insert(span);
    }

    /// All resources of a type, in the order of the template.
    pub(super) fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = &'d Resolved> + use<'d> {
        self.resources.iter().filter(move |resource| resource.kind == kind)
    }

    /// The resource of one of these types that a value refers to: by `Ref`, or by its name in the template.
    pub(super) fn referred(&self, node: &Node, kinds: &[&str]) -> Option<&'d Resolved> {
        let text = node.scalar_text()?;
        kinds.iter().find_map(|kind| self.by_physical_id.get(&(*kind, text)).copied()).or_else(|| {
            self.by_logical_id.get(text).copied().filter(|one| kinds.contains(&one.kind.as_str()))
        })
    }

    /// The resource that a property refers to; one that is not in the template is reported.
    pub(super) fn owner(
        &mut self,
        resource: &'d Resolved,
        key: &str,
        kinds: &[&str],
    ) -> Option<&'d Resolved> {
        let Some(node) = resource.get(key) else {
            let help = format!("add `{key}`");
            self.reader.error(resource.key_span, format!("`{key}` is missing"), help);
            return None;
        };
        let owner = self.referred(node, kinds);
        if owner.is_none() {
            let message = format!("`{key}` names nothing in this template, so this resource is passed over");
            self.reader.warn(node.span, message, "what belongs to an API must stand in one template with it");
        }
        owner
    }

    /// The text of a property.
    pub(super) fn text(&mut self, resource: &'d Resolved, key: &str) -> Option<String> {
        self.reader.text_of(resource.mapping()?, key, Purpose::Expression)
    }

    pub(super) fn api_id(&self, logical_id: &str) -> ApiId {
        identity::api_id(self.reader.source.file(), logical_id)
    }

    pub(super) fn part_id(&self, logical_id: &str) -> PartId {
        identity::part_id(self.reader.source.file(), logical_id)
    }

    /// The ARN with which API Gateway invokes a function.
    pub(super) fn invocation(&self, function_arn: &str) -> String {
        let (partition, region) = (self.partition, self.reader.options.region.as_str());
        format!(
            "arn:{partition}:apigateway:{region}:lambda:path/2015-03-31/functions/{function_arn}/invocations"
        )
    }

    /// Imports the definition of an API.
    pub(super) fn add_definition(
        &mut self,
        resource: &Resolved,
        kind: ApiKind,
        definition: &Node,
        stages: Vec<Stage>,
    ) {
        let options = ImportOptions {
            api_id: self.api_id(&resource.logical_id),
            kind: Some(kind),
            account: self.reader.options.account.clone(),
            region: self.reader.options.region.clone(),
        };
        let imported = openapi_document(self.reader.source, definition, &options);
        let about = |mut problem: gatelet_model::Problem| {
            if problem.about.is_empty() {
                problem.about.clone_from(&resource.logical_id);
            }
            problem
        };
        self.problems.push(imported.problems.into_iter().map(about).collect());
        if let Some(api) = imported.api {
            self.add_api(resource, api, stages);
        }
    }

    pub(super) fn add_api(&mut self, resource: &Resolved, api: Api, stages: Vec<Stage>) {
        let decided = format!("{}, because `{}` is an `{}`", api.kind(), resource.logical_id, resource.kind);
        let logical_id = resource.logical_id.clone();
        if stages.is_empty() {
            self.reader.warn(
                resource.key_span,
                format!("`{logical_id}` has no stage in this template"),
                "add a stage; until then the gateway chooses its name",
            );
        }
        if let Api::Http(api) = &api {
            let keys: BTreeSet<String> = api.routes.iter().map(|route| route.key.to_string()).collect();
            let named = stages.iter().filter_map(|stage| match stage {
                Stage::V2(stage) => Some(stage.route_settings.keys()),
                Stage::Rest(_) => None,
            });
            for key in named.flatten().filter(|key| !keys.contains(*key)) {
                let message = format!("`{logical_id}` has settings for the route `{key}` and no such route");
                let help = "write the key as the route has it, such as `GET /pets/{id}`";
                self.reader.warn(resource.key_span, message, help);
            }
        }
        self.imported.apis.push(ImportedApi { logical_id, api, stages, decided });
    }

    pub(super) fn stage_name(&mut self, node: &Node) -> Option<StageName> {
        let name = node.scalar_text().unwrap_or_default();
        self.reader.keep(node.span, StageName::parse(name))
    }
}
