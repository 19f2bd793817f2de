//! Links in Markdown lead somewhere.

use std::collections::BTreeSet;

use crate::files::{Finding, HouseFile};

/// Every link to a file or folder of this repository has something at its end.
pub(crate) fn links(files: &[HouseFile]) -> Vec<Finding> {
    let mut there: BTreeSet<&str> = BTreeSet::new();
    for file in files {
        let mut path = file.path.as_str();
        while there.insert(path) {
            let Some((folder, _)) = path.rsplit_once('/') else { break };
            path = folder;
        }
    }
    there.insert("");
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.extension() == "md" && !file.is_foreign()) {
        let mut fence: Option<&str> = None;
        for (line, text) in file.lines() {
            if let Some(mark) = ["```", "~~~"].into_iter().find(|mark| text.trim_start().starts_with(mark)) {
                fence = match fence {
                    None => Some(mark),
                    Some(open) if open == mark => None,
                    open => open,
                };
                continue;
            }
            if fence.is_some() {
                continue;
            }
            for target in targets(&without_inline_code(text)) {
                if let Some(path) = inside_repository(&file.path, &target)
                    && !path.as_deref().is_some_and(|path| there.contains(path))
                {
                    let message = format!("the link to `{target}` leads nowhere in this repository");
                    findings.push(Finding::new(&file.path, line, message));
                }
            }
        }
    }
    findings
}

/// What links in a line lead to: `[text](target)`, `[text](target "title")`, `[name]: target`.
fn targets(line: &str) -> Vec<String> {
    let mut targets: Vec<String> = line
        .match_indices("](")
        .filter_map(|(at, open)| line.get(at + open.len()..))
        .filter_map(|rest| match rest.strip_prefix('<') {
            Some(rest) => rest.split_once('>').map(|(target, _)| target),
            None => rest.split([')', ' ']).next(),
        })
        .map(str::to_owned)
        .collect();
    // A footnote (`[^1]: text`) has the same form and is none.
    if let Some((_, target)) = line
        .trim_start()
        .strip_prefix('[')
        .filter(|it| !it.starts_with('^'))
        .and_then(|it| it.split_once("]: "))
    {
        targets.extend(target.split_whitespace().next().map(str::to_owned));
    }
    targets
}

/// `None` for a link elsewhere; `Some(None)` for one that leaves the repository.
fn inside_repository(from: &str, target: &str) -> Option<Option<String>> {
    let path = target.split(['#', '?']).next().unwrap_or_default();
    let scheme = path.split('/').next().is_some_and(|first| first.contains(':'));
    if path.is_empty() || scheme || path.starts_with("//") {
        return None;
    }
    let mut folders: Vec<&str> = match path.starts_with('/') {
        true => Vec::new(),
        false => from.rsplit_once('/').map(|(folder, _)| folder.split('/').collect()).unwrap_or_default(),
    };
    let path = path.replace("%20", " ");
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                if folders.pop().is_none() {
                    return Some(None);
                }
            }
            part => folders.push(part),
        }
    }
    Some(Some(folders.join("/")))
}

fn without_inline_code(line: &str) -> String {
    // Every second part stands between backticks; an unclosed backtick opens nothing.
    let parts: Vec<&str> = line.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return line.to_owned();
    }
    parts.into_iter().step_by(2).collect()
}

#[cfg(test)]
mod tests {
    use super::{HouseFile, links};

    fn broken(text: &str) -> Vec<String> {
        let files = [
            HouseFile::new("README.md", ""),
            HouseFile::new("examples/petstore/openapi.yaml", ""),
            HouseFile::new("examples/README.md", text),
        ];
        links(&files).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn a_link_that_leads_nowhere_is_found() {
        for text in
            ["[a](gone.md)", "![a](petstore/gone.png)", "[a](../../outside.md)", "[a]: gone.md", "[a](/gone)"]
        {
            assert_eq!(broken(text).len(), 1, "{text}");
        }
        assert_eq!(broken("[a](../README.md) and [b](gone.md)").len(), 1);
    }

    #[test]
    fn a_link_that_leads_somewhere_is_not() {
        for text in [
            "[a](../README.md#top)",
            "[a](petstore)",
            "[a](petstore/openapi.yaml \"the definition\")",
            "[a](/README.md)",
            "[a](../)",
            "[a](https://example.com/gone.md)",
            "[a](mailto:someone@example.com)",
            "[a](#below)",
            "`[a](gone.md)`",
            "```\n[a](gone.md)\n```",
            "[^1]: gone",
        ] {
            assert_eq!(broken(text), Vec::<String>::new(), "{text}");
        }
    }
}
