#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use super::*;

fn message<T: std::fmt::Debug>(outcome: Result<T, Error>) -> String {
    match outcome {
        Err(Error::InvalidMessage(message)) => message,
        other => panic!("not an invalid message: {other:?}"),
    }
}

/// Catches a schema that goes through a JSON value, which reorders its keywords.
#[test]
fn schemas_stay_as_the_server_wrote_them() {
    let schema = r#"{"type":"object", "$schema":"x", "properties":{"b":{},"a":{}}, "minimum":1.0}"#;
    let json = format!(
        r#"{{"tools":[{{"name":"n","inputSchema":{schema},"new":1}}],"nextCursor":"c","x":[]}}"#
    );
    let page = ToolPage::parse(&json).unwrap();
    assert_eq!(page.tools.first().unwrap().input_schema, schema);
    assert_eq!(page.next_cursor.as_deref(), Some("c"));
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
    let result = ToolResult::parse(json).unwrap();
    let link = ResourceLink {
        uri: "u".into(),
        name: "n".into(),
        title: None,
        description: None,
        mime_type: None,
        size: Some(3),
    };
    let body = ResourceBody::Blob(vec![1]);
    let expected = [
        Content::Text("a\nb".into()),
        Content::Image(BinaryContent { data: vec![1, 2, 3], mime_type: Some("image/png".into()) }),
        Content::Audio(BinaryContent { data: vec![1, 2], mime_type: None }),
        Content::ResourceLink(link),
        Content::Embedded(ResourceContents { uri: "u".into(), mime_type: None, body }),
        Content::Other(unknown.into()),
    ];
    assert_eq!(result.content, expected);
    assert_eq!(result.structured.as_deref(), Some(r#"{"z":1,"a":2}"#));
    assert!(result.is_error);
}

/// Catches a lone text, which is read where it lies, that loses its escapes or its neighbours.
#[test]
fn a_lone_text_is_read_with_everything_around_it() {
    let json = r#"{"structuredContent":{"a":1},"content":[ {"text":"\u00e9\n\"","type":"text"} ],
        "isError":true}"#;
    let result = ToolResult::parse(json.into()).unwrap();
    assert_eq!(result.content, [Content::Text("é\n\"".into())]);
    assert_eq!(result.structured.as_deref(), Some(r#"{"a":1}"#));
    assert!(result.is_error);
    let half = r#"{"content":[{"type":"text","text":"\ud83d"}]}"#;
    assert!(message(ToolResult::parse(half.into())).contains("surrogate"));
}

/// Catches a large text that is held twice: as the server wrote it, and as it is handed on.
#[test]
fn a_lone_text_stays_in_the_memory_of_its_message() {
    let json = String::from(r#"{"content":[{"type":"text","text":"a\nb"}]}"#);
    let place = json.as_ptr();
    let result = ToolResult::parse(json).unwrap();
    let [Content::Text(text)] = &result.content[..] else { panic!("{result:?}") };
    assert_eq!((text.as_str(), text.as_ptr()), ("a\nb", place));
}

/// Catches defaults in place of required members: an empty list is not a missing one.
#[test]
fn a_missing_member_is_named() {
    for (text, member) in [
        (message(ToolPage::parse("{}")), "tools"),
        (message(ToolPage::parse(r#"{"tools":[{"name":"n"}]}"#)), "inputSchema"),
        (message(ToolResult::parse("{}".into())), "content"),
        (message(ToolResult::parse(r#"{"content":[{"type":"text"}]}"#.into())), "text"),
        (message(ToolResult::parse(r#"{"content":[{"text":""}]}"#.into())), "type"),
        (message(ResourcePage::parse(r#"{"resources":[{"uri":"u"}]}"#)), "name"),
        (message(parse_resource_contents(r#"{"contents":[{"uri":"u"}]}"#)), "blob"),
        (message(PromptPage::parse("{}")), "prompts"),
        (message(PromptResult::parse(r#"{"messages":[{"role":"user"}]}"#)), "content"),
        (message(ToolResult::parse(r#"{"content":[{"type":"image","data":"?"}]}"#.into())), "data"),
    ] {
        assert!(text.contains(&format!("`{member}`")), "{text}");
    }
}

/// Catches optional members that are required, and null that is not taken for absent.
#[test]
fn optional_members_may_be_absent_or_null() {
    let prompts = r#"{"prompts":[{"name":"p","arguments":[{"name":"a","required":null}]}]}"#;
    let page = PromptPage::parse(prompts).unwrap();
    let argument = PromptArgument { name: "a".into(), description: None, required: false };
    assert_eq!(page.prompts.first().unwrap().arguments, [argument]);
    let read = r#"{"contents":[{"uri":"u","mimeType":null,"text":"t","blob":null}]}"#;
    let contents = parse_resource_contents(read).unwrap();
    assert_eq!(contents.first().unwrap().body, ResourceBody::Text("t".into()));
    let result = PromptResult::parse(
        r#"{"messages":[{"role":"user","content":{"type":"text","text":"hi"}}]}"#,
    );
    assert_eq!(result.unwrap().messages.first().unwrap().content, Content::Text("hi".into()));
}
