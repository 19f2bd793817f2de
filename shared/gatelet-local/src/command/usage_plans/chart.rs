//! Numbers of days as bars in a terminal.

use std::fmt::Write as _;

/// The longest bar, in characters.
const BAR_CHARACTERS_MAX: usize = 60;
/// The shortest room for bars that is worth it.
const BAR_CHARACTERS_MIN: usize = 10;
/// Room for the indent and the gaps between the columns.
const GAPS: usize = 6;
/// Parts of a character from one to seven eighths.
const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/// What bars are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bars {
    /// Block characters.
    Blocks,
    /// ASCII.
    Plain,
}

/// A bar of the chart.
#[derive(Debug)]
pub(super) struct Bar {
    /// What stands before it.
    pub(super) label: String,
    /// How much passed.
    pub(super) used: u64,
    /// How much was refused, drawn behind it.
    pub(super) refused: u64,
}

impl Bars {
    /// What this terminal can show. `variable` reads the environment: a locale of UTF-8 shows blocks, unless `NO_COLOR` or a dumb
    /// terminal asks for plain text.
    pub(super) fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default();
        let locale = locale.to_ascii_lowercase();
        let is_utf8 = locale.contains("utf-8") || locale.contains("utf8");
        let is_plain = set("NO_COLOR").is_some() || set("TERM").is_some_and(|term| term == "dumb");
        if is_utf8 && !is_plain { Self::Blocks } else { Self::Plain }
    }

    /// A line for each bar, `width` characters wide at most; nothing where all of them are empty.
    pub(super) fn chart(self, bars: &[Bar], width: u16) -> String {
        let most = bars.iter().map(|bar| bar.used.saturating_add(bar.refused)).max().unwrap_or_default();
        if most == 0 {
            return String::new();
        }
        let label = bars.iter().map(|bar| bar.label.chars().count()).max().unwrap_or_default();
        let numbers: Vec<String> = bars.iter().map(numbers).collect();
        let number = numbers.iter().map(|text| text.chars().count()).max().unwrap_or_default();
        let room = usize::from(width).saturating_sub(label + number + GAPS);
        let room = room.clamp(BAR_CHARACTERS_MIN, BAR_CHARACTERS_MAX);
        let mut text = String::new();
        for (bar, numbers) in bars.iter().zip(numbers) {
            let drawn = self.drawn(bar, most, room);
            let gap = if drawn.is_empty() { "" } else { " " };
            let line = format!("  {:label$}  {drawn}{gap}{numbers}", bar.label);
            let _ = writeln!(text, "{}", line.trim_end());
        }
        text
    }

    fn drawn(self, bar: &Bar, most: u64, room: usize) -> String {
        let eighths = |count: u64| {
            let share = u128::from(count) * (room as u128) * 8 / u128::from(most);
            // What is there at all is seen.
            usize::try_from(share).unwrap_or(room * 8).max(usize::from(count > 0))
        };
        let (full, part) = (eighths(bar.used) / 8, eighths(bar.used) % 8);
        let refused = eighths(bar.refused).div_ceil(8).min(room.saturating_sub(full));
        match self {
            Self::Blocks => {
                let mut drawn = "█".repeat(full);
                drawn.extend(EIGHTHS.get(part).filter(|_| part > 0));
                drawn + &"░".repeat(refused)
            }
            Self::Plain => "#".repeat(full + usize::from(part > 0)) + &".".repeat(refused),
        }
    }
}

fn numbers(bar: &Bar) -> String {
    match (bar.used, bar.refused) {
        (used, 0) => used.to_string(),
        (used, refused) => format!("{used} + {refused} refused"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars() -> Vec<Bar> {
        [("2026-11-19", 0, 0), ("2026-11-20", 16, 0), ("2026-11-21", 5, 3), ("2026-11-22", 1, 0)]
            .map(|(label, used, refused)| Bar { label: label.to_owned(), used, refused })
            .into()
    }

    #[test]
    fn bars_are_as_long_as_their_numbers() {
        assert_eq!(
            Bars::Blocks.chart(&bars(), 39),
            "  2026-11-19  0\n  2026-11-20  ██████████ 16\n  2026-11-21  ███▏░░ 5 + 3 refused\n  2026-11-22  ▋ 1\n"
        );
        assert_eq!(
            Bars::Plain.chart(&bars(), 39),
            "  2026-11-19  0\n  2026-11-20  ########## 16\n  2026-11-21  ####.. 5 + 3 refused\n  2026-11-22  # 1\n"
        );
        assert!(Bars::Blocks.chart(&bars(), 200).contains(&format!("  {} 16\n", "█".repeat(60))));
        assert_eq!(Bars::Plain.chart(&[], 80), "");
        assert_eq!(Bars::Plain.chart(&[Bar { label: String::new(), used: 0, refused: 0 }], 80), "");
    }

    #[test]
    fn huge_numbers_are_drawn_and_small_ones_are_seen() {
        let huge = [u64::MAX, 1].map(|used| Bar { label: "d".to_owned(), used, refused: 0 });
        let text = Bars::Blocks.chart(&huge, 80);
        assert!(text.contains("██████████") && text.ends_with("  d  ▏ 1\n"), "{text}");
        let both = [Bar { label: "d".to_owned(), used: u64::MAX, refused: u64::MAX }];
        assert!(Bars::Plain.chart(&both, 80).contains("##########"));
    }

    #[test]
    fn terminals_that_cannot_show_blocks_get_ascii() {
        let of = |variables: &[(&str, &str)]| {
            Bars::of(|name| {
                variables.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(of(&[("LANG", "de_DE.UTF-8")]), Bars::Blocks);
        assert_eq!(of(&[("LANG", "C"), ("LC_ALL", "C.utf8")]), Bars::Blocks);
        assert_eq!(of(&[("LANG", "en_US.UTF-8"), ("LC_ALL", "C")]), Bars::Plain);
        assert_eq!(of(&[("LANG", "en_US.UTF-8"), ("NO_COLOR", "1")]), Bars::Plain);
        assert_eq!(of(&[("LANG", "en_US.UTF-8"), ("TERM", "dumb")]), Bars::Plain);
        assert_eq!(of(&[]), Bars::Plain);
    }
}
