//! Just enough of CBOR to read what CloudWatch is told.

use serde_json::{Map, Value, json};

/// Reads a whole value.
pub(crate) fn decode(bytes: &[u8]) -> Value {
    let mut rest = bytes;
    let value = take(&mut rest).expect("a value");
    assert!(rest.is_empty(), "{} bytes more", rest.len());
    value
}

/// A value; none where an indefinite length ends.
fn take(rest: &mut &[u8]) -> Option<Value> {
    let head = bytes(rest, 1)[0];
    let (major, minor) = (head >> 5, head & 0x1f);
    if head == 0xff {
        return None;
    }
    let argument = match minor {
        0..=23 => Some(u64::from(minor)),
        24..=27 => {
            let digits = bytes(rest, 1 << (minor - 24));
            Some(digits.iter().fold(0, |so_far, byte| (so_far << 8) | u64::from(*byte)))
        }
        31 => None,
        _ => panic!("{head:x}"),
    };
    let count = || argument.map_or(usize::MAX, |count| usize::try_from(count).unwrap());
    Some(match major {
        0 => json!(argument.unwrap()),
        1 => json!(-1 - i64::try_from(argument.unwrap()).unwrap()),
        3 => match argument {
            Some(length) => {
                json!(std::str::from_utf8(bytes(rest, usize::try_from(length).unwrap())).unwrap())
            }
            None => {
                let parts = std::iter::from_fn(|| take(rest));
                json!(parts.map(|part| part.as_str().unwrap().to_owned()).collect::<String>())
            }
        },
        4 => (0..count()).map_while(|_| take(rest)).collect(),
        5 => {
            let mut members = Map::new();
            for _ in 0..count() {
                let Some(name) = take(rest) else { break };
                members.insert(name.as_str().unwrap().to_owned(), take(rest).unwrap());
            }
            members.into()
        }
        6 => take(rest)?,
        7 => match minor {
            20 | 21 => json!(minor == 21),
            26 => json!(f32::from_bits(u32::try_from(argument.unwrap()).unwrap())),
            27 => json!(f64::from_bits(argument.unwrap())),
            _ => Value::Null,
        },
        _ => panic!("{head:x}"),
    })
}

fn bytes<'a>(rest: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (taken, left) = rest.split_at(count);
    *rest = left;
    taken
}
