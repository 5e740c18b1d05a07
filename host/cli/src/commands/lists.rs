//! `sandbar tools`, `resources`, `templates`, `prompts`: for people, or as the server wrote them.

use crate::arguments::{PromptList, ToolList};
use crate::connection::Server;
use crate::failure::{Failure, exit};
use crate::json::{JsonObject, JsonText};
use crate::limits::PAGE_ENTRIES;
use crate::show::{Console, stdout};
use sandbar::Session;
use sandbar::pages::Pages;
use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use std::fmt;

/// A list of MCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    Tools,
    Resources,
    Templates,
    Prompts,
}

impl List {
    /// The member of the result that holds the entries, which is also what they are called.
    const fn key(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Resources => "resources",
            Self::Templates => "resourceTemplates",
            Self::Prompts => "prompts",
        }
    }

    /// The method that asks for a page.
    const fn method(self) -> &'static str {
        match self {
            Self::Tools => "tools/list",
            Self::Resources => "resources/list",
            Self::Templates => "resources/templates/list",
            Self::Prompts => "prompts/list",
        }
    }

    /// What there is none of, for people.
    const fn name(self) -> &'static str {
        match self {
            Self::Templates => "resource templates",
            _ => self.key(),
        }
    }

    /// All of it, for people.
    async fn describe(self, session: &Session, console: &Console) -> Result<String, Failure> {
        Ok(match self {
            Self::Tools => ToolList::ask(session).await?.describe(),
            Self::Prompts => PromptList::ask(session).await?.describe(),
            Self::Resources => {
                let resources = session.list_resources().await?;
                let lines: Vec<_> = resources.iter().map(stdout::resource_link).collect();
                lines.join("\n")
            }
            Self::Templates => {
                let templates = entries(session, console, self).await?;
                let lines: Vec<_> = templates.iter().map(Template::describe).collect();
                lines.join("\n")
            }
        })
    }
}

/// Prints a list.
pub(crate) async fn run(server: Server, list: List) -> Result<u8, Failure> {
    let as_json = server.output.json;
    server
        .with_session(async |session, console| {
            if as_json {
                stdout::json(all(session, console, list).await?.as_str())?;
                return Ok(exit::OK);
            }
            let described = list.describe(session, console).await?;
            if described.is_empty() {
                console.note(&format!("the server has no {}", list.name()));
            } else {
                stdout::text(&described)?;
            }
            Ok(exit::OK)
        })
        .await
}

/// One object with all entries.
async fn all(session: &Session, console: &Console, list: List) -> Result<JsonText, Failure> {
    let entries = entries(session, console, list).await?;
    Ok(JsonObject::default().with(list.key(), JsonText::array(&entries)).into())
}

/// Asks for every page, and returns all entries. A list without an end is cut off, and that is said.
async fn entries(
    session: &Session,
    console: &Console,
    list: List,
) -> Result<Vec<JsonText>, Failure> {
    let mut pages = Pages::default();
    while let Some(cursor) = pages.next_cursor() {
        let params = cursor.map(|cursor| JsonObject::default().with("cursor", cursor).to_string());
        let result = console.follow(session.request(list.method(), params)).await?;
        let page = Page::parse(&result, list)?;
        pages.add(page.entries, result.len(), page.next_cursor);
    }
    let (entries, stopped) = pages.finish();
    if let Some(why) = stopped {
        console.note(&format!("{}: {why}; what came until then is kept", list.method()));
    }
    Ok(entries)
}

/// A template of resources (2025-11-25 and 2026-07-28, "Resource Templates"), as far as it is shown.
#[derive(Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Template {
    uri_template: String,
    name: Option<String>,
    title: Option<String>,
    description: Option<String>,
}

impl Template {
    /// A line for people. One that cannot be read is shown as it is.
    fn describe(json: &JsonText) -> String {
        let Ok(Self { uri_template, name, title, description }) =
            serde_json::from_str(json.as_str())
        else {
            return JsonText::one_line(json.as_str()).into_owned();
        };
        stdout::heading(&uri_template, title.or(name).as_deref(), description.as_deref())
    }
}

/// One page.
#[derive(Debug)]
struct Page {
    entries: Vec<JsonText>,
    /// A cursor is opaque: it goes back as it came.
    next_cursor: Option<JsonText>,
}

/// The entries of a page, no more than can be held.
struct Entries(Vec<JsonText>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Counted)
    }
}

struct Counted;

impl<'de> Visitor<'de> for Counted {
    type Value = Entries;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Entries, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = list.next_element()? {
            if entries.len() >= PAGE_ENTRIES {
                let text = format!("more than {PAGE_ENTRIES} entries on one page");
                return Err(serde::de::Error::custom(text));
            }
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}

impl Page {
    fn parse(result: &str, list: List) -> Result<Self, Failure> {
        let failed = |source| Failure::NotAList { method: list.method(), source };
        let result: JsonObject = serde_json::from_str(result).map_err(failed)?;
        // Some serializers write null for an empty list. One that is missing is none.
        let entries = match result.get(list.key()).map(JsonText::as_str) {
            Some("null") => "[]",
            Some(entries) => entries,
            None => "null",
        };
        Ok(Self {
            entries: serde_json::from_str::<Entries>(entries).map_err(failed)?.0,
            next_cursor: result.get("nextCursor").filter(|next| next.as_str() != "null").cloned(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// Catches entries that lose what this client does not know.
    #[test]
    fn entries_and_cursors_stay_as_they_were_written() {
        let result = r#"{"tools":[{"z":1.0,"a":[ ]}, {}],"nextCursor":"a\u0041","x":1}"#;
        let page = Page::parse(result, List::Tools).unwrap();
        let entries: Vec<_> = page.entries.iter().map(JsonText::as_str).collect();
        assert_eq!(entries, [r#"{"z":1.0,"a":[ ]}"#, "{}"]);
        assert_eq!(page.next_cursor.unwrap().as_str(), r#""a\u0041""#);
    }

    /// Catches a last page that is taken for one with another after it.
    #[test]
    fn a_null_cursor_ends_the_list() {
        let page = Page::parse(r#"{"tools":[],"nextCursor":null}"#, List::Tools).unwrap();
        assert_eq!(page.next_cursor, None);
    }

    /// Catches a list that serializers write as null, and that is none (mcp_dart 161).
    #[test]
    fn a_null_list_is_an_empty_one() {
        assert!(Page::parse(r#"{"tools":null}"#, List::Tools).unwrap().entries.is_empty());
    }

    /// Catches an empty list where the server did not send one.
    #[test]
    fn a_result_without_the_list_is_an_error() {
        for result in ["{}", r#"{"tools":{}}"#, "[]"] {
            let error = Page::parse(result, List::Tools).unwrap_err();
            assert!(matches!(error, Failure::NotAList { .. }), "{result}: {error}");
        }
    }

    /// Catches a page of the smallest entries, which are held in many times their size.
    #[test]
    fn a_page_has_no_more_entries_than_can_be_held() {
        let page = |entries: usize| format!("{{\"tools\":[{}0]}}", "0,".repeat(entries - 1));
        let parsed = Page::parse(&page(PAGE_ENTRIES), List::Tools).unwrap();
        assert_eq!(parsed.entries.len(), PAGE_ENTRIES);
        Page::parse(&page(PAGE_ENTRIES + 1), List::Tools).unwrap_err();
    }

    /// Catches a template that is hidden because one of its members is odd.
    #[test]
    fn a_template_is_a_line() {
        let shown = |json: &str| Template::describe(&JsonText::parse(json).unwrap());
        let whole = r#"{"uriTemplate":"a://{id}","name":"n","title":"T","description":"d\nmore"}"#;
        assert_eq!(shown(whole), "a://{id}  T: d");
        assert_eq!(shown(r#"{"uriTemplate":"a://{id}"}"#), "a://{id}");
        assert_eq!(shown(r#"{"uriTemplate":7}"#), r#"{"uriTemplate":7}"#);
    }
}
