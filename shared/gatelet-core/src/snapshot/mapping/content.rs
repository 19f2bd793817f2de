//! How payloads change between text and bytes: the two tables of
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html>.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use gatelet_model::ContentHandling;

use crate::integrations::MediaTypes;
use crate::integrations::lambda_proxy::members::BASE64;
use crate::payload::JSON;
use crate::refusal::Refusal;

/// What becomes of a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conversion {
    /// It passes as it is.
    AsItIs,
    /// It is text: what is not UTF-8 is mended, as recorded.
    Text,
    /// It is base64 and becomes the bytes that this stands for.
    Decode,
    /// It becomes base64.
    Encode,
}

impl Conversion {
    /// The table for requests: a payload is bytes where its `Content-Type` is one of the API's binary media types.
    #[must_use]
    pub const fn of_request(is_binary: bool, handling: Option<ContentHandling>) -> Self {
        match (is_binary, handling) {
            (true, None | Some(ContentHandling::ConvertToBinary)) => Self::AsItIs,
            (true, Some(ContentHandling::ConvertToText)) => Self::Encode,
            (false, None | Some(ContentHandling::ConvertToText)) => Self::Text,
            (false, Some(ContentHandling::ConvertToBinary)) => Self::Decode,
        }
    }

    /// The table for responses: a payload is bytes where its `Content-Type` is a binary media type, and so is what the client
    /// takes where the first entry of its `Accept` is one.
    #[must_use]
    pub const fn of_answer(is_binary: bool, takes_binary: bool, handling: Option<ContentHandling>) -> Self {
        let becomes_binary = match handling {
            Some(ContentHandling::ConvertToBinary) => true,
            Some(ContentHandling::ConvertToText) => false,
            None => takes_binary,
        };
        match (is_binary, becomes_binary) {
            (true, true) => Self::AsItIs,
            (true, false) => Self::Encode,
            (false, true) => Self::Decode,
            (false, false) => Self::Text,
        }
    }

    /// Changes a payload; what need not change is not copied.
    ///
    /// # Errors
    /// [`Refusal::Configuration`] where it should be base64 and is not, as recorded.
    pub fn apply(self, payload: Bytes) -> Result<Bytes, Refusal> {
        match self {
            Self::AsItIs => Ok(payload),
            Self::Text => Ok(match std::str::from_utf8(&payload) {
                Ok(_) => payload,
                Err(_) => match String::from_utf8_lossy(&payload) {
                    Cow::Owned(mended) => Bytes::from(mended),
                    Cow::Borrowed(_) => payload,
                },
            }),
            Self::Decode => BASE64.decode(&payload).map(Bytes::from).map_err(|error| {
                Refusal::Configuration(format!(
                    "the body is not base64, as `CONVERT_TO_BINARY` says: {error}"
                ))
            }),
            Self::Encode => Ok(Bytes::from(STANDARD.encode(&payload))),
        }
    }
}

/// Whether a body of this type is bytes. ASSUMPTION: one of no type is JSON.
pub(super) fn is_binary(types: &MediaTypes, content_type: Option<&str>) -> bool {
    types.contain(content_type.unwrap_or(JSON))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use ContentHandling::{ConvertToBinary, ConvertToText};
    use Conversion::{AsItIs, Decode, Encode, Text};

    use super::*;

    #[test]
    fn requests_follow_the_guides_table() {
        for (is_binary, handling, becomes) in [
            (false, None, Text),
            (false, Some(ConvertToBinary), Decode),
            (false, Some(ConvertToText), Text),
            (true, None, AsItIs),
            (true, Some(ConvertToBinary), AsItIs),
            (true, Some(ConvertToText), Encode),
        ] {
            assert_eq!(Conversion::of_request(is_binary, handling), becomes, "{is_binary} {handling:?}");
        }
    }

    #[test]
    fn answers_follow_the_guides_table() {
        for (is_binary, takes_binary, handling, becomes) in [
            (false, false, None, Text),
            (false, false, Some(ConvertToBinary), Decode),
            (false, false, Some(ConvertToText), Text),
            (false, true, None, Decode),
            (false, true, Some(ConvertToBinary), Decode),
            (false, true, Some(ConvertToText), Text),
            (true, false, None, Encode),
            (true, false, Some(ConvertToBinary), AsItIs),
            (true, false, Some(ConvertToText), Encode),
            (true, true, None, AsItIs),
            (true, true, Some(ConvertToBinary), AsItIs),
            (true, true, Some(ConvertToText), Encode),
        ] {
            let found = Conversion::of_answer(is_binary, takes_binary, handling);
            assert_eq!(found, becomes, "{is_binary} {takes_binary} {handling:?}");
        }
    }

    #[test]
    fn payloads_change_and_text_is_mended() {
        let apply =
            |conversion: Conversion, payload: &[u8]| conversion.apply(Bytes::copy_from_slice(payload));
        assert_eq!(apply(AsItIs, &[0xff]).unwrap(), &[0xff][..]);
        assert_eq!(apply(Text, b"a\xffb").unwrap(), "a\u{fffd}b".as_bytes());
        assert_eq!(apply(Decode, b"/w==").unwrap(), &[0xff][..]);
        assert_eq!(apply(Decode, b"/w").unwrap(), &[0xff][..]);
        assert_eq!(apply(Encode, &[0xff]).unwrap(), &b"/w=="[..]);
        assert!(matches!(apply(Decode, b"this is text"), Err(Refusal::Configuration(_))));
        let text = Bytes::from_static(b"text");
        assert_eq!(Text.apply(text.clone()).unwrap().as_ptr(), text.as_ptr());
    }
}
