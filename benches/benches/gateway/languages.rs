//! The languages inside definitions: templates, paths into JSON, schemas. Compiled before, as a deployment has them.

use std::borrow::Cow;
use std::hint::black_box;

use bumpalo::Bump;
use gatelet_benches::Work;
use gatelet_languages::heap::{Heap, Value};
use gatelet_languages::json;
use gatelet_languages::json_path::JsonPath;
use gatelet_languages::json_schema::Schema;
use gatelet_languages::vtl::{ContextValue, Overrides, Parameters, Scope, Template};

/// What real templates do, 1 KB of it: a query of DynamoDB's answer turned around, with a loop, conditions, escapes and context.
const TEMPLATE: &str = r##"#set($root = $input.path('$'))
#set($who = $context.authorizer.principalId)
{
  "requestId": "$context.requestId",
  "stage": "$context.stage",
  "table": "$stageVariables.table",
  "caller": "#if($who && $who != '')$util.escapeJavaScript($who)#{else}anonymous#end",
  "source": "$context.identity.sourceIp",
  "query": "$util.urlEncode($input.params('q'))",
  "filter": $input.json('$.filter'),
  "note": "$util.escapeJavaScript($root.note).replaceAll("\\'", "'")",
  "items": [
#foreach($item in $root.items)
    {
      "id": "$item.id",
      "position": $foreach.count,
      "kind": "$item.kind.toUpperCase()",
      "price": $item.price,
#if($item.tags && $item.tags.size() > 0)
      "tags": [#foreach($tag in $item.tags)"$tag"#if($foreach.hasNext), #end#end],
#end
      "available": #if($item.stock > 0)true#{else}false#end
    }#if($foreach.hasNext),#end
#end
  ],
  "count": $root.items.size(),
  "limit": "$input.params().querystring.get('limit')"
}"##;

const BODY: &str = r#"{"note": "it's \"so\"", "filter": {"kind": "cat", "max": 10.50}, "items": [{"id": "a1", "kind": "cat", "price": 9.99, "stock": 3, "tags": ["small", "grey"]}, {"id": "b2", "kind": "dog", "price": 120, "stock": 0, "tags": []}, {"id": "c3", "kind": "cat", "price": 15.5, "stock": 1}]}"#;

const SCHEMA: &str = r##"{
  "$schema": "http://json-schema.org/draft-04/schema#",
  "type": "object",
  "required": ["items"],
  "properties": {"items": {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/item"}}},
  "definitions": {"item": {
    "type": "object",
    "required": ["id", "kind", "price"],
    "additionalProperties": false,
    "properties": {
      "id": {"type": "string", "pattern": "^[a-z0-9-]+$", "maxLength": 40},
      "kind": {"enum": ["cat", "dog"]},
      "price": {"type": "number", "minimum": 0, "exclusiveMinimum": true},
      "stock": {"type": "integer"},
      "note": {"type": ["string", "null"]}
    }
  }}
}"##;

/// A message as a template sees it.
struct Message;

impl Scope for Message {
    fn body(&self) -> &str {
        BODY
    }
    fn parameter(&self, of: Parameters, name: &str) -> Option<Cow<'_, str>> {
        match (of, name) {
            (Parameters::QueryString, "q") => Some("two words".into()),
            (Parameters::QueryString, "limit") => Some("10".into()),
            _ => None,
        }
    }
    fn each_parameter(&self, of: Parameters, see: &mut dyn FnMut(&str, &str)) {
        if of == Parameters::QueryString {
            see("q", "two words");
            see("limit", "10");
        }
    }
    fn context(&self, name: &str) -> Option<ContextValue<'_>> {
        let text = match name {
            "requestId" => "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "stage" => "prod",
            "authorizer.principalId" => "user|1",
            "identity.sourceIp" => "203.0.113.7",
            _ => return None,
        };
        Some(ContextValue::Text(text.into()))
    }
    fn each_context(&self, _: &mut dyn FnMut(&str, ContextValue<'_>)) {}
    fn stage_variable(&self, name: &str) -> Option<&str> {
        (name == "table").then_some("items")
    }
    fn each_stage_variable(&self, see: &mut dyn FnMut(&str, &str)) {
        see("table", "items");
    }
}

/// A template of 1 KB, as real ones are, with a body of 300 bytes.
pub(crate) fn template() -> Work {
    let template = Template::parse(TEMPLATE).unwrap_or_else(|error| panic!("{error} at {}", error.offset));
    let render = move || template.render(&Message, Overrides::default());
    let rendered = render().unwrap_or_else(|error| panic!("{error}"));
    assert!(rendered.text.contains(r#""tags": ["small", "grey"]"#), "{}", rendered.text);
    Work::new(move || drop(black_box(render())))
}

/// The same template compiled, which a deployment's first use of it costs.
pub(crate) fn template_compiled() -> Work {
    Work::new(|| drop(black_box(Template::parse(black_box(TEMPLATE)))))
}

/// A document of 2 KB read.
pub(crate) fn json_read() -> Work {
    let text = document();
    Work::new(move || {
        let texts = Bump::new();
        let mut heap = Heap::new(&texts);
        drop(black_box(json::read(&text, &mut heap)));
    })
}

/// A path of names and an index.
pub(crate) fn path() -> Work {
    found("$.items[3].name", Value::Text("item-3"))
}

/// A path with a filter over 36 elements.
pub(crate) fn path_with_filter() -> Work {
    let (text, path) = (document(), JsonPath::parse("$.items[?(@.kind == 'dog' && @.price > 30)].id"));
    let path = path.unwrap_or_else(|error| panic!("{error}"));
    let find = move || {
        let texts = Bump::new();
        let mut heap = Heap::new(&texts);
        let root = json::read(&text, &mut heap).unwrap_or_else(|error| panic!("{error}"));
        match path.find(root, &mut heap) {
            Ok(Some(Value::List(list))) => heap.list(list).len(),
            other => panic!("{other:?}"),
        }
    };
    assert!(find() > 0, "there are such");
    Work::new(move || {
        black_box(find());
    })
}

fn found(path: &str, expected: Value<'static>) -> Work {
    let path = JsonPath::parse(path).unwrap_or_else(|error| panic!("{error}"));
    let texts: &'static Bump = Box::leak(Box::default());
    let text: &'static str = document().leak();
    let mut heap = Heap::new(texts);
    let root = json::read(text, &mut heap).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(path.find(root, &mut heap), Ok(Some(expected)));
    Work::new(move || {
        let _ = black_box(path.find(black_box(root), &mut heap));
    })
}

/// A document of 2 KB held against a schema of two levels.
pub(crate) fn schema() -> Work {
    let schema = Schema::compile(SCHEMA, "", &|_| None).unwrap_or_else(|error| panic!("{error}"));
    let text = valid();
    assert_eq!(schema.validate_document(&text), Ok(Ok(())));
    Work::new(move || drop(black_box(schema.validate_document(black_box(&text)))))
}

/// Thirty-six elements, 2 KB.
fn document() -> String {
    elements(|number, kind| {
        format!(
            r#"{{"id": "i-{number}", "kind": "{kind}", "price": {}.5, "name": "item-{number}"}}"#,
            number * 3
        )
    })
}

/// The same size, as the schema wants it.
fn valid() -> String {
    elements(|number, kind| {
        format!(r#"{{"id": "i-{number}", "kind": "{kind}", "price": {}.5, "stock": {number}}}"#, number * 3)
    })
}

fn elements(element: impl Fn(u32, &str) -> String) -> String {
    let elements: Vec<String> =
        (0..36).map(|number| element(number, if number % 2 == 0 { "cat" } else { "dog" })).collect();
    format!(r#"{{"items": [{}]}}"#, elements.join(", "))
}
