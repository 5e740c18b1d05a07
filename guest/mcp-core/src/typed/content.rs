//! Content blocks of tool results and prompts.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::resources::{ResourceContents, ResourceLink, WireContents, WireLink};
use crate::error::Error;
use crate::json_string::unescape;
use crate::json_text::{Members, Text, from_object};

/// Standard base64; padding may be missing.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

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
    /// A kind that this version does not know: the JSON text of the whole block.
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

#[derive(Deserialize)]
struct Outline<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    /// Of a text block, the text as JSON spells it; another kind may call anything so.
    #[serde(borrow)]
    text: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct WireBinary<'a> {
    #[serde(borrow)]
    data: Text<'a>,
    #[serde(rename = "mimeType")]
    mime_type: Option<String>,
}

#[derive(Deserialize)]
struct WireEmbedded<'a> {
    #[serde(borrow)]
    resource: WireContents<'a>,
}

/// Reads a list of blocks.
pub(super) fn parse_all(blocks: &[&RawValue]) -> Result<Vec<Content>, Error> {
    blocks.iter().map(|block| Content::parse(block.get())).collect()
}

impl Content {
    /// Reads one block.
    pub(super) fn parse(json: &str) -> Result<Self, Error> {
        let Outline { kind, text } = block(json)?;
        Ok(match &*kind.0 {
            "text" => {
                let raw = text.ok_or_else(|| invalid("missing field `text`"))?;
                let inside = inside(raw).ok_or_else(|| invalid("`text` is not a string"))?;
                Self::Text(text_of(inside.to_owned())?)
            }
            "image" => Self::Image(block::<WireBinary<'_>>(json)?.decode()?),
            "audio" => Self::Audio(block::<WireBinary<'_>>(json)?.decode()?),
            "resource_link" => Self::ResourceLink(block::<WireLink>(json)?.into()),
            "resource" => Self::Embedded(block::<WireEmbedded<'_>>(json)?.resource.decode()?),
            _ => Self::Other(json.to_owned()),
        })
    }
}

/// The text of a text block as JSON spells it, without the quotes; none of every other block.
pub(super) fn spelled_text<'a>(block: &Members<'a>) -> Option<&'a str> {
    let Text(kind) = serde_json::from_str(block.get("type")?.get()).ok()?;
    block.get("text").filter(|_| kind == "text").and_then(inside)
}

/// The inside of a string.
fn inside(raw: &RawValue) -> Option<&str> {
    raw.get().strip_prefix('"')?.strip_suffix('"')
}

/// The text that JSON spells so.
pub(super) fn text_of(spelled: String) -> Result<String, Error> {
    unescape(spelled).ok_or_else(|| invalid("`text` has half of a surrogate pair"))
}

fn invalid(what: &str) -> Error {
    Error::InvalidMessage(format!("a content block: {what}"))
}

fn block<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, Error> {
    from_object(json).map_err(|error| Error::InvalidMessage(format!("a content block: {error}")))
}

impl WireBinary<'_> {
    fn decode(self) -> Result<BinaryContent, Error> {
        Ok(BinaryContent { data: decode_base64("data", &self.data.0)?, mime_type: self.mime_type })
    }
}

/// Decodes the base64 of the member `name`.
pub(super) fn decode_base64(name: &str, text: &str) -> Result<Vec<u8>, Error> {
    BASE64
        .decode(text)
        .map_err(|error| Error::InvalidMessage(format!("`{name}` is not base64: {error}")))
}
