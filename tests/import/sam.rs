//! Small templates, sound and broken, and what becomes of them.
//!
//! A file in `cases/` holds many, as those of definitions: a line `## what it is about`, the template, a line `==>`, and what
//! is expected: each API with its stages and routes, the functions, keys, plans and domains, and every problem with its place.
//! A line `--parameter Name=value` behind the title gives a parameter. `api.yaml` and `broken.yaml` stand beside the template.

use std::fmt::Write as _;

use gatelet_control::document::{Source, caret_column};
use gatelet_control::import::{self, FunctionCode, ImportedTemplate, TemplateOptions};
use gatelet_model::{AccountId, Api, Authorization, Authorizer, Problem, Region, Stage, Throttle};

use super::assert_golden;

const CASE: &str = "## ";
const EXPECTED: &str = "==>";
const PARAMETER: &str = "--parameter ";

const API: &str = "openapi: 3.0.1
info: {title: included}
paths:
  /included:
    get:
      x-amazon-apigateway-integration:
        type: aws_proxy
        httpMethod: POST
        uri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Hello.Arn}/invocations
        payloadFormatVersion: \"2.0\"
";

const BROKEN: &str = "openapi: 3.0.1
info: {title: broken}
paths:
  /included:
    get:
      x-amazon-apigateway-integration: {type: lambda, uri: !Sub \"${Nobody}\"}
";

#[test]
fn bad_templates() {
    check("template_bad");
}

#[test]
fn intrinsics_in_templates() {
    check("template_intrinsics");
}

#[test]
fn sam() {
    check("template_sam");
}

#[test]
fn limits_keys_and_plans() {
    check("template_limits");
}

#[test]
fn cloudformation() {
    check("template_cloudformation");
}

fn check(name: &str) {
    let file = format!("cases/{name}.txt");
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("import").join(&file);
    let text = std::fs::read_to_string(&path).unwrap();
    let (head, cases) = text.split_once(CASE).unwrap();
    let mut actual = head.to_owned();
    for case in cases.split(&format!("\n{CASE}")) {
        let (title, rest) = case.split_once('\n').unwrap();
        let definition = rest.split_once(EXPECTED).map_or(rest, |(definition, _)| definition);
        let mut template = String::new();
        let mut given = Vec::new();
        for line in definition.lines() {
            match line.strip_prefix(PARAMETER).and_then(|parameter| parameter.split_once('=')) {
                Some((name, value)) => given.push((name.to_owned(), value.to_owned())),
                None => writeln!(template, "{line}").unwrap(),
            }
        }
        let imported = run(&template, given);
        write!(actual, "{CASE}{title}\n{definition}{EXPECTED}\n{}\n", told(&imported)).unwrap();
    }
    actual.truncate(actual.trim_end().len());
    actual.push('\n');
    assert_golden(&file, &actual);
}

fn run(template: &str, given: Vec<(String, String)>) -> ImportedTemplate {
    let read = |location: &str| match location.trim_start_matches("./") {
        "api.yaml" => Ok(API.as_bytes().to_vec()),
        "broken.yaml" => Ok(BROKEN.as_bytes().to_vec()),
        _ => Err("there is no such file".to_owned()),
    };
    let account = AccountId::parse("123456789012").unwrap();
    let region = Region::parse("eu-west-1").unwrap();
    let mut options = TemplateOptions::for_file("todo/template.yaml", account, region, &read);
    options.parameters.extend(given);
    import::template(&Source::new("todo/template.yaml", template), &options)
}

fn told(imported: &ImportedTemplate) -> String {
    let mut text = String::new();
    for one in &imported.apis {
        writeln!(text, "{} {}: {}", one.api.kind(), one.logical_id, one.api.name()).unwrap();
        for stage in &one.stages {
            writeln!(text, "  stage {}{}", stage.name(), settings(stage)).unwrap();
            for (what, throttle) in throttles(stage) {
                writeln!(text, "    {what} {}", rate(throttle)).unwrap();
            }
        }
        routes(&mut text, &one.api);
    }
    for one in &imported.functions {
        let code = match &one.code {
            FunctionCode::Uri(uri) => uri.clone(),
            FunctionCode::Inline(code) => format!("{code:?}"),
            FunctionCode::Image(uri) => format!("image {uri}"),
            FunctionCode::Unknown => "unknown".to_owned(),
        };
        let runtime = one.runtime.as_deref().unwrap_or("-");
        let handler = one.handler.as_deref().unwrap_or("-");
        let (seconds, memory) = (one.timeout_seconds, one.memory_megabytes);
        let arn = one.invoked_arn();
        writeln!(text, "function {arn}: {runtime} {handler} {code} {seconds} s {memory} MB").unwrap();
        for (name, value) in &one.environment {
            writeln!(text, "  {name}={value}").unwrap();
        }
    }
    for one in &imported.usage_plans {
        let stages: Vec<_> = one.stages.iter().map(|stage| stage.stage.as_str()).collect();
        writeln!(text, "plan {} on [{}] {:?} {:?}", one.name, stages.join(" "), one.throttle, one.quota)
            .unwrap();
        for stage in &one.stages {
            for (target, throttle) in &stage.method_throttles {
                let target = String::from(target.clone());
                writeln!(text, "  {} {target} {}", stage.stage, rate(*throttle)).unwrap();
            }
        }
    }
    for one in &imported.api_keys {
        let value = if one.value.is_some() { "with a value" } else { "without a value" };
        let (enabled, plans) = (one.key.enabled, one.plans.len());
        writeln!(text, "key {}, enabled {enabled}, {value}, in {plans} plans", one.key.name).unwrap();
    }
    for one in &imported.domains {
        let mappings: Vec<_> = one
            .mappings
            .iter()
            .map(|mapping| {
                let stage = mapping.stage.as_ref().map_or("-", |stage| stage.as_str());
                format!("/{} to {stage}", mapping.key.as_str())
            })
            .collect();
        let rules = one.routing_rules.len();
        writeln!(text, "domain {}: [{}], {rules} rules", one.name, mappings.join(", ")).unwrap();
    }
    if !imported.files.is_empty() {
        writeln!(text, "files {}", imported.files.join(" ")).unwrap();
    }
    for problem in &imported.problems {
        let place = problem.place.as_ref().expect("every problem has a place");
        let plain = Problem { help: None, ..problem.clone() };
        writeln!(text, "{plain}").unwrap();
        let indent = usize::try_from(caret_column(place)).unwrap() - 1;
        writeln!(text, "  | {}", place.source_line).unwrap();
        let carets = "^".repeat(usize::try_from(place.length).unwrap());
        writeln!(text, "  | {}{carets}", " ".repeat(indent)).unwrap();
        writeln!(text, "  = {}", problem.help.as_ref().expect("every problem has a way out")).unwrap();
    }
    text
}

fn settings(stage: &Stage) -> String {
    let variables = match stage {
        Stage::Rest(stage) => &stage.variables,
        Stage::V2(stage) => &stage.variables,
    };
    variables.iter().map(|(name, value)| format!(" {name}={value}")).collect()
}

/// The limits of a stage, each with what it is for.
fn throttles(stage: &Stage) -> Vec<(String, Throttle)> {
    let limits: Vec<(String, Option<Throttle>)> = match stage {
        Stage::Rest(stage) => {
            let settings = stage.method_settings.iter();
            settings.map(|(target, settings)| (String::from(target.clone()), settings.throttle)).collect()
        }
        Stage::V2(stage) => {
            let default = ("by default".to_owned(), stage.default_route_settings.throttle);
            let settings = stage.route_settings.iter();
            let settings = settings.map(|(key, settings)| (key.clone(), settings.throttle));
            std::iter::once(default).chain(settings).collect()
        }
    };
    limits.into_iter().filter_map(|(what, limit)| Some((what, limit?))).collect()
}

fn rate(throttle: Throttle) -> String {
    format!("{} a second, {} at once", throttle.rate_per_second(), throttle.burst())
}

fn routes(text: &mut String, api: &Api) {
    match api {
        Api::Rest(api) => {
            for resource in &api.resources {
                for (method, what) in &resource.methods {
                    let key = if what.api_key_required { " key" } else { "" };
                    let who = who(&what.authorization, &api.authorizers);
                    let (kind, uri) = what.integration.as_ref().map_or_else(
                        || ("-".to_owned(), None),
                        |integration| (integration.kind.to_string(), integration.uri.clone()),
                    );
                    let uri = uri.map_or_else(String::new, |uri| format!(" {}", short(&uri)));
                    writeln!(text, "  {method} {} {who}{key} {kind}{uri}", resource.path).unwrap();
                }
            }
        }
        Api::Http(api) => {
            for route in &api.routes {
                let who = who(&route.authorization, &api.authorizers);
                let integration =
                    api.integrations.iter().find(|one| Some(&one.id) == route.integration.as_ref());
                let integration = integration.map_or_else(String::new, |one| {
                    let uri = one.uri.as_deref().or(one.subtype.as_deref()).unwrap_or_default();
                    format!(" {} {} {}", one.kind, one.payload_format, short(uri))
                });
                writeln!(text, "  {} {who}{integration}", route.key).unwrap();
            }
            if let Some(cors) = &api.cors {
                writeln!(text, "  cors {cors:?}").unwrap();
            }
        }
        Api::WebSocket(api) => {
            writeln!(text, "  by {}", api.route_selection_expression).unwrap();
            for route in &api.routes {
                let who = who(&route.authorization, &api.authorizers);
                let integration = route.integration.as_ref().map_or_else(String::new, |one| {
                    format!(" {} {}", one.kind, short(one.uri.as_deref().unwrap_or_default()))
                });
                writeln!(text, "  {} {who}{integration}", route.key).unwrap();
            }
        }
    }
}

/// Without what every invocation ARN has.
fn short(uri: &str) -> &str {
    let uri = uri.split_once("/functions/").map_or(uri, |(_, rest)| rest);
    uri.strip_suffix("/invocations").unwrap_or(uri)
}

fn who(authorization: &Authorization, authorizers: &[Authorizer]) -> String {
    match authorization {
        Authorization::None => "open".to_owned(),
        Authorization::AwsIam => "AWS_IAM".to_owned(),
        Authorization::Authorizer { id, scopes } => {
            let name = authorizers.iter().find(|one| one.id == *id).map_or("?", |one| one.name.as_str());
            format!("{name}{}", if scopes.is_empty() { String::new() } else { format!(" {scopes:?}") })
        }
    }
}

/// Templates that grow when they are resolved: each ends at once, with a problem.
#[test]
fn growth_is_bounded() {
    let function = |name: &str, properties: &str| {
        format!(
            "  {name}:\n    Type: AWS::Serverless::Function\n    Properties:\n{properties}      Handler: a.b\n"
        )
    };
    let mut conditions = String::from("Conditions:\n");
    for n in 0..5_000 {
        writeln!(conditions, "  C{n}: !Not [!Condition C{}]", n + 1).unwrap();
    }
    conditions.push_str("  C5000: !Equals [a, a]\nResources:\n");
    conditions.push_str(&function("F", "      CodeUri: !If [C0, a, b]\n"));
    let mut names = String::from("Resources:\n");
    for n in 0..3_000 {
        names.push_str(&function(
            &format!("F{n}"),
            &format!("      FunctionName: !Sub \"${{F{}}}\"\n", n + 1),
        ));
    }
    names.push_str(&function("F3000", ""));
    let mut nested = String::from("x");
    for _ in 0..30 {
        nested = format!("{{\"Fn::Sub\": [\"${{a}}${{a}}\", {{a: {nested}}}]}}");
    }
    let nested = format!("Resources:\n{}", function("F", &format!("      CodeUri: {nested}\n")));
    let mut globals = String::from("Globals:\n  Function:\n    Environment:\n      Variables:\n");
    for n in 0..20_000 {
        writeln!(globals, "        V{n}: x").unwrap();
    }
    globals.push_str("Resources:\n");
    for n in 0..1_000 {
        globals.push_str(&function(&format!("F{n}"), ""));
    }
    let mut many = String::from("Resources:\n");
    for n in 0..6_000 {
        writeln!(many, "  R{n}: {{Type: \"AWS::SQS::Queue\"}}").unwrap();
    }
    for (template, expected) in [
        (conditions, "values stand inside one another here"),
        (names, "values stand inside one another here"),
        (nested, "make more than"),
        (globals, "`Globals` stand for more than"),
        (many, "the template has 6000 resources"),
    ] {
        let started = std::time::Instant::now();
        let imported = run(&template, Vec::new());
        assert!(started.elapsed().as_secs() < 20, "{expected:?} takes {:?}", started.elapsed());
        let told: Vec<_> = imported.problems.iter().map(|problem| problem.message.as_str()).collect();
        assert!(told.iter().any(|message| message.contains(expected)), "{expected}: {told:?}");
    }
}
