//! The settings of a session, checked once when it is made.

use core::time::Duration;

use crate::error::Error;
use crate::http::Field;
use crate::json_text::{ObjectText, quoted, write_object};
use crate::version::Era;

/// A program and its version, as MCP's `Implementation` has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Implementation {
    /// The name for programs.
    pub name: String,
    /// The version.
    pub version: String,
    /// The name for people.
    pub title: Option<String>,
}

impl Implementation {
    /// The object as JSON text.
    pub(crate) fn to_json(&self) -> String {
        let name = quoted(&self.name);
        let version = quoted(&self.version);
        let title = self.title.as_deref().map(quoted);
        let mut members = vec![("name", name.as_str()), ("version", version.as_str())];
        if let Some(title) = &title {
            members.push(("title", title));
        }
        let mut out = String::new();
        write_object(&mut out, &members);
        out
    }
}

/// The settings of a session: `sandbar:mcp/types.session-options` without what belongs to whoever
/// performs the exchanges.
#[derive(Clone, Debug)]
pub struct SessionConfig {
    /// Fields to add to every request, credentials among them.
    pub fields: Vec<Field>,
    /// Who the client is.
    pub client_info: Implementation,
    /// The JSON text of the `ClientCapabilities` to declare.
    pub capabilities: String,
    /// The era to speak, when it is known from before.
    pub era: Option<Era>,
    /// The largest JSON message and the largest SSE event accepted, in bytes.
    pub max_message_bytes: u64,
    /// The longest silence accepted on an answer.
    pub idle_timeout: Option<Duration>,
}

/// Field names that the protocol writes itself.
const RESERVED: &[&str] = &[
    "accept",
    "content-type",
    "last-event-id",
    "mcp-method",
    "mcp-name",
    "mcp-protocol-version",
    "mcp-session-id",
];

impl SessionConfig {
    /// Checks everything that could break a request later.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidParams`] names the setting.
    pub(crate) fn validate(&self) -> Result<(), Error> {
        ObjectText::parse(&self.capabilities).map_err(|error| {
            Error::InvalidParams(format!("`capabilities` is not a json object: {error}"))
        })?;
        if self.max_message_bytes == 0 {
            return Err(Error::InvalidParams("`max-message-bytes` is zero".into()));
        }
        self.fields.iter().try_for_each(validate_field)
    }
}

fn validate_field(field: &Field) -> Result<(), Error> {
    if !is_token(&field.name) {
        return Err(Error::InvalidParams(format!("`{}` is not a field name", field.name)));
    }
    let name = field.name.to_ascii_lowercase();
    if RESERVED.contains(&name.as_str()) || name.starts_with("mcp-param-") {
        return Err(Error::InvalidParams(format!("the field `{name}` is written by the protocol")));
    }
    if field.value.iter().any(|byte| matches!(byte, 0 | b'\r' | b'\n')) {
        return Err(Error::InvalidParams(format!("the value of `{name}` has a line end")));
    }
    Ok(())
}

/// Whether a text is a token (RFC 9110 section 5.6.2), as field names are.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}
