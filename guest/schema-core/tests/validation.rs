//! What is allowed, and what is not understood.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use sandbar_schema_core::{Unusable, validate};

/// Schema, what is valid, what is not.
const RULES: &[(&str, &[&str], &[&str])] = &[
    ("true", &["1"], &[]),
    (r#"{"type":["integer","null"]}"#, &["1", "1.0", "null", "-0"], &["1.5", "\"1\"", "[]"]),
    (r#"{"const":{"a":1,"b":[2]}}"#, &[r#"{"b":[2.0],"a":1}"#], &[r#"{"a":1}"#, "1"]),
    (r#"{"enum":[1,"a",null]}"#, &["1.0", "null"], &["true", "\"b\""]),
    (r#"{"minimum":2,"exclusiveMaximum":3}"#, &["2", "2.9", "\"x\""], &["1.99", "3"]),
    (r#"{"maximum":9007199254740993}"#, &["9007199254740993"], &["9007199254740994"]),
    (r#"{"multipleOf":0.0001}"#, &["0.0075"], &["0.00751"]),
    (r#"{"minLength":2,"maxLength":3}"#, &["\"\u{e9}\u{1f600}\""], &["\"a\"", "\"abcd\""]),
    (r#"{"pattern":"^a+\\d$"}"#, &["\"aa1\"", "7"], &["\"b1\""]),
    (r#"{"required":["a"],"maxProperties":1}"#, &[r#"{"a":1}"#, "1"], &["{}", r#"{"a":1,"b":2}"#]),
    (
        r#"{"properties":{"a":{"type":"string"}},"patternProperties":{"^x-":true},"additionalProperties":false}"#,
        &[r#"{"a":"1","x-b":2}"#],
        &[r#"{"a":1}"#, r#"{"b":1}"#],
    ),
    (r#"{"propertyNames":{"maxLength":1}}"#, &[r#"{"a":1}"#], &[r#"{"ab":1}"#]),
    (r#"{"dependentRequired":{"a":["b"]}}"#, &[r#"{"b":1}"#], &[r#"{"a":1}"#]),
    (r#"{"dependencies":{"a":{"required":["b"]}}}"#, &["{}"], &[r#"{"a":1}"#]),
    (
        r#"{"prefixItems":[{"type":"null"}],"items":{"type":"string"}}"#,
        &["[null,\"a\"]"],
        &["[1]", "[null,1]"],
    ),
    (r#"{"items":[{"type":"null"}],"additionalItems":false}"#, &["[null]"], &["[null,1]"]),
    (r#"{"contains":{"const":1},"maxContains":1}"#, &["[0,1]"], &["[]", "[1,1]"]),
    (r#"{"uniqueItems":true}"#, &["[1,true,\"1\"]"], &["[1,2,1.0]"]),
    (
        r#"{"oneOf":[{"type":"string"},{"maxLength":3},{"const":7}]}"#,
        &["1", "\"abcd\""],
        &["\"a\"", "7"],
    ),
    (r#"{"not":{"type":"string"}}"#, &["1"], &["\"a\""]),
    (
        r#"{"if":{"type":"string"},"then":{"minLength":2},"else":{"minimum":2}}"#,
        &["2", "\"ab\""],
        &["1", "\"a\""],
    ),
    (
        r##"{"$ref":"#/$defs/node","$defs":{"node":{"properties":{"next":{"$ref":"#/$defs/node"}},"required":["v"]}}}"##,
        &[r#"{"v":1,"next":{"v":2}}"#],
        &[r#"{"v":1,"next":{}}"#],
    ),
    (
        r##"{"$id":"https://a.example/s","$defs":{"p":{"$id":"p.json","$anchor":"q","type":"null"}},"items":{"$ref":"p.json#q"}}"##,
        &["[null]"],
        &["[1]"],
    ),
    (
        r##"{"properties":{"a/b~c":{"type":"null"},"d":{"$ref":"#/properties/a~1b~0c"}}}"##,
        &[r#"{"d":null}"#],
        &[r#"{"d":1}"#],
    ),
    (
        r#"{"anyOf":[{"properties":{"a":true}},{"properties":{"b":true}}],"unevaluatedProperties":false}"#,
        &[r#"{"a":1,"b":2}"#],
        &[r#"{"c":1}"#],
    ),
    (
        r#"{"allOf":[{"prefixItems":[true]}],"unevaluatedItems":{"type":"null"}}"#,
        &["[1,null]"],
        &["[1,1]"],
    ),
    (r#"{"format":"email","x-more":{"$ref":7}}"#, &["\"no address\""], &[]),
];

/// Catches a keyword that is passed over, and one that refuses what it says nothing of.
#[test]
fn every_keyword_means_what_the_specification_says() {
    for (schema, valid, invalid) in RULES {
        for instance in *valid {
            assert_eq!(validate(schema, instance).unwrap(), [], "{schema} allows {instance}");
        }
        for instance in *invalid {
            assert_ne!(validate(schema, instance).unwrap(), [], "{schema} refuses {instance}");
        }
    }
}

/// Catches a violation of which nobody can tell where it is, or which of its kinds it is; and a list
/// that grows with what is wrong.
#[test]
fn a_violation_says_where_and_what() {
    let schema = r#"{"properties":{"a/b":{"items":{"type":"integer","maximum":9}}}}"#;
    let found = validate(schema, r#"{"a/b":[1,"x",10]}"#).unwrap();
    let texts: Vec<_> =
        found.iter().map(|one| (one.place.as_str(), one.problem.as_str())).collect();
    let wanted = [("/a~1b/1", "it is string, not integer"), ("/a~1b/2", "10 must be at most 9")];
    assert_eq!(texts, wanted);
    let many = format!(r#"{{"a/b":[{}0.5]}}"#, "0.5,".repeat(1000));
    assert_eq!(validate(schema, &many).unwrap().len(), 16);
}

/// Catches a reference that is fetched or passed over, a schema that refers to itself for ever, and
/// alternatives that multiply.
#[test]
fn what_cannot_be_judged_is_an_error() {
    let deep = format!("{}{{}}{}", r#"{"not":"#.repeat(200), "}".repeat(200));
    let bomb: String = (0..40)
        .map(|n| {
            format!(
                r##""d{n}":{{"anyOf":[{{"$ref":"#/$defs/d{0}"}},{{"$ref":"#/$defs/d{0}"}}]}},"##,
                n + 1
            )
        })
        .collect();
    let bomb = format!(r##"{{"$ref":"#/$defs/d0","$defs":{{{bomb}"d40":false}}}}"##);
    for (schema, is_meant) in [
        (r#"{"$ref":"http://169.254.169.254/latest"}"#, "nothing is fetched"),
        (r#"{"$ref":"file:///etc/passwd"}"#, "nothing is fetched"),
        (r##"{"$ref":"#/$defs/none"}"##, "nothing is fetched"),
        (r##"{"$ref":"#/type","type":"string"}"##, "nothing is fetched"),
        (r##"{"$ref":"#"}"##, "levels deep"),
        (r#"{"pattern":"(?<=a)b"}"#, "not understood"),
        (deep.as_str(), "recursion limit"),
        (bomb.as_str(), "steps"),
        ("[]", "neither an object"),
        ("{", "unreadable"),
    ] {
        let error = validate(schema, "\"x\"").unwrap_err().to_string();
        assert!(error.contains(is_meant), "{schema}: {error}");
    }
    assert!(matches!(validate("{}", "{"), Err(Unusable::Instance(_))));
    let long = format!("[{}0]", "0,".repeat(10_000));
    assert!(matches!(validate(r#"{"uniqueItems":true}"#, &long), Ok(found) if found.len() == 1));
    let numbers = (0..10_000).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let refused = validate(r#"{"uniqueItems":true}"#, &format!("[{numbers}]"));
    assert!(matches!(refused, Err(Unusable::Work(_))), "{refused:?}");
}

fn json() -> impl Strategy<Value = String> {
    let words =
        "(type|items|properties|\\$ref|#|#/items|anyOf|not|pattern|minimum|required|a|\\$id)";
    let leaf = prop_oneof![
        Just("true".to_owned()),
        any::<i64>().prop_map(|n| n.to_string()),
        words.prop_map(|word| format!("\"{word}\"")),
    ];
    leaf.prop_recursive(4, 32, 4, move |inner| {
        let member = (words, inner.clone()).prop_map(|(name, value)| format!("\"{name}\":{value}"));
        prop_oneof![
            proptest::collection::vec(inner, 0..4)
                .prop_map(|items| format!("[{}]", items.join(","))),
            proptest::collection::vec(member, 0..4)
                .prop_map(|all| format!("{{{}}}", all.join(","))),
        ]
    })
}

proptest! {
    /// Catches a panic on a schema that means nothing, and a value that its own constant refuses.
    #[test]
    fn any_schema_has_an_outcome(schema in json(), instance in json()) {
        let _ = validate(&schema, &instance);
        let constant = format!(r#"{{"const":{instance}}}"#);
        prop_assert_eq!(validate(&constant, &instance).unwrap(), []);
    }
}
