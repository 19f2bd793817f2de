use super::super::{follow, nearest, resolve};
use super::{mark_of, node_of};

const DOCUMENT: &str = "
paths:
  /pets/{id}: {get: {tags: [a, b]}}
components:
  schemas:
    Pet: {type: object}
    a~b: {type: string}
    café: {type: number}
    Alias: {$ref: '#/components/schemas/Pet'}
    Circle: {$ref: '#/components/schemas/Square'}
    Square: {$ref: '#/components/schemas/Circle'}
    Broken: {$ref: '#/components/schemas/Nothing'}
";

#[test]
fn pointers_are_followed_segment_by_segment() {
    let (_, root) = node_of(DOCUMENT);
    for (reference, expected) in [
        ("#/components/schemas/Pet/type", "\"object\""),
        ("#/paths/~1pets~1{id}/get/tags/1", "\"b\""),
        ("#/paths/~1pets~1%7Bid%7D/get/tags/0", "\"a\""),
        ("#/components/schemas/a~0b/type", "\"string\""),
        ("#/components/schemas/caf%C3%A9/type", "\"number\""),
        ("#/components/schemas/café/type", "\"number\""),
    ] {
        assert_eq!(resolve(&root, reference).unwrap().to_json(), expected, "{reference}");
    }
    assert_eq!(resolve(&root, "#").unwrap().span, root.span);
}

#[test]
fn what_is_missing_is_named() {
    let (_, root) = node_of(DOCUMENT);
    for (reference, message, help) in [
        (
            "#/components/schemas/Pets",
            "`#/components/schemas/Pets` names nothing: `#/components/schemas` has no `Pets`",
            "did you mean `#/components/schemas/Pet`?",
        ),
        (
            "#/component/schemas/Pet",
            "`#/component/schemas/Pet` names nothing: the document has no `component`",
            "did you mean `#/components`?",
        ),
        (
            "#/paths/~1pet~1{id}",
            "`#/paths/~1pet~1{id}` names nothing: `#/paths` has no `/pet/{id}`",
            "did you mean `#/paths/~1pets~1{id}`?",
        ),
        (
            "#/components/schemas/Order",
            "`#/components/schemas/Order` names nothing: `#/components/schemas` has no `Order`",
            "add `Order` to `#/components/schemas`, or correct the reference",
        ),
        (
            "#/paths/~1pets~1{id}/get/tags/02",
            "`#/paths/~1pets~1{id}/get/tags/02` names nothing: `#/paths/~1pets~1{id}/get/tags` has 2 items and no `02`",
            "add `02` to `#/paths/~1pets~1{id}/get/tags`, or correct the reference",
        ),
        (
            "#/components/schemas/Pet/type/x",
            "`#/components/schemas/Pet/type/x` names nothing: `#/components/schemas/Pet/type` is a string and has no `x`",
            "add `x` to `#/components/schemas/Pet/type`, or correct the reference",
        ),
        (
            "other.yaml#/a",
            "`other.yaml#/a` refers to another file, which cannot be imported",
            "copy what it names into this file and refer to it by `#/...`",
        ),
        (
            "#components",
            "`#components` is no reference",
            "write `#/` and the path to what is meant, such as `#/components`",
        ),
    ] {
        let problem = resolve(&root, reference).unwrap_err();
        assert_eq!((problem.message.as_str(), problem.help.as_deref()), (message, Some(help)));
    }
    assert!(resolve(&root, "#/%FF").is_err());
}

#[test]
fn chains_are_followed_and_circles_found() {
    let (source, root) = node_of(DOCUMENT);
    let schema = |name: &str| root.get("components").unwrap().get("schemas").unwrap().get(name).unwrap();
    assert_eq!(follow(&source, &root, schema("Alias")).unwrap().to_json(), "{\"type\":\"object\"}");
    assert_eq!(follow(&source, &root, schema("Pet")).unwrap().span, schema("Pet").span);
    let circle = follow(&source, &root, schema("Circle")).unwrap_err();
    assert_eq!(circle.message, "this reference leads back to itself, or through too many others");
    assert_eq!(mark_of(&circle), (10, 20, "'#/components/schemas/Square'".into()));
    let broken = follow(&source, &root, schema("Broken")).unwrap_err();
    assert_eq!(mark_of(&broken), (12, 20, "'#/components/schemas/Nothing'".into()));
}

#[test]
fn only_near_names_are_near() {
    let names = ["GetAtt", "Sub", "Ref", "passthroughBehavior"];
    assert_eq!(nearest("getatt", names), Some("GetAtt"));
    assert_eq!(nearest("passThroughBehaviour", names), Some("passthroughBehavior"));
    assert_eq!(nearest("Select", names), None);
    assert_eq!(nearest("", names), None);
}
