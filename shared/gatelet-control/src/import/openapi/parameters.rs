//! What an operation declares of its requests and answers.

use gatelet_model::rest::{MethodResponse, ModelName};
use gatelet_model::{ParameterName, PathTemplate, StatusCode};
use indexmap::IndexMap;

use super::super::intrinsics::Purpose;
use super::super::reader::Reader;
use super::Document;
use super::paths::{Operation, PathItem};
use super::schemas::Models;
use super::versions::Version;
use crate::document::{Entry, Mapping, Node};

/// What a request is declared to have.
#[derive(Debug, Default)]
pub(super) struct Request {
    /// `method.request.path.id` → whether it is required.
    pub(super) parameters: IndexMap<String, bool>,
    /// Models by content type.
    pub(super) models: IndexMap<String, ModelName>,
}

/// One declared parameter, its references followed.
struct Parameter<'d> {
    name: &'d str,
    location: &'d str,
    is_required: bool,
    mapping: &'d Mapping,
    node: &'d Node,
}

/// Parameters of the path and the operation; those that the path's template names are there in any case, as AWS has it.
pub(super) fn request<'d>(
    reader: &mut Reader<'d>,
    models: &mut Models<'d>,
    document: Document<'d>,
    template: &PathTemplate,
    item: &PathItem<'d>,
    operation: &Operation<'d>,
) -> Request {
    let mut request = Request::default();
    for name in template.parameters() {
        request.parameters.insert(format!("method.request.path.{name}"), true);
    }
    for list in [item.parameters, operation.mapping.get("parameters")].into_iter().flatten() {
        for node in reader.sequence(list, "parameters").unwrap_or_default() {
            if let Some(parameter) = parameter(reader, node) {
                declare(reader, models, document, template, operation, &parameter, &mut request);
            }
        }
    }
    if document.version != Version::V2
        && let Some(body) = operation.mapping.get("requestBody")
        && let Some(body) = reader.follow(body)
        && let Some(content) = body.get("content")
    {
        request.models = content_models(reader, models, content);
    }
    request
}

fn parameter<'d>(reader: &mut Reader<'d>, node: &'d Node) -> Option<Parameter<'d>> {
    let node = reader.follow(node)?;
    let mapping = reader.mapping(node, "parameters")?;
    let (Some(name), Some(location)) =
        (mapping.get("name").and_then(Node::as_str), mapping.get("in").and_then(Node::as_str))
    else {
        reader.error(
            node.span,
            "a parameter needs `name` and `in`",
            "write `{name: id, in: path, required: true}`",
        );
        return None;
    };
    let is_required = reader.boolean_of(mapping, "required").unwrap_or_default();
    Some(Parameter { name, location, is_required, mapping, node })
}

fn declare<'d>(
    reader: &mut Reader<'d>,
    models: &mut Models<'d>,
    document: Document<'d>,
    template: &PathTemplate,
    operation: &Operation<'d>,
    parameter: &Parameter<'d>,
    request: &mut Request,
) {
    let Parameter { name, location, mapping, node, .. } = *parameter;
    let kind = match location {
        "path" => {
            if !template.parameters().any(|known| known.as_str() == name) {
                let message = format!("the path has no parameter `{name}`, its declaration is ignored");
                reader.warn(
                    node.span,
                    message,
                    format!("write it into the path as `{{{name}}}`, or remove it"),
                );
            }
            return;
        }
        "query" => "querystring",
        "header" => "header",
        "body" if document.version == Version::V2 => {
            if let Some(schema) = mapping.get("schema")
                && let Some(model) = models.of(reader, schema)
            {
                let types = content_types(reader, document, operation, "consumes");
                request.models =
                    types.into_iter().map(|content_type| (content_type, model.clone())).collect();
            }
            return;
        }
        "cookie" | "formData" => {
            reader.warn(
                node.span,
                format!("API Gateway declares no `{location}` parameters, the declaration is ignored"),
                "nothing else changes: the backend gets what the client sends",
            );
            return;
        }
        _ => {
            let message = format!("a parameter cannot be in `{location}`");
            reader.error(
                node.span,
                message,
                "one of: path, query, header, cookie; in 2.0 also formData, body",
            );
            return;
        }
    };
    if ParameterName::parse(name).is_err() {
        reader.warn(
            node.span,
            format!("API Gateway cannot declare the {location} parameter `{name}`, the declaration is ignored"),
            "a declared name has letters, digits, `.`, `_`, `-`, `:` and `$`; the backend gets the parameter all the same",
        );
        return;
    }
    request.parameters.insert(format!("method.request.{kind}.{name}"), parameter.is_required);
}

/// The declared answers, by status.
pub(super) fn responses<'d>(
    reader: &mut Reader<'d>,
    models: &mut Models<'d>,
    document: Document<'d>,
    operation: &Operation<'d>,
) -> Vec<MethodResponse> {
    let Some(responses) = operation.mapping.get("responses") else { return Vec::new() };
    let Some(responses) = reader.mapping(responses, "responses") else { return Vec::new() };
    let mut declared = Vec::with_capacity(responses.len());
    for entry in responses {
        // Answers that no single status names have no counterpart on a method; AWS leaves them out.
        let is_range = matches!(entry.key.as_bytes(), [b'1'..=b'5', b'X' | b'x', b'X' | b'x']);
        if entry.key.as_ref() == "default" || is_range || entry.key.starts_with("x-") {
            continue;
        }
        declared.extend(response(reader, models, document, operation, entry));
    }
    declared
}

fn response<'d>(
    reader: &mut Reader<'d>,
    models: &mut Models<'d>,
    document: Document<'d>,
    operation: &Operation<'d>,
    entry: &'d Entry,
) -> Option<MethodResponse> {
    let status_code = reader.keep(entry.key_span, StatusCode::parse(&entry.key))?;
    let node = reader.follow(&entry.value)?;
    let response = reader.mapping(node, &entry.key)?;
    let mut parameters = IndexMap::new();
    if let Some(headers) = response.get("headers")
        && let Some(headers) = reader.mapping(headers, "headers")
    {
        for header in headers.iter().filter(|header| !header.key.starts_with("x-amazon-apigateway-")) {
            parameters.insert(format!("method.response.header.{}", header.key), false);
        }
    }
    let declared = match document.version {
        Version::V2 => match response.get("schema").and_then(|schema| models.of(reader, schema)) {
            Some(model) => {
                let types = content_types(reader, document, operation, "produces");
                types.into_iter().map(|content_type| (content_type, model.clone())).collect()
            }
            None => IndexMap::new(),
        },
        Version::V30 | Version::V31 => match response.get("content") {
            Some(content) => content_models(reader, models, content),
            None => IndexMap::new(),
        },
    };
    Some(MethodResponse { status_code, parameters, models: declared })
}

/// `content` of OpenAPI 3: a schema for each content type.
fn content_models<'d>(
    reader: &mut Reader<'d>,
    models: &mut Models<'d>,
    content: &'d Node,
) -> IndexMap<String, ModelName> {
    let Some(content) = reader.mapping(content, "content") else { return IndexMap::new() };
    let mut by_type = IndexMap::new();
    for entry in content {
        if let Some(schema) = entry.value.get("schema")
            && let Some(model) = models.of(reader, schema)
        {
            by_type.insert(entry.key.to_string(), model);
        }
    }
    by_type
}

/// `consumes` or `produces` of Swagger 2.0: the operation's, else the document's, else JSON.
fn content_types<'d>(
    reader: &mut Reader<'d>,
    document: Document<'d>,
    operation: &Operation<'d>,
    key: &str,
) -> Vec<String> {
    let list = operation.mapping.get(key).or_else(|| document.mapping.get(key));
    let types = list.map(|list| reader.texts(list, key, Purpose::Text)).unwrap_or_default();
    if types.is_empty() { vec!["application/json".to_owned()] } else { types }
}
