//! `resources/list` and `resources/read`.

use super::{Oddities, Reading, member, page};
use crate::json_text::Picked;

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

impl ResourcePage {
    /// Reads a `ListResourcesResult`.
    #[must_use]
    pub fn parse(json: &str) -> Reading<Self> {
        let mut odd = Oddities::of("resources/list");
        let mut read = |json, odd: &mut Oddities| {
            let link = ResourceLink::read(json);
            if link.is_none() {
                odd.note("a resource without a URI is left out", json);
            }
            link
        };
        let (resources, next_cursor) = page(json, "resources", &mut odd, &mut read);
        odd.with(Self { resources, next_cursor })
    }
}

/// Reads a `ReadResourceResult` that answers for `uri`.
#[must_use]
pub fn parse_resource_contents(json: &str, uri: &str) -> Reading<Vec<ResourceContents>> {
    let mut odd = Oddities::of("resources/read");
    let mut read = |json: &str, odd: &mut Oddities| {
        let contents = ResourceContents::read(json).unwrap_or_else(|| {
            odd.note("contents are kept as JSON", json);
            ResourceContents {
                uri: String::new(),
                mime_type: Some("application/json".to_owned()),
                body: ResourceBody::Text(json.to_owned()),
            }
        });
        Some(contents)
    };
    let (mut contents, _) = page(json, "contents", &mut odd, &mut read);
    // What was asked for is what came, where nothing else is said.
    for unnamed in contents.iter_mut().filter(|contents| contents.uri.is_empty()) {
        uri.clone_into(&mut unnamed.uri);
    }
    odd.with(contents)
}

impl ResourceLink {
    /// Reads a resource by reference; none where it does not say which. One without a name is
    /// called by what it has.
    pub(super) fn read(json: &str) -> Option<Self> {
        let names = ["uri", "name", "title", "description", "mimeType", "size"];
        let [uri, name, title, description, mime_type, size] =
            Picked::from(json, names).ok()?.values;
        let (uri, title) = (member::string(uri)?, member::string(title));
        let name = member::string(name).or_else(|| title.clone()).unwrap_or_else(|| uri.clone());
        Some(Self {
            uri,
            name,
            title,
            description: member::string(description),
            mime_type: member::string(mime_type),
            size: member::size(size),
        })
    }
}

impl ResourceContents {
    /// Reads a resource by value; none where there is no value.
    pub(super) fn read(json: &str) -> Option<Self> {
        let [uri, mime_type, text, blob] =
            Picked::from(json, ["uri", "mimeType", "text", "blob"]).ok()?.values;
        let body = match member::string(text) {
            Some(text) => ResourceBody::Text(text),
            None => ResourceBody::Blob(member::base64(member::present(blob)?)?),
        };
        let uri = member::string(uri).unwrap_or_default();
        Some(Self { uri, mime_type: member::string(mime_type), body })
    }
}
