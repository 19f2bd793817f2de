//! `ResourcePolicy`: lists of accounts, addresses and networks as the statements that SAM makes of them
//! (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-resourcepolicystatement.html>).

use super::super::assembly::Assembly;
use super::super::tree::{self, ANY_METHOD, Definition, OPERATIONS, Object};
use crate::document::{Node, Span};

const POLICY: &str = "x-amazon-apigateway-policy";

const MEMBERS: &[&str] = &[
    "AwsAccountBlacklist",
    "AwsAccountWhitelist",
    "CustomStatements",
    "IntrinsicVpcBlacklist",
    "IntrinsicVpcWhitelist",
    "IntrinsicVpceBlacklist",
    "IntrinsicVpceWhitelist",
    "IpRangeBlacklist",
    "IpRangeWhitelist",
    "SourceVpcBlacklist",
    "SourceVpcWhitelist",
];

/// Adds the statements to those that the definition has.
pub(super) fn add<'d>(assembly: &mut Assembly<'d>, definition: &mut Definition, node: &'d Node, stage: &str) {
    let Some(members) = assembly.reader.mapping(node, "ResourcePolicy") else { return };
    assembly.reader.check_members(members, "ResourcePolicy", MEMBERS);
    let existing = definition.top.get(POLICY).cloned();
    let mut statements = existing.as_ref().map_or_else(Vec::new, |policy| items(policy.get("Statement")));
    let resources = resources(definition, stage, node.span);
    let list = |key: &str| items(members.get(key));
    for (key, effect) in [("AwsAccountWhitelist", "Allow"), ("AwsAccountBlacklist", "Deny")] {
        let accounts = list(key);
        if !accounts.is_empty() {
            let mut principal = Object::new(node.span);
            principal.set("AWS", tree::list(node.span, accounts));
            statements.push(statement(node.span, effect, &resources, principal.node(), None));
        }
    }
    let mut deny = |operator: &str, key: &str, values: Vec<Node>| {
        if !values.is_empty() {
            let any = || tree::text(node.span, "*");
            let mut test = Object::new(node.span);
            test.set(key, tree::list(node.span, values));
            let mut condition = Object::new(node.span);
            condition.set(operator, test.node());
            let allow = statement(node.span, "Allow", &resources, any(), None);
            if !statements.iter().any(|known| known.to_json() == allow.to_json()) {
                statements.push(allow);
            }
            statements.push(statement(node.span, "Deny", &resources, any(), Some(condition.node())));
        }
    };
    deny("NotIpAddress", "aws:SourceIp", list("IpRangeWhitelist"));
    deny("IpAddress", "aws:SourceIp", list("IpRangeBlacklist"));
    for (suffix, operator) in [("Blacklist", "StringEquals"), ("Whitelist", "StringNotEquals")] {
        let sources = list(&format!("SourceVpc{suffix}"));
        let is_endpoint = |source: &Node| source.as_str().is_some_and(|text| text.starts_with("vpce-"));
        let (mut endpoints, mut networks): (Vec<Node>, Vec<Node>) =
            sources.into_iter().partition(is_endpoint);
        networks.extend(list(&format!("IntrinsicVpc{suffix}")));
        endpoints.extend(list(&format!("IntrinsicVpce{suffix}")));
        deny(operator, "aws:SourceVpc", networks);
        deny(operator, "aws:SourceVpce", endpoints);
    }
    statements.extend(list("CustomStatements"));
    let mut policy = existing.as_ref().map_or_else(|| Object::new(node.span), Object::of);
    policy.set_text("Version", node.span, "2012-10-17");
    policy.set("Statement", tree::list(node.span, statements));
    definition.top.set(POLICY, policy.node());
}

/// A list, or the one thing that stands in its place.
fn items(node: Option<&Node>) -> Vec<Node> {
    match node {
        Some(node) if node.is_null() => Vec::new(),
        Some(node) => node.as_sequence().map_or_else(|| vec![node.clone()], <[Node]>::to_vec),
        None => Vec::new(),
    }
}

fn statement(span: Span, effect: &str, resources: &[Node], principal: Node, condition: Option<Node>) -> Node {
    let mut statement = Object::new(span);
    statement.set_text("Effect", span, effect);
    statement.set_text("Action", span, "execute-api:Invoke");
    statement.set("Resource", tree::list(span, resources.to_vec()));
    statement.set("Principal", principal);
    statement.set_some("Condition", condition);
    statement.node()
}

/// Every method of the API, as policies name them.
fn resources(definition: &Definition, stage: &str, span: Span) -> Vec<Node> {
    let mut resources = Vec::new();
    for (path, (_, item)) in &definition.paths {
        let parts = path.split('/').map(|part| if part.starts_with('{') { "*" } else { part });
        let path = parts.collect::<Vec<_>>().join("/");
        for key in item.keys().filter(|key| OPERATIONS.contains(key)) {
            let method = if key == ANY_METHOD { "*".to_owned() } else { key.to_uppercase() };
            resources.push(tree::text(span, format!("execute-api:/{stage}/{method}{path}")));
        }
    }
    resources
}
