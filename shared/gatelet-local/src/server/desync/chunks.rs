//! A body in chunks, followed only as far as to know where it ends
//! (<https://www.rfc-editor.org/rfc/rfc9112#section-7.1>). Hyper decodes it; what hyper would forgive is an error here.

/// How many bytes extensions, and trailers, of one body may have.
const EXTRAS_BYTES_MAX: usize = 16 * 1024;
/// How many digits a chunk's size may have.
const SIZE_DIGITS_MAX: u8 = 15;

/// Where in a body in chunks the reader is.
#[derive(Debug)]
pub(super) struct Chunks {
    place: Place,
    extras: usize,
}

/// What is no body in chunks.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed;

#[derive(Debug, Clone, Copy)]
enum Place {
    Size { digits: u8, size: u64 },
    Extension { size: u64 },
    SizeEnd { size: u64 },
    Data { left: u64 },
    DataReturn,
    DataEnd,
    TrailerStart,
    Trailer,
    TrailerEnd,
    LastEnd,
    Ended,
}

impl Chunks {
    pub(super) const fn new() -> Self {
        Self { place: Place::Size { digits: 0, size: 0 }, extras: 0 }
    }

    /// How many of these bytes belong to the body, and whether it ends with them.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> Result<(usize, bool), Malformed> {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            if let Place::Data { left } = self.place {
                let here = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len() - at);
                at += here;
                let left = left - here as u64;
                self.place = if left == 0 { Place::DataReturn } else { Place::Data { left } };
                continue;
            }
            self.place = self.next(*byte)?;
            at += 1;
            if matches!(self.place, Place::Ended) {
                return Ok((at, true));
            }
        }
        Ok((at, false))
    }

    fn next(&mut self, byte: u8) -> Result<Place, Malformed> {
        match (self.place, byte) {
            (Place::Size { digits, size }, byte) if byte.is_ascii_hexdigit() && digits < SIZE_DIGITS_MAX => {
                let digit = u64::from(char::from(byte).to_digit(16).ok_or(Malformed)?);
                Ok(Place::Size { digits: digits + 1, size: size << 4 | digit })
            }
            (Place::Size { digits: 1.., size }, b'\r') => Ok(Place::SizeEnd { size }),
            (Place::Size { digits: 1.., size }, b';') => Ok(Place::Extension { size }),
            (Place::Extension { size }, b'\r') => Ok(Place::SizeEnd { size }),
            (Place::Extension { size }, byte) if is_text(byte) => self.extra(Place::Extension { size }),
            (Place::SizeEnd { size: 0 }, b'\n') => Ok(Place::TrailerStart),
            (Place::SizeEnd { size }, b'\n') => Ok(Place::Data { left: size }),
            (Place::DataReturn, b'\r') => Ok(Place::DataEnd),
            (Place::DataEnd, b'\n') => Ok(Place::Size { digits: 0, size: 0 }),
            (Place::TrailerStart, b'\r') => Ok(Place::LastEnd),
            // A trailer that continues a line before it is an obsolete fold.
            (Place::TrailerStart, byte) if is_text(byte) && !matches!(byte, b' ' | b'\t') => {
                self.extra(Place::Trailer)
            }
            (Place::Trailer, b'\r') => Ok(Place::TrailerEnd),
            (Place::Trailer, byte) if is_text(byte) => self.extra(Place::Trailer),
            (Place::TrailerEnd, b'\n') => Ok(Place::TrailerStart),
            (Place::LastEnd, b'\n') => Ok(Place::Ended),
            _ => Err(Malformed),
        }
    }

    const fn extra(&mut self, place: Place) -> Result<Place, Malformed> {
        self.extras += 1;
        if self.extras > EXTRAS_BYTES_MAX { Err(Malformed) } else { Ok(place) }
    }
}

const fn is_text(byte: u8) -> bool {
    byte == b'\t' || byte >= b' ' && byte != 0x7f
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same outcome however the bytes are cut.
    fn passed(bytes: &[u8]) -> Result<(usize, bool), Malformed> {
        let whole = Chunks::new().pass(bytes);
        let mut chunks = Chunks::new();
        let mut single = Ok((0, false));
        for byte in bytes {
            single = match (single, chunks.pass(&[*byte])) {
                (Ok((length, false)), Ok((more, ended))) => Ok((length + more, ended)),
                (Ok(ended @ (_, true)), _) => Ok(ended),
                (Err(error), _) | (_, Err(error)) => Err(error),
            };
            if matches!(single, Ok((_, true)) | Err(_)) {
                break;
            }
        }
        assert_eq!(whole, single);
        whole
    }

    #[test]
    fn the_end_is_found() {
        assert_eq!(passed(b"0\r\n\r\nGET"), Ok((5, true)));
        assert_eq!(passed(b"3\r\nabc\r\n0\r\n\r\n"), Ok((13, true)));
        assert_eq!(passed(b"00A;x=y\r\n0123456789\r\n0\r\nX: 1\r\n\r\n+"), Ok((32, true)));
        assert_eq!(passed(b"ffff\r\nabc"), Ok((9, false)));
        assert_eq!(passed(b""), Ok((0, false)));
    }

    #[test]
    fn what_readers_disagree_on_is_an_error() {
        for bytes in [
            b"3\nabc\r\n".as_slice(),
            b"\r\n",
            b"+3\r\nabc",
            b"0x3\r\nabc",
            b" 3\r\nabc",
            b"3 \r\nabc",
            b"3\r\nabcd",
            b"3\r\nabc\n0",
            b"3;\nx",
            b"3;a\rb",
            b"0\r\n X: fold\r\n",
            b"0\r\nX: 1\n\r\n",
            b"1000000000000000\r\n",
            b"-1\r\n",
        ] {
            assert_eq!(passed(bytes), Err(Malformed), "{}", bytes.escape_ascii());
        }
    }
}
