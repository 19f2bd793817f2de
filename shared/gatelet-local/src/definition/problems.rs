//! Problems as a person reads them: what is wrong, the line it stands in with a mark below it, and what to do.

use std::collections::BTreeMap;
use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use gatelet_control::document::caret_column;
use gatelet_model::{Place, Problem, Problems, Severity};

use crate::requests::printable;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const FRAME: Style = AnsiColor::Blue.on_default().bold();
const BOLD: Style = Style::new().bold();

/// How many kinds of warning a summary names.
const KINDS_MAX: usize = 5;

/// More than a source line has: places show windows of long lines.
const LINE_CHARACTERS_MAX: usize = 400;

/// How problems are written.
#[derive(Debug, Clone, Copy)]
pub struct Rendering {
    /// Whether the terminal shows colours.
    pub colour: bool,
}

impl Rendering {
    /// Every problem at its place, errors and warnings in the order they were found.
    #[must_use]
    pub fn all(self, problems: &Problems) -> String {
        let mut output = String::new();
        for problem in problems {
            self.problem(problem, &mut output);
            output.push('\n');
        }
        output
    }

    /// Every error at its place, and the warnings in one line by kind.
    #[must_use]
    pub fn errors_and_summary(self, problems: &Problems, file: &str) -> String {
        let mut output = String::new();
        for problem in problems.iter().filter(|problem| problem.severity == Severity::Error) {
            self.problem(problem, &mut output);
            output.push('\n');
        }
        output.push_str(&self.summary(problems, file));
        output
    }

    /// The warnings in a few lines by kind, or nothing where there are none.
    #[must_use]
    pub fn summary(self, problems: &Problems, file: &str) -> String {
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        for problem in problems.iter().filter(|problem| problem.severity == Severity::Warning) {
            *kinds.entry(problem.message.as_str()).or_default() += 1;
        }
        let count: usize = kinds.values().sum();
        if count == 0 {
            return String::new();
        }
        let mut kinds: Vec<(&str, usize)> = kinds.into_iter().collect();
        kinds.sort_by_key(|(message, times)| (std::cmp::Reverse(*times), *message));
        let mut output = String::new();
        let heading = self.painted(&counted(count, "warning"), WARNING);
        let _ = writeln!(output, "  {heading} (`gatelet check {file}` shows where)");
        for (message, times) in kinds.iter().take(KINDS_MAX) {
            let times = if *times > 1 { format!("{times} × ") } else { String::new() };
            let _ = writeln!(output, "    {times}{}", printable(message, LINE_CHARACTERS_MAX));
        }
        if kinds.len() > KINDS_MAX {
            let _ = writeln!(output, "    and {} more kinds", kinds.len() - KINDS_MAX);
        }
        output
    }

    fn problem(self, problem: &Problem, output: &mut String) {
        let (word, style) = match problem.severity {
            Severity::Error => ("error", ERROR),
            Severity::Warning => ("warning", WARNING),
        };
        let message = self.painted(&format!(": {}", printable(&problem.message, usize::MAX)), BOLD);
        let _ = writeln!(output, "{}{message}", self.painted(word, style));
        let width = problem.place.as_ref().map_or(1, |place| place.line.to_string().len());
        if let Some(place) = &problem.place {
            self.place(place, width, style, output);
        }
        let bar = self.painted(&format!("{:width$} =", ""), FRAME);
        if !problem.about.is_empty() {
            let _ = writeln!(output, "{bar} in: {}", printable(&problem.about, LINE_CHARACTERS_MAX));
        }
        if let Some(help) = &problem.help {
            let _ = writeln!(output, "{bar} help: {}", printable(help, usize::MAX));
        }
    }

    fn place(self, place: &Place, width: usize, style: Style, output: &mut String) {
        let arrow = self.painted(&format!("{:width$}-->", ""), FRAME);
        let _ = writeln!(output, "{arrow} {}:{}:{}", place.file, place.line, place.column);
        if place.source_line.trim().is_empty() {
            return;
        }
        let empty = self.painted(&format!("{:width$} |", ""), FRAME);
        let numbered = self.painted(&format!("{:width$} |", place.line), FRAME);
        let before = usize::try_from(caret_column(place)).unwrap_or(usize::MAX).saturating_sub(1);
        let meant = usize::try_from(place.length).unwrap_or(usize::MAX);
        // Each part is made printable on its own, so that the mark stands below what it means.
        let characters = || place.source_line.chars();
        let shown = |text: String| printable(&text.replace('\t', "    "), LINE_CHARACTERS_MAX).into_owned();
        let lead = shown(characters().take(before).collect());
        let middle = shown(characters().skip(before).take(meant).collect());
        let rest = shown(characters().skip(before.saturating_add(meant)).collect());
        let indent = lead.chars().count();
        let mark = self.painted(&"^".repeat(middle.chars().count().max(1)), style);
        let _ = writeln!(output, "{empty}\n{numbered} {lead}{middle}{rest}\n{empty} {:indent$}{mark}", "");
    }

    fn painted(self, text: &str, style: Style) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// A number and its noun: `1 warning`, `2 warnings`.
#[must_use]
pub fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}
