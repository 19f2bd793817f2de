//! REST APIs, mapped as AWS's `ImportRestApi` does it
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api.html>).

use gatelet_model::PathTemplate;
use gatelet_model::rest::{Method, Resource, RestApi, RestApiParts};
use indexmap::IndexMap;

use super::super::extensions;
use super::super::intrinsics::Purpose;
use super::super::mappings;
use super::super::reader::Reader;
use super::parameters;
use super::paths::{self, Operation, PathItem, RoutePath};
use super::schemas::Models;
use super::security::Security;
use super::{ApiKind, Document, Info, integration, report_model_problems, settings};
use crate::document::Span;
use crate::identity::PartIds;

/// What the operations of a document share.
struct Context<'d> {
    document: Document<'d>,
    security: Security<'d>,
    models: Models<'d>,
    /// The validator of operations that name none.
    request_validator: Option<String>,
}

pub(super) fn import<'d>(reader: &mut Reader<'d>, document: Document<'d>, info: Info) -> Option<RestApi> {
    let api_id = reader.options.api_id.clone();
    let mut ids = PartIds::new(&api_id);
    let mut parts = RestApiParts::new(api_id.clone(), info.title);
    parts.description = info.description;
    parts.version = info.version;
    settings::rest(reader, document, &mut parts);
    let (security, authorizers) = Security::read(reader, document, ApiKind::Rest, &mut ids);
    parts.authorizers = authorizers;
    let models = Models::read(reader, document);
    let request_validator = settings::request_validator(reader, document.mapping, &parts.request_validators);
    let mut context = Context { document, security, models, request_validator };
    let mut resources = Resources::new(&mut ids);
    let mut places: IndexMap<String, Span> = IndexMap::new();
    let mut integrations: IndexMap<String, Span> = IndexMap::new();
    for item in paths::read(reader, document, ApiKind::Rest) {
        let RoutePath::Template(template) = &item.path else { continue };
        places.insert(template.as_str().to_owned(), item.key_span);
        let position = resources.add(template);
        for operation in &item.operations {
            let about = format!("{} {template}", operation.method);
            reader.about(about.as_str());
            let method = method(reader, &mut context, &parts, template, &item, operation);
            if let Some(entry) = operation.mapping.entry(extensions::INTEGRATION) {
                integrations.insert(about.clone(), entry.key_span);
            }
            places.insert(about, operation.key_span);
            resources.set_method(position, operation, method);
        }
    }
    reader.about("");
    parts.resources = resources.list;
    context.models.check(reader, &parts);
    parts.models = context.models.into_models();
    match RestApi::new(parts) {
        Ok(api) => {
            // What is wrong altogether comes first.
            if !reader.has_errors() {
                mappings::check_integrations(reader, &api, |about| integrations.get(about).copied());
            }
            Some(api)
        }
        Err(problems) => {
            report_model_problems(reader, problems, info.span, |about| {
                // A path that stands only above others has its place at the first of them.
                let above = format!("{about}/");
                let is_below = |path: &str| about.starts_with('/') && path.starts_with(&above);
                let below = || places.iter().find(|(path, _)| is_below(path)).map(|(_, span)| span);
                places.get(about).or_else(below).copied()
            });
            None
        }
    }
}

fn method<'d>(
    reader: &mut Reader<'d>,
    context: &mut Context<'d>,
    parts: &RestApiParts,
    template: &PathTemplate,
    item: &PathItem<'d>,
    operation: &Operation<'d>,
) -> Method {
    let asked = context.security.asked(reader, operation);
    let request =
        parameters::request(reader, &mut context.models, context.document, template, item, operation);
    let responses = parameters::responses(reader, &mut context.models, context.document, operation);
    let own_validator = settings::request_validator(reader, operation.mapping, &parts.request_validators);
    let integration = match reader.extension(operation.mapping, extensions::INTEGRATION) {
        Some(entry) => {
            let node = &entry.value;
            if let Some(reference) = node.get("$ref") {
                reader.warn(
                    reference.span,
                    "AWS understands a reference to an integration on HTTP APIs alone",
                    "write the integration here where the API must run on AWS too",
                );
                mark_shared(reader, context.document);
            }
            integration::rest(reader, node)
        }
        None => {
            reader.warn(
                operation.key_span,
                "the method has no `x-amazon-apigateway-integration`: calls answer 500, and AWS refuses to deploy it",
                "add one, such as `{type: HTTP_PROXY, httpMethod: ANY, uri: \"https://example.com/pets\"}`",
            );
            None
        }
    };
    Method {
        authorization: asked.authorization,
        api_key_required: asked.api_key_required,
        request_validator: own_validator.or_else(|| context.request_validator.clone()),
        operation_name: reader.text_of(operation.mapping, "operationId", Purpose::Text),
        request_parameters: request.parameters,
        request_models: request.models,
        responses,
        integration,
    }
}

fn mark_shared<'d>(reader: &mut Reader<'d>, document: Document<'d>) {
    if let Some(components) = document.mapping.get("components").and_then(|node| node.as_mapping()) {
        reader.extension(components, extensions::INTEGRATIONS);
    }
}

/// The resource tree: every path and all paths above it, parents first.
struct Resources<'a, 'b> {
    ids: &'a mut PartIds<'b>,
    list: Vec<Resource>,
    positions: IndexMap<String, usize>,
}

impl<'a, 'b> Resources<'a, 'b> {
    fn new(ids: &'a mut PartIds<'b>) -> Self {
        let mut resources = Self { ids, list: Vec::new(), positions: IndexMap::new() };
        // Every REST API has its root, even one without paths.
        if let Ok(root) = PathTemplate::parse("/") {
            resources.add(&root);
        }
        resources
    }

    /// The position of a path's resource, which is made with all those above it where it is not there.
    fn add(&mut self, path: &PathTemplate) -> usize {
        let mut missing = Vec::new();
        let mut next = Some(path.clone());
        while let Some(path) = next.filter(|path| !self.positions.contains_key(path.as_str())) {
            next = path.parent();
            missing.push(path);
        }
        for path in missing.into_iter().rev() {
            let id = self.ids.take("resource", path.as_str());
            self.positions.insert(path.as_str().to_owned(), self.list.len());
            self.list.push(Resource { id, path, methods: IndexMap::new() });
        }
        self.positions.get(path.as_str()).copied().unwrap_or_default()
    }

    fn set_method(&mut self, position: usize, operation: &Operation<'_>, method: Method) {
        if let Some(resource) = self.list.get_mut(position) {
            resource.methods.insert(operation.method, method);
        }
    }
}
