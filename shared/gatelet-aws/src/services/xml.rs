//! The little XML that AWS's own answers to the gateway are read from.

/// The text of the only element of a name. No account, ARN, unique id or credential has a character that XML writes in another
/// way.
pub(crate) fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (begin, end) = (format!("<{name}>"), format!("</{name}>"));
    let (_, behind) = text.split_once(&begin)?;
    let (value, rest) = behind.split_once(&end)?;
    let is_plain = !value.is_empty() && !value.contains(['<', '>', '&']);
    (is_plain && !rest.contains(&begin)).then_some(value)
}
