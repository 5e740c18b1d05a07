#![allow(clippy::unwrap_used, reason = "tests")]

use super::ToolHeaders;
use crate::error::Error;
use crate::limits::ANNOTATED_TOOLS;

fn list(schemas: &[(&str, &str)]) -> String {
    let tools: Vec<String> = schemas
        .iter()
        .map(|(name, properties)| {
            format!(
                r#"{{"name":"{name}", "inputSchema":{{"type":"object","properties":{properties}}}}}"#
            )
        })
        .collect();
    format!(r#"{{"tools":[{}],"ttlMs":1.0}}"#, tools.join(","))
}

fn fields(headers: &ToolHeaders, tool: &str, arguments: &str) -> Vec<(String, String)> {
    let fields = headers.fields(tool, Some(arguments)).unwrap();
    fields.into_iter().map(|f| (f.name, String::from_utf8(f.value).unwrap())).collect()
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// Catches an extraction from the top level only, and one that sends null or absent values.
#[test]
fn values_come_from_their_exact_path_and_null_is_omitted() {
    let mut headers = ToolHeaders::default();
    let result = list(&[(
        "t",
        r#"{"region":{"type":"string","x-mcp-header":"Region"},
            "o":{"type":"object","properties":{"n":{"type":"integer","x-mcp-header":"N"}}},
            "flag":{"type":"boolean","x-mcp-header":"Flag"},
            "nil":{"type":"string","x-mcp-header":"Nil"}}"#,
    )]);
    assert_eq!(headers.learn(&result), None);
    let arguments = r#"{"region":"ü","o":{"n":42.0},"flag":false,"nil":null,"n":7}"#;
    assert_eq!(
        fields(&headers, "t", arguments),
        [
            pair("mcp-param-flag", "false"),
            pair("mcp-param-n", "42"),
            pair("mcp-param-region", "=?base64?w7w=?="),
        ]
    );
    assert_eq!(fields(&headers, "other", arguments), []);
}

/// Catches each constraint of the specification that is not checked.
#[test]
fn tools_with_invalid_annotations_are_taken_out_of_the_list() {
    let invalid = [
        r#"{"a":{"type":"string","x-mcp-header":""}}"#,
        r#"{"a":{"type":"string","x-mcp-header":"a b"}}"#,
        r#"{"a":{"type":"string","x-mcp-header":"a\r\nb"}}"#,
        r#"{"a":{"type":"string","x-mcp-header":"ä"}}"#,
        r#"{"a":{"type":"string","x-mcp-header":1}}"#,
        r#"{"a":{"type":"number","x-mcp-header":"A"}}"#,
        r#"{"a":{"type":"object","x-mcp-header":"A"}}"#,
        r#"{"a":{"x-mcp-header":"A"}}"#,
        r#"{"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"string","x-mcp-header":"a"}}"#,
        r#"{"a":{"type":"array","items":{"type":"string","x-mcp-header":"A"}}}"#,
        r#"{"a":{"oneOf":[{"type":"string","x-mcp-header":"A"}]}}"#,
        r#"{"a":{"type":"string","\u0078-mcp-header":"a b"}}"#,
        r#"{"a":{"$defs":{"properties":{"x":{"items":{"type":"string","x-mcp-header":"A"}}}}}}"#,
    ];
    for properties in invalid {
        let mut headers = ToolHeaders::default();
        let result = list(&[("good", "{}"), ("bad", properties), ("fine", "{}")]);
        let shown = headers.learn(&result).unwrap_or_else(|| result.clone());
        assert_eq!(shown, list(&[("good", "{}"), ("fine", "{}")]), "{properties}");
    }
}

/// Catches a search for the keyword in places where it is a name or data.
#[test]
fn the_keyword_as_a_name_or_in_data_means_nothing() {
    for properties in [
        r#"{"x-mcp-header":{"type":"string"}}"#,
        r#"{"a":{"type":"object","default":{"x-mcp-header":"a b"}}}"#,
        r#"{"a":{"enum":[{"x-mcp-header":""}]}}"#,
    ] {
        assert_eq!(ToolHeaders::default().learn(&list(&[("t", properties)])), None, "{properties}");
    }
}

/// Catches a cache that only grows: a tool that lost its annotations must lose its fields.
#[test]
fn a_new_list_replaces_what_was_known_of_a_tool() {
    let mut headers = ToolHeaders::default();
    headers.learn(&list(&[("t", r#"{"a":{"type":"string","x-mcp-header":"A"}}"#)]));
    headers.learn(&list(&[("t", r#"{"a":{"type":"string"}}"#)]));
    assert_eq!(fields(&headers, "t", r#"{"a":"x"}"#), []);
    assert_eq!(headers.bytes, 0);
}

/// Catches a number that is rounded on its way into the field.
#[test]
fn integers_outside_the_safe_range_are_the_callers_mistake() {
    let mut headers = ToolHeaders::default();
    headers.learn(&list(&[("t", r#"{"a":{"type":"integer","x-mcp-header":"A"}}"#)]));
    let safe = r#"{"a":-9007199254740991}"#;
    assert_eq!(fields(&headers, "t", safe), [pair("mcp-param-a", "-9007199254740991")]);
    for unsafe_value in ["9007199254740992", "-9007199254740992", "1.5", "1e300"] {
        let outcome = headers.fields("t", Some(&format!("{{\"a\":{unsafe_value}}}")));
        assert!(matches!(outcome, Err(Error::InvalidParams(_))), "{unsafe_value}");
    }
}

/// Catches a sum of bytes that forgets a part, or that is never given back: a tool may hold all of
/// the limit, and not a byte more.
#[test]
fn annotated_tools_are_limited_in_bytes_together() {
    let mut headers = ToolHeaders::default();
    let annotated = r#"{"abc":{"properties":{"de":{"type":"string","x-mcp-header":"Name"}}}}"#;
    let others = 3 + 2 + 4;
    let small = list(&[("t", annotated)]);
    assert_eq!(headers.learn(&small), None);
    let rest = (1 << 20) - (1 + others) - others;
    let fits = "n".repeat(rest);
    assert_eq!(headers.learn(&list(&[(&fits, annotated)])), None);
    assert_eq!(headers.learn(&list(&[("u", annotated)])).unwrap(), list(&[]));
    assert_eq!(headers.learn(&list(&[("t", "{}"), ("u", annotated)])), None);
    assert_eq!(headers.learn(&small).unwrap(), list(&[]));
}

/// Catches a table that a server can grow without end by listing page after page.
#[test]
fn annotated_tools_beyond_the_limit_are_hidden() {
    let mut headers = ToolHeaders::default();
    let annotated = r#"{"a":{"type":"string","x-mcp-header":"A"}}"#;
    for number in 0..ANNOTATED_TOOLS {
        assert_eq!(headers.learn(&list(&[(&format!("t{number}"), annotated)])), None);
    }
    assert_eq!(headers.learn(&list(&[("over", annotated)])).unwrap(), list(&[]));
}
