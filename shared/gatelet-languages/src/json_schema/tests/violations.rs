use super::*;

/// Recorded, or the words of the service's validator with its own arguments.
#[test]
fn violations_are_told_in_the_services_words() {
    for (schema, document, told) in [
        (
            r#"{"required":["subject","body","to"]}"#,
            "{}",
            r#"[object has missing required properties (["body","subject","to"])]"#,
        ),
        (
            r#"{"type":"number"}"#,
            r#""1""#,
            r#"[instance type (string) does not match any allowed primitive type (allowed: ["integer","number"])]"#,
        ),
        (
            r#"{"enum":["a","b"]}"#,
            r#""c""#,
            r#"[instance value ("c") not found in enum (possible values: ["a","b"])]"#,
        ),
        (r#"{"pattern":"^a+$"}"#, r#""b""#, r#"[ECMA 262 regex "^a+$" does not match input string "b"]"#),
        (r#"{"minLength":2}"#, r#""é""#, r#"[string "é" is too short (length: 1, required minimum: 2)]"#),
        (r#"{"maxLength":1}"#, r#""ab""#, r#"[string "ab" is too long (length: 2, maximum allowed: 1)]"#),
        (
            r#"{"minimum":1}"#,
            "0",
            "[numeric instance is lower than the required minimum (minimum: 1, found: 0)]",
        ),
        (
            r#"{"maximum":1.5}"#,
            "2",
            "[numeric instance is greater than the required maximum (maximum: 1.5, found: 2)]",
        ),
        (
            r#"{"minimum":1,"exclusiveMinimum":true}"#,
            "1",
            "[numeric instance is not strictly greater than the required minimum 1]",
        ),
        (
            r#"{"maximum":1,"exclusiveMaximum":true}"#,
            "1.0",
            "[numeric instance is not strictly lower than the required maximum 1]",
        ),
        (r#"{"multipleOf":2}"#, "5", "[remainder of division is not zero (5 / 2)]"),
        (
            r#"{"minItems":2}"#,
            "[1]",
            "[array is too short: must have at least 2 elements but instance has 1 elements]",
        ),
        (
            r#"{"maxItems":1}"#,
            "[1,2]",
            "[array is too long: must have at most 1 elements but instance has 2 elements]",
        ),
        (r#"{"uniqueItems":true}"#, "[1,1.0]", "[array must not contain duplicate elements]"),
        (
            r#"{"items":[{}],"additionalItems":false}"#,
            "[1,2]",
            "[schema only allows 1 elements in array but instance has 2 elements]",
        ),
        (
            r#"{"properties":{"a":{}},"additionalProperties":false}"#,
            r#"{"z":1,"a":1,"b":2}"#,
            r#"[object instance has properties which are not allowed by the schema: ["b","z"]]"#,
        ),
        (
            r#"{"minProperties":1}"#,
            "{}",
            "[object has too few properties (found 0 but schema requires at least 1)]",
        ),
        (
            r#"{"maxProperties":0}"#,
            r#"{"a":1}"#,
            "[object has too many properties (found 1 but schema requires at most 0)]",
        ),
        (
            r#"{"dependencies":{"a":["b","c"]}}"#,
            r#"{"a":1,"c":1}"#,
            r#"[property "a" of object has missing property dependencies (schema requires ["b","c"]; missing: ["b"])]"#,
        ),
        (
            r#"{"allOf":[{},{"type":"null"}]}"#,
            "1",
            "[instance failed to match all required schemas (matched only 1 out of 2)]",
        ),
        (
            r#"{"anyOf":[{"type":"null"},{"type":"string"}]}"#,
            "1",
            "[instance failed to match at least one required schema among 2]",
        ),
        (r#"{"oneOf":[{},{}]}"#, "1", "[instance failed to match exactly one schema (matched 2 out of 2)]"),
        (r#"{"not":{}}"#, "1", "[instance matched a schema which it should not have]"),
        (r#"{"format":"email"}"#, r#""x""#, r#"[string "x" is not a valid email address]"#),
    ] {
        assert_eq!(judge(&compile(schema), document).unwrap(), told, "{schema} {document}");
    }
}

#[test]
fn what_lies_below_is_looked_at_only_where_the_place_itself_is_right() {
    let schema = compile(r#"{"required":["b"],"properties":{"a":{"type":"string"},"c":{"type":"null"}}}"#);
    let above = judge(&schema, r#"{"a":1,"c":1}"#).unwrap();
    assert_eq!(above, r#"[object has missing required properties (["b"])]"#);
    let below = judge(&schema, r#"{"a":1,"b":1,"c":1}"#).unwrap();
    let kind = "instance type (integer) does not match any allowed primitive type";
    assert_eq!(below, format!(r#"[{kind} (allowed: ["string"]), {kind} (allowed: ["null"])]"#));
}

#[test]
fn numbers_are_judged_by_their_value_however_long() {
    let limit = compile(r#"{"maximum":18446744073709551616,"type":"integer"}"#);
    assert_eq!(judge(&limit, "18446744073709551616").unwrap(), "");
    assert_ne!(judge(&limit, "18446744073709551617").unwrap(), "");
    let enumeration = compile(r#"{"enum":[100]}"#);
    assert_eq!(judge(&enumeration, "1e2").unwrap(), "");
    assert_eq!(judge(&compile(r#"{"multipleOf":0.01}"#), "1e300").unwrap(), "");
    assert_eq!(judge(&compile(r#"{"multipleOf":7}"#), "7000000000000000000000000000000").unwrap(), "");
    assert_ne!(judge(&compile(r#"{"multipleOf":7}"#), "7000000000000000000000000000001").unwrap(), "");
    assert_ne!(judge(&compile(r#"{"maximum":5}"#), "1e400").unwrap(), "");
}

#[test]
fn schemas_that_cannot_work_are_refused() {
    for (schema, why) in [
        ("{", "not JSON"),
        ("3", "has something else where a schema must stand"),
        (r#"{"type":"text"}"#, "has a `type` that is not one or several of"),
        (r#"{"minimum":"1"}"#, "has a `minimum` that is not a number"),
        (r#"{"exclusiveMinimum":5}"#, "as draft 4 has it"),
        (r#"{"multipleOf":0}"#, "greater than zero"),
        (r#"{"required":true}"#, "has a `required` that is not a list of names"),
        (r##"{"$ref":"#/definitions/a"}"##, "refers to `#/definitions/a`, which is not there"),
        (r#"{"$ref":"file:///etc/passwd"}"#, "refers to `file:///etc/passwd`, which is not there"),
        (r##"{"$ref":"#"}"##, "refers to itself in a circle"),
        (r##"{"allOf":[{"anyOf":[{"$ref":"#"}]}]}"##, "refers to itself in a circle"),
    ] {
        let refusal = refusal(schema);
        assert!(refusal.contains(why), "{schema}: {refusal}");
    }
}

#[test]
fn schemas_that_go_down_into_a_value_may_refer_to_themselves() {
    let tree = compile(r##"{"type":"object","properties":{"child":{"$ref":"#"}}}"##);
    assert_eq!(judge(&tree, r#"{"child":{"child":{}}}"#).unwrap(), "");
    assert_ne!(judge(&tree, r#"{"child":{"child":1}}"#).unwrap(), "");
}

#[test]
fn alternatives_that_multiply_end_at_a_limit() {
    let levels: Vec<String> = (0..40)
        .map(|level| {
            let below = format!(r##"{{"$ref":"#/definitions/l{}"}}"##, level + 1);
            format!(r#""l{level}":{{"oneOf":[{below},{below}]}}"#)
        })
        .collect();
    let schema =
        format!(r##"{{"definitions":{{{},"l40":{{}}}},"$ref":"#/definitions/l0"}}"##, levels.join(","));
    let error = judge(&compile(&schema), "1").unwrap_err();
    assert!(error.to_string().contains("takes more than"), "{error}");
}

#[test]
fn deep_values_end_at_a_limit_and_not_the_stack() {
    let deep = format!("{}{}", "[".repeat(json::DEPTH_MAX), "]".repeat(json::DEPTH_MAX));
    let schema = compile(r##"{"allOf":[{"items":{"$ref":"#"}}]}"##);
    let error = judge(&schema, &deep).unwrap_err();
    assert!(error.to_string().contains("levels"), "{error}");
    assert_eq!(judge(&compile(r##"{"items":{"$ref":"#"}}"##), &deep[199..deep.len() - 199]).unwrap(), "");
}

#[test]
fn references_lead_to_other_documents_that_are_handed_in() {
    let documents = |address: &str| match address {
        "https://apigateway.amazonaws.com/restapis/abc/models/Pet" => {
            Some(r#"{"required":["name"],"properties":{"friend":{"$ref":"Pet"}}}"#.to_owned())
        }
        _ => None,
    };
    let pets =
        r#"{"type":"array","items":{"$ref":"https://apigateway.amazonaws.com/restapis/abc/models/Pet"}}"#;
    let schema =
        Schema::compile(pets, "https://apigateway.amazonaws.com/restapis/abc/models/Pets", &documents)
            .unwrap();
    let missing = r#"[object has missing required properties (["name"])]"#;
    assert_eq!(judge(&schema, r#"[{"name":1},{"name":1,"friend":{}}]"#).unwrap(), missing);
}
