//! `AWS::ApiGateway::RestApi` and what belongs to one
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ApiGateway.html>).

use std::collections::BTreeMap;

use gatelet_model::Stage;
use gatelet_model::rest::RestStage;

use super::super::assembly::Assembly;
use super::super::plans::REST_APIS;
use super::super::resolve::root_resource_id;
use super::super::resources::Resolved;
use super::super::stages::tags;
use super::super::tree::{self, Definition, Object};
use super::{Body, body, describe, methods, parts};
use crate::document::{Mapping, Node};
use crate::import::ApiKind;

/// Properties that a definition has as extensions of the same meaning.
const EXTENSIONS: &[(&str, &str)] = &[
    ("ApiKeySourceType", "x-amazon-apigateway-api-key-source"),
    ("BinaryMediaTypes", "x-amazon-apigateway-binary-media-types"),
    ("EndpointAccessMode", "x-amazon-apigateway-endpoint-access-mode"),
    ("MinimumCompressionSize", "x-amazon-apigateway-minimum-compression-size"),
    ("Policy", "x-amazon-apigateway-policy"),
    ("SecurityPolicy", "x-amazon-apigateway-security-policy"),
];

/// How deep resources may stand in one another; a path has no more parts either.
const RESOURCE_DEPTH_MAX: usize = 256;

/// What belongs to a REST API and names it.
const PIECES: &[&str] = &[
    "AWS::ApiGateway::Authorizer",
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::GatewayResponse",
    "AWS::ApiGateway::Method",
    "AWS::ApiGateway::Model",
    "AWS::ApiGateway::RequestValidator",
    "AWS::ApiGateway::Resource",
    "AWS::ApiGateway::Stage",
];

pub(super) fn read(assembly: &mut Assembly<'_>) {
    for resource in assembly.resources.iter().filter(|one| PIECES.contains(&one.kind.as_str())) {
        assembly.reader.about(resource.logical_id.as_str());
        assembly.owner(resource, "RestApiId", REST_APIS);
    }
    for resource in assembly.of_kind("AWS::ApiGateway::RestApi") {
        let Some(properties) = resource.mapping() else { continue };
        assembly.reader.about(resource.logical_id.as_str());
        let Some(body) = body(assembly, resource, properties) else { continue };
        let node = match body {
            Body::Fixed(node) => node,
            Body::Definition(mut definition) => {
                settings(&mut definition, properties);
                add_pieces(assembly, &mut definition, resource);
                definition.node()
            }
        };
        let mut stages = Vec::new();
        add_stages(assembly, resource, &mut stages);
        assembly.add_definition(resource, ApiKind::Rest, &node, stages);
    }
}

pub(super) fn add_pieces<'d>(assembly: &mut Assembly<'d>, definition: &mut Definition, api: &'d Resolved) {
    let pieces = assembly.pieces(api);
    parts::add(assembly, definition, &pieces);
    let paths = paths(assembly, api, &pieces);
    for method in pieces.iter().filter(|piece| piece.kind == "AWS::ApiGateway::Method") {
        methods::add(assembly, definition, method, &paths);
    }
}

fn settings(definition: &mut Definition, properties: &Mapping) {
    let span = definition.top.span();
    let source = Node { span, value: crate::document::Value::Mapping(properties.clone()) };
    definition.top.rename(&source, EXTENSIONS);
    describe(definition, properties);
    let configuration = properties.entry("EndpointConfiguration");
    let disable = properties.entry("DisableExecuteApiEndpoint");
    if let Some(place) = configuration.or(disable) {
        let mut endpoint = Object::new(place.value.span);
        if let Some(entry) = configuration {
            endpoint.rename(
                &entry.value,
                &[
                    ("Types", "types"),
                    ("VpcEndpointIds", "vpcEndpointIds"),
                    ("IpAddressType", "ipAddressType"),
                ],
            );
        }
        endpoint.set_some("disableExecuteApiEndpoint", disable.map(|entry| entry.value.clone()));
        definition.top.set_at(place.key_span, "x-amazon-apigateway-endpoint-configuration", endpoint.node());
    }
    if let Some(entry) = properties.entry("Tags") {
        let labels = tags(Some(&entry.value)).into_iter().map(|(name, value)| {
            let mut tag = Object::new(entry.value.span);
            tag.set_text("name", entry.value.span, name);
            tag.set_text("x-amazon-apigateway-tag-value", entry.value.span, value);
            tag.node()
        });
        definition.top.set("tags", tree::list(entry.value.span, labels.collect()));
    }
}

/// The path of every resource of an API, by what `Ref` yields for the resource.
fn paths<'d>(
    assembly: &mut Assembly<'d>,
    api: &'d Resolved,
    pieces: &[&'d Resolved],
) -> BTreeMap<String, String> {
    let mut paths = BTreeMap::new();
    let root = root_resource_id(assembly.reader.source.file(), &api.logical_id);
    paths.insert(root, String::new());
    let resources: BTreeMap<&str, &Resolved> = pieces
        .iter()
        .filter(|piece| piece.kind == "AWS::ApiGateway::Resource")
        .map(|piece| (piece.physical_id.as_str(), *piece))
        .collect();
    for resource in resources.values() {
        // From the resource up to one whose path is known.
        let mut chain = vec![*resource];
        let mut known = paths.get(resource.physical_id.as_str()).cloned();
        while known.is_none() && chain.len() <= RESOURCE_DEPTH_MAX {
            let parent = chain.last().and_then(|last| last.get("ParentId")).and_then(Node::scalar_text);
            known = parent.and_then(|parent| paths.get(parent)).cloned();
            let Some(next) = parent.and_then(|parent| resources.get(parent)).filter(|_| known.is_none())
            else {
                break;
            };
            chain.push(next);
        }
        let Some(mut path) = known else {
            assembly.reader.about(resource.logical_id.as_str());
            let span = resource.get("ParentId").map_or(resource.key_span, |node| node.span);
            let help = "write `!GetAtt Api.RootResourceId`, or `!Ref` a resource of the same API";
            assembly.reader.error(span, "`ParentId` leads to no root of this API", help);
            continue;
        };
        if paths.contains_key(&resource.physical_id) {
            continue;
        }
        for one in chain.into_iter().rev() {
            let part = one.get("PathPart").and_then(Node::scalar_text).unwrap_or_default();
            path = format!("{path}/{part}");
            paths.insert(one.physical_id.clone(), path.clone());
        }
    }
    assembly.reader.about(api.logical_id.as_str());
    paths
}

/// Stages are resources of their own, or a deployment names one.
pub(super) fn add_stages<'d>(assembly: &mut Assembly<'d>, api: &'d Resolved, stages: &mut Vec<Stage>) {
    for piece in assembly.pieces(api) {
        let Some(properties) = piece.mapping() else { continue };
        assembly.reader.about(piece.logical_id.as_str());
        let name = properties.get("StageName").and_then(|node| assembly.stage_name(node));
        let stage = match (piece.kind.as_str(), name) {
            ("AWS::ApiGateway::Stage", Some(name)) => assembly.rest_stage(name, properties),
            ("AWS::ApiGateway::Stage", None) => {
                assembly.reader.error(piece.key_span, "the stage has no `StageName`", "add it");
                continue;
            }
            ("AWS::ApiGateway::Deployment", Some(name)) => match properties.get("StageDescription") {
                Some(node) => match assembly.reader.mapping(node, "StageDescription") {
                    Some(description) => assembly.rest_stage(name, description),
                    None => continue,
                },
                None => RestStage::new(name),
            },
            _ => continue,
        };
        if !stages.iter().any(|known| *known.name() == stage.name) {
            stages.push(Stage::Rest(stage));
        }
    }
    assembly.reader.about(api.logical_id.as_str());
}
