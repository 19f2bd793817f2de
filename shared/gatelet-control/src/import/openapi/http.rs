//! HTTP APIs, mapped as AWS's `ImportApi` does it
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html>).

use gatelet_model::v2::{HttpApi, HttpApiParts, HttpIntegration, HttpRoute, HttpRouteKey};
use gatelet_model::{MethodKey, PartId};
use indexmap::IndexMap;

use super::super::extensions;
use super::super::intrinsics::Purpose;
use super::super::reader::Reader;
use super::paths::{self, Operation, RoutePath};
use super::security::Security;
use super::{ApiKind, Document, Info, integration, report_model_problems, settings};
use crate::document::Span;
use crate::identity::PartIds;

/// Extensions that REST APIs alone have.
const REST_ONLY: &[&str] = &[
    extensions::API_KEY_SOURCE,
    extensions::BINARY_MEDIA_TYPES,
    extensions::DOCUMENTATION,
    extensions::ENDPOINT_ACCESS_MODE,
    extensions::GATEWAY_RESPONSES,
    extensions::MINIMUM_COMPRESSION_SIZE,
    extensions::POLICY,
    extensions::REQUEST_VALIDATOR,
    extensions::REQUEST_VALIDATORS,
    extensions::SECURITY_POLICY,
];

pub(super) fn import<'d>(reader: &mut Reader<'d>, document: Document<'d>, info: Info) -> Option<HttpApi> {
    const HELP: &str = "remove it, or make it a REST API with `--rest`";
    let api_id = reader.options.api_id.clone();
    let mut ids = PartIds::new(&api_id);
    let mut parts = HttpApiParts::new(api_id.clone(), info.title);
    parts.description = info.description;
    parts.version = info.version;
    settings::ignore(reader, document.mapping, REST_ONLY, "an HTTP API", HELP);
    parts.cors = settings::cors(reader, document.mapping);
    let endpoint = settings::endpoint(reader, document);
    parts.disable_execute_api_endpoint = endpoint.is_disabled;
    parts.ip_address_type = endpoint.ip_address_type;
    parts.tags = settings::tags(reader, document, ApiKind::Http);
    let (security, authorizers) = Security::read(reader, document, ApiKind::Http, &mut ids);
    parts.authorizers = authorizers;
    let mut places: IndexMap<String, Span> = IndexMap::new();
    let mut integrations = Integrations::new(&mut ids);
    integrations.read_shared(reader, document);
    for item in paths::read(reader, document, ApiKind::Http) {
        for operation in &item.operations {
            let Some(key) = route_key(reader, &item.path, operation) else { continue };
            let about = key.to_string();
            reader.about(about.as_str());
            settings::ignore(
                reader,
                operation.mapping,
                &[extensions::REQUEST_VALIDATOR],
                "an HTTP API",
                HELP,
            );
            let asked = security.asked(reader, operation);
            let integration = integrations.of(reader, operation, &about);
            parts.routes.push(HttpRoute {
                id: integrations.ids.take("route", &about),
                key,
                authorization: asked.authorization,
                operation_name: reader.text_of(operation.mapping, "operationId", Purpose::Text),
                integration,
            });
            places.insert(about, operation.key_span);
        }
    }
    reader.about("");
    parts.integrations = integrations.list;
    match HttpApi::new(parts) {
        Ok(api) => Some(api),
        Err(problems) => {
            report_model_problems(reader, problems, info.span, |about| places.get(about).copied());
            None
        }
    }
}

fn route_key(reader: &mut Reader<'_>, path: &RoutePath, operation: &Operation<'_>) -> Option<HttpRouteKey> {
    match path {
        RoutePath::Template(path) => Some(HttpRouteKey::Path(operation.method, path.clone())),
        RoutePath::Default if operation.method == MethodKey::Any => Some(HttpRouteKey::Default),
        RoutePath::Default => {
            let message = format!("`$default` takes every method, it cannot be `{}` alone", operation.method);
            reader.error(
                operation.key_span,
                message,
                "put the operation under `x-amazon-apigateway-any-method`",
            );
            None
        }
    }
}

/// The integrations of an API: one for each that stands under `components`, and one for each route with its own.
struct Integrations<'a, 'b> {
    ids: &'a mut PartIds<'b>,
    list: Vec<HttpIntegration>,
    /// By the place of the node, so that every route that refers to it finds the same one; none where it is broken.
    shared: IndexMap<u32, Option<PartId>>,
}

impl<'a, 'b> Integrations<'a, 'b> {
    fn new(ids: &'a mut PartIds<'b>) -> Self {
        Self { ids, list: Vec::new(), shared: IndexMap::new() }
    }

    fn read_shared<'d>(&mut self, reader: &mut Reader<'d>, document: Document<'d>) {
        let components = document.mapping.get("components").and_then(|node| node.as_mapping());
        let Some(shared) = components.and_then(|all| reader.extension(all, extensions::INTEGRATIONS)) else {
            return;
        };
        for entry in reader.mapping(&shared.value, extensions::INTEGRATIONS).into_iter().flatten() {
            reader.about(format!("integration {}", entry.key));
            let id = self.ids.take("integration", &format!("#{}", entry.key));
            let integration = integration::http(reader, &entry.value, id.clone());
            self.shared.insert(entry.value.span.start, integration.as_ref().map(|_| id));
            self.list.extend(integration);
        }
        reader.about("");
    }

    fn of<'d>(&mut self, reader: &mut Reader<'d>, operation: &Operation<'d>, route: &str) -> Option<PartId> {
        let Some(own) = reader.extension(operation.mapping, extensions::INTEGRATION) else {
            reader.warn(
                operation.key_span,
                "the route has no `x-amazon-apigateway-integration` and answers 404",
                "add one, such as `{type: HTTP_PROXY, httpMethod: ANY, uri: \"https://example.com/pets\"}`",
            );
            return None;
        };
        let target = reader.follow(&own.value)?;
        if let Some(known) = self.shared.get(&target.span.start) {
            return known.clone();
        }
        let id = self.ids.take("integration", route);
        let integration = integration::http(reader, target, id.clone());
        if own.value.get("$ref").is_some() {
            self.shared.insert(target.span.start, integration.as_ref().map(|_| id.clone()));
        }
        let id = integration.as_ref().map(|_| id);
        self.list.extend(integration);
        id
    }
}
