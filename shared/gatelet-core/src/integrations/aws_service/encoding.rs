//! The one right spelling of paths.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

/// What is escaped in a path: all but unreserved characters and slashes.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// A path or a part of one, perhaps escaped, with exactly that escaped which must be. An escaped slash stays one where that is wanted;
/// in S3's keys there is no such thing.
pub(super) fn escaped(path: &str, keeps_slashes: bool) -> String {
    let parts = |path: &str| -> String {
        let bytes: Vec<u8> = percent_decode_str(path).collect();
        percent_encode(&bytes, PATH).to_string()
    };
    if !keeps_slashes {
        return parts(path);
    }
    let upper = path.replace("%2f", "%2F");
    upper.split("%2F").map(parts).collect::<Vec<_>>().join("%2F")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_be_escaped_is_and_nothing_else() {
        for (path, kept, not_kept) in [
            ("a/b", "a/b", "a/b"),
            ("a%2fb%2Fc", "a%2Fb%2Fc", "a/b/c"),
            ("a&b=c+d", "a%26b%3Dc%2Bd", "a%26b%3Dc%2Bd"),
            ("%41%7e(x)%20y", "A~%28x%29%20y", "A~%28x%29%20y"),
            ("caf%C3%A9%ff", "caf%C3%A9%FF", "caf%C3%A9%FF"),
            ("100%", "100%25", "100%25"),
        ] {
            assert_eq!(
                (escaped(path, true).as_str(), escaped(path, false).as_str()),
                (kept, not_kept),
                "{path}"
            );
        }
    }
}
