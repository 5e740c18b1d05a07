//! Requests of the legacy era (2025-11-25, "Transports: Streamable HTTP"): a session id, and the
//! negotiated version on everything after `initialize`.

use std::borrow::Cow;

use crate::config::SessionConfig;
use crate::error::Error;
use crate::json_text::{quoted, write_object};
use crate::jsonrpc;
use crate::limits::SESSION_ID_BYTES;
use crate::modern::Outline;
use crate::version::{NEWEST_LEGACY, has_version_field};
use sandbar_exchange::{Field, Response};

/// The id of a legacy session: visible ASCII. It is as good as a credential, so it is kept out of
/// `Debug` output.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SessionId(String);

impl core::fmt::Debug for SessionId {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("SessionId(..)")
    }
}

impl SessionId {
    /// Reads the id that a successful response to `initialize` assigns, if it does.
    pub(crate) fn assigned_by(head: &Response) -> Result<Option<Self>, Error> {
        let Some(value) = head.values("mcp-session-id").next() else {
            return Ok(None);
        };
        let valid = (1..=SESSION_ID_BYTES).contains(&value.len())
            && value.iter().all(|byte| matches!(byte, 0x21..=0x7E));
        match core::str::from_utf8(value) {
            Ok(id) if valid => Ok(Some(Self(id.to_owned()))),
            _ => Err(Error::InvalidMessage(format!(
                "`mcp-session-id` is not 1 to {SESSION_ID_BYTES} visible ascii characters"
            ))),
        }
    }

    fn field(&self) -> Field {
        Field::new("mcp-session-id", self.0.as_str())
    }
}

/// What a legacy session knows between requests.
#[derive(Clone, Debug)]
pub(crate) struct Legacy {
    /// The negotiated version.
    pub(crate) version: Cow<'static, str>,
    /// The session, where the server keeps one.
    pub(crate) session_id: Option<SessionId>,
    /// How messages are carried.
    pub(crate) transport: Transport,
}

/// The transports of the legacy era.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// "Streamable HTTP", of 2025-03-26 and later.
    StreamableHttp,
    /// "HTTP with SSE", of 2024-11-05: each operation has a stream of its own.
    HttpSse,
}

impl Legacy {
    /// The fields of a request beyond those of its method.
    pub(crate) fn fields(&self) -> Vec<Field> {
        let version = has_version_field(&self.version)
            .then(|| Field::new("mcp-protocol-version", &*self.version));
        version.into_iter().chain(self.session_id.as_ref().map(SessionId::field)).collect()
    }
}

/// The message of a request, or of a notification where there is no id.
pub(crate) fn message(call: &Outline<'_>) -> Vec<u8> {
    let token = call.progress_token();
    let members: Vec<_> = token.iter().map(|token| ("progressToken", token.as_str())).collect();
    if call.params.is_absent() && members.is_empty() {
        return jsonrpc::write_call(call.id, call.method, None);
    }
    let write_params = |out: &mut String| call.params.write_with_meta(out, &members);
    jsonrpc::write_call(call.id, call.method, Some(&write_params))
}

/// The `initialize` request.
pub(crate) fn initialize(id: i64, config: &SessionConfig) -> Vec<u8> {
    let write_params = |out: &mut String| {
        write_object(
            out,
            &[
                ("protocolVersion", &quoted(NEWEST_LEGACY)),
                ("capabilities", config.capabilities.trim_ascii()),
                ("clientInfo", config.client_info.trim_ascii()),
            ],
        );
    };
    jsonrpc::write_call(Some(id), "initialize", Some(&write_params))
}
