//! The manifests of our crates, as far as the rules need them.

use std::collections::BTreeSet;

use toml::{Table, Value};

use crate::files::{Finding, HouseFile};

/// One crate of ours.
pub(crate) struct Manifest {
    /// Where its `Cargo.toml` lies.
    pub(crate) path: String,
    pub(crate) name: String,
    /// Packages it needs to be built or run.
    pub(crate) dependencies: BTreeSet<String>,
    /// Packages that its tests, examples and benches need.
    pub(crate) dev_dependencies: BTreeSet<String>,
    described: bool,
    linted: bool,
    /// The root of a workspace of its own, such as the fuzz targets: it cannot inherit.
    alone: bool,
}

/// Every manifest that describes a package. One that cannot be read fails the test.
pub(crate) fn read(files: &[HouseFile]) -> Vec<Manifest> {
    let manifests = files.iter().filter(|file| file.name() == "Cargo.toml" && !file.is_foreign());
    manifests.filter_map(parse).collect()
}

fn parse(file: &HouseFile) -> Option<Manifest> {
    let root: Table = file.text.parse().unwrap_or_else(|error| panic!("`{}`: {error}", file.path));
    let package = root.get("package")?.as_table()?;
    let mut manifest = Manifest {
        path: file.path.clone(),
        name: package.get("name")?.as_str()?.to_owned(),
        dependencies: BTreeSet::new(),
        dev_dependencies: BTreeSet::new(),
        described: package.get("description").is_some_and(is_described),
        linted: in_table(root.get("lints"), "workspace").and_then(Value::as_bool) == Some(true),
        alone: root.contains_key("workspace"),
    };
    manifest.add_dependencies(&root);
    for target in root.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values) {
        target.as_table().into_iter().for_each(|table| manifest.add_dependencies(table));
    }
    Some(manifest)
}

impl Manifest {
    fn add_dependencies(&mut self, table: &Table) {
        for section in ["dependencies", "build-dependencies", "dev-dependencies"] {
            let names = if section == "dev-dependencies" {
                &mut self.dev_dependencies
            } else {
                &mut self.dependencies
            };
            for (key, value) in table.get(section).and_then(Value::as_table).into_iter().flatten() {
                // A dependency may be known here by another name than its own.
                let package = in_table(Some(value), "package").and_then(Value::as_str);
                names.insert(package.unwrap_or(key).to_owned());
            }
        }
    }
}

fn in_table<'a>(value: Option<&'a Value>, key: &str) -> Option<&'a Value> {
    value?.as_table()?.get(key)
}

/// A text of its own, or the workspace's.
fn is_described(description: &Value) -> bool {
    description.is_table() || description.as_str().is_some_and(|text| !text.trim().is_empty())
}

/// Every crate says in its manifest what it is, and takes the lints of the workspace.
pub(crate) fn described_and_linted(manifests: &[Manifest]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for manifest in manifests {
        if !manifest.described {
            let message = format!("`{}` has no `description`: say in one sentence what it is", manifest.name);
            findings.push(Finding::new(&manifest.path, 0, message));
        }
        if !manifest.linted && !manifest.alone {
            let message =
                format!("`{}` does not take the lints: add `[lints] workspace = true`", manifest.name);
            findings.push(Finding::new(&manifest.path, 0, message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::{HouseFile, described_and_linted, read};

    fn files(text: &str) -> Vec<HouseFile> {
        vec![HouseFile::new("shared/a/Cargo.toml", text)]
    }

    #[test]
    fn dependencies_of_every_kind_are_read() {
        let manifests = read(&files(
            "[package]\nname = 'a'\n[dependencies]\nb.workspace = true\nc = { package = 'd', version = '1' }\n\
             [build-dependencies]\ne = '1'\n[target.'cfg(unix)'.dependencies]\nf = '1'\n[dev-dependencies]\ng = '1'\n",
        ));
        let manifest = manifests.first().unwrap();
        assert_eq!(manifest.dependencies.iter().collect::<Vec<_>>(), ["b", "d", "e", "f"]);
        assert_eq!(manifest.dev_dependencies.iter().collect::<Vec<_>>(), ["g"]);
    }

    #[test]
    fn a_crate_without_description_or_lints_is_found() {
        let bare = described_and_linted(&read(&files("[package]\nname = 'a'\ndescription = ' '\n")));
        assert_eq!(bare.len(), 2);
        let good = "[package]\nname = 'a'\ndescription = 'A.'\n[lints]\nworkspace = true\n";
        assert_eq!(described_and_linted(&read(&files(good))), []);
        let alone = "[package]\nname = 'a'\ndescription = 'A.'\n[workspace]\n";
        assert_eq!(described_and_linted(&read(&files(alone))), []);
        assert!(read(&files("[workspace]\nmembers = []\n")).is_empty());
    }
}
