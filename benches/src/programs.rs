//! Programs held against each other, and their table.

use crate::table::{self, none};

/// The bench of what starts in Lambda, as its table is marked.
pub(crate) const COLD: &str = "cold";

/// What programs were found to take.
#[derive(Debug, Clone, PartialEq)]
pub struct Programs {
    /// What the programs are called; the others are held against the first.
    pub names: Vec<&'static str>,
    /// One row for each thing that was measured.
    pub rows: Vec<ProgramRow>,
}

/// One row of the table of programs.
#[derive(Debug, Clone, PartialEq)]
pub struct ProgramRow {
    /// What is measured, as the table says it.
    pub name: &'static str,
    /// What each program takes, in their order; nothing where it does not do this, or where this cannot be measured here.
    pub figures: Vec<Option<Figure>>,
    /// What all but the first may take.
    pub limit: Limit,
}

/// What a program takes once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Figure {
    /// Time.
    Nanoseconds(f64),
    /// Room.
    Bytes(f64),
}

/// What a program may take; one that takes more fails the run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// As much as it likes.
    None,
    /// So much.
    AtMost(Figure),
    /// So much more than the first program.
    AboveFirst(Figure),
}

impl Programs {
    /// The table of all rows, each figure beside its ratio to the first program's.
    pub(crate) fn markdown(&self) -> String {
        let names = self.names.join(" | ");
        let mut table =
            format!("| once | {names} | budget |\n|---{}|---|\n", "|---:".repeat(self.names.len()));
        for row in &self.rows {
            let first = row.first();
            let cells: Vec<String> = row
                .figures
                .iter()
                .enumerate()
                .map(|(position, figure)| match (figure, first) {
                    (Some(figure), Some(first)) if position > 0 => {
                        format!("{} ({:.1}\u{d7})", figure.shown(), figure.number() / first.number())
                    }
                    (Some(figure), _) => figure.shown(),
                    (None, _) => none(),
                })
                .collect();
            table.push_str(&format!("| {} | {} | {} |\n", row.name, cells.join(" | "), self.limit(row)));
        }
        table
    }

    /// What goes beyond its budget, in words.
    pub(crate) fn over_budget(&self) -> Vec<String> {
        let mut over = Vec::new();
        for row in &self.rows {
            let allowed = match (row.limit, row.first()) {
                (Limit::AtMost(most), _) => most.number(),
                (Limit::AboveFirst(more), Some(first)) => first.number() + more.number(),
                (Limit::AboveFirst(_), None) | (Limit::None, _) => continue,
            };
            for (name, figure) in self.names.iter().zip(&row.figures).skip(1) {
                if let Some(figure) = figure
                    && figure.number() > allowed
                {
                    let budget = self.limit(row);
                    over.push(format!(
                        "`{}`: {name} takes {}, its budget is {budget}",
                        row.name,
                        figure.shown()
                    ));
                }
            }
        }
        over
    }

    fn limit(&self, row: &ProgramRow) -> String {
        let first = self.names.first().copied().unwrap_or_default();
        match row.limit {
            Limit::None => none(),
            Limit::AtMost(most) => most.shown(),
            Limit::AboveFirst(more) => format!("{} over {first}", more.shown()),
        }
    }
}

impl ProgramRow {
    fn first(&self) -> Option<Figure> {
        self.figures.first().copied().flatten()
    }
}

impl Figure {
    const fn number(self) -> f64 {
        match self {
            Self::Nanoseconds(number) | Self::Bytes(number) => number,
        }
    }

    fn shown(self) -> String {
        match self {
            Self::Nanoseconds(time) => table::time(time),
            Self::Bytes(bytes) if bytes < 1e7 => format!("{:.2} MB", bytes / 1e6),
            Self::Bytes(bytes) => format!("{:.1} MB", bytes / 1e6),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn programs(limit: Limit) -> Programs {
        let figures = [Some(1.3e6), Some(4.2e6), None].map(|time| time.map(Figure::Nanoseconds));
        let row = ProgramRow { name: "a start", figures: figures.to_vec(), limit };
        Programs { names: vec!["hello", "router", "other"], rows: vec![row] }
    }

    #[test]
    fn a_row_shows_what_programs_take_and_how_many_times_the_first() {
        let table = programs(Limit::AboveFirst(Figure::Nanoseconds(3e6))).markdown();
        let row = "| a start | 1.3 ms | 4.2 ms (3.2\u{d7}) | - | 3.0 ms over hello |";
        assert_eq!(table.lines().last(), Some(row));
        assert!(table.starts_with("| once | hello | router | other | budget |\n|---|---:|---:|---:|---|\n"));
    }

    #[test]
    fn what_goes_beyond_its_budget_is_told() {
        let over = |limit| programs(limit).over_budget();
        assert!(over(Limit::None).is_empty());
        assert!(over(Limit::AboveFirst(Figure::Nanoseconds(3e6))).is_empty());
        assert!(over(Limit::AtMost(Figure::Nanoseconds(4.2e6))).is_empty());
        let said = "`a start`: router takes 4.2 ms, its budget is 2.8 ms over hello";
        assert_eq!(over(Limit::AboveFirst(Figure::Nanoseconds(2.8e6))), [said]);
        assert_eq!(
            over(Limit::AtMost(Figure::Nanoseconds(4.1e6))),
            ["`a start`: router takes 4.2 ms, its budget is 4.1 ms"]
        );
    }

    #[test]
    fn room_is_readable() {
        let shown = |bytes| Figure::Bytes(bytes).shown();
        assert_eq!([shown(839_000.0), shown(4e6), shown(12_345_678.0)], ["0.84 MB", "4.00 MB", "12.3 MB"]);
    }
}
