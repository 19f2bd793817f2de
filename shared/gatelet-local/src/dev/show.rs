//! What `gatelet dev` shows of the APIs that it serves.

use std::fmt::Write;
use std::net::SocketAddr;

use anstyle::{AnsiColor, Style};
use gatelet_model::{Api, ApiId, StageName};

use crate::definition::{Change, counted, functions_table, routes, table};
use crate::functions::FunctionSettings;
use crate::requests::printable;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const URL: Style = AnsiColor::Cyan.on_default().underline();
const ADDED: Style = AnsiColor::Green.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();
const CHANGED: Style = AnsiColor::Yellow.on_default();

/// How many changes of an edit are listed.
const CHANGES_MAX: usize = 20;
/// Names of users are cut after this many characters.
pub(super) const NAME_CHARACTERS_MAX: usize = 120;

/// How things are shown.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Whether the terminal shows colours.
    pub colour: bool,
    /// How wide it is, in characters.
    pub width: u16,
}

/// An API that was just deployed.
#[derive(Debug)]
pub struct Shown<'a> {
    /// The API.
    pub api: &'a Api,
    /// Its file.
    pub file: &'a str,
    /// Why it is taken for the kind that it is.
    pub decided: &'a str,
    /// Its stages and their URLs.
    pub stages: &'a [(StageName, String)],
}

/// Where a stage answers: in the path form, which needs no name to resolve.
#[must_use]
pub(super) fn stage_url(address: SocketAddr, api_id: &ApiId, stage: &StageName) -> String {
    let base = format!("http://{address}/_aws/execute-api/{api_id}/");
    if stage.is_default() { base } else { format!("{base}{stage}/") }
}

/// Where a stage of the only API answers too.
#[must_use]
pub(super) fn root_url(address: SocketAddr, stage: &StageName) -> String {
    if stage.is_default() { format!("http://{address}/") } else { format!("http://{address}/{stage}/") }
}

impl Look {
    /// An API: its name and kind, its stages with their URLs, its routes as a table.
    #[must_use]
    pub fn api(self, shown: &Shown<'_>) -> String {
        let name = printable(shown.api.name(), NAME_CHARACTERS_MAX);
        let mut text = format!(
            "{}  {}  {}\n",
            self.painted(&name, BOLD),
            shown.api.kind(),
            self.painted(shown.file, DIM)
        );
        if !shown.decided.is_empty() {
            let _ = writeln!(text, "  {}", self.painted(&printable(shown.decided, usize::MAX), DIM));
        }
        let width =
            shown.stages.iter().map(|(name, _)| name.as_str().chars().count()).max().unwrap_or_default();
        let mut before = None;
        for (name, url) in shown.stages {
            // A stage with two addresses is named once.
            let label = if before == Some(name) { "" } else { name.as_str() };
            before = Some(name);
            let _ = writeln!(text, "  {label:width$}  {}", self.painted(url, URL));
        }
        text.push_str(&table(&routes(shown.api), self.width));
        text
    }

    /// The functions that are run, as a table; nothing where there are none.
    #[must_use]
    pub fn functions<'a>(
        self,
        functions: impl Iterator<Item = &'a FunctionSettings>,
        endpoint: &str,
    ) -> String {
        let current = std::env::current_dir().unwrap_or_default();
        let row = |function: &FunctionSettings| {
            let FunctionSettings { name, runtime_identifier, handler, directory, .. } = function;
            let code = directory.strip_prefix(&current).unwrap_or(directory);
            [name, runtime_identifier, handler, &code.display().to_string()].map(Clone::clone)
        };
        let rows: Vec<[String; 4]> = functions.map(row).collect();
        if rows.is_empty() {
            return String::new();
        }
        let heading = self.painted("Functions", BOLD);
        let endpoint = self.painted(endpoint, DIM);
        format!(
            "{heading}  run here, with Lambda's own API at {endpoint}\n{}",
            functions_table(&rows, self.width)
        )
    }

    /// What an edit changed.
    #[must_use]
    pub fn changes(self, file: &str, changes: &[Change], milliseconds: u128) -> String {
        let count = |kind: fn(&Change) -> bool| changes.iter().filter(|change| kind(change)).count();
        let parts = [
            (count(|change| matches!(change, Change::Added(_))), "added"),
            (count(|change| matches!(change, Change::Removed(_))), "removed"),
            (count(|change| matches!(change, Change::Changed(_))), "changed"),
        ];
        let words: Vec<String> = parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{} {word}", counted(*count, "route")))
            .collect();
        let what = if words.is_empty() { "no route changed".to_owned() } else { words.join(", ") };
        let mut text =
            format!("{} {file}: {what}, live after {milliseconds} ms", self.painted("reloaded", BOLD));
        for change in changes.iter().take(CHANGES_MAX) {
            let style = match change {
                Change::Added(_) => ADDED,
                Change::Removed(_) => REMOVED,
                Change::Changed(_) => CHANGED,
            };
            let _ = write!(text, "\n  {}", self.painted(&printable(&change.line(), usize::MAX), style));
        }
        if changes.len() > CHANGES_MAX {
            let _ = write!(text, "\n  and {} more", changes.len() - CHANGES_MAX);
        }
        text
    }

    /// A text in a style, where the terminal shows colours.
    #[must_use]
    pub fn painted(self, text: &str, style: Style) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// An address to click.
    #[must_use]
    pub fn url(self, url: &str) -> String {
        self.painted(url, URL)
    }
}
