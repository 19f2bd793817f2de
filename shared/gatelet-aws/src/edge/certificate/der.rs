//! Reading DER, as far as certificates need it (<https://www.itu.int/rec/T-REC-X.690>).

/// What a piece of DER is.
pub(super) mod tag {
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
    pub(crate) const UTF8_STRING: u8 = 0x0C;
    pub(crate) const NUMERIC_STRING: u8 = 0x12;
    pub(crate) const PRINTABLE_STRING: u8 = 0x13;
    pub(crate) const TELETEX_STRING: u8 = 0x14;
    pub(crate) const IA5_STRING: u8 = 0x16;
    pub(crate) const UTC_TIME: u8 = 0x17;
    pub(crate) const GENERALIZED_TIME: u8 = 0x18;
    pub(crate) const VISIBLE_STRING: u8 = 0x1A;
    pub(crate) const BMP_STRING: u8 = 0x1E;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;
    /// A certificate's version, which may be left out.
    pub(crate) const VERSION: u8 = 0xA0;
}

/// In a tag, says that its number follows in bytes of its own: nothing here has so large a number.
const LONG_TAG: u8 = 0x1F;
/// In a length, says that it follows in bytes of its own, as many as the other bits say.
const LONG_LENGTH: u8 = 0x80;

/// DER that is read from its front.
#[derive(Debug, Clone, Copy)]
pub(super) struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// Everything that has not been read yet.
    pub(super) const fn rest(self) -> &'a [u8] {
        self.0
    }

    /// What comes next: its tag and its contents.
    pub(super) fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (tag, rest) = self.0.split_first()?;
        let (first, rest) = rest.split_first()?;
        if tag & LONG_TAG == LONG_TAG {
            return None;
        }
        let (length, rest) = match first & !LONG_LENGTH {
            length if first & LONG_LENGTH == 0 => (usize::from(length), rest),
            bytes @ 1..=4 => {
                let (length, rest) = rest.split_at_checked(usize::from(bytes))?;
                (length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
            }
            _ => return None,
        };
        let (contents, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((*tag, contents))
    }

    /// The contents of what comes next, if it is what is expected.
    pub(super) fn take(&mut self, expected: u8) -> Option<&'a [u8]> {
        self.next().filter(|(tag, _)| *tag == expected).map(|(_, contents)| contents)
    }

    /// Passes over what comes next, if it is that.
    pub(super) fn skip(&mut self, unwanted: u8) {
        let mut after = *self;
        if after.take(unwanted).is_some() {
            *self = after;
        }
    }
}
