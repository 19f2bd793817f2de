//! The template's Lambda functions, as plain data for whoever runs them.

use indexmap::IndexMap;

use gatelet_model::Place;

use super::resolve::Resolver;
use super::resources::Resolved;
use crate::document::{Node, Span};

/// What SAM and Lambda take where nothing is said
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html>).
const TIMEOUT_SECONDS_DEFAULT: u32 = 3;
const MEMORY_MEGABYTES_DEFAULT: u32 = 128;

/// The longest time a function may take, in seconds
/// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).
const TIMEOUT_SECONDS_MAX: u32 = 900;

/// The properties that say where code is, SAM's and Lambda's.
const CODE_PROPERTIES: &[&str] = &["CodeUri", "InlineCode", "ImageUri", "Code"];

/// Where a function's code is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FunctionCode {
    /// A folder or archive beside the template, as the template names it.
    Uri(String),
    /// The source itself, in the template.
    Inline(String),
    /// An image, which is not run here.
    Image(String),
    /// The template says nothing of it that can be had here.
    Unknown,
}

/// A Lambda function of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionDefinition {
    /// Its name in the template.
    pub logical_id: String,
    /// Its name.
    pub name: String,
    /// Whether the template gives the name. CloudFormation chooses an unpredictable one where it does not
    /// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html>),
    /// and `name` stands in for it.
    pub name_is_given: bool,
    /// Its ARN, without version or alias.
    pub arn: String,
    /// The alias that is published with every change; events invoke it.
    pub alias: Option<String>,
    /// The runtime's name, such as `python3.13`; none for an image.
    pub runtime: Option<String>,
    /// The handler.
    pub handler: Option<String>,
    /// Where its code is.
    pub code: FunctionCode,
    /// How it is built (`Metadata: {BuildMethod: ...}`), such as `rust-cargolambda`.
    pub build_method: Option<String>,
    /// `Metadata: {BuildProperties: ...}`, the plain texts of it.
    pub build_properties: IndexMap<String, String>,
    /// `x86_64` or `arm64`, as the template has it.
    pub architectures: Vec<String>,
    /// How long one call may take, in seconds.
    pub timeout_seconds: u32,
    /// How much memory it has, in megabytes.
    pub memory_megabytes: u32,
    /// Its environment variables.
    pub environment: IndexMap<String, String>,
    /// ARNs of its layers, which are not loaded here.
    pub layers: Vec<String>,
    /// Where the template says where its code is; where it does not, the function's name.
    pub code_place: Place,
    /// Where it names the handler; where it does not, the function's name.
    pub handler_place: Place,
}

impl FunctionDefinition {
    /// Whether another one is the same function, wherever it stands in the template.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        let (code_place, handler_place) = (other.code_place.clone(), other.handler_place.clone());
        Self { code_place, handler_place, ..self.clone() } == *other
    }

    /// What events invoke: the alias, where there is one.
    #[must_use]
    pub fn invoked_arn(&self) -> String {
        self.alias.as_ref().map_or_else(|| self.arn.clone(), |alias| format!("{}:{alias}", self.arn))
    }
}

/// The template's functions, in order.
pub(super) fn read(resolver: &mut Resolver<'_>, resources: &[Resolved]) -> Vec<FunctionDefinition> {
    let mut functions = Vec::new();
    for resource in resources {
        let is_sam = resource.kind == "AWS::Serverless::Function";
        if is_sam || resource.kind == "AWS::Lambda::Function" {
            resolver.about(resource.logical_id.as_str());
            functions.push(function(resolver, resource, is_sam));
        }
    }
    resolver.about("");
    functions
}

fn function(resolver: &mut Resolver<'_>, resource: &Resolved, is_sam: bool) -> FunctionDefinition {
    let name = resource.physical_id.clone();
    let (partition, region) = (resolver.partition(), resolver.options.region.as_str());
    let account = resolver.options.account.as_str();
    let arn = format!("arn:{partition}:lambda:{region}:{account}:function:{name}");
    let text = |key: &str| resource.get(key).and_then(Node::scalar_text).map(str::to_owned);
    let code = if is_sam { sam_code(resolver, resource) } else { lambda_code(resolver, resource) };
    let layers: Vec<String> = resource
        .get("Layers")
        .and_then(Node::as_sequence)
        .unwrap_or_default()
        .iter()
        .filter_map(|layer| layer.scalar_text().map(str::to_owned))
        .collect();
    if let Some(node) = resource.get("Layers").filter(|_| !layers.is_empty()) {
        let help = "install what the layer holds beside the function's code";
        resolver.warn(node.span, "layers are not loaded", help);
    }
    let metadata = |key: &str| resource.metadata.as_ref().and_then(|metadata| metadata.get(key));
    let build_properties = metadata("BuildProperties").and_then(Node::as_mapping);
    let build_method = metadata("BuildMethod").and_then(Node::scalar_text).map(str::to_owned);
    if let Some(node) = metadata("BuildMethod")
        && let Some(method) = &build_method
        && method != "rust-cargolambda"
    {
        let message = format!("the build method `{method}` is not run");
        resolver.warn(node.span, message, "build the function first, as with `sam build`");
    }
    let timeout_seconds = number(resolver, resource, "Timeout").unwrap_or(TIMEOUT_SECONDS_DEFAULT);
    if timeout_seconds > TIMEOUT_SECONDS_MAX || timeout_seconds == 0 {
        let span = resource.get("Timeout").map_or(resource.key_span, |node| node.span);
        let message = format!("a function cannot take {timeout_seconds} seconds");
        resolver.error(span, message, format!("give a timeout from 1 to {TIMEOUT_SECONDS_MAX}"));
    }
    let place = |keys: &[&str]| {
        let node = keys.iter().find_map(|key| resource.get(key));
        resolver.source.place(node.map_or(resource.key_span, |node| node.span))
    };
    let (code_place, handler_place) = (place(CODE_PROPERTIES), place(&["Handler"]));
    FunctionDefinition {
        logical_id: resource.logical_id.clone(),
        name_is_given: text("FunctionName").is_some(),
        alias: text("AutoPublishAlias").filter(|_| is_sam),
        runtime: text("Runtime"),
        handler: text("Handler"),
        build_method,
        build_properties: build_properties
            .into_iter()
            .flatten()
            .filter_map(|entry| Some((entry.key.to_string(), entry.value.scalar_text()?.to_owned())))
            .collect(),
        architectures: resource
            .get("Architectures")
            .and_then(Node::as_sequence)
            .unwrap_or_default()
            .iter()
            .filter_map(|item| item.scalar_text().map(str::to_owned))
            .collect(),
        timeout_seconds,
        memory_megabytes: number(resolver, resource, "MemorySize").unwrap_or(MEMORY_MEGABYTES_DEFAULT),
        environment: environment(resolver, resource),
        name,
        arn,
        code,
        layers,
        code_place,
        handler_place,
    }
}

fn number(resolver: &mut Resolver<'_>, resource: &Resolved, key: &str) -> Option<u32> {
    let node = resource.get(key)?;
    let number = node.scalar_text().and_then(|text| text.trim().parse().ok());
    if number.is_none() {
        resolver.error(node.span, format!("`{key}` must be a whole number"), "write digits alone");
    }
    number
}

fn environment(resolver: &mut Resolver<'_>, resource: &Resolved) -> IndexMap<String, String> {
    let mut environment = IndexMap::new();
    let variables = resource.get("Environment").and_then(|node| node.get("Variables"));
    for entry in variables.and_then(Node::as_mapping).into_iter().flatten() {
        match entry.value.scalar_text() {
            Some(value) => {
                environment.insert(entry.key.to_string(), value.to_owned());
            }
            None if entry.value.is_null() => {
                environment.insert(entry.key.to_string(), String::new());
            }
            None => {
                let message = format!("the environment variable `{}` must be text", entry.key);
                resolver.error(entry.value.span, message, "write one value, or `!Join` a list");
            }
        }
    }
    environment
}

/// `CodeUri`, `InlineCode`, `ImageUri`; SAM takes the template's own folder where nothing is said.
fn sam_code(resolver: &mut Resolver<'_>, resource: &Resolved) -> FunctionCode {
    if resource.get("PackageType").and_then(Node::as_str) == Some("Image") {
        let span = resource.get("PackageType").map_or(resource.key_span, |node| node.span);
        return image(resolver, resource.get("ImageUri"), span);
    }
    if let Some(node) = resource.get("ImageUri") {
        return image(resolver, Some(node), node.span);
    }
    if let Some(code) = resource.get("InlineCode").and_then(Node::scalar_text) {
        return FunctionCode::Inline(code.to_owned());
    }
    match resource.get("CodeUri") {
        None => FunctionCode::Uri(".".to_owned()),
        Some(node) => match node.scalar_text() {
            Some(uri) if !uri.starts_with("s3://") => FunctionCode::Uri(uri.to_owned()),
            _ => in_s3(resolver, node.span),
        },
    }
}

/// `Code` of `AWS::Lambda::Function`; a text in its place is a folder, as `sam build` and `aws cloudformation package` take it.
fn lambda_code(resolver: &mut Resolver<'_>, resource: &Resolved) -> FunctionCode {
    let Some(code) = resource.get("Code") else {
        let help = "add `Code: {ZipFile: ...}` or the path of a folder";
        resolver.warn(resource.key_span, "the function has no `Code`: calls to it fail", help);
        return FunctionCode::Unknown;
    };
    if let Some(uri) = code.scalar_text().filter(|uri| !uri.starts_with("s3://")) {
        return FunctionCode::Uri(uri.to_owned());
    }
    if let Some(source) = code.get("ZipFile").and_then(Node::scalar_text) {
        return FunctionCode::Inline(source.to_owned());
    }
    match code.get("ImageUri") {
        Some(node) => image(resolver, Some(node), node.span),
        None => in_s3(resolver, code.span),
    }
}

fn in_s3(resolver: &mut Resolver<'_>, span: Span) -> FunctionCode {
    let help = "name its folder with `--function NAME=DIR`";
    resolver.warn(span, "code in S3 is not fetched: calls to the function fail", help);
    FunctionCode::Unknown
}

fn image(resolver: &mut Resolver<'_>, node: Option<&Node>, span: Span) -> FunctionCode {
    let help = "name its folder with `--function NAME=DIR`, or send calls elsewhere with `--lambda-endpoint`";
    resolver.warn(span, "images are not run: calls to the function fail", help);
    FunctionCode::Image(node.and_then(Node::scalar_text).unwrap_or_default().to_owned())
}
