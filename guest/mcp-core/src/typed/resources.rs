//! `resources/list` and `resources/read`.

use serde::Deserialize;

use super::content::decode_base64;
use crate::error::Error;
use crate::json_text::Text;

/// One page of resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourcePage {
    /// The resources.
    pub resources: Vec<ResourceLink>,
    /// What to ask the next page with.
    pub next_cursor: Option<String>,
}

/// A resource by reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceLink {
    /// Where it is.
    pub uri: String,
    /// The name for programs.
    pub name: String,
    /// The name for people.
    pub title: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// The media type.
    pub mime_type: Option<String>,
    /// The size in bytes.
    pub size: Option<u64>,
}

/// A resource by value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceContents {
    /// Where it is.
    pub uri: String,
    /// The media type.
    pub mime_type: Option<String>,
    /// The contents.
    pub body: ResourceBody,
}

/// The contents of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceBody {
    /// Text.
    Text(String),
    /// Bytes, decoded from base64.
    Blob(Vec<u8>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WirePage {
    resources: Vec<WireLink>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireLink {
    uri: String,
    name: String,
    title: Option<String>,
    description: Option<String>,
    mime_type: Option<String>,
    size: Option<u64>,
}

#[derive(Deserialize)]
struct WireRead<'a> {
    #[serde(borrow)]
    contents: Vec<WireContents<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireContents<'a> {
    uri: String,
    mime_type: Option<String>,
    text: Option<String>,
    #[serde(borrow, default)]
    blob: Option<Text<'a>>,
}

impl ResourcePage {
    /// Reads a `ListResourcesResult`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidMessage`] where a required member is missing or of another type.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let page: WirePage = super::parse(json, "resources/list")?;
        let resources = page.resources.into_iter().map(ResourceLink::from).collect();
        Ok(Self { resources, next_cursor: page.next_cursor })
    }
}

/// Reads a `ReadResourceResult`.
///
/// # Errors
///
/// [`Error::InvalidMessage`] where a required member is missing or of another type, or where
/// base64 is not.
pub fn parse_resource_contents(json: &str) -> Result<Vec<ResourceContents>, Error> {
    let read: WireRead<'_> = super::parse(json, "resources/read")?;
    read.contents.into_iter().map(WireContents::decode).collect()
}

impl From<WireLink> for ResourceLink {
    fn from(link: WireLink) -> Self {
        Self {
            uri: link.uri,
            name: link.name,
            title: link.title,
            description: link.description,
            mime_type: link.mime_type,
            size: link.size,
        }
    }
}

impl WireContents<'_> {
    pub(super) fn decode(self) -> Result<ResourceContents, Error> {
        let body = match (self.text, self.blob) {
            (Some(text), _) => ResourceBody::Text(text),
            (None, Some(blob)) => ResourceBody::Blob(decode_base64("blob", &blob.0)?),
            (None, None) => {
                let what = "resource contents: missing field `text` or `blob`";
                return Err(Error::InvalidMessage(what.into()));
            }
        };
        Ok(ResourceContents { uri: self.uri, mime_type: self.mime_type, body })
    }
}
