//! Names and identifiers: short texts with a rule, checked once, and closed sets of AWS's words.

use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits;
use crate::problem::Problem;

/// Declares a checked text: a constructor that applies the rule, read access, and a stored form that
/// goes through the same constructor.
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:path) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Box<str>);

        impl $name {
            #[doc = concat!("Checks a text and makes it ", $what, ".")]
            ///
            /// # Errors
            /// A [`Problem`] that says which rule the text breaks.
            pub fn parse(text: &str) -> Result<Self, Problem> {
                match $rule(text) {
                    Ok(()) => Ok(Self(text.into())),
                    Err(rule) => Err(Problem::error(format!("`{}` is not {}", shortened(text), $what)).help(rule)),
                }
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;
            fn try_from(text: String) -> Result<Self, String> {
                Self::parse(&text).map_err(|problem| problem.to_string())
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0.into()
            }
        }
    };
}

/// Declares a closed set of AWS's words.
macro_rules! aws_words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// Every member, in AWS's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// AWS's word for it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads AWS's word, to the letter.
            ///
            /// # Errors
            /// A [`Problem`](crate::Problem) that lists the words there are.
            pub fn parse(word: &str) -> Result<Self, crate::problem::Problem> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(crate::text::unknown_word(word, &[$($word),+])),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use aws_words;

pub(crate) fn unknown_word(word: &str, known: &[&str]) -> Problem {
    Problem::error(format!("`{}` is not known here", shortened(word)))
        .help(format!("one of: {}", known.join(", ")))
}

/// A user's text cut to what fits into a message.
pub(crate) fn shortened(text: &str) -> String {
    const SHOWN_CHARACTERS: usize = 80;
    match text.char_indices().nth(SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn is_id(text: &str) -> Result<(), &'static str> {
    let fits = (1..=limits::ID_CHARACTERS_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if fits { Ok(()) } else { Err("lower-case letters and digits, 1 to 32 of them") }
}

fn is_stage_name(text: &str) -> Result<(), &'static str> {
    let fits = text == StageName::DEFAULT
        || (1..=limits::STAGE_NAME_CHARACTERS_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if fits { Ok(()) } else { Err("letters, digits, `_` and `-`, at most 128; `$default` on HTTP APIs") }
}

fn is_parameter_name(text: &str) -> Result<(), &'static str> {
    let fits = !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b':' | b'$'));
    if fits { Ok(()) } else { Err("letters, digits, `.`, `_`, `-`, `:` and `$`") }
}

fn is_status_code(text: &str) -> Result<(), &'static str> {
    match text.as_bytes() {
        [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9'] => Ok(()),
        _ => Err("three digits from 100 to 599"),
    }
}

fn is_variable_name(text: &str) -> Result<(), &'static str> {
    let fits = (1..=limits::STAGE_VARIABLE_NAME_CHARACTERS_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if fits { Ok(()) } else { Err("letters, digits and `_`, at most 64") }
}

fn is_account(text: &str) -> Result<(), &'static str> {
    let fits = text.len() == limits::ACCOUNT_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
    if fits { Ok(()) } else { Err("twelve digits, such as 123456789012") }
}

fn is_region(text: &str) -> Result<(), &'static str> {
    let fits = (1..=limits::REGION_CHARACTERS_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if fits { Ok(()) } else { Err("a region's name, such as us-east-1") }
}

fn is_domain_name(text: &str) -> Result<(), &'static str> {
    let label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'*'))
    };
    let fits = text.len() <= limits::DOMAIN_NAME_CHARACTERS_MAX && text.split('.').all(label);
    if fits { Ok(()) } else { Err("a lower-case host name, such as api.example.com") }
}

checked_text!(
    /// What names an API: ten letters and digits on AWS.
    ApiId, "an API id", is_id);
checked_text!(
    /// What names a part of an API: a resource, route, integration, authorizer or deployment.
    PartId, "an id", is_id);
checked_text!(
    /// A stage's name, the first part of the path in its URL
    /// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/stages.html>).
    StageName, "a stage name", is_stage_name);
checked_text!(
    /// The name of a path, query or header parameter.
    ParameterName, "a parameter name", is_parameter_name);
checked_text!(
    /// A status code as method and integration responses name it.
    StatusCode, "a status code", is_status_code);
checked_text!(
    /// A stage variable's name.
    VariableName, "a stage variable's name", is_variable_name);
checked_text!(
    /// An AWS account.
    AccountId, "an account id", is_account);
checked_text!(
    /// An AWS region.
    Region, "a region", is_region);
checked_text!(
    /// A custom domain's name, lower-case; its first label may be `*`.
    Domain, "a domain name", is_domain_name);

impl ApiId {
    /// An id that follows from a digest: ten letters and digits, a letter first because it becomes a host's name.
    #[must_use]
    pub fn from_digest(digest: &[u8; DIGEST_BYTES]) -> Self {
        Self(id_from_digest(digest, limits::API_ID_CHARACTERS))
    }
}

impl PartId {
    /// An id that follows from a digest: this many letters and digits (1 to 32), a letter first.
    #[must_use]
    pub fn from_digest(digest: &[u8; DIGEST_BYTES], characters: usize) -> Self {
        Self(id_from_digest(digest, characters.clamp(1, limits::ID_CHARACTERS_MAX)))
    }
}

/// The bytes of a SHA-256 digest; each yields a character of an id.
const DIGEST_BYTES: usize = 32;

fn id_from_digest(digest: &[u8; DIGEST_BYTES], characters: usize) -> Box<str> {
    const LETTERS: u8 = 26;
    const LETTERS_AND_DIGITS: u8 = 36;
    let character = |(position, byte): (usize, &u8)| {
        let choices = if position == 0 { LETTERS } else { LETTERS_AND_DIGITS };
        let chosen = byte % choices;
        char::from(if chosen < LETTERS { b'a' + chosen } else { b'0' + chosen - LETTERS })
    };
    digest.iter().take(characters).enumerate().map(character).collect::<String>().into()
}

impl StageName {
    /// The stage of an HTTP API that stands at the root of its host.
    pub const DEFAULT: &'static str = "$default";

    /// Whether this is `$default`, whose name is not part of the path.
    #[must_use]
    pub fn is_default(&self) -> bool {
        &*self.0 == Self::DEFAULT
    }
}

impl StatusCode {
    /// The number.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.0.bytes().fold(0, |number, digit| number * 10 + u16::from(digit.saturating_sub(b'0')))
    }
}

aws_words!(
    /// An HTTP method that API Gateway knows.
    Method {
        /// DELETE
        Delete = "DELETE",
        /// GET
        Get = "GET",
        /// HEAD; never implied by GET.
        Head = "HEAD",
        /// OPTIONS
        Options = "OPTIONS",
        /// PATCH
        Patch = "PATCH",
        /// POST
        Post = "POST",
        /// PUT
        Put = "PUT",
    }
);

/// The method of a resource or route: one, or `ANY` of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum MethodKey {
    /// This method alone.
    Only(Method),
    /// Every method that has no entry of its own.
    Any,
}

impl MethodKey {
    /// Reads `GET`, `ANY` and the like; lower case is taken too, as OpenAPI writes it.
    ///
    /// # Errors
    /// A [`Problem`] that lists the methods there are.
    pub fn parse(word: &str) -> Result<Self, Problem> {
        let upper = word.to_ascii_uppercase();
        if upper == "ANY" { Ok(Self::Any) } else { Method::parse(&upper).map(Self::Only) }
    }

    /// AWS's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Only(method) => method.as_str(),
            Self::Any => "ANY",
        }
    }
}

impl fmt::Display for MethodKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for MethodKey {
    type Error = String;
    fn try_from(word: String) -> Result<Self, String> {
        Self::parse(&word).map_err(|problem| problem.to_string())
    }
}

impl From<MethodKey> for String {
    fn from(method: MethodKey) -> Self {
        method.as_str().to_owned()
    }
}
