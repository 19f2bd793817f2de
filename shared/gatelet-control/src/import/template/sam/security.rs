//! Who may call: what each operation asks for, and what it asks for where it says nothing itself
//! (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-apiauth.html>).

use super::super::assembly::Assembly;
use super::super::tree::{self, Definition, Object};
use crate::document::{Mapping, Node, Span};
use crate::import::ApiKind;
use crate::import::intrinsics::Purpose;
use crate::import::reader::Reader;

/// Stands at an operation that wants no authorizer, also not the default one.
pub(super) const NONE: &str = "NONE";
/// Stands at an operation that wants no API key, also not by default.
const NO_API_KEY: &str = "api_key_false";
/// The scheme for API keys.
const API_KEY: &str = "api_key";
/// The scheme for signed requests.
pub(super) const AWS_IAM: &str = "AWS_IAM";

/// `Auth` of an API: none inside where it has none; none at all where it is broken.
pub(super) fn auth<'d>(assembly: &mut Assembly<'d>, properties: &'d Mapping) -> Option<Option<&'d Mapping>> {
    let Some(node) = properties.get("Auth").filter(|node| !node.is_null()) else { return Some(None) };
    assembly.reader.mapping(node, "Auth").map(Some)
}

/// One entry of `security`.
fn requirement(span: Span, name: &str, scopes: Option<&Node>) -> Node {
    let mut requirement = Object::new(span);
    let scopes = scopes.filter(|node| node.as_sequence().is_some());
    requirement.set_at(span, name, scopes.cloned().unwrap_or_else(|| tree::list(span, Vec::new())));
    requirement.node()
}

fn requirements(operation: &Object) -> Vec<Node> {
    operation.get("security").and_then(Node::as_sequence).unwrap_or_default().to_vec()
}

fn names(requirement: &Node, wanted: impl Fn(&str) -> bool) -> bool {
    requirement.as_mapping().is_some_and(|mapping| mapping.keys().any(wanted))
}

/// Adds what an event asks for to its operation.
pub(super) fn event<'d>(
    reader: &mut Reader<'d>,
    definition: &mut Definition,
    operation: &mut Object,
    auth: &'d Mapping,
    api_auth: Option<&'d Mapping>,
    kind: ApiKind,
) {
    let mut security = requirements(operation);
    let authorizers = api_auth.and_then(|auth| auth.get("Authorizers"));
    if let Some(node) = auth.get("Authorizer")
        && let Some(name) = reader.text(node, "Authorizer", Purpose::Expression)
    {
        let defined = authorizers.and_then(|all| all.get(&name));
        if defined.is_none() && name != NONE && name != AWS_IAM {
            let known = authorizers.and_then(Node::as_mapping).into_iter().flat_map(Mapping::keys);
            let help = match reader.nearest(&name, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "define it under `Auth: {Authorizers: ...}` of the API".to_owned(),
            };
            reader.error(node.span, format!("the authorizer `{name}` is not defined"), help);
            return;
        }
        if name == NONE && api_auth.is_none_or(|auth| auth.get("DefaultAuthorizer").is_none()) {
            let help = "remove it: without a `DefaultAuthorizer` there is none to switch off";
            reader.warn(node.span, "`Authorizer: NONE` has no meaning here", help);
        }
        if name == AWS_IAM && defined.is_none() {
            iam_scheme(definition, node.span);
            if kind == ApiKind::Rest {
                credentials(operation, auth, api_auth);
            }
        }
        let scopes = auth.get("AuthorizationScopes").or_else(|| defined?.get("AuthorizationScopes"));
        security.push(requirement(node.span, &name, scopes));
    }
    if let Some(node) = auth.get("ApiKeyRequired")
        && let Some(is_required) = reader.boolean(node, "ApiKeyRequired")
    {
        if is_required {
            api_key_scheme(definition, node.span);
        }
        security.push(requirement(node.span, if is_required { API_KEY } else { NO_API_KEY }, None));
    }
    if !security.is_empty() {
        let span = operation.span();
        operation.set("security", tree::list(span, security));
    }
}

/// A signed request calls the function as the caller, unless a role is named
/// (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-apifunctionauth.html>).
fn credentials(operation: &mut Object, auth: &Mapping, api_auth: Option<&Mapping>) {
    let role = auth.get("InvokeRole").or_else(|| api_auth?.get("InvokeRole"));
    let Some(integration) = operation.get(tree::INTEGRATION) else { return };
    let mut integration = Object::of(integration);
    let span = integration.span();
    match role.and_then(Node::scalar_text) {
        Some("NONE") => return,
        None | Some("CALLER_CREDENTIALS") => {
            integration.set_text("credentials", span, "arn:aws:iam::*:user/*");
        }
        Some(role) => integration.set_text("credentials", span, role),
    }
    operation.set(tree::INTEGRATION, integration.node());
}

fn iam_scheme(definition: &mut Definition, span: Span) {
    if definition.schemes.get(AWS_IAM).is_none() {
        let mut scheme = super::authorizers::header_scheme(span, "Authorization");
        scheme.set_text("x-amazon-apigateway-authtype", span, "awsSigv4");
        definition.schemes.set(AWS_IAM, scheme.node());
    }
}

fn api_key_scheme(definition: &mut Definition, span: Span) {
    if definition.schemes.get(API_KEY).is_none() {
        definition.schemes.set(API_KEY, super::authorizers::header_scheme(span, "x-api-key").node());
    }
}

/// Gives the default authorizer to every operation that has none, and takes the marks away.
pub(super) fn default_authorizer<'d>(
    reader: &mut Reader<'d>,
    definition: &mut Definition,
    auth: &'d Mapping,
    kind: ApiKind,
) {
    let authorizers = auth.get("Authorizers").and_then(Node::as_mapping);
    let default = auth.get("DefaultAuthorizer").filter(|node| !node.is_null());
    let name = default.and_then(|node| reader.text(node, "DefaultAuthorizer", Purpose::Expression));
    let scopes = name.as_ref().and_then(|name| authorizers?.get(name)?.get("AuthorizationScopes"));
    if let (Some(node), Some(name)) = (default, &name) {
        let is_iam = name == AWS_IAM;
        if is_iam {
            iam_scheme(definition, node.span);
        } else if authorizers.is_none_or(|all| all.get(name).is_none()) {
            let help = "define it under `Authorizers` beside it";
            reader.error(node.span, format!("the authorizer `{name}` is not defined"), help);
            return;
        }
    }
    let on_preflight = match kind {
        ApiKind::Rest => reader.boolean_of(auth, "AddDefaultAuthorizerToCorsPreflight").unwrap_or(true),
        ApiKind::Http => false,
    };
    let is_authorizer =
        |key: &str| key == AWS_IAM || authorizers.is_some_and(|authorizers| authorizers.get(key).is_some());
    definition.each_operation(|_, method, operation| {
        let mut security = requirements(operation);
        let had = security.len();
        let wants_none = security.iter().any(|one| names(one, |key| key == NONE));
        let has_own = match kind {
            ApiKind::Rest => security.iter().any(|one| names(one, is_authorizer)),
            ApiKind::Http => !security.is_empty(),
        };
        security.retain(|one| !names(one, |key| key == NONE));
        if let (Some(node), Some(name)) = (default, &name)
            && !wants_none
            && !has_own
            && (on_preflight || method != "options")
        {
            security.push(requirement(node.span, name, scopes));
            if name == AWS_IAM && kind == ApiKind::Rest {
                let nothing = Mapping::from_entries(Vec::new());
                if operation.get(tree::INTEGRATION).is_some_and(is_lambda) {
                    credentials(operation, &nothing, Some(auth));
                }
            }
        }
        if security.len() != had || wants_none {
            let span = operation.span();
            operation.set("security", tree::list(span, security));
        }
    });
}

fn is_lambda(integration: &Node) -> bool {
    integration.get("type").and_then(Node::as_str).is_some_and(|kind| kind.eq_ignore_ascii_case("aws_proxy"))
}

/// Asks every operation for an API key that does not refuse it, and takes the marks away.
pub(super) fn default_api_key<'d>(
    reader: &mut Reader<'d>,
    definition: &mut Definition,
    auth: Option<&'d Mapping>,
) {
    let entry = auth.and_then(|auth| auth.entry("ApiKeyRequired"));
    let is_default = entry.and_then(|entry| reader.boolean(&entry.value, "ApiKeyRequired")) == Some(true);
    let on_preflight =
        auth.and_then(|auth| reader.boolean_of(auth, "AddApiKeyRequiredToCorsPreflight")).unwrap_or(true);
    if let Some(entry) = entry.filter(|_| is_default) {
        api_key_scheme(definition, entry.key_span);
    }
    definition.each_operation(|_, method, operation| {
        let mut security = requirements(operation);
        let had = security.len();
        let refuses = security.iter().any(|one| names(one, |key| key == NO_API_KEY));
        let has_own = security.iter().any(|one| names(one, |key| key == API_KEY));
        security.retain(|one| !names(one, |key| key == NO_API_KEY));
        let applies = is_default && !refuses && !has_own && (on_preflight || method != "options");
        if let Some(entry) = entry.filter(|_| applies) {
            security.push(requirement(entry.value.span, API_KEY, None));
        }
        if security.len() != had || applies {
            let span = operation.span();
            operation.set("security", tree::list(span, security));
        }
    });
}
