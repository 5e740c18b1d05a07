//! The parameters and results of `initialize`.

use alloc::borrow::Cow;
use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::extensions::Offer;

/// The first request of a connection.
pub const INITIALIZE_METHOD: &str = "initialize";
/// The notification that completes the handshake.
pub const INITIALIZED_METHOD: &str = "initialized";

/// What the client says about itself.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "struct InitializeParams")]
pub(crate) struct InitializeParams<'a> {
    #[serde(borrow)]
    pub(crate) client_name: Cow<'a, str>,
    /// Written even if `null`, as stock clients do.
    #[serde(default)]
    pub(crate) resume_session_id: Option<String>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(crate) sandbar: Option<Offer<'a>>,
}

/// What the executor says about itself. Its environment is of no use to an HTTP client and is
/// neither read nor written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InitializeResult<'a> {
    pub(crate) session_id: String,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(crate) sandbar: Option<Offer<'a>>,
}
