//! The figures as a Markdown table.

use crate::{Budget, Figures, Row};

/// The table of all rows, each figure beside its budget.
pub(crate) fn markdown(rows: &[(Row, Figures)]) -> String {
    let mut table = "| once | time | steps | instructions | allocations | bytes allocated | budget |\n\
                     |---|---:|---:|---:|---:|---:|---|\n"
        .to_owned();
    for (row, figures) in rows {
        let cells = [
            row.name.to_owned(),
            time(figures.nanoseconds),
            figures.steps.map_or_else(none, |steps| grouped(steps.into())),
            figures.instructions.map_or_else(none, grouped),
            grouped(figures.allocations),
            grouped(figures.allocated_bytes),
            budget(row.budget),
        ];
        table.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    table
}

/// What goes beyond its budget, in words.
pub(crate) fn over_budget(row: &Row, figures: &Figures) -> Vec<String> {
    let mut over = Vec::new();
    if let Some(budget) = row.budget.nanoseconds
        && figures.nanoseconds > budget as f64
    {
        let (took, budget) = (time(figures.nanoseconds), time(budget as f64));
        over.push(format!("`{}` takes {took}, its budget is {budget}", row.name));
    }
    if let Some(budget) = row.budget.allocations
        && figures.allocations > budget
    {
        over.push(format!("`{}` allocates {} times, its budget is {budget}", row.name, figures.allocations));
    }
    over
}

fn budget(budget: Budget) -> String {
    let time = budget.nanoseconds.map(|nanoseconds| time(nanoseconds as f64));
    let allocations = budget.allocations.map(|allocations| format!("{} allocations", grouped(allocations)));
    let parts: Vec<String> = [time, allocations].into_iter().flatten().collect();
    if parts.is_empty() { none() } else { parts.join(", ") }
}

/// What stands where there is nothing to say.
pub(crate) fn none() -> String {
    "-".to_owned()
}

/// A time in the unit that leaves it readable.
pub(crate) fn time(nanoseconds: f64) -> String {
    let (figure, unit) = match nanoseconds {
        it if it < 1e3 => (it, "ns"),
        it if it < 1e6 => (it / 1e3, "\u{b5}s"),
        it if it < 1e9 => (it / 1e6, "ms"),
        it => (it / 1e9, "s"),
    };
    let digits = if figure < 10.0 && unit != "ns" { 1 } else { 0 };
    format!("{figure:.digits$} {unit}")
}

/// `1,234,567`
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Work;

    const ROW: Row = Row {
        name: "a row",
        budget: Budget { nanoseconds: Some(5_000), allocations: Some(60) },
        prepare: || Work::new(|| ()),
    };

    const FIGURES: Figures = Figures {
        nanoseconds: 4_260.0,
        steps: Some(5),
        instructions: None,
        allocations: 61,
        allocated_bytes: 12_345,
    };

    #[test]
    fn a_row_shows_its_figures_and_its_budget() {
        let table = markdown(&[(ROW, FIGURES)]);
        let row = "| a row | 4.3 \u{b5}s | 5 | - | 61 | 12,345 | 5.0 \u{b5}s, 60 allocations |";
        assert_eq!(table.lines().last(), Some(row));
    }

    #[test]
    fn what_goes_beyond_its_budget_is_told() {
        assert_eq!(over_budget(&ROW, &FIGURES), ["`a row` allocates 61 times, its budget is 60"]);
        let slow = Figures { nanoseconds: 5_001.0, allocations: 0, ..FIGURES };
        assert_eq!(over_budget(&ROW, &slow), ["`a row` takes 5.0 \u{b5}s, its budget is 5.0 \u{b5}s"]);
        assert!(over_budget(&Row { budget: Budget::NONE, ..ROW }, &FIGURES).is_empty());
    }

    #[test]
    fn figures_are_readable() {
        assert_eq!(
            [time(87.4), time(12_345.0), time(2.5e6), time(3e9)],
            ["87 ns", "12 \u{b5}s", "2.5 ms", "3.0 s"]
        );
        assert_eq!([grouped(7), grouped(1_000), grouped(1_234_567)], ["7", "1,000", "1,234,567"]);
    }
}
