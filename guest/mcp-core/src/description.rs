//! What a server says of itself, in either era.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::Error;
use crate::json_text::from_object;
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

/// What is known of the server once a session is open. All of it is the server's word, unverified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerDescription {
    /// The era spoken with it.
    pub era: Era,
    /// The version in use.
    pub protocol_version: String,
    /// Versions that the server says it speaks; empty where it did not say.
    pub supported_versions: Vec<String>,
    /// Which program it is.
    pub server_info: Option<Implementation>,
    /// The JSON text of its `ServerCapabilities`; `{}` where it gave none.
    pub capabilities: String,
    /// How it is meant to be used.
    pub instructions: Option<String>,
}

impl ServerDescription {
    /// A modern server that does not implement `server/discover`.
    pub(crate) fn undiscovered(version: &str) -> Self {
        Self {
            era: Era::Modern,
            protocol_version: version.to_owned(),
            supported_versions: Vec::new(),
            server_info: None,
            capabilities: "{}".to_owned(),
            instructions: None,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ServerInfo {
    name: String,
    #[serde(default)]
    version: String,
    title: Option<String>,
}

impl From<ServerInfo> for Implementation {
    fn from(info: ServerInfo) -> Self {
        Self { name: info.name, version: info.version, title: info.title }
    }
}

/// The members that `DiscoverResult` and `InitializeResult` share or have of their own. `serverInfo`
/// may also be in `_meta`, as the modern schema has it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Introduction<'a> {
    protocol_version: Option<String>,
    supported_versions: Option<Vec<String>>,
    #[serde(borrow)]
    server_info: Option<&'a RawValue>,
    #[serde(borrow)]
    capabilities: Option<&'a RawValue>,
    instructions: Option<String>,
    #[serde(borrow, rename = "_meta")]
    meta: Option<IntroductionMeta<'a>>,
}

#[derive(Deserialize)]
struct IntroductionMeta<'a> {
    #[serde(borrow, rename = "io.modelcontextprotocol/serverInfo")]
    server_info: Option<&'a RawValue>,
}

impl Introduction<'_> {
    fn describe(self, era: Era, protocol_version: String) -> ServerDescription {
        // What is only for display must not keep a session from opening, so an odd `serverInfo`
        // counts as none.
        let server_info = self
            .server_info
            .or_else(|| self.meta.and_then(|meta| meta.server_info))
            .and_then(|info| serde_json::from_str::<ServerInfo>(info.get()).ok())
            .map(Implementation::from);
        let capabilities =
            self.capabilities.map(RawValue::get).filter(|text| text.starts_with('{'));
        ServerDescription {
            era,
            protocol_version,
            supported_versions: self.supported_versions.unwrap_or_default(),
            server_info,
            capabilities: capabilities.unwrap_or("{}").to_owned(),
            instructions: self.instructions,
        }
    }
}

fn parse<'a>(result: &'a str, method: &str) -> Result<Introduction<'a>, Error> {
    from_object(result)
        .map_err(|error| Error::InvalidMessage(format!("the result of `{method}`: {error}")))
}

/// Reads a `DiscoverResult` that came in answer to a request of version `version`.
pub(crate) fn from_discover(result: &str, version: &str) -> Result<ServerDescription, Error> {
    let introduction = parse(result, "server/discover")?;
    Ok(introduction.describe(Era::Modern, version.to_owned()))
}

/// Reads an `InitializeResult`.
pub(crate) fn from_initialize(result: &str) -> Result<ServerDescription, Error> {
    let mut introduction = parse(result, "initialize")?;
    let version = introduction.protocol_version.take().ok_or_else(|| {
        Error::InvalidMessage("the result of `initialize`: missing field `protocolVersion`".into())
    })?;
    Ok(introduction.describe(Era::Legacy, version))
}
