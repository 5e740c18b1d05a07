//! Content blocks of tool results and prompts.

use super::resources::{ResourceContents, ResourceLink};
use super::{Oddities, member};
use crate::json_string;
use crate::json_text::{Members, Picked, each_item};

/// A content block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Text.
    Text(String),
    /// An image.
    Image(BinaryContent),
    /// Sound.
    Audio(BinaryContent),
    /// A resource by reference.
    ResourceLink(ResourceLink),
    /// A resource by value.
    Embedded(ResourceContents),
    /// A kind that this version does not know, or one that cannot be read: the JSON text of the whole
    /// block.
    Other(String),
}

/// Bytes with their type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BinaryContent {
    /// Decoded from base64.
    pub data: Vec<u8>,
    /// The media type.
    pub mime_type: Option<String>,
}

/// Reads the blocks of a result: a list, or what stands in place of one.
pub(super) fn parse_all(content: Option<&str>, odd: &mut Oddities) -> Vec<Content> {
    let mut blocks = Vec::new();
    match member::present(content) {
        None => {}
        Some(list) if list.starts_with('[') => {
            let mut take = |block| blocks.push(Content::read(block, odd));
            if each_item(list, &mut take).is_err() {
                blocks.push(Content::odd(list, odd));
            }
        }
        Some(lone) => blocks.push(Content::read(lone, odd)),
    }
    blocks
}

impl Content {
    /// Reads one block.
    pub(super) fn read(json: &str, odd: &mut Oddities) -> Self {
        // Nothing but text is written without the object around it.
        if let Some(text) = json_string::read(json) {
            return Self::Text(text.into_owned());
        }
        let names = ["type", "text", "data", "mimeType", "resource"];
        let Ok(Picked { values: [kind, text, data, mime_type, resource], .. }) =
            Picked::from(json, names)
        else {
            return Self::odd(json, odd);
        };
        let mime_type = || member::string(mime_type);
        let binary = || {
            let data = member::base64(data?)?;
            Some(BinaryContent { data, mime_type: mime_type() })
        };
        let known = match kind.and_then(json_string::read).as_deref() {
            // Only text has a text and no kind, and no text is an empty one.
            Some("text") if member::present(text).is_none() => Some(Self::Text(String::new())),
            Some("text") => member::string(text).map(Self::Text),
            None if member::present(kind).is_none() => member::string(text).map(Self::Text),
            Some("image") => binary().map(Self::Image),
            Some("audio") => binary().map(Self::Audio),
            Some("resource_link") => ResourceLink::read(json).map(Self::ResourceLink),
            Some("resource") => resource.and_then(ResourceContents::read).map(Self::Embedded),
            Some(_) => return Self::Other(json.to_owned()),
            None => None,
        };
        known.unwrap_or_else(|| Self::odd(json, odd))
    }

    fn odd(json: &str, odd: &mut Oddities) -> Self {
        odd.note("a content block is kept as JSON", json);
        Self::Other(json.to_owned())
    }
}

/// The text of a text block as JSON spells it, without the quotes; none of every other block.
pub(super) fn spelled_text<'a>(block: &Members<'a>) -> Option<&'a str> {
    let is_text = json_string::spells(block.get("type")?.get(), "text");
    json_string::inside(block.get("text").filter(|_| is_text)?.get())
}
