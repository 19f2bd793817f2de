//! Mapping templates: for now, whether one says anything to Velocity at all.
//!
//! API Gateway renders templates as Apache Velocity 1.7 does
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings.html>). Most templates of mock
//! integrations are plain text to it and need no engine.

/// A mapping template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Template {
    /// Velocity renders it as it stands.
    Plain(Box<str>),
    /// It has a reference, a directive or a comment, or something that Velocity refuses.
    Velocity,
}

/// Every directive of Velocity 1.7, those that API Gateway refuses included.
const DIRECTIVES: [&str; 14] = [
    "break", "define", "else", "elseif", "end", "evaluate", "foreach", "if", "include", "literal", "macro",
    "parse", "set", "stop",
];

impl Template {
    /// Decides by the grammar of Velocity 1.7. In doubt a template is [`Velocity`](Self::Velocity): the engine
    /// renders plain text too, whereas a template taken for plain text would reach the client unrendered.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if says_something(text) { Self::Velocity } else { Self::Plain(text.into()) }
    }
}

fn says_something(text: &str) -> bool {
    has_mark(text) || has_halved_backslash(text)
}

fn has_mark(text: &str) -> bool {
    text.match_indices(['$', '#']).any(|(at, mark)| {
        let before = text.get(..at).unwrap_or_default();
        let behind = text.get(at + 1..).unwrap_or_default();
        // Velocity 1.7 refuses a text that ends in a mark, and drops or refuses characters where a mark stands
        // beside a backslash or another mark, though neither is a reference or directive.
        behind.is_empty()
            || before.ends_with('\\')
            || behind.starts_with(['\\', '$', '#'])
            || if mark == "$" { is_reference(behind) } else { is_directive(behind) }
    })
}

/// Velocity 1.7 halves `\\` where what follows is one character and the name of a directive, as in `\\ stop`.
fn has_halved_backslash(text: &str) -> bool {
    text.match_indices("\\\\").any(|(at, pair)| {
        let behind = text.get(at + pair.len()..).unwrap_or_default();
        let token = behind.split(['$', '#', '\\']).next().unwrap_or_default();
        let mut characters = token.chars();
        characters.next().is_some() && DIRECTIVES.contains(&characters.as_str())
    })
}

/// Whether what stands behind a `$` makes it a reference. Behind a brace Velocity 1.7 refuses much that is none.
fn is_reference(behind: &str) -> bool {
    behind.starts_with(|it: char| it.is_ascii_alphabetic() || matches!(it, '_' | '!' | '{'))
}

/// Whether what stands behind a `#` makes it a directive, a comment, a text block or the call of a macro, which is
/// parsed whether the macro exists or not.
fn is_directive(behind: &str) -> bool {
    if behind.starts_with(['*', '@']) || behind.starts_with("[[") {
        return true;
    }
    let (word, arguments) = match behind.strip_prefix('{') {
        Some(inner) => match inner.split_once('}') {
            Some(parts) => parts,
            None => return false,
        },
        None => {
            let in_word = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '@');
            behind.split_at(behind.find(|it| !in_word(it)).unwrap_or(behind.len()))
        }
    };
    let is_call = || {
        word.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_')
            && arguments.trim_start_matches([' ', '\t', '\r', '\n']).starts_with('(')
    };
    DIRECTIVES.contains(&word) || is_call()
}

#[cfg(test)]
mod tests;
