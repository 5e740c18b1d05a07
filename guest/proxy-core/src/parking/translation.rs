//! Messages of the modern era as a legacy server knows them, and back.

use crate::proxy::one_line;
use sandbar_mcp_core::CallId;
use sandbar_mcp_core::message::{
    Id, ObjectText, Picked, each_item, quoted, read_string, write_object,
};

/// What requests of the modern era have in `_meta` that no legacy server knows.
const MODERN: [&str; 4] = [
    "io.modelcontextprotocol/protocolVersion",
    "io.modelcontextprotocol/clientInfo",
    "io.modelcontextprotocol/clientCapabilities",
    "io.modelcontextprotocol/logLevel",
];

/// The changes that an agent can listen for, each with its name in the filter.
const LISTS: [(&str, &str); 3] = [
    ("notifications/tools/list_changed", "toolsListChanged"),
    ("notifications/prompts/list_changed", "promptsListChanged"),
    ("notifications/resources/list_changed", "resourcesListChanged"),
];

fn member<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    Picked::from(object, [name]).ok()?.values[0]
}

fn object(members: &[(&str, &str)]) -> String {
    let mut out = String::new();
    write_object(&mut out, members);
    one_line(out)
}

/// The `initialize` of an agent, from what one of its requests says of it.
pub(super) fn initialize(request: &str) -> String {
    let meta = member(request, "params").and_then(|params| member(params, "_meta"));
    let said = |name: &str| meta.and_then(|meta| member(meta, name));
    let capabilities = said("io.modelcontextprotocol/clientCapabilities").unwrap_or("{}");
    let info =
        said("io.modelcontextprotocol/clientInfo").unwrap_or(r#"{"name":"unknown","version":""}"#);
    let params = object(&[
        ("protocolVersion", "\"2025-11-25\""),
        ("capabilities", capabilities),
        ("clientInfo", info),
    ]);
    object(&[
        ("jsonrpc", "\"2.0\""),
        ("id", "\"sandbar-initialize\""),
        ("method", "\"initialize\""),
        ("params", &params),
    ])
}

/// A request without what a legacy server does not know.
pub(super) fn request(text: &str) -> String {
    let translated = || {
        let message = ObjectText::parse(text).ok()?;
        let params = ObjectText::parse(message.get("params")?).ok()?;
        let meta = ObjectText::parse(params.get("_meta")?).ok()?;
        let meta = meta.replacing(&MODERN.map(|name| (name, None)));
        let meta = Some(meta.as_str()).filter(|meta| *meta != "{}");
        let params = params.replacing(&[("_meta", meta)]);
        let mut out = String::with_capacity(text.len());
        message.write_with(&mut out, &[("params", params.as_str())]);
        Some(out)
    };
    translated().unwrap_or_else(|| text.to_owned())
}

/// An answer as the modern era has it.
pub(super) fn answer(text: &str) -> String {
    let translated = || {
        let message = ObjectText::parse(text).ok()?;
        let result = ObjectText::parse(message.get("result")?).ok()?;
        let mut with = String::new();
        result.write_with(&mut with, &[("resultType", "\"complete\"")]);
        let mut out = String::with_capacity(text.len());
        message.write_with(&mut out, &[("result", &with)]);
        Some(out)
    };
    translated().unwrap_or_else(|| text.to_owned())
}

/// An answer under the id that the agent used last, on one line.
pub(super) fn respelled(text: &str, id: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    ObjectText::parse(text).ok()?.write_with(&mut out, &[("id", id)]);
    Some(one_line(out))
}

/// The method of a message, as JSON text.
pub(super) fn method(text: &str) -> String {
    super::questions::spelled(member(text, "method"))
}

/// What a legacy server said of itself, as the answer to `server/discover`.
pub(super) fn discovery(id: &Id, known: &str) -> String {
    let info = member(known, "serverInfo").unwrap_or(r#"{"name":"unknown","version":""}"#);
    let meta = object(&[("io.modelcontextprotocol/serverInfo", info)]);
    let mut members = vec![
        ("resultType", "\"complete\""),
        ("supportedVersions", r#"["2026-07-28"]"#),
        ("capabilities", member(known, "capabilities").unwrap_or("{}")),
        ("ttlMs", "0"),
        ("cacheScope", "\"private\""),
    ];
    members.extend(member(known, "instructions").map(|text| ("instructions", text)));
    members.push(("_meta", &meta));
    let result = object(&members);
    object(&[("jsonrpc", "\"2.0\""), ("id", id.as_json()), ("result", &result)])
}

fn filter(text: &str) -> Option<&str> {
    member(member(text, "params")?, "notifications")
}

/// That an agent hears what it asked for from now on.
pub(super) fn acknowledgement(id: &Id, text: &str) -> String {
    let meta = subscription(id.as_json());
    let mut members = vec![("_meta", meta.as_str())];
    members.extend(filter(text).map(|filter| ("notifications", filter)));
    let params = object(&members);
    object(&[
        ("jsonrpc", "\"2.0\""),
        ("method", "\"notifications/subscriptions/acknowledged\""),
        ("params", &params),
    ])
}

fn subscription(id: &str) -> String {
    object(&[("io.modelcontextprotocol/subscriptionId", id)])
}

/// The requests by which a legacy server tells of the resources that an agent listens for.
pub(super) fn subscriptions(text: &str, call: CallId) -> Vec<String> {
    let mut messages = Vec::new();
    let uris = filter(text).and_then(|filter| member(filter, "resourceSubscriptions"));
    let _ = each_item(uris.unwrap_or("[]"), &mut |uri| {
        if read_string(uri).is_some() && messages.len() < crate::limits::WATCHED_RESOURCES {
            let id = quoted(&format!("sandbar-{}-{}", call.0, messages.len()));
            let params = object(&[("uri", uri)]);
            messages.push(object(&[
                ("jsonrpc", "\"2.0\""),
                ("id", &id),
                ("method", "\"resources/subscribe\""),
                ("params", &params),
            ]));
        }
    });
    messages
}

/// A notification of a change, for who listens under this id; none of what is no change.
pub(super) fn change(text: &str, id: &str) -> Option<String> {
    let method = member(text, "method").and_then(read_string)?;
    let is_change = method == "notifications/resources/updated"
        || LISTS.iter().any(|(list, _)| *list == method);
    if !is_change {
        return None;
    }
    let params = ObjectText::parse(member(text, "params").unwrap_or("{}")).ok()?;
    let mut meta = String::new();
    let named = [("io.modelcontextprotocol/subscriptionId", id)];
    ObjectText::parse(params.get("_meta").unwrap_or("{}")).ok()?.write_with(&mut meta, &named);
    let mut with = String::new();
    params.write_with(&mut with, &[("_meta", &meta)]);
    let mut out = String::new();
    ObjectText::parse(text).ok()?.write_with(&mut out, &[("params", &with)]);
    Some(one_line(out))
}
