//! The settings of a session, checked once when it is made.

use core::time::Duration;

use crate::error::Error;
use crate::json_text::ObjectText;
use crate::notification::LogLevel;
use crate::version::Era;
use sandbar_exchange::{Field, is_token};

/// The settings of a session: `sandbar:mcp/types.session-options` without what belongs to whoever
/// performs the exchanges.
#[derive(Clone, Debug)]
pub struct SessionConfig {
    /// The endpoint: an absolute URL.
    pub url: String,
    /// Fields to add to every request, credentials among them.
    pub fields: Vec<Field>,
    /// The JSON text of the `Implementation` object that says who the client is.
    pub client_info: String,
    /// The JSON text of the `ClientCapabilities` to declare.
    pub capabilities: String,
    /// The era to speak, when it is known from before.
    pub era: Option<Era>,
    /// The largest JSON message and the largest SSE event accepted, in bytes.
    pub max_message_bytes: u64,
    /// The longest silence accepted on an answer.
    pub idle_timeout: Option<Duration>,
    /// Whether to open the stream on which a legacy server tells and asks what belongs to no request.
    pub listens: bool,
    /// The least important log messages that the server should send.
    pub log_level: Option<LogLevel>,
}

/// The settings of a session whose messages are another client's:
/// `sandbar:mcp/types.upstream-options`. Who it is and what it can do, the client says itself.
#[derive(Clone, Debug)]
pub struct RelayConfig {
    /// See [`SessionConfig::url`].
    pub url: String,
    /// See [`SessionConfig::fields`].
    pub fields: Vec<Field>,
    /// See [`SessionConfig::max_message_bytes`].
    pub max_message_bytes: u64,
    /// See [`SessionConfig::idle_timeout`].
    pub idle_timeout: Option<Duration>,
}

impl RelayConfig {
    pub(crate) fn into_session_config(self) -> SessionConfig {
        SessionConfig {
            url: self.url,
            fields: self.fields,
            client_info: concat!(
                r#"{"name":"sandbar","version":""#,
                env!("CARGO_PKG_VERSION"),
                r#""}"#
            )
            .to_owned(),
            capabilities: "{}".to_owned(),
            era: None,
            max_message_bytes: self.max_message_bytes,
            idle_timeout: self.idle_timeout,
            listens: true,
            log_level: None,
        }
    }
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
        validate_implementation(&self.client_info)?;
        if self.max_message_bytes == 0 {
            return Err(Error::InvalidParams("`max-message-bytes` is zero".into()));
        }
        self.fields.iter().try_for_each(validate_field)
    }
}

impl SessionConfig {
    /// The capabilities of the modern era: those of the caller, and the extension for tasks, which
    /// every call here can become.
    pub(crate) fn modern_capabilities(&self) -> String {
        let with = |object: &str, name: &str, value: &str| {
            let mut out = String::new();
            if let Ok(object) = ObjectText::parse(object) {
                object.write_with(&mut out, &[(name, value)]);
            }
            out
        };
        let theirs = ObjectText::parse(&self.capabilities).ok();
        let extensions = theirs.as_ref().and_then(|theirs| theirs.get("extensions"));
        let extensions = extensions.filter(|value| value.starts_with('{')).unwrap_or("{}");
        with(&self.capabilities, "extensions", &with(extensions, TASKS, "{}"))
    }
}

/// The extension for tasks.
const TASKS: &str = "io.modelcontextprotocol/tasks";

/// Servers reject an `Implementation` without a name or a version.
fn validate_implementation(text: &str) -> Result<(), Error> {
    let invalid = |what: String| Error::InvalidParams(format!("`client-info` {what}"));
    let object = ObjectText::parse(text)
        .map_err(|error| invalid(format!("is not a json object: {error}")))?;
    match ["name", "version"].into_iter().find(|member| object.string(member).is_none()) {
        Some(member) => Err(invalid(format!("has no string `{member}`"))),
        None => Ok(()),
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
