//! The extensions of API Gateway, and the check that none of them passes in silence.

use crate::document::{Mapping, Node, Value};

use super::reader::Reader;

/// What every name of an extension begins with.
const PREFIX: &str = "x-amazon-apigateway-";

pub(super) const ANY_METHOD: &str = "x-amazon-apigateway-any-method";
pub(super) const API_KEY_SOURCE: &str = "x-amazon-apigateway-api-key-source";
pub(super) const AUTH: &str = "x-amazon-apigateway-auth";
pub(super) const AUTHORIZER: &str = "x-amazon-apigateway-authorizer";
pub(super) const AUTHTYPE: &str = "x-amazon-apigateway-authtype";
pub(super) const BINARY_MEDIA_TYPES: &str = "x-amazon-apigateway-binary-media-types";
pub(super) const CORS: &str = "x-amazon-apigateway-cors";
pub(super) const DOCUMENTATION: &str = "x-amazon-apigateway-documentation";
pub(super) const ENDPOINT_ACCESS_MODE: &str = "x-amazon-apigateway-endpoint-access-mode";
pub(super) const ENDPOINT_CONFIGURATION: &str = "x-amazon-apigateway-endpoint-configuration";
pub(super) const GATEWAY_RESPONSES: &str = "x-amazon-apigateway-gateway-responses";
pub(super) const IMPORTEXPORT_VERSION: &str = "x-amazon-apigateway-importexport-version";
pub(super) const INTEGRATION: &str = "x-amazon-apigateway-integration";
pub(super) const INTEGRATIONS: &str = "x-amazon-apigateway-integrations";
pub(super) const MINIMUM_COMPRESSION_SIZE: &str = "x-amazon-apigateway-minimum-compression-size";
pub(super) const POLICY: &str = "x-amazon-apigateway-policy";
pub(super) const REQUEST_VALIDATOR: &str = "x-amazon-apigateway-request-validator";
pub(super) const REQUEST_VALIDATORS: &str = "x-amazon-apigateway-request-validators";
pub(super) const SECURITY_POLICY: &str = "x-amazon-apigateway-security-policy";
pub(super) const TAG_VALUE: &str = "x-amazon-apigateway-tag-value";

/// Every extension with the part of a definition where it belongs
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html>).
const KNOWN: &[(&str, &str)] = &[
    (ANY_METHOD, "a path of `paths`"),
    (API_KEY_SOURCE, "the top of the definition of a REST API"),
    (AUTH, "an operation"),
    (AUTHORIZER, "a security scheme"),
    (AUTHTYPE, "a security scheme"),
    (BINARY_MEDIA_TYPES, "the top of the definition of a REST API"),
    (CORS, "the top of the definition of an HTTP API"),
    (DOCUMENTATION, "the top of the definition of a REST API"),
    (ENDPOINT_ACCESS_MODE, "the top of the definition of a REST API"),
    (ENDPOINT_CONFIGURATION, "the top of the definition (2.0) or a server (3.x)"),
    (GATEWAY_RESPONSES, "the top of the definition of a REST API"),
    (IMPORTEXPORT_VERSION, "the top of the definition"),
    (INTEGRATION, "an operation"),
    (INTEGRATIONS, "`components`"),
    (MINIMUM_COMPRESSION_SIZE, "the top of the definition of a REST API"),
    (POLICY, "the top of the definition of a REST API"),
    (REQUEST_VALIDATOR, "the top of the definition of a REST API, or an operation"),
    (REQUEST_VALIDATORS, "the top of the definition of a REST API"),
    (SECURITY_POLICY, "the top of the definition of a REST API"),
    (TAG_VALUE, "a tag of `tags`"),
];

/// Warns of every extension that nobody read: an unknown name, or a known one where it has no meaning. Where an
/// error cut the reading short, a known one may only have been passed over, so nothing is said of it.
pub(super) fn report_unread(reader: &mut Reader<'_>) {
    let root = reader.root;
    let is_complete = !reader.has_errors();
    reader.about("");
    walk(reader, root, is_complete);
}

/// Recursion ends: no document is deeper than [`MAX_DEPTH`](crate::document::MAX_DEPTH).
fn walk(reader: &mut Reader<'_>, node: &Node, is_complete: bool) {
    match &node.value {
        Value::Sequence(items) => items.iter().for_each(|item| walk(reader, item, is_complete)),
        Value::Mapping(mapping) => walk_mapping(reader, mapping, is_complete),
        _ => {}
    }
}

fn walk_mapping(reader: &mut Reader<'_>, mapping: &Mapping, is_complete: bool) {
    for entry in mapping {
        if entry.key.starts_with(PREFIX) && !reader.was_read(entry) {
            let key = &entry.key;
            match KNOWN.iter().find(|(name, _)| *name == key.as_ref()) {
                Some((_, place)) if is_complete => {
                    let message = format!("`{key}` has no meaning here and is ignored");
                    reader.warn(entry.key_span, message, format!("it belongs to {place}"));
                }
                Some(_) => {}
                None => {
                    // Without the prefix that all share, which would make any two names near.
                    let known = KNOWN.iter().filter_map(|(name, _)| name.strip_prefix(PREFIX));
                    let help = match reader.nearest(key.strip_prefix(PREFIX).unwrap_or(key), known) {
                        Some(near) => format!("did you mean `{PREFIX}{near}`?"),
                        None => {
                            "API Gateway has no such extension; remove it or give it another prefix".into()
                        }
                    };
                    reader.warn(
                        entry.key_span,
                        format!("the extension `{key}` is unknown and ignored"),
                        help,
                    );
                }
            }
        }
        walk(reader, &entry.value, is_complete);
    }
}
