//! Routes, functions and other lists as tables that fit the terminal.

use comfy_table::{ContentArrangement, ContentLineStyle, LineStyle, Table, TableStyle};

use super::routes::Route;
use crate::requests::printable;

/// Rows of a table; a larger API is cut, so that its URL stays in sight.
const ROWS_MAX: usize = 60;
/// What a cell shows at most.
const CELL_CHARACTERS_MAX: usize = 240;
/// Narrower terminals get lines that wrap.
const WIDTH_MIN: u16 = 50;
/// A line below the heading and no other: what is listed is short.
const STYLE: TableStyle = TableStyle::new()
    .header_lines(ContentLineStyle::none().junction(' '))
    .header_separator(LineStyle::none().fill('─').junction('─'))
    .content_lines(ContentLineStyle::none().junction(' '));
/// Room for the indent.
const INDENT: &str = "  ";

/// A table of routes, `width` characters wide at most, each line indented.
#[must_use]
pub fn table(routes: &[Route], width: u16) -> String {
    let rows = routes.iter().map(|route| [&route.method, &route.path, &route.authorizer, &route.integration]);
    rendered(["Method", "Path", "Authorizer", "Integration"], rows, ROWS_MAX, width)
}

/// A table under headings, `width` characters wide at most, each line indented.
#[must_use]
pub fn listing<const N: usize>(headings: [&str; N], rows: &[[String; N]], width: u16) -> String {
    rendered(headings, rows.iter().map(|row| row.each_ref()), ROWS_MAX, width)
}

/// The same with all rows, however many there are: what was asked for, and nothing else is shown.
#[must_use]
pub fn whole_listing<const N: usize>(headings: [&str; N], rows: &[[String; N]], width: u16) -> String {
    rendered(headings, rows.iter().map(|row| row.each_ref()), usize::MAX, width)
}

/// A table of functions: name, runtime, handler and the directory of the code; `width` characters wide at most, each line
/// indented.
#[must_use]
pub fn functions_table(functions: &[[String; 4]], width: u16) -> String {
    let rows = functions.iter().map(|function| function.each_ref());
    rendered(["Function", "Runtime", "Handler", "Code"], rows, ROWS_MAX, width)
}

fn rendered<'a, const N: usize>(
    headings: [&str; N],
    rows: impl ExactSizeIterator<Item = [&'a String; N]>,
    rows_max: usize,
    width: u16,
) -> String {
    let count = rows.len();
    let mut table = Table::new();
    table
        .load_style(STYLE)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width.max(WIDTH_MIN) - 2)
        .set_header(headings);
    for cells in rows.take(rows_max) {
        table.add_row(cells.map(|cell| printable(cell, CELL_CHARACTERS_MAX).into_owned()));
    }
    let mut text = String::new();
    for line in table.lines() {
        text.push_str(INDENT);
        text.push_str(line.trim_end());
        text.push('\n');
    }
    if count > rows_max {
        text.push_str(&format!("{INDENT}  and {} more\n", count - rows_max));
    }
    text
}
