//! What a server says of itself, in either era.

use std::borrow::Cow;

use crate::error::Error;
use crate::json_string;
use crate::json_text::{Picked, each_item};
use crate::preview::quote;
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
    /// Whether the server declares a capability.
    pub(crate) fn has(&self, capability: &str) -> bool {
        let picked = Picked::from(&self.capabilities, [capability]);
        picked.is_ok_and(|picked| picked.values.iter().all(Option::is_some))
    }

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

/// The members that `DiscoverResult` and `InitializeResult` share or have of their own. `serverInfo`
/// may also be in `_meta`, as the modern schema has it.
///
/// What is only for display must not keep a session from opening, so what is odd counts as none.
struct Introduction {
    protocol_version: Option<String>,
    supported_versions: Vec<String>,
    server_info: Option<Implementation>,
    capabilities: Option<String>,
    instructions: Option<String>,
}

impl Introduction {
    /// None where the result is no object.
    fn read(result: &str) -> Option<Self> {
        let names = [
            "protocolVersion",
            "supportedVersions",
            "serverInfo",
            "capabilities",
            "instructions",
            "_meta",
        ];
        let [version, versions, info, capabilities, instructions, meta] =
            Picked::from(result, names).ok()?.values;
        let in_meta = || {
            let [info] = Picked::from(meta?, ["io.modelcontextprotocol/serverInfo"]).ok()?.values;
            implementation(info?)
        };
        Some(Self {
            protocol_version: string(version),
            supported_versions: strings(versions.unwrap_or_default()),
            server_info: info.and_then(implementation).or_else(in_meta),
            capabilities: capabilities.filter(|text| text.starts_with('{')).map(str::to_owned),
            instructions: string(instructions),
        })
    }

    fn describe(self, era: Era, protocol_version: String) -> ServerDescription {
        ServerDescription {
            era,
            protocol_version,
            supported_versions: self.supported_versions,
            server_info: self.server_info,
            capabilities: self.capabilities.unwrap_or_else(|| "{}".to_owned()),
            instructions: self.instructions,
        }
    }
}

fn string(json: Option<&str>) -> Option<String> {
    json.and_then(json_string::read).map(Cow::into_owned)
}

/// The strings of a list.
pub(crate) fn strings(json: &str) -> Vec<String> {
    let mut strings = Vec::new();
    // What is no list has none.
    let _ = each_item(json, &mut |item| strings.extend(string(Some(item))));
    strings
}

fn implementation(json: &str) -> Option<Implementation> {
    let [name, version, title] = Picked::from(json, ["name", "version", "title"]).ok()?.values;
    let version = string(version).unwrap_or_default();
    Some(Implementation { name: string(name)?, version, title: string(title) })
}

/// Reads a `DiscoverResult` that came in answer to a request of version `version`; none where the
/// result is none.
pub(crate) fn from_discover(result: &str, version: &str) -> Option<ServerDescription> {
    Some(Introduction::read(result)?.describe(Era::Modern, version.to_owned()))
}

/// Reads an `InitializeResult`.
pub(crate) fn from_initialize(result: &str) -> Result<ServerDescription, Error> {
    let mut introduction = Introduction::read(result);
    let version = introduction.as_mut().and_then(|known| known.protocol_version.take());
    match (introduction, version) {
        (Some(introduction), Some(version)) => Ok(introduction.describe(Era::Legacy, version)),
        _ => Err(Error::InvalidMessage(format!(
            "the result of `initialize` has no `protocolVersion`: {}",
            quote(result.as_bytes())
        ))),
    }
}
