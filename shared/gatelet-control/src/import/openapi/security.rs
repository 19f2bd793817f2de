//! Security schemes, and what each operation asks of its caller.

use gatelet_model::{Authorization, Authorizer, AuthorizerKind, PartId};
use indexmap::IndexMap;

use super::super::extensions;
use super::super::intrinsics::Purpose;
use super::super::reader::Reader;
use super::authorizers;
use super::paths::Operation;
use super::{ApiKind, Document};
use crate::document::{Entry, Mapping, Node};
use crate::identity::PartIds;

/// The header in which API Gateway reads API keys.
const API_KEY_HEADER: &str = "x-api-key";

/// What a security scheme means to API Gateway.
#[derive(Debug)]
enum Scheme {
    Authorizer {
        id: PartId,
        has_scopes: bool,
    },
    Iam,
    ApiKey,
    /// Nothing that it checks.
    Unchecked,
    /// It was meant to check something, but is broken; that is reported already.
    Broken,
}

/// All security schemes of a document.
#[derive(Debug)]
pub(super) struct Security<'d> {
    schemes: IndexMap<&'d str, Scheme>,
    /// What operations ask for that say nothing themselves.
    default: Option<&'d Node>,
    kind: ApiKind,
}

/// What an operation asks of its caller.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) authorization: Authorization,
    pub(super) api_key_required: bool,
}

impl<'d> Security<'d> {
    /// Reads the schemes; their authorizers come beside them.
    pub(super) fn read(
        reader: &mut Reader<'d>,
        document: Document<'d>,
        kind: ApiKind,
        ids: &mut PartIds<'_>,
    ) -> (Self, Vec<Authorizer>) {
        let mut authorizers = Vec::new();
        let mut schemes = IndexMap::new();
        let node = document.component("securityDefinitions", "securitySchemes");
        let entries = node.and_then(|node| reader.mapping(node, "securitySchemes"));
        for entry in entries.into_iter().flatten().filter(|entry| !entry.key.starts_with("x-")) {
            reader.about(format!("security scheme {}", entry.key));
            let scheme = scheme(reader, entry, kind, ids, &mut authorizers).unwrap_or(Scheme::Broken);
            schemes.insert(entry.key.as_ref(), scheme);
        }
        reader.about("");
        (Self { schemes, default: document.mapping.get("security"), kind }, authorizers)
    }

    /// What an operation asks for. `x-amazon-apigateway-auth` overrules `security`, which overrules the document's own.
    pub(super) fn asked(&self, reader: &mut Reader<'d>, operation: &Operation<'d>) -> Asked {
        let mut asked = Asked::default();
        let requirements = operation.mapping.get("security").or(self.default);
        if let Some(requirements) = requirements {
            for requirement in reader.sequence(requirements, "security").unwrap_or_default() {
                for entry in reader.mapping(requirement, "security").into_iter().flatten() {
                    self.ask(reader, entry, &mut asked);
                }
            }
        }
        if let Some(authorization) = auth_extension(reader, operation) {
            asked.authorization = authorization;
        }
        asked
    }

    fn ask(&self, reader: &mut Reader<'d>, entry: &'d Entry, asked: &mut Asked) {
        let name = entry.key.as_ref();
        let authorization = match self.schemes.get(name) {
            None => {
                let help = match reader.nearest(name, self.schemes.keys().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => {
                        "define it under `components.securitySchemes` (3.x) or `securityDefinitions` (2.0)"
                            .into()
                    }
                };
                reader.error(entry.key_span, format!("the security scheme `{name}` is not defined"), help);
                return;
            }
            Some(Scheme::Broken) => return,
            Some(Scheme::Unchecked) => {
                reader.warn(
                    entry.key_span,
                    format!("nothing checks the security scheme `{name}`: calls pass without it"),
                    "give the scheme an `x-amazon-apigateway-authorizer`, or leave the check to the backend",
                );
                return;
            }
            Some(Scheme::ApiKey) if self.kind == ApiKind::Http => {
                let message =
                    format!("HTTP APIs have no API keys: nothing checks the security scheme `{name}`");
                reader.warn(
                    entry.key_span,
                    message,
                    "make it a REST API with `--rest`, or leave the check to the backend",
                );
                return;
            }
            Some(Scheme::ApiKey) => {
                asked.api_key_required = true;
                return;
            }
            Some(Scheme::Iam) => Authorization::AwsIam,
            Some(Scheme::Authorizer { id, has_scopes }) => {
                let scopes = reader.texts(&entry.value, name, Purpose::Text);
                if !scopes.is_empty() && !has_scopes {
                    let message =
                        format!("scopes have no meaning for the Lambda authorizer `{name}` and are ignored");
                    reader.warn(entry.value.span, message, "let the function judge them");
                }
                Authorization::Authorizer {
                    id: id.clone(),
                    scopes: if *has_scopes { scopes } else { Vec::new() },
                }
            }
        };
        if asked.authorization == Authorization::None {
            asked.authorization = authorization;
        } else if asked.authorization != authorization {
            reader.warn(
                entry.key_span,
                format!(
                    "a method has one authorizer: `{name}` is ignored because another one stands before it"
                ),
                "keep the one that decides",
            );
        }
    }
}

fn scheme<'d>(
    reader: &mut Reader<'d>,
    entry: &'d Entry,
    kind: ApiKind,
    ids: &mut PartIds<'_>,
    authorizers: &mut Vec<Authorizer>,
) -> Option<Scheme> {
    let node = reader.follow(&entry.value)?;
    let mapping = reader.mapping(node, &entry.key)?;
    if mapping.get(extensions::AUTHORIZER).is_some() {
        let id = ids.take("authorizer", &entry.key);
        let authorizer = authorizers::authorizer(reader, entry, mapping, kind, id)?;
        let has_scopes =
            matches!(authorizer.kind, AuthorizerKind::CognitoUserPools { .. } | AuthorizerKind::Jwt { .. });
        let scheme = Scheme::Authorizer { id: authorizer.id.clone(), has_scopes };
        authorizers.push(authorizer);
        return Some(scheme);
    }
    let auth_type = reader
        .extension(mapping, extensions::AUTHTYPE)
        .and_then(|entry| reader.text(&entry.value, extensions::AUTHTYPE, Purpose::Text));
    if auth_type.is_some_and(|word| word.eq_ignore_ascii_case("awsSigv4")) {
        return Some(Scheme::Iam);
    }
    let is = |key: &str, word: &str| {
        mapping.get(key).and_then(Node::as_str).is_some_and(|text| text.eq_ignore_ascii_case(word))
    };
    let is_api_key = is("type", "apiKey") && is("in", "header") && is("name", API_KEY_HEADER);
    Some(if is_api_key { Scheme::ApiKey } else { Scheme::Unchecked })
}

/// `x-amazon-apigateway-auth`
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-auth.html>).
fn auth_extension<'d>(reader: &mut Reader<'d>, operation: &Operation<'d>) -> Option<Authorization> {
    let node = &reader.extension(operation.mapping, extensions::AUTH)?.value;
    let mapping: &'d Mapping = reader.mapping(node, extensions::AUTH)?;
    let word_node = mapping.get("type")?;
    let word = reader.text(word_node, "type", Purpose::Text)?;
    match word.to_ascii_uppercase().as_str() {
        "NONE" => Some(Authorization::None),
        "AWS_IAM" => Some(Authorization::AwsIam),
        _ => {
            let message = format!("`type` of `{}` cannot be `{word}`", extensions::AUTH);
            reader.error(
                word_node.span,
                message,
                "one of: NONE, AWS_IAM; name an authorizer under `security`",
            );
            None
        }
    }
}
