//! Reads values of the expected shape and collects what is wrong with them.
//!
//! Every problem gets the place of the node that it is about. Problems that say the same are told once, with
//! their number and the first place: a definition with 300 functions has one thing to learn, not 300.

use std::collections::BTreeSet;

use gatelet_model::{Problem, Problems, Severity};
use indexmap::IndexMap;

use super::intrinsics::{self, Purpose};
use super::not_yet::NotYet;
use super::{ImportOptions, extensions};
use crate::document::{self, Entry, Mapping, Node, Source, Span};

/// How many problems of one definition are told; what comes behind them is counted.
const PROBLEMS_TOLD: usize = 200;

/// How many different problems are remembered; what comes behind them is counted alone.
const PROBLEMS_REMEMBERED: usize = 1_000;

/// How often a name near to a wrong one is looked for, and how many references that lead nowhere are explained: each
/// looks at many names.
const EXPLAINED: usize = PROBLEMS_TOLD;

/// How much of a document is read, repetitions by `$ref` counted each time: members and items, and a text for each
/// [`TEXT_BYTES_COUNTED`] of it. A document without repetitions has at most half of it.
const READ_MAX: usize = 2 * document::MAX_NODES;

/// How many bytes of text count as one value.
const TEXT_BYTES_COUNTED: usize = 16;

/// Where and how often a problem was found.
#[derive(Debug)]
struct Found {
    problem: Problem,
    first: Span,
    places: BTreeSet<u32>,
}

/// What makes two problems the same one: for an error also its place, because each must be mended.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Sameness {
    message: String,
    help: Option<String>,
    place: Option<u32>,
}

/// A document that is being read, and what was found in it.
#[derive(Debug)]
pub(super) struct Reader<'d> {
    pub(super) source: &'d Source,
    pub(super) root: &'d Node,
    pub(super) options: &'d ImportOptions,
    about: String,
    found: IndexMap<Sameness, Found>,
    /// Problems that are not among those found, and the worst of them.
    more: Option<(Severity, usize)>,
    /// How much was read, see [`READ_MAX`].
    read: usize,
    /// How often a near name was looked for, see [`EXPLAINED`].
    near_names: usize,
    /// How many references led nowhere, see [`EXPLAINED`].
    lost_references: usize,
    /// Where the keys of the extensions stand that were read; the others must not pass in silence.
    extensions_read: BTreeSet<u32>,
}

impl<'d> Reader<'d> {
    pub(super) fn new(source: &'d Source, root: &'d Node, options: &'d ImportOptions) -> Self {
        Self {
            source,
            root,
            options,
            about: String::new(),
            found: IndexMap::new(),
            more: None,
            read: 0,
            near_names: 0,
            lost_references: 0,
            extensions_read: BTreeSet::new(),
        }
    }

    /// Names the part of the API that is being read; empty for the whole.
    pub(super) fn about(&mut self, about: impl Into<String>) {
        self.about = about.into();
    }

    /// Every problem has a way out, even if it is only its place.
    pub(super) fn report(&mut self, span: Span, problem: Problem) {
        let place = (problem.severity == Severity::Error).then_some(span.start);
        let same = Sameness { message: problem.message.clone(), help: problem.help.clone(), place };
        // Errors have room that warnings cannot take from them.
        let room = if place.is_some() { 2 * PROBLEMS_REMEMBERED } else { PROBLEMS_REMEMBERED };
        if self.found.len() >= room && !self.found.contains_key(&same) {
            self.count(problem.severity);
            return;
        }
        let mut problem = if problem.about.is_empty() { problem.about(self.about.as_str()) } else { problem };
        problem.help.get_or_insert_with(|| "correct it here".to_owned());
        let found =
            self.found.entry(same).or_insert_with(|| Found { problem, first: span, places: BTreeSet::new() });
        if span.start < found.first.start {
            found.first = span;
            found.problem.about.clone_from(&self.about);
        }
        found.places.insert(span.start);
    }

    fn count(&mut self, severity: Severity) {
        let (worst, count) = self.more.unwrap_or((Severity::Warning, 0));
        self.more = Some((worst.max(severity), count + 1));
    }

    /// Notes that something is read, and that it has this many parts. From the moment when too much was read,
    /// everything counts as absent.
    fn may_read(&mut self, span: Span, parts: usize) -> bool {
        let was_exhausted = self.is_exhausted();
        self.read = self.read.saturating_add(parts.saturating_add(1));
        if self.is_exhausted() && !was_exhausted {
            let message =
                format!("references repeat parts of this definition to more than {READ_MAX} values");
            self.about("");
            self.error(span, message, "refer to smaller parts, or from fewer places");
        }
        !self.is_exhausted()
    }

    /// Whether too much was read already, which is an error.
    pub(super) const fn is_exhausted(&self) -> bool {
        self.read > READ_MAX
    }

    /// Whether so many problems were found that the next one would only be counted.
    pub(super) fn is_full(&self) -> bool {
        self.found.len() >= 2 * PROBLEMS_REMEMBERED
    }

    /// Of several names the one that is near to a wrong one.
    pub(super) fn nearest<'n>(
        &mut self,
        name: &str,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Option<&'n str> {
        self.near_names += 1;
        if self.near_names > EXPLAINED {
            return None;
        }
        document::nearest(name, names)
    }

    pub(super) fn error(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.report(span, Problem::error(message).help(help));
    }

    pub(super) fn warn(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.report(span, Problem::warning(message).help(help));
    }

    /// Something that is understood and kept, but that no call feels yet.
    pub(super) fn not_yet(&mut self, span: Span, what: NotYet) {
        self.report(span, what.warning());
    }

    /// Keeps the value of a check, or the problem at this place.
    pub(super) fn keep<T>(&mut self, span: Span, result: Result<T, Problem>) -> Option<T> {
        result.map_err(|problem| self.report(span, problem)).ok()
    }

    /// Whether an error was found so far.
    pub(super) fn has_errors(&self) -> bool {
        self.more.is_some_and(|(worst, _)| worst == Severity::Error)
            || self.found.values().any(|found| found.problem.severity == Severity::Error)
    }

    /// Everything that was found, in the order of the file, with the extensions that nobody read.
    pub(super) fn finish(mut self) -> Problems {
        extensions::report_unread(&mut self);
        self.finish_early()
    }

    /// Everything that was found in a document of which not all was looked at.
    pub(super) fn finish_early(mut self) -> Problems {
        let mut found: Vec<Found> = std::mem::take(&mut self.found).into_values().collect();
        // Where not all can be told, the errors are.
        found.sort_by_key(|found| (std::cmp::Reverse(found.problem.severity), found.first.start));
        for untold in found.split_off(found.len().min(PROBLEMS_TOLD)) {
            self.count(untold.problem.severity);
        }
        found.sort_by_key(|found| (found.first.start, std::cmp::Reverse(found.problem.severity)));
        let mut told = Problems::new();
        for Found { mut problem, first, places } in found {
            if places.len() > 1 {
                problem.about.clear();
                problem.message = format!("{} ({} places, the first here)", problem.message, places.len());
            }
            told.push(problem.at(self.source.place(first)));
        }
        if let Some((severity, count)) = self.more {
            let mut more = Problem::warning(format!("{count} more problems are not shown"))
                .help("mend those above and look again");
            more.severity = severity;
            told.push(more.at(self.source.place(self.root.span)));
        }
        told
    }

    /// What a node stands for, behind its `$ref`s.
    pub(super) fn follow(&mut self, node: &'d Node) -> Option<&'d Node> {
        if self.lost_references > EXPLAINED && node.get("$ref").is_some() {
            self.count(Severity::Error);
            return None;
        }
        match document::follow(self.source, self.root, node) {
            Ok(node) => Some(node),
            Err(problem) => {
                self.lost_references += 1;
                let span = node.get("$ref").map_or(node.span, |reference| reference.span);
                self.report(span, problem);
                None
            }
        }
    }

    /// An extension, which counts as read from now on; one that is null is as if it were not there.
    pub(super) fn extension(&mut self, mapping: &'d Mapping, name: &str) -> Option<&'d Entry> {
        let entry = mapping.entry(name)?;
        self.extensions_read.insert(entry.key_span.start);
        (!entry.value.is_null()).then_some(entry)
    }

    pub(super) fn was_read(&self, entry: &Entry) -> bool {
        self.extensions_read.contains(&entry.key_span.start)
    }

    pub(super) fn wrong_type(&mut self, node: &Node, what: &str, expected: &str, help: &str) {
        let found = match node.type_name() {
            "null" => "null".to_owned(),
            "sequence" => "a list".to_owned(),
            other => format!("a {other}"),
        };
        self.error(node.span, format!("`{what}` must be {expected}, not {found}"), help);
    }

    pub(super) fn mapping(&mut self, node: &'d Node, what: &str) -> Option<&'d Mapping> {
        let Some(mapping) = node.as_mapping() else {
            self.wrong_type(node, what, "a mapping", "write `name: value` pairs under it");
            return None;
        };
        self.may_read(node.span, mapping.len()).then_some(mapping)
    }

    pub(super) fn sequence(&mut self, node: &'d Node, what: &str) -> Option<&'d [Node]> {
        let Some(sequence) = node.as_sequence() else {
            self.wrong_type(node, what, "a list", "write its items as a list, even a single one");
            return None;
        };
        self.may_read(node.span, sequence.len()).then_some(sequence)
    }

    /// A text, with the intrinsics of CloudFormation in it resolved as well as a bare file allows.
    /// Null and `AWS::NoValue` are as if it were not there.
    pub(super) fn text(&mut self, node: &'d Node, what: &str, purpose: Purpose) -> Option<String> {
        if !self.may_read(node.span, node.scalar_text().map_or(0, str::len) / TEXT_BYTES_COUNTED) {
            return None;
        }
        if let Some(resolved) = intrinsics::resolve(node, purpose, self.options) {
            let length = resolved.text.as_ref().map_or(0, String::len);
            self.may_read(node.span, length / TEXT_BYTES_COUNTED);
            for stand_in in resolved.stand_ins {
                self.report(node.span, stand_in);
            }
            return resolved.text;
        }
        if !node.is_null() {
            self.wrong_type(node, what, "text", "write one value, in quotes where it has special characters");
        }
        None
    }

    /// The text of a key, if it is there.
    pub(super) fn text_of(&mut self, mapping: &'d Mapping, key: &str, purpose: Purpose) -> Option<String> {
        let node = mapping.get(key)?;
        self.text(node, key, purpose)
    }

    /// A list of texts; a single one (as `Ref` to a list parameter is) is a list of one.
    pub(super) fn texts(&mut self, node: &'d Node, what: &str, purpose: Purpose) -> Vec<String> {
        if intrinsics::is_intrinsic(node) {
            return self.text(node, what, purpose).into_iter().collect();
        }
        let items = self.sequence(node, what).unwrap_or_default();
        items.iter().filter_map(|item| self.text(item, what, purpose)).collect()
    }

    pub(super) fn texts_of(&mut self, mapping: &'d Mapping, key: &str, purpose: Purpose) -> Vec<String> {
        mapping.get(key).map(|node| self.texts(node, key, purpose)).unwrap_or_default()
    }

    /// A truth value; also as text, which templates often make of it.
    pub(super) fn boolean(&mut self, node: &'d Node, what: &str) -> Option<bool> {
        match node.scalar_text() {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ if node.is_null() => None,
            _ => {
                self.wrong_type(node, what, "`true` or `false`", "write `true` or `false` without quotes");
                None
            }
        }
    }

    pub(super) fn boolean_of(&mut self, mapping: &'d Mapping, key: &str) -> Option<bool> {
        let node = mapping.get(key)?;
        self.boolean(node, key)
    }

    /// A whole number, also as text.
    pub(super) fn number<N: std::str::FromStr>(&mut self, node: &'d Node, what: &str) -> Option<N> {
        let text = self.text(node, what, Purpose::Text)?;
        let number = text.trim().parse().ok();
        if number.is_none() {
            let message = format!("`{what}` must be a whole number in its range, not `{text}`");
            self.error(node.span, message, "write digits alone, without a unit");
        }
        number
    }

    pub(super) fn number_of<N: std::str::FromStr>(&mut self, mapping: &'d Mapping, key: &str) -> Option<N> {
        let node = mapping.get(key)?;
        self.number(node, key)
    }

    /// Notes that a schema of this many bytes is written out.
    pub(super) fn may_write(&mut self, span: Span, bytes: usize) -> bool {
        self.may_read(span, bytes / TEXT_BYTES_COUNTED)
    }

    /// One of AWS's words, in any case: `when_no_match` and `WHEN_NO_MATCH` are the same.
    pub(super) fn word<T>(
        &mut self,
        node: &'d Node,
        what: &str,
        parse: fn(&str) -> Result<T, Problem>,
    ) -> Option<T> {
        let text = self.text(node, what, Purpose::Text)?;
        let parsed = parse(&text.to_ascii_uppercase()).map_err(|problem| {
            let message = format!("`{what}` cannot be `{text}`");
            Problem { message, ..problem }
        });
        self.keep(node.span, parsed)
    }

    pub(super) fn word_of<T>(
        &mut self,
        mapping: &'d Mapping,
        key: &str,
        parse: fn(&str) -> Result<T, Problem>,
    ) -> Option<T> {
        let node = mapping.get(key)?;
        self.word(node, key, parse)
    }

    /// Warns of members that are not known here; extensions are left to their own check.
    pub(super) fn check_members(&mut self, mapping: &'d Mapping, what: &str, known: &[&str]) {
        for entry in mapping {
            if entry.key.starts_with("x-") || known.contains(&entry.key.as_ref()) {
                continue;
            }
            let help = match self.nearest(&entry.key, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("remove it, or use one of: {}", known.join(", ")),
            };
            let quote = if what.contains(' ') { "" } else { "`" };
            let message = format!("`{}` is unknown in {quote}{what}{quote} and ignored", entry.key);
            self.warn(entry.key_span, message, help);
        }
    }
}
