//! Every OpenAPI file of the foreign test data imports, or its problem is really its own.

use std::path::{Path, PathBuf};

use gatelet_control::document::{Node, Source, parse};
use gatelet_control::import::Imported;
use gatelet_model::{Api, Severity};
use gatelet_tests::vectors;

use super::{assert_golden, import};

#[test]
fn every_foreign_definition_imports_or_has_a_problem_of_its_own() {
    let Some(root) = vectors("") else { return };
    let mut paths = Vec::new();
    collect(&root, &mut paths);
    let mut table = String::from("file | decided | routes | errors | warnings | first error\n");
    let mut count = 0;
    for path in paths {
        let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        let bytes = std::fs::read(&path).unwrap();
        let Ok(source) = Source::from_bytes(name.as_str(), &bytes) else { continue };
        let Ok(document) = parse(&source) else { continue };
        if !is_openapi(&document) {
            continue;
        }
        count += 1;
        table.push_str(&line(&name, &import(&source, None)));
    }
    assert!(count > 20, "only {count} OpenAPI files under {}", root.display());
    assert_golden("vectors.txt", &table);
}

fn line(name: &str, imported: &Imported) -> String {
    let routes = match &imported.api {
        Some(Api::Rest(api)) => api.resources.iter().map(|resource| resource.methods.len()).sum(),
        Some(Api::Http(api)) => api.routes.len(),
        Some(Api::WebSocket(_)) | None => 0,
    };
    let count = |severity| imported.problems.iter().filter(|problem| problem.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let first = imported.problems.iter().find(|problem| problem.severity == Severity::Error);
    let first = first.map_or_else(|| "-".to_owned(), |problem| problem.message.clone());
    let decided = &imported.decided;
    if let Some(api) = &imported.api {
        let stored = serde_json::to_string(api).unwrap();
        assert_eq!(*api, serde_json::from_str::<Api>(&stored).unwrap(), "{name}: what is stored can be read");
    }
    assert_eq!(imported.api.is_some(), errors == 0, "{name}: an API without errors, and only then");
    assert!(
        imported.problems.iter().all(|problem| problem.place.is_some()),
        "{name}: a problem has no place"
    );
    assert!(
        imported.problems.iter().all(|problem| problem.help.is_some()),
        "{name}: a problem has no way out"
    );
    format!("{name} | {decided} | {routes} | {errors} | {warnings} | {first}\n")
}

fn is_openapi(document: &Node) -> bool {
    document.get("openapi").is_some() || document.get("swagger").is_some()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    const EXTENSIONS: [&str; 3] = ["json", "yaml", "yml"];
    let mut entries: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| EXTENSIONS.iter().any(|e| extension == *e)) {
            found.push(path);
        }
    }
}
