//! SAM's APIs: `AWS::Serverless::Api`, `AWS::Serverless::HttpApi` and the events of functions, put together to
//! definitions as SAM does it
//! (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification.html>).

mod authorizers;
pub(super) mod cors;
mod events;
mod policy;
mod rest;
mod security;
mod usage_plan;

use gatelet_model::v2::RouteSettings;
use gatelet_model::{Stage, StageName};
use indexmap::IndexMap;

use super::assembly::Assembly;
use super::native;
use super::resources::Resolved;
use super::tree::{self, Definition};
use crate::document::{Mapping, Node, Span};
use crate::import::ApiKind;
use crate::import::intrinsics::Purpose;

/// What SAM writes into definitions that it makes itself.
const OPENAPI_VERSION: &str = "3.0.1";

/// The stage that SAM makes beside the named one, unless `OpenApiVersion` is set.
const EXTRA_STAGE: &str = "Stage";

/// What the resources have; a misspelt one would be silently missing.
const API_MEMBERS: &[&str] = &[
    "AccessLogSetting",
    "AlwaysDeploy",
    "ApiKeySourceType",
    "Auth",
    "BinaryMediaTypes",
    "CacheClusterEnabled",
    "CacheClusterSize",
    "CanarySetting",
    "Cors",
    "DefinitionBody",
    "DefinitionUri",
    "Description",
    "DisableExecuteApiEndpoint",
    "Domain",
    "EndpointAccessMode",
    "EndpointConfiguration",
    "FailOnWarnings",
    "GatewayResponses",
    "MergeDefinitions",
    "MethodSettings",
    "MinimumCompressionSize",
    "Mode",
    "Models",
    "Name",
    "OpenApiVersion",
    "Policy",
    "PropagateTags",
    "SecurityPolicy",
    "StageName",
    "Tags",
    "TracingEnabled",
    "Variables",
];

const HTTP_API_MEMBERS: &[&str] = &[
    "AccessLogSettings",
    "Auth",
    "CorsConfiguration",
    "DefaultRouteSettings",
    "DefinitionBody",
    "DefinitionUri",
    "Description",
    "DisableExecuteApiEndpoint",
    "Domain",
    "FailOnWarnings",
    "Name",
    "PropagateTags",
    "RouteSettings",
    "StageName",
    "StageVariables",
    "Tags",
];

/// The definition of an API while events and settings are added to it.
enum Body {
    /// SAM makes it of events.
    Managed(Definition),
    /// The author wrote it in the template.
    Inline(Definition),
    /// It is taken as it is: from another file, or because it is no definition, which the importer tells.
    Fixed(Node),
    /// It could not be had, which is told.
    Missing,
}

/// One API and what is known of it.
struct SamApi<'d> {
    resource: &'d Resolved,
    properties: &'d Mapping,
    kind: ApiKind,
    body: Body,
    /// What events of functions say of their routes, by route key.
    route_settings: Vec<(String, RouteSettings)>,
}

impl SamApi<'_> {
    fn definition(&mut self) -> Option<&mut Definition> {
        match &mut self.body {
            Body::Managed(definition) | Body::Inline(definition) => Some(definition),
            Body::Fixed(_) | Body::Missing => None,
        }
    }

    fn span(&self) -> Span {
        self.resource.key_span
    }
}

/// Reads everything that SAM makes APIs of.
pub(super) fn read(assembly: &mut Assembly<'_>) {
    let mut apis: IndexMap<&str, SamApi<'_>> = IndexMap::new();
    for resource in assembly.resources {
        let kind = match resource.kind.as_str() {
            "AWS::Serverless::Api" => ApiKind::Rest,
            "AWS::Serverless::HttpApi" => ApiKind::Http,
            "AWS::Serverless::WebSocketApi" => {
                assembly.reader.error(
                    resource.key_span,
                    "`AWS::Serverless::WebSocketApi` cannot be imported",
                    "define the API with `AWS::ApiGatewayV2::Api` and its routes",
                );
                continue;
            }
            _ => continue,
        };
        let Some(properties) = resource.mapping() else { continue };
        assembly.reader.about(resource.logical_id.as_str());
        let known = if kind == ApiKind::Rest { API_MEMBERS } else { HTTP_API_MEMBERS };
        assembly.reader.check_members(properties, &resource.kind, known);
        let body = body(assembly, resource, properties);
        apis.insert(
            &resource.logical_id,
            SamApi { resource, properties, kind, body, route_settings: Vec::new() },
        );
    }
    events::add(assembly, &mut apis);
    for (_, api) in apis {
        assembly.reader.about(api.resource.logical_id.as_str());
        finish(assembly, api);
    }
}

fn body<'d>(assembly: &mut Assembly<'d>, resource: &'d Resolved, properties: &'d Mapping) -> Body {
    if let (Some(_), Some(entry)) = (properties.get("DefinitionBody"), properties.entry("DefinitionUri")) {
        let message = "an API has either `DefinitionBody` or `DefinitionUri`, not both";
        assembly.reader.error(entry.key_span, message, "remove one of them");
    }
    let span = resource.key_span;
    let title = match properties.get("Name").and_then(|node| Some((node, node.scalar_text()?))) {
        Some((node, name)) => tree::text(node.span, name),
        None => tree::text(span, assembly.stack_name),
    };
    if let Some(entry) = properties.entry("DefinitionBody") {
        if entry.value.is_null() {
            let help = "write it, or mend what it is taken from";
            assembly.reader.warn(entry.key_span, "the API has no definition and is not served", help);
            return Body::Missing;
        }
        let Some(mut definition) = Definition::of(&entry.value) else {
            return Body::Fixed(entry.value.clone());
        };
        definition.entitle(title);
        return Body::Inline(definition);
    }
    if let Some(entry) = properties.entry("DefinitionUri") {
        if entry.value.as_mapping().is_some() {
            let help = "give the path of a file beside the template";
            assembly.reader.warn(entry.key_span, "a definition in S3 is not fetched and not served", help);
        }
        return resource.definition.clone().map_or(Body::Missing, Body::Fixed);
    }
    Body::Managed(Definition::new(span, OPENAPI_VERSION, title))
}

fn finish<'d>(assembly: &mut Assembly<'d>, mut api: SamApi<'d>) {
    match api.kind {
        ApiKind::Rest => rest::settings(assembly, &mut api),
        ApiKind::Http => http_settings(assembly, &mut api),
    }
    let (resource, kind) = (api.resource, api.kind);
    if let Some(definition) = api.definition() {
        native::add_pieces(assembly, definition, resource, kind);
    }
    let is_implicit = matches!(api.resource.logical_id.as_str(), "ServerlessRestApi" | "ServerlessHttpApi");
    let node = match api.body {
        // What every function that would be behind it is left out by a condition makes no API.
        Body::Managed(definition) if definition.paths.is_empty() && is_implicit => return,
        Body::Managed(definition) if definition.paths.is_empty() => {
            assembly.reader.warn(
                api.resource.key_span,
                "the API has no routes",
                "add events to functions that name it, or a `DefinitionBody`",
            );
            definition.node()
        }
        Body::Managed(definition) | Body::Inline(definition) => definition.node(),
        Body::Fixed(node) => node,
        Body::Missing => return,
    };
    let mut stages = stages(assembly, api.resource, api.properties, api.kind);
    if let Some(Stage::V2(stage)) = stages.first_mut() {
        stage.route_settings.extend(api.route_settings);
    }
    native::add_stages(assembly, resource, kind, &mut stages);
    if api.kind == ApiKind::Rest {
        usage_plan::read(assembly, api.resource, api.properties, &stages);
    }
    assembly.sam_domain(api.resource, api.properties, &stages);
    assembly.add_definition(api.resource, api.kind, &node, stages);
}

fn stages<'d>(
    assembly: &mut Assembly<'d>,
    resource: &'d Resolved,
    properties: &'d Mapping,
    kind: ApiKind,
) -> Vec<Stage> {
    let name = match properties.get("StageName") {
        Some(node) => assembly.stage_name(node),
        None if kind == ApiKind::Http => StageName::parse(StageName::DEFAULT).ok(),
        None => {
            let help = "add it, such as `StageName: prod`";
            assembly.reader.error(resource.key_span, "the API has no `StageName`", help);
            None
        }
    };
    let Some(name) = name else { return Vec::new() };
    if kind == ApiKind::Http {
        return vec![Stage::V2(assembly.v2_stage(name, properties, true))];
    }
    let stage = assembly.rest_stage(name, properties);
    let extra = (properties.get("OpenApiVersion").is_none() && stage.name.as_str() != EXTRA_STAGE)
        .then(|| StageName::parse(EXTRA_STAGE).ok())
        .flatten()
        .map(|name| Stage::Rest(gatelet_model::rest::RestStage::new(name)));
    std::iter::once(Stage::Rest(stage)).chain(extra).collect()
}

/// What `AWS::Serverless::HttpApi` says beside its routes.
fn http_settings<'d>(assembly: &mut Assembly<'d>, api: &mut SamApi<'d>) {
    let properties = api.properties;
    let Some(auth) = security::auth(assembly, api.properties) else { return };
    let cors = cors::http(assembly, properties);
    let Some(definition) = api.definition() else { return };
    definition.top.set_some("x-amazon-apigateway-cors", cors);
    if let Some(entry) = properties.entry("DisableExecuteApiEndpoint") {
        let mut endpoint = tree::Object::new(entry.value.span);
        endpoint.set("disableExecuteApiEndpoint", entry.value.clone());
        definition.top.set_at(entry.key_span, "x-amazon-apigateway-endpoint-configuration", endpoint.node());
    }
    describe(definition, properties);
    if let Some(entry) = properties.entry("Tags") {
        let tags = super::stages::tags(Some(&entry.value));
        let tags = tags.into_iter().map(|(name, value)| {
            let mut tag = tree::Object::new(entry.value.span);
            tag.set_text("name", entry.value.span, name);
            tag.set_text("x-amazon-apigateway-tag-value", entry.value.span, value);
            tag.node()
        });
        definition.top.set("tags", tree::list(entry.value.span, tags.collect()));
    }
    if let Some(auth) = auth {
        authorizers::http(&mut assembly.reader, definition, auth);
        security::default_authorizer(&mut assembly.reader, definition, auth, ApiKind::Http);
    }
}

/// The description, where the definition has none.
fn describe(definition: &mut Definition, properties: &Mapping) {
    if let Some(description) = properties.get("Description")
        && let Some(info) = definition.top.get("info")
        && info.get("description").is_none()
    {
        let mut info = tree::Object::of(info);
        info.set("description", description.clone());
        definition.top.set("info", info.node());
    }
}

impl<'d> Assembly<'d> {
    /// The text of a member, whatever scalar it is.
    fn member(&mut self, mapping: &'d Mapping, key: &str) -> Option<String> {
        self.reader.text_of(mapping, key, Purpose::Expression)
    }
}
