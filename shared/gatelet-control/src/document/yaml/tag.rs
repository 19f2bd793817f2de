//! Tags: YAML's own, and CloudFormation's short forms of its functions.

use gatelet_model::Problem;
use saphyr_parser::Tag as ParsedTag;

use crate::document::builder::{Built, Weight};
use crate::document::node::{Entry, Mapping, Node, Value};
use crate::document::reference::nearest;
use crate::document::{Source, Span};

/// CloudFormation's functions that have a short form
/// ([intrinsic functions](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html),
/// [rule functions](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-rules.html)).
const SHORT_FORMS: [&str; 26] = [
    "And",
    "Base64",
    "Cidr",
    "Condition",
    "Contains",
    "EachMemberEquals",
    "EachMemberIn",
    "Equals",
    "FindInMap",
    "GetAZs",
    "GetAtt",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "Ref",
    "RefAll",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
    "ValueOf",
    "ValueOfAll",
];

/// YAML's own tags that a definition can use.
const CORE: [&str; 7] = ["str", "int", "float", "bool", "null", "seq", "map"];

const CORE_PREFIX: &str = "tag:yaml.org,2002:";

/// What a node's tag says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    None,
    /// One of YAML's own, without its prefix.
    Core(&'static str),
    /// A function of CloudFormation, as its short form names it.
    ShortForm(&'static str),
}

impl Tag {
    pub(super) fn read(tag: Option<&ParsedTag>) -> Result<Self, Problem> {
        let Some(tag) = tag else { return Ok(Self::None) };
        let name = format!("{}{}", tag.handle, tag.suffix);
        if name == "!" {
            return Ok(Self::Core("str"));
        }
        let find = |names: &[&'static str], name: &str| names.iter().find(|known| **known == name).copied();
        if let Some(core) = name.strip_prefix(CORE_PREFIX) {
            return find(&CORE, core).map(Self::Core).ok_or_else(|| {
                Problem::error(format!("the tag `!!{core}` has no meaning in a definition")).help("remove it")
            });
        }
        let short = name.strip_prefix('!').unwrap_or(&name);
        find(&SHORT_FORMS, short).map(Self::ShortForm).ok_or_else(|| {
            let problem = Problem::error(format!("the tag `{name}` is none of CloudFormation's functions"));
            match nearest(short, SHORT_FORMS.iter().copied()) {
                Some(near) => problem.help(format!("did you mean `!{near}`?")),
                None => problem.help("if this is text, put it in quotes"),
            }
        })
    }
}

/// A tag of YAML's own on something else than it says.
pub(super) fn misplaced(core: &str) -> Problem {
    Problem::error(format!("the tag `!!{core}` does not fit what follows it")).help("remove it")
}

/// Parts `&anchor !tag value` into the span of the tag and that of the value.
pub(super) fn part(source: &Source, whole: Span) -> (Span, Span) {
    let text = source.slice(whole);
    let mut tag = Span { start: whole.start, end: whole.start };
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let length = match rest.chars().next() {
            Some('!' | '&') => {
                let end = rest.find(|character: char| character.is_whitespace()).unwrap_or(rest.len());
                if rest.starts_with('!') {
                    let start = whole.start as usize + at;
                    tag = Span::new(start, start + end);
                }
                end
            }
            Some('#') => rest.find(['\n', '\r']).unwrap_or(rest.len()),
            Some(blank) if blank.is_whitespace() => blank.len_utf8(),
            _ => break,
        };
        at += length;
    }
    (tag, Span { start: whole.start + Span::new(at, at).start, end: whole.end })
}

/// Writes a short form out: `!Sub x` as `{"Fn::Sub": "x"}`, `!GetAtt a.b` as `{"Fn::GetAtt": ["a", "b"]}`.
pub(super) fn expand(name: &'static str, tag_span: Span, built: Built, source: &Source) -> Built {
    let key = match name {
        "Ref" | "Condition" => name.to_owned(),
        _ => format!("Fn::{name}"),
    };
    let Built { mut node, mut height, mut weight } = built;
    if name == "GetAtt"
        && let Value::String(path) = &node.value
    {
        let (resource, attribute) = match path.split_once('.') {
            Some((resource, attribute)) => (resource, Some(attribute)),
            None => (path.as_ref(), None),
        };
        let span = node.span;
        // Without quotes and escapes each part has its own place.
        let is_verbatim = source.slice(span) == path.as_ref();
        let cut = if is_verbatim { span.start as usize + resource.len() } else { span.end as usize };
        let part = |text: &str, own: Span| Node {
            span: if is_verbatim { own } else { span },
            value: Value::String(text.into()),
        };
        let first = part(resource, Span::new(span.start as usize, cut));
        let second = attribute.map(|text| part(text, Span::new(cut + 1, span.end as usize)));
        let parts: Vec<Node> = std::iter::once(first).chain(second).collect();
        weight = weight.plus(Weight { nodes: 2, bytes: 0 });
        height = 1;
        node.value = Value::Sequence(parts.into());
    }
    let span = tag_span.to(node.span);
    let bytes = key.len();
    let entry = Entry { key: key.into(), key_span: tag_span, value: node };
    let (mapping, _) = Mapping::new(vec![entry]);
    let node = Node { span, value: Value::Mapping(mapping) };
    Built { node, height: height + 1, weight: weight.plus(Weight { nodes: 1, bytes }) }
}
