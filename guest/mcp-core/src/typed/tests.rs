#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use proptest::prelude::*;

use super::*;

/// What was read without a word.
fn clean<T>(reading: Reading<T>) -> T {
    assert_eq!(reading.warning, None);
    reading.value
}

/// What was read in spite of something, which the warning names.
fn warned<T>(reading: Reading<T>, words: &[&str]) -> T {
    let warning = reading.warning.unwrap_or_else(|| panic!("no warning of {words:?}"));
    assert!(words.iter().all(|word| warning.contains(word)), "{warning}");
    reading.value
}

/// Catches a schema that goes through a JSON value, which reorders its keywords.
#[test]
fn schemas_stay_as_the_server_wrote_them() {
    let schema = r#"{"type":"object", "$schema":"x", "properties":{"b":{},"a":{}}, "minimum":1.0}"#;
    let json = format!(
        r#"{{"tools":[{{"name":"n","inputSchema":{schema},"new":1}}],"nextCursor":"c","x":[]}}"#
    );
    let page = clean(ToolPage::parse(&json));
    assert_eq!(page.tools.first().unwrap().input_schema, schema);
    assert_eq!(page.next_cursor.as_deref(), Some("c"));
}

/// Catches one tool that hides all others (mastra-ai/mastra 21859, googleapis/mcp-toolbox 3147).
#[test]
fn an_odd_tool_hides_no_other() {
    let odd = [
        r#"{"name":"b"}"#,
        r#"{"name":"b","inputSchema":null,"title":5,"description":["x"],"annotations":null}"#,
        r#"{"name":"b","description":"half \ud83d","inputSchema":"{}"}"#,
        r#"{"name":"b","name":"b","inputSchema":true}"#,
        r#"{"\udc00":1,"name":"\u0062","outputSchema":null}"#,
    ];
    for odd in odd {
        let json = format!(r#"{{"tools":[{{"name":"a"}},{odd},{{"name":"c"}}]}}"#);
        let tools = clean(ToolPage::parse(&json)).tools;
        let names: Vec<_> = tools.iter().map(|tool| tool.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "c"], "{odd}");
    }
    let bare = clean(ToolPage::parse(r#"{"tools":[{"name":"a"}]}"#)).tools;
    assert_eq!(bare[0].input_schema, r#"{"type":"object"}"#);
    for nameless in [r#"{"inputSchema":{}}"#, r#"{"name":7}"#, "null", "[]", "\"text\""] {
        let json = format!(r#"{{"tools":[{{"name":"a"}},{nameless},{{"name":"c"}}]}}"#);
        let tools = warned(ToolPage::parse(&json), &["without a name", nameless]).tools;
        assert_eq!(tools.len(), 2, "{nameless}");
    }
}

/// Catches an empty list taken for a broken one, and a broken one for an empty one without a word.
#[test]
fn a_list_that_is_none_has_no_items() {
    let empty = [r#"{"tools":[]}"#, r#"{"tools":null}"#, r#"{"tools":null,"nextCursor":null}"#];
    for json in empty {
        let page = clean(ToolPage::parse(json));
        assert!(page.tools.is_empty() && page.next_cursor.is_none(), "{json}");
    }
    for json in ["{}", r#"{"tools":{}}"#, "[]", "null", "7"] {
        assert!(warned(ToolPage::parse(json), &["tools/list"]).tools.is_empty(), "{json}");
    }
}

/// Catches a content kind that is lost, or one unknown kind that fails the whole result.
#[test]
fn every_kind_of_content_is_read_and_an_unknown_one_is_kept() {
    let unknown = r#"{"type":"hologram", "text":5}"#;
    let json = format!(
        r#"{{"content":[
            {{"type":"text","text":"a\nb"}},
            {{"type":"image","data":"AQID","mimeType":"image/png"}},
            {{"type":"audio","data":"AQI"}},
            {{"type":"resource_link","uri":"u","name":"n","size":3}},
            {{"type":"resource","resource":{{"uri":"u","blob":"AQ=="}}}},
            {unknown}],"structuredContent":{{"z":1,"a":2}},"isError":true}}"#
    );
    let result = clean(ToolResult::parse(json));
    let body = ResourceBody::Blob(vec![1]);
    let expected = [
        Content::Text("a\nb".into()),
        Content::Image(BinaryContent { data: vec![1, 2, 3], mime_type: Some("image/png".into()) }),
        Content::Audio(BinaryContent { data: vec![1, 2], mime_type: None }),
        Content::ResourceLink(ResourceLink { size: Some(3), ..link("u", "n") }),
        Content::Embedded(ResourceContents { uri: "u".into(), mime_type: None, body }),
        Content::Other(unknown.into()),
    ];
    assert_eq!(result.content, expected);
    assert_eq!(result.structured.as_deref(), Some(r#"{"z":1,"a":2}"#));
    assert!(result.is_error);
}

fn link(uri: &str, name: &str) -> ResourceLink {
    ResourceLink {
        uri: uri.into(),
        name: name.into(),
        title: None,
        description: None,
        mime_type: None,
        size: None,
    }
}

/// Catches a block whose meaning is certain, and that is not taken for it (go-sdk 91, python-sdk 342
/// and 1796, playwright-mcp 1410, mcp_dart 161).
#[test]
fn a_block_whose_meaning_is_certain_is_taken_for_it() {
    let image = |data| Content::Image(BinaryContent { data, mime_type: None });
    for (block, expected) in [
        (r#"{"type":"text"}"#, Content::Text(String::new())),
        (r#"{"type":"text","text":null}"#, Content::Text(String::new())),
        (r#"{"type":"text","text":"a\ud83db"}"#, Content::Text("a\u{FFFD}b".into())),
        (r#"{"text":"no type"}"#, Content::Text("no type".into())),
        (r#""bare""#, Content::Text("bare".into())),
        (r#"{"type":"image","data":"-_8","mimeType":5}"#, image(vec![0xFB, 0xFF])),
        (
            r#"{"type":"resource_link","uri":"u","size":12.0}"#,
            Content::ResourceLink(ResourceLink { size: Some(12), ..link("u", "u") }),
        ),
    ] {
        let json = format!(r#"{{"content":[{block},{{"type":"text","text":"last"}}]}}"#);
        let result = clean(ToolResult::parse(json));
        assert_eq!(result.content, [expected, Content::Text("last".into())], "{block}");
    }
}

/// Catches something that a tool returned and that is lost.
#[test]
fn a_block_that_cannot_be_read_is_kept_as_json() {
    for block in [
        r#"{"type":"image"}"#,
        r#"{"type":"image","data":"?"}"#,
        r#"{"type":"text","text":{"a":1}}"#,
        r#"{"type":"resource","resource":{"uri":"u"}}"#,
        r#"{"type":"resource","resource":null}"#,
        r#"{"type":"resource_link","name":"n"}"#,
        r#"{"type":7,"text":"x"}"#,
        "17",
        "null",
        "[1]",
    ] {
        let json = format!(r#"{{"content":[{block},{{"type":"text","text":"last"}}]}}"#);
        let result = warned(ToolResult::parse(json), &["tools/call", block]);
        let expected = [Content::Other(block.into()), Content::Text("last".into())];
        assert_eq!(result.content, expected, "{block}");
    }
}

/// Catches a result that is lost because it is no object, or its content no list.
#[test]
fn a_result_of_another_shape_is_kept() {
    let text = |text: &str| vec![Content::Text(text.into())];
    for (json, expected) in [
        (r#"{"content":"a text"}"#, text("a text")),
        (r#"{"content":{"type":"text","text":"one"}}"#, text("one")),
        (r#""a text""#, text("a text")),
        (r#"[{"type":"text","text":"one"}]"#, text("one")),
        (r#"{"content":null}"#, vec![]),
        (r#"{"structuredContent":{}}"#, vec![]),
        ("null", vec![]),
    ] {
        assert_eq!(clean(ToolResult::parse(json.into())).content, expected, "{json}");
    }
    let result = warned(ToolResult::parse("17".into()), &["17"]);
    assert_eq!(result.content, [Content::Other("17".into())]);
}

/// Catches a warning that grows with what is odd.
#[test]
fn one_warning_speaks_for_all() {
    let blocks = vec!["17"; 1000].join(",");
    let reading = ToolResult::parse(format!(r#"{{"content":[{blocks}]}}"#));
    let warning = reading.warning.unwrap();
    assert!(warning.ends_with("; and 997 more") && warning.len() < 500, "{warning}");
    assert_eq!(reading.value.content.len(), 1000);
}

/// Catches a lone text, which is read where it lies, that loses its escapes or its neighbours.
#[test]
fn a_lone_text_is_read_with_everything_around_it() {
    let json = r#"{"structuredContent":{"a":1},"content":[ {"text":"\u00e9\n\"","type":"text"} ],
        "isError":true}"#;
    let result = clean(ToolResult::parse(json.into()));
    assert_eq!(result.content, [Content::Text("é\n\"".into())]);
    assert_eq!(result.structured.as_deref(), Some(r#"{"a":1}"#));
    assert!(result.is_error);
    let half = r#"{"content":[{"type":"text","text":"\ud83d"}]}"#;
    assert_eq!(clean(ToolResult::parse(half.into())).content, [Content::Text("\u{FFFD}".into())]);
}

/// Catches a large text that is held twice: as the server wrote it, and as it is handed on.
#[test]
fn a_lone_text_stays_in_the_memory_of_its_message() {
    let json = String::from(r#"{"content":[{"type":"text","text":"a\nb"}]}"#);
    let place = json.as_ptr();
    let result = clean(ToolResult::parse(json));
    let [Content::Text(text)] = &result.content[..] else { panic!("{result:?}") };
    assert_eq!((text.as_str(), text.as_ptr()), ("a\nb", place));
}

/// Catches one resource that hides all others, and contents that are lost.
#[test]
fn odd_resources_hide_no_others() {
    let json = r#"{"resources":[{"uri":"a","size":12.0},{"name":"x"},{"uri":"b","title":"t"}]}"#;
    let page = warned(ResourcePage::parse(json), &["without a URI", r#"{"name":"x"}"#]);
    let title = Some("t".to_owned());
    let expected = [
        ResourceLink { size: Some(12), ..link("a", "a") },
        ResourceLink { title, ..link("b", "t") },
    ];
    assert_eq!(page.resources, expected);

    let json = r#"{"contents":[{"text":"t"},{"uri":"u","blob":"?"},{"uri":"v","blob":"AQ"}]}"#;
    let contents = warned(parse_resource_contents(json, "asked"), &["contents are kept"]);
    let [first, second, third] = contents.as_slice() else { panic!("{contents:?}") };
    assert_eq!((&*first.uri, &first.body), ("asked", &ResourceBody::Text("t".into())));
    assert_eq!(second.body, ResourceBody::Text(r#"{"uri":"u","blob":"?"}"#.into()));
    assert_eq!((&*third.uri, &third.body), ("v", &ResourceBody::Blob(vec![1])));
}

/// Catches one prompt or argument that hides all others.
#[test]
fn odd_prompts_hide_no_others() {
    let json = r#"{"prompts":[{"name":"p","arguments":[{"name":"a","required":null},7]},
        {"title":"t"},{"name":"q","arguments":null},{"name":"r","arguments":{}}]}"#;
    let page = warned(PromptPage::parse(json), &["an argument without", "a prompt without"]);
    let names: Vec<_> = page.prompts.iter().map(|prompt| prompt.name.as_str()).collect();
    assert_eq!(names, ["p", "q", "r"]);
    let argument = PromptArgument { name: "a".into(), description: None, required: false };
    assert_eq!(page.prompts[0].arguments, [argument]);

    let json = r#"{"messages":[{"role":"assistant","content":{"type":"text","text":"hi"}},
        {"content":[{"type":"text"},"x"]},{"role":"user"}]}"#;
    let result = warned(PromptResult::parse(json), &[r#"{"role":"user"}"#]);
    let said: Vec<_> =
        result.messages.iter().map(|said| (said.role.as_str(), said.content.clone())).collect();
    let expected = [
        ("assistant", Content::Text("hi".into())),
        ("user", Content::Text(String::new())),
        ("user", Content::Text("x".into())),
        ("user", Content::Other(r#"{"role":"user"}"#.into())),
    ];
    assert_eq!(said, expected);
}

/// Catches a warning that grows with what a server sends, and one that does not say how much of it
/// is left out.
#[test]
fn a_warning_describes_the_first_oddities_and_counts_the_rest() {
    let listed = |bytes: usize| format!("[\"{}\"]", "x".repeat(bytes - 4));
    let warning = |items: &[String]| {
        let json = format!(r#"{{"content":[{}]}}"#, items.join(","));
        ToolResult::parse(json).warning.unwrap_or_default()
    };
    let three = warning(&["1".to_owned(), listed(QUOTED_BYTES), listed(QUOTED_BYTES + 1)]);
    assert!(three.contains(": 1; "), "{three}");
    assert!(three.contains(&format!("{}; ", listed(QUOTED_BYTES))), "{three}");
    assert!(three.ends_with("x\"..."), "{three}");
    assert_eq!(three.matches("; ").count(), 2, "{three}");
    let five = warning(&["1", "2", "3", "4", "5"].map(str::to_owned));
    assert!(five.ends_with(": 3; and 2 more"), "{five}");
    assert_eq!(DESCRIBED_ODDITIES, 3);
}

/// Some JSON text, odd in every way that JSON has.
fn json() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        4 => prop::sample::select(vec![
            "name", "tools", "content", "type", "text", "data", "uri", "resource", "contents",
            "blob", "prompts", "messages", "role", "arguments", "inputSchema", "isError", "size",
            "nextCursor", "resources", "structuredContent",
        ]).prop_map(str::to_owned),
        1 => "[a-z]{0,3}",
        1 => Just("\\ud83d".to_owned()),
    ];
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("-1.5e3".to_owned()),
        Just("12.0".to_owned()),
        Just("\"text\"".to_owned()),
        Just("\"image\"".to_owned()),
        Just("\"resource\"".to_owned()),
        Just("\"a\\ud800b\"".to_owned()),
        "[a-zé]{0,4}".prop_map(|text| format!("\"{text}\"")),
    ];
    leaf.prop_recursive(5, 64, 6, move |inner| {
        let member =
            (name.clone(), inner.clone()).prop_map(|(name, value)| format!("\"{name}\" : {value}"));
        prop_oneof![
            prop::collection::vec(inner, 0..6).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(member, 0..6)
                .prop_map(|members| format!("{{{}}}", members.join(","))),
        ]
    })
}

proptest! {
    /// Catches a result that is JSON and cannot be read, and a reader that panics or hangs.
    #[test]
    fn whatever_is_json_is_read(json in json()) {
        prop_assert!(serde_json::from_str::<&serde_json::value::RawValue>(&json).is_ok());
        let _ = ToolPage::parse(&json);
        let _ = ResourcePage::parse(&json);
        let _ = PromptPage::parse(&json);
        let _ = PromptResult::parse(&json);
        let _ = parse_resource_contents(&json, "u");
        let _ = ToolResult::parse(json);
    }

    /// Catches a block that gets lost, wherever in the list it is.
    #[test]
    fn every_block_is_there(blocks in prop::collection::vec(json(), 0..6)) {
        let json = format!(r#"{{"content":[{}]}}"#, blocks.join(","));
        let result = ToolResult::parse(json).value;
        prop_assert_eq!(result.content.len(), blocks.len());
    }
}
