//! `String.format`: as much of it as templates use
//! (<https://docs.oracle.com/javase/8/docs/api/java/util/Formatter.html>).

use super::super::arithmetic::Number;
use super::super::{Halt, Item, Renderer};
use crate::heap::Value;

/// How wide a value may be made, and how many digits may stand behind its point.
const WIDTH_MAX: usize = 1_000;

/// A directive: `%`, flags, a width, a precision and a letter.
#[derive(Debug, Clone, Copy, Default)]
struct Directive {
    is_left: bool,
    is_zeroed: bool,
    is_signed: bool,
    is_grouped: bool,
    width: usize,
    precision: Option<usize>,
}

impl<'a> Renderer<'a> {
    /// `$text.format(format, values...)`, a static method as Java has it: the text before it means nothing. With `formatted` it is the format.
    ///
    /// ASSUMPTION: what Java would throw at, such as a directive without a value, is an error here; dates and `%e` are not known.
    pub(super) fn format(
        &mut self,
        text: &'a str,
        name: &str,
        arguments: &[Value<'a>],
    ) -> Result<Item<'a>, Halt> {
        let (format, values) = match (name, arguments) {
            ("formatted", values) => (text, values),
            (_, [Value::Text(format), values @ ..]) => (*format, values),
            _ => return Err(self.error("`format` needs a format: write `$text.format(\"%05d\", $number)`")),
        };
        // A list stands for all values at once, as an array does in Java.
        let listed;
        let values = match values {
            [Value::List(id)] => {
                listed = self.copied(*id)?;
                &listed
            }
            values => values,
        };
        let made = self.captured_text(0, |renderer| renderer.print_formatted(format, values))?;
        Ok(Item::Value(Value::Text(made)))
    }

    fn print_formatted(&mut self, format: &str, values: &[Value<'a>]) -> Result<(), Halt> {
        let mut values = values.iter();
        let mut rest = format;
        while let Some((before, behind)) = rest.split_once('%') {
            self.print(before)?;
            let (directive, letter, behind) = read(behind).ok_or_else(|| {
                self.error(
                    "a `%` in the format has no letter behind it, or too wide a one: write `%%` for itself",
                )
            })?;
            rest = behind;
            self.step()?;
            let made = match letter {
                '%' => "%".to_owned(),
                'n' => "\n".to_owned(),
                _ => {
                    let Some(value) = values.next() else {
                        return Err(self.error("the format has more directives than there are values"));
                    };
                    self.formatted(directive, letter, *value)?
                }
            };
            self.work(made.len())?;
            self.print(&padded(directive, made))?;
        }
        self.print(rest)
    }

    fn formatted(&mut self, directive: Directive, letter: char, value: Value<'a>) -> Result<String, Halt> {
        let sign = if directive.is_signed { "+" } else { "" };
        Ok(match (letter, value, Number::of(value)) {
            (_, Value::Null, _) => "null".to_owned(),
            ('s' | 'S', ..) => {
                let text = self.text_of(value)?;
                let text: String = text.chars().take(directive.precision.unwrap_or(usize::MAX)).collect();
                if letter == 'S' { text.to_uppercase() } else { text }
            }
            ('d', _, Some(Number::Integer(integer))) => {
                let digits = grouped(directive, integer.unsigned_abs().to_string());
                if integer < 0 { format!("-{digits}") } else { format!("{sign}{digits}") }
            }
            ('x', Value::Integer(integer), _) => format!("{integer:x}"),
            ('X', Value::Integer(integer), _) => format!("{integer:X}"),
            ('o', Value::Integer(integer), _) => format!("{integer:o}"),
            ('f', _, Some(Number::Double(double))) if double.is_finite() => {
                let digits = format!("{:.*}", directive.precision.unwrap_or(6), double.abs());
                let digits = grouped(directive, digits);
                if double.is_sign_negative() { format!("-{digits}") } else { format!("{sign}{digits}") }
            }
            ('b', Value::Boolean(boolean), _) => boolean.to_string(),
            ('b', ..) => "true".to_owned(),
            ('c', Value::Text(text), _) if text.chars().count() == 1 => text.to_owned(),
            _ => {
                return Err(self.error(format!("`%{letter}` in the format does not fit its value")));
            }
        })
    }
}

/// Reads what stands behind a `%`: the directive, its letter, and what follows.
fn read(text: &str) -> Option<(Directive, char, &str)> {
    let mut directive = Directive::default();
    let mut rest = text;
    loop {
        match rest.chars().next()? {
            '-' => directive.is_left = true,
            '0' => directive.is_zeroed = true,
            '+' => directive.is_signed = true,
            ',' => directive.is_grouped = true,
            _ => break,
        }
        rest = rest.get(1..)?;
    }
    (directive.width, rest) = number(rest)?;
    if let Some(behind) = rest.strip_prefix('.') {
        let (precision, behind) = number(behind)?;
        directive.precision = Some(precision);
        rest = behind;
    }
    let letter = rest.chars().next()?;
    Some((directive, letter, rest.get(letter.len_utf8()..)?))
}

/// The digits at the beginning as a number, nothing as 0; none where it is too large.
fn number(text: &str) -> Option<(usize, &str)> {
    let rest = text.trim_start_matches(|character: char| character.is_ascii_digit());
    let digits = text.get(..text.len() - rest.len())?;
    let number = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    (number <= WIDTH_MAX).then_some((number, rest))
}

/// With a comma between every three digits before the point, if that is asked for.
fn grouped(directive: Directive, digits: String) -> String {
    if !directive.is_grouped {
        return digits;
    }
    let whole = digits.find('.').unwrap_or(digits.len());
    let mut made = String::with_capacity(digits.len() + whole / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && at < whole && (whole - at).is_multiple_of(3) {
            made.push(',');
        }
        made.push(digit);
    }
    made
}

fn padded(directive: Directive, made: String) -> String {
    let missing = directive.width.saturating_sub(made.chars().count());
    match (missing, directive.is_left, directive.is_zeroed) {
        (0, ..) => made,
        (_, true, _) => made + &" ".repeat(missing),
        (_, false, false) => " ".repeat(missing) + &made,
        (_, false, true) => {
            let digits = made.trim_start_matches(['-', '+']);
            let sign = made.get(..made.len() - digits.len()).unwrap_or_default();
            [sign, &"0".repeat(missing), digits].concat()
        }
    }
}
