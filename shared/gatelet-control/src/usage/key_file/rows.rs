//! The rows of a file of API keys.
//!
//! Fields are read by our own few lines: AWS takes single quotes as well as double ones, which no common reader of
//! comma-separated values does in one file.

use std::iter::Peekable;
use std::str::Chars;
use std::sync::Arc;

use gatelet_model::{ApiKeyValue, Problem, Problems};

use super::warning;

/// The largest file (ours).
pub const FILE_BYTES_MAX: usize = 6 * 1024 * 1024;
/// Most rows of a file: as many keys as an account has on AWS
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>).
pub const FILE_ROWS_MAX: usize = 10_000;

/// A row that can be understood.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) line: u32,
    pub(super) name: String,
    pub(super) value: ApiKeyValue,
    pub(super) description: Option<String>,
    pub(super) enabled: bool,
    pub(super) plans: Vec<String>,
}

/// Where the columns are.
#[derive(Debug, Default)]
struct Columns {
    count: usize,
    name: Option<usize>,
    key: Option<usize>,
    description: Option<usize>,
    enabled: Option<usize>,
    usage_plan_ids: Option<usize>,
}

/// The rows that can be understood, and warnings of those that cannot.
pub(super) fn read(file: &Arc<str>, bytes: &[u8]) -> Result<(Vec<Row>, Problems), Problem> {
    let whole = |message: String, help: &str| Err(Problem::error(message).help(help).about(&**file));
    if bytes.len() > FILE_BYTES_MAX {
        return whole(format!("the file has more than {FILE_BYTES_MAX} bytes"), "divide it");
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return whole("the file is not UTF-8".to_owned(), "save it as UTF-8");
    };
    let mut records = Records::new(text.strip_prefix('\u{feff}').unwrap_or(text));
    let header = match records.next() {
        Some(Ok(record)) => record.fields,
        Some(Err(line)) => return whole(format!("line {line}: a quote is not closed"), "close it"),
        None => return whole("the file is empty".to_owned(), "begin it with the line `Name,Key`"),
    };
    let mut columns = Columns { count: header.len(), ..Columns::default() };
    for (position, name) in header.iter().enumerate() {
        let column = match name.trim().to_ascii_lowercase().as_str() {
            "name" => &mut columns.name,
            "key" => &mut columns.key,
            "description" => &mut columns.description,
            "enabled" => &mut columns.enabled,
            "usageplanids" => &mut columns.usage_plan_ids,
            // AWS lets others be there and ignores them.
            _ => continue,
        };
        if column.replace(position).is_some() {
            return whole(
                format!("the column `{}` is there twice", name.trim().escape_debug()),
                "remove one",
            );
        }
    }
    if columns.name.is_none() || columns.key.is_none() {
        return whole(
            "the file's first line names no `Name` and `Key` columns".to_owned(),
            "begin it with the line `Name,Key,Description,Enabled,UsagePlanIds`",
        );
    }
    let (mut rows, mut warnings) = (Vec::new(), Problems::new());
    let mut count = 0;
    for record in records {
        count += 1;
        if count > FILE_ROWS_MAX {
            return whole(format!("the file has more than {FILE_ROWS_MAX} keys"), "divide it");
        }
        match record {
            Ok(record) => match row(&record, &columns) {
                Ok(row) => rows.push(row),
                Err(problems) => {
                    warnings.extend(problems.into_iter().map(|problem| warning(file, record.line, problem)));
                }
            },
            Err(line) => {
                let problem =
                    Problem::error("a quote is not closed").help("close it at the end of its field");
                warnings.push(warning(file, line, problem));
            }
        }
    }
    Ok((rows, warnings))
}

fn row(record: &Record, columns: &Columns) -> Result<Row, Problems> {
    if record.fields.len() > columns.count {
        let message =
            format!("the row has {} fields, more than the {} columns", record.fields.len(), columns.count);
        // Which field is which nobody knows then: nothing else is said of it.
        let problem = Problem::error(message).help("put quotes around a field that has commas in it");
        return Err(problem.into());
    }
    let mut problems = Problems::new();
    let field = |column: Option<usize>| {
        column.and_then(|column| record.fields.get(column)).map_or("", |field| field.trim())
    };
    let value = problems.keep(ApiKeyValue::parse(field(columns.key)));
    let enabled = match field(columns.enabled).to_ascii_lowercase().as_str() {
        "" | "true" => Some(true),
        "false" => Some(false),
        // What stands there is not repeated: where columns are mixed up, it is a value.
        _ => {
            let problem = Problem::error("`Enabled` is neither `true` nor `false`");
            problems.push(problem.help("write one of them, or nothing"));
            None
        }
    };
    match (value, enabled) {
        (Some(value), Some(enabled)) if problems.is_empty() => Ok(Row {
            line: record.line,
            name: field(columns.name).to_owned(),
            value,
            description: super::super::keys::not_empty(field(columns.description)),
            enabled,
            plans: field(columns.usage_plan_ids)
                .split(',')
                .map(str::trim)
                .filter(|id| !id.is_empty())
                .map(str::to_owned)
                .collect(),
        }),
        _ => Err(problems),
    }
}

/// A line of fields, or several where a quoted field has line breaks.
#[derive(Debug)]
struct Record {
    /// The line on which it begins, from 1.
    line: u32,
    fields: Vec<String>,
}

struct Records<'a> {
    rest: Peekable<Chars<'a>>,
    line: u32,
}

impl<'a> Records<'a> {
    fn new(text: &'a str) -> Self {
        Self { rest: text.chars().peekable(), line: 1 }
    }

    /// A field that begins with a quote, up to the same quote; two of them stand for one. None where it is not closed.
    fn quoted(&mut self, quote: char) -> Option<String> {
        let mut field = String::new();
        loop {
            let next = self.rest.next()?;
            if next == quote && self.rest.next_if_eq(&quote).is_none() {
                return Some(field);
            }
            if next == '\n' {
                self.line += 1;
            }
            field.push(next);
        }
    }

    /// Whether a single quote begins a quoted field: it is closed before the line and its field end. Else it is an apostrophe.
    fn is_closed(&self) -> bool {
        let mut ahead = self.rest.clone();
        while let Some(next) = ahead.next() {
            match next {
                '\n' => return false,
                '\'' => return matches!(ahead.peek(), None | Some(',' | '\r' | '\n')),
                _ => {}
            }
        }
        false
    }
}

impl Iterator for Records<'_> {
    /// A record, or the line on which a quote is opened and never closed.
    type Item = Result<Record, u32>;

    fn next(&mut self) -> Option<Self::Item> {
        // Empty lines are none.
        while let Some(next) = self.rest.next_if(|next| matches!(next, '\r' | '\n')) {
            self.line += u32::from(next == '\n');
        }
        self.rest.peek()?;
        let line = self.line;
        let mut record = Record { line, fields: vec![String::new()] };
        let mut is_begin = true;
        while let Some(next) = self.rest.next() {
            let Some(field) = record.fields.last_mut() else { break };
            match next {
                ',' => {
                    record.fields.push(String::new());
                    is_begin = true;
                    continue;
                }
                '\n' => {
                    self.line += 1;
                    break;
                }
                '\r' if self.rest.peek() == Some(&'\n') => continue,
                '"' if is_begin => match self.quoted('"') {
                    Some(quoted) => *field = quoted,
                    None => return Some(Err(line)),
                },
                '\'' if is_begin && self.is_closed() => *field = self.quoted('\'').unwrap_or_default(),
                // A space before a quote does not make it another field.
                ' ' if is_begin => continue,
                other => field.push(other),
            }
            is_begin = false;
        }
        Some(Ok(record))
    }
}
