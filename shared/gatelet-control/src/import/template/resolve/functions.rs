//! The intrinsic functions
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html>).

use std::collections::BTreeMap;

use super::Resolver;
use crate::document::{self, Entry, Node, Span, Value};

/// Functions whose value is a text, a list or a tree.
const FUNCTIONS: &[&str] = &[
    "Fn::Base64",
    "Fn::Cidr",
    "Fn::FindInMap",
    "Fn::GetAZs",
    "Fn::GetAtt",
    "Fn::If",
    "Fn::ImportValue",
    "Fn::Join",
    "Fn::Length",
    "Fn::Select",
    "Fn::Split",
    "Fn::Sub",
    "Fn::ToJsonString",
    "Fn::Transform",
    "Ref",
];

/// How many address blocks or zones are made up at most.
const MADE_UP_MAX: usize = 256;

impl Resolver<'_> {
    /// The value of an intrinsic; none for `AWS::NoValue` and for what cannot be resolved, which is reported.
    pub(super) fn function(&mut self, node: &Node, entry: &Entry) -> Option<Node> {
        let (span, argument) = (node.span, &entry.value);
        match entry.key.as_ref() {
            "Ref" => self.reference(argument, span),
            "Fn::GetAtt" => self.get_att(argument, span),
            "Fn::Sub" => self.sub(argument, span),
            "Fn::Join" => self.join(argument, span),
            "Fn::Select" => self.select(argument, span),
            "Fn::Split" => self.split(argument, span),
            "Fn::FindInMap" => self.find_in_map(argument, span),
            "Fn::If" => self.choose(argument, span),
            "Fn::ImportValue" => {
                let name = self.text(argument, "the name of an export")?;
                self.warn(
                    span,
                    format!("the export `{name}` of another stack is unknown; its name stands in for it"),
                    "make it a parameter and give its value with `--parameter Name=value`",
                );
                Some(self.made(span, name))
            }
            "Fn::Base64" => {
                let text = self.text(argument, "what `Fn::Base64` encodes")?;
                let encoded = base64(text.as_bytes());
                Some(self.made(span, encoded))
            }
            "Fn::Transform" => Some(self.transform(argument, entry.key_span)),
            "Fn::GetAZs" => {
                let region = self.text(argument, "a region").filter(|region| !region.is_empty());
                let region = region.unwrap_or_else(|| self.options.region.to_string());
                Some(self.texts(span, ["a", "b", "c"].map(|zone| format!("{region}{zone}"))))
            }
            "Fn::Cidr" => self.cidr(argument, span),
            "Fn::ToJsonString" => {
                let value = self.resolve(argument)?;
                Some(self.made(span, value.to_json()))
            }
            "Fn::Length" => {
                let list = self.resolve(argument)?;
                match list.as_sequence() {
                    Some(items) => {
                        let length = items.len().to_string();
                        Some(Node { span, value: Value::Number(length.into()) })
                    }
                    None => self.malformed(span, "Fn::Length", "a list"),
                }
            }
            key @ ("Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Equals") => {
                let help = "name it under `Conditions` and use it with `Fn::If`";
                self.error(span, format!("`{key}` has no meaning outside `Conditions`"), help);
                None
            }
            key => {
                let help = match document::nearest(key, FUNCTIONS.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "write the value out, or use one of CloudFormation's functions".to_owned(),
                };
                self.error(entry.key_span, format!("the intrinsic function `{key}` is unknown"), help);
                None
            }
        }
    }

    pub(super) fn malformed<T>(&mut self, span: Span, function: &str, form: &str) -> Option<T> {
        self.error(span, format!("`{function}` is not written as it must be"), format!("give it {form}"));
        None
    }

    fn texts(&mut self, span: Span, texts: impl IntoIterator<Item = String>) -> Node {
        let items: Vec<Node> = texts.into_iter().map(|text| self.made(span, text)).collect();
        Node { span, value: Value::Sequence(items.into()) }
    }

    fn get_att(&mut self, argument: &Node, span: Span) -> Option<Node> {
        const FORM: &str = "a resource and an attribute: `!GetAtt Name.Arn`";
        let (name, attribute) = if let Some(path) = argument.as_str() {
            let (name, attribute) = path.split_once('.').unwrap_or((path, ""));
            (name.to_owned(), attribute.to_owned())
        } else {
            let Some([name, rest @ ..]) = argument.as_sequence() else {
                return self.malformed(span, "Fn::GetAtt", FORM);
            };
            let name = self.text(name, "the name of a resource")?;
            let rest: Vec<String> = rest.iter().filter_map(|part| self.text(part, "an attribute")).collect();
            (name, rest.join("."))
        };
        if attribute.is_empty() {
            return self.malformed(span, "Fn::GetAtt", FORM);
        }
        let value = self.attribute(&name, &attribute, span)?;
        Some(self.made(span, value))
    }

    fn sub(&mut self, argument: &Node, span: Span) -> Option<Node> {
        const FORM: &str = "a text, or a list of a text and its variables";
        let (template, variables) = match argument.as_sequence() {
            None => (argument, None),
            Some([template, variables]) if variables.as_mapping().is_some() => (template, Some(variables)),
            Some([template]) => (template, None),
            Some(_) => return self.malformed(span, "Fn::Sub", FORM),
        };
        let template = match template.scalar_text() {
            Some(text) => text.to_owned(),
            // An included text is the only thing that AWS resolves before it substitutes.
            None => match self.resolve(template)?.scalar_text() {
                Some(text) => text.to_owned(),
                None => return self.malformed(span, "Fn::Sub", FORM),
            },
        };
        self.check_dynamic(span, &template);
        // Each once, however often it is used: variables may hold `Fn::Sub`s with variables of their own.
        let mut known: BTreeMap<&str, Option<String>> = BTreeMap::new();
        let mut text = String::with_capacity(template.len());
        let mut rest = template.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            text.push_str(before);
            let Some((name, behind)) = after.split_once('}') else {
                text.push_str("${");
                rest = after;
                continue;
            };
            rest = behind;
            if let Some(literal) = name.strip_prefix('!') {
                text.push_str("${");
                text.push_str(literal);
                text.push('}');
                continue;
            }
            let name = name.trim();
            if !known.contains_key(name) {
                let value = match variables.and_then(|variables| variables.get(name)) {
                    Some(value) => self.text(value, "a variable of `Fn::Sub`"),
                    None => self.named(name, span),
                };
                known.insert(name, value);
            }
            text.push_str(known.get(name).and_then(Option::as_deref).unwrap_or_default());
            if text.len() > super::BYTES_MAX {
                break;
            }
        }
        text.push_str(rest);
        Some(self.made(span, text))
    }

    /// `${Name}` or `${Name.Attribute}`.
    fn named(&mut self, name: &str, span: Span) -> Option<String> {
        if let Some((resource, attribute)) = name.split_once('.')
            && self.sections.resources.contains_key(resource)
            && !self.is_generated(name)
        {
            return self.attribute(resource, attribute, span);
        }
        let value = self.reference_to(name, span)?;
        match &value.value {
            Value::Sequence(items) => {
                Some(items.iter().filter_map(Node::scalar_text).collect::<Vec<_>>().join(","))
            }
            _ => value.scalar_text().map(str::to_owned),
        }
    }

    /// A list, each item resolved; the list itself may be an intrinsic.
    fn list(&mut self, node: &Node, function: &str) -> Option<Vec<Node>> {
        let resolved = self.resolve(node)?;
        match resolved.as_sequence() {
            Some(items) => Some(items.to_vec()),
            None => self.malformed(node.span, function, "a list"),
        }
    }

    fn join(&mut self, argument: &Node, span: Span) -> Option<Node> {
        let Some([delimiter, list]) = argument.as_sequence() else {
            return self.malformed(span, "Fn::Join", "a delimiter and a list");
        };
        let delimiter = self.text(delimiter, "the delimiter of `Fn::Join`")?;
        let items = self.list(list, "Fn::Join")?;
        let texts: Vec<&str> = items.iter().filter_map(Node::scalar_text).collect();
        Some(self.made(span, texts.join(&delimiter)))
    }

    fn select(&mut self, argument: &Node, span: Span) -> Option<Node> {
        let Some([index, list]) = argument.as_sequence() else {
            return self.malformed(span, "Fn::Select", "an index and a list");
        };
        let text = self.text(index, "the index of `Fn::Select`")?;
        let items = self.list(list, "Fn::Select")?;
        match text.parse::<usize>().ok().and_then(|index| items.get(index)) {
            Some(item) => Some(Node { span, value: item.value.clone() }),
            None => {
                let message =
                    format!("`Fn::Select` asks for item {text} of a list with {} items", items.len());
                self.error(span, message, "count from 0");
                None
            }
        }
    }

    fn split(&mut self, argument: &Node, span: Span) -> Option<Node> {
        let Some([delimiter, text]) = argument.as_sequence() else {
            return self.malformed(span, "Fn::Split", "a delimiter and a text");
        };
        let delimiter = self.text(delimiter, "the delimiter of `Fn::Split`")?;
        let text = self.text(text, "what `Fn::Split` splits")?;
        if delimiter.is_empty() {
            return self.malformed(span, "Fn::Split", "a delimiter that is not empty");
        }
        Some(self.texts(span, text.split(delimiter.as_str()).map(str::to_owned)))
    }

    fn find_in_map(&mut self, argument: &Node, span: Span) -> Option<Node> {
        const FORM: &str = "a mapping, a first and a second key";
        let Some([map, first, second, rest @ ..]) = argument.as_sequence() else {
            return self.malformed(span, "Fn::FindInMap", FORM);
        };
        let map = self.text(map, "the name of a mapping")?;
        let first = self.text(first, "a key of a mapping")?;
        let second = self.text(second, "a key of a mapping")?;
        let found = self.sections.mappings.get(&map).and_then(|map| map.get(&first)?.get(&second)).cloned();
        if let Some(found) = found {
            return Some(Node { span, value: found.value });
        }
        if let Some(default) = rest.first().and_then(|rest| rest.get("DefaultValue")) {
            return self.resolve(default);
        }
        let message = format!("`Mappings` has nothing under `{map}`, `{first}`, `{second}`");
        self.error(span, message, "add it there, or correct the keys");
        None
    }

    fn choose(&mut self, argument: &Node, span: Span) -> Option<Node> {
        let Some([condition, yes, no]) = argument.as_sequence() else {
            return self.malformed(span, "Fn::If", "a condition and two values");
        };
        let Some(name) = condition.as_str() else {
            return self.malformed(span, "Fn::If", "the name of a condition first");
        };
        let chosen = if self.condition(name, condition.span) { yes } else { no };
        self.resolve(chosen)
    }

    /// Address blocks as AWS would cut them, made up: nothing that is served depends on them.
    fn cidr(&mut self, argument: &Node, span: Span) -> Option<Node> {
        let Some([_, count, ..]) = argument.as_sequence() else {
            return self.malformed(span, "Fn::Cidr", "an address block, a number and the bits");
        };
        let count = self.text(count, "the number of blocks")?.parse().unwrap_or(1_usize);
        Some(self.texts(span, (0..count.min(MADE_UP_MAX)).map(|block| format!("10.0.{block}.0/24"))))
    }
}

/// Standard base64 with padding (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = [0, 1, 2].map(|index| u32::from(chunk.get(index).copied().unwrap_or_default()));
        let [first, second, third] = group;
        let bits = first << 16 | second << 8 | third;
        for position in 0..4 {
            let index = (bits >> (18 - 6 * position) & 0x3f) as usize;
            let is_padding = position > chunk.len();
            let character = ALPHABET.get(index).copied().filter(|_| !is_padding).unwrap_or(b'=');
            encoded.push(char::from(character));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    #[test]
    fn base64_pads_as_the_rfc_shows() {
        let pairs = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (plain, encoded) in pairs {
            assert_eq!(super::base64(plain.as_bytes()), encoded);
        }
    }
}
