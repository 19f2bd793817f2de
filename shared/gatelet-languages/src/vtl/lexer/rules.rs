//! What can stand in each state.

use super::{Kind, Operator, Rule, State};

/// The longest of what can stand at a place, and the first of these in Velocity's grammar.
/// `slashes` is how many backslashes stand there.
pub(super) fn longest(state: State, rest: &[u8], slashes: usize) -> Option<(Rule, usize)> {
    let first = *rest.first()?;
    let mut best = Best { rule: Rule::Skip, length: 0 };
    match state {
        State::Text => {
            best.token(Kind::EscapedDirective, escaped_directive(rest, slashes));
            best.token(Kind::Set, set(rest));
            marks(&mut best, rest, slashes);
            line_comment(&mut best, rest);
            best.token(Kind::DoubleEscape, word(rest, b"\\\\"));
            best.token(Kind::Escape, word(rest, b"\\"));
            best.token(Kind::Text, run(rest, |it| !matches!(it, b'$' | b'#' | b'\\')));
            best.token(Kind::EmptyIndex, empty_index(rest));
        }
        State::Reference | State::Modifier => {
            best.token(Kind::IndexLeft, word(rest, b"["));
            if state == State::Modifier {
                best.token(Kind::Left, word(rest, b"("));
            }
            best.token(Kind::Set, set(rest));
            marks(&mut best, rest, slashes);
            if state == State::Reference {
                line_comment(&mut best, rest);
            }
            names(&mut best, rest);
            best.token(Kind::BraceLeft, word(rest, b"{"));
            best.token(Kind::BraceRight, word(rest, b"}"));
            best.offer(Rule::ReferenceEnd, character(first));
            if state == State::Reference {
                best.token(Kind::EmptyIndex, empty_index(rest));
            }
        }
        State::Arguments => {
            punctuation(&mut best, first, rest);
            best.token(Kind::CallRight, word(rest, b")"));
            best.token(Kind::Set, set(rest));
            marks(&mut best, rest, slashes);
            best.token(Kind::Space, run(rest, is_space));
            best.token(Kind::Quoted, quoted(rest));
            booleans(&mut best, rest);
            numbers(&mut best, rest);
            names(&mut best, rest);
        }
        State::Index => {
            best.token(Kind::IndexRight, word(rest, b"]"));
            marks(&mut best, rest, slashes);
            best.token(Kind::Space, run(rest, is_space));
            best.token(Kind::Quoted, quoted(rest));
            booleans(&mut best, rest);
            numbers(&mut best, rest);
        }
        State::Directive => {
            punctuation(&mut best, first, rest);
            best.token(Kind::Left, word(rest, b"("));
            best.token(Kind::Right, with_line_end(rest, b")"));
            marks(&mut best, rest, slashes);
            line_comment(&mut best, rest);
            best.token(Kind::Space, run(rest, is_space));
            best.token(Kind::Quoted, quoted(rest));
            booleans(&mut best, rest);
            for (name, operator) in OPERATORS {
                best.token(Kind::Operator(operator), word(rest, name));
            }
            numbers(&mut best, rest);
            words(&mut best, rest);
        }
        State::BeforeDirective => {
            marks(&mut best, rest, slashes);
            line_comment(&mut best, rest);
            best.token(Kind::EndDirective, with_line_end(rest, b"end").max(with_line_end(rest, b"{end}")));
            best.token(Kind::If, word(rest, b"if").max(word(rest, b"{if}")));
            best.token(Kind::ElseIf, word(rest, b"elseif").max(word(rest, b"{elseif}")));
            best.token(Kind::Else, with_line_end(rest, b"else").max(with_line_end(rest, b"{else}")));
            numbers(&mut best, rest);
            words(&mut best, rest);
            best.offer(Rule::DirectiveEnd, character(first));
        }
        State::TextBlock => {
            marks(&mut best, rest, slashes);
            best.token(Kind::TextBlock, word(rest, b"]]#"));
            best.offer(Rule::More, character(first));
        }
        State::Comment => {
            marks(&mut best, rest, slashes);
            best.token(Kind::Comment, word(rest, b"*#"));
            best.offer(Rule::Skip, character(first));
        }
        State::LineComment => {
            marks(&mut best, rest, slashes);
            best.token(Kind::LineCommentEnd, line_end(rest));
            best.offer(Rule::Skip, character(first));
        }
    }
    (best.length > 0).then_some((best.rule, best.length))
}

const OPERATORS: [(&[u8], Operator); 23] = [
    (b"-", Operator::Minus),
    (b"+", Operator::Plus),
    (b"*", Operator::Times),
    (b"/", Operator::Divide),
    (b"%", Operator::Modulo),
    (b"&&", Operator::And),
    (b"and", Operator::And),
    (b"||", Operator::Or),
    (b"or", Operator::Or),
    (b"<", Operator::Less),
    (b"lt", Operator::Less),
    (b"<=", Operator::LessOrEqual),
    (b"le", Operator::LessOrEqual),
    (b">", Operator::Greater),
    (b"gt", Operator::Greater),
    (b">=", Operator::GreaterOrEqual),
    (b"ge", Operator::GreaterOrEqual),
    (b"==", Operator::Equal),
    (b"eq", Operator::Equal),
    (b"!=", Operator::NotEqual),
    (b"ne", Operator::NotEqual),
    (b"!", Operator::Not),
    (b"not", Operator::Not),
];

struct Best {
    rule: Rule,
    length: usize,
}

impl Best {
    const fn offer(&mut self, rule: Rule, length: usize) {
        if length > self.length {
            self.rule = rule;
            self.length = length;
        }
    }

    const fn token(&mut self, kind: Kind, length: usize) {
        self.offer(Rule::Token(kind), length);
    }
}

/// What begins something in every state.
fn marks(best: &mut Best, rest: &[u8], slashes: usize) {
    if rest.get(slashes) == Some(&b'$') {
        best.offer(Rule::Dollar, slashes + 1);
        let inner = rest.get(slashes + 1..).unwrap_or_default();
        let more = run(inner, |it| it == b'\\');
        if inner.get(more) == Some(&b'!') {
            best.offer(Rule::Dollar, slashes + more + 2);
        }
    }
    if rest.first() == Some(&b'#') {
        best.offer(Rule::TextBlockStart, word(rest, b"#[["));
        if rest.starts_with(b"#**") {
            let behind = rest.get(3).copied();
            best.offer(
                Rule::FormalCommentStart,
                behind.filter(|it| *it != b'#').map_or(0, |it| 3 + character(it)),
            );
        }
        best.offer(Rule::CommentStart, word(rest, b"#*"));
        best.offer(Rule::Hash, 1);
    }
}

/// A comment up to the end of the line. Behind the `.` of a reference, in its parentheses, in an index and in other comments there is none.
fn line_comment(best: &mut Best, rest: &[u8]) {
    best.token(Kind::LineCommentStart, word(rest, b"##"));
}

fn punctuation(best: &mut Best, first: u8, rest: &[u8]) {
    let kind = match first {
        b'[' => Kind::ListLeft,
        b']' => Kind::ListRight,
        b',' => Kind::Comma,
        b':' => Kind::Colon,
        b'{' => Kind::MapLeft,
        b'}' => Kind::MapRight,
        b'.' => return best.token(Kind::DoubleDot, word(rest, b"..")),
        b'=' => return best.token(Kind::Operator(Operator::Assign), 1),
        _ => return,
    };
    best.token(kind, 1);
}

fn booleans(best: &mut Best, rest: &[u8]) {
    best.token(Kind::True, word(rest, b"true"));
    best.token(Kind::False, word(rest, b"false"));
}

fn names(best: &mut Best, rest: &[u8]) {
    booleans(best, rest);
    if rest.first().is_some_and(|it| it.is_ascii_alphabetic() || *it == b'_') {
        best.token(Kind::Identifier, run(rest, |it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_')));
    }
    if rest.first() == Some(&b'.') && rest.get(1).is_some_and(u8::is_ascii_alphabetic) {
        best.token(Kind::Dot, 2);
    }
}

fn words(best: &mut Best, rest: &[u8]) {
    best.token(Kind::Word, directive_word(rest));
    best.token(Kind::BracketedWord, bracketed_word(rest));
}

fn directive_word(rest: &[u8]) -> usize {
    match rest.first() {
        Some(it) if it.is_ascii_alphabetic() || matches!(it, b'_' | b'@') => run(rest, is_word),
        _ => 0,
    }
}

fn bracketed_word(rest: &[u8]) -> usize {
    let inner = rest.strip_prefix(b"{").unwrap_or_default();
    let length = match inner.first() {
        Some(it) if it.is_ascii_alphabetic() || *it == b'_' => run(inner, is_word),
        _ => return 0,
    };
    if inner.get(length) == Some(&b'}') { length + 2 } else { 0 }
}

/// Backslashes in pairs, one more, `#` and a word.
fn escaped_directive(rest: &[u8], slashes: usize) -> usize {
    if slashes.is_multiple_of(2) || rest.get(slashes) != Some(&b'#') {
        return 0;
    }
    let behind = rest.get(slashes + 1..).unwrap_or_default();
    match directive_word(behind).max(bracketed_word(behind)) {
        0 => 0,
        length => slashes + 1 + length,
    }
}

/// `#set (` with the spaces and tabs before it.
fn set(rest: &[u8]) -> usize {
    let before = run(rest, |it| matches!(it, b' ' | b'\t'));
    let name = rest.get(before..).unwrap_or_default();
    let length = word(name, b"#set").max(word(name, b"#{set}"));
    if length == 0 {
        return 0;
    }
    let behind = name.get(length..).unwrap_or_default();
    let spaces = run(behind, |it| it == b' ');
    if behind.get(spaces) == Some(&b'(') { before + length + spaces + 1 } else { 0 }
}

fn empty_index(rest: &[u8]) -> usize {
    word(rest, b"$[").max(word(rest, b"$.")).max(word(rest, b"$![")).max(word(rest, b"$\\!["))
}

/// A text in quotes. A quote that is doubled may end the text or belong to it: what is longer counts.
fn quoted(rest: &[u8]) -> usize {
    let Some(quote) = rest.first().copied().filter(|it| matches!(it, b'\'' | b'"')) else {
        return 0;
    };
    let mut possible = 0;
    let mut at = 1;
    while let Some(found) = rest.get(at..).and_then(|rest| rest.iter().position(|it| *it == quote)) {
        possible = at + found + 1;
        if rest.get(possible) != Some(&quote) {
            break;
        }
        at = possible + 1;
    }
    possible
}

fn numbers(best: &mut Best, rest: &[u8]) {
    let sign = word(rest, b"-");
    let behind = rest.get(sign..).unwrap_or_default();
    let digits = run(behind, |it| it.is_ascii_digit());
    let after = behind.get(digits..).unwrap_or_default();
    let fraction = match after.first() {
        Some(b'.') => run(after.get(1..).unwrap_or_default(), |it| it.is_ascii_digit()),
        _ => 0,
    };
    if digits > 0 {
        best.token(Kind::Integer, sign + digits + word(after, b".."));
    }
    let mantissa = match after.first() {
        Some(b'.') if digits > 0 || fraction > 0 => digits + 1 + fraction,
        _ => digits,
    };
    if mantissa > 0 {
        let power = exponent(behind.get(mantissa..).unwrap_or_default());
        if mantissa > digits || power > 0 {
            best.token(Kind::Float, sign + mantissa + power);
        }
    }
}

fn exponent(rest: &[u8]) -> usize {
    if !matches!(rest.first(), Some(b'e' | b'E')) {
        return 0;
    }
    let sign = usize::from(matches!(rest.get(1), Some(b'+' | b'-')));
    match run(rest.get(1 + sign..).unwrap_or_default(), |it| it.is_ascii_digit()) {
        0 => 0,
        digits => 1 + sign + digits,
    }
}

/// A word with the white space behind it up to the end of the line, if there is nothing else in it.
fn with_line_end(rest: &[u8], name: &[u8]) -> usize {
    let length = word(rest, name);
    if length == 0 {
        return 0;
    }
    let behind = rest.get(length..).unwrap_or_default();
    let spaces = run(behind, |it| matches!(it, b' ' | b'\t'));
    match line_end(behind.get(spaces..).unwrap_or_default()) {
        0 => length,
        end => length + spaces + end,
    }
}

fn line_end(rest: &[u8]) -> usize {
    match rest {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    }
}

fn word(rest: &[u8], word: &[u8]) -> usize {
    if rest.starts_with(word) { word.len() } else { 0 }
}

fn run(rest: &[u8], is_in: impl Fn(u8) -> bool) -> usize {
    rest.iter().position(|it| !is_in(*it)).unwrap_or(rest.len())
}

const fn is_word(it: u8) -> bool {
    it.is_ascii_alphanumeric() || matches!(it, b'_' | b'@')
}

const fn is_space(it: u8) -> bool {
    matches!(it, b' ' | b'\t' | b'\n' | b'\r')
}

/// How long the character is that begins with this byte.
const fn character(first: u8) -> usize {
    match first {
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        _ => 1,
    }
}
