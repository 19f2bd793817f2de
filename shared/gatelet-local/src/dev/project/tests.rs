#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(directory.path().join(name), text).unwrap();
    }
    directory
}

fn found(given: &Path) -> Result<Vec<String>, String> {
    let projects = Projects::find(&[given.to_owned()]).map_err(|error| error.to_string())?;
    let name = |file: &DefinitionFile| file.path.file_name().unwrap().to_string_lossy().into_owned();
    Ok(projects.files.iter().map(name).collect())
}

#[test]
fn a_directory_means_its_definition() {
    let one = directory(&[("openapi.yml", ""), ("swagger.json", ""), ("other.yaml", "")]);
    assert_eq!(found(one.path()), Ok(vec!["openapi.yml".to_owned()]));
    let template = directory(&[("openapi.yaml", ""), ("template.yaml", "")]);
    assert_eq!(
        found(template.path()),
        Ok(vec!["template.yaml".to_owned()]),
        "a template refers to the others"
    );
    let several = directory(&[("openapi.yaml", ""), ("openapi.json", "")]);
    assert!(
        found(several.path()).unwrap_err().contains("holds `openapi.yaml` and `openapi.json`; name the one")
    );
    let empty = directory(&[("other.yaml", "")]);
    assert!(found(empty.path()).unwrap_err().contains("holds no template.*, openapi.* or swagger.*"));
    let named =
        directory(&[("dev.toml", "definitions = ['b.yaml', 'a.json']"), ("a.json", ""), ("b.yaml", "")]);
    assert_eq!(found(named.path()), Ok(vec!["b.yaml".to_owned(), "a.json".to_owned()]));
    let missing = directory(&[("dev.toml", "definitions = ['b.yaml']")]);
    assert!(found(missing.path()).unwrap_err().starts_with("there is no file or directory `"));
}

#[test]
fn a_file_means_itself_and_what_stands_beside_it() {
    let directory = directory(&[("api.YAML", ""), ("notes.txt", ""), ("dev.toml", "[variables]\nx = 'y'\n")]);
    assert_eq!(found(&directory.path().join("api.YAML")), Ok(vec!["api.YAML".to_owned()]));
    assert!(
        found(&directory.path().join("notes.txt"))
            .unwrap_err()
            .contains("does not end in .yaml, .yml or .json")
    );
    assert!(
        found(&directory.path().join("nowhere.yaml")).unwrap_err().contains("there is no file or directory")
    );
    let projects = Projects::find(&[directory.path().join("api.YAML")]).unwrap();
    assert_eq!(projects.projects.first().unwrap().settings.variables.get("x").map(String::as_str), Some("y"));
}

#[test]
fn a_file_has_one_name_however_it_is_given() {
    let directory = directory(&[("openapi.yaml", "")]);
    let spelt = directory.path().join(".").join("openapi.yaml");
    let given = [directory.path().to_owned(), spelt, directory.path().join("openapi.yaml")];
    let projects = Projects::find(&given).unwrap();
    assert_eq!(projects.files.len(), 1, "given three times, served once");
}
