//! `Cors` and `CorsConfiguration`
//! (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-corsconfiguration.html>,
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-httpapi-httpapicorsconfiguration.html>).

use super::super::assembly::Assembly;
use super::super::tree::{self, ANY_METHOD, Definition, INTEGRATION, OPERATIONS, Object};
use crate::document::{Mapping, Node, Span};

/// `x-amazon-apigateway-cors` of an HTTP API; `true` is every origin.
pub(in super::super) fn http<'d>(assembly: &mut Assembly<'d>, properties: &'d Mapping) -> Option<Node> {
    const NAMES: &[(&str, &str)] = &[
        ("AllowCredentials", "allowCredentials"),
        ("AllowHeaders", "allowHeaders"),
        ("AllowMethods", "allowMethods"),
        ("AllowOrigins", "allowOrigins"),
        ("ExposeHeaders", "exposeHeaders"),
        ("MaxAge", "maxAge"),
    ];
    let node = properties.get("CorsConfiguration").filter(|node| !node.is_null())?;
    let mut cors = Object::new(node.span);
    match node.scalar_text() {
        Some("true") => cors.set("allowOrigins", tree::list(node.span, vec![tree::text(node.span, "*")])),
        Some("false") => return None,
        Some(origin) => {
            cors.set("allowOrigins", tree::list(node.span, vec![tree::text(node.span, origin)]));
        }
        None if node.as_sequence().is_some() => cors.set("allowOrigins", node.clone()),
        None => {
            let mapping = assembly.reader.mapping(node, "CorsConfiguration")?;
            let known: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
            assembly.reader.check_members(mapping, "CorsConfiguration", &known);
            cors.rename(node, NAMES);
        }
    }
    Some(cors.node())
}

/// What a preflight request to a REST API is answered.
struct Preflight<'d> {
    span: Span,
    origin: Node,
    headers: Option<&'d Node>,
    methods: Option<&'d Node>,
    max_age: Option<&'d Node>,
    has_credentials: bool,
}

/// Adds an OPTIONS method with a `MOCK` integration to every path that has none.
pub(super) fn rest<'d>(assembly: &mut Assembly<'d>, definition: &mut Definition, properties: &'d Mapping) {
    const MEMBERS: &[&str] = &["AllowCredentials", "AllowHeaders", "AllowMethods", "AllowOrigin", "MaxAge"];
    let Some(node) = properties.get("Cors").filter(|node| !node.is_null()) else { return };
    let any = || tree::text(node.span, "'*'");
    let preflight = match node.as_mapping() {
        None => Preflight {
            span: node.span,
            origin: node.clone(),
            headers: None,
            methods: None,
            max_age: None,
            has_credentials: false,
        },
        Some(mapping) => {
            assembly.reader.check_members(mapping, "Cors", MEMBERS);
            let has_credentials = assembly.reader.boolean_of(mapping, "AllowCredentials").unwrap_or_default();
            let origin = mapping.get("AllowOrigin").cloned().unwrap_or_else(any);
            if has_credentials && matches!(origin.as_str(), Some("'*'" | "*")) {
                let help = "name the origin under `AllowOrigin`";
                assembly.reader.error(node.span, "credentials cannot be allowed for every origin", help);
            }
            Preflight {
                span: node.span,
                origin,
                headers: mapping.get("AllowHeaders"),
                methods: mapping.get("AllowMethods"),
                max_age: mapping.get("MaxAge"),
                has_credentials,
            }
        }
    };
    for (_, item) in definition.paths.values_mut() {
        if item.get("options").is_none() {
            let methods = preflight.methods.cloned().unwrap_or_else(|| methods(preflight.span, item));
            item.set("options", answer(&preflight, methods));
        }
    }
}

/// The methods of a path as the header lists them.
fn methods(span: Span, item: &Object) -> Node {
    let all = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
    let methods: Vec<String> = if item.get(ANY_METHOD).is_some() {
        all.iter().map(|method| (*method).to_owned()).collect()
    } else {
        let own = item.keys().filter(|key| OPERATIONS.contains(key)).map(str::to_uppercase);
        let mut methods: Vec<String> = own.chain(["OPTIONS".to_owned()]).collect();
        methods.sort_unstable();
        methods
    };
    tree::text(span, format!("'{}'", methods.join(",")))
}

fn answer(preflight: &Preflight<'_>, methods: Node) -> Node {
    let span = preflight.span;
    let mut mappings = Object::new(span);
    let mut declared = Object::new(span);
    let mut add = |header: &str, value: Node| {
        mappings.set_at(span, format!("method.response.header.{header}"), value);
        let mut schema = Object::new(span);
        let mut kind = Object::new(span);
        kind.set_text("type", span, "string");
        schema.set("schema", kind.node());
        declared.set(header, schema.node());
    };
    add("Access-Control-Allow-Origin", preflight.origin.clone());
    if let Some(headers) = preflight.headers {
        add("Access-Control-Allow-Headers", headers.clone());
    }
    add("Access-Control-Allow-Methods", methods);
    if let Some(age) = preflight.max_age {
        add("Access-Control-Max-Age", age.clone());
    }
    if preflight.has_credentials {
        add("Access-Control-Allow-Credentials", tree::text(span, "'true'"));
    }
    let templates = |template: &str| {
        let mut templates = Object::new(span);
        templates.set_text("application/json", span, template);
        templates.node()
    };
    let mut response = Object::new(span);
    response.set_text("statusCode", span, "200");
    response.set("responseParameters", mappings.node());
    response.set("responseTemplates", templates("{}"));
    let mut responses = Object::new(span);
    responses.set("default", response.node());
    let mut integration = Object::new(span);
    integration.set_text("type", span, "mock");
    integration.set("requestTemplates", templates("{\"statusCode\": 200}"));
    integration.set("responses", responses.node());
    let mut status = Object::new(span);
    status.set_text("description", span, "Default response for CORS method");
    status.set("headers", declared.node());
    let mut statuses = Object::new(span);
    statuses.set("200", status.node());
    let mut operation = Object::new(span);
    operation.set("responses", statuses.node());
    operation.set(INTEGRATION, integration.node());
    operation.node()
}
