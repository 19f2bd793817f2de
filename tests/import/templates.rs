//! Every definition of real users imports, or its problem is really its own.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use gatelet_control::document::{Node, Source, parse};
use gatelet_control::import::{self, ImportedTemplate, TemplateOptions, is_template};
use gatelet_model::{AccountId, Api, Problem, Problems, Region, Severity};
use gatelet_tests::vectors;

use super::assert_golden;

const FOLDERS: [&str; 2] = ["localstack-aws-snapshots/definitions", "real-definitions"];

/// Files that are broken by themselves, no definition of an API, or name a file that does not stand beside them.
const OWN_PROBLEMS: [(&str, &str); 14] = [
    ("api-lambda-ses/template.yml", "the file `src/api.yml` cannot be read"),
    ("apigw-appsync-dynamodb-sam/template.yaml", "the file `httpapi-spec/api.yaml` cannot be read"),
    ("apigw-cache-invalidation-eventbridge/template.yaml", "the file `./api.yaml` cannot be read"),
    ("apigw-custom-domain-edge/template.yaml", "a space is missing behind this `:`"),
    ("apigw-http-api-eventbridge-lambda-sls/serverless.yml", "a definition of the Serverless Framework"),
    ("apigw-http-api-fifo-sqs-lambda-sns-sam/template.yaml", "the file `api.yaml` cannot be read"),
    ("apigw-http-api-sqs-lambda-sls/serverless.yml", "a definition of the Serverless Framework"),
    ("apigw-sfn/template.yaml", "the file `api.yaml` cannot be read"),
    ("apigw-sns-filter-policy-lambda-sls-py/serverless.yml", "a definition of the Serverless Framework"),
    ("appsync-apigateway-dynamodb-sam/template.yaml", "the file `./restapi/api.yaml` cannot be read"),
    ("cdk-apigw-authorizer-sqs/tree.json", "the template has no `Resources`"),
    ("cloudfront-apigw-http-api-lambda-rust/template.yml", "the key `Name` is given twice"),
    ("sam-webapp-cognito/template.yaml", "the key `Name` is given twice"),
    ("step-function-sync-rest-api/template.yml", "the file `./api.yaml` cannot be read"),
];

#[test]
fn every_definition_of_real_users_imports_or_has_a_problem_of_its_own() {
    let Some(root) = vectors("") else { return };
    let mut table = String::from("file | what | errors | warnings | first error\n");
    let (mut count, mut imported, mut own_problems) = (0, 0, 0);
    for folder in FOLDERS {
        let mut paths = Vec::new();
        collect(&root.join(folder), &mut paths);
        for path in paths {
            let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
            let (what, problems) = line(&name, &path);
            count += 1;
            let errors = || problems.iter().filter(|one| one.severity == Severity::Error);
            let own = OWN_PROBLEMS.iter().find(|(file, _)| name.ends_with(file));
            match own {
                Some((_, message)) => {
                    own_problems += 1;
                    assert_eq!(errors().count(), 1, "{name}: its own problem alone");
                    assert!(errors().all(|one| one.message.contains(message)), "{name}: {message}");
                }
                None => imported += usize::from(!problems.has_errors()),
            }
            let number = |severity| problems.iter().filter(|one| one.severity == severity).count();
            let first = problems.iter().find(|one| one.severity == Severity::Error);
            let first = first.map_or_else(|| "-".to_owned(), told);
            let (errors, warnings) = (number(Severity::Error), number(Severity::Warning));
            writeln!(table, "{name} | {what} | {errors} | {warnings} | {first}").unwrap();
        }
    }
    writeln!(table, "{imported} of {count} import, {own_problems} have a problem of their own").unwrap();
    assert_golden("templates.txt", &table);
    assert!(count > 100, "only {count} files");
    assert_eq!(own_problems, OWN_PROBLEMS.len());
    assert_eq!(imported + own_problems, count, "a file that could be imported is not");
}

fn told(problem: &Problem) -> String {
    let line = problem.place.as_ref().map_or(0, |place| place.line);
    format!("line {line}: {}", problem.message)
}

fn line(name: &str, path: &Path) -> (String, Problems) {
    let bytes = std::fs::read(path).unwrap();
    let source = Source::from_bytes(name, &bytes).unwrap();
    match parse(&source) {
        Err(problems) => ("not read".to_owned(), problems),
        Ok(root) if is_openapi(&root) => {
            let imported = super::import(&source, None);
            (format!("OpenAPI: {}", imported.api.as_ref().map_or_else(String::new, api)), imported.problems)
        }
        Ok(root) if is_template(&root) => template(&source, path),
        Ok(_) => {
            let imported = run(&source, path, &BTreeMap::new());
            ("neither OpenAPI nor a template".to_owned(), imported.problems)
        }
    }
}

fn is_openapi(root: &Node) -> bool {
    root.get("openapi").is_some() || root.get("swagger").is_some()
}

/// Imports with values for the parameters that have none: what a user gives with `--parameter`.
fn template(source: &Source, path: &Path) -> (String, Problems) {
    let mut given = BTreeMap::new();
    let mut imported = run(source, path, &given);
    if !imported.missing_parameters.is_empty() {
        let missing = imported.problems.iter().filter(|one| one.message.ends_with("has no value")).count();
        assert!(missing > 0, "{}: what is missing is told", source.file());
        for name in &imported.missing_parameters {
            given.insert(name.clone(), value_for(name));
        }
        imported = run(source, path, &given);
    }
    assert!(imported.problems.iter().all(|problem| problem.help.is_some()), "{}: no way out", source.file());
    assert!(imported.problems.iter().all(|problem| problem.place.is_some()), "{}: no place", source.file());
    let mut what = String::from("template:");
    for one in &imported.apis {
        let stored = serde_json::to_string(&one.api).unwrap();
        assert_eq!(one.api, serde_json::from_str::<Api>(&stored).unwrap(), "{}", source.file());
        let stages: Vec<_> = one.stages.iter().map(|stage| stage.name().as_str()).collect();
        write!(what, " {} {} on [{}];", one.logical_id, api(&one.api), stages.join(" ")).unwrap();
    }
    write!(what, " {} functions", imported.functions.len()).unwrap();
    for (number, of) in [
        (imported.api_keys.len(), "keys"),
        (imported.usage_plans.len(), "plans"),
        (imported.domains.len(), "domains"),
        (imported.files.len(), "files"),
    ] {
        if number > 0 {
            write!(what, ", {number} {of}").unwrap();
        }
    }
    if !given.is_empty() {
        let names: Vec<_> = given.keys().map(String::as_str).collect();
        write!(what, ", given {}", names.join(" ")).unwrap();
    }
    (what, imported.problems)
}

/// What a parameter without a default is given, by what its name speaks of.
fn value_for(name: &str) -> String {
    let lower = name.to_lowercase();
    if lower.contains("vpcendpointdns") {
        "vpce-0a1b2c3d-4e5f.execute-api.us-east-1.vpce.amazonaws.com".to_owned()
    } else if lower.contains("domainnamearn") {
        "arn:aws:apigateway:us-east-1:123456789012:/domainnames/api.example.com+abc".to_owned()
    } else if lower.contains("domain") || lower.contains("host") {
        "api.example.com".to_owned()
    } else if lower.contains("url") || lower.contains("endpoint") {
        "https://example.com".to_owned()
    } else if lower.contains("arn") {
        "arn:aws:acm:us-east-1:123456789012:certificate/1".to_owned()
    } else {
        "value".to_owned()
    }
}

fn run(source: &Source, path: &Path, given: &BTreeMap<String, String>) -> ImportedTemplate {
    let folder = path.parent().unwrap().to_owned();
    let read = |location: &str| std::fs::read(folder.join(location)).map_err(|error| error.to_string());
    let account = AccountId::parse("123456789012").unwrap();
    let region = Region::parse("us-east-1").unwrap();
    let mut options = TemplateOptions::for_file(source.file(), account, region, &read);
    options.parameters.clone_from(given);
    import::template(source, &options)
}

fn api(api: &Api) -> String {
    let routes = match api {
        Api::Rest(api) => api.resources.iter().map(|resource| resource.methods.len()).sum(),
        Api::Http(api) => api.routes.len(),
        Api::WebSocket(api) => api.routes.len(),
    };
    format!("{} of {routes} routes", api.kind())
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension != "md") {
            found.push(path);
        }
    }
}
