//! What `replaceAll` and `replaceFirst` put in the place of a match
//! (<https://docs.oracle.com/javase/8/docs/api/java/util/regex/Matcher.html#appendReplacement-java.lang.StringBuffer-java.lang.String->).

/// A part of a replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text as it stands.
    Text(String),
    /// What a group has matched.
    Group(usize),
}

/// A replacement: `$1`, `${name}`, and a backslash before what stands for itself.
#[derive(Debug)]
pub(super) struct Replacement {
    pub(super) pieces: Vec<Piece>,
    /// Whether it asks for a group other than the whole match.
    pub(super) has_groups: bool,
}

impl Replacement {
    /// Reads a replacement for a pattern with so many groups, the whole match included; none where it is not complete or names a group that there is not.
    pub(super) fn parse(
        text: &str,
        groups: usize,
        named: &mut dyn FnMut(&str) -> Option<usize>,
    ) -> Option<Self> {
        let mut read = Self { pieces: Vec::new(), has_groups: false };
        let mut plain = String::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            rest = rest.get(first.len_utf8()..)?;
            match first {
                '\\' => {
                    let literal = rest.chars().next()?;
                    plain.push(literal);
                    rest = rest.get(literal.len_utf8()..)?;
                }
                '$' if rest.starts_with('{') => {
                    let (name, behind) = rest.get(1..)?.split_once('}')?;
                    rest = behind;
                    read.group(named(name)?, &mut plain);
                }
                '$' => {
                    let mut group = rest.chars().next()?.to_digit(10)? as usize;
                    rest = rest.get(1..)?;
                    if group >= groups {
                        return None;
                    }
                    // Further digits belong to it as long as there is such a group.
                    while let Some(digit) = rest.chars().next().and_then(|it| it.to_digit(10)) {
                        let longer = group * 10 + digit as usize;
                        if longer >= groups {
                            break;
                        }
                        group = longer;
                        rest = rest.get(1..)?;
                    }
                    read.group(group, &mut plain);
                }
                other => plain.push(other),
            }
        }
        read.end_plain(&mut plain);
        Some(read)
    }

    fn group(&mut self, group: usize, plain: &mut String) {
        self.end_plain(plain);
        self.has_groups |= group > 0;
        self.pieces.push(Piece::Group(group));
    }

    fn end_plain(&mut self, plain: &mut String) {
        if !plain.is_empty() {
            self.pieces.push(Piece::Text(std::mem::take(plain)));
        }
    }
}
