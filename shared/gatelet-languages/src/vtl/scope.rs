//! What a template can see of the message that it is rendered for, and what it can change beside its text.

use std::borrow::Cow;

/// Which parameters of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Parameters {
    /// Those in the path.
    Path,
    /// Those in the query.
    QueryString,
    /// Its headers.
    Header,
}

impl Parameters {
    /// In the order in which `$input.params(name)` looks through them.
    pub const ALL: [Self; 3] = [Self::Path, Self::QueryString, Self::Header];

    /// As `$input.params()` calls it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::QueryString => "querystring",
            Self::Header => "header",
        }
    }
}

/// The value of a `$context` variable.
#[derive(Debug, Clone, PartialEq)]
pub enum ContextValue<'a> {
    /// A text.
    Text(Cow<'a, str>),
    /// An integer.
    Integer(i64),
    /// `true` or `false`
    Boolean(bool),
}

/// What a template can see. Names below `$context` are written with dots: `identity.sourceIp`.
pub trait Scope {
    /// `$input.body`: the message's body as text.
    fn body(&self) -> &str;

    /// `$input.params(...)` of one place: a parameter's value by its name as it is written, none where it has none.
    fn parameter(&self, of: Parameters, name: &str) -> Option<Cow<'_, str>>;

    /// All parameters of one place, in order, for `$input.params()`.
    fn each_parameter(&self, of: Parameters, see: &mut dyn FnMut(&str, &str));

    /// A `$context` variable by its whole name.
    fn context(&self, name: &str) -> Option<ContextValue<'_>>;

    /// All `$context` variables that have a value, for whoever looks at `$context` or at a part of it as a map.
    fn each_context(&self, see: &mut dyn FnMut(&str, ContextValue<'_>));

    /// A stage variable.
    fn stage_variable(&self, name: &str) -> Option<&str>;

    /// All stage variables, in order.
    fn each_stage_variable(&self, see: &mut dyn FnMut(&str, &str));
}

/// Nothing to see: for templates that need nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoScope;

impl Scope for NoScope {
    fn body(&self) -> &'static str {
        ""
    }
    fn parameter(&self, _: Parameters, _: &str) -> Option<Cow<'_, str>> {
        None
    }
    fn each_parameter(&self, _: Parameters, _: &mut dyn FnMut(&str, &str)) {}
    fn context(&self, _: &str) -> Option<ContextValue<'_>> {
        None
    }
    fn each_context(&self, _: &mut dyn FnMut(&str, ContextValue<'_>)) {}
    fn stage_variable(&self, _: &str) -> Option<&str> {
        None
    }
    fn each_stage_variable(&self, _: &mut dyn FnMut(&str, &str)) {}
}

/// What templates override
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html>).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `$context.requestOverride`
    pub request: RequestOverrides,
    /// `$context.responseOverride`
    pub response: ResponseOverrides,
}

/// `$context.requestOverride`: names and values, in the order in which they were set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestOverrides {
    /// `path`: values of `{name}` in the integration's URI.
    pub path: Vec<(String, String)>,
    /// `querystring`
    pub query_string: Vec<(String, String)>,
    /// `header`
    pub header: Vec<(String, String)>,
}

/// `$context.responseOverride`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResponseOverrides {
    /// `header`, in the order in which they were set.
    pub header: Vec<(String, String)>,
    /// `status`, as it was written.
    pub status: Option<String>,
}
